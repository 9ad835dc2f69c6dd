"""Lists the rules behind the first checks, as a reader would look them up."""

from __future__ import annotations

from agent.model.finding import Source

_DATONG = "Datong Measures on public-safety video systems (Order 61)"
_ORDER_799 = "State Council Order 799"

PRIVACY = Source(f"{_DATONG}; {_ORDER_799}", "article 5(2); article 13")
MASK_CHANGE = Source(f"{_DATONG}; {_ORDER_799}", "article 5(2); article 23(2)")
ORDER_799_OPERATION = Source(_ORDER_799, "article 15")
ORDER_799_RETENTION = Source(_ORDER_799, "article 17")
ORDER_799_INTEGRITY = Source(_ORDER_799, "article 15; article 23(5)")
ORDER_799_CAMERAS = Source(_ORDER_799, "article 23(2)")
STREAM_PROTECTION = Source(f"{_DATONG}; {_ORDER_799}", "article 5(2); article 15")
CLOCK = Source("GB/T 28181-2016; DB31/T 329.21-2019", "clause 9.10.1 (1 s); clause 4.2.5 (30 s)")
INSTALLATION = Source(f"{_DATONG}; {_ORDER_799}", "article 10; articles 7, 9")

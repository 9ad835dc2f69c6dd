"""How long tests wait for what must come, and how late what must end may be: on a loaded machine a second is nothing.

A wait ends with what it waits for, so that patience costs nothing where all is well. What must end by its own deadline
is told from what does not: that ends never, or by a limit which the test has put far behind `LATE_S`.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PATIENCE_S = 60.0
"""For what comes as soon as somebody has the processor."""

LATE_S = 20.0
"""How long after its deadline something may end that a machine without a free processor held up."""


def waits(
    condition: Callable[[], object],
    timeout_s: float = PATIENCE_S,
    *,
    told: Callable[[], str] = lambda: "it did not come true in time",
) -> None:
    """Wait for a condition that nobody announces, with a deadline; `told` says then what was seen instead."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, told()
        threading.Event().wait(0.01)

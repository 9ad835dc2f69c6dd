"""Detects what a broker does not announce: its MQTT version, and its packet size limit. Pure.

    5  --refuses the version-->      3.1.1  --a day later, or a new process-->  5
    5  --closes the connection-->    3.1.1  --a minute later, then ten, ... a day-->  5

MQTT 3.1.1 has no user properties: a signed message is then a flattened JWS with the payload inside, a refused publish
is acknowledged like any other, and the broker names no limits. So 5 is retried, for brokers are updated.
"""

from dataclasses import dataclass
from typing import Final, Literal

Version = Literal["5", "3.1.1"]

RETRY_S: Final = 86_400.0
"""How long MQTT 5 is not retried after a refusal."""

_CLOSED_FIRST_S: Final = 60.0
_CLOSED_FACTOR: Final = 10
"""A connection that was only closed says little: a reset may have overtaken the alert by which TLS refuses."""


@dataclass(slots=True)
class Dialect:
    """The detected version of one broker. `now_s` is the monotonic clock."""

    retry_s: float = RETRY_S
    _until_s: float | None = None
    _by_name: bool = False
    _closed_s: float = 0.0

    def version(self, now_s: float) -> Version:
        """Return the version to try first at a new connection."""
        believed = self._by_name and self._until_s is not None and now_s < self._until_s
        return "3.1.1" if believed else "5"

    def fell_back(self, now_s: float, by_name: bool) -> None:
        """Note that 3.1.1 was accepted after 5 was refused; `by_name`: with a reason code, else 5 is retried always."""
        if not by_name:
            self._closed_s = min(max(self._closed_s * _CLOSED_FACTOR, _CLOSED_FIRST_S), self.retry_s)
        self._until_s, self._by_name = now_s + (self.retry_s if by_name else self._closed_s), by_name

    def is_due(self, speaking: Version, now_s: float) -> bool:
        """Return whether to end a connection with 3.1.1 so that 5 can be tried."""
        return speaking == "3.1.1" and self._until_s is not None and now_s >= self._until_s


NO_SUBSCRIBERS: Final = 0x10
"""PUBACK: the broker took the message, and had nobody to give it to. Source: MQTT 5.0 section 3.4.2.1."""

REFUSED: Final = 0x80
"""Reason codes from here on are refusals. Source: MQTT 5.0 section 2.4."""

_BELIEVED_S: Final = 3600.0


@dataclass(slots=True)
class LearnedLimit:
    """The packet size that a broker has refused by name although it had named no limit in CONNACK.

    It is believed for an hour, for brokers are reconfigured. A connection that ends without that word says nothing
    about a size. Source: MQTT 5.0 section 3.14.2.1, reason code 0x95.
    """

    _from_bytes: int = 0
    _until_s: float = 0.0

    def learn(self, size_bytes: int, now_s: float) -> None:
        """Note that the broker has called a packet too large while the largest payload on its way had this size."""
        self._from_bytes, self._until_s = size_bytes, now_s + _BELIEVED_S

    def falls_on(self, size_bytes: int, now_s: float) -> bool:
        """Return whether the broker would call a packet with a payload of this size too large."""
        return now_s < self._until_s and size_bytes >= self._from_bytes

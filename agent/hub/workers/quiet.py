"""Limits repeated log lines of the running hub: one a minute, with a count. Pure: the time is a parameter.

A stranger, or a site whose report is refused, repeats itself as fast as the broker allows; a log that he fills hides
what others do.
"""

from dataclasses import dataclass, field
from typing import Final

from agent.hub.workers.intake import Event

EACH_S: Final = 60.0
KEYS_MOST: Final = 10_000
"""Keys that are remembered: anybody can invent names. The one met first is forgotten, and said again."""

_REPEATING: Final = frozenset({"rejected", "untrusted"})


@dataclass(slots=True)
class LogLimit:
    """When each kind of event of each sender was last logged. One thread uses it."""

    _said: dict[tuple[str, ...], tuple[float, int]] = field(default_factory=dict)

    def take(self, event: Event, now_s: float) -> Event | None:
        """Return the event to log, with `more`: how many like it were left out; None: not to be logged now."""
        if event["event"] not in _REPEATING:
            return event
        key = tuple(str(event.get(name, "")) for name in ("event", "site", "reason", "kid"))
        at_s, unsaid = self._said.pop(key, (-EACH_S, 0))
        if now_s - at_s < EACH_S:
            self._said[key] = at_s, unsaid + 1
            return None
        self._said[key] = now_s, 0
        if len(self._said) > KEYS_MOST:
            del self._said[next(iter(self._said))]
        return {**event, "more": unsaid} if unsaid else event

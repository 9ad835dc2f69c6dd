"""Plans what is sent upward next: lanes in turn, each in the order of its numbers, until the upper hub confirms. Pure.

    ready -> sent -> confirmed
      ^       | not confirmed in time: again from what is confirmed on, after twice as long each time
      +-------+

Of one lane at most `UNCONFIRMED_MOST` are on their way, so that an upper hub that confirms nothing is not sent a whole
history again and again.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from agent.hub.domain.forwarding.rows import Behind, Lane

UNCONFIRMED_MOST: Final = 256
_TRIES_MOST: Final = 5


@dataclass(slots=True)
class Progress:
    """How far a lane is: numbers that the site has made, that were sent, that are confirmed. `again_s`: monotonic."""

    city: str
    made: int
    confirmed: int
    sent: int
    again_s: float = 0.0
    tries: int = 0
    is_ready: bool = False


class Lanes:
    """The lanes that are behind, in one forwarder. One thread uses it."""

    def __init__(self, resend_s: float) -> None:
        self._resend_s = resend_s
        self._known: dict[Lane, Progress] = {}
        self._ready: deque[Lane] = deque()

    def __len__(self) -> int:
        return len(self._known)

    def is_ready(self) -> bool:
        """Return whether there is a lane to send of."""
        return bool(self._ready)

    def note(self, behind: Behind) -> None:
        """Take up a lane that is behind, or that more has come of."""
        one = self._known.get(behind.lane)
        if one is None:
            one = self._known[behind.lane] = Progress(behind.city, behind.made, behind.confirmed, behind.confirmed)
        one.city, one.made = behind.city, max(one.made, behind.made)
        self._make_ready(behind.lane, one)

    def confirm(self, lane: Lane, seq: int) -> None:
        """Take what the upper hub confirms; less than before, and it is sent again from there on."""
        one = self._known.get(lane)
        if one is None:
            return
        if seq > one.confirmed:
            one.tries = 0
        one.sent = max(one.sent, seq) if seq >= one.confirmed else seq
        one.confirmed = seq
        if one.confirmed >= one.made:
            del self._known[lane]
        else:
            self._make_ready(lane, one)

    def take(self) -> tuple[Lane, str, int, int, int] | None:
        """Return the next lane to send of: city, the number behind which to go on, at most how many, and `made`."""
        while self._ready:
            lane = self._ready.popleft()
            one = self._known.get(lane)
            if one is not None:
                one.is_ready = False
                return lane, one.city, one.sent, UNCONFIRMED_MOST - (one.sent - one.confirmed), one.made
        return None

    def sent(self, lane: Lane, seq: int, now_s: float) -> None:
        """Note that a lane was sent up to a number; the same number as before: nothing more is stored of it."""
        one = self._known.get(lane)
        if one is None:
            return
        more = seq > one.sent
        one.sent = seq
        one.again_s = now_s + self._resend_s * 2 ** min(one.tries, _TRIES_MOST)
        if more:
            self._make_ready(lane, one)

    def look(self, now_s: float) -> set[str]:
        """Have sent again what was not confirmed in time; return of which sites."""
        late = [
            (lane, one)
            for lane, one in self._known.items()
            if not one.is_ready and one.again_s <= now_s and one.sent > one.confirmed
        ]
        for lane, one in late:
            one.sent, one.tries = one.confirmed, one.tries + 1
            self._make_ready(lane, one)
        return {lane.site for lane, _ in late}

    def begin(self) -> None:
        """Begin a connection: whatever is not confirmed is sent again."""
        for lane, one in self._known.items():
            one.sent = one.confirmed
            self._make_ready(lane, one)

    def drop(self, site: str) -> None:
        """Drop the lanes of a site: it may not be forwarded now."""
        for lane in [lane for lane in self._known if lane.site == site]:
            del self._known[lane]

    def _make_ready(self, lane: Lane, one: Progress) -> None:
        if not one.is_ready and one.sent < one.made and one.sent - one.confirmed < UNCONFIRMED_MOST:
            one.is_ready = True
            self._ready.append(lane)

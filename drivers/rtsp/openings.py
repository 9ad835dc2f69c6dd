"""Selects which moment of a camera's footage is opened for a request, and where it is played. Pure.

The oldest footage is opened by itself (`drivers/capture.py`); these are the moments beside it: at the age of the
retention floor, the newest, and one that was seen as bare. A moment that the list does not claim is not opened.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from drivers.footage import Opening
from drivers.model import Recordings

NEWEST_LEAD: Final = timedelta(minutes=10)
"""How far before the end of the newest footage it is opened: a file that is being written may not be played yet."""

BESIDE_OLDEST: Final = timedelta(hours=1)
"""How much newer than the oldest footage another moment must be to be worth a picture of its own."""

NEXT_AT_MOST: Final = timedelta(days=1)
"""How far behind a moment that falls into a hole the next footage may begin, to be opened in its place."""

PLAYED: Final = timedelta(minutes=1)
"""How much a vendor's address asks for: one key picture is enough."""


@dataclass(frozen=True, slots=True)
class Playback:
    """What to play for a request: an address, and the moment that is then shown.

    `named`: the address names the moment; else it is requested as ONVIF has it.
    """

    url: str
    at: datetime
    named: bool


def moment_of(held: Recordings, wanted: Opening) -> datetime | None:
    """Return the recorded moment that answers a request; None where the list claims none that is worth opening.

    `bare` is that moment itself; the age of the floor may lie in a hole, and then the next footage counts. Of the
    newest the request names the time of the look: some recorders list a file up to its planned end.
    """
    if not held.spans:
        return None
    first_at, last = held.spans[0].start_at, held.spans[-1]
    at = wanted.at
    if wanted.name == "newest":
        at = max(last.start_at, min(last.end_at, wanted.at) - NEWEST_LEAD)
    if wanted.name == "bare":
        return at if any(one.start_at <= at < one.end_at for one in held.spans) else None
    if at < first_at + BESIDE_OLDEST:
        return None
    behind = next((one for one in held.spans if one.end_at > at), None)
    if behind is None or behind.start_at - at > NEXT_AT_MOST:
        return None
    return max(at, behind.start_at)


def playback(held: Recordings, wanted: Opening) -> Playback | None:
    """Return where a recorder plays the moment of a request; None where it offers no replay, or nothing to open."""
    at = moment_of(held, wanted)
    if at is None or not held.replay_url:
        return None
    at = at.replace(microsecond=0) if held.replays is not None else at
    if held.replays is not None:
        return Playback(held.replays.between(at, at + PLAYED), at, named=True)
    if held.replay_from_at is not None or (held.newest_url and wanted.name != "newest"):
        return None  # which of several recordings holds that moment is not known
    return Playback(held.newest_url or held.replay_url, at, named=False)

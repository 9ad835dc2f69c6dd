"""Gathers looks at the clocks in live pictures until their digits are learned. In process memory only.

The main stream of a recorded camera carries the drawing that its footage has; snapshots have one of their own, drawn at
another size or by another chip. What is learned is looked at in every cycle, a few clocks at a time, main streams
first; a strip of each picture stays in memory until then, nowhere else. After a restart looks are gathered anew; what
was learned is in files (`learned_clocks.py`). One look alone has learned nothing: of it, a recorder's word for a moment
is told, not seen.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final

from agent.observe.footage.days import zone_of
from agent.site.config.site import Site
from drivers.model import Clock, Observations
from drivers.picture import PathName
from masking.clock import steer
from masking.clock.model import MOST_LOOKS, ClockJob, ClockLook, ClockReading

ClockPlace = tuple[str, PathName]
"""A camera's id and the path whose drawing is learned: one of the values of TAUGHT_BY."""

TAUGHT_BY: Final[Mapping[PathName, PathName]] = MappingProxyType(
    {"main": "main", "playback": "main", "playback-beside": "main", "snapshot": "snapshot"}
)
"""By path in whose pictures a clock is read: the path that teaches its digits. No other path's clock is read."""

AT_ONCE: Final = 4
"""So many clocks are learned at a time: 60 strips of one are 2 to 5 MB."""
TRIED_AT: Final = frozenset({24, 30, 36, 42, 48, 54, MOST_LOOKS})
"""At so many looks it is tried: once takes some tenths of a second."""
CYCLES_WITHOUT: Final = 4
APART: Final = timedelta(seconds=3)
AGREE_S: Final = 2.0
"""Two live pictures so far apart confirm a reading, where their clocks went on by the same to so many seconds."""
HALF_DAY: Final = timedelta(hours=12)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ClockLooks:
    """Looks and learned glyphs by camera and path. Used from the thread that runs the cycle.

    `learns`: whether later looks will come, as in the daemon; where none will, nothing is gathered.
    """

    def __init__(self, learns: bool = False) -> None:
        self._learns = learns
        self._turn: frozenset[ClockPlace] = frozenset()
        self._looks: dict[ClockPlace, list[ClockLook]] = {}
        self._glyphs: dict[ClockPlace, bytes] = {}
        self._given_up: set[ClockPlace] = set()
        self._cycles: dict[ClockPlace, int] = {}
        self._read: dict[ClockPlace, tuple[datetime, float]] = {}

    def begin_cycle(self, site: Site) -> frozenset[ClockPlace]:
        """Choose whose clocks are learned in this cycle, on which path; those begun stay until they are done."""
        mains: list[ClockPlace] = [(c.camera.id, "main") for c in site.cameras if c.recorded and not c.store]
        snapshots: list[ClockPlace] = [(c.camera.id, "snapshot") for c in site.cameras]
        left = [place for place in (*mains, *snapshots) if not self._is_done(place)] if self._learns else []
        begun = [place for place in left if place in self._looks]
        self._turn = frozenset([*begun, *(place for place in left if place not in self._looks)][:AT_ONCE])
        return self._turn

    def end_cycle(self) -> None:
        """Count a cycle that was to teach the chosen; what has no look after so many gives its place to others.

        That path gave no picture, or no clock of its device was read.
        """
        for place in self._turn:
            self._cycles[place] = self._cycles.get(place, 0) + 1
            if self._cycles[place] >= CYCLES_WITHOUT and place not in self._looks:
                self._given_up.add(place)
        self._turn = frozenset()

    def job(self, camera_id: str, path: PathName) -> ClockJob | None:
        """Return what to ask of the clock in a picture, None for nothing."""
        taught_by = TAUGHT_BY.get(path)
        if taught_by is None:
            return None
        glyphs = self._glyphs.get((camera_id, taught_by), b"")
        if glyphs:
            return ClockJob(glyphs)
        return ClockJob(gather=True) if (camera_id, path) in self._turn else None

    def add(self, place: ClockPlace, known_s: float, strip: bytes) -> tuple[ClockLook, ...]:
        """Add a look; return all at that clock where it is time to learn from them, else none."""
        looks = self._looks.setdefault(place, [])
        looks.append(ClockLook(known_s, strip))
        return tuple(looks) if len(looks) in TRIED_AT else ()

    def learned(self, place: ClockPlace, glyphs: bytes) -> None:
        """Store what was learned; nothing of the looks is held any longer. Empty glyphs: not learned yet."""
        if glyphs:
            self._glyphs[place] = glyphs
        elif len(self._looks.get(place, ())) >= MOST_LOOKS:
            self._given_up.add(place)
        if self._is_done(place):
            self._looks.pop(place, None)

    def confirmed(self, place: ClockPlace, at: datetime, ahead_s: float) -> float | None:
        """Return by how much a live picture's clock is ahead where the one read before says the same; keep this one.

        Of a digit that was read wrongly the next picture's would be another, and so would a clock that stands. One of
        another path confirms nothing, and one too soon after changes nothing.
        """
        before = self._read.get(place)
        if before is not None and timedelta() <= at - before[0] < APART:
            return None
        self._read[place] = at, ahead_s
        return ahead_s if before is not None and at > before[0] and abs(ahead_s - before[1]) <= AGREE_S else None

    def best_wait_s(self, wall: datetime, early_s: float) -> float:
        """Return how long to wait within `early_s` from a wall-clock time on, until a look teaches most.

        All of it where nothing is being learned. The clock with fewest looks decides.
        """
        if not self._looks:
            return early_s
        first = (wall.replace(tzinfo=UTC) - EPOCH).total_seconds()
        shown = [int(look.known_s) for look in min(self._looks.values(), key=len)]
        return min(max(steer.best_moment(shown, int(first) + 1, int(early_s)) - first, 0.0), early_s)

    @property
    def known(self) -> Mapping[ClockPlace, bytes]:
        """What was learned, by camera and path."""
        return dict(self._glyphs)

    def restore(self, site: Site, known: Mapping[ClockPlace, bytes]) -> None:
        """Take up what was learned before, of the cameras that the site has."""
        names = {c.camera.id for c in site.cameras}
        self._glyphs = {place: glyphs for place, glyphs in known.items() if place[0] in names}

    def forget(self, camera_id: str) -> None:
        """Remove all of a camera: its box was replaced."""
        for place in [(camera_id, path) for path in set(TAUGHT_BY.values())]:
            for held in (self._looks, self._glyphs, self._cycles, self._read):
                held.pop(place, None)
            self._given_up.discard(place)

    def __repr__(self) -> str:
        return f"ClockLooks({len(self._looks)} learning, {len(self._glyphs)} learned)"

    def _is_done(self, place: ClockPlace) -> bool:
        return place in self._glyphs or place in self._given_up


def wall_clocks(site: Site, told: Observations) -> dict[str, timedelta]:
    """Return by camera id how far its device's clock is from ours; those alone whose clock was read."""
    offsets = {one.subject: one.value.offset_s for one in told if isinstance(one.value, Clock)}
    known = {c.camera.id: offsets.get(f"device:{c.camera.device}") for c in site.cameras}
    return {name: timedelta(seconds=offset) for name, offset in known.items() if offset is not None}


def wall_s(site: Site, camera_id: str, at: datetime) -> float:
    """Return a moment as seconds since 1970-01-01 on a wall clock of the camera's zone."""
    camera = next((c for c in site.cameras if c.camera.id == camera_id), None)
    wall = at if camera is None else at.astimezone(zone_of(site, camera)).replace(tzinfo=UTC)
    return (wall - EPOCH).total_seconds()


def off_s(reading: ClockReading | None, due_s: float) -> float | None:
    """Return by how many seconds a clock with its date is ahead of a wall-clock moment; None where no date was read.

    One that does not tell the half of the day counts as in the nearer half.
    """
    if reading is None or reading.day is None:
        return None
    midnight = (datetime.combine(reading.day, datetime.min.time(), UTC) - EPOCH).total_seconds()
    halves = (0.0,) if reading.whole_day else (0.0, HALF_DAY.total_seconds())
    first = midnight + (reading.second if reading.whole_day else reading.second % int(HALF_DAY.total_seconds()))
    return min((first + half - due_s for half in halves), key=abs)


def with_clock_looks(
    due: Mapping[str, frozenset[PathName]], learning: frozenset[ClockPlace]
) -> dict[str, frozenset[PathName]]:
    """Return the due paths, with those whose clocks are learned."""
    return {name: paths | {path for camera, path in learning if camera == name} for name, paths in due.items()}

"""Gathers looks at the clocks in live pictures until their digits are learned. In process memory only.

The main stream of a recorded camera carries the drawing that its footage has. While it is learned it is looked at in
every cycle, a few cameras at a time; a strip of each picture stays in memory until then, nowhere else. After a restart
looks are gathered anew; what was learned is in files (`learned_clocks.py`). One look alone has learned nothing: of
it, a recorder's word for a moment is told, not seen.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from agent.observe.footage.days import zone_of
from agent.site.config.site import Site
from drivers.model import Clock, Observations
from drivers.picture import RECORDED, PathName
from masking.clock import steer
from masking.clock.model import MOST_LOOKS, ClockJob, ClockLook, ClockReading

LEARNT_PATH: Final[PathName] = "main"
AT_ONCE: Final = 4
"""So many cameras are learned at a time: 60 strips of one are 2 to 5 MB."""
TRIED_AT: Final = frozenset({24, 30, 36, 42, 48, 54, MOST_LOOKS})
"""At so many looks it is tried: once takes some tenths of a second."""
CYCLES_WITHOUT: Final = 4
APART: Final = timedelta(seconds=3)
AGREE_S: Final = 2.0
"""Two live pictures so far apart confirm a reading, where their clocks went on by the same to so many seconds."""
HALF_DAY: Final = timedelta(hours=12)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ClockLooks:
    """Looks and learned glyphs by camera id. Used from the thread that runs the cycle.

    `learns`: whether later looks will come, as in the daemon; where none will, nothing is gathered.
    """

    def __init__(self, learns: bool = False) -> None:
        self._learns = learns
        self._looks: dict[str, list[ClockLook]] = {}
        self._glyphs: dict[str, bytes] = {}
        self._given_up: set[str] = set()
        self._cycles: dict[str, int] = {}
        self._read: dict[str, tuple[datetime, float]] = {}

    def learning(self, site: Site) -> frozenset[str]:
        """Return the cameras whose main stream is looked at in this cycle to learn its clock."""
        if not self._learns:
            return frozenset()
        left = [c.camera.id for c in site.cameras if c.recorded and not c.store and not self._is_done(c.camera.id)]
        begun = [name for name in left if name in self._looks]
        return frozenset([*begun, *(name for name in left if name not in self._looks)][:AT_ONCE])

    def count_cycle(self, learning: frozenset[str]) -> None:
        """Count a cycle that was to teach these cameras; what has no look after so many gives its place to others.

        Their main stream gave no picture, or no clock of their device was read.
        """
        for name in learning:
            self._cycles[name] = self._cycles.get(name, 0) + 1
            if self._cycles[name] >= CYCLES_WITHOUT and name not in self._looks:
                self._given_up.add(name)

    def job(self, camera_id: str, path: PathName) -> ClockJob | None:
        """Return what to ask of the clock in a picture, None for nothing."""
        glyphs = self._glyphs.get(camera_id, b"")
        if path in RECORDED or path == LEARNT_PATH:
            if glyphs:
                return ClockJob(glyphs)
            if path == LEARNT_PATH and self._learns and not self._is_done(camera_id):
                return ClockJob(gather=camera_id in self._looks or len(self._looks) < AT_ONCE)
        return None

    def add(self, camera_id: str, known_s: float, strip: bytes) -> tuple[ClockLook, ...]:
        """Add a look; return all of the camera where it is time to learn from them, else none."""
        looks = self._looks.setdefault(camera_id, [])
        looks.append(ClockLook(known_s, strip))
        return tuple(looks) if len(looks) in TRIED_AT else ()

    def learned(self, camera_id: str, glyphs: bytes) -> None:
        """Store what was learned; nothing of the looks is held any longer. Empty glyphs: not learned yet."""
        if glyphs:
            self._glyphs[camera_id] = glyphs
        elif len(self._looks.get(camera_id, ())) >= MOST_LOOKS:
            self._given_up.add(camera_id)
        if self._is_done(camera_id):
            self._looks.pop(camera_id, None)

    def confirmed(self, camera_id: str, at: datetime, ahead_s: float) -> float | None:
        """Return by how much a live picture's clock is ahead where the one read before says the same; keep this one.

        Of a digit that was read wrongly the next picture's would be another. One too soon after changes nothing.
        """
        before = self._read.get(camera_id)
        if before is not None and timedelta() <= at - before[0] < APART:
            return None
        self._read[camera_id] = at, ahead_s
        return ahead_s if before is not None and at > before[0] and abs(ahead_s - before[1]) <= AGREE_S else None

    def best_wait_s(self, wall: datetime, early_s: float) -> float:
        """Return how long to wait within `early_s` from a wall-clock time on, until a look teaches most.

        All of it where nothing is being learned. The camera with fewest looks decides.
        """
        if not self._looks:
            return early_s
        first = (wall.replace(tzinfo=UTC) - EPOCH).total_seconds()
        shown = [int(look.known_s) for look in min(self._looks.values(), key=len)]
        return min(max(steer.best_moment(shown, int(first) + 1, int(early_s)) - first, 0.0), early_s)

    @property
    def known(self) -> Mapping[str, bytes]:
        """What was learned, by camera id."""
        return dict(self._glyphs)

    def restore(self, site: Site, known: Mapping[str, bytes]) -> None:
        """Take up what was learned before, of the cameras that the site has."""
        names = {c.camera.id for c in site.cameras}
        self._glyphs = {name: glyphs for name, glyphs in known.items() if name in names}

    def forget(self, camera_id: str) -> None:
        """Remove all of a camera: its box was replaced."""
        self._looks.pop(camera_id, None)
        self._glyphs.pop(camera_id, None)
        self._given_up.discard(camera_id)
        self._cycles.pop(camera_id, None)
        self._read.pop(camera_id, None)

    def __repr__(self) -> str:
        return f"ClockLooks({len(self._looks)} learning, {len(self._glyphs)} learned)"

    def _is_done(self, camera_id: str) -> bool:
        return camera_id in self._glyphs or camera_id in self._given_up


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
    due: Mapping[str, frozenset[PathName]], learning: frozenset[str]
) -> dict[str, frozenset[PathName]]:
    """Return the due paths, with the main stream of the cameras whose clocks are learned."""
    return {name: paths | {LEARNT_PATH} if name in learning else paths for name, paths in due.items()}

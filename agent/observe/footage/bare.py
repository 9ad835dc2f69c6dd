"""Records when each private zone was seen bare on a live path, until the footage of that time is gone. Pure.

A mask that was off for some hours is in order again the next day, and what was recorded meanwhile stays playable for
weeks. So each such stretch has its turn to be opened, and its result is remembered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from agent.model.finding import Json
from agent.observe.footage.days import CameraFootage, Footage
from agent.observe.pictures.turns import REMEMBERED
from agent.site.config.site import Site
from drivers.capture import RETRY, ROUND
from drivers.footage import Opening
from drivers.model import Observation, Observations, Recordings
from drivers.picture import RECORDED, FootageOpened, ZoneVerdict

STRETCHES_MAX: Final = 64
"""How many stretches of a camera are remembered: those whose footage hides the zone go first, the oldest of them."""

SAME_WITHIN_PERIODS: Final = 3
"""How many periods two looks may be apart within one stretch: a missed cycle changes nothing."""

OPENS_AFTER: Final = timedelta(seconds=10)
SECOND: Final = timedelta(seconds=1)

KEPT: Final = timedelta(days=400)

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)

Opened = Literal["", "bare", "hidden"]


@dataclass(frozen=True, slots=True)
class BareStretch:
    """A stretch in which each live look found a zone bare, from the first to the last of them. Our clock.

    `opened`: what its footage showed when it was opened last, empty where it was not or could not be judged;
    `opened_at` when.
    """

    zone: str
    from_at: datetime
    until_at: datetime
    opened: Opened = ""
    opened_at: datetime | None = None

    @property
    def opens_at(self) -> datetime:
        """The moment that is opened: shortly after it was seen bare first."""
        return self.from_at + min(OPENS_AFTER, (self.until_at - self.from_at) / 2)


Bare = Mapping[str, tuple[BareStretch, ...]]
"""By camera id, in order of time."""


def update_bare(site: Site, told: Observations, footage: Footage, before: Bare, now: datetime) -> Bare:
    """Return the stretches after a look: begun, continued, opened, or gone with their footage.

    A camera that is not recorded, or has no zones, has none.
    """
    by_subject: dict[str, list[Observation]] = {}
    for one in told:
        by_subject.setdefault(one.subject, []).append(one)
    after: dict[str, tuple[BareStretch, ...]] = {}
    for camera in site.cameras:
        name, zones = camera.camera.id, {zone.name for zone in camera.zones}
        if not camera.recorded or not zones:
            continue
        own = by_subject.get(f"camera:{name}", [])
        known = footage.get(name)
        kept = [one for one in before.get(name, ()) if one.zone in zones and not _is_gone(one, own, known, now)]
        kept = [_after_opening(one, own, known, now) for one in kept]
        period = timedelta(seconds=site.period_s)
        within = SAME_WITHIN_PERIODS * period
        for zone, at in sorted(bare_zones(own).items()):
            # To the second, as it is requested: a moment before the stretch would settle nothing.
            seen_at = min(at, now + period).replace(microsecond=0)
            kept = _continued(kept, zone, seen_at, within) if zone in zones else kept
        if kept:
            after[name] = _bounded(kept)
    return after


def _bounded(kept: list[BareStretch]) -> tuple[BareStretch, ...]:
    """Return stretches in order of time; of too many, what accuses, or was not opened yet, outlasts what does not."""
    going = sorted(kept, key=lambda one: (one.opened != "hidden", one.from_at, one.zone))
    stay = going[max(len(going) - STRETCHES_MAX, 0) :]
    return tuple(sorted(stay, key=lambda one: (one.from_at, one.zone)))


def bare_zones(observed: Iterable[Observation]) -> dict[str, datetime]:
    """Return the zones that a live picture of this look shows bare, and when it was taken."""
    return {
        one.value.zone: one.taken_at
        for one in observed
        if isinstance(one.value, ZoneVerdict)
        and one.value.verdict == "FAIL"
        and one.value.path not in RECORDED
        and one.method != REMEMBERED
    }


def bare_opening(stretches: tuple[BareStretch, ...], known: CameraFootage | None, now: datetime) -> Opening | None:
    """Return the request for footage of the stretch whose turn it is, by the recorder's clock; None without any.

    What was never opened comes first, then what was opened longest ago.
    """
    if not stretches:
        return None
    waiting = [one for one in stretches if not one.opened]
    turn = int((now - _EPOCH) / ROUND)
    longest_ago = min(stretches, key=lambda one: one.opened_at or _EPOCH)
    chosen = waiting[turn % len(waiting)] if waiting else longest_ago
    return Opening("bare", known.there(chosen.opens_at) if known else chosen.opens_at)


def unopened(stretches: tuple[BareStretch, ...]) -> tuple[BareStretch, ...]:
    """Return the stretches as never opened: what was opened lies on a recorder that is gone."""
    return tuple(replace(one, opened="", opened_at=None) for one in stretches)


def waiting(site: Site, bare: Bare, now: datetime) -> dict[str, datetime]:
    """Return the cameras of which a stretch just ended, or grows, that was never opened, and when the last began.

    Rounded up: in the look that found it, playback has had its turn before.
    """
    lately = now - RETRY - SAME_WITHIN_PERIODS * timedelta(seconds=site.period_s)
    unopened = {
        name: [one.from_at + SECOND for one in ones if not one.opened and one.until_at >= lately]
        for name, ones in bare.items()
    }
    return {name: max(begun) for name, begun in unopened.items() if begun}


def _is_gone(one: BareStretch, own: list[Observation], known: CameraFootage | None, now: datetime) -> bool:
    held = next((o.value for o in own if isinstance(o.value, Recordings)), None)
    until_at = known.there(one.until_at) if known else one.until_at
    recorded_over = held is not None and bool(held.spans) and held.spans[0].start_at > until_at
    return recorded_over or one.until_at < now - KEPT or one.from_at > now + timedelta(hours=1)


def _after_opening(one: BareStretch, own: list[Observation], known: CameraFootage | None, now: datetime) -> BareStretch:
    """Return a stretch with what its footage showed in this look."""
    start_at, end_at = (known.there(at) if known else at for at in (one.from_at, one.until_at))
    for seen in own:
        value = seen.value
        if isinstance(value, FootageOpened) and value.name == "bare" and start_at <= value.asked_at <= end_at:
            verdicts = {v.verdict for v in value.verdicts if v.zone == one.zone} if seen.method != REMEMBERED else set()
            if "FAIL" in verdicts:
                return replace(one, opened="bare", opened_at=now)
            if verdicts == {"PASS"}:
                return replace(one, opened="hidden", opened_at=now)
    return one


def _continued(stretches: list[BareStretch], zone: str, at: datetime, within: timedelta) -> list[BareStretch]:
    last = next((one for one in reversed(stretches) if one.zone == zone), None)
    if last is None or at - last.until_at > within:
        return [*stretches, BareStretch(zone, at, at)]
    return [replace(one, until_at=max(one.until_at, at)) if one is last else one for one in stretches]


def to_data(stretches: tuple[BareStretch, ...]) -> Json:
    """Return the stretches of a camera as plain data, to the second."""
    return [
        [one.zone, _second(one.from_at), _second(one.until_at), one.opened, _second(one.opened_at)] for one in stretches
    ]


def from_data(data: Iterable[Any]) -> tuple[BareStretch, ...]:
    """Return the stretches that `to_data` wrote. Raises ValueError or TypeError for anything else."""
    found = []
    for zone, start, end, opened, opened_s in data:
        if opened not in ("", "bare", "hidden"):
            raise ValueError("an unknown result of opening")
        at = None if opened_s is None else datetime.fromtimestamp(opened_s, UTC)
        stretch = datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)
        found.append(BareStretch(str(zone), *stretch, opened, at))
    return tuple(found)


def _second(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())

"""Caches the last result of each stream path for 24 h, because expensive paths are polled in rotation. Pure.

Main streams and recordings are expensive and not fetched every cycle (`drivers/capture.py` schedules them). Until the
next turn the last result counts, unless its basis has changed: the declared zones, the device's own masks, box, source
or profile, or what another path shows. A path that gave no picture is due in every cycle, and so is a live one that did
not show every zone hidden, so that a fault and its repair are seen at once. Playback with such a zone is due once in a
RETRY: footage that is bare stays so until it is deleted, and each turn opens several moments of it. A camera without a
live picture now has no cached ones: it is not online because it was.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from agent.model.finding import Moment
from agent.site.config.site import CameraConfig, Site
from drivers.capture import IN_ROTATION, RETRY, Attempt, due_paths
from drivers.model import STORE_BOX, UNPROVEN, Mask, Masks, Observation, Observations, Provenance, Unavailable, Value
from drivers.picture import (
    RECORDED,
    Access,
    FootageOpened,
    ObjectsTold,
    PathName,
    PictureSeen,
    PictureTold,
    Streams,
    StreamSound,
    ZoneVerdict,
)

KEPT = timedelta(days=1)

CLOCK_SLACK: Final = timedelta(minutes=1)
"""By how much our clock may have been set back before ages are corrected: it is slewed all the time."""

REMEMBERED: Final = "remembered"
"""The method of a cached observation of a path without a turn."""


@dataclass(frozen=True, slots=True)
class PathResult:
    """The last result of one path in rotation.

    `zones` and `masks` are digests of the basis of its verdicts; `masks` is empty where no masks could be read. `seen`
    None: the path was tried and gave no picture. `asked` names the path as `Access` does, empty where it was not
    requested without a login. `box`, `source` and `profile` are those of its provenance. `sound`: the encodings of the
    sound that its description offered, None where unknown, as in data of an earlier release. `told`: what its metadata
    told, None where it offered none, and `shown` what its pictures showed. `opened`: of playback, the further moments
    that were opened with it. `boot` and `mono_ms`: when by the monotonic clock, empty and 0 where unknown.
    """

    camera_id: str
    path: PathName
    at: datetime
    zones: str
    masks: str
    seen: PictureSeen | None = None
    verdicts: tuple[ZoneVerdict, ...] = ()
    asked: str = ""
    anonymous: bool = False
    box: str = ""
    source: str = ""
    profile: str = ""
    sound: tuple[str, ...] | None = None
    told: ObjectsTold | None = None
    opened: tuple[FootageOpened, ...] = ()
    boot: str = ""
    mono_ms: int = 0
    shown: tuple[PictureTold, ...] = ()

    @property
    def came(self) -> bool:
        """Whether every picture came that was fetched in this turn, and each moment's own, also the second time."""
        well = (one.at is not None and one.repeats is not False and one.same_as_at is None for one in self.opened)
        return self.seen is not None and all(well)

    @property
    def is_well(self) -> bool:
        """Whether a picture came and every zone in it was hidden, also in those that its metadata told of."""
        verdicts = (*self.verdicts, *(verdict for one in self.shown for verdict in one.verdicts))
        return self.seen is not None and all(verdict.verdict == "PASS" for verdict in verdicts)


def stamped(looked: tuple[PathResult, ...], moment: Moment) -> tuple[PathResult, ...]:
    """Return the results, those of the look at `moment` with its monotonic time."""
    return tuple(
        replace(one, boot=moment.boot_id, mono_ms=moment.mono_ms) if one.at == moment.at else one for one in looked
    )


def not_rejuvenated(looked: tuple[PathResult, ...], moment: Moment) -> tuple[PathResult, ...]:
    """Return the results no younger than the monotonic clock says: one set back makes nothing newer than it is.

    One set forward makes them too old, so that their turn comes at once. Monotonic time stands still while a gateway
    sleeps, so that of both ages the greater one counts.
    """
    return tuple(_not_rejuvenated(one, moment) for one in looked)


def _not_rejuvenated(one: PathResult, moment: Moment) -> PathResult:
    if not one.boot or one.boot != moment.boot_id or moment.mono_ms <= one.mono_ms:
        return one
    at = moment.at - timedelta(milliseconds=moment.mono_ms - one.mono_ms)
    return replace(one, at=at) if one.at - at > CLOCK_SLACK else one


def due(site: Site, looked: tuple[PathResult, ...], now: datetime) -> dict[str, frozenset[PathName]]:
    """Return the due paths of each camera in this cycle."""
    valid = [one for one in looked if one.zones == zones_digest(site, one.camera_id)]
    turns = due_paths(
        [c.camera.id for c in site.cameras],
        [Attempt(o.camera_id, o.path, o.at, o.came) for o in valid],
        now,
    )
    trouble = {
        (one.camera_id, one.path)
        for one in valid
        if not one.is_well and (one.seen is None or one.path not in RECORDED or not timedelta() <= now - one.at < RETRY)
    }
    return {
        camera_id: paths | {path for path in IN_ROTATION if (camera_id, path) in trouble}
        for camera_id, paths in turns.items()
    }


def with_playback(
    due: Mapping[str, frozenset[PathName]],
    reasons: Iterable[Mapping[str, datetime]],
    looked: tuple[PathResult, ...],
    now: datetime,
) -> dict[str, frozenset[PathName]]:
    """Return the due paths, with playback and the main stream of cameras that give a reason to open footage.

    `reasons`: each by camera id, when it arose. What arose after the last turn is opened at once, what was found in it
    once in a RETRY: each turn is several sessions with a recorder.
    """
    last = {one.camera_id: one.at for one in looked if one.path == "playback"}
    called = {
        name
        for reason in reasons
        for name, at in reason.items()
        if name not in last or at > last[name] or now - last[name] >= RETRY
    }
    return {name: paths | {"main", "playback"} if name in called else paths for name, paths in due.items()}


def path_results(
    site: Site, observations: Observations, looked: tuple[PathResult, ...], now: datetime
) -> tuple[PathResult, ...]:
    """Return the results to cache: this cycle's, and earlier ones of paths without a turn."""
    before = {(one.camera_id, one.path): one for one in looked if now - KEPT <= one.at <= now}
    by_subject = _by_subject(observations)
    kept: list[PathResult] = []
    for camera in site.cameras:
        own = by_subject.get(f"camera:{camera.camera.id}", [])
        for path in IN_ROTATION:
            look = _path_result(site, camera, path, own, before.get((camera.camera.id, path)), now)
            if look is not None:
                kept.append(look)
    return tuple(kept)


def with_cached(site: Site, observations: Observations, kept: tuple[PathResult, ...]) -> Observations:
    """Return the observations, with cached results for paths that were not due."""
    looks = {(one.camera_id, one.path): one for one in kept}
    by_subject = _by_subject(observations)
    for camera in site.cameras:
        own = by_subject.get(f"camera:{camera.camera.id}", [])
        silent = _is_silent(own)
        for path in IN_ROTATION:
            look = looks.get((camera.camera.id, path))
            if look is not None and _not_due(own, path) is not None and (path in RECORDED or not silent):
                _insert_cached(own, look)
    return tuple(o for own in by_subject.values() for o in own)


def _by_subject(observations: Observations) -> dict[str, list[Observation]]:
    by_subject: dict[str, list[Observation]] = {}
    for observation in observations:
        by_subject.setdefault(observation.subject, []).append(observation)
    return by_subject


def _path_result(
    site: Site, camera: CameraConfig, path: PathName, own: list[Observation], last: PathResult | None, now: datetime
) -> PathResult | None:
    """Return this cycle's result of a path, else the last one where it still holds, else None."""
    values = [o.value for o in own]
    zones = zones_digest(site, camera.camera.id)
    listed = next((masks_digest(v.masks) for v in values if isinstance(v, Masks)), "")
    if _not_due(own, path) is not None:
        if last is None or last.zones != zones or (listed and last.masks != listed):
            return None
        return last if _is_of(last, own) and not _is_contradicted(last, own, now) else None
    found = next((o for o in own if isinstance(o.value, PictureSeen) and o.value.path == path), None)
    seen = replace(found.value, imprint="") if found is not None and isinstance(found.value, PictureSeen) else None
    tried = any(isinstance(v, Unavailable) and v.fact == "picture" and v.path == path for v in values)
    if seen is None and not tried:
        return None
    verdicts = tuple(v for v in values if isinstance(v, ZoneVerdict) and v.path == path)
    access = next((v for v in values if isinstance(v, Access)), Access((), ()))
    asked = next((name for name in access.asked if name.rpartition(" ")[2] == path), "")
    anonymous, where = asked in access.anonymous, found.provenance if found is not None else UNPROVEN
    sound = next((v.encodings for v in values if isinstance(v, StreamSound) and v.path == path), None)
    told = next((v for v in values if isinstance(v, ObjectsTold) and v.path == path), None)
    shown = tuple(v for v in values if isinstance(v, PictureTold) and v.stream == path)
    moments = (v for v in values if isinstance(v, FootageOpened) and path == "playback")
    opened = tuple(replace(one, imprint="") for one in moments)
    of = (where.box, where.source, where.profile)
    return PathResult(
        camera.camera.id, path, now, zones, listed, seen, verdicts, asked, anonymous, *of, sound, told, opened,
        shown=shown,
    )  # fmt: skip


def _is_of(last: PathResult, own: list[Observation]) -> bool:
    """Tell whether a cached result is of the box, source and profile that the device lists now; unknown is no other.

    What was opened in a store is of no device's box.
    """
    listing = next((one for one in own if isinstance(one.value, Streams)), None)
    if listing is None or not isinstance(listing.value, Streams) or last.box.startswith(STORE_BOX):
        return True
    profile = next((one.profile for one in listing.value.streams if one.path == last.path), "")
    pairs = (last.box, listing.provenance.box), (last.source, listing.provenance.source), (last.profile, profile)
    return all(not before or not now or before == now for before, now in pairs)


def _is_contradicted(last: PathResult, own: list[Observation], now: datetime) -> bool:
    """Tell whether another live path shows a bare zone since: then this one has its turn, once in a RETRY."""
    shown = [one.value for one in own if isinstance(one.value, ZoneVerdict)]
    bare = any(one.verdict == "FAIL" and one.path not in IN_ROTATION for one in shown)
    return bare and last.path not in RECORDED and now - last.at >= RETRY


def _not_due(own: list[Observation], path: PathName) -> Observation | None:
    for observation in own:
        value = observation.value
        if isinstance(value, Unavailable) and (value.fact, value.path) == ("picture", path):
            return observation if value.reason == "not-looked-at" else None
    return None


def _is_silent(own: list[Observation]) -> bool:
    """Tell whether live paths were tried in this cycle and none of them gave a picture."""
    values = [o.value for o in own]
    pictures = [v for v in values if isinstance(v, PictureSeen) or (isinstance(v, Unavailable) and v.fact == "picture")]
    live = [v for v in pictures if v.path not in (None, *RECORDED)]
    failed = any(isinstance(v, Unavailable) and v.reason != "not-looked-at" for v in live)
    return failed and not any(isinstance(v, PictureSeen) for v in live)


def _insert_cached(own: list[Observation], look: PathResult) -> None:
    """Replace the observation that a path had no turn by its cached result."""
    placeholder = _not_due(own, look.path)
    if placeholder is None or look.seen is None:
        return
    own.remove(placeholder)
    sound = () if look.sound is None else (StreamSound(look.path, look.sound),)
    told = () if look.told is None else (look.told,)
    values: tuple[Value, ...] = (look.seen, *look.verdicts, *sound, *told, *look.shown, *look.opened)
    where = Provenance(
        box=look.box, source=look.source, profile=look.profile, path=look.path, true_at=look.seen.taken_at, level="seen"
    )
    own.extend(Observation(placeholder.subject, value, look.at, REMEMBERED, where) for value in values)
    for index, observation in enumerate(own):
        access = observation.value
        if isinstance(access, Access) and look.asked:
            anonymous = (*access.anonymous, look.asked) if look.anonymous else access.anonymous
            own[index] = replace(observation, value=Access((*access.asked, look.asked), anonymous))


def zones_digest(site: Site, camera_id: str) -> str:
    """Return SHA-256, hex, over the declared private zones of a camera, at each of its presets if it has any."""
    return camera_zones_digest(next((c for c in site.cameras if c.camera.id == camera_id), None))


def camera_zones_digest(camera: CameraConfig | None) -> str:
    """Return the same of a camera by its configuration; None: one that the site does not have."""
    declared = [*map(asdict, camera.zones), *map(asdict, camera.presets)] if camera else []
    return hashlib.sha256(json.dumps(declared).encode()).hexdigest()


def masks_digest(masks: tuple[Mask, ...]) -> str:
    """Return SHA-256, hex, over every mask's token, state, effect and polygon to four decimals."""
    parts = sorted(
        json.dumps([m.token, m.enabled, m.effect, m.color, [[round(x, 4), round(y, 4)] for x, y in m.polygon]])
        for m in masks
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()

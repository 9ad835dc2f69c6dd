"""Gathers what is true of one camera, for comparison with a device's report, and the evidence of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from agent.judge.checks.devices.unread import listed_overlays
from agent.judge.checks.pictures.labels import shows_time
from agent.judge.checks.platform.compared import DAY_S, CameraTrue, Fact
from agent.judge.claim import declared, grounds
from agent.model.finding import Ground
from agent.observe.facts.facts import Facts
from agent.observe.facts.platform_told import CameraTold
from agent.observe.footage.days import zone_of
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day, standing
from drivers.details import Encoders
from drivers.footage import Schedule
from drivers.model import Masks, Overlays, Recordings
from drivers.picture import LIVE, PictureSeen, Streams, StreamSample, ZoneVerdict

DAY: Final = timedelta(days=1)
STOPPED: Final = timedelta(days=2)
"""After so long without new footage nothing is recorded."""
UNITS: Final = ("legal-unit", "owner", "maintainer", "supervising-organ")
"""Whom a device may rightly name as the managing unit of a camera."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a camera; `rests_on`: the evidence for each fact, nothing where it is not known."""

    camera: CameraTrue
    rests_on: Mapping[Fact, tuple[Ground, ...]]


def truth_of(
    site: Site, facts: Facts, camera: CameraConfig, told: CameraTold, tested_at: datetime, now: datetime
) -> Truth:
    """Return what is true of a camera that was told of at `tested_at`.

    The plan of footage in a store beside its device is not the device's, and is not compared.
    """
    name = camera.camera.id
    subject, zone = f"camera:{name}", zone_of(site, camera)
    kept, could_keep, oldest = _footage(site, facts, camera, now)
    words = {duty: _word(site, duty, name, now) for duty in (*UNITS, "secure-device-level", "capture-position")}
    pictures = [one for one in facts.observed(subject, PictureSeen) if _live(one.value)]
    samples = facts.observed(subject, StreamSample)
    verdicts = [one for one in facts.observed(subject, ZoneVerdict) if _live(one.value)]
    overlays = listed_overlays(facts, subject)
    clocks = [one for one in pictures if isinstance(one.value, PictureSeen) and one.value.clock_off_s is not None]
    recordings, plan = facts.observed(subject, Recordings), facts.observed(subject, Schedule)
    filed = facts.filed.names.get(name, "") if facts.filed else ""
    in_use = camera.in_use_since or site.in_use_since
    camera_true = CameraTrue(
        tested_at=tested_at.astimezone(zone).replace(tzinfo=None),
        kept_days=kept,
        could_keep_days=could_keep,
        oldest_at=oldest.astimezone(zone).replace(tzinfo=None) if oldest else None,
        in_use=in_use,
        in_use_own=camera.in_use_since is not None,
        units=tuple(words[duty] for duty in UNITS if words[duty]),
        filed_name=filed,
        position=words["capture-position"],
        sizes=_sizes(facts, subject, told),
        codecs=_codecs(facts, subject),
        level=words["secure-device-level"],
        masks_seen=_masks_seen(facts, subject),
        masks_listed=_masks_listed(facts, subject),
        time_drawn=True if clocks else shows_time(overlays) if overlays else None,
        texts=_texts(overlays) if overlays else None,
        plan_days_s=() if camera.store else _plan_days_s(facts.one(subject, Schedule)),
        records=None if camera.store else _records(facts, camera, now),
    )
    told_by_device = grounds(facts.observed(subject, Streams, Encoders))
    seen_by_device = grounds(facts.observed(subject, Overlays))
    spoken = {
        duty: declared("site" if duty in ("legal-unit", "supervising-organ") else subject, duty) for duty in words
    }
    return Truth(
        camera_true,
        {
            "save-days": grounds(recordings),
            "install-time": declared(subject, "in_use_since"),
            "unit": next((spoken[duty] for duty in UNITS if words[duty]), ()),
            "name": declared("site", "filing"),
            "position": spoken["capture-position"],
            "resolution": grounds((*pictures, *samples)),
            "encoding": grounds(samples) or told_by_device,
            "level": spoken["secure-device-level"],
            "masks": grounds(verdicts) or grounds(facts.observed(subject, Masks)),
            "time-shown": grounds(clocks) or seen_by_device,
            "texts": seen_by_device,
            "plan": grounds(plan) or grounds(recordings),
        },
    )


def _word(site: Site, duty: str, camera: str, now: datetime) -> str:
    """Return what is declared and counts, empty where nothing does."""
    per_site = duty in ("legal-unit", "supervising-organ")
    value = standing(site, duty, local_day(site, now), "" if per_site else camera).value
    return value if isinstance(value, str) else ""


def _live(value: object) -> bool:
    return isinstance(value, PictureSeen | ZoneVerdict) and value.path in LIVE


def _footage(
    site: Site, facts: Facts, camera: CameraConfig, now: datetime
) -> tuple[float | None, float | None, datetime | None]:
    """Return for how many days footage goes back without a hole, how many it can have, and its oldest moment.

    A clip that stands alone counts for none of them; where recording has stopped nothing is known.
    """
    known = facts.footage.get(camera.camera.id)
    recordings = facts.one(f"camera:{camera.camera.id}", Recordings)
    there = known.there(now) if known else now
    if recordings is None or not recordings.spans or there - recordings.spans[-1].end_at > STOPPED:
        return None, None, None
    start = (known.run_at if known else None) or recordings.spans[0].start_at
    used = camera.in_use_since or site.in_use_since
    ages = [(there - known.earliest_at) / DAY] if known and known.earliest_at else []
    ages += [float((local_day(site, now) - used).days)] if used else []
    return (there - start) / DAY, max(ages, default=None), start


def _sizes(facts: Facts, subject: str, told: CameraTold) -> tuple[tuple[int, int], ...]:
    """Return the sizes of the pictures that came over the link, else of the main stream."""
    found = [(told.size_px[0], told.size_px[1])] if len(told.size_px) == 2 else []
    found += [(one.width_px, one.height_px) for one in facts.all(subject, PictureSeen) if one.path == "main"]
    found += [(one.width_px, one.height_px) for one in facts.all(subject, StreamSample) if one.path == "main"]
    return tuple(dict.fromkeys(one for one in found if min(one) > 0))


def _codecs(facts: Facts, subject: str) -> tuple[str, ...]:
    """Return the codecs that were seen in streams, else those that the device's own interface tells."""
    seen = [one.codec for one in facts.all(subject, StreamSample) if one.codec]
    streams = [one.encoding for each in facts.all(subject, Streams) for one in each.streams if one.encoding]
    encoders = [one.encoding for each in facts.all(subject, Encoders) for one in each.encoders if one.encoding]
    return tuple(dict.fromkeys(seen or streams or encoders))


def _masks_seen(facts: Facts, subject: str) -> Literal["hidden", "bare", ""]:
    found = {one.verdict for one in facts.all(subject, ZoneVerdict) if one.path in LIVE}
    return "bare" if "FAIL" in found else "hidden" if found == {"PASS"} else ""


def _masks_listed(facts: Facts, subject: str) -> int | None:
    masks = facts.one(subject, Masks)
    enabled = [one.enabled for one in masks.masks] if masks is not None else [None]
    return None if None in enabled else sum(one is True for one in enabled)


def _texts(overlays: Overlays) -> tuple[str, ...]:
    """Return the texts besides that of the time."""
    return tuple(one for one in overlays.texts if not shows_time(Overlays((one,))))


def _plan_days_s(plan: Schedule | None) -> tuple[int, ...]:
    """Return the seconds of each day from Monday on, nothing where the plan is not told or also waits for events."""
    if plan is None or plan.enabled is None or any(one.mode != "continuous" for one in plan.periods):
        return ()
    days: list[set[tuple[int, int]]] = [set() for _ in range(7)]
    for one in plan.periods if plan.enabled else ():
        days[one.weekday].add((one.start_s, min(one.end_s, DAY_S)))
    return tuple(_covered_s(day) for day in days)


def _covered_s(parts: set[tuple[int, int]]) -> int:
    total, reached = 0, 0
    for start, end in sorted(parts):
        total += max(0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _records(facts: Facts, camera: CameraConfig, now: datetime) -> bool | None:
    """Tell whether footage by plan comes, None where that is not known."""
    known = facts.footage.get(camera.camera.id)
    recordings = facts.one(f"camera:{camera.camera.id}", Recordings)
    if recordings is None or not recordings.spans:
        return None
    behind = (known.there(now) if known else now) - recordings.spans[-1].end_at
    if behind > STOPPED:
        return False if recordings.running is not True else None
    return True if behind <= DAY and "continuous" in recordings.modes else None

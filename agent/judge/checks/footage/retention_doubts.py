"""Lists what prevents a retention pass: reasons why a recorder's own age of footage may be wrong. Pure.

The gravest comes first and is reported. `agent/judge/wording/held.py` merges those that several cameras share.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.judge.wording.declared_words import FOLDED
from agent.judge.wording.held import Doubt
from agent.model.finding import Message
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CLOCK_STEADY_S, CameraFootage, absolute_gaps, floor_of, recorder_of, zone_of
from agent.observe.footage.gaps import WEEK_S, covered_s
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import holds, local_day
from agent.site.duties.bounds import FLOOR
from agent.site.rules.pack import in_effect, obligations
from drivers.footage import Schedule
from drivers.model import Clock, Recordings
from drivers.spans import Spans, day_span, merged, subtracted, total_s

RETENTION_ID = "retention-days"

CLOCK = "clock-not-trusted"
PLAN_SLACK_S = 7 * 60
"""How much of a week a plan may leave out: many end a day at 23:59. House rule."""

DAY = timedelta(days=1)
ISOLATING = DAY
"""How long a hole must be at least to cut off what is older. House rule: shorter ones are outages."""


@dataclass(frozen=True, slots=True)
class OpenedFootage:
    """The opened footage: its age by the recorder's clock, and whether the picture itself dates it (`PictureSeen`)."""

    age: timedelta
    dated: bool


def of_footage(facts: Facts, camera: CameraConfig, recordings: Recordings) -> Iterator[Doubt]:
    """Yield the doubts about every pass that rests on a camera's recordings.

    A recorder's plan is what it does, never what is due: that is every moment.
    """
    known = facts.footage.get(camera.camera.id)
    planned_s = covered_s(known.schedule if known else facts.one(f"camera:{camera.camera.id}", Schedule))
    if planned_s < WEEK_S - PLAN_SLACK_S:
        message = Message(
            "by its plan the recorder records {hours} of the 168 hours of a week, else nothing or on motion only",
            {"hours": round(planned_s / 3600, 1)},
            next_step="set its plan to recording around the clock",
        )
        yield Doubt("plan-covers-less", message)
    if recordings.owner_guessed:
        message = Message(
            "whose footage it is was guessed from the order of a list: the recordings name no video source",
            next_step="name the recordings' sources in the recorder as its video sources are",
        )
        yield Doubt("owner-guessed", message)


def doubts(
    site: Site, facts: Facts, camera: CameraConfig, recordings: Recordings, opened: OpenedFootage, now: datetime
) -> Iterator[Doubt]:
    """Yield the doubts about the retention of a camera's footage, `opened` being what was opened."""
    known = facts.footage.get(camera.camera.id)
    yield from _isolated(site, camera, recordings, known, now)
    yield from of_footage(facts, camera, recordings)
    yield from _clock(facts, camera, known, floor_of(site, camera), now)
    if not opened.dated:
        message = Message(
            "a picture of {kept} days ago was asked for and came, and does not say itself when it was recorded",
            {"kept": round(opened.age / DAY, 1)},
            next_step="play the oldest footage, and compare the date that is drawn into the picture",
        )
        yield Doubt("time-not-proven", message)
    yield from _floor_open(site, camera, opened.age, now)


def _isolated(
    site: Site, camera: CameraConfig, recordings: Recordings, known: CameraFootage | None, now: datetime
) -> Iterator[Doubt]:
    """Doubt the oldest moment where the continuous footage up to now is younger than the floor."""
    there, floor = (known.there(now) if known else now), floor_of(site, camera)
    run_at = _run_from(recordings.spans, _holes(known, zone_of(site, camera)))
    if run_at is not None and there - run_at < floor:
        values = {"run": round((there - run_at) / DAY, 1), "floor": floor.days}
        message = Message(
            "what is older than {run} days stands alone, before a longer hole: {floor} days are due without one",
            values,
            next_step="look whether somebody locked that footage",
        )
        yield Doubt("isolated-clip", message)


def _holes(known: CameraFootage | None, zone: ZoneInfo) -> Spans:
    """Return the holes found by earlier looks, which the spans of one look may hide."""
    rows = known.days if known else ()
    return merged(hole for row in rows for hole in absolute_gaps(row, day_span(row.day, zone)))


def _run_from(spans: Spans, holes: Spans) -> datetime | None:
    """Return the start of the footage that reaches to now: behind the newest hole longer than all before it.

    Without such a hole the oldest moment; None: there is no footage.
    """
    held = subtracted(merged(spans), holes)
    for number in range(len(held) - 1, 0, -1):
        hole = held[number].start_at - held[number - 1].end_at
        if hole >= ISOLATING and hole.total_seconds() > total_s(held[:number]):
            return held[number].start_at
    return held[0].start_at if held else None


def _clock(
    facts: Facts, camera: CameraConfig, known: CameraFootage | None, floor: timedelta, now: datetime
) -> Iterator[Doubt]:
    """Doubt an age measured between two clocks of which one is unknown, or has jumped since."""
    if not facts.own_clock_trusted:
        yield Doubt(CLOCK, Message("the age of footage is not known: our own clock is not synchronised"))
    if camera.store:
        return  # its moments are those of this gateway's clock
    if facts.one(recorder_of(camera), Clock) is None:
        yield Doubt(CLOCK, Message("the age of footage is not known: the recorder's clock could not be read"))
    if known is None:
        return
    if known.clock_moved_at is not None and known.clock_moved_at + floor > now:
        message = Message(
            "the age of footage is not known: the recorder's clock jumped on {day}, and what is older was dated before",
            {"day": known.clock_moved_at.date().isoformat()},
        )
        yield Doubt(CLOCK, message)
    elif abs(known.offset_s) > CLOCK_STEADY_S and known.first_seen_at + floor > now:
        message = Message("the age of footage is not known: the recorder's clock is off, and since when nobody saw")
        yield Doubt(CLOCK, message)


def _floor_open(site: Site, camera: CameraConfig, kept: timedelta, now: datetime) -> Iterator[Doubt]:
    """Doubt a floor below that of a rule whose condition is neither declared nor denied."""
    today = local_day(site, now)
    due = floor_of(site, camera)
    for _, one in obligations(site.packs, RETENTION_ID):
        higher = timedelta(days=one.parameters.get(FLOOR, 0))
        binding = one.confidence == "primary" and in_effect(one, today) and max(due, kept) < higher
        if binding and holds(site, one.when, today) is None:
            message = Message(
                "footage goes back {kept} days; {duty} is not declared, and {floor} or {higher} are due by it",
                {
                    "kept": round(kept / DAY, 1),
                    "floor": due.days,
                    "higher": higher.days,
                    "duty": ", ".join(condition.duty for condition in one.when),
                },
                next_step="camwarden declare",
            )
            yield Doubt("floor-not-declared", message, FOLDED)

"""Derives what a pass on a camera's footage claims: its plan, owner, clocks, and the floor of its place. Pure.

`agent/judge/verdict.py` makes one finding of them. What is open here is told by a device and may be wrong:
`agent/judge/wording/held.py` merges what several cameras of a recorder share.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from agent.judge.check import Check
from agent.judge.checks.footage.opened import is_own
from agent.judge.checks.footage.shared import COMPLETENESS_ID, RETENTION_ID, days_of_footage
from agent.judge.claim import Broken, Held, Open, Outcome, declared, grounds, own
from agent.judge.wording.declared_words import FOLDED
from agent.model.finding import Message, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import CLOCK_STEADY_S, CameraFootage, floor_of, recorder_of
from agent.observe.footage.due import due_hours, left_out_s
from agent.observe.footage.gaps import PLAN_SLACK_S
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import holds, local_day
from agent.site.declarations.words import duties_listed
from agent.site.duties.figures import FLOOR
from agent.site.rules.pack import in_effect, obligations
from drivers.footage import Schedule, StoreIndex, TroubleKind
from drivers.model import Clock, Recordings

CLOCK = "clock-not-trusted"

HOLLOW: frozenset[TroubleKind] = frozenset({"unreadable", "empty", "row-without-file"})
"""The troubles of a store in which a segment that is listed holds no footage."""
HOLLOW_MAX = 3
"""How many such segments leave the rest believed. House rule: a crash or a full disk leaves a few."""
LATE: frozenset[TroubleKind] = frozenset({"written-later"})

_DOUBTS = (
    ("segments", HOLLOW, "segments-unreadable", Message("{count} of its segments hold nothing that can be read")),
    (
        "written",
        LATE,
        "segments-written-later",
        Message("{count} of its segments were written more than two days after the time in their name"),
    ),
)
"""What makes the segments of a store no proof: key, troubles, reason, message."""

DAY = timedelta(days=1)


def of_footage(
    check: Check, site: Site, facts: Facts, camera: CameraConfig, recordings: Recordings, now: datetime
) -> Iterator[Outcome]:
    """Yield what every pass on a camera's recordings claims of its plan and owner.

    A recorder's plan is what it does, never what is due: that is every moment, or those of `observe/footage/due.py`.
    """
    subject = f"camera:{camera.camera.id}"
    known = facts.footage.get(camera.camera.id)
    yield _plan(check, facts, subject, known, due_hours(site, local_day(site, now)))
    shown = is_own(facts, camera)
    if recordings.owner_guessed and shown:
        yield Held("owner", shown)
    elif recordings.owner_guessed:
        message = Message(
            "whose footage it is was guessed from the order of a list or from what was asked: the recordings name "
            "neither video source nor track",
            next_step="name the recordings' sources in the recorder as its video sources are",
        )
        yield Open("owner", "owner-guessed", message, doubted=True)
    else:
        yield Held("owner", grounds(facts.observed(subject, Recordings)))
    yield from _segments(facts, camera)


def _segments(facts: Facts, camera: CameraConfig) -> Iterator[Outcome]:
    """Yield whether the files of a store hold what their names claim; a recorder's own files are not seen."""
    read = facts.observed(f"camera:{camera.camera.id}", StoreIndex)
    if not read:
        return
    indexes = facts.all(f"camera:{camera.camera.id}", StoreIndex)
    cause = f"storage-health {recorder_of(camera)}"
    for key, kinds, reason, message in _DOUBTS:
        count = sum(one.times for index in indexes for one in index.troubles if one.kind in kinds)
        if count <= HOLLOW_MAX:
            yield Held(key, grounds(read))
        else:
            said = Message(message.template, {"count": count})
            yield Open(key, reason, said, caused_by=cause, doubted=True)


def _plan(check: Check, facts: Facts, subject: str, known: CameraFootage | None, hours: Schedule | None) -> Outcome:
    """Return whether the recorder's plan covers what is due; that it was cut is told once, by completeness."""
    due_s, missing_s = left_out_s(known.schedule if known else facts.one(subject, Schedule), hours)
    if missing_s > PLAN_SLACK_S:
        planned_s = due_s - missing_s
        message = Message(
            "by its plan the recorder records {hours} of the 168 hours of a week, else nothing or on motion only",
            {"hours": round(planned_s / 3600, 1)},
            next_step="set its plan to recording around the clock",
        )
        if hours is not None:
            message = Message(
                "by its plan the recorder records {hours} of the {due} hours of a week in which the place is open, "
                "else nothing or on motion only",
                {"hours": round(planned_s / 3600, 1), "due": round(due_s / 3600, 1)},
                next_step="set its plan to recording whenever the place is open",
            )
        cut_at = known.plan_cut_at if known else None
        if cut_at is not None and check.id == COMPLETENESS_ID:
            return _plan_cut(cut_at, message)
        cause = f"{COMPLETENESS_ID} {subject}" if cut_at is not None else ""
        return Open("plan", "plan-covers-less", message, caused_by=cause, doubted=True)
    told = grounds(facts.observed(subject, Schedule)) or (days_of_footage(known) if known else ())
    opens = declared("site", "business-hours") if hours is not None else ()
    return Held("plan", (*(told or grounds(facts.observed(subject, Recordings))), *opens))


def _plan_cut(since: datetime, now_plan: Message) -> Broken:
    """Return that somebody had the recorder record less than it did."""
    message = Message(
        "since {day} {plan}, and before it recorded more",
        {"day": since.date().isoformat(), "plan": replace(now_plan, next_step="")},
        next_step="find out who changed it, and set it back",
    )
    return Broken("plan", "plan-cut", message, {"plan_cut_at": utc_text(since)}, mild=True)


def clocks(facts: Facts, camera: CameraConfig, within: timedelta, now: datetime) -> Iterator[Outcome]:
    """Yield what an age of up to `within` claims: our clock, the recorder's, and that neither jumped since.

    The moments of a store are those of this gateway's clock.
    """
    if facts.own_clock_trusted:
        yield Held("own clock", own("site", "clock"))
    else:
        message = Message("the age of footage is not known: our own clock is not synchronised")
        yield Open("own clock", CLOCK, message, doubted=True)
    if camera.store:
        return
    read = grounds(facts.observed(recorder_of(camera), Clock))
    if read:
        yield Held("recorder's clock", read[:1])
    else:
        message = Message("the age of footage is not known: the recorder's clock could not be read")
        yield Open("recorder's clock", CLOCK, message, doubted=True)
    known = facts.footage.get(camera.camera.id)
    if known is not None:
        yield _steady(known, within, now)


def undated(facts: Facts, camera: CameraConfig, now: datetime) -> Open | None:
    """Return that nothing tells what is due by now: our clock is not trusted, and no clock of a recorder stands in."""
    if facts.own_clock_trusted or (not camera.store and facts.one(recorder_of(camera), Clock) is not None):
        return None
    return next((one for one in clocks(facts, camera, timedelta(), now) if isinstance(one, Open)), None)


def by_one_clock(facts: Facts, camera: CameraConfig, within: timedelta, now: datetime) -> Iterator[Outcome]:
    """Yield what days that were listed claim: the recorder's clock did not jump since, so that a day is a day."""
    known = facts.footage.get(camera.camera.id)
    if known is not None and not camera.store:
        yield _jumped(known, within, now) or Held("steady clock", days_of_footage(known))


def _jumped(known: CameraFootage, within: timedelta, now: datetime) -> Open | None:
    if known.clock_moved_at is None or known.clock_moved_at + within <= now:
        return None
    message = Message(
        "the age of footage is not known: the recorder's clock jumped on {day}, and what is older was dated before",
        {"day": known.clock_moved_at.date().isoformat()},
    )
    return Open("steady clock", CLOCK, message, doubted=True)


def _steady(known: CameraFootage, within: timedelta, now: datetime) -> Outcome:
    """Return whether the recorder's clock was the same for as long as footage is due."""
    jumped = _jumped(known, within, now)
    if jumped is not None:
        return jumped
    if abs(known.offset_s) > CLOCK_STEADY_S and known.first_seen_at + within > now:
        message = Message("the age of footage is not known: the recorder's clock is off, and since when nobody saw")
        return Open("steady clock", CLOCK, message, doubted=True)
    return Held("steady clock", days_of_footage(known))


def floor_declared(site: Site, camera: CameraConfig, kept: timedelta, now: datetime) -> Iterator[Outcome]:
    """Yield for each rule with a higher floor whether the place is declared to be none of its own.

    Footage that is as old as that floor needs no declaration.
    """
    today = local_day(site, now)
    due = floor_of(site, camera)
    for name, one in obligations(site.packs, RETENTION_ID):
        higher = timedelta(days=one.parameters.get(FLOOR, 0))
        if one.confidence != "primary" or not in_effect(one, today) or max(due, kept) >= higher:
            continue
        duties = tuple(condition.duty for condition in one.when)
        if holds(site, one.when, today) is not None:
            yield Held(f"floor {name}", declared("site", *(duties or (name,))))
            continue
        message = Message(
            "footage goes back {kept} days; {duty} is not declared, and {floor} or {higher} are due by it",
            {
                "kept": round(kept / DAY, 1),
                "floor": due.days,
                "higher": higher.days,
                "duty": duties_listed(duties),
            },
            next_step="camwarden declare",
        )
        yield Open(f"floor {name}", "floor-not-declared", message, caused_by=FOLDED, doubted=True)

"""Checks that footage older than the declared ceiling is deleted, unless a hold protects it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from agent.judge.check import Check
from agent.judge.checks.footage.claims import clocks
from agent.judge.checks.footage.shared import not_read
from agent.judge.claim import Broken, Held, Open, Outcome, grounds
from agent.judge.freed import Rule, freed
from agent.judge.verdict import verdict
from agent.judge.wording.from_rules import ORDER_799_RETENTION
from agent.model.finding import Finding, Json, Message, Source, utc_text
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import BEGINNING, zone_of
from agent.site.config.site import CameraConfig, Site
from agent.site.duties.figures import CEILING
from agent.site.duties.limits import Limit, broken
from drivers.model import RecordedBeside, Recordings, Span
from drivers.spans import Spans, clipped, common, day_of, day_span, merged, subtracted

CHECK_ID = "retention-excess"

DAY = timedelta(days=1)
"""How much later than its day footage may go. House rule: recorders and stores delete by whole days."""


def run(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge every recorded camera; without a ceiling one finding for the site."""
    if not check.limit(site, CEILING, now).value:
        message = Message("no age is declared at which footage must be gone")
        return (freed(check, "site", Rule("no ceiling is set, by a rule or in [policy]"), "no-ceiling", message, {}),)
    return tuple(_camera(check, site, facts, camera, now) for camera in site.cameras if camera.recorded)


def _camera(check: Check, site: Site, facts: Facts, camera: CameraConfig, now: datetime) -> Finding:
    subject, limit = f"camera:{camera.camera.id}", check.limit(site, CEILING, now, camera)
    ceiling, check = int(limit.value), replace(check, source=limit.source)
    recordings = facts.one(subject, Recordings)
    if recordings is None:
        return not_read(check, facts, subject)
    known = facts.footage.get(camera.camera.id)
    there = known.there(now) if known else now
    spans = clipped(merged(recordings.spans), Span(BEGINNING, there))
    oldest = spans[0].start_at if spans else there
    held, names = _held(site, camera, Span(oldest, there))
    too_old = (
        subtracted((Span(oldest, there - ceiling * DAY - DAY),), held) if oldest < there - ceiling * DAY - DAY else ()
    )
    excess = common(merged(recordings.listed), common(spans, too_old))
    evidence: dict[str, Json] = {
        "ceiling_days": ceiling,
        "oldest_at": utc_text(oldest) if spans else None,
        "holds": names,
    }
    age: Outcome = Held("age", grounds(facts.observed(subject, Recordings)))
    if too_old and (excess or too_old[0].start_at == oldest):
        since = excess[0].start_at if excess and too_old[0].start_at != oldest else oldest
        message = Message(
            "footage of {kept} days ago is still there where {ceiling} is the declared age: delete it, or write under "
            "[[hold]] why it is kept",
            {"kept": round((there - oldest) / DAY, 1), "ceiling": ceiling},
        )
        rules = _longer_than(limit, there - since)
        age = Broken("age", "too-old", message, {"excess_from": utc_text(since)}, mild=True, source=rules)
    elif common(spans, too_old):
        age = Open("age", "holes-not-told", Message("whether footage is left between the held days is not told"))
    known_ages = (age, *_beside(facts, subject, limit, now)) if facts.own_clock_trusted else ()
    message = Message(
        "no footage is older than the declared {ceiling} days, but for what is held", {"ceiling": ceiling}
    )
    outcomes = (*known_ages, *clocks(facts, camera, ceiling * DAY, now))
    return verdict(check, subject, outcomes, evidence, message)


def _longer_than(held: Limit, kept: timedelta) -> Source:
    """Return the rules by which footage of this age should be gone."""
    return broken(held.source, (held, lambda days: kept > (days + 1) * DAY))


def _beside(facts: Facts, subject: str, held: Limit, now: datetime) -> Iterator[Outcome]:
    """Yield the age of what the device records besides the store."""
    beside = facts.one(subject, RecordedBeside)
    if beside is None:
        return
    oldest, ceiling = max(BEGINNING, beside.recordings.spans[0].start_at), int(held.value)
    if now - oldest <= (ceiling + 1) * DAY:
        yield Held("age beside", grounds(facts.observed(subject, RecordedBeside)))
        return
    message = Message(
        "besides the store, the device still has footage of {kept} days ago where {ceiling} is the declared age: "
        "delete it there",
        {"kept": round((now - oldest) / DAY, 1), "ceiling": ceiling},
    )
    rules = _longer_than(held, now - oldest)
    yield Broken("age beside", "too-old", message, {"excess_from": utc_text(oldest)}, mild=True, source=rules)


def _held(site: Site, camera: CameraConfig, within: Span) -> tuple[Spans, list[str]]:
    """Return the time within a span for which footage is held on purpose, and the reasons."""
    zone = zone_of(site, camera)
    first, last = day_of(within.start_at, zone), day_of(within.end_at, zone)
    holds = [hold for hold in site.holds if hold.camera in ("", camera.camera.id)]
    days = [(max(hold.from_day, first), min(hold.until_day, last)) for hold in holds]
    spans = (Span(day_span(a, zone).start_at, day_span(b, zone).end_at) for a, b in days if a <= b)
    return merged(spans), [hold.reason for hold in holds]


CHECK = Check(CHECK_ID, run, "minor", ORDER_799_RETENTION, "Footage that has served its purpose is deleted.")

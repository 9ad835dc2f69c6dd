"""Checks that the system was accepted before use, and put into use with its main project, by their days.

The first day of use is `in_use_since` of the site; it is compared with the oldest footage that ever existed.
"""

from datetime import date, datetime, timedelta
from typing import Final

from agent.judge.check import Check
from agent.judge.wording.declared_words import DeclaredDuties, declared_duties
from agent.judge.wording.from_rules import ruled
from agent.judge.wording.past_breach import InOrder, in_order, with_notes
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.facts import Facts
from agent.observe.footage.days import zone_of
from agent.site.config.site import Site
from agent.site.declarations.standing import standing
from agent.site.declarations.table import NONE
from drivers.spans import day_of

ACCEPTANCE: Final = "acceptance-date"
TRIAL: Final = "trial-from"
MAIN_PROJECT: Final = "main-project-date"
DESIGN: Final = "paper-design"
MAIN_DAYS: Final = ("design-date", "construction-date", "system-construction-date")
BEFORE_USE_ID: Final = "acceptance-before-use"


def run_order(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether the system was designed, built and in use together with the main project.

    Together means here: its design is no younger than the beginning of the main project's construction, and it was
    built and in use no later than the main project was in use. What was not is over, and no fail.
    """
    found = declared_duties(check, site, now, MAIN_PROJECT, DESIGN)
    if isinstance(found, Finding):
        return (found,)
    main = found.value(MAIN_PROJECT)
    if main == NONE:
        message = Message("declared: it belongs to no main project")
        return (found.freed(found.word(MAIN_PROJECT), "none", message),)
    if not isinstance(main, date):
        return (found.open() or use_unknown(found),)
    design, begun, own_begun = (found.detail_day(MAIN_PROJECT, name) for name in MAIN_DAYS)
    told = _days_json(
        main_in_use=main,
        main_designed=design,
        main_construction=begun,
        designed=found.document_day(DESIGN),
        construction=own_begun,
        in_use_since=site.in_use_since,
    )
    known = [day for day in (design, begun, main) if day is not None]
    if known != sorted(known):
        message = Message("the days of the main project contradict each other", next_step="correct them")
        return (found.finding("warn", "days-contradict", message, told),)
    orders = (
        InOrder(
            MAIN_PROJECT,
            found.document_day(DESIGN),
            begun,
            Message("it was designed {days} days after the construction of the main project began"),
        ),
        InOrder(
            MAIN_PROJECT,
            own_begun,
            main,
            Message("its construction began {days} days after the main project was put into use"),
        ),
        InOrder(
            MAIN_PROJECT, site.in_use_since, main, Message("it was put into use {days} days after the main project")
        ),
    )
    broken = in_order(found, *orders)
    if site.in_use_since is None and not broken:
        return (found.open() or use_unknown(found),)
    message = Message("it was in use when the main project was")
    return (found.counts(with_notes(found, message, *orders), told, *broken),)


def _days_json(**days: date | None) -> dict[str, Json]:
    return {name: day.isoformat() if day else None for name, day in days.items()}


def run_before_use(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether it was used before its acceptance, other than for the trial run."""
    found = declared_duties(check, site, now, ACCEPTANCE, TRIAL)
    if isinstance(found, Finding):
        return (found,)
    accepted = found.value(ACCEPTANCE)
    if accepted == NONE and site.in_use_since is not None and site.in_use_since <= found.today:
        message = Message(
            "it is in use since {day}, and it is declared that it has not passed its acceptance",
            {"day": site.in_use_since.isoformat()},
            next_step="take it out of use until it has",
        )
        return (found.finding("fail", "not-accepted", message, {"in_use_since": site.in_use_since.isoformat()}),)
    if accepted == NONE:
        return (_before_use(site, facts, found, None),)
    if not isinstance(accepted, date):
        return (found.open() or use_unknown(found),)
    return (_before_use(site, facts, found, accepted),)


def _before_use(site: Site, facts: Facts, found: DeclaredDuties, accepted: date | None) -> Finding:
    # The profile may not ask for it: whoever declared a trial run all the same is heard.
    trial = standing(site, TRIAL, found.today).value
    oldest = _oldest(site, facts)
    told: dict[str, Json] = {
        "accepted": accepted.isoformat() if accepted else None,
        "trial_from": str(trial) if trial is not None else None,
        "in_use_since": site.in_use_since.isoformat() if site.in_use_since else None,
        "oldest_footage": oldest.isoformat() if oldest else None,
    }
    ahead = accepted is not None and accepted > found.today
    if ahead and accepted is not None and site.in_use_since is not None and site.in_use_since <= found.today:
        message = Message(
            "it was put into use {days} days before its acceptance",
            {"days": (accepted - site.in_use_since).days},
            next_step="take it out of use until then, or correct the days",
        )
        return found.finding("fail", "used-before", message, told)
    before_then = accepted if accepted is not None else found.today + timedelta(days=1)
    if oldest is not None and oldest < before_then:
        if trial is None:
            message = Message(
                "footage of {day} is from before the acceptance, and no trial run is declared",
                {"day": oldest.isoformat()},
                next_step="camwarden declare --set trial-from=DAY",
            )
            return found.finding("unknown", "no-trial-declared", message, told)
        if trial == NONE or (isinstance(trial, date) and oldest < trial):
            message = Message(
                "footage of {day} is older than acceptance and trial run",
                {"day": oldest.isoformat()},
                next_step="find out who used it, or correct the days",
            )
            return found.finding("fail", "footage-before", message, told)
    order = InOrder(
        ACCEPTANCE, accepted, site.in_use_since, Message("it was put into use {days} days before its acceptance")
    )
    broken = in_order(found, order)
    if not broken and (open_ := found.open()) is not None:
        return open_
    if site.in_use_since is None:
        return use_unknown(found)
    least = found.figure("trial_days")
    if not broken and accepted and isinstance(trial, date) and least is not None and (accepted - trial).days < least:
        message = Message(
            "its trial run took {days} days, and {least} are usual before acceptance",
            {"days": (accepted - trial).days, "least": round(least)},
        )
        return found.finding("warn", "trial-short", message, told)
    message = Message("nothing shows that it was used before its acceptance")
    if broken:
        message = Message("it was put into use before its acceptance")
    return found.counts(with_notes(found, message, order), told, *broken)


def not_accepted(found: DeclaredDuties) -> Finding:
    """Return that a clock has not begun, since it is declared that the system has not passed its acceptance."""
    message = Message("declared: it has not passed its acceptance, with which this begins")
    return found.freed(found.word(ACCEPTANCE), "not-accepted", message)


def use_unknown(found: DeclaredDuties) -> Finding:
    """Return that the first day of use is unknown; one finding for all checks that need it."""
    message = Message(
        "on which day it was put into use is not known", next_step="write in_use_since under [site] in site.toml"
    )
    cause = "" if found.check.id == BEFORE_USE_ID else f"{BEFORE_USE_ID} site"
    return found.finding("unknown", "not-declared", message, caused_by=cause)


def _oldest(site: Site, facts: Facts) -> date | None:
    """Return the local day of the oldest footage that ever existed."""
    known = (
        day_of(footage.earliest_at, zone_of(site, camera))
        for camera in site.cameras
        if (footage := facts.footage.get(camera.camera.id)) is not None and footage.earliest_at is not None
    )
    return min(known, default=None)


ORDER = ruled("commissioning-order", run_order)
BEFORE_USE = ruled(BEFORE_USE_ID, run_before_use)

"""Checks that the system was accepted before use, and put into use with its main project, by their days.

The first day of use is `in_use_since` of the site; it is compared with the oldest footage that ever existed.
"""

from datetime import date, datetime
from typing import Final

from agent.judge.check import Check
from agent.judge.wording.declared_words import DeclaredDuties, declared_duties
from agent.judge.wording.from_rules import ruled
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
BEFORE_USE_ID: Final = "acceptance-before-use"


def run_order(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether the system was in use when the main project was."""
    found = declared_duties(check, site, now, MAIN_PROJECT)
    if isinstance(found, Finding):
        return (found,)
    if (open_ := found.open()) is not None:
        return (open_,)
    main = found.value(MAIN_PROJECT)
    if not isinstance(main, date):
        message = Message("declared: it belongs to no main project")
        return (found.freed(found.word(MAIN_PROJECT), "none", message),)
    if site.in_use_since is None:
        return (use_unknown(found),)
    told: dict[str, Json] = {"in_use_since": site.in_use_since.isoformat()}
    late = (site.in_use_since - main).days
    if late > 0:
        message = Message(
            "it was put into use {days} days after the main project",
            {"days": late},
            next_step="tell why in the archive, or correct the days",
        )
        return (found.finding("fail", "after-main-project", message, told),)
    return (found.counts(Message("it was in use when the main project was"), told),)


def run_before_use(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether it was used before its acceptance, other than for the trial run."""
    found = declared_duties(check, site, now, ACCEPTANCE, TRIAL)
    if isinstance(found, Finding):
        return (found,)
    accepted = found.value(ACCEPTANCE)
    if not isinstance(accepted, date):
        return (found.open() or use_unknown(found),)
    return (_before_use(site, facts, found, accepted),)


def _before_use(site: Site, facts: Facts, found: DeclaredDuties, accepted: date) -> Finding:
    # The profile may not ask for it: whoever declared a trial run all the same is heard.
    trial = standing(site, TRIAL, found.today).value
    oldest = _oldest(site, facts)
    told: dict[str, Json] = {
        "accepted": accepted.isoformat(),
        "trial_from": str(trial) if trial is not None else None,
        "in_use_since": site.in_use_since.isoformat() if site.in_use_since else None,
        "oldest_footage": oldest.isoformat() if oldest else None,
    }
    if site.in_use_since is not None and site.in_use_since < accepted:
        message = Message(
            "it was put into use {days} days before its acceptance",
            {"days": (accepted - site.in_use_since).days},
            next_step="take it out of use until then, or correct the days",
        )
        return found.finding("fail", "used-before", message, told)
    if oldest is not None and oldest < accepted:
        if trial is None:
            message = Message(
                "footage is older than the acceptance ({day}), and no trial run is declared",
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
    if (open_ := found.open()) is not None:
        return open_
    if site.in_use_since is None:
        return use_unknown(found)
    least = found.figure("trial_days")
    if isinstance(trial, date) and least is not None and (accepted - trial).days < least:
        message = Message(
            "its trial run took {days} days, and {least} are usual before acceptance",
            {"days": (accepted - trial).days, "least": round(least)},
        )
        return found.finding("warn", "trial-short", message, told)
    return found.counts(Message("nothing shows that it was used before its acceptance"), told)


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

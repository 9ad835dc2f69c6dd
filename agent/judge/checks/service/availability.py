"""Checks the site's availability: rates of the last whole day, lost cameras, lasting outages, camera files.

Judged on counts (`agent/report/assessment.py`) and outages (`agent/observe/footage/outages.py`) of earlier looks. Each
is one finding for the site; single cameras have their own.
"""

import operator
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from agent.judge.check import Check, Looks
from agent.judge.checks.devices import online
from agent.judge.claim import Held, Open, Outcome, declared, grounds, own
from agent.judge.freed import Declaration, Rule, freed
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.declared_words import FOLDED, name_list, rules_in_effect
from agent.judge.wording.fact_words import fields_listed
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Message
from agent.observe.facts.assessed_days import Figure, last_whole_day
from agent.observe.facts.facts import Facts
from agent.observe.inventory.camera_file import DECLARED, FIELDS, empty
from agent.observe.pictures.view_memory import CameraQuality
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day, standing
from agent.site.duties.limits import broken
from drivers.model import Device, Identity, Services

EVIDENCE_MAX: Final = 16

Values = dict[str, object]
LOOKED_RATIO: Final = 0.5
"""Share of a day's looks that must have happened for its rates to be judged. House rule."""


def run_online(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the online rate of the last whole day."""
    return (_rate(check, site, facts, now, "online"),)


def run_good(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the good-condition rate of the last whole day."""
    return (_rate(check, site, facts, now, "good"),)


def _rate(check: Check, site: Site, facts: Facts, now: datetime, figure: Figure) -> Finding:
    asked = rules_in_effect(check, site, local_day(site, now), "technical")
    if isinstance(asked, Finding):
        return asked
    day = last_whole_day(facts.remembered.assessed, local_day(site, now))
    if day is None or day.looks < LOOKED_RATIO * 86_400 / site.period_s:
        message = Message("no whole day has been looked at yet")
        return waiting(check, "site", "look", "no-whole-day", message)
    count = day.counts.get(figure)
    if count is None or count.ratio is None:
        message = Message("nothing was due on {day}", {"day": day.day.isoformat()})
        if count is not None and count.excluded:
            return freed(check, "site", Declaration("planned work"), "nothing-due", message, {})
        return waiting(check, "site", "look", "nothing-due", message)
    key = standing(site, "key-target", local_day(site, now)).value is True
    wanted = "key" if key else "other"
    held = check.limit_of_rules(site, f"{figure}_{wanted}_ratio", now)
    least = held.value if held is not None else 0.0
    evidence: dict[str, Json] = {
        "day": day.day.isoformat(),
        "good": count.good,
        "due": count.due,
        "unknown": count.unknown,
        "excluded": count.excluded,
        "planned": list(day.planned[:EVIDENCE_MAX]),
        "least_ratio": least,
    }
    values: Values = {
        "day": day.day.isoformat(),
        "percent": round(100 * count.ratio, 1),
        "least": round(100 * least, 1),
        "unknown": round(100 * count.unknown / count.due, 1),
    }
    if held is None or count.ratio >= least:
        message = Message("{percent} % on {day} ({least} % are asked)", values)
        return verdict(check, "site", [Held(figure, own("site", "assessed"))], evidence, message)
    if (count.good + count.unknown) / count.due >= least:
        message = Message("{percent} % on {day}, {unknown} % not known ({least} % are asked)", values)
        return _too_much_unknown(check, site, facts, evidence, message)
    message = Message("only {percent} % on {day} ({least} % are asked): mend what fails", values)
    rules = broken(check.source, (held, partial(operator.lt, count.ratio)))
    return check.finding("site", "fail", "too-low", evidence, message, source=rules)


def _too_much_unknown(
    check: Check, site: Site, facts: Facts, evidence: Mapping[str, Json], message: Message
) -> Finding:
    """Return that a rate is not known; no news while what is usual for a picture is learned, or a view is not approved.

    What was not judged counts as unknown in the rate, and never as good.
    """
    known = facts.remembered
    if any(not known.quality.get(one.camera.id, CameraQuality()).learned for one in site.cameras):
        return waiting(check, "site", "look", "too-much-unknown", message, evidence)
    bare = any(one.camera.id not in known.views and not one.presets for one in site.cameras)
    cause = "camera-moved site" if bare else ""
    return check.finding("site", "unknown", "too-much-unknown", evidence, message, cause)


def run_lost(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge which cameras have vanished, each of which `camera-online` reports too."""
    subjects = {f"camera:{one.camera.id}": f"device:{one.camera.device}" for one in site.cameras}
    open_ = {one.subject: one for one in facts.remembered.outages if one.open and one.kind != "disk"}
    lost = [name for name, device in subjects.items() if name in open_ or device in open_]
    if lost:
        rows: list[Json] = [
            {"camera": name.partition(":")[2], "since": (open_.get(name) or open_[subjects[name]]).start_at.isoformat()}
            for name in lost[:EVIDENCE_MAX]
        ]
        values: Values = {"count": len(lost), "cameras": name_list(name.partition(":")[2] for name in lost)}
        message = Message("{count} cameras have vanished ({cameras})", values)
        first = lost[0]
        cause = online.finding_key(
            first if first in open_ or len(_behind(site, subjects[first])) == 1 else subjects[first]
        )
        return (check.finding("site", "fail", "lost", {"count": len(lost), "cameras": rows}, message, cause),)
    if not any(online.answers(facts, device) for device in subjects.values()):
        message = Message("whether a camera has vanished is not known: no device has answered")
        return (check.finding("site", "unknown", "not-looked-at", {}, message, _first_cause(site)),)
    outcomes = [_answered(facts, site, one) for one in site.devices if f"device:{one.id}" in subjects.values()]
    return (verdict(check, "site", outcomes, {}, Message("no camera has vanished")),)


def _answered(facts: Facts, site: Site, device: Device) -> Outcome:
    """Return whether a device without an outage answered: one that is silent in this look may be about to have one."""
    subject = f"device:{device.id}"
    if online.answers(facts, subject):
        return Held(subject, (*grounds(facts.observed(subject, Identity, Services)), *own("site", "outages")))
    message = Message(
        "whether the cameras of {device} have vanished is not known: it has not answered", {"device": device.id}
    )
    return Open(subject, "not-looked-at", message, caused_by=online.key_of_device(site, device))


def run_outages(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the duration of open outages."""
    asked = rules_in_effect(check, site, local_day(site, now), "technical")
    if isinstance(asked, Finding):
        return (asked,)
    held = check.limit_of_rules(site, "outage_max_h", now)
    if held is None:
        message = Message("no rule in effect says how long an outage may last")
        return (freed(check, "site", Rule("no rule in effect"), "no-limit", message, {}),)
    limit, limit_h = timedelta(hours=held.value), held.value
    down = [one for one in facts.remembered.outages if one.open]
    long_ = sorted((one for one in down if one.end_at - one.start_at > limit), key=lambda one: one.start_at)
    evidence: dict[str, Json] = {"limit_h": limit_h, "open": len(down)}
    if long_:
        evidence |= {"count": len(long_)}
        evidence["outages"] = [
            {"subject": one.subject, "kind": one.kind, "since": one.start_at.isoformat()}
            for one in long_[:EVIDENCE_MAX]
        ]
        longest = long_[0].end_at - long_[0].start_at
        hours = round(longest.total_seconds() / 3600)
        values: Values = {"hours": hours, "limit": limit_h, "subjects": name_list(one.subject for one in long_)}
        message = Message("down for {hours} h ({subjects}), longer than {limit} h: have it mended", values)
        rules = broken(check.source, (held, lambda most_h: longest > timedelta(hours=most_h)))
        return (check.finding("site", "fail", "too-long", evidence, message, source=rules),)
    message = Message("nothing is down for longer than {limit} h", {"limit": limit_h})
    return (verdict(check, "site", [Held("outages", own("site", "outages"))], evidence, message),)


def run_file(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the files of all cameras together: which fields are empty, and at how many cameras."""
    rules = rules_in_effect(check, site, local_day(site, now), "full")
    if isinstance(rules, Finding):
        return (rules,)
    gone: dict[str, int] = {}
    unread = 0
    for camera in site.cameras:
        missing, unknown = empty(site, facts, camera, now)
        unread += len(unknown)
        for name in missing:
            gone[name] = gone.get(name, 0) + 1
    total, open_ = len(FIELDS) * len(site.cameras), sum(gone.values())
    evidence: dict[str, Json] = {"filled": total - open_ - unread, "fields": total, "unknown": unread, "empty": gone}
    values: Values = {"filled": total - open_ - unread, "fields": total, "names": fields_listed(gone)}
    if gone:
        message = Message(
            "{filled} of {fields} fields are filled in; empty: {names}: camwarden declare, or site.toml", values
        )
        cause = FOLDED if set(gone).isdisjoint(("code", "name", "placement", "model", "serial", "firmware")) else ""
        return (check.finding("site", "fail", "incomplete", evidence, message, cause),)
    outcomes = [_file(site, facts, one, unread, now) for one in site.cameras]
    outcomes = outcomes or [Held("cameras", own("site", "configuration"))]
    return (verdict(check, "site", outcomes, evidence, Message("all {fields} fields are filled in", values)),)


def _file(site: Site, facts: Facts, camera: CameraConfig, unread: int, now: datetime) -> Outcome:
    """Return whether the file of one camera, in which no field is empty, is known to be filled in."""
    key = f"file {camera.camera.id}"
    if empty(site, facts, camera, now)[1]:
        message = Message("{count} fields are not known: their devices did not tell", {"count": unread})
        return Open(key, "not-read", message, caused_by=_first_cause(site))
    told = grounds(facts.observed(f"device:{camera.camera.device}", Identity))
    return Held(key, (*told, *declared(f"camera:{camera.camera.id}", *DECLARED)))


def _behind(site: Site, device: str) -> list[str]:
    return [one.camera.id for one in site.cameras if f"device:{one.camera.device}" == device]


def _first_cause(site: Site) -> str:
    return online.key_of_device(site, site.devices[0]) if site.devices else ""


ONLINE_RATE = ruled("camera-online-rate", run_online)
GOOD_RATE = ruled("camera-good-rate", run_good)
LOST = ruled("camera-lost", run_lost, Looks(fail=2, recover=2))
OUTAGES = ruled("outage-duration", run_outages)
FILE = ruled("camera-file-complete", run_file)

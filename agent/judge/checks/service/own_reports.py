"""Checks that the site's own reports are signed, free of pictures, logins and stream addresses, and reviewable.

Judged from the bytes in the spool, which are those sent (`agent/service/daemon/read_back.py`).
"""

from collections.abc import Callable
from datetime import datetime

from agent.judge import claim
from agent.judge.check import Check
from agent.judge.claim import Held
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.declared_words import rules_in_effect
from agent.judge.wording.from_rules import ruled
from agent.model.finding import Finding, Json, Message, Unproven
from agent.observe.facts.delivery import OwnReports
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day

HELD = {"picture": Message("a picture"), "login": Message("a login"), "stream-address": Message("a stream's address")}


def run_signed(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether each of the newest reports carries a signature by the site's report key.

    Source: State Council Order 799, article 15.
    """
    return (_judge_newest(check, facts, _signed),)


def run_no_image(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether the bytes of the newest reports contain a picture, a login or the address of a stream.

    Source: State Council Order 799, articles 16(1) and 22; Datong Measures (Order 61), article 5(1).
    """
    return (_judge_newest(check, facts, _no_image),)


def run_inspection(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge whether past reports can be handed over and verified without us: demanded in the profile `full`.

    Source: State Council Order 799, article 24.
    """
    rules = rules_in_effect(check, site, local_day(site, now), "full")
    return (rules if isinstance(rules, Finding) else _judge_newest(check, facts, _inspection),)


def _judge_newest(check: Check, facts: Facts, judge: Callable[[Check, OwnReports], Finding]) -> Finding:
    own = facts.own_reports
    if own is None:
        message = Message("this command reports nothing, so the site's reports are not judged here")
        return waiting(check, "site", "look", "not-looked-at", message)
    if own.unread:
        message = Message("the site's own reports cannot be read: {why}", {"why": own.unread})
        return check.finding("site", "unknown", "unreadable", {}, message)
    if not own.looked:  # the first look of all; a spool that was lost is told by the daemon
        message = Message("nothing was reported yet: the next look judges what this one reports")
        return waiting(check, "site", "look", "nothing-reported", message)
    return judge(check, own)


def _signed(check: Check, own: OwnReports) -> Finding:
    evidence: dict[str, Json] = {"kid": own.kid}
    if not own.by_key:
        message = Message("nothing was reported with the new key yet: the next look judges what this one reports")
        return check.finding("site", "unknown", "nothing-by-this-key", evidence, message)
    if not own.unsigned:
        signed = Held("signed", claim.own("site", "spool"))
        return verdict(check, "site", [signed], evidence, Message("reports are signed by the site's report key"))
    evidence["reports"] = [{"report": name, "reason": why} for name, why in own.unsigned]
    name, why = own.unsigned[0]
    message = Message(
        "report {report} is not signed by the site's report key ({reason}): find out who writes to the spool",
        {"report": name, "reason": why},
    )
    return check.finding("site", "fail", f"not-signed-{why}", evidence, message)


def _no_image(check: Check, own: OwnReports) -> Finding:
    if not own.holding:
        message = Message("reports hold no picture, no login and no stream's address")
        return verdict(check, "site", [Held("free of pictures and logins", claim.own("site", "spool"))], {}, message)
    name, what = own.holding[0]
    message = Message(
        "report {report} holds {what}: stop the service and keep the spool for those who made camwarden",
        {"report": name, "what": HELD[what]},
    )
    rows: list[Json] = [{"report": report, "holds": held} for report, held in own.holding]
    return check.finding("site", "fail", what, {"reports": rows}, message)


def _inspection(check: Check, own: OwnReports) -> Finding:
    evidence: dict[str, Json] = {"kid": own.kid, "reports": own.by_key}
    if own.unsigned or not own.by_key:
        message = Message("past reports cannot be handed over as the site's own: another finding says why")
        status: Unproven = "fail" if own.unsigned else "unknown"
        return check.finding("site", status, "not-verified", evidence, message, f"{SIGNED.id} site")
    message = Message(
        "the newest {count} reports verify without a network; {command} hands them over",
        {"count": own.by_key, "command": "camwarden queue export DIR --from TIME"},
    )
    return verdict(check, "site", [Held("verified", claim.own("site", "spool"))], evidence, message)


SIGNED = ruled("report-signed", run_signed)
NO_IMAGE = ruled("report-no-image", run_no_image)
INSPECTION = ruled("inspection-bundle-ready", run_inspection)

"""Lists the checks: one file per area, one line per check.

Checks are pure: facts to findings. They probe nothing, remember nothing, and never pass what is unknown.
"""

from dataclasses import replace
from datetime import datetime

from agent.judge.admitted import admitted
from agent.judge.check import Check
from agent.judge.checks.devices import (
    access,
    accounts,
    approved,
    clock,
    factory,
    inventory,
    logs,
    online,
    platform_link,
    platform_settings,
    points,
    shared_cause,
    survives_reboot,
    unread,
)
from agent.judge.checks.footage import bare, completeness, excess, forecast, retention, storage, tamper
from agent.judge.checks.papers import (
    acceptance,
    accepted_papers,
    contractors,
    declared,
    duties,
    filed,
    filing,
    public_space,
    upkeep,
    zones,
)
from agent.judge.checks.pictures import drift, encoding, labels, masks, ptz, quality, same, view
from agent.judge.checks.platform import certificate
from agent.judge.checks.platform import facts as platform_facts
from agent.judge.checks.service import availability, delivery, gateway, own_reports
from agent.judge.wording.accepted import mark_accepted
from agent.judge.wording.broken_days import with_rules_of_days
from agent.judge.wording.broken_rules import with_broken_rules
from agent.judge.wording.held import as_one
from agent.judge.wording.not_due import mark_not_due
from agent.model.finding import Finding, Message
from agent.observe.facts.facts import Facts
from agent.observe.inventory.common_causes import attribute_common_causes
from agent.observe.inventory.device_identity import attribute_misplaced
from agent.site.config.site import Site

CHECKS: tuple[Check, ...] = (
    shared_cause.CHECK,
    online.CHECK,
    availability.LOST,
    availability.OUTAGES,
    availability.ONLINE_RATE,
    availability.GOOD_RATE,
    view.CHECK,
    same.CHECK,
    quality.OCCLUDED,
    quality.QUALITY,
    masks.PRESENT,
    masks.GEOMETRY,
    masks.EFFECTIVE,
    ptz.CHECK,
    drift.DRIFT,
    drift.APPROVAL,
    retention.CHECK,
    bare.CHECK,
    forecast.CHECK,
    completeness.CHECK,
    tamper.CHECK,
    excess.CHECK,
    storage.STORAGE,
    clock.CHECK,
    clock.SOURCE,
    survives_reboot.CHECK,
    labels.COMPLIANT,
    labels.UNIQUE,
    encoding.AUDIO,
    encoding.STREAM,
    access.CHECK,
    factory.CHECK,
    availability.FILE,
    approved.INSECURE_SERVICE,
    approved.EXPOSURE,
    approved.FIRMWARE_DRIFT,
    approved.ADVISORY,
    accounts.ACCOUNT_INVENTORY,
    inventory.UNDECLARED,
    inventory.DRIFT,
    zones.DECLARED,
    zones.NAMED,
    points.CHECK,
    platform_link.INTERFACE,
    platform_link.REGISTERED,
    platform_settings.KEEPALIVE,
    platform_settings.CATALOG,
    platform_settings.PLAYABLE,
    platform_facts.CHECK,
    duties.SCOPE,
    duties.NATIONAL_CLASS,
    duties.ORGAN,
    duties.PLACE,
    duties.SECRECY,
    public_space.AUTHORITY,
    duties.SIGNAGE,
    duties.NEIGHBOUR,
    contractors.CONTRACTORS,
    duties.CERTIFICATES,
    certificate.CHECK,
    duties.OUTSOURCING,
    duties.ARCHIVE,
    acceptance.ORDER,
    accepted_papers.PAPERS,
    acceptance.BEFORE_USE,
    filing.DATONG_DEADLINE,
    filing.NATIONAL_DEADLINE,
    filing.LEGACY,
    duties.FILING_PAPERS,
    filed.FACTS,
    filed.CHANGE,
    filed.DEVICE_LIST,
    upkeep.MAINTENANCE,
    upkeep.VIEW_LIBRARY,
    upkeep.REGISTER,
    upkeep.EXPORT_LOG,
    own_reports.INSPECTION,
    logs.CHECK,
    declared.CHECK,
    unread.CHECK,
    gateway.CHECK,
    delivery.DELIVERY,
    delivery.CERTIFICATE,
    own_reports.SIGNED,
    own_reports.NO_IMAGE,
)


def run_checks(site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Run every check on admitted evidence, leave out what no rule demands here, and attribute the rest to its causes.

    A `caused_by` remains only where the named finding exists and is not a pass, so that no fault hides behind a pass.
    """
    facts = admitted(site, facts, now)
    findings = tuple(f for check in CHECKS for f in _findings(check, site, facts, now))
    findings = with_broken_rules(site, mark_not_due(site, findings, now), now)
    findings = mark_accepted(site, facts, findings, now)
    findings = as_one(site, findings)
    findings = attribute_misplaced(site, facts, attribute_common_causes(site, facts, findings, now))
    by_key = {f.key: f for f in findings}
    return tuple(_with_true_cause(f, by_key) for f in findings)


def _findings(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Run one check. One that claims something without evidence is mistaken itself: unknown, and the others stand."""
    try:
        return with_rules_of_days(check, site, check.run(replace(check, at=now), site, facts, now), now)
    except ValueError as error:
        message = Message(
            "this check is mistaken and proves nothing ({error})",
            {"error": str(error)},
            next_step="tell the makers of camwarden",
        )
        return (check.finding("site", "unknown", "check-mistaken", {"error": str(error)}, message),)


def _with_true_cause(finding: Finding, by_key: dict[str, Finding]) -> Finding:
    cause = by_key.get(finding.caused_by)
    if not finding.caused_by or (cause and cause.status not in ("pass", "not_applicable")):
        return finding
    return replace(finding, caused_by="")

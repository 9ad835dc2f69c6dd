"""Checks that the site's reports reach their hub, and that its certificate will not end that.

While delivery fails, the finding waits in the spool, and is in the status file and the commands on site.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from agent.judge import claim
from agent.judge.check import Check
from agent.judge.claim import Held
from agent.judge.freed import Declaration, freed
from agent.judge.verdict import verdict, waiting
from agent.judge.wording.from_rules import ORDER_799_OPERATION
from agent.model.finding import Finding, Json, Message, utc_text
from agent.observe.facts.delivery import NoCertificate, NotRenewed, OwnCertificate
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site

CERTIFICATE_WARN_DAYS = (7, 14, 30)
CA_WARN_DAYS = 30
SILENT_AFTER = timedelta(days=1)
TOLD_FOR = timedelta(days=1)
"""Design defaults. A single event, as a refused report, is reported for this long after the last time."""

_TAKEN_OVER_FOR = timedelta(hours=1)


def run_delivery(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge delivery, the worst first: forgery and competing clients, then what does not get through."""
    status = facts.delivery.status
    if site.hub is not None and site.hub.confirm == "file":
        message = Message("no hub is connected, so nothing is delivered over the network")
        return (freed(check, "site", Declaration("hub.confirm"), "no-hub", message, {}),)
    if site.hub is None:
        message = Message("no hub is connected, so nothing is delivered over the network")
        return (waiting(check, "site", "person", "no-hub", message),)
    if status is None:
        message = Message("this command delivers nothing, so delivery is not judged here")
        return (waiting(check, "site", "look", "not-looked-at", message),)
    return (_delivery(check, site, status, now),)


def _delivery(check: Check, site: Site, status: DeliveryStatus, now: datetime) -> Finding:
    evidence: dict[str, Json] = {"link": status.link, "protocol": status.protocol, "connects": status.connects}
    if status.link == "duplicate-identity" or _within(status.taken_over_at, now, _TAKEN_OVER_FOR):
        message = Message(
            "another client takes this site's place at the broker ({count} times): find the second agent with this "
            "site id, or the copied key",
            {"count": max(1, status.taken_over)},
        )
        return check.finding("site", "fail", "duplicate-identity", {**evidence, "times": status.taken_over}, message)
    if _within(status.watermark_distrusted_at, now, TOLD_FOR):
        word = status.watermark_distrusted
        message = Message(
            "a confirmation was not believed ({reason}): compare the pinned keys of the hub with its own, and look who "
            "writes to this site's topics",
            {"reason": word},
        )
        return check.finding("site", "fail", f"confirmation-{word}", evidence, message)
    if _within(status.log_forked_at, now, TOLD_FOR):
        message = Message(
            "the hub has signed two different logs of the same size: it shows another past to others, or was put back; "
            "keep this gateway's state folder as it is, and ask the hub's team"
        )
        return check.finding("site", "fail", "hub-log-forked", evidence, message)
    if status.unconnected_since is not None and now - status.unconnected_since > SILENT_AFTER:
        hours = int((now - status.unconnected_since).total_seconds() // 3600)
        why = status.reason or status.link
        evidence.update({"since": utc_text(status.unconnected_since), "why": why})
        message = Message("no connection to the hub for {hours} h: {why}", {"hours": hours, "why": why})
        return check.finding("site", "warn", "offline", evidence, message)
    if _within(status.publish_refused_at, now, TOLD_FOR):
        evidence["refused"] = dict(status.refused_publishes)
        message = Message(
            "the broker refuses reports ({words}): correct its access list or its limits",
            {"words": status.publish_refused},
        )
        return check.finding("site", "warn", "refused", evidence, message)
    if _within(status.report_refused_at, now, TOLD_FOR):
        evidence["reports_refused"] = status.reports_refused
        message = Message(
            "the hub refuses a report ({words}), and a signed gap record names it: ask the hub's team which bound it "
            "breaks, and look whether both ends have the same version",
            {"words": status.report_refused},
        )
        return check.finding("site", "warn", "hub-refuses", evidence, message)
    confirmed_at = status.puback_at if status.confirm == "broker" else status.watermark_at
    heard_at = max(status.since, confirmed_at or status.since)
    if status.link == "connected" and now - heard_at > SILENT_AFTER + timedelta(seconds=site.period_s):
        hours = int((now - heard_at).total_seconds() // 3600)
        evidence["confirmed_at"] = utc_text(confirmed_at) if confirmed_at else None
        message = Message(
            "connected, but nothing was confirmed for {hours} h: look whether the hub runs and trusts this site's key",
            {"hours": hours},
        )
        return check.finding("site", "warn", "not-confirmed", evidence, message)
    logged_at = max(status.since, status.log_at or status.since)
    if status.log_size is not None and now - logged_at > SILENT_AFTER + timedelta(seconds=site.period_s):
        hours = int((now - logged_at).total_seconds() // 3600)
        evidence.update({"logged_at": utc_text(status.log_at) if status.log_at else None, "why": status.log_refused})
        message = Message(
            "the hub confirms reports, but has not shown for {hours} h that its log has them and continues what it "
            "was ({reason}): ask its team whether it was put back or rewritten",
            {"hours": hours, "reason": status.log_refused or "no-receipt"},
        )
        return check.finding("site", "warn", "hub-log-not-shown", evidence, message)
    if _within(status.log_restored_at, now, TOLD_FOR):
        evidence["restored"] = status.log_restored
        message = Message(
            "the hub was restored from a backup, as its team states ({words}): what it has lost is sent again as far "
            "as it is still here",
            {"words": status.log_restored},
        )
        return check.finding("site", "warn", "hub-restored", evidence, message)
    delivered = Held("delivered", claim.own("site", "delivery", confirmed_at))
    return verdict(check, "site", [delivered], evidence, Message("reports are delivered"))


def _within(at: datetime | None, now: datetime, span: timedelta) -> bool:
    return at is not None and now - at <= span


def run_certificate(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the certificate that is presented to the broker."""
    own = facts.delivery.certificate
    if own is None:
        return ()  # without one there is nothing to judge: to whom reports go is judged by hub-delivery
    if isinstance(own, NoCertificate):
        message = Message("the certificate for the hub's broker could not be read: {why}", {"why": own.why})
        return (check.finding("site", "unknown", "unreadable", {"detail": own.why}, message),)
    failing = facts.delivery.not_renewed
    finding = _certificate(check, site, own, facts.own_clock_trusted, now)
    return (finding if failing is None else _not_renewed(check, finding, failing, now),)


def _not_renewed(check: Check, found: Finding, failing: NotRenewed, now: datetime) -> Finding:
    """Add why the gateway cannot renew; a registration desk that is unreachable for a while is no fault yet."""
    since = utc_text(failing.since)
    evidence: dict[str, Json] = {**found.evidence, "not_renewed_since": since, "not_renewed_why": str(failing.why)}
    values = {"days": evidence["days_left"], "since": since, "why": failing.why}
    message = found.message
    if found.reason == "expired":
        message = Message(
            "the certificate for the hub's broker has expired, and the gateway could not renew it since {since}: {why}",
            values,
        )
    elif found.reason.startswith("expires-within"):
        message = Message(
            "the certificate for the hub's broker expires in {days} days, and the gateway could not renew it since "
            "{since}: {why}",
            values,
        )
    elif not _is_trouble(failing, now):
        return replace(found, evidence=evidence)
    elif found.reason == "own-clock-not-synchronised":
        message = Message(
            "our own clock is not synchronised, so the certificate's end cannot be judged, and the gateway could not "
            "renew it since {since}: {why}",
            values,
        )
    elif not found.reason:
        message = Message(
            "the certificate for the hub lasts {days} days, but the gateway could not renew it since {since}: {why}",
            values,
        )
        return check.finding("site", "warn", "not-renewed", evidence, message)
    return replace(found, evidence=evidence, message=message)


def _is_trouble(failing: NotRenewed, now: datetime) -> bool:
    return failing.refused or now - failing.since > SILENT_AFTER


def _certificate(check: Check, site: Site, own: OwnCertificate, clock_trusted: bool, now: datetime) -> Finding:
    days = (own.not_after - now).days
    evidence: dict[str, Json] = {"days_left": days, "not_after": utc_text(own.not_after)}
    if not own.key_fits:
        message = Message("certificate and key for the hub's broker do not belong together: install the right pair")
        return check.finding("site", "fail", "key-mismatch", evidence, message)
    if own.common_name != site.id:
        message = Message(
            "the certificate for the hub's broker is issued to {name}, not to this site: ask for one for {site}",
            {"name": repr(own.common_name), "site": site.id},
        )
        return check.finding("site", "fail", "name-mismatch", evidence, message)
    if not clock_trusted:
        message = Message(
            "our own clock is not synchronised, so the certificate's end cannot be judged: set up NTP on this gateway"
        )
        return check.finding("site", "unknown", "own-clock-not-synchronised", evidence, message)
    if now < own.not_before:
        evidence["not_before"] = utc_text(own.not_before)
        message = Message("the certificate for the hub's broker is not valid yet")
        return check.finding("site", "fail", "not-yet-valid", evidence, message)
    if now >= own.not_after:
        message = Message(
            "the certificate for the hub's broker has expired: renew it (`camwarden enroll --renew`, "
            "or `keys csr` and `keys import`)"
        )
        return check.finding("site", "fail", "expired", evidence, message)
    values = {"days": days}
    if days < 1:
        message = Message(
            "the certificate for the hub's broker expires within a day: renew it (`camwarden enroll --renew`, "
            "or `keys csr` and `keys import`)"
        )
        return check.finding("site", "fail", "expires-within-1-day", evidence, message)
    for limit in CERTIFICATE_WARN_DAYS:
        if days < limit:
            message = Message(
                "the certificate for the hub's broker expires in {days} days: renew it (`camwarden enroll --renew`, "
                "or `keys csr` and `keys import`)",
                values,
            )
            return check.finding("site", "warn", f"expires-within-{limit}-days", evidence, message)
    if own.ca_not_after is not None and (own.ca_not_after - now).days < CA_WARN_DAYS:
        days = (own.ca_not_after - now).days
        evidence["ca_not_after"] = utc_text(own.ca_not_after)
        message = Message("the CA of the hub's broker expires in {days} days: install its successor", {"days": days})
        return check.finding("site", "fail" if days < 1 else "warn", "ca-expires", evidence, message)
    held = Held("certificate", claim.own("site", "certificate"))
    return verdict(check, "site", [held], evidence, Message("the certificate for the hub lasts {days} days", values))


CERTIFICATE = Check(
    "hub-certificate", run_certificate, "major", ORDER_799_OPERATION, "The site's certificate for its hub stays valid."
)
DELIVERY = Check(
    "hub-delivery", run_delivery, "major", ORDER_799_OPERATION, "What the site reports reaches its hub, unforged."
)

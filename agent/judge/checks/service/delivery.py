"""Checks that the site's reports reach their hub, and that its certificate will not end that.

While delivery fails, the finding waits in the spool, and is in the status file and the commands on site.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from agent.judge import claim
from agent.judge.check import Check
from agent.judge.claim import Broken, Held, Open, Outcome
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
    confirmed_at = status.puback_at if status.confirm == "broker" else status.watermark_at
    delivered = Held("delivered", claim.own("site", "delivery", confirmed_at))
    outcomes: list[Outcome] = [delivered, *_tampered(status, now), *_not_through(site, status, now, confirmed_at)]
    return verdict(check, "site", outcomes, evidence, Message("reports are delivered"))


def _tampered(status: DeliveryStatus, now: datetime) -> Iterator[Broken]:
    """Yield what speaks of forgery or of somebody in this site's place."""
    if status.link == "duplicate-identity" or _within(status.taken_over_at, now, _TAKEN_OVER_FOR):
        message = Message(
            "another client takes this site's place at the broker ({count} times): find the second agent with this "
            "site id, or the copied key",
            {"count": max(1, status.taken_over)},
        )
        yield Broken("identity", "duplicate-identity", message, {"times": status.taken_over})
    if _within(status.watermark_distrusted_at, now, TOLD_FOR):
        word = status.watermark_distrusted
        message = Message(
            "a confirmation was not believed ({reason}): compare the pinned keys of the hub with its own, and look who "
            "writes to this site's topics",
            {"reason": word},
        )
        yield Broken("confirmation", f"confirmation-{word}", message)
    if _within(status.log_forked_at, now, TOLD_FOR):
        message = Message(
            "the hub has signed two different logs of the same size: it shows another past to others, or was put back; "
            "keep this gateway's state folder as it is, and ask the hub's team"
        )
        yield Broken("log", "hub-log-forked", message)


def _not_through(site: Site, status: DeliveryStatus, now: datetime, confirmed_at: datetime | None) -> Iterator[Broken]:
    """Yield what keeps reports from the hub, or its log from being shown."""
    if status.unconnected_since is not None and now - status.unconnected_since > SILENT_AFTER:
        hours = int((now - status.unconnected_since).total_seconds() // 3600)
        why = status.reason or status.link
        shown: dict[str, Json] = {"since": utc_text(status.unconnected_since), "why": why}
        message = Message("no connection to the hub for {hours} h: {why}", {"hours": hours, "why": why})
        yield Broken("connection", "offline", message, shown, mild=True)
    if _within(status.publish_refused_at, now, TOLD_FOR):
        message = Message(
            "the broker refuses reports ({words}): correct its access list or its limits",
            {"words": status.publish_refused},
        )
        yield Broken("access", "refused", message, {"refused": dict(status.refused_publishes)}, mild=True)
    if _within(status.report_refused_at, now, TOLD_FOR):
        message = Message(
            "the hub refuses a report ({words}), and a signed gap record names it: ask the hub's team which bound it "
            "breaks, and look whether both ends have the same version",
            {"words": status.report_refused},
        )
        refused: dict[str, Json] = {"reports_refused": status.reports_refused}
        yield Broken("reports", "hub-refuses", message, refused, mild=True)
    heard_at = max(status.since, confirmed_at or status.since)
    if status.link == "connected" and now - heard_at > SILENT_AFTER + timedelta(seconds=site.period_s):
        hours = int((now - heard_at).total_seconds() // 3600)
        heard: dict[str, Json] = {"confirmed_at": utc_text(confirmed_at) if confirmed_at else None}
        message = Message(
            "connected, but nothing was confirmed for {hours} h: look whether the hub runs and trusts this site's key",
            {"hours": hours},
        )
        yield Broken("confirmed", "not-confirmed", message, heard, mild=True)
    logged_at = max(status.since, status.log_at or status.since)
    if status.log_size is not None and now - logged_at > SILENT_AFTER + timedelta(seconds=site.period_s):
        hours = int((now - logged_at).total_seconds() // 3600)
        logged: dict[str, Json] = {"logged_at": utc_text(status.log_at) if status.log_at else None}
        message = Message(
            "the hub confirms reports, but has not shown for {hours} h that its log has them and continues what it "
            "was ({reason}): ask its team whether it was put back or rewritten",
            {"hours": hours, "reason": status.log_refused or "no-receipt"},
        )
        yield Broken("log shown", "hub-log-not-shown", message, {**logged, "why": status.log_refused}, mild=True)
    if _within(status.log_restored_at, now, TOLD_FOR):
        message = Message(
            "the hub was restored from a backup, as its team states ({words}): what it has lost is sent again as far "
            "as it is still here",
            {"words": status.log_restored},
        )
        yield Broken("restored", "hub-restored", message, {"restored": status.log_restored}, mild=True)


def _within(at: datetime | None, now: datetime, span: timedelta) -> bool:
    return at is not None and now - at <= span


def run_certificate(check: Check, site: Site, facts: Facts, now: datetime) -> tuple[Finding, ...]:
    """Judge the certificate that is presented to the broker."""
    own = facts.delivery.certificate
    if own is None:
        return ()  # without one there is nothing to judge: to whom reports go is judged by hub-delivery
    if isinstance(own, NoCertificate):
        message = Message("the certificate for the hub's broker could not be read: {why}", {"why": own.why})
        return (verdict(check, "site", [Open("certificate", "unreadable", message)], {"detail": own.why}, message),)
    return (_certificate(check, site, own, facts, now),)


def _certificate(check: Check, site: Site, own: OwnCertificate, facts: Facts, now: datetime) -> Finding:
    days, failing = (own.not_after - now).days, facts.delivery.not_renewed
    evidence: dict[str, Json] = {"days_left": days, "not_after": utc_text(own.not_after)}
    if failing is not None:
        evidence |= {"not_renewed_since": utc_text(failing.since), "not_renewed_why": str(failing.why)}
    end = _end(own, failing, now) if facts.own_clock_trusted else _unclocked(failing, now)
    amiss = (*_pair(site, own), end or _not_renewed(days, failing, now), _authority(own, now))
    held = Held("certificate", claim.own("site", "certificate"))
    outcomes = [held, *(one for one in amiss if one is not None)]
    message = Message("the certificate for the hub lasts {days} days", {"days": days})
    return verdict(check, "site", outcomes, evidence, message)


def _pair(site: Site, own: OwnCertificate) -> Iterator[Broken]:
    """Yield what is wrong with the certificate whatever the time is."""
    if not own.key_fits:
        message = Message("certificate and key for the hub's broker do not belong together: install the right pair")
        yield Broken("key", "key-mismatch", message)
    if own.common_name != site.id:
        message = Message(
            "the certificate for the hub's broker is issued to {name}, not to this site: ask for one for {site}",
            {"name": repr(own.common_name), "site": site.id},
        )
        yield Broken("name", "name-mismatch", message)


def _end(own: OwnCertificate, failing: NotRenewed | None, now: datetime) -> Broken | None:
    """Judge when it is valid; an end that is near is told with what keeps the gateway from renewing."""
    days = (own.not_after - now).days
    values = _values(days, failing)
    if now < own.not_before:
        message = Message("the certificate for the hub's broker is not valid yet")
        return Broken("end", "not-yet-valid", message, {"not_before": utc_text(own.not_before)})
    if now >= own.not_after:
        message = Message(
            "the certificate for the hub's broker has expired: renew it (`camwarden enroll --renew`, "
            "or `keys csr` and `keys import`)"
        )
        if failing is not None:
            message = Message(
                "the certificate for the hub's broker has expired, and the gateway could not renew it since {since}: "
                "{why}",
                values,
            )
        return Broken("end", "expired", message)
    limit = next((most for most in (1, *CERTIFICATE_WARN_DAYS) if days < most), None)
    if limit is None:
        return None
    if failing is not None:
        message = Message(
            "the certificate for the hub's broker expires in {days} days, and the gateway could not renew it since "
            "{since}: {why}",
            values,
        )
    elif limit == 1:
        message = Message(
            "the certificate for the hub's broker expires within a day: renew it (`camwarden enroll --renew`, "
            "or `keys csr` and `keys import`)"
        )
    else:
        message = Message(
            "the certificate for the hub's broker expires in {days} days: renew it (`camwarden enroll --renew`, "
            "or `keys csr` and `keys import`)",
            values,
        )
    reason = "expires-within-1-day" if limit == 1 else f"expires-within-{limit}-days"
    return Broken("end", reason, message, mild=limit > 1)


def _unclocked(failing: NotRenewed | None, now: datetime) -> Open:
    """Return that nobody knows when it ends, with what keeps the gateway from renewing."""
    message = Message(
        "our own clock is not synchronised, so the certificate's end cannot be judged: set up NTP on this gateway"
    )
    if failing is not None and _is_trouble(failing, now):
        message = Message(
            "our own clock is not synchronised, so the certificate's end cannot be judged, and the gateway could not "
            "renew it since {since}: {why}",
            _values(0, failing),
        )
    return Open("end", "own-clock-not-synchronised", message)


def _not_renewed(days: int, failing: NotRenewed | None, now: datetime) -> Broken | None:
    """Judge what keeps the gateway from renewing; a desk that is unreachable for a while is no fault yet."""
    if failing is None or not _is_trouble(failing, now):
        return None
    message = Message(
        "the certificate for the hub lasts {days} days, but the gateway could not renew it since {since}: {why}",
        _values(days, failing),
    )
    return Broken("renewal", "not-renewed", message, mild=True)


def _authority(own: OwnCertificate, now: datetime) -> Broken | None:
    days = (own.ca_not_after - now).days if own.ca_not_after is not None else CA_WARN_DAYS
    if days >= CA_WARN_DAYS or own.ca_not_after is None:
        return None
    message = Message("the CA of the hub's broker expires in {days} days: install its successor", {"days": days})
    return Broken("ca", "ca-expires", message, {"ca_not_after": utc_text(own.ca_not_after)}, mild=days >= 1)


def _values(days: int, failing: NotRenewed | None) -> dict[str, object]:
    told = {"since": utc_text(failing.since), "why": failing.why} if failing is not None else {}
    return {"days": days, **told}


def _is_trouble(failing: NotRenewed, now: datetime) -> bool:
    return failing.refused or now - failing.since > SILENT_AFTER


CERTIFICATE = Check(
    "hub-certificate", run_certificate, "major", ORDER_799_OPERATION, "The site's certificate for its hub stays valid."
)
DELIVERY = Check(
    "hub-delivery", run_delivery, "major", ORDER_799_OPERATION, "What the site reports reaches its hub, unforged."
)

"""Probes the hub's broker: reachable, the right one, and accepting this site's login.

Beside a running service nothing here logs in (`agent/deliver/publish/try_login.py`): the service's own connection
counts then.
"""

import os
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from agent.deliver.keys.own_certificate import read_own
from agent.deliver.publish.tls import tls_context
from agent.deliver.publish.try_login import try_login
from agent.deliver.publish.try_tls import try_tls
from agent.host.health import clock_synced
from agent.judge.checks.service.delivery import CERTIFICATE, CERTIFICATE_WARN_DAYS, run_certificate
from agent.model.errors import os_words
from agent.model.finding import Json, Message, utc_text
from agent.model.outcome import Outcome, found, not_due, passed
from agent.observe.facts.delivery import Delivery
from agent.observe.facts.facts import Facts
from agent.onsite.doctor.model import Situation, site_of
from agent.site.config.site import Hub

CONNECT_S: Final = 4.0

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_NO_HUB = Message("this site delivers nothing over a network")
_NOT_REACHED = Message("the broker was not reached")
_SEE_REACHED = Message("see the row of the broker's connection")


def _network_hub(situation: Situation) -> Hub | None:
    hub = site_of(situation).hub
    return None if hub is None or hub.confirm == "file" else hub


def reached(situation: Situation) -> Outcome:
    """Judge whether the broker takes a TCP connection."""
    hub = _network_hub(situation)
    if hub is None:
        return not_due("no-hub", _NO_HUB)
    place = {"place": f"{hub.host}:{hub.port}"}
    try:
        socket.create_connection((hub.host, hub.port), CONNECT_S).close()
    except OSError as error:
        why = Message("timed out") if isinstance(error, TimeoutError) else os_words(error)
        what = Message("{place} takes no connection: {why}", {**place, "why": why})
        return found("fail", "no-connection", what, Message("check route, firewall and [hub] host and port"))
    return passed(Message("{place} takes connections", place))


def secured(situation: Situation) -> Outcome:
    """Judge the TLS handshake and how long the broker's certificate lasts. No MQTT is spoken."""
    hub = _network_hub(situation)
    if hub is None:
        return not_due("no-hub", _NO_HUB)
    if not hub.tls and hub.host in _LOOPBACK:
        return not_due("loopback", Message("the broker is on this machine and is not asked over TLS"))
    if not hub.tls:
        what = Message("reports leave this machine unencrypted (tls = false)")
        return found("warn", "no-tls", what, Message("set tls = true in [hub], and ask the hub's team for the port"))
    _must_be_readable(hub)
    context = tls_context(hub)
    if context is None:
        return not_due("no-tls", _NO_HUB)
    try:
        plain = socket.create_connection((hub.host, hub.port), CONNECT_S)
    except OSError:
        return found("unknown", "not-reached", _NOT_REACHED, _SEE_REACHED)
    step = Message("compare ca, certificate and key in [hub] with what the hub's team gave you")
    with plain:
        done = try_tls(hub.host, context, plain, step)
    if isinstance(done, Outcome):
        return done
    return _lasting(datetime.fromtimestamp(done.ends_s, UTC), situation.now, done.version)


def _lasting(ends_at: datetime, now: datetime, version: str) -> Outcome:
    days = (ends_at - now).days
    what = Message("{version}; the broker's certificate lasts {days} days", {"version": version, "days": days})
    if days < max(CERTIFICATE_WARN_DAYS):
        step = Message("tell the hub's team that the broker's certificate is about to expire")
        return found("warn", "broker-certificate", what, step, not_after=utc_text(ends_at))
    return passed(what, not_after=utc_text(ends_at))


def certificate(situation: Situation) -> Outcome:
    """Judge the site's own certificate, as the check `hub-certificate` does."""
    site = site_of(situation)
    if site.hub is None:
        return not_due("no-hub", _NO_HUB)
    _must_be_readable(site.hub)
    trusted = site.policy.own_clock == "trusted" or clock_synced()
    facts = Facts({}, own_clock_trusted=trusted, delivery=Delivery(certificate=read_own(site.hub)))
    judged = run_certificate(CERTIFICATE, site, facts, situation.now)
    if not judged:
        return not_due("no-certificate", Message("this site shows the broker no certificate of its own"))
    (finding,) = judged
    ask = Message("get the next one: camwarden enroll --renew, or camwarden keys csr and camwarden keys import")
    step = ask if finding.status in ("fail", "warn") else None
    return Outcome(finding.status, finding.message, step, finding.reason, finding.evidence)


def login(situation: Situation) -> Outcome:
    """Judge whether the broker accepts this site's login: by the service's status where it runs, else by trying."""
    hub = _network_hub(situation)
    if hub is None:
        return not_due("no-hub", _NO_HUB)
    if situation.is_running:
        return _by_the_service(situation)
    if situation.may_be_running:
        what = Message("a service may work here that cannot be seen, so no login was tried")
        return found("unknown", "not-sure", what, Message("look at: camwarden status, and journalctl -u camwarden"))
    if hub.credential is not None and not situation.has_logins:
        what = Message("this user may not read the login, so it was not tried")
        return found("unknown", "forbidden", what, Message("run doctor as root"))
    _must_be_readable(hub)
    answer = try_login(hub, CONNECT_S)
    words = {"words": answer.words}
    if answer.outcome == "accepted":
        return passed(Message("the broker let this site in, and was left again at once"))
    if answer.outcome == "refused":
        what = Message("the broker refuses this site's login: {words}", words)
        step = Message("compare login and certificate with what the hub's team gave you; it was tried once")
        return Outcome("fail", what, step, "refused", refused=True)
    if answer.outcome == "no-answer":
        return found("unknown", "no-answer", Message("the broker gave no answer: {words}", words), _SEE_REACHED)
    what = Message("cannot be tried without taking the site's own session: {words}", words)
    return found("unknown", answer.outcome, what, Message("start the service and look at: camwarden status"))


def _by_the_service(situation: Situation) -> Outcome:
    status = situation.status
    said = status.content.get("hub") if status is not None else None
    if status is None or not isinstance(said, Mapping):
        what = Message("the service runs, so no second login was tried, and it has not said how its own went")
        return found("unknown", "not-told", what, Message("wait for its first look, then: camwarden status"))
    link, why = str(said.get("link")), str(said.get("reason") or said.get("link"))
    evidence: dict[str, Json] = {"link": link, "at": utc_text(status.at)}
    if link == "connected":
        return passed(Message("the service is connected; no second login was tried"), **evidence)
    what = Message("the service is not connected: {why}", {"why": why})
    step = Message("look at: camwarden status, and journalctl -u camwarden")
    if link in ("refused", "duplicate-identity"):
        return Outcome("fail", what, step, link, evidence, refused=link == "refused")
    return found("warn", link, what, step, **evidence)


def _must_be_readable(hub: Hub) -> None:
    """Raise PermissionError for a file that this user may not read: that proves nothing about the service."""
    for path in (hub.ca, hub.certificate, hub.key):
        if path is not None and path.exists() and not os.access(path, os.R_OK):
            raise PermissionError(13, "this user may not read it", str(path))

"""Verifies, judges and stores a site's answers (results, policy in force), and signs the hub's: watermarks.

A site's `done` is only a claim. A `report-now` or `check-now` counts as answered only when the report that the result
names is here, verified and with the digest that was named. That of a `check-now` must also repeat the nonce, cover what
was requested, and be observed after the order was given: by a synchronised clock, within a minute. The first answer to
a command counts. A watermark confirms only what is committed in the store.

Reads and writes within the caller's transaction; `judge_look` is pure.
"""

import json
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from agent.contract.authors import Names, read_names
from agent.contract.envelope import ACK_TYP, read_header, sign_payload, unflatten
from agent.contract.orders import Range, Reported, ReportRef, Result
from agent.contract.orders_json import read_reported, read_result
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES, read_json, whole_text
from agent.contract.signing_keys import PublicKey, Signer
from agent.contract.topics import Address, Kind
from agent.contract.topics import topic as topic_of
from agent.contract.watermark import Watermark, write_watermark
from agent.hub.domain.rows.orders import Status
from agent.hub.ports.store import Store
from agent.hub.workers.resend import missing_from
from agent.model.errors import NotVerified, StoreFailed
from agent.model.finding import Json
from agent.verify.members import dict_of, time_of

CLOCKS_DIFFER: Final = timedelta(minutes=1)
"""So far a synchronised clock of a site and the hub's may be apart."""

_READERS: Final[Mapping[Kind, Callable[..., Result | Reported | Names]]] = {
    "cmd-result": read_result,
    "reported": read_reported,
    "names": read_names,
}

Event = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Ack:
    """A signed watermark to be sent. Retained only for the epoch that the site lives in now."""

    topic: str
    retain: bool
    mark: Watermark
    jws: str = field(repr=False)
    payload: bytes = field(repr=False)


def write_ack(store: Store, signer: Signer, site: str, epoch: str, now: datetime) -> Ack | None:
    """Return the watermark of one epoch of a site, None where nothing is confirmed. Within a transaction."""
    streams, rejected = store.chains.watermark(site, epoch), store.refusals.newest(site, epoch)
    key = store.refusals.key(site)
    if not streams and rejected is None and key is None:
        return None
    city, current = store.city_and_epoch(site)
    mark = Watermark(site, epoch, store.next_ack_no(site, now), streams, rejected, key)
    payload = write_watermark(mark, now)
    jws = sign_payload(payload, signer, ACK_TYP)
    return Ack(topic_of(city, site, "ack"), epoch == current, mark, jws, payload)


def is_answer(topic: str) -> bool:
    """Return whether sites answer, or tell names, on a topic; quick, for every message."""
    return "/cmd-result/" in topic or topic.endswith(("/config/reported", "/names"))


def refuse_unknown(address: Address) -> None:
    """Refuse names of a key that nobody has vouched for yet: what waits is stored with its bytes. Raises NotVerified.

    The site tells them again within a day.
    """
    if address.kind == "names":
        raise NotVerified("unknown-key", "names, signed by a key that nobody vouches for yet")


def unpack(address: Address, payload: bytes, jws: str) -> tuple[bytes, str, str]:
    """Return payload, JWS and the kid that it claims, unverified.

    Raises:
        NotVerified: It is none of a site's answers in form.
    """
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise NotVerified("size", "larger than any answer")
    if not jws:
        try:
            payload, jws = unflatten(payload)
        except NotVerified:
            raise NotVerified("unsigned", "a {kind} without JWS", kind=address.kind) from None
    if not whole_text(payload):
        raise NotVerified("payload", "a text with half a character")
    return payload, jws, read_header(jws).kid


def read(address: Address, payload: bytes, jws: str, key: PublicKey) -> Result | Reported | Names:
    """Return a verified answer, or names, of the site that the topic names.

    Raises:
        NotVerified: It is not one; `reason` is `site`, `topic`, `payload` or one of `agent.contract.envelope.verify`.
    """
    value = _READERS[address.kind](payload, jws, {key.kid: key})
    if (value.site, value.city) != (address.site, address.city):
        raise NotVerified("site", "topic of site {site}, answer of another site or city", site=address.site)
    if isinstance(value, Result) and value.id != address.command_id:
        raise NotVerified("topic", "the topic names another command than the answer")
    return value


def take_stated(store: Store, stated: Reported | Names, payload: bytes, jws: str, now: datetime) -> Event:
    """Store what a site states of itself beside its reports: its policy in force, or who is behind its authors' ids."""
    if isinstance(stated, Reported):
        return take_reported(store, stated, payload, jws, now)
    try:
        taken = store.authors.take(stated, now)
    except StoreFailed as error:  # the site tells them again: reports do not wait for that
        return {"event": "names-left", "site": stated.site, "why": str(error)}
    if taken.is_stale:
        store.chains.count(stated.site, "stale-names")
        return {"event": "stale-names", "site": stated.site}
    return {"event": "names", "site": stated.site, "new": taken.new, "contradicted": taken.contradicted}


def take_reported(store: Store, reported: Reported, payload: bytes, jws: str, now: datetime) -> Event:
    """Store the policy that a site reports in force, unless it is older than the stored one.

    Retained messages come again, and a broker can keep old ones: what is older than the last one counts only if it is
    as new as the hub's clock, for a site whose clock was set back.
    """
    site, ts = reported.site, _made_at(payload)
    last = store.policies.reported(site)
    before = _made_at(last) if last else None
    if ts is None:
        raise NotVerified("payload", "signed, but without a time")
    if before is not None and ts < before and abs(now - ts) > CLOCKS_DIFFER:
        store.chains.count(site, "stale-reported")
        return {"event": "stale-reported", "site": site, "version": reported.version}
    refused = reported.refused
    told = {"version": refused.version, "reason": refused.reason, "why": refused.why} if refused else None
    store.policies.keep_reported(reported, json.dumps(told) if told else "", payload, jws, now)
    reason = refused.reason if refused else ""
    return {"event": "reported", "site": site, "version": reported.version, "refused": reason}


def read_refused(told: str) -> Json:
    """Parse what `take_reported` has written of a refusal, None for none."""
    refused: Json = json.loads(told) if told else None
    return refused


def take_result(store: Store, result: Result, payload: bytes, jws: str, now: datetime) -> tuple[Event, list[Event]]:
    """Store the result of a command; return the events to log, and the further consequences.

    Raises:
        NotVerified: `unknown-command`: this hub has not given it, or to another site.
    """
    command = store.commands.find(result.id, result.site)
    if command is None:
        raise NotVerified("unknown-command", "an answer to a command that this hub has not given to this site")
    if command.status:
        return {"event": "duplicate-answer", "site": result.site, "id": result.id}, []
    told: list[Event] = []
    status: Status = "answered"
    name, reason = command.name, ""
    if result.status == "refused":
        status, reason = "refused", result.reason
    elif result.name != name:
        status, reason = "answer-refused", "command"
    elif name == "resend":
        given = json.loads(command.payload)
        run = Range(given["epoch"], given["stream"], given["from_seq"], given["to_seq"])
        told = missing_from(store, result.site, run, result.missing)
    elif name == "decide":
        pass  # the site's word is enough: its next configuration report shows the decision too
    elif result.report is None:
        status, reason = "answer-refused", "no-report"
    else:
        status = "waits"
    store.commands.keep_result(result, status, reason, payload, jws, now)
    return _answered(store, result.site, result.id, name, status, reason), told


def settle(store: Store, sites: Set[str]) -> list[Event]:
    """Judge the answers of these sites whose report is here; return the events to log."""
    events = []
    for command in store.commands.waiting(sites):
        named = _named(command.result)
        report = store.body_at(command.site, named.epoch, named.stream, named.seq)
        if report is None:
            continue
        digest, payload, arrived_at = report
        reason = ""
        if digest != named.digest:
            reason = "digest"
        elif command.name == "check-now":
            reason = _look_refusal(json.loads(command.payload), named, payload, arrived_at)
        status: Status = "answer-refused" if reason else "answered"
        store.commands.keep_status(command.id, status, reason)
        events.append(_answered(store, command.site, command.id, command.name, status, reason))
    return events


def _look_refusal(given: Mapping[str, Any], named: ReportRef, payload: bytes, arrived_at: datetime) -> str:
    """Return why a stored report does not answer a spot check; `no-report`: it cannot be read."""
    try:
        report = read_json(payload)
    except NotVerified:
        return "no-report"
    return judge_look(given, named, report, arrived_at)


def judge_look(given: Mapping[str, Any], named: ReportRef, report: Mapping[str, Any], arrived_at: datetime) -> str:
    """Return why a verified report does not answer a spot check; empty: it does.

    `stream`: not a config report. `nonce`: not bound to this order. `cameras`, `checks`: it left some out. `clock`: the
    site's clock was not synchronised and nobody there declares it right, so nobody knows when it looked. `stale`: it
    looked before the order. `late`: after it had expired. `future`: it has no times, or later ones than those of its
    arrival.

    `given` is the payload of the command, which this hub has written; `named` how the result names the report. Of the
    report's payload only the envelope and that its body is an object are known to be right.
    """
    if named.stream != "config":
        return "stream"
    entries = report["body"].get("answers")
    told = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    answer = next((e for e in told if (e.get("cmd"), e.get("nonce")) == (given["id"], given["nonce"])), None)
    if answer is None:
        return "nonce"
    for kind in ("cameras", "checks"):
        seen = answer.get(kind)
        names = {name for name in seen if isinstance(name, str)} if isinstance(seen, list) else set()
        if not names.issuperset(given[kind]):
            return kind
    if report.get("clock_synced") is not True and answer.get("own_clock") != "trusted":
        return "clock"
    begun, ended = time_of(answer.get("looked_from")), time_of(answer.get("looked_until"))
    if begun is None or ended is None or ended < begun or ended > arrived_at + CLOCKS_DIFFER:
        return "future"
    if begun < datetime.fromisoformat(given["ts"]) - CLOCKS_DIFFER:
        return "stale"
    return "late" if begun > datetime.fromisoformat(given["expires_at"]) + CLOCKS_DIFFER else ""


def _answered(store: Store, site: str, command_id: str, name: str, status: str, reason: str) -> Event:
    event: Event = {"site": site, "id": command_id, "command": name}
    if status == "waits":
        return {"event": "answer-waits", **event}
    if status == "answer-refused":
        store.chains.count(site, "answers-refused")
        return {"event": "answer-refused", **event, "reason": reason}
    return {"event": "answered", **event, "status": "refused" if status == "refused" else "done", "reason": reason}


def _named(answer: bytes) -> ReportRef:
    named = json.loads(answer)["report"]  # was parsed when it came
    return ReportRef(named["epoch"], named["stream"], named["seq"], named["digest"])


def _made_at(payload: bytes) -> datetime | None:
    """Return a site's own time of a payload; None where it has none, or cannot be read."""
    try:
        return time_of(dict_of(read_json(payload)).get("ts"))
    except NotVerified:
        return None

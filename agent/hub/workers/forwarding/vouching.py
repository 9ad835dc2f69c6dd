"""Trusts keys of sites for which a lower hub vouches, within what people here have granted it.

Decided in `agent/hub/domain/forwarding/grants.py`. A key that was revoked here stays so, whatever a voucher says; one
that a voucher revokes is revoked. Reads and writes within the caller's transaction; trust is written before it commits,
so that a hub that is killed between the two takes the same voucher again.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.contract.chain import utc_text
from agent.contract.envelope import VOUCHER_REFUSED_TYP, read_header, sign_payload, unflatten
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.contract.signing_keys import Signer
from agent.contract.topics import Address, read_topic
from agent.contract.topics import topic as topic_of
from agent.contract.voucher import RefusedVoucher, Voucher, read_voucher, write_refused_voucher
from agent.deliver.publish.messages import Message
from agent.hub.domain.forwarding.grants import LowerHub, Vouched, judge_voucher
from agent.hub.ports.store import Store
from agent.hub.workers.intake import Event, Intake
from agent.model.errors import ConfigurationError, Forbidden, NotVerified, UnknownKey, UsageError
from agent.verify.bindings import Trust

_ANSWER_EXPIRES_S: Final = 3600
"""A lower hub that is gone for longer vouches again, and is answered again."""


def is_voucher(topic: str) -> bool:
    """Return whether lower hubs vouch on a topic; quick, for every message."""
    return topic.endswith("/voucher")


def take(store: Store, intake: Intake, topic: str, payload: bytes, jws: str, now: datetime) -> Event:
    """Take a voucher; return the event to log. What waited for its keys is judged by the next `retry`."""
    address = read_topic(topic)
    site = address.site if address else ""
    store.chains.count(site, "received")
    try:
        if address is None:
            raise NotVerified("topic", "not a topic of this contract")
        voucher, hub = _verified(store, address, payload, jws)
    except NotVerified as error:
        return _refused(store, site, topic, error.reason, str(error))
    try:
        before = store.lower_hubs.vouched(site)
        bound = () if before is not None else store.trust.of_sites(site, site).bindings.values()
        named = [intake.trust.bindings.get(one.key.kid) for one in voucher.keys]
        why = judge_voucher(voucher, hub, before, bound, [one for one in named if one is not None])
        if why:
            raise NotVerified(why, "hub {name} may not vouch for it: {why}", name=hub.name, why=why)
        changed = _bind(store, intake.trust, voucher, now)
    except (Forbidden, ConfigurationError) as error:
        return _refused(store, site, topic, "trust-file", str(error))
    except NotVerified as error:
        said: Event = {
            "city": voucher.city, "hub": hub.name, "hub_kid": hub.key.kid, "number": voucher.number,
        }  # fmt: skip
        return _refused(store, site, topic, error.reason, str(error)) | said
    store.lower_hubs.keep_vouched(site, Vouched(hub.key.kid, voucher.division, voucher.number), now)
    intake.trust = intake.trust.joined(changed)
    intake.news = intake.news or bool(changed.bindings)
    return {
        "event": "vouched",
        "site": site,
        "hub": hub.name,
        "keys": len(voucher.keys),
        "changed": len(changed.bindings),
    }


def is_refused_voucher(event: Event) -> bool:
    """Return whether an event of `take` is to be answered; quick, for every event.

    Nobody is answered whose signature is not that of a hub that people here know, nor for an old voucher, since a newer
    one of the same hub stands.
    """
    return "hub_kid" in event and event["reason"] != "old-voucher"


def answer(event: Event, signer: Signer, now: datetime) -> Message:
    """Return the message that tells a lower hub why its voucher does not count."""
    site, city, kid, reason = (str(event[name]) for name in ("site", "city", "hub_kid", "reason"))
    refused = RefusedVoucher(site, city, kid, int(str(event["number"])), reason)
    payload = write_refused_voucher(refused, now)
    jws = sign_payload(payload, signer, VOUCHER_REFUSED_TYP)
    return Message(topic_of(city, site, "voucher-refused"), payload, jws, expires_s=_ANSWER_EXPIRES_S)


def revoke(store: Store, hub: LowerHub, now: datetime) -> int:
    """Take a lower hub's grant back, with the trust in every key for which it vouches; return of how many sites.

    Raises:
        StoreFailed, Forbidden, ConfigurationError: Not all of it was done; the same again goes on.
    """
    store.lower_hubs.keep(replace(hub, revoked_at=hub.revoked_at or utc_text(now)))
    sites = store.lower_hubs.sites_of(hub.key.kid)
    for site in sites:
        for kid, bound in store.trust.of_sites(site, site).bindings.items():
            if bound.by in ("hub", "rotation") and not bound.revoked_at:
                store.trust.revoke(kid, now)
    return len(sites)


def _verified(store: Store, address: Address, payload: bytes, jws: str) -> tuple[Voucher, LowerHub]:
    """Return a voucher and the hub that signed it. Raises NotVerified."""
    if len(payload) > PAYLOAD_MAX_BYTES:
        raise NotVerified("size", "larger than any voucher")
    if not jws:
        payload, jws = unflatten(payload)
    kid = read_header(jws).kid
    hub = store.lower_hubs.find(kid)
    if hub is None:
        raise UnknownKey(kid)
    voucher, _ = read_voucher(payload, jws, {kid: hub.key})
    if (voucher.site, voucher.city) != (address.site, address.city):
        raise NotVerified("site", "topic of site {site}, voucher for another site or city", site=address.site)
    return voucher, hub


def _bind(store: Store, trust: Trust, voucher: Voucher, now: datetime) -> Trust:
    """Bind the keys of a voucher that are new here, and revoke those that it revokes; return what has changed.

    Most vouchers change nothing: `trust`, which may be a second old, says so without a look into the file.
    """
    changed = Trust()
    for one in voucher.keys:
        kid, until = one.key.kid, utc_text(one.until) if one.until else ""
        is_over = one.until is not None and one.until <= now
        if is_over or _stands(trust, kid, until) or _stands(store.trust.of_key(kid), kid, until):
            continue
        try:
            changed = changed.joined(store.trust.add(voucher.site, kid, now, one.until, "hub", one.key))
        except UsageError as error:  # somebody here has just bound it to another site
            raise NotVerified("key-of-another-site", "{why}", why=error) from None
    for kid in voucher.revoked:
        if trust.decide(voucher.site, kid) == "trusted":
            changed = changed.joined(store.trust.revoke(kid, now))
    return changed


def _stands(trust: Trust, kid: str, until: str) -> bool:
    """Return whether a voucher has nothing to change of a key: it is bound so, by people here, or revoked."""
    bound = trust.bindings.get(kid)
    return bound is not None and bool(bound.revoked_at or bound.by != "hub" or bound.until == until)


def _refused(store: Store, site: str, topic: str, reason: str, why: str) -> Event:
    store.chains.count(site, f"unverified:{reason}")
    return {"event": "rejected", "site": site, "topic": topic[:200], "reason": reason, "signed": False, "why": why}

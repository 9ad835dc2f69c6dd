"""Judges one signed message for those who verify without being a hub: files, folders, a topic. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from agent.contract import envelope
from agent.contract.jwk import PublicKey, public_key
from agent.contract.orders import Order
from agent.contract.orders_json import read_command, read_desired, read_reported, read_result
from agent.contract.watermark import read_watermark
from agent.model.errors import NotVerified
from agent.model.finding import Message
from agent.verify.bindings import Trust
from agent.verify.html_seal import key_in, unseal
from agent.verify.message import Claim, read_gap, read_payload

Verdict = Literal["verified", "failed", "unchecked", "unusable"]

HUB_TYPS: Final = (envelope.ACK_TYP, envelope.COMMAND_TYP, envelope.DESIRED_TYP)
"""Signed only by a hub."""


@dataclass(frozen=True, slots=True)
class Trusted:
    """The reader's trusted keys by kid, and the site of each where a hub's trust file has it."""

    keys: Mapping[str, PublicKey]
    sites: Trust | None = None


_NOTHING: Final = Message("")


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one message. `reason` (a word) and `why` where it is not verified; `claim` of a report or state.

    `kid`: the key that signed it, where it is verified or the signature fits a key that it carries. `unchecked`: signed
    by a key that is not trusted, and no site's statement about itself. `unusable`: not a signed message at all.
    """

    name: str
    verdict: Verdict
    reason: str = ""
    why: Message = _NOTHING
    typ: str = ""
    claim: Claim | None = None
    kid: str = ""


def judge_flattened(name: str, data: bytes, believed: Trusted) -> Judgement:
    """Return the verdict on a flattened JWS."""
    try:
        payload, jws = envelope.unflatten(data)
    except NotVerified as error:
        return Judgement(name, "unusable", error.reason, error.message)
    return judge(name, payload, jws, believed)


def judge(name: str, payload: bytes, jws: str, believed: Trusted) -> Judgement:
    """Return the verdict on a payload and its detached JWS."""
    typ, kid = "", ""
    try:
        header = envelope.read_header(jws)
        typ, kid = header.typ, header.kid
        if typ == envelope.FILING_TYP and not _is_of_known_key(payload, jws, believed):
            why = Message(
                "not changed since it was signed with the key {kid}, but nobody says whose key that is: compare it "
                "with `camwarden keys show` at the site, then give it with --kid",
                {"kid": kid},
            )
            return Judgement(name, "unchecked", "unknown-key", why, typ, kid=kid)
        claim = None if typ == envelope.FILING_TYP else _read(payload, jws, typ, believed)
    except NotVerified as error:
        return Judgement(name, "failed", error.reason, error.message, typ)
    return Judgement(name, "verified", typ=typ, claim=claim, kid=kid)


def is_filing(data: bytes) -> bool:
    """Return whether bytes claim to be the last filing (`observe/facts/filed_file`), which carries its own key."""
    try:
        return envelope.read_header(envelope.unflatten(data)[1]).typ == envelope.FILING_TYP
    except NotVerified:
        return False


def _is_of_known_key(payload: bytes, jws: str, believed: Trusted) -> bool:
    """Return whether the key that a filing carries and was signed with is trusted.

    Raises:
        NotVerified: It was changed, carries no key, or its key is that of another site.
    """
    said = _object(payload)
    try:
        key = public_key(said["jwk"])
    except (ValueError, KeyError, TypeError):
        raise NotVerified("payload", "it does not show the key that signed it") from None
    envelope.verify(payload, jws, {key.kid: key}, envelope.FILING_TYP)
    if key.kid not in believed.keys:
        return False
    refuse_another_site(believed, str(said.get("site", "")), key.kid)
    return True


def judge_handover(name: str, data: bytes, believed: Trusted) -> Judgement:
    """Return the verdict on a hand-over report: changed is failed whoever signed it, an unknown key is unchecked."""
    try:
        sealed = unseal(data)
        if sealed.key.kid not in believed.keys:
            why = Message(
                "not changed since it was signed with the key {kid}, but nobody says whose key that is: "
                "compare it with the one on the signed page, then give it with --kid",
                {"kid": sealed.key.kid},
            )
            return Judgement(name, "unchecked", "unknown-key", why, envelope.HANDOVER_TYP, kid=sealed.key.kid)
        refuse_another_site(believed, sealed.site, sealed.key.kid)
    except NotVerified as error:
        return Judgement(name, "failed", error.reason, error.message, envelope.HANDOVER_TYP)
    return Judgement(name, "verified", typ=envelope.HANDOVER_TYP, kid=sealed.key.kid)


def keys_in(data: bytes) -> dict[str, PublicKey]:
    """Return the keys, not trusted yet, in a JWK set, a flattened state message, or a hand-over report."""
    if key := key_in(data):
        return {key.kid: key}
    try:
        document: Any = json.loads(data)
        if "payload" in document:
            document = {"keys": [json.loads(document["payload"])["jwk"]]}
        keys = [public_key(jwk) for jwk in document["keys"]]
    except (ValueError, TypeError, KeyError, RecursionError):
        return {}
    return {key.kid: key for key in keys}


def _read(payload: bytes, jws: str, typ: str, believed: Trusted) -> Claim | None:
    """Return the claim of a verified report or state message, None for the other kinds.

    Raises:
        NotVerified: It fails verification.
    """
    keys = believed.keys
    if typ in (
        envelope.ACK_TYP,
        envelope.COMMAND_TYP,
        envelope.DESIRED_TYP,
        envelope.RESULT_TYP,
        envelope.REPORTED_TYP,
    ):
        named = _object(payload)
        site = str(named.get("site", ""))
        if typ == envelope.ACK_TYP:
            read_watermark(payload, jws, keys, site)
        elif typ == envelope.COMMAND_TYP:
            read_command(Order("cmd", str(named.get("id", "")), payload, jws), keys, site)
        elif typ == envelope.DESIRED_TYP:
            read_desired(payload, jws, keys, site)
        else:
            _own_key(believed, site, jws)
            (read_result if typ == envelope.RESULT_TYP else read_reported)(payload, jws, keys)
        return None
    if typ == envelope.CHECK_TYP:
        envelope.verify(payload, jws, keys, typ)
        _own_key(believed, str(_object(payload).get("site", "")), jws)
        return None
    envelope.verify(payload, jws, keys, typ if typ == envelope.STATE_TYP else envelope.REPORT_TYP)
    claim = read_payload(payload, jws)
    if (claim.stream is None) != (typ == envelope.STATE_TYP):
        raise NotVerified("typ", "a payload that does not fit its typ {typ}", typ=typ)
    if claim.stream == "gap":
        read_gap(claim)
    _own_key(believed, claim.address.site, jws)
    return claim


def _own_key(believed: Trusted, site: str, jws: str) -> None:
    refuse_another_site(believed, site, envelope.read_header(jws).kid)


def refuse_another_site(believed: Trusted, site: str, kid: str) -> None:
    """Refuse the key of another site, or of the hub itself; one that is revoked now may have been valid then."""
    if believed.sites is None:
        return
    decision = believed.sites.decide(site, kid)
    if decision in ("key-of-another-site", "unknown-key"):
        raise NotVerified(decision, "the trust file does not give this key to site {site}", site=site)


def refuse_ended(believed: Trusted, kid: str, made_at: datetime | None) -> None:
    """Refuse what a key signed after the hub's trust in it had ended, by the paper's own time; None: at any time."""
    binding = believed.sites.bindings.get(kid) if believed.sites is not None else None
    ends = [end for end in (binding.revoked_at, binding.until) if end] if binding is not None else []
    for end in ends:
        if made_at is None or made_at > datetime.fromisoformat(end):
            raise NotVerified("expired-key", "the hub trusted this key until {end}, and it was made later", end=end)


def _object(payload: bytes) -> Mapping[str, object]:
    try:
        data = json.loads(payload)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise NotVerified("payload", "not a payload of this contract")
    return data

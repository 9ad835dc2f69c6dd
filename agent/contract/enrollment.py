"""Encodes and parses requests to the enrollment desk and its answers. Pure, and the same for both ends.

A request is one flattened JWS, signed by the site's report key: so the hub binds no key that the gateway does not have.
It carries the PKCS #10 request for the TLS certificate, signed by the TLS key; both private keys stay. On renewal there
is a new TLS key, and the previous one signs the certificate request too.

An answer is JSON: a grant, or the reason of a refusal. `agent/hub/enroll/desk.py` decides which.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, get_args

from agent.contract.chain import encode
from agent.contract.envelope import ENROLL_TYP, TLS_KEY_TYP, flatten, sign_payload, unflatten, verify
from agent.contract.signing_keys import PublicKey, Signer, b64url, jwk_set, public_key, unb64url
from agent.contract.topics import SITE_ID
from agent.model.errors import NotVerified
from agent.model.finding import Json, utc_text
from agent.model.host_name import is_host

REQUEST_SCHEMA: Final = "camwarden-enroll-request/1"
GRANT_SCHEMA: Final = "camwarden-enrolled/1"
REFUSAL_SCHEMA: Final = "camwarden-enroll-refused/1"

PATH: Final = "/v1/enroll"
"""The desk's path, for POST."""

REQUEST_MAX_BYTES: Final = 16 * 1024
ANSWER_MAX_BYTES: Final = 128 * 1024

Reason = Literal["malformed", "unknown", "expired", "used", "revoked", "site", "request", "key", "busy"]
"""Why the desk refuses.

`malformed`: not a request. `unknown`: no such token, or for a renewal no such gateway. `expired`: the token has
expired. `used`: by another gateway or key. `revoked`: token, certificate or report key, also a key that
has ended or handed over. `site`: the token is for another site. `request`: the certificate request is not for
this site, or its kind of key is not accepted. `key`: the report key is bound to another site. `busy`: retry later.
"""


@dataclass(frozen=True, slots=True)
class Request:
    """A gateway's request; `secret` is its token's, empty on renewal; `before`: the previous TLS key, signing `csr`."""

    site: str
    csr: str
    key: PublicKey
    at: datetime
    secret: bytes = field(default=b"", repr=False)
    before: PublicKey | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A granted enrollment. `certificate` and `authorities` (of the broker) are PEM; `hub_keys` sign confirmations."""

    site: str
    certificate: str
    authorities: str
    hub_keys: Mapping[str, PublicKey]
    broker_host: str
    broker_port: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused enrollment."""

    reason: Reason
    at: datetime


def write_request(request: Request, signer: Signer, before: Signer | None = None) -> bytes:
    """Return the signed bytes of a request; `before` is the previous TLS key, which vouches for the new one.

    Raises:
        KeyUnavailable: The report key is in a token that cannot be used now.
    """
    said: dict[str, Json] = {
        "schema": REQUEST_SCHEMA,
        "site": request.site,
        "csr": request.csr,
        "jwk": dict(request.key.jwk),
        "at": utc_text(request.at),
        "secret": b64url(request.secret),
    }
    if before is not None:
        said["before"] = {"jwk": dict(before.jwk), "jws": sign_payload(request.csr.encode(), before, TLS_KEY_TYP)}
    payload = encode(said)
    return flatten(payload, sign_payload(payload, signer, ENROLL_TYP))


def read_request(data: bytes) -> Request:
    """Return a request whose signatures are those of the keys that it carries.

    Raises:
        NotVerified: It is not a request; the message never quotes it.
    """
    if len(data) > REQUEST_MAX_BYTES:
        raise NotVerified("malformed", "a request for enrollment is shorter")
    payload, jws = unflatten(data)
    try:
        said = _object(payload, REQUEST_SCHEMA)
        key, secret = public_key(said["jwk"]), unb64url(said["secret"])
        vouched = said.get("before", {})
        before = public_key(vouched["jwk"]) if vouched else None
        request = Request(said["site"], said["csr"], key, _time(said["at"]), secret, before)
        if not (SITE_ID.fullmatch(request.site) and isinstance(request.csr, str) and request.csr.isascii()):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotVerified("malformed", "not a request for enrollment") from None
    verify(payload, jws, {key.kid: key}, ENROLL_TYP)
    if before is not None:
        verify(request.csr.encode(), _str_or_empty(vouched.get("jws")), {before.kid: before}, TLS_KEY_TYP)
    return request


def write_grant(grant: Grant) -> bytes:
    """Return the bytes of a grant."""
    return encode(
        {
            "schema": GRANT_SCHEMA,
            "site": grant.site,
            "certificate": grant.certificate,
            "authorities": grant.authorities,
            "jwks": jwk_set(grant.hub_keys),
            "host": grant.broker_host,
            "port": grant.broker_port,
            "at": utc_text(grant.at),
        }
    )


def write_refusal(refusal: Refusal) -> bytes:
    """Return the bytes of a refusal."""
    return encode({"schema": REFUSAL_SCHEMA, "reason": refusal.reason, "at": utc_text(refusal.at)})


def read_answer(data: bytes) -> Grant | Refusal:
    """Return the desk's answer.

    Raises:
        NotVerified: It is no answer of a desk.
    """
    try:
        said = _object(data, GRANT_SCHEMA, REFUSAL_SCHEMA)
        at = _time(said["at"])
        if said["schema"] == REFUSAL_SCHEMA:
            if said["reason"] not in get_args(Reason):
                raise ValueError
            return Refusal(said["reason"], at)
        keys = [public_key(jwk) for jwk in said["jwks"]["keys"]]
        host, port, texts = said["host"], said["port"], (said["certificate"], said["authorities"])
        if not keys or not is_host(host) or type(port) is not int or not 0 < port < 65536:
            raise ValueError
        if not all(isinstance(text, str) and text.isascii() for text in texts) or not SITE_ID.fullmatch(said["site"]):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotVerified(
            "malformed", "the desk's answer is not understood: bring hub and gateway to the same version of camwarden"
        ) from None
    return Grant(said["site"], *texts, {key.kid: key for key in keys}, host, port, at)


def _object(data: bytes, *schemas: str) -> dict[str, Any]:
    said = json.loads(data)
    if not isinstance(said, dict) or said.get("schema") not in schemas:
        raise ValueError
    return said


def _str_or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError
    return at

"""Signs and verifies the envelope of a report: exact payload bytes and a detached JWS over them.

Decides how bytes are signed and when a signature is valid. It never reads the payload: its content, and whether it
continues its chain, are judged elsewhere. The payload is not canonicalised; whoever stores a report stores its bytes.

Two forms of the same signature:
- detached compact, `header..signature`: in the MQTT 5 user property `jws`, beside the untouched payload;
- flattened JSON with the payload as a string: in files, archives and over MQTT 3.1.1.

Source: RFC 7515 (appendix F, section 7.2.2), RFC 7797 (`b64` = false).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from agent.contract.payload_bounds import unique_names
from agent.contract.signing_keys import ALGORITHMS, PublicKey, Signer, b64url, unb64url
from agent.model.errors import NotVerified, UnknownKey
from agent.model.finding import Envelope, Report

REPORT_TYP: Final = "vss-report+json"
STATE_TYP: Final = "vss-state+json"
ACK_TYP: Final = "vss-ack+json"
COMMAND_TYP: Final = "vss-cmd+json"
RESULT_TYP: Final = "vss-cmd-result+json"
DESIRED_TYP: Final = "vss-desired+json"
REPORTED_TYP: Final = "vss-reported+json"
NAMES_TYP: Final = "vss-names+json"
CHECK_TYP: Final = "vss-check+json"
"""A look on request on site: `agent/onsite/one_look/job_file.py`."""
HANDOVER_TYP: Final = "vss-handover+html"
"""A hand-over report for people: `agent/verify/html_seal.py`."""
FILING_TYP: Final = "vss-filing+json"
"""What was filed with the police: `agent/observe/facts/filed_file.py`."""
KEY_TYP: Final = "vss-key+json"
"""A new report key's proof of possession: `agent/contract/key_rotation.py`."""
ENROLL_TYP: Final = "vss-enroll+json"
"""A gateway's request to an enrollment desk: `agent/contract/enrollment.py`."""
TLS_KEY_TYP: Final = "vss-tls-key+pem"
"""The certificate request of a new TLS key, signed by the previous one: `agent/contract/enrollment.py`."""

_JWS_MAX_CHARS = 4096  # header and signature of ours are under 300; longer ones are somebody's attempt


@dataclass(frozen=True, slots=True)
class Header:
    """The protected header. `kid` is a claim until `verify` has returned it."""

    alg: str
    kid: str
    typ: str


def sign(report: Report, signer: Signer, typ: str = REPORT_TYP) -> Envelope:
    """Return the report with its detached JWS."""
    return Envelope(report, sign_payload(report.payload, signer, typ))


def sign_payload(payload: bytes, signer: Signer, typ: str) -> str:
    """Return the detached compact JWS over exactly these bytes. Source: RFC 7797 section 3, RFC 7515 appendix F."""
    protected = _protected(signer.alg, signer.kid, typ)
    return f"{protected}..{b64url(signer.sign(protected.encode() + b'.' + payload))}"


@lru_cache(maxsize=16)
def _protected(alg: str, kid: str, typ: str) -> str:
    """Return the protected header: the same for every report of a key."""
    header = {"alg": alg, "kid": kid, "typ": typ, "b64": False, "crit": ["b64"]}
    return b64url(json.dumps(header, separators=(",", ":")).encode())


def read_header(jws: str) -> Header:
    """Return the protected header of a detached compact JWS without checking the signature.

    Raises:
        NotVerified: It is not a detached compact JWS with exactly the rules of this contract: `b64` false and listed
            in `crit`, nothing else in `crit`, an accepted `alg`, a `kid` and a `typ`.

    Source: RFC 7515 sections 4.1.11 and 5.2, RFC 7797 sections 3 and 6.
    """
    return _header(split_jws(jws)[0])


@lru_cache(maxsize=512)
def _header(protected: str) -> Header:
    """Return a parsed protected header, cached: it is the same in every report of a site."""
    try:
        header = json.loads(unb64url(protected), object_pairs_hook=unique_names)
    except (ValueError, RecursionError, NotVerified):
        raise NotVerified("malformed", "the JWS header is not base64url of a JSON object") from None
    if not isinstance(header, dict):
        raise NotVerified("malformed", "the JWS header is not a JSON object")
    if header.get("crit") != ["b64"] or header.get("b64") is not False:
        raise NotVerified("header", 'the JWS header must say "b64": false and "crit": ["b64"], and no other crit')
    alg, kid, typ = header.get("alg"), header.get("kid"), header.get("typ")
    if not (isinstance(alg, str) and isinstance(kid, str) and isinstance(typ, str)):
        raise NotVerified("header", "the JWS header must have alg, kid and typ")
    if alg not in ALGORITHMS:
        raise NotVerified(
            "algorithm", "alg {alg!r} is not accepted; {known} are", alg=alg[:20], known=" and ".join(ALGORITHMS)
        )
    return Header(alg, kid, typ)


def verify(payload: bytes, jws: str, keys: Mapping[str, PublicKey], typ: str = REPORT_TYP) -> Header:
    """Return the protected header if the signature over exactly these bytes is one of `keys`.

    Args:
        payload: The bytes as received.
        jws: Detached compact JWS.
        keys: Trusted keys, by kid.
        typ: The type that the header must have; a report must not pass for a watermark.

    Raises:
        UnknownKey: The kid is none of `keys`.
        NotVerified: Any other failure, named by `reason`.

    Source: RFC 7515 section 5.2, RFC 8725 sections 3.1 (algorithm bound to the key) and 3.11 (explicit typing).
    """
    header = read_header(jws)
    if header.typ != typ:
        raise NotVerified("typ", "signed as {typ!r} where {typ2!r} is due", typ=header.typ[:40], typ2=typ)
    key = keys.get(header.kid)
    if key is None:
        raise UnknownKey(header.kid)
    if key.alg != header.alg:
        raise NotVerified("algorithm", "alg {alg} with a key for {alg2}", alg=header.alg, alg2=key.alg)
    protected, signature = split_jws(jws)
    if not key.verifies(protected.encode() + b"." + payload, signature):
        raise NotVerified("signature", "the signature does not fit the payload")
    return header


def flatten(payload: bytes, jws: str) -> bytes:
    """Return the flattened JSON form, one line.

    Raises:
        ValueError: The payload is not UTF-8, which a JSON string cannot carry.

    Source: RFC 7515 section 7.2.2, RFC 7797 section 3 (payload as a string).
    """
    protected, _, signature = jws.split(".")
    members = {"payload": payload.decode(), "protected": protected, "signature": signature}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()


def unflatten(data: bytes) -> tuple[bytes, str]:
    """Return payload bytes and detached compact JWS of the flattened form, unverified.

    Raises:
        NotVerified: It is not a flattened JWS. An unprotected `header` member is refused: nobody signed it.
    """
    try:
        members = json.loads(data.decode(), object_pairs_hook=unique_names)
    except (ValueError, RecursionError, NotVerified):
        raise NotVerified("malformed", "not a flattened JWS: not JSON in UTF-8") from None
    if not isinstance(members, dict) or set(members) != {"payload", "protected", "signature"}:
        raise NotVerified("malformed", "not a flattened JWS: it has exactly payload, protected and signature")
    if not all(isinstance(value, str) for value in members.values()):
        raise NotVerified("malformed", "not a flattened JWS: its members are strings")
    try:
        payload = members["payload"].encode()
    except UnicodeEncodeError:
        raise NotVerified("malformed", "not a flattened JWS: the payload has lone surrogates") from None
    return payload, f"{members['protected']}..{members['signature']}"


@lru_cache(maxsize=512)  # reading the header and verifying take the same one apart, and who stores a batch of them
def split_jws(jws: str) -> tuple[str, bytes]:
    """Return protected header and signature of a detached compact JWS, unverified.

    Raises:
        NotVerified: It has not this form.
    """
    parts = jws.split(".") if len(jws) <= _JWS_MAX_CHARS else []
    if len(parts) != 3 or parts[1]:
        raise NotVerified("malformed", "not a detached compact JWS: header, two dots, signature")
    try:
        return parts[0], unb64url(parts[2])
    except ValueError:
        raise NotVerified("malformed", "the JWS signature is not base64url") from None

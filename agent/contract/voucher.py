"""Encodes and parses vouchers: which keys sign for a site, by a lower hub's word to the one above; and refusals. Pure.

A hub that forwards its sites' reports upward passes on bytes and JWS as the site signed them, and the upper hub
verifies the site's own key. That this key is the site's, the lower hub signs: `vss-voucher+json`, retained on the
site's topic `voucher`. Whether this hub may vouch for this site is decided by the upper hub's grants
(`agent/hub/domain/forwarding/grants.py`). What it refuses it answers with the reason, signed
`vss-voucher-refused+json`, on `voucher-refused`: else the lower hub would see that nothing is confirmed, and not why.
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from agent.contract.chain import encode, utc_text
from agent.contract.envelope import VOUCHER_REFUSED_TYP, VOUCHER_TYP, verify
from agent.contract.jwk import PublicKey, public_key
from agent.contract.payload_bounds import read_json, read_time, refuse_other_times
from agent.contract.topics import CITY, SITE_ID
from agent.contract.watermark import is_number
from agent.host.clock import nearest
from agent.model.errors import NotVerified
from agent.model.finding import Json

SCHEMA: Final = "vss-voucher/1"
REFUSED_SCHEMA: Final = "vss-voucher-refused/1"

KEYS_MOST: Final = 32
"""Keys of one site in a voucher, and as many revoked ones."""

_DIVISION = re.compile(r"[0-9]{6}")
_KID = re.compile(r"[A-Za-z0-9_-]{43}")
_WORD = re.compile(r"[a-z][a-z-]{0,63}")


@dataclass(frozen=True, slots=True)
class VouchedKey:
    """A public key of a site; `until`: the last moment at which a message of it may arrive, None: without an end."""

    key: PublicKey
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Voucher:
    """What a hub vouches for: a site, where it lies, its keys, and those that no longer count (`revoked`, thumbprints).

    `number` rises with each voucher of a site. `division`: GB/T 2260, as it counts at the hub that vouches.
    """

    site: str
    city: str
    division: str
    number: int
    keys: tuple[VouchedKey, ...]
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedVoucher:
    """An upper hub's word that a voucher does not count, and why.

    `hub`: thumbprint of the key of the hub that vouched. `number`: the voucher's. `reason`: a word.
    """

    site: str
    city: str
    hub: str
    number: int
    reason: str


def write_voucher(voucher: Voucher, now: datetime) -> bytes:
    """Return the payload that a lower hub signs as `vss-voucher+json`."""
    keys: list[Json] = [
        {"jwk": dict(one.key.jwk), "until": utc_text(one.until) if one.until else None} for one in voucher.keys
    ]
    return encode(
        {
            "schema": SCHEMA,
            "site": voucher.site,
            "city": voucher.city,
            "division": voucher.division,
            "number": voucher.number,
            "ts": utc_text(nearest(now)),
            "keys": keys,
            "revoked": list(voucher.revoked),
        }
    )


def read_voucher(payload: bytes, jws: str, hub_keys: Mapping[str, PublicKey]) -> tuple[Voucher, str]:
    """Return a voucher and the kid of the lower hub that signed it, which is one of `hub_keys`.

    Raises:
        NotVerified: It is not signed so, or is none; `reason` is `payload` or one of `verify`.
    """
    kid = verify(payload, jws, hub_keys, VOUCHER_TYP).kid
    return parse_voucher(payload), kid


def parse_voucher(payload: bytes) -> Voucher:
    """Return what a payload claims, unverified.

    Raises:
        NotVerified: It is no voucher, or breaks a bound of payloads.
    """
    data = read_json(payload)
    try:
        refuse_other_times(data, "voucher")
        return _voucher(data)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("payload", "not a payload of {schema}", schema=SCHEMA) from None


def write_refused_voucher(refused: RefusedVoucher, now: datetime) -> bytes:
    """Return the payload that an upper hub signs as `vss-voucher-refused+json`."""
    return encode({"schema": REFUSED_SCHEMA, **asdict(refused), "ts": utc_text(nearest(now))})


def read_refused_voucher(payload: bytes, jws: str, hub_keys: Mapping[str, PublicKey]) -> RefusedVoucher:
    """Return what an upper hub refuses, whose key is one of `hub_keys`.

    Raises:
        NotVerified: It is not signed so, or says no such thing; `reason` is `payload` or one of `verify`.
    """
    verify(payload, jws, hub_keys, VOUCHER_REFUSED_TYP)
    data = read_json(payload)
    try:
        refused = RefusedVoucher(data["site"], data["city"], data["hub"], data["number"], data["reason"])
        read_time(data["ts"])
        named = SITE_ID.fullmatch(refused.site) and CITY.fullmatch(refused.city) and _KID.fullmatch(refused.hub)
        if data["schema"] != REFUSED_SCHEMA or not named or not is_number(refused.number):
            raise ValueError
        if not _WORD.fullmatch(refused.reason):
            raise ValueError
    except (ValueError, TypeError, KeyError, AttributeError):
        raise NotVerified("payload", "not a payload of {schema}", schema=REFUSED_SCHEMA) from None
    return refused


def _voucher(data: Any) -> Voucher:
    read_time(data["ts"])
    keys = tuple(
        VouchedKey(public_key(one["jwk"]), None if one["until"] is None else read_time(one["until"]))
        for one in _few(data["keys"])
    )
    revoked = tuple(_few(data["revoked"]))
    named = SITE_ID.fullmatch(data["site"]) and CITY.fullmatch(data["city"]) and _DIVISION.fullmatch(data["division"])
    if data["schema"] != SCHEMA or not named or not is_number(data["number"]):
        raise ValueError
    if not all(_KID.fullmatch(kid) for kid in revoked) or len({one.key.kid for one in keys} | set(revoked)) != len(
        keys
    ) + len(revoked):
        raise ValueError  # no key is there twice
    return Voucher(
        site=data["site"],
        city=data["city"],
        division=data["division"],
        number=data["number"],
        keys=keys,
        revoked=revoked,
    )


def _few(value: object) -> list[Any]:
    if not isinstance(value, list) or len(value) > KEYS_MOST:
        raise ValueError
    return value

"""Verifies every stored report anew: its digest, its signature by the key that the site has shown, and its chain.

What `agent/hub/stores/evidence.py` cannot: a row that somebody wrote with fitting digests has no signature. Reads only.
A report whose body was dropped by age has its place in the chain alone.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from agent.contract.chain import digest
from agent.contract.envelope import REPORT_TYP, verify
from agent.contract.signing_keys import PublicKey, public_key
from agent.hub.domain.retention import may_be_dropped
from agent.hub.domain.rows.reports import SignedReport
from agent.hub.domain.view_columns import data_of
from agent.hub.ports.store import Store
from agent.model.errors import NotVerified
from agent.model.finding import Json

SCHEMA: Final = "camwarden-hub-verify/1"
NAMED_MOST: Final = 1000

_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Wrong:
    """A report that does not verify. `what`: `digest`, `key` (it is not here), `signature`, `chain` or `body`.

    `body`: it has none, although none of its age is dropped.
    """

    site: str
    epoch: str
    stream: str
    seq: int
    what: str


def verify_all(store: Store, site: str = "") -> dict[str, Json]:
    """Verify every report of a site, or of all; return how many, and those that do not verify."""
    keys: dict[str, PublicKey | None] = {}
    found: list[Wrong] = []
    last, reports, bodies, newest = 0, 0, 0, store.bodies.newest_arrival()
    while rows := store.reports.signed_after(last, site, _AT_ONCE):
        last = rows[-1].id
        reports += len(rows)
        for one in rows:
            bodies += one.has_body
            found += [
                Wrong(one.site, one.epoch, one.stream, one.seq, what) for what in _wrong(store, keys, one, newest)
            ]
    told: list[Json] = [dict(asdict(one)) for one in found[:NAMED_MOST]]
    return {"schema": SCHEMA, "reports": reports, "bodies": bodies, "wrong": len(found), "rows": told}


def _wrong(store: Store, keys: dict[str, PublicKey | None], one: SignedReport, newest: datetime) -> Iterator[str]:
    """Yield what is wrong with a report; `newest`: when the newest of all came."""
    said_before: object = one.prev
    if one.payload:
        if digest(one.payload) != one.digest:
            yield "digest"
        else:
            said_before = data_of(one.payload).get("prev")
        if one.kid not in keys:
            jwk = store.key(one.kid)
            keys[one.kid] = public_key(dict(jwk)) if jwk is not None else None
        key = keys[one.kid]
        try:
            if key is not None:
                verify(one.payload, one.jws, {key.kid: key}, REPORT_TYP)
        except NotVerified:
            yield "signature"
        if key is None:
            yield "key"
    if (one.has_before and not one.fits) or said_before != one.prev:
        yield "chain"
    if not one.has_body and not may_be_dropped(one.stream, one.arrived_at, newest):
        yield "body"

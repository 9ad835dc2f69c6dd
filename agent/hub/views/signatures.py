"""Verifies every stored report anew: its digest, its signature by the key that the site has shown, and its chain.

What `agent/hub/stores/evidence.py` cannot: a row that somebody wrote with fitting digests has no signature. Reads only.
A report whose body was dropped by age has its place in the chain alone.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from agent.contract.chain import digest
from agent.contract.envelope import REPORT_TYP, verify
from agent.contract.signing_keys import PublicKey, public_key
from agent.hub.domain.retention import may_be_dropped
from agent.hub.domain.view_columns import data_of
from agent.hub.stores.keeping.bodies import newest_arrival
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.keeping.rows import jws_out
from agent.hub.stores.store import Store
from agent.model.errors import NotVerified
from agent.model.finding import Json

SCHEMA: Final = "camwarden-hub-verify/1"
NAMED_MOST: Final = 1000

_AT_ONCE: Final = 500
_ROWS: Final = (
    "SELECT r.id, r.site, r.epoch, r.stream, r.seq, r.digest, r.prev, r.kid, r.protected, r.signature, r.arrived_at,"
    " CAST(r.payload AS BLOB),"
    " (SELECT p.digest FROM report p"
    " WHERE p.site = r.site AND p.epoch = r.epoch AND p.stream = r.stream AND p.seq = r.seq - 1"
    " AND p.digest = r.prev), (SELECT count(*) FROM report p WHERE p.site = r.site AND p.epoch = r.epoch"
    " AND p.stream = r.stream AND p.seq = r.seq - 1) FROM report r WHERE r.id > ? AND ? IN ('', r.site)"
    " ORDER BY r.id LIMIT ?"
)


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
    last, reports, bodies, newest = 0, 0, 0, newest_arrival(store)
    while rows := store.all(_ROWS, last, site, _AT_ONCE):
        last = rows[-1][0]
        reports += len(rows)
        for row in rows:
            bodies += bool(row[11])
            found += [Wrong(row[1], row[2], row[3], row[4], what) for what in _wrong(store, keys, row)]
            if not row[11] and not may_be_dropped(row[3], row[10], newest):
                found.append(Wrong(row[1], row[2], row[3], row[4], "body"))
    told: list[Json] = [dict(asdict(one)) for one in found[:NAMED_MOST]]
    return {"schema": SCHEMA, "reports": reports, "bodies": bodies, "wrong": len(found), "rows": told}


def _wrong(store: Store, keys: dict[str, PublicKey | None], row: tuple[Any, ...]) -> Iterator[str]:
    """Yield what is wrong with a row."""
    *_, stored_digest, prev, kid, protected, signature, _, stored, fitting, before = row
    payload = exact(store, stored)
    says_before = prev
    if payload:
        if digest(payload) != stored_digest:
            yield "digest"
        else:
            says_before = data_of(payload).get("prev")
        if kid not in keys:
            jwk = store.key(kid)
            keys[kid] = public_key(dict(jwk)) if jwk is not None else None
        key = keys[kid]
        try:
            if key is not None:
                verify(payload, jws_out(protected, signature), {key.kid: key}, REPORT_TYP)
        except NotVerified:
            yield "signature"
        if key is None:
            yield "key"
    if (before and fitting is None) or says_before != prev:
        yield "chain"

"""Queries stored reports with what verifies them: digest, key, signature, and whether the one before fits."""

from typing import Final

from agent.hub.domain.rows.reports import SignedReport
from agent.hub.stores.database import Database
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.keeping.rows import jws_out

_ROWS: Final = (
    "SELECT r.id, r.site, r.epoch, r.stream, r.seq, r.digest, r.prev, r.kid, r.protected, r.signature, r.arrived_at,"
    " CAST(r.payload AS BLOB),"
    " (SELECT p.digest FROM report p"
    " WHERE p.site = r.site AND p.epoch = r.epoch AND p.stream = r.stream AND p.seq = r.seq - 1"
    " AND p.digest = r.prev), (SELECT count(*) FROM report p WHERE p.site = r.site AND p.epoch = r.epoch"
    " AND p.stream = r.stream AND p.seq = r.seq - 1) FROM report r WHERE r.id > ? AND ? IN ('', r.site)"
    " ORDER BY r.id LIMIT ?"
)


def signed_after(store: Database, after_id: int, site: str, most: int) -> list[SignedReport]:
    """Return the next reports by id, of a site or of all (empty)."""
    return [
        SignedReport(
            id=number, site=of, epoch=epoch, stream=stream, seq=seq, digest=digest, prev=prev, kid=kid,
            jws=jws_out(protected, signature), arrived_at=arrived_at, has_body=bool(stored),
            payload=exact(store, stored), fits=fitting is not None, has_before=bool(before),
        )
        for number, of, epoch, stream, seq, digest, prev, kid, protected, signature, arrived_at, stored, fitting, before
        in store.all(_ROWS, after_id, site, most)
    ]  # fmt: skip

"""Stores how far an upper hub has confirmed each stream, and queries what it lacks. One SQL for both engines."""

from dataclasses import astuple
from datetime import datetime
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.forwarding.rows import Behind, Confirmed, Forwardable, Lag, Lane, OrderFromAbove, Told
from agent.hub.stores.database import Database
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.keeping.rows import jws_out
from agent.model.finding import Head

_LANES: Final = (
    "FROM chain c JOIN site s ON s.site = c.site LEFT JOIN forwarded f ON f.site = c.site AND f.epoch = c.epoch"
    " AND f.stream = c.stream WHERE c.expected > coalesce(f.seq, 0)"
)
"""Streams of which the upper hub has not confirmed all that the site is known to have made."""

_OF: Final = "SELECT c.site, c.epoch, c.stream, s.city, coalesce(f.seq, 0), c.expected"
_NEXT: Final = (
    "(SELECT min(r.arrived_at) FROM report r WHERE r.site = c.site AND r.epoch = c.epoch AND r.stream = c.stream"
    " AND r.fork = 0 AND r.seq > coalesce(f.seq, 0))"
)
"""When the first of a lane came that the upper hub has not confirmed."""

_LAG: Final = (
    "SELECT coalesce(sum(made), 0), count(DISTINCT site), coalesce(min(first), '') FROM (SELECT c.site AS site,"  # noqa: S608
    f" c.expected - coalesce(f.seq, 0) AS made, {_NEXT} AS first {_LANES} AND EXISTS"
    " (SELECT 1 FROM forward_site w WHERE w.site = c.site AND w.held = '')) lanes WHERE first IS NOT NULL"
)


def behind(store: Database, after: Lane | None, most: int) -> list[Behind]:
    """Return the next lanes, by name, of which not all is confirmed."""
    rows = store.all(
        f"{_OF} {_LANES} AND (c.site, c.epoch, c.stream) > (?, ?, ?) ORDER BY c.site, c.epoch, c.stream LIMIT ?",
        *(after or ("", "", "")),
        most,
    )
    return [Behind(*row) for row in rows]


def of_lane(store: Database, lane: Lane) -> Behind:
    """Return how far a lane is."""
    ((city, made, confirmed),) = store.all(
        "SELECT s.city, coalesce((SELECT c.expected FROM chain c WHERE c.site = ?1 AND c.epoch = ?2 AND c.stream = ?3),"
        " 0), coalesce((SELECT f.seq FROM forwarded f WHERE f.site = ?1 AND f.epoch = ?2 AND f.stream = ?3), 0)"
        " FROM site s WHERE s.site = ?1",
        *lane,
    )
    return Behind(*lane, city, confirmed, made)


def reports(store: Database, lane: Lane, after_seq: int, most: int) -> list[Forwardable]:
    """Return the next stored reports of a lane by number; of a fork the one that counts."""
    rows = store.all(
        "SELECT seq, digest, arrived_at, protected, signature, CAST(payload AS BLOB) FROM report"
        " WHERE site = ? AND epoch = ? AND stream = ? AND seq > ? AND fork = 0 ORDER BY seq LIMIT ?",
        *(*lane, after_seq, most),
    )
    return [
        Forwardable(
            seq=seq, digest=digest, arrived_at=arrived_at, jws=jws_out(protected, signature),
            payload=exact(store, stored) if stored else b"", has_body=bool(stored),
        )
        for seq, digest, arrived_at, protected, signature, stored in rows
    ]  # fmt: skip


def confirmed(store: Database, site: str, epoch: str) -> Confirmed:
    """Return how far the upper hub has confirmed the streams of an epoch."""
    rows = store.all("SELECT stream, seq, digest FROM forwarded WHERE site = ? AND epoch = ?", site, epoch)
    return {stream: Head(seq, digest) for stream, seq, digest in rows}


def keep_confirmed(store: Database, lane: Lane, seq: int, digest: str, now: datetime) -> None:
    """Store how far the upper hub has confirmed a lane, also where that is less than before."""
    store.run(
        "INSERT INTO forwarded (site, epoch, stream, seq, digest, at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT"
        " (site, epoch, stream) DO UPDATE SET seq = excluded.seq, digest = excluded.digest, at = excluded.at",
        *(*lane, seq, digest, utc_text(now)),
    )


def confirmed_at(store: Database, site: str) -> str:
    """Return when the upper hub last confirmed something of a site; empty: never."""
    ((at,),) = store.all("SELECT coalesce(max(at), '') FROM forwarded WHERE site = ?", site)
    return str(at)


def told(store: Database, site: str) -> Told:
    """Return what the upper hub said of a site last."""
    found = store.all("SELECT ack_no, refused FROM forward_site WHERE site = ?", site)
    return Told(*found[0]) if found else Told(0, "")


def keep_told(store: Database, site: str, said: Told) -> None:
    """Store what the upper hub said of a site last."""
    store.run(
        "INSERT INTO forward_site (site, ack_no, refused, held) VALUES (?, ?, ?, '') ON CONFLICT (site) DO UPDATE"
        " SET ack_no = excluded.ack_no, refused = excluded.refused",
        *(site, *said),
    )


def refusals(store: Database, most: int) -> list[tuple[str, str]]:
    """Return forwarded sites of which the upper hub refuses something, by name, each with what it said."""
    return store.all(
        "SELECT site, refused FROM forward_site WHERE refused <> '' AND held = '' ORDER BY site LIMIT ?", most
    )


def left_out(store: Database, most: int) -> list[tuple[str, str]]:
    """Return sites that are not forwarded though nobody chose so, by name, each with what it lacks."""
    return store.all(
        "SELECT site, held FROM forward_site WHERE held NOT IN ('', 'division') ORDER BY site LIMIT ?", most
    )


def mark(store: Database, site: str, held: str) -> None:
    """Store why a site is not forwarded; empty: it is."""
    if store.all("SELECT 1 FROM forward_site WHERE site = ? AND held = ?", site, held):
        return
    store.run(
        "INSERT INTO forward_site (site, ack_no, refused, held) VALUES (?, 0, '', ?) ON CONFLICT (site) DO UPDATE"
        " SET held = excluded.held",
        *(site, held),
    )


def order(store: Database, order_id: str, site: str) -> OrderFromAbove | None:
    """Return an order of the upper hub that was taken up."""
    found = store.all(
        "SELECT id, site, name, at, outcome, answered_at FROM forward_order WHERE id = ? AND site = ?", order_id, site
    )
    return OrderFromAbove(*found[0]) if found else None


def keep_order(store: Database, taken: OrderFromAbove) -> None:
    """Store an order of the upper hub, new or with what became of it."""
    store.run(
        "INSERT INTO forward_order (id, site, name, at, outcome, answered_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT"
        " (id, site) DO UPDATE SET name = excluded.name, at = excluded.at, outcome = excluded.outcome,"
        " answered_at = excluded.answered_at",
        *astuple(taken),
    )


def unanswered(store: Database, most: int) -> list[tuple[OrderFromAbove, bytes, str]]:
    """Return orders that were passed on and that the site has answered since, each with the answer as it signed it."""
    rows = store.all(
        "SELECT o.id, o.site, o.name, o.at, o.outcome, o.answered_at, c.result_payload, c.result_jws"
        " FROM forward_order o JOIN command c ON c.id = o.id AND c.site = o.site"
        " WHERE o.outcome = 'passed' AND o.answered_at = '' AND c.result_jws <> '' ORDER BY o.at, o.id LIMIT ?",
        most,
    )
    return [(OrderFromAbove(*row[:6]), bytes(row[6]), row[7]) for row in rows]


def note_link(store: Database, upper: str, now: datetime, why: str) -> None:
    """Store that the upper hub was reached (no `why`), or since when and why it is not."""
    at = utc_text(now)
    connected, failing = (at, "") if not why else ("", at)
    store.run(
        "INSERT INTO forward_link (id, upper, connected_at, failing_since, why) VALUES (1, ?, ?, ?, ?) ON CONFLICT (id)"
        " DO UPDATE SET upper = excluded.upper, why = excluded.why, connected_at = CASE excluded.connected_at"
        " WHEN '' THEN forward_link.connected_at ELSE excluded.connected_at END, failing_since = CASE"
        " WHEN excluded.failing_since = '' OR forward_link.failing_since = '' THEN excluded.failing_since"
        " ELSE forward_link.failing_since END",
        *(upper, connected, failing, why),
    )


def lag(store: Database) -> Lag | None:
    """Return how far forwarding is behind; None where nothing was ever forwarded."""
    link = store.all("SELECT upper, connected_at, failing_since, why FROM forward_link")
    if not link:
        return None
    ((waiting, sites, oldest),) = store.all(_LAG)
    ((refused, held),) = store.all(
        "SELECT count(CASE WHEN refused <> '' AND held = '' THEN 1 END), count(CASE WHEN held <> '' THEN 1 END)"
        " FROM forward_site"
    )
    ((newest,),) = store.all("SELECT coalesce(max(at), '') FROM forwarded")
    upper, connected_at, failing_since, why = link[0]
    return Lag(
        waiting=waiting,
        sites=sites,
        oldest_at=oldest,
        refused=refused,
        held=held,
        confirmed_at=newest,
        upper=upper,
        connected_at=connected_at,
        failing_since=failing_since,
        why=why,
    )

"""Reads in a few queries what a batch of messages of some sites will ask, when their rows are locked.

One by one these questions would be most of what intake costs with a server. What is not read ahead is asked when it is
needed: an earlier epoch, a stream without a chain, a site that has no row yet.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from agent.contract.chain import STREAMS
from agent.hub.domain.rows.intake import Key
from agent.hub.stores.chains import Chains
from agent.hub.stores.intake.within import Within
from agent.hub.stores.keeping.payloads import Rows
from agent.hub.stores.keeping.rows import ReportRow
from agent.hub.stores.postgres.database import Connected
from agent.hub.stores.postgres.lanes import Lanes
from agent.hub.stores.postgres.rows import arrived_ms, month_of

_SITES: Final = (
    "SELECT site, city, epoch, status, ack_no, EXISTS (SELECT 1 FROM refused_key k WHERE k.site = s.site) AS has_key,"
    " EXISTS (SELECT 1 FROM refused r WHERE r.site = s.site) AS has_report FROM site s WHERE site = ANY(?)"
)
_CHAINS: Final = (
    "SELECT site, epoch, stream, c.seq, c.digest, position_seq, position_digest, broken, expected,"
    " coalesce(n.seq, 0) AS newest, coalesce(encode(n.digest, 'hex'), '') AS newest_digest,"
    " coalesce(n.arrived_at, 0) AS newest_at"
    " FROM chain c JOIN site USING (site, epoch) LEFT JOIN LATERAL (SELECT r.seq, CASE r.fork WHEN 0 THEN r.digest END"
    " AS digest, r.arrived_at FROM lane l JOIN report_row r ON r.lane = l.id WHERE (l.site, l.epoch, l.stream) ="
    " (c.site, c.epoch, c.stream) ORDER BY r.seq DESC, r.fork LIMIT 1) n ON true WHERE site = ANY(?)"
)
_LANES: Final = (
    "SELECT site, epoch, stream, id, base, base_seq FROM lane JOIN site USING (site, epoch) WHERE site = ANY(?)"
)
_TOLD: Final = "SELECT site, division FROM division_told WHERE site = ANY(?)"
_KEYS: Final = "SELECT to_json(array_agg(kid)), to_json(array_agg(jwk)) FROM key WHERE site = ANY(?)"


class Newest(NamedTuple):
    """The stored report with the highest number of a chain. `arrived_ms`: since 1970."""

    seq: int
    digest: str
    arrived_ms: int

    def precedes(self, row: ReportRow) -> bool:
        """Return whether a report comes behind it, in the same month: then its row need not repeat the digest."""
        same_month = month_of(self.arrived_ms) == month_of(arrived_ms(row))
        return (self.seq, self.digest) == (row.seq - 1, row.prev) and same_month


_OVER: Final = ("disconnected", "lost")
_NONE: Final = Newest(0, "", 0)


def read(to: Connected, sites: list[str], within: Within, chains: Chains, lanes: Lanes) -> dict[Key, Newest]:
    """Fill what is known within the open transaction; return the stored report with the highest number of each chain.

    Its digest is empty where all under that number are forks, or there is none; so it is with number 0 where a stream
    of the site's epoch has no lane yet, and therefore no report.
    """
    for site, city, epoch, status, ack_no, has_refused_key, has_refused in to.rows_of_sites(_SITES, sites):
        within.met.add((site, epoch))
        within.lives[site] = city, epoch
        within.ack_nos[site] = ack_no
        if status not in _OVER:
            within.connected[site] = epoch
        if not has_refused_key:
            within.no_refused_key.add(site)
        if not has_refused:
            within.no_refused.add(site)
    within.divisions.update((site, division) for site, division in to.rows_of_sites(_TOLD, sites))
    rows = to.rows_of_sites(_CHAINS, sites)
    chains.learn(within.met, rows)
    lanes.learn(to.rows_of_sites(_LANES, sites))
    found: dict[Key, Newest] = {(row[0], row[1], row[2]): Newest(*row[-3:]) for row in rows}
    for site, epoch in within.met:
        for stream in STREAMS:
            if (key := (site, epoch, stream)) not in lanes.known:
                found.setdefault(key, _NONE)
    return found


def keys(rows: Rows, sites: list[str]) -> dict[str, Mapping[str, str]]:
    """Return the public keys that sites have shown, by their thumbprints: a worker that starts has none of them."""
    ((kids, shown),) = rows.all(_KEYS, sites)
    return dict(zip(kids or (), shown or (), strict=True))

"""Queries the hub's database for people: status, silence, metrics, cases. Reads only, decides nothing.

Each statement runs by itself, so that a reader beside the hub never holds it up.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from agent.contract.chain import utc_text
from agent.hub.domain.rows.reports import CaseRow, ConfigRow, Finding, StoredReport
from agent.hub.domain.rows.sites import EVERY, ChainRow, Names, SiteRow, WaitingRow
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores.case_columns import FINDING
from agent.hub.stores.database import Database
from agent.hub.stores.intake.holes import absent
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.keeping.rows import config_out, jws_out
from agent.hub.stores.reading import scoped
from agent.model.finding import StreamName
from agent.verify.message import Gap

_OF_CHAIN = "site = ? AND epoch = ? AND stream = ?"
# By epoch, so that the index leads to the configuration reports: there are a hundred others a day.
_CONFIGS = (
    "epoch e CROSS JOIN report r ON r.site = e.site AND r.epoch = e.epoch AND r.stream = 'config' AND r.fork = 0"
    " AND r.seal IS NOT NULL WHERE e.site = ?"
)
_TOLD = (
    "FROM report r JOIN telling_finding t ON t.report_id = r.id JOIN finding f ON f.id = t.finding_id WHERE r.site = ?"
    " AND r.epoch = ? AND r.stream = ? AND r.seq BETWEEN ? AND ? AND r.fork = 0"
)


def site_rows(
    store: Database, only: str | None = None, names: Names = EVERY, scope: Scope = EVERYTHING
) -> list[SiteRow]:
    """Return every site of a page that may be seen, by name, or the one of that name."""
    condition, values = scoped.of_site(scope, "site.site")
    columns = "site, city, epoch, connection_no, status, state_at, arrived_at, health_at, next_due_at, kid, confirm"
    made_at = (
        "SELECT made_at FROM report r WHERE r.site = site.site"
        " AND r.epoch = site.epoch AND r.stream = 'health' AND r.fork = 0 ORDER BY r.seq DESC LIMIT 1"
    )
    rows = store.all(
        f"SELECT {columns}, protocol, coalesce(({made_at}), '') FROM site WHERE site BETWEEN ? AND ?"  # noqa: S608
        f" AND {condition} ORDER BY site",
        *(names if only is None else (only, only)),
        *values,
    )
    return [SiteRow(*row) for row in rows]


def chain_rows(store: Database, site: str | None = None, names: Names = EVERY) -> list[ChainRow]:
    """Return the chains of a site, or of all of a page."""
    rows = store.all(
        "SELECT site, epoch, stream, seq, position_seq, broken, expected FROM chain WHERE site BETWEEN ? AND ?"
        " ORDER BY site, epoch, stream",
        *(names if site is None else (site, site)),
    )
    return [ChainRow(*row) for row in rows]


def waiting_rows(store: Database, names: Names = EVERY) -> list[WaitingRow]:
    """Return what waits for keys to be trusted, by site and in the order of arrival."""
    rows = store.all(
        "SELECT w.site, w.kid, count(*), min(w.arrived_at), k.kid IS NOT NULL FROM waiting w"
        " LEFT JOIN key k ON k.kid = w.kid WHERE w.site BETWEEN ? AND ?"
        " GROUP BY w.site, w.kid, k.kid ORDER BY w.site, min(w.id)",
        *names,
    )
    return [WaitingRow(site, kid, number, since, bool(shown)) for site, kid, number, since, shown in rows]


def waiting_reports(store: Database) -> int:
    """Return how many reports wait for keys to be trusted, without state messages."""
    ((number,),) = store.all("SELECT count(*) FROM waiting WHERE topic NOT LIKE '%/state'")
    return int(number)


def missing_runs(store: Database, chain: ChainRow) -> list[tuple[int, int]]:
    """Return the runs of numbers that are neither stored nor explained, up to what the site is known to have made."""
    if chain.position >= chain.expected:
        return []
    return absent(store, chain.site, chain.epoch, chain.stream, chain.position, chain.expected)


def gap_rows(store: Database, site: str) -> list[Gap]:
    """Return the runs of gap records, and those confirmed before a hub lost its database, even if they came again."""
    rows = store.all(
        "SELECT epoch, stream, from_seq, to_seq, reason, last_digest FROM gap WHERE site = ?"
        " ORDER BY epoch, stream, from_seq",
        site,
    )
    return [
        Gap(epoch, stream, first, last, last - first + 1, reason, digest)
        for epoch, stream, first, last, reason, digest in rows
    ]


def absent_rows(store: Database, site: str) -> list[Gap]:
    """Return the explained runs again, without what has come all the same."""
    rows: list[Gap] = []
    for gap in gap_rows(store, site):
        runs = [(gap.from_seq, gap.to_seq)]
        if gap.reason == "confirmed-before":
            runs = absent(store, site, gap.epoch, gap.stream, gap.from_seq - 1, gap.to_seq)
        rows += [replace(gap, from_seq=first, to_seq=last, count=last - first + 1) for first, last in runs]
    return rows


def counts(store: Database, names: Names = EVERY) -> dict[str, dict[str, int]]:
    """Return the counters by site; the empty site is for what names none."""
    by_site: dict[str, dict[str, int]] = {}
    for site, name, number in store.all("SELECT site, name, n FROM count WHERE site BETWEEN ? AND ?", *names):
        by_site.setdefault(site, {})[name] = number
    return by_site


def confirmed_counts(store: Database, names: Names = EVERY) -> dict[str, int]:
    """Return how many reports up to the watermarks came, by site.

    Below a watermark nothing is missing that no gap explains: only where there is one, reports are counted one by one.
    """
    rows = store.all(
        "SELECT c.site, sum(CASE WHEN EXISTS (SELECT 1 FROM gap g"
        " WHERE g.site = c.site AND g.epoch = c.epoch AND g.stream = c.stream) THEN (SELECT count(*) FROM report r"
        " WHERE r.site = c.site AND r.epoch = c.epoch AND r.stream = c.stream AND r.seq <= c.seq AND r.fork = 0)"
        " ELSE c.seq END) FROM chain c WHERE c.site BETWEEN ? AND ? GROUP BY c.site",
        *names,
    )
    return {site: int(number) for site, number in rows}


def chains_with_holes(store: Database) -> list[ChainRow]:
    """Return the chains behind whose place the site is known to have made more."""
    rows = store.all(
        "SELECT site, epoch, stream, seq, position_seq, broken, expected FROM chain WHERE position_seq < expected"
    )
    return [ChainRow(*row) for row in rows]


def epochs(store: Database, site: str) -> list[tuple[str, str, str]]:
    """Return name, time of first arrival and verdict of a site's epochs, in the order in which they were met."""
    return store.all("SELECT epoch, first_at, verdict FROM epoch WHERE site = ? ORDER BY first_at, epoch", site)


def report_times(store: Database, site: str, stream: StreamName) -> list[tuple[str, int, str]]:
    """Return epoch, number and the site's own time (empty: invalid) of each report of a stream, without later forks."""
    return store.all(
        "SELECT epoch, seq, made_at FROM report WHERE site = ? AND stream = ? AND fork = 0 AND made_at IS NOT NULL",
        *(site, stream),
    )


def report_id_at(store: Database, site: str, epoch: str, stream: str, seq: int) -> tuple[int, str] | None:
    """Return id and digest of the report under a number; `epoch` empty: of the one that the site lives in."""
    rows = store.all(
        "SELECT id, digest FROM report WHERE site = ? AND stream = ? AND seq = ? AND fork = 0"
        " AND epoch = coalesce(nullif(?, ''), (SELECT epoch FROM site WHERE site = report.site))",
        *(site, stream, seq, epoch),
    )
    return rows[0] if rows else None


def digest_by_id(store: Database, report_id: int) -> str:
    """Return the digest of a stored report; empty where it is no longer here."""
    rows = store.all("SELECT digest FROM report WHERE id = ?", report_id)
    return str(rows[0][0]) if rows else ""


def stored_reports(
    store: Database, site: str, epoch: str, stream: StreamName, first: int, last: int
) -> Iterator[StoredReport]:
    """Yield the reports of a run, forks too, by number."""
    columns = "epoch, stream, seq, digest, fork, kid, arrived_at, protected, signature, payload"
    where = f"{_OF_CHAIN} AND seq BETWEEN ? AND ? ORDER BY seq, fork, digest"
    rows = store.all(f"SELECT {columns} FROM report WHERE {where}", site, epoch, stream, first, last)  # noqa: S608
    for *place, digest, fork, kid, arrived_at, protected, signature, payload in rows:
        jws, body = jws_out(protected, signature), exact(store, payload)
        yield StoredReport(place[0], place[1], place[2], digest, bool(fork), kid, arrived_at, jws, body)


def case_rows(
    store: Database, site: str, epoch: str, stream: StreamName, first: int, last: int, check: str
) -> list[CaseRow]:
    """Return the columns of the reports of a run, by number; without forks and unreadable ones."""
    run = (site, epoch, stream, first, last)
    found: dict[int, list[Finding]] = {}
    columns = ", ".join(f"f.{name}" for name in FINDING.split(", "))
    for seq, *row in store.all(f"SELECT r.seq, {columns} {_TOLD} AND f.check_id = ? ORDER BY f.id", *run, check):
        found.setdefault(seq, []).append(Finding(*row))
    rows = store.all(
        "SELECT seq, made_at, clock_synced, due_at, event_head"
        " FROM report WHERE site = ? AND epoch = ? AND stream = ?"
        " AND seq BETWEEN ? AND ? AND fork = 0 AND made_at <> '' ORDER BY seq",
        *run,
    )
    return [
        CaseRow(seq, made_at, bool(synced), due_at, head, tuple(found.get(seq, ())))
        for seq, made_at, synced, due_at, head in rows
    ]


def checks_reported(store: Database, site: str, epoch: str, stream: StreamName, first: int, last: int) -> set[str]:
    """Return the checks with findings in the reports of a run."""
    rows = store.all(f"SELECT DISTINCT f.check_id {_TOLD}", site, epoch, stream, first, last)
    return {check for (check,) in rows}


def config_ends(store: Database, site: str, within: timedelta) -> tuple[ConfigRow, ConfigRow] | None:
    """Return a site's newest configuration report after the oldest `within` it, by arrival; None where it is alone."""
    newest = _newest_config(store, site)
    if newest is None:
        return None
    number, arrived_at, row = newest
    since = utc_text(datetime.fromisoformat(arrived_at) - within)
    earlier = store.all(
        f"SELECT r.epoch, made_at, config FROM {_CONFIGS} AND arrived_at >= ? AND id <> ?"  # noqa: S608
        " ORDER BY arrived_at, id LIMIT 1",
        *(site, since, number),
    )
    return (_config_row(*earlier[0]), row) if earlier else None


def newest_config(store: Database, site: str) -> ConfigRow | None:
    """Return a site's newest configuration report, by time of arrival; None where there is none."""
    newest = _newest_config(store, site)
    return newest[2] if newest else None


def _newest_config(store: Database, site: str) -> tuple[int, str, ConfigRow] | None:
    """Return row number, time of arrival, and the report."""
    rows = store.all(
        f"SELECT id, arrived_at, r.epoch, made_at, config FROM {_CONFIGS}"  # noqa: S608
        " ORDER BY arrived_at DESC, id DESC LIMIT 1",
        site,
    )
    return (rows[0][0], rows[0][1], _config_row(*rows[0][2:])) if rows else None


def _config_row(epoch: str, made_at: str, stored: bytes | str) -> ConfigRow:
    return ConfigRow(epoch, made_at, config_out(stored))

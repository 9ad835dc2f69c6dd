"""Queries accepted reports for the hub's log, in the order of their ids: that of their commits."""

from agent.hub.domain.rows.reports import AcceptedReport
from agent.hub.stores.database import Database


def accepted_after(store: Database, after_id: int, most: int) -> list[AcceptedReport]:
    """Return the next accepted reports."""
    rows = store.all(
        "SELECT id, site, city, epoch, stream, seq, digest, coalesce(size, 0)"
        " FROM report LEFT JOIN log_held USING (site) WHERE id > ? ORDER BY id LIMIT ?",
        *(after_id, most),
    )
    return [AcceptedReport(*row) for row in rows]


def count_after(store: Database, after_id: int) -> tuple[int, str]:
    """Return how many reports follow one, and when the first of them came; empty where there is none."""
    ((count,),) = store.all("SELECT count(*) FROM report_row WHERE id > ?", after_id)
    first = store.all("SELECT arrived_at FROM report WHERE id > ? ORDER BY id LIMIT 1", after_id)
    return int(count), str(first[0][0]) if first else ""


def newest_id(store: Database) -> int:
    """Return the id of the newest report; 0 where there is none."""
    ((newest,),) = store.all("SELECT coalesce(max(id), 0) FROM report_row")
    return int(newest)

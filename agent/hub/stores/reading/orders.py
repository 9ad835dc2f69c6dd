"""Queries the orders that were given, and the policies in force."""

from agent.hub.domain.rows.orders import OrderRow
from agent.hub.stores.database import Database


def given_orders(store: Database, site: str | None) -> list[OrderRow]:
    """Return the orders of a site, or of all, oldest first."""
    statement = "SELECT id, site, name, created_at, expires_at, sent_at, status, reason, result_at FROM command"
    if site is None:
        return [OrderRow(*row) for row in store.all(f"{statement} ORDER BY created_at, id")]
    return [OrderRow(*row) for row in store.all(f"{statement} WHERE site = ? ORDER BY created_at, id", site)]


def policies_shown(store: Database) -> list[tuple[str, int, int, str]]:
    """Return of each site that was sent, or reports, a policy: the version sent, the one in force, what it refused."""
    return store.all(
        "SELECT s.site, coalesce(d.version, 0), coalesce(r.version, 0), coalesce(r.refused, '')"
        " FROM (SELECT site FROM desired UNION SELECT site FROM reported) s"
        " LEFT JOIN (SELECT site, max(version) AS version FROM desired GROUP BY site) d ON d.site = s.site"
        " LEFT JOIN reported r ON r.site = s.site"
    )

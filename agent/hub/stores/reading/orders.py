"""Queries the orders that were given, and the policies in force."""

from agent.hub.domain.rows.orders import OrderRow
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores.database import Database
from agent.hub.stores.reading import scoped


def given_orders(store: Database, site: str | None, scope: Scope = EVERYTHING) -> list[OrderRow]:
    """Return the orders of a site, or of all sites, that may be seen, oldest first."""
    condition, values = scoped.of_site(scope, "site")
    if site is not None:
        condition, values = f"{condition} AND site = ?", [*values, site]
    rows = store.all(
        "SELECT id, site, name, created_at, expires_at, sent_at, status, reason, result_at FROM command"  # noqa: S608
        f" WHERE {condition} ORDER BY created_at, id",
        *values,
    )
    return [OrderRow(*row) for row in rows]


def policies_shown(store: Database) -> list[tuple[str, int, int, str]]:
    """Return of each site that was sent, or reports, a policy: the version sent, the one in force, what it refused."""
    return store.all(
        "SELECT s.site, coalesce(d.version, 0), coalesce(r.version, 0), coalesce(r.refused, '')"
        " FROM (SELECT site FROM desired UNION SELECT site FROM reported) s"
        " LEFT JOIN (SELECT site, max(version) AS version FROM desired GROUP BY site) d ON d.site = s.site"
        " LEFT JOIN reported r ON r.site = s.site"
    )

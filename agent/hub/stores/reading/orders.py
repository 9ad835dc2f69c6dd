"""Queries the orders that were given, page by page, and the policies in force."""

from typing import Final

from agent.hub.domain.rows.orders import OrderRow
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores.database import ALL, Database
from agent.hub.stores.reading import scoped

STEP: Final = "CREATE INDEX IF NOT EXISTS command_created ON command (created_at, id)"
"""The order of pages."""


def given_orders(
    store: Database, site: str | None, scope: Scope = EVERYTHING, behind: tuple[str, str] = ("", ""), most: int = -1
) -> list[OrderRow]:
    """Return the orders of a site, or of all sites, that may be seen, oldest first.

    `behind`: only those behind this time and id. `most`: at most so many; -1: all.
    """
    condition, values = _of(site, scope)
    rows = store.all(
        "SELECT id, site, name, created_at, expires_at, sent_at, status, reason, result_at FROM command"  # noqa: S608
        f" WHERE (created_at, id) > (?, ?) AND {condition} ORDER BY created_at, id LIMIT ?",
        *(*behind, *values, most if most >= 0 else ALL),
    )
    return [OrderRow(*row) for row in rows]


def count_orders(store: Database, site: str | None, scope: Scope = EVERYTHING) -> int:
    """Return how many orders of a site, or of all sites, may be seen."""
    condition, values = _of(site, scope)
    ((number,),) = store.all(f"SELECT count(*) FROM command WHERE {condition}", *values)  # noqa: S608
    return int(number)


def policies_shown(
    store: Database, site: str | None = None, scope: Scope = EVERYTHING
) -> list[tuple[str, int, int, str]]:
    """Return of each site that may be seen, and was sent or reports a policy: versions sent and in force, and refused.

    By name; `site`: of this one alone.
    """
    condition, values = _of(site, scope)
    return store.all(
        "SELECT site, (SELECT coalesce(max(d.version), 0) FROM desired d WHERE d.site = s.site),"  # noqa: S608
        " coalesce(r.version, 0), coalesce(r.refused, '')"
        " FROM (SELECT site FROM desired UNION SELECT site FROM reported) s LEFT JOIN reported r USING (site)"
        f" WHERE {condition} ORDER BY site",
        *values,
    )


def _of(site: str | None, scope: Scope) -> scoped.Condition:
    condition, values = scoped.of_site(scope, "site")
    return (condition, values) if site is None else (f"{condition} AND site = ?", [*values, site])

"""Limits queries to what a person may see: the conditions of a `Scope`, as `agent/hub/domain/scope.py` decides it.

Every condition is joined to others by AND, and is false where a scope names nothing.
"""

from typing import Final

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.scope import Scope, SitePlace, below
from agent.hub.stores.database import Database

Condition = tuple[str, list[str]]
"""SQL with a mark for each of its values."""

_LIES_IN: Final = "SELECT site FROM site_division WHERE standing = '{}' AND division >= ? AND division < ?"
"""`main`: the division that counts; `also`: others that the site told, and nobody has decided on."""

DIVISIONS: Final = "SELECT division FROM site_division WHERE site = ? ORDER BY standing DESC, division"
"""Those in which a site may be seen, the one that counts first."""

MAIN: Final = "site_division d ON d.site = s.site AND +d.standing = 'main'"
"""Joins the division that counts for a site `s`. The sign keeps SQLite from looking through every main one for each."""

_STATUSES: Final = ", ".join(f"'{status}'" for status in OPEN)


def of_site(scope: Scope, column: str) -> Condition:
    """Return the condition under which the site that a column names may be seen."""
    if scope.everything:
        return "1 = 1", []
    parts, values = _of_names(scope, column)
    for division in filter(None, scope.divisions):
        parts.append(f"{column} IN ({_LIES_IN.format('main')} UNION ALL {_LIES_IN.format('also')})")
        values += below(division) * 2
    return _any(parts), values


def has_others(store: Database, scope: Scope) -> bool:
    """Return whether a site that counts elsewhere may be seen because it told one of these divisions as well."""
    some = f"{_LIES_IN.format('also')} LIMIT 1"
    return any(store.all(some, *below(division)) for division in filter(None, scope.divisions))


def of_finding(store: Database, scope: Scope, table: str, status: str = "") -> Condition:
    """Return the condition under which an open finding may be seen.

    `table`: the name of `finding_now` in the query. `status`: the one that all of them have, which SQLite then looks up
    together with each binding, by an index; empty: any.
    """
    if scope.everything:
        return "1 = 1", []
    parts, values = _of_operators(scope, f"{table}.site")
    within, of_status = (f"{table}.status = ? AND ", [status]) if status else ("", [])
    for division in filter(None, scope.divisions):
        parts.append(f"({within}{table}.division >= ? AND {table}.division < ?)")
        values += [*of_status, *below(division)]
        if has_others(store, Scope(divisions=(division,))):  # else an index has just what is asked for
            parts.append(f"{table}.site IN ({_LIES_IN.format('also')})")
            values += below(division)
    if scope.maintainers:
        marks = _marks(scope.maintainers)
        parts.append(f"({within}{table}.maintainer IN ({marks}))")
        parts.append(
            f"({table}.site, {table}.check_id, {table}.subject) IN (SELECT site, check_id, subject FROM word"  # noqa: S608
            f" WHERE ended_at = '' AND assignee <> '' AND assignee IN ({marks}))"
        )
        values += [*of_status, *scope.maintainers * 2]
    return _any(parts), values


def may_see(store: Database, scope: Scope, site: str) -> bool:
    """Return whether a site is known here and may be seen."""
    condition, values = of_site(scope, "s.site")
    return bool(store.all(f"SELECT 1 FROM site s WHERE s.site = ? AND ({condition})", site, *values))  # noqa: S608


def sites_seen(store: Database, scope: Scope) -> frozenset[str]:
    """Return the known sites that may be seen."""
    condition, values = of_site(scope, "s.site")
    return frozenset(site for (site,) in store.all(f"SELECT s.site FROM site s WHERE {condition}", *values))  # noqa: S608


def may_see_finding(store: Database, scope: Scope, finding: tuple[str, str, str]) -> bool:
    """Return whether a site has this open finding, and it may be seen. `finding`: site, check, subject."""
    condition, values = of_finding(store, scope, "f")
    where = f"f.site = ? AND f.check_id = ? AND f.subject = ? AND ({condition})"
    return bool(store.all(f"SELECT 1 FROM finding_now f WHERE {where}", *finding, *values))  # noqa: S608


def place_of_site(store: Database, site: str) -> SitePlace:
    """Return where a site belongs, for `allowed`."""
    divisions = store.all(DIVISIONS, site)
    operators = store.all("SELECT name FROM operator WHERE site = ?", site)
    names = store.all(
        "SELECT maintainer FROM finding_now WHERE site = ?1 AND maintainer <> ''"
        " UNION SELECT assignee FROM word WHERE site = ?1 AND ended_at = '' AND assignee <> ''",
        site,
    )
    return SitePlace(
        tuple(division for (division,) in divisions),
        operators[0][0] if operators else "",
        tuple(name for (name,) in names),
    )


def _of_names(scope: Scope, column: str) -> tuple[list[str], list[str]]:
    """Return the conditions of the site that a column names, but for divisions, and their values."""
    parts, values = _of_operators(scope, column)
    if scope.maintainers:
        marks = _marks(scope.maintainers)
        parts.append(
            f"{column} IN (SELECT site FROM finding_now WHERE status IN ({_STATUSES}) AND maintainer IN ({marks}))"  # noqa: S608
        )
        parts.append(f"{column} IN (SELECT site FROM word WHERE ended_at = '' AND assignee IN ({marks}))")  # noqa: S608
        values += scope.maintainers * 2
    return parts, values


def _of_operators(scope: Scope, column: str) -> tuple[list[str], list[str]]:
    if not scope.operators:
        return [], []
    marks = _marks(scope.operators)
    return [f"{column} IN (SELECT site FROM operator WHERE name IN ({marks}))"], list(scope.operators)  # noqa: S608


def _marks(values: tuple[str, ...]) -> str:
    return ", ".join("?" * len(values))


def _any(parts: list[str]) -> str:
    return f"({' OR '.join(parts)})" if parts else "1 = 0"

"""Queries the current tables: open findings, one site, and what fails at many boxes of one kind. Reads only.

No body is read here: `agent/hub/stores/current.py` has written everything at intake.
"""

from dataclasses import fields
from typing import Final

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import (
    FindingRow,
    FleetRow,
    Place,
    Repaired,
    SiteFacts,
    Stretch,
    Wanted,
)
from agent.hub.domain.scope import below
from agent.hub.stores.database import ALL, Database
from agent.hub.stores.intake import places
from agent.hub.stores.reading import scoped

_SORTED_MOST: Final = 5000

_OF_FINDING: Final = (
    "{0}.site = f.site AND {0}.check_id = f.check_id AND {0}.subject = f.subject AND {0}.kind = '{1}'"
    " AND {0}.ended_at = ''"
)
_COMMENTS: Final = f"(SELECT count(*) FROM word c WHERE {_OF_FINDING.format('c', 'comment')})"  # noqa: S608
_LISTED: Final = (
    "f.site, f.division, f.check_id, f.subject, f.status, f.reason, f.severity, f.level, f.message, f.caused_by,"
    " f.model, f.firmware, f.maintainer, f.since, s.made_at, coalesce(o.name, ''),"
    " coalesce(a.said_by, ''), coalesce(a.until, ''), coalesce(t.assignee, ''), coalesce(t.until, ''),"
    f" {_COMMENTS}, coalesce(p.said_by, ''), coalesce(p.until, '')"
)
_SAID: Final = (
    f" LEFT JOIN operator o ON o.site = f.site LEFT JOIN word a ON {_OF_FINDING.format('a', 'acknowledged')}"
    f" LEFT JOIN word t ON {_OF_FINDING.format('t', 'assigned')}"
    f" LEFT JOIN word p ON {_OF_FINDING.format('p', 'planned')}"
)


_FLEET_NAMES: Final = ", ".join(field.name for field in fields(FleetRow) if field.name != "check")


def findings(store: Database, wanted: Wanted, after: Place | None = None, most: int = -1) -> list[FindingRow]:
    """Return the wanted open findings: fails first, then by check, site and subject.

    Args:
        store: The hub's.
        wanted: Which ones.
        after: Only what stands behind this one, which itself may be over meanwhile; None: from the first on.
        most: At most so many; -1: all.
    """
    names = [field.name for field in fields(FindingRow)]
    found: list[FindingRow] = []
    for status in _statuses(wanted):
        if after is not None and OPEN.index(status) < OPEN.index(after.status):
            continue
        path = _path(store, wanted, status)
        where, values = _where(store, wanted, status, path)
        if after is not None and status == after.status:
            where += " AND (f.check_id, f.site, f.subject) > (?, ?, ?)"
            values += [after.check, after.site, after.subject]
        rows = store.all(
            # The keys are sorted in an index; whole rows are read of one page alone.
            f"SELECT {_LISTED} FROM (SELECT f.site, f.check_id, f.subject FROM finding_now f {path} WHERE {where}"  # noqa: S608
            f" ORDER BY f.check_id, f.site, f.subject LIMIT ?) k CROSS JOIN finding_now f ON f.site = k.site"
            f" AND f.check_id = k.check_id AND f.subject = k.subject CROSS JOIN site_now s ON s.site = f.site {_SAID}"
            " ORDER BY f.check_id, f.site, f.subject",
            *values,
            most - len(found) if most >= 0 else ALL,
        )
        found += [FindingRow(**dict(zip(names, row, strict=True))) for row in rows]
        if len(found) == most:
            break
    return found


def total(store: Database, wanted: Wanted) -> int:
    """Return how many open findings are wanted."""
    return sum(_count(store, wanted, status) for status in _statuses(wanted))


def _count(store: Database, wanted: Wanted, status: str) -> int:
    path = _index(store, wanted)
    where, values = _where(store, wanted, status, path)
    ((count,),) = store.all(f"SELECT count(*) FROM finding_now f {path} WHERE {where}", *values)  # noqa: S608
    return int(count)


def _index(store: Database, wanted: Wanted) -> str:
    """Return the index that leaves least of what is not wanted: SQLite does not know how many rows a filter leaves."""
    if wanted.site:
        return ""  # the primary key
    if wanted.model or wanted.maintainer:
        return "INDEXED BY finding_now_model" if wanted.model else "INDEXED BY finding_now_maintainer"
    if not wanted.scope.everything:
        # One for each binding; where sites that count elsewhere may be seen too, their rows would be sorted out first.
        return "INDEXED BY finding_now_order" if scoped.has_others(store, wanted.scope) else ""
    if wanted.check or not (wanted.division or wanted.since):
        return "INDEXED BY finding_now_order"
    return "INDEXED BY finding_now_division" if wanted.division else "INDEXED BY finding_now_since"


def _path(store: Database, wanted: Wanted, status: str) -> str:
    """Return the index by which a page is read: that of a filter which leaves few, else that of the order."""
    index = _index(store, wanted)
    sorts = index.endswith(("division", "since")) or not (index or wanted.site)
    if sorts and _count(store, wanted, status) > _SORTED_MOST:
        return "INDEXED BY finding_now_order"
    return index


def fleet(store: Database, check: str, model: str, least: int) -> list[FleetRow]:
    """Return what fails at `least` subjects or more of one model and firmware, the largest share first.

    `check` and `model`, empty: any. A box whose site does not know its model is in no row.
    """
    rows = store.all(
        f"SELECT check_id, {_FLEET_NAMES} FROM ("  # noqa: S608  our own columns
        " SELECT check_id, model, firmware, count(*) AS failing, count(DISTINCT site) AS sites_failing FROM finding_now"
        " WHERE status = 'fail' AND model <> '' AND (?1 = '' OR check_id = ?1) AND (?2 = '' OR model = ?2)"
        " GROUP BY check_id, model, firmware HAVING count(*) >= ?3"
        ") f JOIN (SELECT check_id, model, firmware, sum(subjects) AS subjects, count(*) AS sites FROM judged_now"
        " WHERE (?1 = '' OR check_id = ?1) AND (?2 = '' OR model = ?2) GROUP BY check_id, model, firmware"
        ") j USING (check_id, model, firmware) ORDER BY 1.0 * failing / subjects DESC, failing DESC, check_id, model",
        *(check, model, least),
    )
    names = ("check", *_FLEET_NAMES.split(", "))
    return [FleetRow(**dict(zip(names, row, strict=True))) for row in rows]


def repaired(store: Database, since: str, check: str, division: str) -> list[Repaired]:
    """Return how long fails lasted, those first of which most ended, without those whose clock went back.

    Args:
        store: The hub's.
        since: That ended at this time or later, RFC 3339 in UTC.
        check: Of this one; empty: of each.
        division: Of sites in it, or below it; empty: anywhere.
    """
    low, high = below(division)
    rows = store.all(
        "SELECT check_id, count(*), avg(lasted_s), max(lasted_s), (SELECT count(*) FROM finding_now f"
        " WHERE f.status = 'fail' AND f.check_id = h.check_id AND f.division >= ?3 AND f.division < ?4) FROM ("
        " SELECT check_id, (julianday(to_at) - julianday(from_at)) * 86400 AS lasted_s FROM finding_history"
        " WHERE to_at <> '' AND to_at >= ?1 AND status = 'fail' AND from_at <= to_at AND (?2 = '' OR check_id = ?2)"
        " AND (?5 = '' OR site IN (SELECT site FROM site_division"
        " WHERE standing = 'main' AND division >= ?3 AND division < ?4))"
        ") h GROUP BY check_id ORDER BY 2 DESC, check_id",
        *(since, check, low, high, division),
    )
    return [Repaired(*row) for row in rows]


def site_facts(store: Database, site: str) -> SiteFacts | None:
    """Return a site by its newest configuration report; None for one of which nothing verified has come."""
    rows = store.all(
        "SELECT s.site, coalesce(d.division, ''), coalesce(n.made_at, ''), coalesce(n.cameras, 0),"  # noqa: S608
        f" coalesce(n.division, '') FROM site s LEFT JOIN site_now n ON n.site = s.site LEFT JOIN {scoped.MAIN}"
        " WHERE s.site = ?",
        site,
    )
    boxes = store.all(
        "SELECT device, manufacturer, model, firmware FROM device_now WHERE site = ? ORDER BY device", site
    )
    if not rows:
        return None
    ((name, division, made_at, cameras, told),) = rows
    return SiteFacts(
        site=name, division=division, division_told=told, division_said_by=places.said_by(store, site),
        made_at=made_at, cameras=cameras, devices=tuple(boxes),
    )  # fmt: skip


def history(store: Database, site: str, most: int) -> list[Stretch]:
    """Return the newest stretches of a site's findings, at most so many; those that last come first."""
    rows = store.all(
        "SELECT check_id, subject, status, reason, from_at, to_at FROM finding_history WHERE site = ?"
        " ORDER BY to_at <> '', from_at DESC, id DESC LIMIT ?",
        *(site, most),
    )
    return [Stretch(*row) for row in rows]


def _statuses(wanted: Wanted) -> tuple[str, ...]:
    return (wanted.status,) if wanted.status else OPEN


def _where(store: Database, wanted: Wanted, status: str, path: str) -> tuple[str, list[str]]:
    """Return the condition and its values, for one status: within it an index has the order of a page."""
    # The sign keeps SQLite from reading everything of a status to find what is of one site, or may be seen.
    parts, values = ["f.status = ?" if path else "+f.status = ?"], [status]
    for column, value in (
        ("f.site", wanted.site), ("f.maintainer", wanted.maintainer), ("f.check_id", wanted.check),
        ("f.model", wanted.model),
    ):  # fmt: skip
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if wanted.since:
        parts.append("f.since >= ?")
        values.append(wanted.since)
    if wanted.division:
        parts.append("f.division >= ? AND f.division < ?")
        values += below(wanted.division)
    if wanted.operator:
        parts.append("f.site IN (SELECT site FROM operator WHERE name = ?)")
        values.append(wanted.operator)
    if wanted.assignee:
        parts.append(
            "(f.site, f.check_id, f.subject) IN (SELECT site, check_id, subject FROM word"
            " WHERE assignee = ? AND ended_at = '' AND assignee <> '')"
        )
        values.append(wanted.assignee)
    if not wanted.scope.everything:
        condition, of_scope = scoped.of_finding(store, wanted.scope, "f", status)
        parts.append(condition)
        values += of_scope
    return " AND ".join(parts), values

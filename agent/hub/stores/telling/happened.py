"""Stores what a report changes in a site's findings, for endpoints of other systems, in the transaction that takes it.

Only while there is an endpoint. Whose a finding is, is stored as it is now: when it is over, no table says it any more.
That a finding warns, or could not be judged, is told only where it failed before in the same episode.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Final

from agent.hub.domain.now_columns import Key, OpenFinding
from agent.hub.domain.rows.webhooks import Happening, Kind
from agent.hub.domain.scope import SitePlace
from agent.hub.domain.webhooks import OVER, event_id
from agent.hub.stores.database import Connection
from agent.hub.stores.reading.scoped import DIVISIONS
from agent.hub.stores.telling.tables import HAPPENED, IS_THERE
from agent.model.finding import Json

STRETCHES_MOST: Final = 100
"""Stretches of one episode that are looked through for a fail."""

Findings = Mapping[Key, OpenFinding]


def note(db: Connection, site: str, before: Findings, now: Findings, at: str, report: str) -> None:
    """Store what changes from the open findings before to those now. Called before the current tables change.

    Args:
        db: Within the transaction of the report.
        site: Whose it is.
        before: What may change, as it was.
        now: The same, as it is now.
        at: The site's time of the report, RFC 3339 in UTC.
        report: Names the report, so that the same change has the same id again.
    """
    if not _is_wanted(db):
        return
    operator = db.execute("SELECT name FROM operator WHERE site = ?", (site,)).fetchone()
    divisions = tuple(division for (division,) in db.execute(DIVISIONS, (site,)).fetchall())
    for kind, was, one in _changes(db, site, before, now):
        finding = one or was
        assert finding is not None  # noqa: S101  one of them is there
        key = (site, finding.check, finding.subject)
        assigned = db.execute(
            "SELECT assignee FROM word WHERE site = ? AND check_id = ? AND subject = ? AND ended_at = ''"
            " AND assignee <> ''",
            key,
        ).fetchall()
        whose = tuple(name for name in (finding.maintainer, *(name for (name,) in assigned)) if name)
        place = SitePlace(divisions, operator[0] if operator else "", whose)
        happening = Happening(
            id=event_id(kind, *key, report), kind=kind, at=at, place=place, told=_told(site, finding, was, one)
        )
        db.execute(HAPPENED, row_of(happening))


def row_of(one: Happening) -> tuple[str, str, str, str, str]:
    """Return what happened as it is stored."""
    place = [list(one.place.divisions), one.place.operator, list(one.place.maintainers)]
    return one.id, one.kind, one.at, json.dumps(place), json.dumps(dict(one.told))


def _is_wanted(db: Connection) -> bool:
    if db.execute(IS_THERE).fetchone() is None:
        return False
    return db.execute("SELECT 1 FROM webhook WHERE disabled_at = '' AND stopped_at = ''").fetchone() is not None


def _changes(
    db: Connection, site: str, before: Findings, now: Findings
) -> Iterator[tuple[Kind, OpenFinding | None, OpenFinding | None]]:
    for key in {**before, **now}:
        was, one = before.get(key), now.get(key)
        if one is None:
            if was is not None and _has_failed(db, site, key):
                yield "finding.ended", was, None
        elif one.status == "fail" and (was is None or was.status != "fail"):
            yield "finding.failed", was, one
        elif was is not None and was.status != one.status and _has_failed(db, site, key):
            yield "finding.changed", was, one


def _has_failed(db: Connection, site: str, key: Key) -> bool:
    """Return whether a finding that is open has failed since it was last over."""
    rows = db.execute(
        "SELECT status, from_at, to_at FROM finding_history WHERE site = ? AND check_id = ? AND subject = ?"
        " ORDER BY id DESC LIMIT ?",
        (site, *key, STRETCHES_MOST),
    ).fetchall()
    goes_on_at = ""
    for status, from_at, to_at in rows:
        if to_at != goes_on_at:
            return False
        if status == "fail":
            return True
        goes_on_at = from_at
    return False


def _told(site: str, finding: OpenFinding, was: OpenFinding | None, one: OpenFinding | None) -> dict[str, Json]:
    return {
        "site": site,
        "division": finding.division,
        "check": finding.check,
        "subject": finding.subject,
        "status": one.status if one else OVER,
        "before": was.status if was else OVER,
        "reason": finding.reason,
        "severity": finding.severity,
        "message": finding.message,
        "model": finding.model,
        "firmware": finding.firmware,
        "maintainer": finding.maintainer,
    }

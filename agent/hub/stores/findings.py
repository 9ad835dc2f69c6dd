"""Queries the current tables: open findings, one site, and what fails at many boxes of one kind. Reads only.

No body is read here: `agent/hub/stores/current.py` has written everything at intake.
"""

from dataclasses import dataclass, fields
from typing import Final

from agent.hub.stores.store import Store

DIVISION_CHARS: Final = 6

_LISTED: Final = (
    "f.site, s.division, f.check_id, f.subject, f.status, f.reason, f.severity, f.level, f.message, f.caused_by,"
    " f.model, f.firmware, f.maintainer, f.since, s.made_at"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which open findings are wanted; empty: any. `division` with zeros at its end stands for all below it.

    `since`: those that have been open as they are since this moment or later, RFC 3339 in UTC.
    """

    site: str = ""
    division: str = ""
    maintainer: str = ""
    check: str = ""
    status: str = ""
    model: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """An open finding of a site. `since`: the site's time from which on it has this status, as far as the hub saw.

    `seen_at`: the site's time of its newest configuration report.
    """

    site: str
    division: str
    check: str
    subject: str
    status: str
    reason: str
    severity: str
    level: str
    message: str
    caused_by: str
    model: str
    firmware: str
    maintainer: str
    since: str
    seen_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetRow:
    """A check that fails at boxes of one model and firmware: at so many of the subjects that it judged, at these sites.

    `sites_failing` of `sites`, `failing` of `subjects`: at least one each.
    """

    check: str
    model: str
    firmware: str
    failing: int
    subjects: int
    sites_failing: int
    sites: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch in which a finding was open with one status, the site's times; `to_at` empty: it lasts."""

    check: str
    subject: str
    status: str
    reason: str
    from_at: str
    to_at: str


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """A site by its newest configuration report; `made_at` empty: none of its present epoch has come."""

    site: str
    division: str
    made_at: str
    cameras: int
    devices: tuple[tuple[str, str, str, str], ...]


_FLEET_NAMES: Final = ", ".join(field.name for field in fields(FleetRow) if field.name != "check")


def findings(store: Store, wanted: Wanted) -> list[FindingRow]:
    """Return the wanted open findings: fails first, then by check, site and subject."""
    where, values = _where(wanted)
    rows = store.all(
        f"SELECT {_LISTED} FROM finding_now f JOIN site_now s USING (site) WHERE {where}"  # noqa: S608  our own columns
        " ORDER BY CASE f.status WHEN 'fail' THEN 0 WHEN 'warn' THEN 1 ELSE 2 END, f.check_id, f.site, f.subject",
        *values,
    )
    names = [field.name for field in fields(FindingRow)]
    return [FindingRow(**dict(zip(names, row, strict=True))) for row in rows]


def fleet(store: Store, check: str, model: str, least: int) -> list[FleetRow]:
    """Return what fails at `least` subjects or more of one model and firmware, the largest share first.

    `check` and `model`, empty: any. A box whose site does not know its model is in no row.
    """
    rows = store.all(
        f"SELECT check_id AS 'check', {_FLEET_NAMES} FROM ("  # noqa: S608  our own columns
        " SELECT check_id, model, firmware, count(*) AS failing, count(DISTINCT site) AS sites_failing FROM finding_now"
        " WHERE status = 'fail' AND model <> '' AND (?1 = '' OR check_id = ?1) AND (?2 = '' OR model = ?2)"
        " GROUP BY check_id, model, firmware HAVING count(*) >= ?3"
        ") JOIN (SELECT check_id, model, firmware, sum(subjects) AS subjects, count(*) AS sites FROM judged_now"
        " WHERE (?1 = '' OR check_id = ?1) AND (?2 = '' OR model = ?2) GROUP BY check_id, model, firmware"
        ") USING (check_id, model, firmware) ORDER BY 1.0 * failing / subjects DESC, failing DESC, check_id, model",
        *(check, model, least),
    )
    names = [field.name for field in fields(FleetRow)]
    return [FleetRow(**dict(zip(names, row, strict=True))) for row in rows]


def site_facts(store: Store, site: str) -> SiteFacts | None:
    """Return a site by its newest configuration report; None for one of which nothing verified has come."""
    rows = store.all(
        "SELECT site, coalesce(division, ''), coalesce(made_at, ''), coalesce(cameras, 0)"
        " FROM site LEFT JOIN site_now USING (site) WHERE site = ?",
        site,
    )
    boxes = store.all(
        "SELECT device, manufacturer, model, firmware FROM device_now WHERE site = ? ORDER BY device", site
    )
    if not rows:
        return None
    ((name, division, made_at, cameras),) = rows
    return SiteFacts(name, division, made_at, cameras, tuple(boxes))


def history(store: Store, site: str, most: int) -> list[Stretch]:
    """Return the newest stretches of a site's findings, at most so many; those that last come first."""
    rows = store.all(
        "SELECT check_id, subject, status, reason, from_at, to_at FROM finding_history WHERE site = ?"
        " ORDER BY to_at <> '', from_at DESC, id DESC LIMIT ?",
        *(site, most),
    )
    return [Stretch(*row) for row in rows]


def _where(wanted: Wanted) -> tuple[str, list[str]]:
    """Return the condition and its values."""
    parts, values = ["1 = 1"], []
    for column, value in (
        ("f.site", wanted.site), ("f.maintainer", wanted.maintainer), ("f.check_id", wanted.check),
        ("f.status", wanted.status), ("f.model", wanted.model),
    ):  # fmt: skip
        if value:
            parts.append(f"{column} = ?")
            values.append(value)
    if wanted.since:
        parts.append("f.since >= ?")
        values.append(wanted.since)
    if wanted.division:
        below = wanted.division.rstrip("0") if len(wanted.division) == DIVISION_CHARS else wanted.division
        below += "0" * (len(below) % 2)  # a code has two digits for each level: 140200 is 14 02
        parts.append("s.division >= ? AND s.division < ?")
        values += [below, f"{below}:"]  # the colon comes behind the digit 9
    return " AND ".join(parts), values

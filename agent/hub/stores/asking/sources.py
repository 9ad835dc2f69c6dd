"""Lists which rows answer which subject of a question, as SQL: a column for each name, and what is seen of it.

No text of whoever asks is part of a statement: columns and tables are those of this table, values stand behind marks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.asking.question import Question
from agent.hub.domain.figures import CHINA, FAILING
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.scope import Scope, below
from agent.hub.stores.database import Database
from agent.hub.stores.intake.places import ON_DAY
from agent.hub.stores.reading import scoped
from agent.hub.stores.reading.scoped import Condition

_DAY_OF_FINDING: Final = (
    "CASE WHEN f.since = '' THEN '' WHEN substr(f.since, 12, 2) < '16' THEN substr(f.since, 1, 10)"
    " ELSE date(f.since, '+8 hours') END"
)
"""In China, which has had one offset since 1992: until 16:00 UTC it has the same day, and no time has to be parsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where the rows of a subject are, and their `columns`, which have each name that the subject knows.

    `things`: the columns that name what is counted, each once however many rows it has; none: `count` adds rows up.
    `apart_by`: the name that tells a thing's rows apart. `day`: the column that a period bounds, and what makes of a
    day in China the moment that is compared.
    """

    rows: str
    columns: Mapping[str, str]
    seen: Callable[[Database, Scope], Condition]
    count: str = "count(*)"
    things: tuple[str, ...] = ()
    apart_by: str = ""
    always: str = "1 = 1"
    day: str = ""
    moment: Callable[[date], str] = date.isoformat


def conditions(store: Database, source: Source, question: Question, scope: Scope) -> Condition:
    """Return what every row of an answer fulfils: it may be seen, and it is what was asked for."""
    seen, values = source.seen(store, scope)
    parts = [source.always, f"({seen})"]
    for name, wanted in question.where.items():
        part, more = _one_of(name, source.columns[name], wanted)
        parts.append(part)
        values = [*values, *more]
    if question.first:
        parts.append(f"{source.day} >= ?")
        values = [*values, source.moment(question.first)]
    if question.last:
        parts.append(f"{source.day} < ?")
        values = [*values, source.moment(question.last + timedelta(days=1))]
    return " AND ".join(parts), values


def as_told(column: str) -> str:
    """Return a column as an answer has it: empty where nobody has told it."""
    return f"coalesce({column}, '')"


def _one_of(name: str, column: str, wanted: tuple[str, ...]) -> Condition:
    """Return the condition of one name; only where it may be one that nobody has told, a row without it counts."""
    column = column if all(wanted) else as_told(column)
    if name != "division":
        return f"{column} IN ({', '.join('?' * len(wanted))})", list(wanted)
    values: list[str] = []
    parts = []
    for one in wanted:
        parts.append(f"{column} >= ? AND {column} < ?" if one else f"{column} = ?")
        values += below(one) if one else [""]
    return f"({' OR '.join(parts)})", values


def _begin_of(day: date) -> str:
    return utc_text(datetime.combine(day, time(), CHINA).astimezone(UTC))


def _site(store: Database, scope: Scope) -> Condition:
    return scoped.of_main(store, scope)


def _finding(store: Database, scope: Scope) -> Condition:
    return scoped.of_finding(store, scope, "f")


def _site_day(store: Database, scope: Scope) -> Condition:
    return scoped.of_site(scope, "a.site")


_SITES: Final = (
    f"site s LEFT JOIN site_now n ON n.site = s.site LEFT JOIN operator o ON o.site = s.site LEFT JOIN {scoped.MAIN}"
)
_OF_SITE: Final = {"site": "s.site", "division": "d.division", "operator": "o.name"}
_FINDINGS: Final = "finding_now f LEFT JOIN operator o ON o.site = f.site"
_OF_FINDING: Final = {
    "site": "f.site", "division": "f.division", "operator": "o.name", "model": "f.model",
    "firmware": "f.firmware", "maintainer": "f.maintainer", "check": "f.check_id", "status": "f.status",
    "day": _DAY_OF_FINDING,
}  # fmt: skip
_STATUSES: Final = "', '".join(OPEN)
_OPEN: Final = f"f.status IN ('{_STATUSES}')"
# Of several epochs of a site on a day that counts which the site began last.
SOURCES: Final[Mapping[str, Source]] = {
    "findings-open": Source(
        rows=_FINDINGS, columns=_OF_FINDING, seen=_finding, always=_OPEN, day="f.since", moment=_begin_of,
    ),
    "sites": Source(rows=_SITES, columns=_OF_SITE, seen=_site),
    "sites-with-box": Source(
        things=("s.site",), rows=f"{_SITES} JOIN device_now b ON b.site = s.site",
        columns={**_OF_SITE, "model": "b.model", "firmware": "b.firmware"}, seen=_site,
    ),
    "sites-with-finding": Source(
        things=("f.site",), rows=_FINDINGS, columns=_OF_FINDING, seen=_finding, always=_OPEN,
        day="f.since", moment=_begin_of,
    ),
    "cameras": Source(count="coalesce(sum(n.cameras), 0)", rows=_SITES, columns=_OF_SITE, seen=_site),
    "cameras-of-box": Source(
        count="coalesce(sum(j.subjects), 0)",
        rows=f"{_SITES} JOIN judged_now j ON j.site = s.site AND j.check_id = 'camera-online'",
        columns={**_OF_SITE, "model": "j.model", "firmware": "j.firmware"}, seen=_site,
    ),
    "cameras-with-finding": Source(
        things=("f.site", "f.subject"), apart_by="check", rows=_FINDINGS, columns=_OF_FINDING, seen=_finding,
        always=f"{_OPEN} AND f.subject LIKE 'camera:%'", day="f.since", moment=_begin_of,
    ),
}  # fmt: skip
"""By the name of a subject. How many cameras a box has is told by the check that judges every camera."""

SITES: Final = SOURCES["sites"]

SITE_DAYS: Final = Source(
    rows="assessed a JOIN epoch e ON e.site = a.site AND e.epoch = a.epoch LEFT JOIN operator o ON o.site = a.site",
    columns={"site": "a.site", "division": ON_DAY, "operator": "o.name", "day": "a.day"},
    seen=_site_day,
    always=f"a.by_what = '{FAILING}'",
    day="a.day",
)
"""Rows of what was bad on a day; `agent/hub/domain/asking/camera_days.py` counts what stands in them."""


def seen_whole(scope: Scope) -> Condition:
    """Return the condition under which all of a site's day may be seen, and not only what names a maintainer."""
    return scoped.of_site(replace(scope, maintainers=()), "a.site")

"""Shows the figures of municipal assessment of a day or a month, as `hub report` adds them up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, get_args

from agent.hub.domain.figures import CHINA, METRICS, By
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.views.assessment import COVERAGE_LEAST, Assessment, GroupRow, SitePlan, assess
from agent.hub.views.figure_words import HEADINGS
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import shown
from agent.text.site_time import local
from agent.text.translate import translate

BYS: Final[tuple[By, ...]] = get_args(By)
FIRST_YEAR: Final = 2000
NOTES_SHOWN: Final = 50
_MONTH: Final = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, kw_only=True)
class AssessmentPage:
    """The figures of one time. `asked`: the values of the form.

    `before`, `after`: the day, or month, on either side; `after` empty: it is not over.
    """

    found: Assessment
    asked: Mapping[str, str]
    before: str
    after: str


def read_assessment(store: Store, scope: Scope, now: datetime, asked: Mapping[str, str]) -> AssessmentPage:
    """Return the figures that an address asks for: `by`, `sort`, and `day` or `month`; else those of yesterday.

    Who may not see everything has the figures of the sites that may be seen, without a rank: it would be one among
    these alone; and of other maintainers nothing.
    """
    by = next((one for one in BYS if one == asked.get("by")), BYS[0])
    sort = asked.get("sort", "")
    sort = sort if sort in METRICS else METRICS[0]
    yesterday = now.astimezone(CHINA).date() - timedelta(days=1)
    month = _MONTH.fullmatch(asked.get("month", ""))
    if month is not None and int(month[1]) >= FIRST_YEAR:
        first = min(date(int(month[1]), int(month[2]), 1), now.astimezone(CHINA).date().replace(day=1))
        following = (first + timedelta(days=31)).replace(day=1)
        last, given = following - timedelta(days=1), {"month": f"{first:%Y-%m}"}
        before = f"{first - timedelta(days=1):%Y-%m}"
        after = f"{following:%Y-%m}" if following <= yesterday else ""
    else:
        first = last = min(_day(asked.get("day", "")) or yesterday, yesterday)
        given = {"day": first.isoformat()}
        before = (first - timedelta(days=1)).isoformat()
        after = (first + timedelta(days=1)).isoformat() if first < yesterday else ""
    seen = None if scope.everything else store.seen.divisions(scope)
    found = assess(store, by, first, last, now, sort, seen)
    if not scope.everything:
        found = replace(found, rows=tuple(_unranked(found, scope)))
    return AssessmentPage(found=found, asked={"by": by, "sort": sort, **given}, before=before, after=after)


def _unranked(found: Assessment, scope: Scope) -> list[GroupRow]:
    """Return the rows of groups that may be named, by name."""
    is_told = found.by != "maintainer" or not scope.maintainers
    rows = (replace(row, rank=None) for row in found.rows if is_told or row.name in scope.maintainers)
    return sorted(rows, key=lambda row: (row.name == "", row.name))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text) if len(text) == len("2026-11-24") else None
    except ValueError:
        return None
    return day if day is not None and day.year >= FIRST_YEAR else None


def answer(asked: Asked) -> Reply:
    """Return the page of the assessment."""
    return shown(
        asked,
        "assessment.html.j2",
        p=read_assessment(asked.store, asked.scope, asked.now, asked.query),
        bys=[(one, translate(one, asked.lang)) for one in BYS],
        figures=[(one, translate(HEADINGS[one], asked.lang)) for one in METRICS],
        least=COVERAGE_LEAST,
        notes_most=NOTES_SHOWN,
        work=_work,
    )


def _work(one: SitePlan) -> dict[str, str]:
    plan = one.plan
    values = {"site": one.site, "subject": plan.subject, "by": plan.by, "why": plan.why}
    return {**values, "from": local(plan.start_at, CHINA), "until": local(plan.until, CHINA)}

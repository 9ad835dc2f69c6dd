"""Lists open findings by the filters of `hub findings`, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores.day_figures import CHINA
from agent.hub.stores.findings import (
    FindingRow,
    Place,
    Wanted,
    findings,
    place_of,
    place_text,
    read_place,
    total,
)
from agent.hub.stores.store import Store
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import shown
from agent.hub.web.speaking import title
from agent.report.check_titles import TITLES
from agent.text.translate import translate

SHOWN_MOST: Final = 50

FILTERS: Final = ("site", "check", "status", "division", "operator", "maintainer", "assignee", "model", "since")
"""Names in the address, as the options of the command; `since` is a day in China."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsPage:
    """A page of open findings. `asked`: the filters of the address; `refused`: of those whose value is none.

    `next`: the word behind which the next page begins, empty: this is the last one.
    """

    asked: Mapping[str, str]
    refused: tuple[str, ...]
    rows: tuple[FindingRow, ...]
    total: int
    next: str


def read_findings(
    store: Store, asked: Mapping[str, str], scope: Scope = EVERYTHING, after: str = "", most: int = SHOWN_MOST
) -> FindingsPage:
    """Return a page of the open findings that an address asks for.

    A value that no filter has is named and counts as a filter that nothing passes: it must not show everything.
    """
    given = {name: text for name in FILTERS if (text := asked.get(name, "").strip())}
    refused = tuple(name for name, text in given.items() if not _is_value(name, text))
    if refused:
        return FindingsPage(asked=given, refused=refused, rows=(), total=0, next="")
    wanted = wanted_of(given, scope)
    found = findings(store, wanted, _place(after), most + 1)
    is_more = len(found) > most
    return FindingsPage(
        asked=given,
        refused=(),
        rows=tuple(found[:most]),
        total=total(store, wanted),
        next=place_text(place_of(found[most - 1])) if is_more else "",
    )


def wanted_of(given: Mapping[str, str], scope: Scope) -> Wanted:
    """Return the filter of checked values."""
    since = ""
    if "since" in given:
        first = datetime.combine(date.fromisoformat(given["since"]), time(), CHINA)
        since = utc_text(first.astimezone(UTC))
    return Wanted(
        site=given.get("site", ""), check=given.get("check", ""), status=given.get("status", ""),
        division=given.get("division", ""), operator=given.get("operator", ""), model=given.get("model", ""),
        maintainer=given.get("maintainer", ""), assignee=given.get("assignee", ""), since=since, scope=scope,
    )  # fmt: skip


def _is_value(name: str, text: str) -> bool:
    if name == "status":
        return text in OPEN
    if name == "since":
        try:
            return date.fromisoformat(text).year > 1  # the first year has no moment in UTC
        except ValueError:
            return False
    return True


def _place(after: str) -> Place | None:
    """Parse where the page before ended; None, the first page, for a word that ends none."""
    try:
        return read_place(after) if after else None
    except ValueError:
        return None


def answer(asked: Asked) -> Reply:
    """Return the page of open findings."""
    after = asked.query.get("after", "")
    found = read_findings(asked.store, asked.query, asked.scope, after)
    return shown(
        asked,
        "findings.html.j2",
        p=found,
        asked_for=found.asked,
        after=after if found.rows else "",
        today=asked.now.astimezone(CHINA).date().isoformat(),
        statuses=[(one, translate(one, asked.lang)) for one in OPEN],
        checks=sorted(((check, title(check, asked.lang)) for check in TITLES), key=lambda one: one[1]),
    )

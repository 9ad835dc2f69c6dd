"""Lists open findings by the filters of `hub findings`, page by page."""

from dataclasses import dataclass
from typing import Final

from agent.hub.domain.figures import CHINA
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import FindingRow, Place, Wanted, place_of, place_text
from agent.hub.ports.store import Store
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.filters import OF_FINDINGS, after_finding, refuse_others, wanted_findings
from agent.hub.web.pages.shown import shown
from agent.hub.web.speaking import title
from agent.report.check_titles import TITLES
from agent.text.translate import translate

SHOWN_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class FindingsPage:
    """A page of open findings, and how many there are; `next`: the word behind which the next page begins, or None."""

    rows: tuple[FindingRow, ...]
    total: int
    next: str | None


def read_findings(store: Store, wanted: Wanted, after: Place | None = None, most: int = SHOWN_MOST) -> FindingsPage:
    """Return a page of the wanted open findings."""
    found = store.findings.page(wanted, after, most + 1)
    following = place_text(place_of(found[most - 1])) if len(found) > most else None
    return FindingsPage(tuple(found[:most]), store.findings.total(wanted), following)


def answer(asked: Asked) -> Reply:
    """Return the page of open findings. Raises UsageError for a filter, or a value, that is none."""
    refuse_others(asked, *OF_FINDINGS)
    after = after_finding(asked)
    return shown(
        asked,
        "findings.html.j2",
        p=read_findings(asked.store, wanted_findings(asked), after),
        asked_for={name: text for name in OF_FINDINGS if (text := asked.query.get(name))},
        is_first=after is None,
        today=asked.now.astimezone(CHINA).date().isoformat(),
        statuses=[(one, translate(one, asked.lang)) for one in OPEN],
        checks=sorted(((check, title(check, asked.lang)) for check in TITLES), key=lambda one: one[1]),
    )

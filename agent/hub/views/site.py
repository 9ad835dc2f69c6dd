"""Reads what is known of one site: its state, boxes, open findings, words, and how long faults lasted. Reads only."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final

from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import FindingRow, SiteFacts, Stretch, Wanted
from agent.hub.domain.rows.words import Word
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.ports.store import Store
from agent.hub.views.silent import standing
from agent.model.finding import Json
from agent.model.matters import counts, finding_counts
from agent.verify.bindings import Binding

SCHEMA: Final = "camwarden-hub-site/1"
STRETCHES_MOST: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteView:
    """One site. `state`: a word; `health_at`: when its newest health report came, empty: none has.

    `mean_repair_s`: how long a fault that is over lasted on average; None: none is over.
    """

    facts: SiteFacts
    state: str
    health_at: str
    findings: tuple[FindingRow, ...]
    words: tuple[Word, ...]
    history: tuple[Stretch, ...]
    mean_repair_s: float | None


def read_site(
    store: Store, bindings: Iterable[Binding], site: str, now: datetime, scope: Scope = EVERYTHING
) -> SiteView | None:
    """Return what is known of a site; None where nothing verified has come of it.

    Args:
        store: The hub's.
        bindings: The keys of the site.
        site: Its id.
        now: Aware UTC.
        scope: What may be seen of its findings and words. Who sees some cameras of it sees the history of what is
            open there now alone: what was mended does not say any more whose it was.
    """
    facts = store.findings.site(site)
    row = next((one for one in store.sites.rows(site)), None)
    if facts is None or row is None:
        return None
    found = tuple(store.findings.page(Wanted(site=site, scope=scope)))
    seen = {(one.check, one.subject) for one in found}
    sees_all = scope.everything or not scope.maintainers
    stretches = tuple(
        one for one in store.findings.history(site, STRETCHES_MOST) if sees_all or (one.check, one.subject) in seen
    )
    return SiteView(
        facts=facts,
        state=standing(row, bindings, now) or row.status,
        health_at=row.health_at,
        findings=found,
        words=tuple(store.words.of_site(site, scope)),
        history=stretches,
        mean_repair_s=mean_repair_s(stretches),
    )


def site_json(view: SiteView) -> dict[str, Json]:
    """Return what `hub site --json` prints."""
    facts = view.facts
    names = ("id", "manufacturer", "model", "firmware")
    return {
        "schema": SCHEMA,
        **asdict(facts),
        "devices": [dict(zip(names, box, strict=True)) for box in facts.devices],
        "state": view.state,
        "health_at": view.health_at or None,
        "counts": {**of_open(counts(view.findings))},
        "finding_counts": {**of_open(finding_counts(view.findings))},
        "findings": [asdict(one) for one in view.findings],
        "words": [asdict(one) for one in view.words],
        "history": [asdict(one) for one in view.history],
        "mean_repair_s": view.mean_repair_s,
    }


def of_open(told: Mapping[str, int]) -> dict[str, int]:
    """Return of counts those of what is open, fails first."""
    return {status: told[status] for status in OPEN}


def mean_repair_s(stretches: Sequence[Stretch]) -> float | None:
    """Return how long a fault that is over lasted on average, seconds by the site's own times; None: none is over."""
    over = mended(stretches)
    total = sum((_time(one.to_at) - _time(one.from_at) for one in over), timedelta())
    return total.total_seconds() / len(over) if over else None


def mended(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Return the fails that ended, without those whose clock went back."""
    return [one for one in stretches if one.status == "fail" and one.from_at <= one.to_at]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)

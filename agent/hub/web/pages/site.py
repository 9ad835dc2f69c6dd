"""Shows one site: its state, cameras by checks, footage by day, boxes, open findings, and its newest reports."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from agent.hub.domain.figures import CHINA, Figure, added
from agent.hub.domain.rows.findings import FindingRow, Wanted
from agent.hub.domain.rows.seen import EnvelopeRow, Judged
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_trust
from agent.hub.views.disputes.words import status_lines
from agent.hub.views.silent import Silent, silent_sites
from agent.hub.views.silent_words import next_step
from agent.hub.views.site import SiteView, of_open, read_site
from agent.hub.views.status import write_disputed
from agent.hub.web.asked import Asked, Missing, Reply
from agent.hub.web.pages.shown import shares, shown
from agent.hub.web.plots import Plot, columns
from agent.model.finding import Json
from agent.model.matters import counts, matters
from agent.text.translate import render, translate
from agent.verify.bindings import Binding, Trust

DAYS: Final = 30
ENVELOPES_MOST: Final = 12
STRETCHES_SHOWN: Final = 20
OPEN_SHOWN: Final = 50
FREE: Final = frozenset({"pass", "not_applicable"})
OVER: Final = "over"
"""Of a finding that the newest configuration report has as open, and an event has ended since: with which status it is
now, no column says."""

Kind = Literal["camera", "device"]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Which check says what of which subject: `cells` by subject and check; what is in none was not judged there."""

    checks: tuple[str, ...]
    subjects: tuple[str, ...]
    cells: Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class DayShown:
    """The figures of a site on one day: name to numerator, denominator, unknown and excluded; empty: nothing came."""

    day: date
    figures: Mapping[str, Figure]

    def share(self, name: str, part: int = 0) -> float | None:
        """Return the good share of a figure, or the unknown one (`part` 2); None where nothing was due."""
        figure = self.figures.get(name)
        return figure[part] / figure[1] if figure is not None and figure[1] else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitePage:
    """One site. `keys`: which bindings of this hub its reports were verified by, by kid.

    `silent` None: it is heard of as it should be; whatever its connection says, one that is silent is not well.
    `is_partial`: what is open in a matrix is shown as far as this person may see it.
    """

    view: SiteView
    silent: Silent | None
    cameras: Matrix
    devices: Matrix
    of_site: tuple[tuple[str, str], ...]
    is_partial: bool
    days: tuple[DayShown, ...]
    footage: Plot
    disputes: tuple[Json, ...]
    envelopes: tuple[EnvelopeRow, ...]
    keys: Mapping[str, Binding]


def read_site_page(store: Store, site: str, now: datetime, scope: Scope = EVERYTHING) -> SitePage | None:
    """Return the page of a site; None where nothing verified has come of it.

    Findings, and what people said of them, are those that may be seen.
    """
    keys = open_trust(store.directory).of_sites(site, site).bindings
    view = read_site(store, keys.values(), site, now, scope)
    if view is None:
        return None
    said, disputed, still = store.envelopes.judged(site), write_disputed(store, site), view.findings
    is_partial = bool(scope.maintainers) and not scope.everything
    if is_partial:
        subjects = {one.subject for one in view.findings}
        said = _of_subjects(said, subjects)
        disputed = [one for one in disputed if isinstance(one, dict) and one["subject"] in subjects]
        still = tuple(store.findings.page(Wanted(site=site)))  # what is open is not over, whoever may see it
    seen = {(one.subject, one.check) for one in view.findings} if is_partial else None
    days = _days(store, site, now)
    return SitePage(
        view=view,
        silent=next(iter(silent_sites(store.sites.rows(site), (), Trust(keys), now)), None),
        cameras=matrix("camera", said, still, seen),
        devices=matrix("device", said, still, seen),
        of_site=tuple((check, status) for (_, check), status in sorted(_cells("site", said, still, seen).items())),
        is_partial=is_partial,
        days=days,
        footage=footage_plot(days),
        disputes=tuple(disputed),
        envelopes=tuple(store.envelopes.newest(site, ENVELOPES_MOST)),
        keys=keys,
    )


def _of_subjects(said: Iterable[Judged], seen: Collection[str]) -> list[Judged]:
    """Return what is said of those subjects alone: who maintains some cameras of a site sees no others."""
    kept = ((one, [name for name in one.names() if name in seen]) for one in said)
    return [Judged(one.check, "\n".join(names), one.status) for one, names in kept if names]


def matrix(
    kind: Kind, said: Iterable[Judged], now: Iterable[FindingRow], seen: Collection[tuple[str, str]] | None = None
) -> Matrix:
    """Return what is known of each camera, or device, by the newest configuration report and by what came since.

    `seen`: of what is not passed only these, by subject and check; None: all.
    """
    cells = _cells(f"{kind}:", said, now, seen)
    checks = sorted({check for _, check in cells})
    return Matrix(tuple(checks), tuple(sorted({subject for subject, _ in cells}, key=_natural)), cells)


def _cells(
    begin: str, said: Iterable[Judged], now: Iterable[FindingRow], seen: Collection[tuple[str, str]] | None
) -> dict[tuple[str, str], str]:
    still = {(one.subject, one.check): one.status for one in now if one.subject.startswith(begin)}
    found = {}
    for one in said:
        for name in one.names():
            if name.startswith(begin):
                found[name, one.check] = one.status if one.status in FREE else OVER
    cells = {**found, **still}
    return {key: status for key, status in cells.items() if seen is None or key in seen or status in FREE}


def _natural(subject: str) -> tuple[str | int, ...]:
    """Return what sorts camera-2 before camera-10."""
    parts = re.split("([0-9]+)", subject)
    return tuple(int(part) if number % 2 else part for number, part in enumerate(parts))


def _days(store: Store, site: str, now: datetime) -> tuple[DayShown, ...]:
    last = now.astimezone(CHINA).date() - timedelta(days=1)
    first = last - timedelta(days=DAYS - 1)
    told = store.figures.of_site("division", site, first)
    every = (first + timedelta(days=number) for number in range(DAYS))
    return tuple(DayShown(day, _summed(told.get(day.isoformat(), {}))) for day in every)


def _summed(groups: Mapping[str, Any]) -> dict[str, Figure]:
    figures: dict[str, Figure] = {}
    for of_group in groups.values():
        for name, figure in of_group.items():
            figures[name] = added(figures.get(name), tuple(figure))
    return figures


def footage_plot(days: Sequence[DayShown]) -> Plot:
    """Lay out the share of the due footage of each day that was recorded, that was not, and that is not known."""
    values = []
    for one in days:
        good, unknown = one.share("recorded"), one.share("recorded", 2)
        known = good is not None and unknown is not None
        missing = max(0.0, 1 - good - unknown) if good is not None and unknown is not None else None
        values.append({
            "good": 100 * good if good is not None and known else None,
            "bad": 100 * missing if missing is not None else None,
            "unknown": 100 * unknown if unknown is not None and known else None,
        })  # fmt: skip
    return columns([f"{one.day:%m-%d}" for one in days], values, ("good", "unknown", "bad"), 100)


SIGNS: Final = {"pass": "✓", "warn": "!", "fail": "✗", "unknown": "?", "not_applicable": "\u2013", OVER: "·"}
"""What stands in a cell of a matrix: a reader who sees no colours has signs, and one who sees none has the word."""


def answer(asked: Asked) -> Reply:
    """Return the page of a site. Raises Missing where there is none, or none that this person may see."""
    site = asked.path_values["site"]
    found = (
        read_site_page(asked.store, site, asked.now, asked.scope)
        if asked.store.seen.may_see(asked.scope, site)
        else None
    )
    if found is None:
        raise Missing("there is no such page")
    view, lang = found.view, asked.lang
    return shown(
        asked,
        "site.html.j2",
        p=found,
        operator=asked.store.seen.place(site).operator,
        totals=of_open(counts(view.findings)),
        matters=matters(view.findings),
        open_most=OPEN_SHOWN,
        linked={(one.subject, one.check) for one in view.findings},
        signs=SIGNS,
        step=next_step(found.silent.kind, found.silent.why) if found.silent else None,
        over=translate("ended since", lang),
        has_days=any(one.figures.get("recorded") for one in found.days),
        shares=shares(lang),
        ended=[one for one in view.history if one.to_at][:STRETCHES_SHOWN],
        dispute_lines=[render(line, lang) for line in status_lines(site, found.disputes, asked.now)],
    )

"""Sums the municipal assessment of all sites over some days, by division, maintainer or model. Reads only.

Sums are of numerators and denominators, never of rates, so a large site weighs more than a small one. Unknown is in the
denominator and never counts as good; planned outages are in neither and are listed. A day on which a site was due to
report and did not lowers the coverage of the groups that it was in last, unless the whole site was off by a plan
reported before. A fail whose repair people at the hub have planned is taken out of what ranks, as
`agent/hub/domain/plans.py` bounds it, and such plans are listed. Days are read one by one, each as the sum over its
sites: memory grows with the sites and groups, not with the days.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Final

from agent.contract.repair_counts import Repairs, summed
from agent.hub.domain import acknowledged
from agent.hub.domain.acknowledged import Acknowledged
from agent.hub.domain.figures import ACKNOWLEDGED, CHINA, FAILING, PLANNED, REPAIRS, By, Figure, added
from agent.hub.domain.planned import PlannedWork, from_data, is_off, of_day
from agent.hub.domain.plans import excusing, key_of, work_of
from agent.hub.domain.rows.day_sums import DaySum, Numbers
from agent.hub.domain.rows.disputes import DisputeRow
from agent.hub.ports.store import Store
from agent.hub.views.corrected import Moved, by_camera_days, by_looks, camera_count, corrected, overturned_on
from drivers.model import Span
from drivers.spans import day_span

COVERAGE_LEAST: Final = 0.95
"""A group of which less was reported has no rank: who reports only good days must not win."""

JUDGED_LEAST: Final = 0.95
"""Nor has one of which less of what was due was judged: who lets nothing be seen must not win, nor lose by it."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One group. `name` empty: not reported. `rank` from 1, None: not ranked.

    `due`, `reported`: days on which its sites were due to report, and did, added up. `repairs`: faults by class.
    `corrected`: the figures that decisions on disputes and plans of people here change, as they are after them.
    """

    name: str
    rank: int | None
    sites: int
    due: int
    reported: int
    figures: Mapping[str, Figure]
    repairs: Mapping[str, Repairs] = field(default_factory=dict)
    corrected: Mapping[str, Figure] = field(default_factory=dict)

    @property
    def coverage_ratio(self) -> float:
        """Return the share of the due days that was reported; 0 where none was due."""
        return self.reported / self.due if self.due else 0.0

    def ratio(self, metric: str) -> float | None:
        """Return a rate, None where nothing was to be measured."""
        good, of, _, _ = self.figures.get(metric, (0, 0, 0, 0))
        return good / of if of else None

    def corrected_ratio(self, metric: str) -> float | None:
        """Return a rate as it was corrected; None where they change nothing, or nothing is left."""
        good, of, _, _ = self.corrected.get(metric, (0, 0, 0, 0))
        return good / of if of else None

    def ranking_ratio(self, metric: str) -> float | None:
        """Return the rate that ranks: the corrected one, where there is one."""
        return self.corrected_ratio(metric) if metric in self.corrected else self.ratio(metric)

    def judged_ratio(self, metric: str) -> float:
        """Return which share of the denominator that ranks was judged, 0 where nothing was to be measured."""
        _, of, unknown, _ = self.corrected.get(metric) or self.figures.get(metric, (0, 0, 0, 0))
        return 1 - unknown / of if of else 0.0

    def unknown_ratio(self, metric: str) -> float | None:
        """Return which share of the denominator is unknown, None where nothing was to be measured."""
        _, of, unknown, _ = self.figures.get(metric, (0, 0, 0, 0))
        return unknown / of if of else None


@dataclass(frozen=True, slots=True)
class Outages:
    """Planned outages of one site, excluded from the online rate: on how many days, and which share of them.

    `days_off`: days on which nothing came and, by a plan reported before, nothing was due.
    """

    site: str
    days: int
    excluded_ratio: float
    days_off: int = 0


@dataclass(frozen=True, slots=True)
class SitePlan:
    """A plan of a site that was in force on one of the days."""

    site: str
    plan: PlannedWork


@dataclass(frozen=True, slots=True, order=True)
class SiteAcknowledged:
    """An acknowledgement of an open finding on one of the days; the figures count all the same."""

    site: str
    known: Acknowledged


@dataclass(frozen=True, slots=True)
class Assessment:
    """The figures from `first` to `last`: groups with a rank first, by it; then the others by name.

    `decided`: the overturned findings that correct these figures. `undecided`: disputes that wait for a decision now.
    """

    by: By
    first: date
    last: date
    sort: str
    rows: tuple[GroupRow, ...]
    outages: tuple[Outages, ...]
    works: tuple[SitePlan, ...] = ()
    words: tuple[SiteAcknowledged, ...] = ()
    decided: tuple[DisputeRow, ...] = ()
    undecided: int = 0


@dataclass(slots=True)
class _Sums:
    """Sums by group; `home`: the groups of a site at its last report, `early`: the due days before its first one."""

    figures: dict[str, dict[str, Figure]] = field(default_factory=lambda: defaultdict(dict))
    due: Counter[str] = field(default_factory=Counter)
    reported: Counter[str] = field(default_factory=Counter)
    sites: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    home: dict[str, tuple[str, ...]] = field(default_factory=dict)
    early: Counter[str] = field(default_factory=Counter)
    planned: dict[str, tuple[int, float, float]] = field(default_factory=dict)
    repairs: dict[str, dict[str, Repairs]] = field(default_factory=lambda: defaultdict(dict))
    off: Counter[str] = field(default_factory=Counter)
    works: set[tuple[str, PlannedWork]] = field(default_factory=set)
    words: set[SiteAcknowledged] = field(default_factory=set)
    moved: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))


def assess(
    store: Store,
    by: By,
    first: date,
    last: date,
    now: datetime,
    sort: str = "online",
    sites: Collection[str] | None = None,
) -> Assessment:
    """Add up the figures of groups `by` from `first` to `last`, days in China that are over, ranked by `sort`.

    Today (by `now`) and what follows are not due yet, as a report is about whole days. The store is only read. `sites`:
    only of these; None: of all.

    Raises:
        StoreFailed: The database failed.
    """

    def counts(site: str) -> bool:
        return sites is None or site in sites

    since = {
        site: datetime.fromisoformat(at).astimezone(CHINA).date()
        for site, at in store.sites.first_contacts()
        if counts(site)
    }
    sums, disputed = _Sums(), [one for one in store.disputes.listed() if counts(one.site)]
    here = store.words.planned(first.isoformat(), last.isoformat())
    plans = {site: from_data(rows) for site, rows in store.figures.plans_before(first).items() if counts(site)}
    decided = [one for one in disputed if one.decision is not None and one.decision.outcome == "overturned"]
    for day in _days(first, min(last, now.astimezone(CHINA).date() - timedelta(days=1))):
        told = store.figures.sum_of_day(by, day, sites)
        whole = day_span(day, CHINA)
        times = whole.start_at, whole.end_at
        plans |= {site: from_data(rows) for site, rows in store.figures.of_day(PLANNED, day).items() if counts(site)}
        sums.works.update((site, one) for site, own in plans.items() for one in of_day(own, times))
        for site, rows in store.figures.of_day(ACKNOWLEDGED, day).items():
            sums.words.update(SiteAcknowledged(site, one) for one in acknowledged.from_data(rows) if counts(site))
        for name, mended in store.figures.sum_of_day(REPAIRS[by], day, sites).groups.items():
            sums.sites[name].update(mended.sites)
            sums.repairs[name] = summed((sums.repairs[name], _repairs(mended.figures)))
        home = told.groups_by_site()
        _add(sums, told, home)
        excused = {site: excusing(here[site], day) for site in here.keys() & home.keys()}
        sums.works.update((site, work_of(one)) for site, found in excused.items() for one in found)
        for site in ({one.site for one in decided} | excused.keys()) & home.keys():
            shares = overturned_on((one for one in decided if one.site == site), whole)
            planned = frozenset(map(key_of, excused.get(site, ())))
            if shares or planned:
                _correct(store, sums, by, (site, day), shares, planned)
        for site in since.keys() - home.keys():
            if since[site] > day:
                continue
            if is_off(plans.get(site, ()), times):
                sums.off[site] += 1
            elif site in sums.home:
                sums.due.update(sums.home[site])
            else:
                sums.early[site] += 1
    for site in list(sums.early):
        _settle(sums, site, tuple(store.figures.last(by, site) or ("",)))
    works = tuple(SitePlan(site, plan) for site, plan in sorted(sums.works))
    between = Span(day_span(first, CHINA).start_at, day_span(last, CHINA).end_at)
    return Assessment(
        by, first, last, sort, _ranked(sums, sort), _outages(sums), works, tuple(sorted(sums.words)),
        tuple(one for one in decided if overturned_on((one,), between)),
        sum(one.decision is None for one in disputed),
    )  # fmt: skip


def _correct(
    store: Store, sums: _Sums, by: By, of: tuple[str, date], overturned: Mapping[str, float], planned: frozenset[str]
) -> None:
    """Take out of a site's day what was overturned, and what of it failed while its repair was planned here."""
    site, day = of
    failing = store.figures.of_day(FAILING, day, [site]).get(site, [])
    fails = {key for _, _, _, *keys in failing for key in keys}
    shares = {**overturned, **dict.fromkeys(planned & fails, 1.0)}
    if by == "division":
        cameras = camera_count(store.figures.of_day("maintainer", day, [site]).get(site, {}))
        groups = store.figures.of_day(by, day, [site]).get(site, {})
        moved: Moved = {name: by_looks(figures, failing, shares, cameras) for name, figures in groups.items()}
    else:
        moved = by_camera_days(by, failing, shares)
    for name, figures in moved.items():
        for metric, out in figures.items():
            sums.moved[name][metric] = sums.moved[name].get(metric, 0) + out


def _add(sums: _Sums, told: DaySum, home: Mapping[str, tuple[str, ...]]) -> None:
    """Add what was reported of a day; `home`: of which groups by each site."""
    sums.home |= home
    for site in sums.early.keys() & home.keys():
        _settle(sums, site, home[site])
    for name, group in told.groups.items():
        sums.due[name] += len(group.sites)
        sums.reported[name] += len(group.sites)
        sums.sites[name].update(group.sites)
        totals = sums.figures[name]
        for metric, (good, total, unknown, out) in group.figures.items():
            totals[metric] = added(totals.get(metric), (good, total, unknown, out))
    for site, (of, excluded) in told.planned.items():
        days, was_of, was_excluded = sums.planned.get(site, (0, 0.0, 0.0))
        sums.planned[site] = days + 1, was_of + of, was_excluded + excluded


def _repairs(figures: Mapping[str, Numbers]) -> dict[str, Repairs]:
    return {name: Repairs(*map(int, numbers)) for name, numbers in figures.items()}


def _settle(sums: _Sums, site: str, names: tuple[str, ...]) -> None:
    """Count the days without a report, before the first one, for the groups that are known by now."""
    days = sums.early.pop(site, 0)
    for name in names if days else ():
        sums.due[name] += days
        sums.sites[name].add(site)


def _ranked(sums: _Sums, sort: str) -> tuple[GroupRow, ...]:
    rows = [
        GroupRow(
            name, None, len(sums.sites[name]), due, sums.reported[name], sums.figures.get(name, {}),
            sums.repairs.get(name, {}), corrected(sums.figures.get(name, {}), sums.moved.get(name, {})),
        )
        for name, due in {**dict.fromkeys(sums.repairs, 0), **sums.due}.items()
    ]  # fmt: skip
    named = [
        row
        for row in rows
        if row.name and row.coverage_ratio >= COVERAGE_LEAST and row.judged_ratio(sort) >= JUDGED_LEAST
    ]
    rates = {row.name: rate for row in named if (rate := row.ranking_ratio(sort)) is not None}
    order = sorted(rates.values(), reverse=True)
    told = [replace(row, rank=order.index(rates[row.name]) + 1) if row.name in rates else row for row in rows]
    return tuple(sorted(told, key=lambda row: (row.rank is None, row.rank or 0, row.name == "", row.name)))


def _outages(sums: _Sums) -> tuple[Outages, ...]:
    planned = {site: sums.planned.get(site, (0, 0.0, 0.0)) for site in sorted(sums.planned.keys() | sums.off.keys())}
    return tuple(
        Outages(site, days, excluded / (of + excluded) if excluded else 0.0, sums.off[site])
        for site, (days, of, excluded) in planned.items()
    )


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]

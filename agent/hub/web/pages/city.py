"""Shows a city: what needs somebody this morning, and its divisions, the worst first."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.figures import CHINA
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import Wanted
from agent.hub.domain.rows.places import Differing
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.views.silent import KINDS, Silent
from agent.hub.views.status import find_silent
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.disputes import dispute_filter
from agent.hub.web.pages.map import MapPage, map_words, read_map
from agent.hub.web.pages.shown import shown
from agent.verify.bindings import Trust

NAMED_MOST: Final = 8
"""Sites or people that the head of the page names; the others are behind its links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DivisionRow:
    """One division; `division` empty: its sites have not told theirs. Counts of open findings by status."""

    division: str
    sites: int
    cameras: int
    fail: int
    warn: int
    unknown: int
    silent: int


@dataclass(frozen=True, slots=True)
class Late:
    """Somebody with repairs that were due before today."""

    assignee: str
    late: int
    open: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Morning:
    """What needs somebody today. `silent`: by kind; `new_fails`: fails since the begin of yesterday in China.

    `disputes_open` wait for a decision, `disputes_late` of them longer than they should; `differing` tell another
    division than the one that counts.
    """

    silent: Mapping[str, int]
    new_fails: int
    since: date
    late: tuple[Late, ...]
    disputes_open: int
    disputes_late: int
    differing: tuple[Differing, ...]

    @property
    def is_quiet(self) -> bool:
        """Whether nothing needs anybody."""
        return not (self.silent or self.new_fails or self.late or self.disputes_open or self.differing)


@dataclass(frozen=True, slots=True, kw_only=True)
class CityPage:
    """A city, as far as the person who asks may see it."""

    morning: Morning
    rows: tuple[DivisionRow, ...]
    sites: int
    cameras: int
    open: Mapping[str, int]
    silent: int
    map: MapPage


def read_city(store: Store, believed: Trust, scope: Scope, now: datetime) -> CityPage:
    """Return the city. The store is only read, by indexes: no report, and no row of a finding."""
    sites = store.seen.divisions(scope)
    counted = store.seen.open_by_division(scope)
    silent = find_silent(store, believed, now, scope)
    quiet = Counter(sites.get(one.site, ("", 0))[0] for one in silent)
    cameras: Counter[str] = Counter()
    for division, count in sites.values():
        cameras[division] += count
    held = Counter(division for division, _ in sites.values())
    rows = [
        DivisionRow(
            division=division, sites=held[division], cameras=cameras[division], silent=quiet[division],
            **counted.get(division, dict.fromkeys(OPEN, 0)),
        )
        for division in held.keys() | counted.keys() | quiet.keys()
    ]  # fmt: skip
    return CityPage(
        morning=_morning(store, scope, sites, silent, now),
        rows=tuple(sorted(rows, key=_badness)),
        sites=len(sites),
        cameras=sum(cameras.values()),
        open={status: sum(one[status] for one in counted.values()) for status in OPEN},
        silent=len(silent),
        map=read_map(store, scope, sites, silent),
    )


def _morning(store: Store, scope: Scope, sites: Collection[str], silent: Iterable[Silent], now: datetime) -> Morning:
    today = now.astimezone(CHINA).date()
    since = today - timedelta(days=1)
    begin = utc_text(datetime.combine(since, time(), CHINA).astimezone(UTC))
    kinds = Counter(one.kind for one in silent)
    due: dict[str, tuple[int, int]] = {}
    for one in store.seen.assigned(today.isoformat()):
        if one.late and one.site in sites:
            late, count = due.get(one.assignee, (0, 0))
            due[one.assignee] = late + one.late, count + one.open
    may_see = dispute_filter(store, scope, sites)
    waiting = [one for one in store.disputes.listed() if one.decision is None and may_see(one.site, one.said.subject)]
    return Morning(
        silent={kind: kinds[kind] for kind in KINDS if kinds[kind]},
        new_fails=store.findings.total(Wanted(status="fail", since=begin, scope=scope)),
        since=since,
        late=tuple(
            sorted((Late(name, *counts) for name, counts in due.items()), key=lambda one: (-one.late, one.assignee))
        ),
        disputes_open=len(waiting),
        disputes_late=sum(one.due_at() <= now for one in waiting),
        differing=tuple(store.places.differing(scope)),
    )


def _badness(row: DivisionRow) -> tuple[int, int, int, int, str]:
    return -row.fail, -row.silent, -row.unknown, -row.warn, row.division


def answer(asked: Asked) -> Reply:
    """Return the page of the city."""
    believed = asked.place.keys.now(asked.place.directory)
    return shown(asked, "city.html.j2", p=read_city(asked.store, believed, asked.scope, asked.now), **map_words())

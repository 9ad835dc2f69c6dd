"""Shows how a city does over the last thirty days: online, recorded, open findings by age, time to repair, footage."""

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.figures import CHINA, FOOTAGE_LEFT, Figure, added
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import Wanted
from agent.hub.domain.rows.footage_left import FootageLeft, footage_left_from, summed
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import shares, shown
from agent.hub.web.plots import Plot, columns

DAYS: Final = 30
SHOWN: Final = ("online", "recorded")
AGES: Final = (("0-1", 1), ("1-3", 3), ("3-7", 7), ("7-30", 30), ("30-90", 90))
"""Ages by which open findings are counted, in days, with their upper ends; what is older is `OLDER`."""

OLDER: Final = "90+"
CHANGING: Final = timedelta(days=3)
"""Of days up to this age most of what comes late comes."""

RETENTION: Final = ("retention-days", "retention-forecast")
"""The checks that say how much of the footage is left."""

LEFT: Final = {"enough": "good", "soon": "warn", "unknown": "unknown", "short": "fail"}
"""Classes of cameras by what is left of their footage, from below, and how each is drawn."""

PARTS: Final = ("good", "unknown", "bad")
"""Parts of a share in percent, from below."""

_KEPT_MOST: Final = 512


@dataclass(frozen=True, slots=True)
class TrendDay:
    """One day in China: sums over all sites by figure, and the fails that ended; `mean_s` None: none did.

    `left`: how much of the footage that is due is there, by the configuration reports of the day; None: none came.
    """

    day: date
    figures: dict[str, Figure]
    repaired: int
    mean_s: float | None
    left: FootageLeft | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendsPage:
    """The last days, oldest first, and what is open by age: days, and counts by status.

    `retention`: open findings about footage that is, or will be, stored too short: by check and status.
    """

    days: tuple[TrendDay, ...]
    ages: tuple[tuple[str, dict[str, int]], ...]
    retention: tuple[tuple[str, dict[str, int]], ...]
    online: Plot
    recorded: Plot
    open: Plot
    repairs: Plot
    footage: Plot
    cameras: Plot


def read_trends(store: Store, scope: Scope, now: datetime) -> TrendsPage:
    """Return the trends.

    A day is summed once an hour at most, an older one once a day: what comes late about it shows within that time.
    """
    last = now.astimezone(CHINA).date() - timedelta(days=1)
    every = [last - timedelta(days=ago) for ago in reversed(range(DAYS))]
    hour = int(now.timestamp()) // 3600
    days = tuple(_day(store.directory, scope, day, hour if last - day < CHANGING else hour // 24) for day in every)
    ages = _ages(store, scope, now)
    names = [f"{one.day:%m-%d}" for one in days]
    return TrendsPage(
        days=days,
        ages=ages,
        retention=tuple(
            (check, {one: store.findings.total(Wanted(check=check, status=one, scope=scope)) for one in OPEN})
            for check in RETENTION
        ),
        online=columns(names, [_parts(one.figures.get("online")) for one in days], PARTS, 100),
        recorded=columns(names, [_parts(one.figures.get("recorded")) for one in days], PARTS, 100),
        open=columns([age for age, _ in ages], [counts for _, counts in ages], OPEN),
        repairs=columns(
            names, [{"plain": None if one.mean_s is None else one.mean_s / 3600} for one in days], ("plain",)
        ),
        footage=columns(names, [_parts(one.left.days if one.left else None) for one in days], PARTS, 100),
        cameras=columns(names, [_of_cameras(one.left) for one in days], tuple(LEFT.values())),
    )


def _parts(figure: Figure | None) -> dict[str, float | None]:
    if figure is None or not figure[1]:
        return dict.fromkeys(PARTS)
    good, due, unknown, _ = figure
    return {"good": 100 * good / due, "unknown": 100 * unknown / due, "bad": 100 * max(0.0, due - good - unknown) / due}


def _of_cameras(left: FootageLeft | None) -> dict[str, float | None]:
    return {kind: left.cameras[name] if left else None for name, kind in LEFT.items()}


@lru_cache(maxsize=_KEPT_MOST)
def _day(directory: Path, scope: Scope, day: date, hour: int) -> TrendDay:
    with closing(open_store(directory, read_only=True)) as store:
        seen = None if scope.everything else store.seen.divisions(scope)
        figures: dict[str, Figure] = {}
        for group in store.figures.sum_of_day("division", day, seen).groups.values():
            for name in SHOWN:
                if name in group.figures:
                    good, due, unknown, excluded = group.figures[name]
                    figures[name] = added(figures.get(name), (good, due, unknown, excluded))
        told = store.figures.of_day(FOOTAGE_LEFT, day)
        lefts = [footage_left_from(one) for site, one in told.items() if seen is None or site in seen]
        start, end = (
            utc_text(datetime.combine(one, time(), CHINA).astimezone(UTC)) for one in (day, day + timedelta(days=1))
        )
        count, lasted_s = store.seen.repaired_between(scope, start, end)
    return TrendDay(day, figures, count, lasted_s / count if count else None, summed(lefts))


def _ages(store: Store, scope: Scope, now: datetime) -> tuple[tuple[str, dict[str, int]], ...]:
    today = now.astimezone(UTC).date()
    groups: dict[str, dict[str, int]] = {name: dict.fromkeys(OPEN, 0) for name in (*(name for name, _ in AGES), OLDER)}
    for one in store.seen.open_by_age(scope):
        groups[_age(one.day, today)][one.status] += one.count
    return tuple(groups.items())


def _age(day: str, today: date) -> str:
    """Return the group of a day; of one that cannot be read, as of one to come, the newest."""
    try:
        days = (today - date.fromisoformat(day)).days
    except ValueError:
        return AGES[0][0]
    return next((name for name, most in AGES if days < most), OLDER)


def answer(asked: Asked) -> Reply:
    """Return the page of trends."""
    return shown(asked, "trends.html.j2", p=read_trends(asked.store, asked.scope, asked.now), shares=shares(asked.lang))

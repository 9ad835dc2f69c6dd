"""The stores that the bench `stores` measures: a listing as large as asked, and recorded time with seeded holes in it.

A listing answers like a folder (`drivers/stores/folder.py`, Tree), from arithmetic: 60-second segments, each last
written when it ends, of which the oldest expire and the newest grow as `now` moves on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import BinaryIO

PATTERN = "%path/%Y-%m-%d/%H-%M-%S.mp4"
FLAT = "%path/%Y-%m-%d_%H-%M-%S-%f.mp4"
SEGMENT_S = 60
DAY_S = 86_400
NOW = datetime(2026, 3, 31, 13, 20, 7, tzinfo=UTC)
_MINUTES = [f"{minute // 60:02}-{minute % 60:02}-00.mp4" for minute in range(1440)]
_FLAT_MINUTES = [f"{name[:8]}-000000.mp4" for name in _MINUTES]


def size_bytes(minute: int) -> int:
    """Return what the segment of a minute of the day holds: between 6 and 8 MB."""
    return 7_000_000 + 997 * (minute % 1000)


class Listing:
    """Cameras with so many days of segments until `now`, in folders by day, or in one folder each."""

    def __init__(self, cameras: Sequence[str], days: int, now: datetime, flat: bool = False) -> None:
        self.cameras = list(cameras)
        self.days = days
        self.now = now
        self.flat = flat

    def _window(self, day: datetime) -> tuple[int, int]:
        """Return the first and the last minute of a day that is there, and that plus one."""
        oldest = self.now - timedelta(days=self.days)
        first = max(0, int((oldest - day).total_seconds() + SEGMENT_S - 1) // SEGMENT_S)
        return first, min(1440, int((self.now - day).total_seconds()) // SEGMENT_S + 1)

    def _days(self) -> list[datetime]:
        today = self.now.replace(hour=0, minute=0, second=0, microsecond=0)
        return [today - timedelta(days=number) for number in range(self.days, -1, -1)]

    def names(self, folder: str) -> list[str]:
        """List a folder."""
        if not folder:
            return self.cameras
        if self.flat:
            return [
                front + name
                for front, day in ((f"{day:%Y-%m-%d}_", day) for day in self._days())
                for name in _FLAT_MINUTES[slice(*self._window(day))]
            ]
        if "/" not in folder:
            return [f"{day:%Y-%m-%d}" for day in self._days()]
        return _MINUTES[slice(*self._window(_day(folder)))]

    def changed_ns(self, folder: str) -> int:
        """Tell when a segment was put into a folder last, or taken out."""
        if self.flat:
            return int(self.now.timestamp()) * 10**9
        day = _day(folder)
        if day < self.now - timedelta(days=self.days):
            return int(self.now.timestamp()) * 10**9
        return int(min(day + timedelta(days=1), self.now).timestamp()) * 10**9

    def states(self, folder: str, names: Sequence[str]) -> list[tuple[int, int] | None]:
        """Tell sizes and times."""
        now_ns = int(self.now.timestamp() * 1e9)
        found: list[tuple[int, int] | None] = []
        for name in names:
            hour, minute = (int(name[11:13]), int(name[14:16])) if self.flat else (int(name[:2]), int(name[3:5]))
            number = hour * 60 + minute
            begins = _epoch(name[:10] if self.flat else folder[-10:])
            found.append((size_bytes(number), min((begins + (number + 1) * SEGMENT_S) * 10**9, now_ns)))
        return found

    def open(self, folder: str, name: str) -> BinaryIO | None:
        """Open nothing: there are no files."""
        return None


_EPOCHS: dict[str, int] = {}


def _epoch(day: str) -> int:
    if day not in _EPOCHS:
        _EPOCHS[day] = int(datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp())
    return _EPOCHS[day]


def _day(folder: str) -> datetime:
    return datetime.fromtimestamp(_epoch(folder[-10:]), UTC)


def stretches(seed: int, days: int, now: datetime) -> list[tuple[float, float]]:
    """Return recorded time with holes in it: of 3 s to 10 h, and pauses of up to 1 s that are none.

    Both are at random moments, and never nearer to each other than two minutes.
    """
    chance = random.Random(seed)
    until_s = now.timestamp() - chance.uniform(0, 50)
    at_s = until_s - days * DAY_S
    found: list[tuple[float, float]] = []
    while at_s < until_s:
        ends_s = min(at_s + chance.uniform(120, 12_000), until_s)
        found.append((at_s, ends_s))
        pause = chance.random() < 0.3
        at_s = ends_s + (chance.uniform(0.05, 1.0) if pause else 3.0 + min(chance.expovariate(1 / 900), 36_000))
    return found


def segments(stretch: tuple[float, float]) -> list[tuple[float, float]]:
    """Cut recorded time into segments at whole minutes, as a recorder does."""
    begins, until = stretch
    found: list[tuple[float, float]] = []
    while begins < until:
        ends = min((int(begins) // SEGMENT_S + 1) * SEGMENT_S, until)
        found.append((begins, float(ends)))
        begins = float(ends)
    return found


def judge(
    stretches: Sequence[tuple[float, float]], spans: Sequence[tuple[float, float]], least_s: float = 3.0
) -> tuple[int, int, int]:
    """Return how many true holes there are, how many were found with edges within 1 s, and how many were invented."""
    true = [(a[1], b[0]) for a, b in pairwise(stretches) if b[0] - a[1] >= least_s]
    told = [(a[1], b[0]) for a, b in pairwise(spans)]
    near = [
        any(abs(hole[0] - one[0]) <= 1 and abs(hole[1] - one[1]) <= 1 for one in _around(told, hole)) for hole in true
    ]
    invented = sum(not any(abs(hole[0] - one[0]) <= 1 for one in _around(true, hole)) for hole in told)
    return len(true), sum(near), invented


def _around(holes: Sequence[tuple[float, float]], hole: tuple[float, float]) -> list[tuple[float, float]]:
    return [one for one in holes if abs(one[0] - hole[0]) < 60]

"""Parses the start of each segment of a folder from its name. Pure; made for millions of them.

Names are grouped by their hour, so that the calendar and the time zone are evaluated once for each hour; minutes and
seconds are added from small tables. A moment that comes twice, when clocks are set back, is decided by the file's time
of change.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import repeat
from operator import add, itemgetter
from zoneinfo import ZoneInfo

from drivers.stores.pattern import Step

_MINUTE = {f"{number:02}": number * 60.0 for number in range(60)}
_SECOND = {f"{number:02}": float(number) for number in range(100)}
_COUNTED = 2
"""Digits at the end of `%s` that are counted below the group: 100 s, which divide every offset of a time zone."""


@dataclass(frozen=True, slots=True)
class Hour:
    """A group of names: its start since 1970, `again_s` where clocks are set back (else the same), its local day."""

    begins_s: float
    again_s: float
    day: date


class FolderNames:
    """Parses the names in one folder. `above` are the fields already parsed from its path, by their letter."""

    def __init__(self, step: Step, above: Mapping[str, str], zone: ZoneInfo) -> None:
        self._matches = step.expression.fullmatch
        self._above = above
        self._zone = zone
        self._twice = [(itemgetter(place), above[field]) for field, place in step.places.items() if field in above]
        places = {field: place for field, place in step.places.items() if field not in above}
        # With an offset of its own, a name's hour may straddle the store's midnight: then minutes are in the group.
        letters = "YmdHMz" if "z" in places or "z" in above else "YmdH"
        grouped = {field: place for field, place in places.items() if field in letters}
        below = {field: place for field, place in places.items() if field not in letters}
        if "s" in places:
            cut = places["s"].stop - _COUNTED
            grouped, below = {"s": slice(places["s"].start, cut)}, {"S": slice(cut, places["s"].stop)}
        self._key = _one_slice(grouped, below)
        offset = self._key.start or 0
        self._fields = {f: slice(place.start - offset, place.stop - offset) for f, place in grouped.items()}
        self._group = itemgetter(self._key)
        self._below: list[Callable[[Sequence[str]], Iterable[float]]] = [
            _reader(field, place) for field, place in below.items()
        ]
        told = {} if "s" in places or "s" in above else above
        self._fixed_s = sum(
            _value(field, text) for field, text in told.items() if field in "MSf" and field not in letters
        )
        self._hours: dict[str, Hour | None] = {}

    def matching(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """Part the names into those of segments and all others, such as those of a day that no calendar has."""
        found = [name for name in names if self._matches(name)]
        for getter, text in self._twice:
            found = [name for name in found if getter(name) == text]
        bad = {key for key in set(map(self._group, found)) if self._hour(key) is None}
        if bad:
            found = [name for name in found if self._group(name) not in bad]
        if len(found) == len(names):
            return found, []
        known = set(found)
        return found, [name for name in names if name not in known]

    def by_day(self, names: Sequence[str]) -> dict[date, int]:
        """Count the segments of each local day."""
        counts: dict[date, int] = {}
        for key, count in Counter(map(self._group, names)).items():
            day = self._known(key).day
            counts[day] = counts.get(day, 0) + count
        return counts

    def of_days(self, names: Sequence[str], days: Collection[date]) -> dict[date, list[str]]:
        """Return the names of some days, sorted."""
        found: dict[date, list[str]] = {day: [] for day in days}
        wanted = {key: found[day] for key in set(map(self._group, names)) if (day := self._known(key).day) in found}
        for name in names:
            if (rows := wanted.get(self._group(name))) is not None:
                rows.append(name)
        for rows in found.values():
            rows.sort()
        return found

    def begins(self, names: Sequence[str], changed_s: Sequence[float]) -> list[float]:
        """Return when each segment begins, in seconds since 1970.

        Args:
            names: Names that match.
            changed_s: When each file was last written, in seconds since 1970; called only where a moment comes twice.
        """
        keys = list(map(self._group, names))
        base = {key: self._known(key).begins_s for key in set(keys)}
        found: Iterable[float] = map(base.__getitem__, keys)
        for reader in self._below:
            found = map(add, found, reader(names))
        if self._fixed_s:
            found = map(add, found, repeat(self._fixed_s))
        begins = list(found)
        later = {k: hour.again_s - hour.begins_s for k in base if (hour := self._known(k)).again_s != hour.begins_s}
        if later:
            self._second_time(keys, begins, changed_s, later)
        return begins

    def _second_time(
        self, keys: list[str], begins: list[float], changed_s: Sequence[float], later: Mapping[str, float]
    ) -> None:
        """Move those segments by the turn of the clock that were written after it."""
        taken = [(changed - begin, key in later) for changed, begin, key in zip(changed_s, begins, keys, strict=True)]
        lengths = sorted(length for length, twice in taken if not twice and length > 0)
        others = sorted(length for length, _ in taken if length > 0)
        # Where every name is of that hour, the shortest are those that were written before the turn.
        usual_s = lengths[len(lengths) // 2] if lengths else others[0] if others else 0.0
        for number, key in enumerate(keys):
            turn_s = later.get(key)
            if turn_s is None:
                continue
            once_s = changed_s[number] - begins[number] - usual_s
            # Whichever moment makes the segment's length the more usual one.
            if abs(once_s - turn_s) < abs(once_s) and once_s >= turn_s / 2:
                begins[number] += turn_s

    def _known(self, key: str) -> Hour:
        hour = self._hour(key)
        if hour is None:
            raise ValueError("only names that match can be asked about")
        return hour

    def _hour(self, key: str) -> Hour | None:
        if key not in self._hours:
            values = {**self._above, **{field: key[place] for field, place in self._fields.items()}}
            self._hours[key] = _hour(tuple(sorted(values.items())), self._zone)
        return self._hours[key]


@lru_cache(maxsize=4096)
def _hour(values: tuple[tuple[str, str], ...], zone: ZoneInfo) -> Hour | None:
    """Find an hour in the calendar; None where there is none of that name."""
    told = dict(values)
    if "s" in told:
        begins_s = float(told["s"].ljust(10, "0"))
        return Hour(begins_s, begins_s, datetime.fromtimestamp(begins_s, zone).date())
    try:
        wall = datetime(int(told["Y"]), int(told["m"]), int(told["d"]), int(told["H"]))  # noqa: DTZ001 # zone follows
        if "z" in told:
            minutes = int(told["z"][1:3]) * 60 + int(told["z"][3:])
            offset = timedelta(minutes=-minutes if told["z"].startswith("-") else minutes)
            at = (wall - offset).replace(tzinfo=UTC) + timedelta(minutes=int(told["M"]))
            return Hour(at.timestamp(), at.timestamp(), at.astimezone(zone).date())
        # Clocks may be set back in the middle of an hour. One that is left out has an earlier second reading: nobody's.
        turns = [_turn_s(wall + timedelta(minutes=minutes), zone) for minutes in (0, 59)]
        begins_s = wall.replace(tzinfo=zone).timestamp()
        return Hour(begins_s, begins_s + max(0.0, *turns), wall.date())
    except (ValueError, OverflowError):
        return None


def _turn_s(wall: datetime, zone: ZoneInfo) -> float:
    """Return by how much the second reading of a wall clock's moment is later than the first."""
    return wall.replace(tzinfo=zone, fold=1).timestamp() - wall.replace(tzinfo=zone).timestamp()


def _one_slice(grouped: Mapping[str, slice], below: Mapping[str, slice]) -> slice:
    """Return the stretch of a name that holds the group's fields and no others; else the whole name."""
    if not grouped:
        return slice(0, 0)
    start, stop = min(p.start for p in grouped.values()), max(p.stop for p in grouped.values())
    if any(start < place.stop and place.start < stop for place in below.values()):
        return slice(0, None)
    return slice(start, stop)


def _reader(field: str, place: slice) -> Callable[[Sequence[str]], Iterable[float]]:
    getter: Callable[[str], str] = itemgetter(place)
    if field == "f":
        return lambda names: (int(getter(name)) / 1e6 for name in names)
    table = _MINUTE if field == "M" else _SECOND
    return lambda names: map(table.__getitem__, map(getter, names))


def _value(field: str, text: str) -> float:
    return int(text) / 1e6 if field == "f" else (_MINUTE if field == "M" else _SECOND)[text]

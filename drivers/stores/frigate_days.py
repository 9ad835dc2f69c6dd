"""Reads the days of Frigate's table into the index. Decides which are read again, and when.

A look reads the days that were unfinished at the last read, those whose number of rows changed (the oldest is counted
in each look, the others in turn), and, a few in each look, every day once a day in full.

A day's digest is over the paths, times and sizes in its rows. It proves that the recorder's own account of the day is
that of an earlier look; the files behind it are only sampled (`frigate_files.py`).
"""

import math
from array import array
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from operator import sub
from zoneinfo import ZoneInfo

from drivers.footage import StoreTask
from drivers.stores.ends import SETTLES_S, SLACK_S, Span, Troubles, merged
from drivers.stores.frigate_files import RECORDINGS, Files
from drivers.stores.frigate_rows import LONGEST_S, Row, Rows
from drivers.stores.index import Index, Part
from drivers.stores.part import FIRST_KEPT
from drivers.stores.scan import ROUND_S, turns

COUNTED_SHARE = 1 / 8
"""Which part of the days is counted in each look, to notice rows that were deleted."""

DAYS_MAX = 4000
_DAYS_AT_ONCE = 16
MIB = 1024 * 1024
_TIME_MAX_S = 2.0**33
_DAY_MAX_MIB = 2.0**30
_ALL = ""
"""The camera name under which the index stores the reading of a whole day."""


class Columns:
    """The rows of one camera and day, in columns without an object for each; `bad`: begin and path of rows left out."""

    __slots__ = ("bad", "begins", "ends", "paths", "sizes")

    def __init__(self) -> None:
        self.begins = array("d")
        self.ends = array("d")
        self.sizes = array("d")
        self.paths: list[str] = []
        self.bad: list[tuple[float, str]] = []

    @property
    def rows(self) -> int:
        """How many rows there are, those left out included."""
        return len(self.begins) + len(self.bad)

    def add(self, rows: list[Row]) -> None:
        """Add rows that follow those before."""
        _, begins, ends, sizes, paths = zip(*rows, strict=True)
        try:
            numbers = array("d", begins), array("d", ends), array("d", sizes)
            "".join(paths)
        except TypeError:
            # SQLite itself does not see to it that a time is a number.
            good = [row for row in rows if _believable(row)]
            self.bad += [(_begin_of(row[1]), str(row[4])) for row in rows if not _believable(row)]
            if good:
                self.add(good)
            return
        self.begins += numbers[0]
        self.ends += numbers[1]
        self.sizes += numbers[2]
        self.paths += paths

    def leave_out_what_cannot_be(self) -> None:
        """Mark rows as bad whose times or size no recorder can have written; searched only where there is one."""
        most_s = max(max(self.begins, default=0.0), max(self.ends, default=0.0))
        if 0 <= sum(self.sizes) <= _DAY_MAX_MIB and most_s <= _TIME_MAX_S and min(self.begins, default=0.0) >= 0:
            return
        rows = list(zip(self.begins, self.ends, self.sizes, self.paths, strict=True))
        most_mib = _DAY_MAX_MIB / len(rows)
        can_be = [
            0 <= begins_s <= _TIME_MAX_S and ends_s <= _TIME_MAX_S and 0 <= mib <= most_mib
            for begins_s, ends_s, mib, _ in rows
        ]
        good = [row for row, right in zip(rows, can_be, strict=True) if right]
        self.bad += [(_begin_of(row[0]), row[3]) for row, right in zip(rows, can_be, strict=True) if not right]
        self.begins, self.ends = array("d", [row[0] for row in good]), array("d", [row[1] for row in good])
        self.sizes, self.paths = array("d", [row[2] for row in good]), [row[3] for row in good]

    def seal(self) -> str:
        """Return the digest of the rows; paths below the root only: footage moved to another disk stays the same."""
        joined = "\n".join(self.paths)
        for path in (*self.paths[:1], *self.paths[-1:]):
            front, found, _ = path.rpartition(RECORDINGS)
            joined = joined.replace(f"{front}{found}", "") if found else joined
        seal = sha256(joined.encode("utf-8", "surrogateescape"))
        for column in (self.begins, self.ends, self.sizes):
            seal.update(column.tobytes())
        return seal.hexdigest()


def _begin_of(value: object) -> float:
    """Return when a bad row begins; 0 without a possible time."""
    return float(value) if isinstance(value, int | float) and 0 <= value <= _TIME_MAX_S else 0.0


def _believable(row: Row) -> bool:
    return all(isinstance(value, int | float) for value in row[1:4]) and isinstance(row[4], str)


class Days:
    """What is known of each local day. `parts`: of each camera of the task, by its name in the store."""

    def __init__(self, task: StoreTask, rows: Rows, index: Index) -> None:
        self._task = task
        self._rows = rows
        self._index = index
        self._zone = ZoneInfo(task.store.time_zone)
        self._now_s = task.now.timestamp()
        self._names = sorted({name for _, name in task.cameras})
        self._asked = sha256("\n".join(self._names).encode()).hexdigest()
        self._whole = {day: part for (_, day), part in index.parts(_ALL).items()}
        self.parts = {name: {day: part for (_, day), part in index.parts(name).items()} for name in self._names}
        self.files = Files(task.store.path)

    def read(self) -> None:
        """Bring them up to date. Raises DriverError: the table broke off; everything read until then is stored."""
        days = self._present()
        for day in self._whole.keys() - set(days):
            self._index.drop(_ALL, "", day)
            for name in self._names:
                self._put(name, day, None)
            del self._whole[day]
        again = [day for day in days if self._unfinished(day)]
        again += [day for day in self._counted(days) if day not in again and self._changed(day)]
        in_full = self._due(days)
        for number, day in enumerate(sorted({*again, *in_full}), 1):
            self._task.progress()
            self._read_day(day, look_at_files=day in in_full or day in (days[0], days[-1]))
            if number % _DAYS_AT_ONCE == 0:
                self._index.commit()
        self._index.finish(self._now_s)

    def _present(self) -> list[date]:
        """List the local days from the oldest row to the newest, as far as they can be true."""
        ends = self._rows.ends()
        if ends is None:
            return []
        low, high = self._now_s - DAYS_MAX * ROUND_S, self._now_s + ROUND_S
        first, last = (datetime.fromtimestamp(min(max(one, low), high), self._zone).date() for one in ends)
        return [first + timedelta(days=number) for number in range((last - first).days + 1)]

    def _stretch(self, day: date) -> tuple[float, float]:
        begins, ends = (datetime.combine(one, time(), self._zone).timestamp() for one in (day, day + timedelta(days=1)))
        return begins, ends

    def _unfinished(self, day: date) -> bool:
        """Return whether a day was not read, or not for these cameras, or while it was still being written."""
        part = self._whole.get(day)
        return part is None or part.digest != self._asked or part.read_s < self._stretch(day)[1] + SETTLES_S

    def _counted(self, days: Sequence[date]) -> list[date]:
        """Choose the days that are counted: the oldest, and of the others a share in turn."""
        turns = math.ceil(1 / COUNTED_SHARE)
        turn = self._index.looks % turns
        return [day for number, day in enumerate(days) if number == 0 or number % turns == turn]

    def _changed(self, day: date) -> bool:
        self._task.progress()
        return self._rows.count(*self._stretch(day)) != self._whole[day].segments

    def _due(self, days: Sequence[date]) -> set[date]:
        """Choose the days that are read in full: enough to read each within a round, the longest unread first."""
        settled = sorted((self._whole[day].verified_s, day) for day in days if not self._unfinished(day))
        count = turns(len(settled), self._index.looked_s, self._now_s)
        return {day for _, day in settled[:count]}

    def _read_day(self, day: date, look_at_files: bool) -> None:
        columns = {name: Columns() for name in self._names}
        count = 0
        for rows in self._rows.between(*self._stretch(day)):
            count += len(rows)
            found: dict[str, list[Row]] = defaultdict(list)
            for row in rows:
                found[row[0]].append(row)
            for name in found.keys() & columns.keys():
                columns[name].add(found[name])
        for name in self._names:
            self._put(name, day, self._part(day, columns[name], look_at_files) if columns[name].rows else None)
        whole = Part(count, 0, self._asked, (), True, (), (), 0.0, self._now_s, self._now_s)
        self._whole[day] = whole
        self._index.put(_ALL, "", day, whole)

    def _put(self, name: str, day: date, part: Part | None) -> None:
        if part is not None:
            self.parts[name][day] = part
            self._index.put(name, "", day, part)
            self._index.meet(name)
        elif self.parts[name].pop(day, None) is not None:
            self._index.drop(name, "", day)

    def _part(self, day: date, columns: Columns, look_at_files: bool) -> Part:
        troubles = Troubles()
        columns.leave_out_what_cannot_be()
        if columns.bad:
            troubles.note("unreadable", "a row without times or size", times=len(columns.bad))
        spans = _spans(columns, self._now_s, troubles)
        if look_at_files:
            turn = day.toordinal() + self._index.looks
            # Even a row that cannot be believed has its file.
            named = [*zip(columns.begins, columns.paths, strict=True), *columns.bad]
            self.files.compare(named, turn, self._now_s, troubles)
        return Part(
            columns.rows,
            round(sum(columns.sizes) * MIB),
            columns.seal(),
            spans,
            not columns.bad,
            troubles.all(),
            tuple(zip(columns.begins[:FIRST_KEPT], columns.paths[:FIRST_KEPT], strict=True)),
            max(columns.ends, default=0.0),
            self._now_s,
            self._now_s,
        )


def _spans(columns: Columns, now_s: float, troubles: Troubles) -> tuple[Span, ...]:
    """Join the rows to stretches, and note those that cannot be true."""
    begins, ends = columns.begins, columns.ends
    if not begins:
        return ()
    gaps = list(map(sub, begins[1:], ends))
    steady = not gaps or (min(gaps) >= -SLACK_S and max(gaps) <= SLACK_S)
    lasts_s = ends[-1] - begins[-1]
    if steady and 0 < lasts_s <= LONGEST_S and begins[-1] <= now_s + SLACK_S:
        return ((begins[0], ends[-1]),)
    spans: list[Span] = []
    until_s = 0.0
    for begins_s, ends_s, path in zip(begins, ends, columns.paths, strict=True):
        name = path.rpartition("/")[2]
        if begins_s > now_s + SLACK_S:
            troubles.note("future", name, begins_s)
            continue
        if not begins_s <= ends_s <= begins_s + LONGEST_S or begins_s < until_s - SLACK_S:
            troubles.note("clock-jump", name, begins_s)
        if begins_s < ends_s <= begins_s + LONGEST_S:
            spans.append((begins_s, ends_s))
            until_s = max(until_s, ends_s)
    return tuple(merged(spans))

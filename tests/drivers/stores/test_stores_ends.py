"""Where segments begin and end, decided from names, times of change and sizes: a header is asked only in doubt."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.stores.ends import Ends, Troubles, find_ends, merged
from drivers.stores.facts import SPANS_MAX, recordings
from drivers.stores.index import Part
from drivers.stores.naming import FolderNames
from drivers.stores.pattern import name_trouble, steps, trouble

NOW = 1_800_000_000.0
SIZE = 1_000_000
DAY_S = 86400.0


def ends(rows: list[tuple[float, float, int]], headers: dict[int, float] | None = None) -> tuple[Ends, list[int]]:
    """Find the ends of segments given as begin and change relative to NOW, and size; return also what was asked."""
    asked: list[int] = []

    def duration(number: int) -> float | None:
        asked.append(number)
        return (headers or {}).get(number)

    begins, changed, sizes = (list(column) for column in zip(*rows, strict=True))
    names = [f"{number}.mp4" for number in range(len(rows))]
    found = find_ends(
        names, [NOW + b for b in begins], [NOW + c for c in changed], [int(s) for s in sizes], NOW, duration
    )
    return found, asked


def minutes(first: int, last: int) -> list[tuple[float, float, int]]:
    return [(60.0 * number, 60.0 * number + 60, SIZE) for number in range(first, last)]


def relative(found: Ends) -> list[tuple[float, float]]:
    return [(begins - NOW, until - NOW) for begins, until in found.spans]


STEADY = minutes(-20, -10)
Rows = list[tuple[float, float, int]]
CASES: dict[str, tuple[Rows, dict[int, float], list[tuple[float, float]], list[str], bool]] = {
    # name: rows, headers by number, spans, troubles, whether a header was asked
    "steady": (STEADY, {}, [(-1200, -600)], [], False),
    "a crash in mid-segment, and a start later": (
        [*STEADY, (-600, -580, SIZE // 3), *minutes(-5, 0)], {}, [(-1200, -580), (-300, 0)], [], False,
    ),
    "a hole of three seconds": (
        [*STEADY, (-600, -543.0, SIZE), (-540, -480, SIZE)], {}, [(-1200, -543), (-540, -480)], [], False,
    ),
    "a pause of two seconds is none": ([*STEADY, (-598, -540, SIZE)], {}, [(-1200, -540)], [], False),
    "files finished eight seconds late": (
        [(b, c + 8, s) for b, c, s in STEADY], {}, [(-1200, -592)], [], False,
    ),
    "a camera that hung: the file was closed when the picture came back": (
        [*STEADY, (-600, -60, SIZE), (-60, 0, SIZE)], {10: 20.0}, [(-1200, -580), (-60, 0)], [], True,
    ),
    "a copy of the store, made just now": ([(b, 0.0, s) for b, _, s in STEADY], {9: 60.0}, [(-1200, -600)], [], True),
    "a copy of a store with a hole": (
        [(b, 0.0, s) for b, _, s in [*STEADY, *minutes(-5, -1)]], {9: 60.0, 13: 60.0},
        [(-1200, -600), (-300, -60)], [], True,
    ),
    "a small segment whose header says that it is whole": (
        [*STEADY, (-600, -540, SIZE // 20), *minutes(-9, 0)], {10: 60.0}, [(-1200, 0)], [], True,
    ),
    "a small segment that holds five seconds": (
        [*STEADY, (-600, -540, SIZE // 20), *minutes(-9, 0)], {10: 5.0}, [(-1200, -595), (-540, 0)], [], True,
    ),
    "a clock that was set back by half a minute": (
        [*STEADY, (-630, -570, SIZE), (-570, -510, SIZE)], {9: 60.0}, [(-1200, -510)], ["clock-jump"], True,
    ),
    "a file that was changed before it began": (
        [*STEADY, (-600, -9000, SIZE), *minutes(-9, 0)], {10: 60.0}, [(-1200, 0)], ["clock-jump"], True,
    ),
    "segments of last week that were written today": (
        [(b - 7 * DAY_S, 0.0, s) for b, _, s in STEADY], {9: 60.0}, [(-1200 - 7 * DAY_S, -600 - 7 * DAY_S)],
        ["written-later"], True,
    ),
    "a recorder that moves its footage to another disk at night": (
        [(b - DAY_S, 0.0, s) for b, _, s in STEADY], {9: 60.0}, [(-1200 - DAY_S, -600 - DAY_S)], [], True,
    ),
    "segments from the future": ([*STEADY, *minutes(10, 12)], {}, [(-1200, -600)], ["future"], False),
    "an old file without a byte": (
        [*STEADY[:5], (-900, -890, 0), *STEADY[6:]], {4: 60.0}, [(-1200, -900), (-840, -600)], [], False,
    ),
    "the newest file has no byte yet": ([*minutes(-10, 0), (0, 0, 0)], {}, [(-600, 0)], [], False),
    "the newest file was begun just now": ([*minutes(-10, 0), (0, 0, 40)], {}, [(-600, 0)], [], False),
    "one long event that is still written": (
        [*minutes(-60, -50), (-900, -1, 9 * SIZE)], {}, [(-3600, -3000), (-900, -1)], [], True,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_ends_follow_from_what_is_there(name: str) -> None:
    rows, headers, spans, kinds, asks = CASES[name]
    found, asked = ends(rows, headers)
    assert relative(found) == [(float(a), float(b)) for a, b in spans]
    assert [one.kind for one in found.troubles] == kinds
    assert bool(asked) == asks and found.sure


def test_without_a_header_nothing_more_is_claimed_than_a_usual_segment_and_it_is_said() -> None:
    found, _ = ends([*STEADY, (-600.0, -60.0, SIZE), (-60.0, 0.0, SIZE)])
    assert relative(found) == [(-1200, -540), (-60, 0)]
    assert not found.sure


def test_an_old_file_without_a_byte_is_told_apart_from_one_that_was_just_begun() -> None:
    found, _ = ends([(-5000.0, -5000.0, 0), *STEADY, (0.0, 0.0, 0)])
    assert [(one.kind, one.times, one.first) for one in found.troubles] == [("empty", 1, "0.mp4")]


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(0, 300)), max_size=40))
def test_merged_stretches_cover_the_same_and_lie_apart(spans: list[tuple[float, float]]) -> None:
    given_spans = [(begins, begins + length) for begins, length in spans]
    found = merged(given_spans)
    assert all(any(a <= b0 and b1 <= b for a, b in found) for b0, b1 in given_spans)
    assert all(later[0] - earlier[1] > 2 for earlier, later in pairwise(found))


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "Europe/Berlin", "Asia/Kolkata", "UTC"])
@pytest.mark.parametrize(
    "pattern", ["%path/%Y-%m-%d_%H-%M-%S-%f", "%path/%Y%m%dT%H%M%S%z", "%path/%s", "%path/%S.%M.%H_%d.%m.%Y"]
)
@given(at=st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_name_is_read_as_strftime_wrote_it(pattern: str, zone: str, at: datetime) -> None:
    step = steps(pattern, "gate")[-1]
    local = at.astimezone(ZoneInfo(zone))
    words = pattern.rpartition("/")[2].replace("%s", str(int(at.timestamp())))
    name = local.strftime(words)
    reader = FolderNames(step, {}, ZoneInfo(zone))
    assert reader.matching([name]) == ([name], [])
    (begins,) = reader.begins([name], [at.timestamp()])
    exact = at.timestamp() if "%f" in pattern else at.replace(microsecond=0).timestamp()
    # In the hour that comes twice, the time of change says which it was; here it is that of the beginning.
    assert begins == pytest.approx(exact, abs=1e-3)
    assert reader.by_day([name]) == {local.date(): 1}


@pytest.mark.parametrize(
    "name",
    ["2026-02-30_10-00-00.mp4", "2026-02-28_24-00-00.mp4", "2026-02-28_10-60-00.mp4", "2026-02-28_10-00-00.mp4.tmp",
     "2026-02-28_10-00-00.mp", "x2026-02-28_10-00-00.mp4", "2026-02-28_10-00-00xmp4", "٢026-02-28_10-00-00.mp4"],
)  # fmt: skip
def test_what_only_looks_like_a_name_is_not_taken_for_one(name: str) -> None:
    reader = FolderNames(steps("%path/%Y-%m-%d_%H-%M-%S.mp4", "gate")[-1], {}, ZoneInfo("UTC"))
    assert reader.matching([name, "2026-02-28_10-00-00.mp4"]) == (["2026-02-28_10-00-00.mp4"], [name])


@pytest.mark.parametrize("name", ["", "/etc", "../x", "a/../../x", "a//b", ".", "a\nb", "a\0b"])
def test_a_cameras_name_cannot_lead_out_of_the_store(name: str) -> None:
    assert name_trouble(name)


def test_a_cameras_name_is_never_read_as_a_pattern() -> None:
    path = steps("%path/%Y/%m-%d_%H-%M-%S.mp4", "lobby/%Y.*")
    assert [step.text for step in path[:2]] == ["lobby", "%Y.*"]
    assert trouble("%path/%Y-%m-%d_%H-%M-%S.mp4") == "" and name_trouble("lobby/%Y.*") == ""


def test_very_many_stretches_are_told_by_day_and_no_longer_listed_one_by_one() -> None:
    spans = tuple(
        (NOW - 90_000_000 + 3600.0 * number, NOW - 90_000_000 + 3600.0 * number + 60) for number in range(9000)
    )
    part = Part(9000, 1, "", spans, True, (), (), 0, 0, 0)
    told = recordings({("", date(2026, 1, 1)): part}, True, datetime.fromtimestamp(NOW, UTC))
    assert len(told.spans) <= SPANS_MAX
    assert told.spans[0].start_at.timestamp() == spans[0][0] and told.spans[-1].end_at.timestamp() == spans[-1][1]
    ((begins, until),) = [(one.start_at, one.end_at) for one in told.listed]
    assert until == told.spans[-1].end_at
    within = [one for one in told.spans if one.start_at >= begins]
    assert [one.end_at - one.start_at for one in within] == [timedelta(seconds=60)] * (SPANS_MAX // 2)


def test_troubles_are_counted_by_kind_and_told_with_the_first() -> None:
    troubles = Troubles()
    troubles.note("empty", "a", NOW)
    troubles.note("empty", "b", NOW + 1, times=4)
    ((kind, times, first, at),) = [(one.kind, one.times, one.first, one.first_at) for one in troubles.all()]
    assert (kind, times, first, at) == ("empty", 5, "a", datetime.fromtimestamp(NOW, UTC))

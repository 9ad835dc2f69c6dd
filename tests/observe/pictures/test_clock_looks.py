"""A camera's clock is learned from looks of the daemon, and then dates its footage, whatever the recorder calls it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import clock_pictures as drawn
import pytest
from patience import PATIENCE_S
from sites import camera, observed, site

from agent.observe.pictures.clock_looks import (
    AT_ONCE,
    ClockLooks,
    ClockPlace,
    off_s,
    wall_clocks,
    wall_s,
    with_clock_looks,
)
from agent.observe.pictures.judge import Questions, judge_pictures
from agent.observe.pictures.previous_pictures import PreviousPictures
from drivers.footage import Opening
from drivers.model import Clock, Picture
from drivers.picture import FootageOpened, PictureSeen
from masking.clock.model import MOST_LOOKS, ClockJob, ClockReading
from masking.worker.client import Worker

SITE = site(camera())
GATE: ClockPlace = ("gate", "main")
ZONE = ZoneInfo(SITE.time_zone)
AHEAD = timedelta(seconds=95)
SNAPSHOT = {"form": "%d/%m/%Y %H:%M:%S", "size": 26, "at_px": 40}
"""A camera's snapshot has a drawing of its own: another form, larger, elsewhere."""
FIRST = datetime(2026, 11, 3, 0, 20, 13, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


def picture(path: str, at: datetime, shown_at: datetime, opening: Opening | None = None) -> Picture:
    wall = shown_at.astimezone(ZONE).replace(tzinfo=UTC)
    data = drawn.jpeg(drawn.shown_at(wall, **SNAPSHOT if path == "snapshot" else {}))  # type: ignore[arg-type]
    return Picture("gate", path, at, data, "jpeg", opening=opening)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def learned(shared: Worker) -> PreviousPictures:
    """Learn in cycles the clocks of the main stream and of the snapshot, drawn unlike."""
    previous = PreviousPictures(learns_clocks=True)
    asked = Questions(ahead={"gate": AHEAD})
    for number in range(36):
        at = FIRST + timedelta(minutes=17 * number, seconds=number * 7 % 40)
        if not previous.clocks.begin_cycle(SITE):
            break
        taken = tuple(picture(path, at, at + AHEAD) for path in ("main", "snapshot"))
        judge_pictures(SITE, taken, shared.judge, previous=previous, asked=asked)
        previous.clocks.end_cycle()
    assert repr(previous.clocks) == "ClockLooks(0 learning, 2 learned)"
    return previous


def opened(running: Worker, previous: PreviousPictures, at: datetime, shown_at: datetime) -> FootageOpened:
    (one,) = judge_pictures(
        SITE, (picture("playback", at, shown_at, Opening("floor", at)),), running.judge, previous=previous
    )
    assert isinstance(one.value, FootageOpened)
    return one.value


PLAYED = datetime(2026, 10, 4, 14, 3, 9, tzinfo=UTC)


def test_footage_that_shows_its_moment_is_dated_by_the_clock_in_it(shared: Worker, learned: PreviousPictures) -> None:
    assert opened(shared, learned, PLAYED, PLAYED + timedelta(seconds=4)).clock_off_s == 4


@pytest.mark.parametrize("days", [1, 3, 29])
def test_footage_under_another_day_s_name_is_unmasked(shared: Worker, learned: PreviousPictures, days: int) -> None:
    off = opened(shared, learned, PLAYED, PLAYED + timedelta(days=days)).clock_off_s
    assert off == pytest.approx(days * 86_400)


def read(running: Worker, previous: PreviousPictures, path: str, at: datetime, shown_at: datetime) -> float | None:
    seen = judge_pictures(SITE, (picture(path, at, shown_at),), running.judge, previous=previous)
    (one,) = (o.value for o in seen if isinstance(o.value, PictureSeen))
    return one.clock_off_s


def test_the_oldest_footage_is_read(shared: Worker, learned: PreviousPictures) -> None:
    assert read(shared, learned, "playback", PLAYED, PLAYED) == 0


def test_a_live_picture_s_clock_counts_once_a_second_one_went_on_by_the_same(
    shared: Worker, learned: PreviousPictures
) -> None:
    later, wrong = timedelta(seconds=20), timedelta(minutes=9)
    assert read(shared, learned, "main", PLAYED, PLAYED + wrong) is None, "one picture alone"
    assert read(shared, learned, "main", PLAYED + timedelta(seconds=2), PLAYED + wrong) is None, "too soon"
    assert read(shared, learned, "main", PLAYED + later, PLAYED + later + wrong) == wrong.total_seconds()
    assert read(shared, learned, "main", PLAYED + 2 * later, PLAYED + 2 * later) is None, "another difference"
    assert read(shared, learned, "sub", PLAYED + 3 * later, PLAYED + 3 * later) is None, "its drawing was not learned"


def test_a_snapshot_s_clock_is_read_by_its_own_drawing_and_confirmed_by_snapshots_alone(
    shared: Worker, learned: PreviousPictures
) -> None:
    """A camera's streams run with its recorder; its snapshot is drawn by a part that lost its time."""
    begun, step, wrong = PLAYED + timedelta(days=2), timedelta(seconds=20), timedelta(hours=2)
    assert read(shared, learned, "main", begun, begun - wrong) is None
    assert read(shared, learned, "snapshot", begun + step, begun + step - wrong) is None, "the stream confirms nothing"
    assert read(shared, learned, "snapshot", begun + 2 * step, begun + 2 * step - wrong) == -wrong.total_seconds()
    assert read(shared, learned, "snapshot", begun + 3 * step, begun + 2 * step - wrong) is None, "it stands still"
    assert read(shared, learned, "snapshot", begun + 4 * step, begun + 2 * step - wrong) is None, "and goes on to"


def test_digits_of_one_path_read_no_other(shared: Worker, learned: PreviousPictures) -> None:
    swapped = PreviousPictures()
    glyphs = learned.clocks.known
    swapped.clocks.restore(
        SITE, {("gate", "main"): glyphs["gate", "snapshot"], ("gate", "snapshot"): glyphs["gate", "main"]}
    )
    for path in ("main", "snapshot"):
        for seconds in (0, 20, 40):
            at = PLAYED + timedelta(days=9, seconds=seconds)
            assert read(shared, swapped, path, at, at) is None


def test_a_clock_of_ours_that_was_set_back_confirms_nothing() -> None:
    clocks = ClockLooks()
    assert clocks.confirmed(GATE, FIRST, 5.0) is None
    assert clocks.confirmed(GATE, FIRST - timedelta(days=1), 5.0) is None
    assert clocks.confirmed(GATE, FIRST, 5.0) == 5.0
    clocks.forget("gate")
    assert clocks.confirmed(GATE, FIRST + timedelta(hours=1), 5.0) is None


def test_one_look_alone_has_learned_nothing(shared: Worker) -> None:
    alone = PreviousPictures()
    assert alone.clocks.job("gate", "main") is None
    assert opened(shared, alone, PLAYED, PLAYED).clock_off_s is None


def test_what_was_learned_of_a_box_that_was_replaced_is_forgotten(shared: Worker) -> None:
    previous = PreviousPictures(learns_clocks=True)
    previous.clocks.learned(GATE, b"CWCL1")
    assert previous.clocks.job("gate", "playback") == ClockJob(b"CWCL1")
    previous.forget("gate")
    assert previous.clocks.job("gate", "playback") is None


def test_a_few_cameras_are_learned_at_a_time_and_one_that_teaches_nothing_is_given_up() -> None:
    many = site(*(camera(f"c{number}", recorded=True) for number in range(9)))
    clocks = ClockLooks(learns=True)
    assert clocks.begin_cycle(many) == mains(0, 1, 2, 3)
    assert len(clocks.begin_cycle(many)) == AT_ONCE
    assert clocks.job("c8", "main") is None, "another stream that has its turn by chance takes no place"
    for number in range(MOST_LOOKS):
        if clocks.add(("c0", "main"), float(number), b"strip"):
            clocks.learned(("c0", "main"), b"")
    assert clocks.begin_cycle(many) == mains(1, 2, 3, 4)
    assert "strip" not in repr(clocks)


def mains(*numbers: int) -> set[ClockPlace]:
    return {(f"c{number}", "main") for number in numbers}


def test_cameras_that_give_no_look_leave_their_place_to_others() -> None:
    many = site(*(camera(f"c{number}", recorded=True) for number in range(6)))
    clocks = ClockLooks(learns=True)
    for _ in range(4):
        assert clocks.begin_cycle(many) == mains(0, 1, 2, 3)
        clocks.add(("c2", "main"), 1.0, b"strip")
        clocks.end_cycle()
    assert clocks.begin_cycle(many) == {*mains(2, 4, 5), ("c0", "snapshot")}, "snapshots come behind all main streams"
    clocks.end_cycle()
    assert clocks.job("c4", "main") is None, "between cycles nothing is gathered"


def test_a_camera_that_is_not_recorded_teaches_its_snapshot_alone() -> None:
    clocks = ClockLooks(learns=True)
    assert clocks.begin_cycle(site(camera("gate", recorded=False))) == {("gate", "snapshot")}
    assert (clocks.job("gate", "snapshot"), clocks.job("gate", "main")) == (ClockJob(gather=True), None)
    assert ClockLooks().begin_cycle(site(camera("gate"))) == frozenset(), "one look alone gathers nothing"


def test_the_main_stream_of_a_camera_that_is_learned_is_due_in_each_cycle() -> None:
    due = {"gate": frozenset({"sub"}), "yard": frozenset({"sub"})}
    assert with_clock_looks(due, frozenset({GATE, ("yard", "snapshot")})) == {  # type: ignore[arg-type]
        "gate": {"sub", "main"},
        "yard": {"sub", "snapshot"},
    }


def test_a_clock_that_hides_the_half_of_the_day_counts_as_in_the_nearer_one() -> None:
    due_s = drawn.second_of(datetime(2026, 10, 4, 22, 3, 9, tzinfo=UTC))
    half = ClockReading(10 * 3600 + 3 * 60 + 11, False, date(2026, 10, 4))
    assert off_s(half, due_s) == 2
    assert off_s(replace(half, day=date(2026, 10, 5)), due_s) == 2 + 43_200
    assert off_s(replace(half, day=None), due_s) is None
    assert off_s(None, due_s) is None


def test_a_camera_whose_device_tells_no_clock_teaches_nothing() -> None:
    assert wall_clocks(SITE, ()) == {}
    assert wall_clocks(SITE, observed("device:box", Clock(3.5, 0.1))) == {"gate": timedelta(seconds=3.5)}


def test_the_wall_clock_is_that_of_the_device_s_zone() -> None:
    assert wall_s(SITE, "gate", PLAYED) - drawn.second_of(PLAYED) == PLAYED.astimezone(ZONE).utcoffset().total_seconds()  # type: ignore[union-attr]


def test_a_look_waits_for_a_minute_that_shows_new_digits_but_never_beyond_its_time() -> None:
    clocks = ClockLooks(learns=True)
    assert clocks.best_wait_s(PLAYED, 300) == 300, "nothing is learned: as planned"
    clocks.add(GATE, drawn.second_of(PLAYED), b"strip")
    for _ in range(20):
        wait = clocks.best_wait_s(PLAYED, 300)
        assert 0 <= wait <= 300
        clocks.add(GATE, drawn.second_of(PLAYED) + wait, b"strip")

"""Which paths are due in a cycle: sub and snapshot always, main and playback in turn, each at least daily."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

from devices import NOW
from hypothesis import given
from hypothesis import strategies as st

from drivers.capture import IN_ROTATION, OF_ALL, PATHS, RETRY, ROUND, Attempt, due_paths
from drivers.picture import PathName

CAMERAS_OF_A_SITE = tuple(f"c{number}" for number in range(64))
PERIOD = timedelta(minutes=15)


def _cycles(count: int, looks: tuple[Attempt, ...] = (), begin: datetime = NOW) -> list[dict[str, frozenset[PathName]]]:
    """Run so many cycles in which every picture that is due is seen; return what was due in each."""
    last = {(look.camera_id, look.path): look for look in looks}
    dues = []
    for number in range(count):
        now = begin + number * PERIOD
        due = due_paths(CAMERAS_OF_A_SITE, last.values(), now)
        last |= {(camera, path): Attempt(camera, path, now, True) for camera, paths in due.items() for path in paths}
        dues.append(due)
    return dues


def test_sub_and_snapshot_are_due_in_every_cycle_and_everything_in_the_first() -> None:
    first, *later = _cycles(50)
    assert all(paths == frozenset(PATHS) for paths in first.values())
    assert all({"snapshot", "sub"} <= paths for due in later for paths in due.values())


def test_main_and_playback_of_every_camera_come_round_at_least_daily_and_evenly() -> None:
    dues = _cycles(4 * 24 * 4)
    for camera in CAMERAS_OF_A_SITE:
        for path in IN_ROTATION:
            at = [number for number, due in enumerate(dues) if path in due[camera]]
            waits = [(later - earlier) * PERIOD for earlier, later in itertools.pairwise(at)]
            # The first turn after the first cycle may come early; from then on each has its moment.
            assert max(waits) <= ROUND + PERIOD < timedelta(days=1) and min(waits[1:]) >= ROUND - PERIOD
    loads = [sum(len(paths & set(OF_ALL)) for paths in due.values()) for due in dues[1:]]
    assert max(loads) <= 2 and min(loads) >= 1, "128 looks in the 80 cycles of a round"


def test_a_camera_is_seen_at_other_hours_of_the_day_in_turn() -> None:
    dues = _cycles(4 * 24 * 6)
    hours = {(NOW + number * PERIOD).hour for number, due in enumerate(dues) if "main" in due["c5"]}
    assert len(hours) >= 6


def test_what_was_missed_while_nothing_ran_is_due_at_once() -> None:
    looks = tuple(Attempt(camera, path, NOW, True) for camera in CAMERAS_OF_A_SITE for path in IN_ROTATION)
    (due,) = _cycles(1, looks, NOW + timedelta(days=2))
    assert all(paths == frozenset(PATHS) for paths in due.values())


@given(st.timedeltas(timedelta(0), timedelta(days=3)), st.integers(1, 70))
def test_a_path_looked_at_longer_ago_than_a_round_is_always_due(ago: timedelta, cameras: int) -> None:
    ids = CAMERAS_OF_A_SITE[:cameras]
    due = due_paths(ids, [Attempt(camera, path, NOW - ago, True) for camera in ids for path in IN_ROTATION], NOW)
    assert ago < ROUND or all(set(IN_ROTATION) <= paths for paths in due.values())


def test_a_path_that_gave_no_picture_is_tried_again_soon_but_not_at_once() -> None:
    turn = [number for number, due in enumerate(_cycles(90)) if "main" in due["c7"]][1]
    now = NOW + turn * PERIOD
    looks = [Attempt("c7", "main", now, False)]
    others = [Attempt(camera, path, now, True) for camera in CAMERAS_OF_A_SITE for path in IN_ROTATION]
    others = [look for look in others if (look.camera_id, look.path) != ("c7", "main")]
    assert "main" not in due_paths(CAMERAS_OF_A_SITE, looks + others, now + PERIOD)["c7"]
    assert "main" in due_paths(CAMERAS_OF_A_SITE, looks + others, now + RETRY)["c7"]


def test_a_look_from_the_future_counts_for_nothing() -> None:
    looks = [Attempt("c0", "main", NOW + timedelta(days=900), True)]
    assert "main" in due_paths(("c0",), looks, NOW)["c0"]


def test_no_cameras_no_paths() -> None:
    assert due_paths((), (), NOW) == {}

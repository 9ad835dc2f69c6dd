"""Two equal moments accuse, and only two that differ from one another; what is remembered of them is bounded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from imprints import imprint
from sites import NOW, observed, picture

from agent.observe.pictures.moments import (
    EACH_MAX,
    ENOUGH,
    MISSED_MAX,
    EqualMoment,
    Moments,
    compared,
    from_data,
    is_same,
    same_pairs,
    suspected,
    to_data,
    update_moments,
    without,
)
from agent.observe.pictures.turns import REMEMBERED
from drivers.model import Observations
from drivers.picture import FootageOpened, PathName

HOUR = timedelta(hours=1)


def look(**shown: str) -> Observations:
    """Return the pictures of a look: by `camera` or `camera_path`, which scene at which moment."""
    found: Observations = ()
    for name, bits in shown.items():
        camera, _, path = name.partition("_")
        paths: Mapping[str, PathName] = {
            "": "snapshot",
            "main": "main",
            "playback": "playback",
            "beside": "playback-beside",
        }
        found += observed(f"camera:{camera}", replace(picture(paths[path]), imprint=bits))
    return found


def after(*looks: Observations, begun: datetime = NOW) -> Moments:
    moments: Moments = ()
    for number, one in enumerate(looks):
        moments = update_moments(one, moments, begun + number * HOUR)
    return moments


PAIR, OWN = ("gate", "yard"), ("gate", "")


def test_two_cameras_that_show_one_scene_at_two_moments_are_the_same() -> None:
    first, second = (look(gate=imprint(1, n), yard=imprint(1, n)) for n in (1, 2))
    assert not is_same(after(first), PAIR), "once may be chance"
    assert is_same(after(first, second), PAIR)


def test_two_paths_of_one_look_are_one_moment_and_a_path_that_stands_still_hides_no_other() -> None:
    """A test picture is equal on every path; and where one path always shows one picture, another may move."""
    both = [
        look(gate=imprint(1, n), yard=imprint(1, n), gate_main=imprint(1, 50), yard_main=imprint(1, 50)) for n in (1, 2)
    ]
    assert not is_same(after(both[0]), PAIR)
    assert is_same(after(*both), PAIR)


def test_a_picture_that_never_changes_accuses_nobody() -> None:
    """A test picture, or a camera that hangs: its noise is the same because it has none."""
    still = look(gate=imprint(1, 1), yard=imprint(1, 1))
    assert not is_same(after(*[still] * 9), PAIR)


def test_scenes_that_are_alike_with_noise_of_their_own_accuse_nobody_and_prove_nothing() -> None:
    looks = [look(gate=imprint(1, n), yard=imprint(1, 100 + n)) for n in range(9)]
    assert after(*looks) == ()
    assert compared(looks[0])[PAIR].alike == "alike"


def test_other_scenes_are_two_cameras_and_one_path_that_is_equal_is_enough() -> None:
    assert compared(look(gate=imprint(1, 1), yard=imprint(2, 1)))[PAIR].alike == "other"
    mixed = look(gate=imprint(1, 1), yard=imprint(2, 1), gate_main=imprint(1, 2), yard_main=imprint(1, 2))
    assert compared(mixed)[PAIR].alike == "equal"


def test_footage_that_shows_what_is_live_is_found_whether_it_is_the_oldest_or_another_moment() -> None:
    oldest = [look(gate_main=imprint(1, n), gate_playback=imprint(1, n)) for n in (1, 2)]
    assert is_same(after(*oldest), OWN)
    newest = [
        look(gate_main=imprint(1, n))
        + observed("camera:gate", FootageOpened("newest", NOW, NOW, imprint=imprint(1, n)))
        for n in (1, 2)
    ]
    assert is_same(after(*newest), OWN)


def test_footage_that_another_place_plays_is_footage_too_and_no_live_picture() -> None:
    """What a recorder and the card in the camera play of one moment may well be one picture."""
    both = [look(gate_main=imprint(1, 50 + n), gate_playback=imprint(1, n), gate_beside=imprint(1, n)) for n in (1, 2)]
    assert after(*both) == ()
    assert is_same(after(*[look(gate_main=imprint(1, n), gate_beside=imprint(1, n)) for n in (1, 2)]), OWN)


def test_an_empty_room_thirty_days_later_proves_nothing() -> None:
    looks = [look(gate_main=imprint(1, n), gate_playback=imprint(1, 1000 + n)) for n in range(30)]
    assert after(*looks) == ()


def test_after_a_repair_the_moments_before_count_no_longer() -> None:
    lying = [look(gate=imprint(1, n), yard=imprint(1, n)) for n in (1, 2)]
    mended = [look(gate=imprint(1, n), yard=imprint(2, n)) for n in range(3, 3 + MISSED_MAX)]
    assert is_same(after(*lying, *mended[:-1]), PAIR)
    assert after(*lying, *mended) == ()


def test_a_look_without_pictures_changes_nothing_and_a_cached_picture_is_compared_with_nothing() -> None:
    lying = [look(gate=imprint(1, n), yard=imprint(1, n)) for n in (1, 2)]
    cached = tuple(replace(one, method=REMEMBERED) for one in lying[0])
    assert after(*lying) == after(*lying, (), begun=NOW)
    assert compared(cached) == {}


def test_a_camera_whose_footage_was_live_is_suspected_since_its_newest_moment() -> None:
    moments = after(look(gate_main=imprint(1, 1), gate_playback=imprint(1, 1)))
    assert suspected(moments) == {"gate": moments[0].at}
    assert suspected(after(look(gate=imprint(1, 1), yard=imprint(1, 1)))) == {}


def test_every_channel_of_a_recorder_that_sends_one_picture_for_all_is_found_as_one_moment_a_look() -> None:
    """In pairs a recorder of 64 would have 2,016, of which a bounded memory would keep those of a few."""
    names = [f"c{number:02}" for number in range(64)]
    looks = [look(**{name: imprint(1, n) for name in names}) for n in (1, 2, 3)]
    moments = after(*looks)
    assert len(moments) == ENOUGH
    assert same_pairs(moments) == {(one, other) for one in names for other in names if one < other}
    assert is_same(moments, (names[7], names[50]))
    assert same_pairs(after(looks[0])) == frozenset()


def test_footage_that_is_live_is_found_at_each_channel_of_a_large_recorder() -> None:
    """Whoever plays live pictures does so on every channel: the last of them must not push out the first."""
    names = [f"c{number:03}" for number in range(256)]
    paths = ("", "_main", "_playback")
    looks = [look(**{name + path: imprint(at, n) for at, name in enumerate(names) for path in paths}) for n in (1, 2)]
    moments = after(*looks)
    assert [name for name in names if not is_same(moments, (name, ""))] == []
    assert suspected(moments).keys() == set(names)


def test_two_cameras_are_the_same_whoever_else_shows_their_picture_in_one_look_or_the_other() -> None:
    first = look(gate=imprint(1, 1), hall=imprint(1, 1), yard=imprint(1, 1))
    second = look(gate=imprint(1, 2), yard=imprint(1, 2), hall=imprint(2, 2), dock=imprint(1, 2))
    moments = after(first, second)
    assert same_pairs(moments) == {PAIR}
    still = look(gate=imprint(1, 1), yard=imprint(1, 1))
    assert is_same(after(first, still, still, second), PAIR), (
        "a picture that hangs must not stand for the second moment"
    )


def test_a_camera_that_is_mended_leaves_the_others_accused() -> None:
    lying = [look(gate=imprint(1, n), hall=imprint(1, n), yard=imprint(1, n)) for n in (1, 2)]
    mended = [look(gate=imprint(1, n), hall=imprint(2, n), yard=imprint(1, n)) for n in range(3, 3 + MISSED_MAX)]
    assert same_pairs(after(*lying)) == {("gate", "hall"), ("gate", "yard"), ("hall", "yard")}
    assert same_pairs(after(*lying, *mended)) == {PAIR}


def test_a_camera_that_is_equal_to_ever_others_is_bounded_and_pushes_out_nothing_of_theirs() -> None:
    lying = [look(gate=imprint(1, n), yard=imprint(1, n)) for n in (1, 2)]
    names = [f"c{number:02}" for number in range(40)]
    ever_others = [look(**{"noisy": imprint(2, n), name: imprint(2, n)}) for n, name in enumerate(names, 3)]
    moments = after(*lying, *ever_others)
    assert is_same(moments, PAIR)
    again = after(*lying, *ever_others, *[look(**dict.fromkeys(("noisy", names[0]), imprint(2, n))) for n in range(99)])
    assert len([one for one in again if names[0] in one.cameras]) <= EACH_MAX


def test_what_is_remembered_ends() -> None:
    assert update_moments((), after(look(gate=imprint(1, 1), yard=imprint(1, 1))), NOW + timedelta(days=31)) == ()


def test_without_some_cameras_the_others_stay_accused() -> None:
    moments = after(*[look(gate=imprint(1, n), hall=imprint(1, n), yard=imprint(1, n)) for n in (1, 2)])
    assert same_pairs(without(moments, {"hall"})) == {PAIR}
    assert without(moments, {"hall", "yard"}) == ()


def test_moments_come_back_from_plain_data_and_no_grain_is_in_print() -> None:
    moments = after(look(gate=imprint(1, 1), yard=imprint(1, 1), yard_playback=imprint(1, 1)))
    assert from_data(to_data(moments)) == moments
    assert "grain" not in repr(moments[0])


def test_what_release_0_1_remembered_still_accuses() -> None:
    at = NOW.isoformat()
    told = [{"pair": ["gate", "yard"], "path": "main", "at": at, "grain": f"{n:x}", "missed": 1} for n in (0, 1 << 99)]
    (first, _) = from_data(told)
    assert first == EqualMoment({"gate": 1, "yard": 1}, "main", NOW, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"cameras": {"gate": 0}},
        {"at": "then"},
        {"grain": "x"},
        {"cameras": {"gate": 0, "yard": None}},
        {"pair": ["gate"]},
    ],
)
def test_data_of_another_form_is_refused(change: dict[str, object]) -> None:
    (whole,) = to_data((EqualMoment(dict.fromkeys(PAIR, 0), "snapshot", NOW, 7),))
    assert isinstance(whole, dict)
    with pytest.raises((ValueError, TypeError)):
        from_data([{**whole, **change}])

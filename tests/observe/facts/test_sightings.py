"""Sightings add up within a day and stay bounded; a box that takes another's place is kept beside it for a day."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import DAY, NOW

from agent.demo.onvif.announcing import Announcer
from agent.judge.memory.episodes import FindingState
from agent.judge.memory.memory import Memory, from_json, to_json
from agent.model.finding import Moment
from agent.observe.facts.serials import serial_of
from agent.observe.facts.sightings import (
    SIGHTINGS_MAX,
    WINDOW,
    BoxMark,
    KnownBox,
    Sighting,
    add_sightings,
    digest,
    is_one_box,
    is_same,
    mark_behind,
    mark_of,
    update_boxes,
    window,
)
from agent.observe.remembered.value import Remembered
from agent.service.cycle.cycle import CycleResult, see
from agent.service.cycle.environment import Environment
from agent.site.config.site import Discovery, Site
from drivers.credentials import Credentials
from drivers.details import Interface, Interfaces
from drivers.footage import Channel, Channels
from drivers.model import Identity

HOUR = timedelta(hours=1)
NOTHING: frozenset[str] = frozenset()


def at(when: datetime, address: str = "192.0.2.7:80", endpoint: str = "", mac: str = "") -> Sighting:
    return Sighting(address, endpoint, mac, when, (when,))


def after(*whens: datetime, within: timedelta = WINDOW) -> tuple[Sighting, ...]:
    known: tuple[Sighting, ...] = ()
    for when in whens:
        known = add_sightings(known, [at(when)], NOTHING, when, within)
    return known


def test_the_third_sighting_within_a_day_counts() -> None:
    (one,) = after(NOW, NOW + HOUR)
    assert not one.counts
    (one,) = after(NOW, NOW + HOUR, NOW + 23 * HOUR)
    assert (one.counts, one.first_at, one.last_at) == (True, NOW, NOW + 23 * HOUR)


def test_sightings_older_than_a_day_do_not_count() -> None:
    (one,) = after(NOW, NOW + HOUR, NOW + 24 * HOUR)
    assert (one.counts, one.times) == (False, (NOW + HOUR, NOW + 24 * HOUR))


def test_a_device_that_is_gone_for_a_day_is_forgotten() -> None:
    known = after(NOW, NOW + HOUR, NOW + 2 * HOUR)
    assert add_sightings(known, (), NOTHING, NOW + 3 * HOUR, WINDOW)[0].counts
    assert not add_sightings(known, (), NOTHING, NOW + 25 * HOUR, WINDOW)[0].counts
    assert add_sightings(known, (), NOTHING, NOW + 26 * HOUR, WINDOW) == ()


def test_a_site_that_looks_once_a_day_can_still_count_to_three() -> None:
    assert window(900) == DAY
    (one,) = after(NOW, NOW + 25 * HOUR, NOW + 50 * HOUR, within=window(86_400))
    assert one.counts


def test_one_look_is_one_sighting_however_often_a_device_answers() -> None:
    known = add_sightings((), [at(NOW)] * 5, NOTHING, NOW, WINDOW)
    known = add_sightings(known, [at(NOW), at(NOW)], NOTHING, NOW, WINDOW)
    assert [one.times for one in known] == [(NOW,)]


@pytest.mark.parametrize("marks", [{"endpoint": "e1"}, {"mac": "m1"}])
def test_a_device_that_moves_to_another_address_is_known_again(marks: dict[str, str]) -> None:
    known: tuple[Sighting, ...] = ()
    for hour in range(3):
        when = NOW + hour * HOUR
        known = add_sightings(known, [at(when, f"192.0.2.{hour}:80", **marks)], NOTHING, when, WINDOW)
    assert [(one.address, one.counts) for one in known] == [("192.0.2.2:80", True)]


def test_a_device_that_changes_its_endpoint_with_each_answer_is_known_by_its_address() -> None:
    known: tuple[Sighting, ...] = ()
    for hour in range(3):
        when = NOW + hour * HOUR
        known = add_sightings(known, [at(when, endpoint=f"e{hour}")], NOTHING, when, WINDOW)
    assert [one.counts for one in known] == [True]


def test_a_clock_that_was_set_back_makes_no_sightings_of_the_future_count() -> None:
    known = after(NOW, NOW + HOUR, NOW + 2 * HOUR)
    (one,) = add_sightings(known, [at(NOW - HOUR)], NOTHING, NOW - HOUR, WINDOW)
    assert one.times == (NOW - HOUR,)


def test_a_flood_drops_the_oldest_and_keeps_what_was_seen_more_often() -> None:
    steady = after(NOW, NOW + HOUR)
    gone = add_sightings((), [at(NOW, "192.0.2.9:80")], NOTHING, NOW, WINDOW)
    now = NOW + 2 * HOUR
    flood = [at(now, f"10.0.{n >> 8}.{n & 255}:80") for n in range(1000)]
    known = add_sightings(steady + gone, [*flood, at(now)], NOTHING, now, WINDOW)
    assert len(known) == SIGHTINGS_MAX
    assert (known[0].address, known[0].counts) == ("192.0.2.7:80", True)
    assert "192.0.2.9:80" not in {one.address for one in known}


def test_what_is_settled_is_dropped_by_any_of_its_marks() -> None:
    known = add_sightings((), [at(NOW, endpoint="e1", mac="m1")], NOTHING, NOW, WINDOW)
    for mark in ("192.0.2.7:80", "e1", "m1"):
        assert add_sightings(known, (), frozenset({mark}), NOW, WINDOW) == ()
    assert len(add_sightings(known, (), frozenset({"other", ""}), NOW, WINDOW)) == 1


A, B, C = BoxMark("N8", "a"), BoxMark("N8", "b"), BoxMark("N9", "c")


def test_the_first_box_belongs_there_and_another_is_kept_beside_it() -> None:
    first = update_boxes({}, {"box": A}, NOW)
    assert first == {"box": KnownBox(A, seen_at=NOW)}
    second = update_boxes(first, {"box": B}, NOW + HOUR)
    assert second == {"box": KnownBox(A, B, NOW + HOUR, NOW)}
    assert update_boxes(second, {}, NOW + 2 * HOUR) == second, "a look that reads nothing changes nothing"
    back = update_boxes(second, {"box": A}, NOW + 2 * HOUR)
    assert back == {"box": KnownBox(A, seen_at=NOW + 2 * HOUR)}, "it came back"


def test_another_box_takes_the_place_after_a_day_and_only_if_it_stays_the_same() -> None:
    known = update_boxes({"box": KnownBox(A)}, {"box": B}, NOW)
    known = update_boxes(known, {"box": C}, NOW + 23 * HOUR)
    assert known["box"].since == NOW + 23 * HOUR
    known = update_boxes(known, {"box": C}, NOW + 46 * HOUR)
    assert known["box"].mark == A
    last = NOW + 47 * HOUR
    assert update_boxes(known, {"box": C}, last) == {"box": KnownBox(C, seen_at=last)}


def test_a_clock_that_was_set_back_starts_the_day_anew() -> None:
    known = {"box": KnownBox(A, B, NOW + 40 * HOUR)}
    assert update_boxes(known, {"box": B}, NOW)["box"].since == NOW


def test_a_look_that_reads_no_mac_does_not_forget_the_one_that_was_read() -> None:
    whole, half = BoxMark("N8", "a", ("m1",)), BoxMark("N8", "", ("m1",))
    assert update_boxes({"box": KnownBox(whole)}, {"box": BoxMark("N8", "a")}, NOW)["box"].mark == whole
    assert update_boxes({"box": KnownBox(whole)}, {"box": half}, NOW)["box"].mark == whole


@pytest.mark.parametrize(
    ("one", "other", "at_one_address", "at_two"),
    [
        (BoxMark("N8", "a"), BoxMark("N8", "a"), True, True),
        (BoxMark("N8", "a"), BoxMark("N8", "b"), False, False),
        (BoxMark("N8", "a", ("m1",)), BoxMark("N8", "a", ("m2",)), True, False),
        (BoxMark("N8", "a", ("m1", "m2")), BoxMark("N8", "a", ("m2",)), True, True),
        (BoxMark("N8", "a", ("m1",)), BoxMark("N8", "b", ("m1",)), False, False),
        (BoxMark("N8", "", ("m1",)), BoxMark("N8", "b", ("m1",)), True, True),
        (BoxMark("N8", "", ("m1",)), BoxMark("N8", "", ("m2",)), False, False),
        (BoxMark("N8", ""), BoxMark("N8", ""), True, False),
        (BoxMark("N8", ""), BoxMark("N9", ""), False, False),
    ],
)
def test_boxes_are_told_apart_by_serial_number_and_mac_and_two_of_one_model_are_two(
    one: BoxMark, other: BoxMark, at_one_address: bool, at_two: bool
) -> None:
    assert (is_same(one, other), is_same(other, one)) == (at_one_address, at_one_address)
    assert (is_one_box(one, other), is_one_box(other, one)) == (at_two, at_two)


def test_macs_are_one_spelling_and_an_empty_one_is_none() -> None:
    told = Interfaces(tuple(Interface("eth0", mac, ()) for mac in ("44-19-B6-00-00-01", "44:19:b6:00:00:01", "")))
    zero = Interfaces((Interface("eth0", "00:00:00:00:00:00", ()),))
    identity = Identity("ACME", "N8", "1.0", "42")
    assert mark_of(identity, told).macs == (digest("44:19:b6:00:00:01"),)
    assert mark_of(identity, zero).macs == mark_of(identity).macs == ()


@pytest.mark.parametrize(
    "text",
    ["", " ", "0", "00000000", "N/A", "none", "Unknown", "123456", "1234567890", "0123456789ABCDEF", "FFFF-FFFF", "-"],
)
def test_what_stands_in_the_place_of_a_serial_number_by_default_is_none(text: str) -> None:
    """Two such cameras of one model are two boxes, and one in the place of another is told by its MAC address."""
    one, other = (
        mark_of(Identity("ACME", "C1", "1", text), Interfaces((Interface("eth0", f"44:19:b6:00:00:0{n}", ()),)))
        for n in (1, 2)
    )
    assert one.serial == ""
    assert not is_one_box(one, other) and not is_same(one, other)
    bare = mark_of(Identity("ACME", "C1", "1", text))
    assert not is_one_box(bare, bare)
    assert mark_behind(Channels((Channel(1, "a", "online", serial=text),)), 1) is None


@pytest.mark.parametrize("text", ["42", "117", "R6-000117", "DS-2CD0000", "E12345678", "0001", "1110", "5678901"])
def test_a_serial_number_that_looks_plain_is_one(text: str) -> None:
    assert serial_of(f" {text} ") == text


def test_new_firmware_is_the_same_box_and_another_serial_number_is_not() -> None:
    old = mark_of(Identity("ACME", "N8", "1.0", "42"))
    assert is_same(old, mark_of(Identity("ACME", "N8", "2.0", " 42 ")))
    assert not is_same(old, mark_of(Identity("ACME", "N8", "1.0", "43")))
    assert is_same(old, mark_of(Identity("ACME", "N8", "1.0", "")))
    assert not is_same(old, mark_of(Identity("ACME", "N9", "1.0", "")))


def test_a_mark_holds_no_serial_number_and_no_hostile_model() -> None:
    mark = mark_of(Identity("\x1b[2J" + "x" * 500, "\u202e", "1.0", "SECRET-42"))
    assert "SECRET" not in repr(mark) and len(mark.model) == 64
    assert mark.model.isprintable()
    assert mark.serial == digest("SECRET-42")


TEXT = st.text(max_size=20)
TIMES = st.datetimes(timezones=st.just(NOW.tzinfo))
MARKS = st.builds(BoxMark, TEXT, TEXT, st.sampled_from([(), ("m1",), ("m1", "m2")]))
MEMORIES = st.builds(
    Remembered,
    sightings=st.lists(
        st.builds(Sighting, TEXT, TEXT, TEXT, TIMES, st.lists(TIMES, min_size=1, max_size=3).map(tuple)), max_size=4
    ).map(tuple),
    identities=st.dictionaries(
        TEXT, st.builds(KnownBox, MARKS, *[st.none() | one for one in (MARKS, TIMES, TIMES)]), max_size=3
    ),
)


@given(MEMORIES)
def test_the_memory_comes_back_as_it_was_written(kept: Remembered) -> None:
    assert from_json(to_json(Memory(remembered=kept))).remembered == kept


def test_boxes_that_an_older_version_remembered_are_known() -> None:
    data = {**json.loads(to_json(Memory())), "identities": {"box": [["N8", "a"], ["N9", "c"], NOW.isoformat()]}}
    assert from_json(json.dumps(data)).remembered.identities == {"box": KnownBox(A, C, NOW)}


def test_the_memory_of_an_older_version_is_taken() -> None:
    memory = Memory({"a camera:b": FindingState("fail", NOW)}, "digest", NOW)
    old = {key: value for key, value in json.loads(to_json(memory)).items() if key not in ("sightings", "identities")}
    assert from_json(json.dumps(old)) == memory


@pytest.mark.parametrize("broken", [{"sightings": [["a"]]}, {"sightings": 5}, {"identities": {"box": [["a"], 1]}}])
def test_a_broken_memory_is_forgotten(broken: dict[str, object]) -> None:
    assert from_json(json.dumps({**json.loads(to_json(Memory(config_digest="x"))), **broken})) == Memory()


def test_a_full_memory_stays_small() -> None:
    full = tuple(Sighting("x" * 60, "e" * 16, "m" * 16, NOW, (NOW, NOW, NOW)) for _ in range(SIGHTINGS_MAX))
    assert len(to_json(Memory(remembered=Remembered(sightings=full)))) < 128 * 1024


def test_an_undeclared_device_on_the_wire_fails_with_the_third_look_and_passes_is_gone() -> None:
    announcer = Announcer({"stranger": 8001})
    announcer.start()
    a_site = Site("dt1", "city", "140200", discovery=Discovery(addresses=(announcer.address,), wait_s=1.0))
    env = Environment(Credentials(None), lambda job: pytest.fail("no picture is looked at"), lambda: NOW)

    def looked(memory: Memory, hour: int, site: Site = a_site) -> tuple[str, CycleResult]:
        seen = see(site, env, Moment(NOW + hour * HOUR, 0, "boot", True), memory)
        (finding,) = [f for f in seen.findings if f.check == "undeclared-camera"]
        return f"{finding.status} {finding.reason}".strip(), seen

    try:
        memory, told = Memory(), []
        for hour in range(3):
            status, seen = looked(memory, hour)
            told.append(status)
            memory = from_json(to_json(seen.memory))
        assert told == ["unknown not-yet-counted"] * 2 + ["fail undeclared"]
        assert seen.facts.undeclared == ("127.0.0.1:8001",)
        assert looked(Memory(), 3)[0] == "unknown not-yet-counted", "a single look without memory accuses nobody"
    finally:
        announcer.stop()
    assert looked(memory, 3)[0] == "fail undeclared", "a silent hour does not clear it"
    assert looked(memory, 26)[0] == "pass"

"""A new fail and its end are told once to each receiver: at once, within bounds, and never what was not so."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from notice_room import DUTY, HOUR, MINUTE, MORNING, Room, finding, here, messages

from agent.judge.memory.memory import EMPTY_MEMORY
from agent.judge.memory.notes import Acknowledgement, ActiveNotes
from agent.model.finding import Finding, Message
from agent.service.alerts.notices import (
    BETWEEN,
    MOST_AN_HOUR,
    REFUSED_WAIT,
    RETRY_FIRST,
    RETRY_LAST,
    Notice,
    Outbox,
    attempted,
    delivered,
    earliest,
)
from agent.service.alerts.refusals import Refusal
from agent.site.declarations.standing import Declaration, Group
from drivers.model import Credential

GATE, YARD, ROOF = "camera:gate", "camera:yard", "camera:roof"
WELL = tuple(finding(one, "pass") for one in (GATE, YARD, ROOF))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    made = Room(tmp_path)
    yield made
    made.stop()


def but(*changed: Finding) -> tuple[Finding, ...]:
    """Return a look in which all is well but for these."""
    keys = {one.key for one in changed}
    return (*changed, *(one for one in WELL if one.key not in keys))


def settle(room: Room, *findings: Finding, looks: int = 4) -> list[tuple[str, str]]:
    """Look until a status counts; return what was sent."""
    return [one for _ in range(looks) for one in room.look(*findings)]


def test_a_healthy_site_sends_nothing_and_writes_nothing(room: Room) -> None:
    assert settle(room, *WELL, looks=20) == []
    assert not (room.folder / "notify").exists()


def test_a_new_fail_and_its_recovery_are_told_once(room: Room) -> None:
    room.look(*WELL)
    assert settle(room, *but(finding(GATE))) == [("new", GATE)]
    assert settle(room, *but(finding(GATE)), looks=10) == []
    (row,) = room.sent[0][1]
    assert (row.check, row.severity, row.explains) == ("camera-online", "critical", 0)
    assert "192.0.2.7" not in row.words
    assert settle(room, *WELL) == [("recovered", GATE)]
    assert settle(room, *WELL, looks=10) == []
    assert room.sent[1][1][0].until is not None
    assert room.outbox().told == {}


def test_it_leaves_with_the_look_that_settled_it(room: Room) -> None:
    room.look(*WELL)
    while not room.look(*but(finding(GATE))):
        assert room.memory.known[f"camera-online {GATE}"].status == "pass"
    assert room.outbox().delivered_at == room.at


def test_the_first_look_after_installation_is_one_message(room: Room) -> None:
    found = tuple(finding(f"camera:c{number}") for number in range(40))
    assert len(room.look(*found)) == 40
    assert settle(room, *found, looks=10) == []
    assert messages(room.sent) == {"duty": 1}


def test_what_a_cause_explains_makes_no_notice_and_is_counted(room: Room) -> None:
    box = finding("device:box", check="clock-offset")
    behind = tuple(finding(one, caused_by=box.key) for one in (GATE, YARD))
    assert room.look(box, *behind) == [("new", "device:box")]
    assert room.sent[0][1][0].explains == 2
    assert settle(room, replace(box, status="pass"), *WELL)[0] == ("recovered", "device:box")
    assert len(room.sent) == 2


def test_a_cause_that_is_found_later_recovers_nothing(room: Room) -> None:
    assert room.look(*but(finding(GATE))) == [("new", GATE)]
    box = finding("device:box", check="clock-offset")
    assert settle(room, box, *but(finding(GATE, caused_by=box.key))) == [("new", "device:box")]


@pytest.mark.parametrize("status", ["warn", "unknown"])
def test_what_only_warns_or_is_unknown_is_not_told_and_no_recovery(room: Room, status: Any) -> None:
    assert settle(room, *but(finding(GATE, status)), looks=6) == []
    assert settle(room, *but(finding(GATE))) == [("new", GATE)]
    assert settle(room, *but(finding(GATE, status)), looks=6) == [], "a silent camera has not recovered"


def test_what_nobody_looks_at_any_more_has_not_recovered(room: Room) -> None:
    room.look(*but(finding(GATE)))
    assert room.look(finding(YARD, "pass")) == [("ended", GATE)]
    room.look(*but(finding(GATE)))
    assert settle(room, *but(finding(GATE, "not_applicable"))) == [("ended", GATE)]


def test_what_flaps_is_one_message_and_then_its_count_at_most_hourly(room: Room) -> None:
    sent: list[tuple[str, str]] = []
    room.look(*WELL)
    for _ in range(100):  # ten hours, six minutes each, fail and well by turns
        for found in (but(finding(GATE)), WELL):
            sent += [one for _ in range(3) for one in room.look(*found)]
    assert sent[:3] == [("new", GATE), ("recovered", GATE), ("flapping", GATE)]
    assert set(sent[3:]) == {("flapping", GATE)}
    counts = [one.count for _, rows in room.sent for one in rows if one.change == "flapping"]
    assert 9 <= len(counts) <= 11
    assert counts == sorted(set(counts))
    assert settle(room, *WELL, looks=200) in ([], [("flapping", GATE)]), "the last count"
    assert room.look(*WELL, after=timedelta(hours=25)) == [("recovered", GATE)]


def test_acknowledged_work_is_not_told(room: Room) -> None:
    key = f"camera-online {GATE}"
    word = Acknowledgement(key, MORNING + MINUTE, "fail", "Li Na", MORNING, "known", MORNING + 10 * HOUR)
    room.refusal = Refusal(Message("away"))
    room.look(*but(finding(GATE)))
    assert key in room.outbox().waiting
    room.noted = ActiveNotes(acknowledged={key: word})
    room.look(*but(finding(GATE)))
    assert room.outbox().waiting == {}, "somebody knows of it now"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {GATE, YARD, ROOF, "device:box", "device:box2", "site"}),
        ({"cameras": ("gate",)}, {GATE, "device:box"}),
        ({"groups": ("outside",)}, {YARD, ROOF, "device:box", "device:box2"}),
        ({"zone_types": ("dressing-room",)}, {ROOF, "device:box2"}),
        ({"cameras": ("gate",), "zone_types": ("dressing-room",)}, {GATE, ROOF, "device:box", "device:box2"}),
        ({"severity": "major"}, {GATE, YARD, ROOF, "site"}),
        ({"severity": "critical"}, {GATE, YARD, ROOF}),
        ({"severity": "critical", "cameras": ("roof",)}, {ROOF}),
    ],
)
def test_a_receiver_hears_of_its_severities_and_places(tmp_path: Path, changes: dict[str, Any], told: set[str]) -> None:
    zone = Declaration("zone-type", "dressing-room", "Li Na", date(2026, 1, 31), cameras=("roof",))
    site = here(replace(DUTY, **changes), groups=(Group("outside", ("yard", "roof")),), declarations=(zone,))
    room = Room(tmp_path, site)
    boxes = [finding(f"device:{one}", severity="minor", check="clock-offset") for one in ("box", "box2")]
    all_ = (*(finding(one) for one in (GATE, YARD, ROOF)), *boxes, finding("site", severity="major"))
    assert {subject for _, subject in room.look(*all_)} == told
    gone = room.look(*(replace(one, status="pass") for one in all_)) + settle(
        room, *(replace(one, status="pass") for one in all_)
    )
    assert {subject for change, subject in gone if change == "recovered"} == told, "only of what was told"
    room.stop()


def test_in_quiet_hours_what_is_not_urgent_waits_and_comes_as_one_message(tmp_path: Path) -> None:
    to = replace(DUTY, quiet_hours="22:00-07:00", urgent="critical")
    room = Room(tmp_path, here(to), at=MORNING + 15 * HOUR)  # five past eleven in the evening
    sent = room.look(*but(finding(GATE), finding(YARD, severity="major"), finding(ROOF, severity="minor")))
    assert sent == [("new", GATE)]
    assert settle(room, *but(finding(YARD, severity="major"))) == [("recovered", GATE)]
    assert len(room.sent) == 2
    morning = room.look(*but(finding(YARD, severity="major")), after=8 * HOUR)
    assert morning == [("new", YARD), ("passed", ROOF)]
    assert len(room.sent) == 3
    assert [one.until is not None for one in room.sent[2][1]] == [False, True]
    room.stop()


def test_without_urgent_nothing_is_sent_in_quiet_hours(tmp_path: Path) -> None:
    room = Room(tmp_path, here(replace(DUTY, quiet_hours="22:00-07:00")), at=MORNING + 15 * HOUR)
    assert settle(room, *but(finding(GATE)), looks=10) == []
    assert room.look(*but(finding(GATE)), after=8 * HOUR) == [("new", GATE)]
    room.stop()


def test_a_refused_message_is_kept_grows_and_is_tried_ever_rarer(room: Room) -> None:
    room.refusal = Refusal(Message("away"))
    room.look(*but(finding(GATE)))
    assert room.outbox().next_at == room.at + RETRY_FIRST
    for _ in range(20):
        room.look(*but(finding(GATE), finding(YARD)), after=2 * HOUR)
    assert room.outbox().next_at == room.at + RETRY_LAST
    assert room.outbox().tries == 21
    room.refusal = None
    assert room.look(*but(finding(GATE), finding(YARD)), after=2 * HOUR) == [("new", GATE), ("new", YARD)]
    assert room.outbox().tries == 0
    assert room.outbox().why is None


def test_what_came_and_went_while_nothing_could_be_sent_is_told_as_that(room: Room) -> None:
    room.look(*WELL)
    room.refusal = Refusal(Message("away"))
    settle(room, *but(finding(GATE)))
    settle(room, *WELL)
    room.refusal = None
    assert room.look(*WELL, after=HOUR) == [("passed", GATE)]
    assert room.look(*WELL, after=HOUR) == []


def test_a_refusal_that_needs_a_person_is_not_hammered_and_a_restart_tries_at_once(room: Room) -> None:
    room.refusal = Refusal(Message("the robot does not know this address"), REFUSED_WAIT)
    room.look(*but(finding(GATE)))
    assert room.outbox().next_at == room.at + REFUSED_WAIT
    room.refusal = None
    assert settle(room, *but(finding(GATE)), looks=10) == []
    room.stop()
    room.start()
    assert room.look(*but(finding(GATE))) == [("new", GATE)]


def test_a_new_configuration_tries_at_once_too(room: Room) -> None:
    room.refusal = Refusal(Message("the robot does not know this address"), REFUSED_WAIT)
    room.look(*but(finding(GATE)))
    room.refusal = None
    room.site = here(replace(DUTY, credential=Credential("hook", "robot", "https://example.org/?key=TOKEN-2")))
    assert room.look(*but(finding(GATE))) == [("new", GATE)]


def test_a_restart_repeats_nothing_and_loses_nothing(room: Room) -> None:
    assert room.look(*but(finding(GATE))) == [("new", GATE)]
    room.stop()
    room.start()
    assert settle(room, *but(finding(GATE))) == []
    room.stop()
    room.start()
    assert settle(room, *WELL) == [("recovered", GATE)]


def test_a_crash_between_the_commit_and_the_desk_loses_nothing(room: Room) -> None:
    room.look(*WELL)
    hand_over, room.desk.cycle_done = room.desk.cycle_done, lambda *_: None  # type: ignore[method-assign]
    settle(room, *but(finding(GATE)))
    room.desk.cycle_done = hand_over  # type: ignore[method-assign]
    assert room.look(*but(finding(GATE))) == [("new", GATE)]


def test_a_memory_that_was_lost_tells_no_recovery(room: Room) -> None:
    room.look(*but(finding(GATE)))
    room.memory = EMPTY_MEMORY
    assert ("recovered", GATE) not in settle(room, *but(finding(GATE)))


def test_messages_are_fewer_than_any_service_allows() -> None:
    """Twenty a minute (WeCom, DingTalk), 100 a minute and 5 a second (Feishu), whatever a site does."""
    pressing = Notice(key="a b", change="new", severity="critical", since=MORNING)
    for rows, an_hour in (((), MOST_AN_HOUR), ((pressing,), 600)):
        box, now, sent = Outbox(), MORNING, []
        for _ in range(200):
            now = earliest(box, rows, now)
            sent.append(now)
            box = delivered(attempted(box, now), (), now)
        for seconds, most in ((1, 1), (60, 10), (3600, an_hour)):
            window = timedelta(seconds=seconds)
            assert max(sum(one <= at < one + window for at in sent) for one in sent) <= most
    assert BETWEEN * 20 > MINUTE


def test_at_a_restless_site_a_new_critical_fail_waits_for_no_hour(room: Room) -> None:
    room.look(*WELL, *(finding(f"camera:c{number}", "pass", "minor") for number in range(40)))
    for number in range(30):
        room.look(
            *WELL, *(finding(f"camera:c{one}", "fail" if one <= number else "pass", "minor") for one in range(40))
        )
    assert messages(room.sent) == {"duty": MOST_AN_HOUR}
    found = settle(
        room, *but(finding(GATE)), *(finding(f"camera:c{one}", "fail", "minor") for one in range(30)), looks=3
    )
    assert found[0] == ("new", GATE)
    assert len(room.sent) == MOST_AN_HOUR + 1, "and what waited came with it"


def test_a_clock_that_was_set_back_holds_nothing_up(room: Room) -> None:
    room.refusal = Refusal(Message("away"), REFUSED_WAIT)
    room.look(*but(finding(GATE)))
    room.refusal = None
    room.at -= timedelta(days=400)
    assert room.look(*but(finding(GATE))) == [("new", GATE)]

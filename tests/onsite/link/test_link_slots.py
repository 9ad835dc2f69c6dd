"""The slots of a device before, during and after a test: no other platform loses its place, and no list lies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from link_room import BEGAN, DEVICE_ID, PLAN, room_with, whole_test

from agent.demo.gb28181.habits import Habits
from agent.model import exits
from agent.model.errors import UsageError
from agent.onsite.link import guide
from agent.onsite.link.slots import Slots, after, during, slots_for
from agent.text.translate import render
from drivers.footage import PlatformLink, PlatformServer

POLICE = PlatformServer(
    "GB28181", True, True, server_id="14020000002000000001", domain="1402000000", device_id=DEVICE_ID, expires_s=3600,
    heartbeat_s=60, slot=1, filled=True, local_port=5060, address_mark="theirs",
)  # fmt: skip
FREE = PlatformServer("GB28181", False, None, slot=2, local_port=5060)
OURS = replace(FREE, enabled=True, registered=True, filled=True, server_id=PLAN.platform_id, address_mark="ours")
OFF = replace(OURS, enabled=False, registered=False)
AWAY = replace(POLICE, registered=False)


def slots_of(*before: PlatformServer) -> Slots:
    return Slots(before, lambda: Read(None))


def test_the_free_slot_is_named_with_a_local_port_that_no_other_uses() -> None:
    slots = slots_for(PlatformLink((POLICE, FREE, replace(FREE, slot=3))), lambda: Read(None))
    assert (slots.free, slots.free_port) == ((2, 3), 5061)
    assert "into slot 2" in str(guide.page("hikvision", slots))
    rows = {str(name): value for name, value in guide.rows(PLAN, "192.0.2.1", 5060, "hikvision", slots)}
    assert (rows["local SIP port"], rows["SIP Server ID"]) == ("5061", PLAN.platform_id)
    assert len(guide.rows(PLAN, "192.0.2.1", 5060)) == 9, "without slots nobody knows which port is free"


@pytest.mark.parametrize(
    ("driver", "page", "field"),
    [
        ("hikvision", "配置 > 网络 > 高级配置 > 平台接入", "SIP 用户认证 ID"),
        ("dahua", "设置 > 网络设置 > 平台接入", "SIP 服务器编号"),
        ("uniview", "配置 > 网络 > 管理平台", "服务器编号"),
        ("onvif", "平台接入", "SIP 服务器地址"),
    ],
)
def test_the_guide_speaks_in_the_words_of_the_makers_page_in_both_languages(driver: str, page: str, field: str) -> None:
    slots = slots_for(PlatformLink((POLICE, FREE)), lambda: Read(None))
    assert page in render(guide.page(driver, None), "zh_CN")
    names = {render(name, "zh_CN") for name, _ in guide.rows(PLAN, "192.0.2.1", 5060, driver, slots)}
    assert {field, "本地 SIP 端口"} <= names
    assert not [one for one in guide.after(PLAN, driver) if render(one, "zh_CN") == render(one, "en")]


REFUSED: Mapping[str, tuple[tuple[PlatformServer, ...], str]] = {
    "the only slot is the platform's": ((POLICE,), "1 are in use"),
    "the only slot is off, and somebody's": ((replace(POLICE, enabled=False),), "slot 1 is off and filled in"),
    "off, and online by its word": ((replace(POLICE, enabled=False, registered=True),), "slot 1 is off and filled in"),
    "in use, and not registered just now": ((AWAY, replace(AWAY, slot=2)), "2 are in use"),
    "no slot at all": ((), "lists no slot"),
    "slots of another kind": ((replace(FREE, kind="GA1400"),), "lists no slot"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_test_is_refused_where_it_would_take_a_platforms_place(case: str) -> None:
    servers, says = REFUSED[case]
    with pytest.raises(UsageError, match=says):
        slots_for(PlatformLink(servers), lambda: Read(None))


BEFORE = (POLICE, FREE)
LINKS: Mapping[str, tuple[tuple[PlatformServer, ...] | None, str, str]] = {
    "as it must be": ((POLICE, OURS), "told", ""),
    "the other registers anew just now": ((AWAY, OURS), "told", ""),
    "yesterday's list": (BEFORE, "unknown", "not-live"),
    "our slot, switched off": ((POLICE, OFF), "unknown", "not-live"),
    "another slot's answer": ((POLICE, replace(POLICE, slot=2)), "failed", "others-changed"),
    "half a list": ((OURS,), "unknown", "half-a-list"),
    "not read": (None, "unknown", "not-read"),
    "the platform's place was taken": ((replace(OURS, slot=1), FREE), "failed", "overwritten"),
    "another address for the platform": ((replace(POLICE, address_mark="else"), OURS), "failed", "others-changed"),
    "the platform was switched off": ((replace(POLICE, enabled=False), OURS), "failed", "others-changed"),
    "a third platform came": ((POLICE, OURS, replace(POLICE, slot=3)), "failed", "others-changed"),
    "an empty third slot came": ((POLICE, OURS, replace(FREE, slot=3)), "told", ""),
}


@pytest.mark.parametrize("case", LINKS)
def test_while_it_is_registered_one_slot_is_ours_and_no_other_has_changed(case: str) -> None:
    now, status, reason = LINKS[case]
    step, ours = during(slots_of(*BEFORE), None if now is None else PlatformLink(now), PLAN)
    assert (step.status, step.reason) == (status, reason), str(step.what)
    assert status != "told" or ours == {2}


LAST: Mapping[str, tuple[tuple[PlatformServer, ...] | None, str, str]] = {
    "off": ((POLICE, OFF), "told", ""),
    "emptied again": (BEFORE, "told", ""),
    "still on": ((POLICE, OURS), "unknown", "still-on"),
    "off, and online by its word": ((POLICE, replace(OFF, registered=True)), "unknown", "still-on"),
    "the platform is lost": ((AWAY, OFF), "failed", "others-lost"),
    "the platform's state is no longer told": ((replace(POLICE, registered=None), OFF), "unknown", "others-silent"),
    "the platform has another id": ((replace(POLICE, device_id="x"), OFF), "failed", "others-changed"),
    "half a list": ((POLICE,), "unknown", "half-a-list"),
    "not read": (None, "unknown", "not-read"),
}


@pytest.mark.parametrize("case", LAST)
def test_at_the_end_ours_is_off_and_the_others_are_as_they_were(case: str) -> None:
    now, status, reason = LAST[case]
    step = after(slots_of(*BEFORE), None if now is None else PlatformLink(now), PLAN, frozenset({2}))
    assert (step.status, step.reason) == (status, reason), str(step.what)
    assert step.evidence["others"] == (2 if now is None else 1)


def test_a_platform_that_was_not_registered_before_is_not_lost_by_the_test() -> None:
    step = after(slots_of(AWAY, FREE), PlatformLink((AWAY, OFF)), PLAN, frozenset({2}))
    assert (step.status, step.evidence["others_registered"]) == ("told", 0)


def test_a_list_that_never_told_of_us_proves_nothing_at_the_end_either() -> None:
    step = after(slots_of(*BEFORE), PlatformLink(BEFORE), PLAN, frozenset())
    assert (step.status, step.reason) == ("unknown", "not-live")


def test_a_place_that_was_taken_stays_a_failure_until_it_is_as_it_was() -> None:
    taken = frozenset({1})
    step = after(slots_of(*BEFORE), PlatformLink((replace(OFF, slot=1), FREE)), PLAN, taken)
    assert (step.status, step.reason, step.evidence["named"]) == ("failed", "overwritten", [1])


@dataclass
class Read:
    """A reading that has ended, or ends when `ended` says so."""

    link: PlatformLink | None
    ended: Callable[[], bool] = lambda: True

    def done(self) -> bool:
        return self.ended()

    def result(self) -> PlatformLink | None:
        assert self.done(), "a reading is waited for while the device is answered"
        return self.link


def reading(*lists: tuple[PlatformServer, ...] | None) -> Callable[[], Read]:
    """Return what reads one list after another."""
    left = list(lists)

    def read() -> Read:
        one = left.pop(0)
        return Read(None if one is None else PlatformLink(one))

    return read


def test_a_device_is_answered_while_its_slots_are_read() -> None:
    """Some register anew, or take themselves for offline, where nothing is answered for seconds."""
    room = room_with(Habits(heartbeat_s=1.0))
    readings: list[tuple[float, int]] = []

    def read() -> Read:
        ends_s = room.now_s + 7.0
        readings.append((ends_s, len(room.sent)))
        link = PlatformLink((POLICE, OURS if len(readings) == 1 else OFF))
        return Read(link, lambda: room.now_s >= ends_s)

    result = whole_test(room, slots=Slots(BEFORE, read))
    assert (result.exit_code, result.to_data()["slots"]) == (exits.OK, "read")
    (ended_s, sent), _ = readings
    answered = [one for one in room.sent[sent:][:7] if one.startswith(b"SIP/2.0 200") and b"MESSAGE" in one]
    assert len(answered) >= 6, "one heartbeat a second, each answered before anything else is asked"
    own = result.step("own-slot")
    assert own is not None and own.at == BEGAN + timedelta(seconds=ended_s)


def test_a_reading_that_does_not_end_holds_nothing_up() -> None:
    room = room_with(Habits())
    result = whole_test(room, slots=Slots(BEFORE, lambda: Read(PlatformLink((POLICE, OURS)), lambda: False)))
    assert [one.reason for one in result.steps if one.name in ("own-slot", "other-slots")] == ["not-read", "not-read"]
    assert result.step("heartbeat").status == "seen"  # type: ignore[union-attr]


RUNS: Mapping[str, tuple[tuple[tuple[PlatformServer, ...] | None, ...], int, str]] = {
    "proven": (((POLICE, OURS), (POLICE, OFF)), exits.OK, "read"),
    "the platform is lost": (((POLICE, OURS), (AWAY, OFF)), exits.FAILS, "read"),
    "a list that stands still": ((BEFORE, BEFORE), exits.UNCHECKED, "not-read"),
    "no second reading": (((POLICE, OURS), None), exits.UNCHECKED, "not-read"),
}


@pytest.mark.parametrize("case", RUNS)
def test_a_whole_test_says_what_became_of_the_slots(case: str) -> None:
    lists, code, said = RUNS[case]
    result = whole_test(room_with(Habits()), slots=Slots(BEFORE, reading(*lists)))
    names = [one.name for one in result.steps]
    assert names[:2] == ["register", "own-slot"] and names[-2:] == ["off", "other-slots"]
    assert (result.exit_code, result.to_data()["slots"]) == (code, said)
    assert "theirs" not in str(result.to_data()) + repr(result)


def test_where_nobody_came_the_slots_are_looked_at_all_the_same() -> None:
    room = room_with(Habits())
    room.device = None
    result = whole_test(room, slots=Slots(BEFORE, reading((AWAY, FREE))))
    assert [(one.name, one.reason) for one in result.steps] == [("register", "silent"), ("other-slots", "others-lost")]


def test_without_slots_the_result_says_so() -> None:
    result = whole_test(room_with(Habits()))
    assert result.to_data()["slots"] == "not-read"
    assert {"own-slot", "other-slots"}.isdisjoint(one.name for one in result.steps)

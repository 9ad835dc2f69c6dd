"""A self-test from the first REGISTER to the slot that is off, with devices of every habit, by a clock that jumps."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from link_quirks import reasons
from link_room import DEVICE_ID, HOST, PLAN, Room, room_with, whole_test

from agent.demo.gb28181.bodies import SECRETS
from agent.demo.gb28181.device import SimulatedDevice
from agent.demo.gb28181.habits import HABITS, Habits
from agent.model import exits
from agent.onsite.link.plan import LASTS_S, random_plan
from agent.onsite.link.requesting import new_request
from agent.onsite.link.result import StepName, StepStatus
from drivers.gb28181.sip import parse
from drivers.gb28181.wire import Flow


def device_of(room: Room) -> SimulatedDevice:
    assert room.device is not None
    return room.device


def test_each_step_says_how_it_is_known() -> None:
    result = whole_test(room_with(Habits()))
    seen = {one.name for one in result.steps if one.status == "seen"}
    told = {one.name for one in result.steps if one.status == "told"}
    assert seen == {"register", "heartbeat", "off"}
    assert told == {"catalog", "device-info", "device-status", "records", "configuration", "cards"}
    assert result.exit_code == exits.OK
    assert result.step("records").evidence == {"days": 30}  # type: ignore[union-attr]
    assert result.step("heartbeat").evidence["intervals_s"] == [60.0, 60.0]  # type: ignore[union-attr]
    assert result.step("configuration").evidence["masks"] == 1  # type: ignore[union-attr]


@pytest.mark.parametrize("name", HABITS)
def test_nothing_that_changes_a_device_is_sent_to_any(name: str) -> None:
    """Source: our promise 1; GB/T 28181-2022, 9.10.3: a Date in the answer to REGISTER sets the device's clock."""
    room = room_with(HABITS[name])
    whole_test(room)
    messages = [parse(one) for one in room.sent]
    assert {one.method for one in messages if one.method} == {"MESSAGE"}
    assert not [one for one in messages if one.header("date")]
    bodies = [one.body for one in messages if one.body]
    assert all(b"<Query>" in one and b"Control" not in one and b"DeviceConfig" not in one for one in bodies)
    assert all(re.match(rb"[\x00-\x7f]*$", one) for one in bodies)


@pytest.mark.parametrize("method", ["SUBSCRIBE", "NOTIFY", "INFO", "REGISTER", "UPDATE", "REFER", ""])
def test_no_other_request_can_be_written(method: str) -> None:
    request = new_request(method, DEVICE_ID, 1, "192.0.2.1")
    with pytest.raises(ValueError, match="no such request"):
        request.written(Flow("UDP", HOST, 5060), PLAN, ("192.0.2.1", 5060), "", b"")


def test_each_answer_has_our_version_also_the_ones_that_refuse() -> None:
    room = room_with(Habits(wrong_password_times=1))
    whole_test(room)
    answers = [parse(one) for one in room.sent if one.startswith(b"SIP/2.0")]
    assert {one.status for one in answers} >= {200, 401, 403}
    assert {one.header("x-gb-ver") for one in answers} == {"3.0"}


def test_no_password_address_or_place_is_in_the_result_or_in_what_is_told() -> None:
    room = room_with(Habits(raw_marks=True))
    result = whole_test(room)
    text = json.dumps(result.to_data(), ensure_ascii=False) + "\n".join(room.told) + repr(result) + repr(PLAN)
    assert [secret for secret in (*SECRETS, PLAN.password) if secret in text] == []


def test_a_silent_device_is_unknown_when_the_time_is_over() -> None:
    room = Room()
    result = whole_test(room)
    assert (reasons(result), result.exit_code, room.now_s) == ({"register": "silent"}, exits.UNCHECKED, LASTS_S)


def test_who_came_from_another_address_is_named() -> None:
    room = Room()
    room.dropped.strangers, room.dropped.last_stranger = 3, "192.0.2.9"
    result = whole_test(room)
    assert reasons(result) == {"register": "other-address"}
    assert "192.0.2.9" in room.told[-1]


def test_a_wrong_password_is_told_once_at_once_and_ends_as_a_refusal() -> None:
    room = room_with(Habits(wrong_password_times=10**6))
    result = whole_test(room)
    assert (reasons(result), result.exit_code) == ({"register": "wrong-password"}, exits.REFUSED)
    assert sum("wrong password" in one for one in room.told) == 2, "once when it happened, once as the result"


def test_a_device_with_another_id_is_told_which_and_never_challenged() -> None:
    room = room_with(Habits())
    device = device_of(room)
    device.slot = replace(device.slot, device_id="14021300001180000002")
    result = whole_test(room)
    assert reasons(result) == {"register": "wrong-id"}
    assert "14021300001180000002" in room.told[0]
    assert b"WWW-Authenticate" not in b"".join(room.sent)


def test_a_device_of_another_domain_is_told_the_right_one() -> None:
    room = room_with(Habits())
    device = device_of(room)
    answered = device.take
    device.take = lambda data, now_s: answered(data.replace(PLAN.domain.encode(), b"3402000000"), now_s)  # type: ignore[method-assign]
    result = whole_test(room)
    assert reasons(result) == {"register": "other-realm"}
    assert PLAN.domain in room.told[0]


def test_sha_256_is_asked_for_where_it_is_wanted() -> None:
    plan = replace(PLAN, algorithm="SHA-256")
    assert whole_test(room_with(Habits(), plan), plan).exit_code == exits.OK


def test_a_registered_device_without_heartbeat_fails() -> None:
    result = whole_test(room_with(Habits(heartbeats=False)))
    assert (reasons(result)["heartbeat"], result.exit_code) == ("no-heartbeat", exits.FAILS)


def test_heartbeats_too_rare_to_be_measured_are_unknown() -> None:
    result = whole_test(room_with(Habits(heartbeat_s=150.0)))
    assert (reasons(result)["heartbeat"], result.exit_code) == ("too-few", exits.UNCHECKED)


def test_a_registration_shorter_than_the_standard_has_it_is_named() -> None:
    """Source: GB/T 28181-2022, 9.1.1 d."""
    assert reasons(whole_test(room_with(Habits(expires_s=600))))["register"] == "short-expiry"


def test_cameras_with_one_code_fail() -> None:
    result = whole_test(room_with(Habits(repeated_codes=True)))
    assert (reasons(result)["catalog"], result.exit_code) == ("repeated-codes", exits.FAILS)


def test_cameras_of_the_site_file_that_are_not_shared_fail() -> None:
    plan = replace(PLAN, cameras=("14021300001320000001", "14021300001320000099"))
    result = whole_test(room_with(Habits(), plan), plan)
    assert reasons(result) == {"catalog": "missing-cameras"}
    assert result.step("catalog").evidence["missing"] == ["14021300001320000099"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("command", "step"),
    [
        ("Catalog", "catalog"),
        ("DeviceInfo", "device-info"),
        ("DeviceStatus", "device-status"),
        ("RecordInfo", "records"),
        ("ConfigDownload", "configuration"),
        ("SDCardStatus", "cards"),
    ],
)
def test_a_query_that_is_not_answered_or_refused_is_unknown(command: str, step: StepName) -> None:
    for habits, reason in (
        (Habits(unanswered=frozenset({command})), "no-answer"),
        (Habits(refused=frozenset({command})), "query-refused"),
    ):
        room = room_with(habits)
        result = whole_test(room)
        assert (reasons(result), result.exit_code) == ({step: reason}, exits.UNCHECKED)
        assert room.now_s < LASTS_S


def test_a_query_is_repeated_over_udp_until_it_is_answered_and_not_over_tcp() -> None:
    for transport, most in (("UDP", 5), ("TCP", 1)):
        room = room_with(Habits(), transport=transport)
        device = device_of(room)
        answered, lost = device.take, []

        def loses(data: bytes, now_s: float) -> list[bytes]:
            if b"<CmdType>DeviceInfo" in data:
                lost.append(data)  # noqa: B023
                return []
            return answered(data, now_s)  # noqa: B023

        device.take = loses  # type: ignore[method-assign]
        assert reasons(whole_test(room))["device-info"] == "no-answer"
        assert 1 <= len(lost) <= most
        assert len(set(lost)) == 1, "a repeat is the same request"


def test_a_catalogue_that_did_not_come_whole_is_unknown() -> None:
    room = room_with(Habits(items_in_message=1))
    device = device_of(room)
    ticked = device.tick
    device.tick = lambda now_s: [one for one in ticked(now_s) if "大门2".encode("gb18030") not in one]  # type: ignore[method-assign]
    assert reasons(whole_test(room)) == {"catalog": "incomplete"}


def test_who_is_not_registered_says_nothing_that_counts() -> None:
    """A heartbeat before the registration is refused, so that the device registers; it is no heartbeat of the test."""
    room = room_with(Habits(heartbeat_first=True))
    result = whole_test(room)
    assert parse(room.sent[0]).status in (401, 403)
    assert result.step("heartbeat").evidence["count"] == 3  # type: ignore[union-attr]


def test_a_slot_that_stays_on_is_unknown_and_is_refused_until_the_end() -> None:
    room = room_with(Habits())
    device = device_of(room)
    device.switch_off = lambda now_s: None  # type: ignore[method-assign]
    result = whole_test(room)
    assert reasons(result) == {"off": "not-quiet"}
    assert parse(room.sent[-1]).status == 403
    assert room.now_s == LASTS_S


def test_a_device_that_just_falls_silent_is_off_too() -> None:
    result = whole_test(room_with(Habits(leaves=False)))
    off = result.step("off")
    assert off is not None
    assert (off.status, off.evidence["left"]) == ("seen", False)


def test_silence_shorter_than_the_heartbeat_proves_nothing() -> None:
    plan = replace(PLAN, quiet_after_s=1.0)
    off = whole_test(room_with(Habits(), plan), plan).step("off")
    assert off is not None
    assert off.evidence["needed_s"] == 90


def test_a_flood_of_registers_is_bounded_and_named() -> None:
    room = room_with(Habits())
    device = device_of(room)
    first = device.tick(0.0)[0]
    room.waiting += [first] * 1000
    result = whole_test(room)
    assert "register-flood" in result.quirks
    assert sum(one.startswith(b"SIP/2.0 401") for one in room.sent) <= 10
    assert result.exit_code == exits.OK


def test_each_test_has_a_password_and_a_platform_of_its_own_in_the_devices_area() -> None:
    plans = [random_plan(DEVICE_ID, "MD5", 600, 60, ()) for _ in range(50)]
    assert len({one.password for one in plans}) == 50
    assert {one.platform_id[:14] for one in plans} == {"14021300002000"}
    assert all(re.fullmatch(r"[a-z2-9]{12}", one.password) and not set("loi01") & set(one.password) for one in plans)
    assert HOST not in repr(plans[0])


CLOCKS: tuple[tuple[Habits, StepStatus, str], ...] = (
    (Habits(clock_off_s=3600.0), "told", ""),
    (Habits(clock_off_s=-400.0, times="ms"), "told", ""),
    (Habits(clock_off_s=3600.0, takes_time=False), "failed", "not-taken"),
    (Habits(unanswered=frozenset({"DeviceStatus"})), "unknown", "no-clock"),
)


@pytest.mark.parametrize(("habits", "status", "reason"), CLOCKS)
def test_who_asks_for_it_sees_whether_the_device_takes_the_time_of_its_platform(
    habits: Habits, status: StepStatus, reason: str
) -> None:
    plan = replace(PLAN, gives_time=True)
    room = room_with(habits, plan)
    step = whole_test(room, plan).step("clock")
    assert step is not None
    assert (step.status, step.reason) == (status, reason)
    dated = [one for one in map(parse, room.sent) if one.header("date")]
    assert {(one.status, one.cseq[1]) for one in dated} == {(200, "REGISTER")}
    assert re.fullmatch(r"2026-11-29T12:00:0\d\.\d{3}", dated[0].header("date")), "of Beijing, without a zone"


def test_who_leaves_or_gives_a_wrong_password_is_given_no_time() -> None:
    plan = replace(PLAN, gives_time=True)
    room = room_with(Habits(wrong_password_times=1), plan)
    whole_test(room, plan)
    answers = [one for one in map(parse, room.sent) if one.status and one.cseq[1] == "REGISTER"]
    assert [bool(one.header("date")) for one in answers] == [
        one.status == 200 and one.header("expires") != "0" for one in answers
    ]
    assert {one.status for one in answers} == {200, 401, 403}

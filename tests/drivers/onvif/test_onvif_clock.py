"""The device's clock: local time told as UTC, drift, a login before the time, and what tokens are signed with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import chain, repeat
from zoneinfo import ZoneInfo

import pytest
from devices import NOW, http
from onvif_answers import date_and_time, envelope
from onvif_device import Script
from onvif_reading import CAMERAS, fact, observe, reason

from drivers.details import Accounts
from drivers.model import Clock
from drivers.onvif.device import ClockRead, clock_of
from drivers.onvif.parse_device import DeviceTime, is_zone_wrong, local_as_utc_s, zone_offsets_s

HOUR_S = 3600
HERE = ZoneInfo("Asia/Shanghai")


def told(script: Script) -> Clock:
    value = fact(observe(script), "device:box", Clock)
    assert isinstance(value, Clock)
    return value


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("CST-8", {8}),
        ("CST-8:00:00", {8}),
        ("AEST-10AEDT,M10.1.0,M4.1.0/3", {10, 11}),
        ("EST5EDT,M3.2.0,M11.1.0", {-5, -4}),
        ("<+0530>-5:30", {5.5}),
        ("GMT+08:00", {8}),
        ("UTC-3", {-3}),
        ("UTC0", {0}),
        ("GMT0", {0}),
        ("Asia/Shanghai", set()),
        ("CST-99", set()),
        ("", set()),
        ("-8", set()),
    ],
)
def test_time_zones_are_read_as_posix_and_as_makers_write_them(zone: str, expected: set[float]) -> None:
    assert zone_offsets_s(zone) == {hours * HOUR_S for hours in expected}


def said(zone: str, local: timedelta | None = None) -> DeviceTime:
    return DeviceTime(NOW, None if local is None else NOW + local, zone, None)


@pytest.mark.parametrize(
    ("time", "offset_s", "expected_s"),
    [
        (said("CST-8"), 8 * HOUR_S + 1.2, 8 * HOUR_S),
        (said("CST-8"), 8 * HOUR_S - 59, 8 * HOUR_S),
        (said("CST-8"), 8 * HOUR_S + 95, 0),
        (said("CST-8"), 7 * HOUR_S, 0),
        (said("CST-8"), 0.4, 0),
        (said("<+0545>-5:45"), 5.75 * HOUR_S, 5.75 * HOUR_S),
        (said("AEST-10AEDT,M10.1.0,M4.1.0/3"), 11 * HOUR_S, 11 * HOUR_S),
        (said("", timedelta()), 8 * HOUR_S, 8 * HOUR_S),
        (said("", timedelta(hours=8)), 8 * HOUR_S, 0),
        (said(""), 8 * HOUR_S, 0),
        (said("UTC0", timedelta()), 8 * HOUR_S, 0),
        (said("CST-8"), 400 * 86400.0, 0),
    ],
)
def test_local_time_as_utc_is_recognised_by_whole_quarter_hours_that_the_zone_explains(
    time: DeviceTime, offset_s: float, expected_s: float
) -> None:
    assert local_as_utc_s(time, offset_s, 0.6) == expected_s


@pytest.mark.parametrize(
    ("time", "wrong"),
    [
        (said("CST-8"), False),
        (said("CST-8", timedelta(hours=8, seconds=1)), False),
        (said("UTC0"), True),
        (said("UTC0", timedelta()), True),
        (said("", timedelta()), True),
        (said("AEST-10AEDT,M10.1.0,M4.1.0/3"), True),
        # where two words differ, or a maker writes the sign the other way round, nobody is accused
        (said("UTC0", timedelta(hours=8)), False),
        (said("CST-8", timedelta()), False),
        (said("CST+8"), False),
        (said("Asia/Shanghai"), False),
        (said(""), False),
    ],
)
def test_a_zone_that_is_surely_not_the_sites_is_said(time: DeviceTime, wrong: bool) -> None:
    assert is_zone_wrong(time, HERE) is wrong


def test_a_clock_that_is_right_in_another_zone_is_said_and_one_that_tells_its_zone_as_utc_is_that_alone() -> None:
    clock = told(Script(zone="UTC0"))
    assert clock.zone_wrong and not clock.local_time_as_utc and abs(clock.offset_s) < 2
    clock = told(Script(zone="CST-8", clock_offset=timedelta(hours=8)))
    assert clock.local_time_as_utc and not clock.zone_wrong


def test_local_time_in_utcdatetime_is_said_and_tokens_are_signed_with_the_real_time() -> None:
    """As on OpenIPC: the device tells its wall clock as UTC, and checks tokens with its real clock."""
    script = Script(login="wsse", zone="AEST-10AEDT,M10.1.0,M4.1.0/3", local=timedelta(), tells_date=False)
    ahead = http(200, _time_answer(NOW + timedelta(hours=10), script.zone))
    script.answers["device GetSystemDateAndTime"] = lambda asked: ahead
    seen = observe(script)
    clock = fact(seen, "device:box", Clock)
    assert isinstance(clock, Clock) and clock.local_time_as_utc and 35999 < clock.offset_s < 36002
    assert script.refused_logins == 0 and isinstance(fact(seen, "device:box", "accounts"), Accounts)


def test_a_device_whose_whole_clock_is_local_time_gets_tokens_of_that_time() -> None:
    script = Script(login="wsse", zone="CST-8", clock_offset=timedelta(hours=8), window=timedelta(seconds=30))
    assert told(script).local_time_as_utc
    assert script.refused_logins == 0 and script.good_logins > 5


def test_a_clock_that_is_right_or_merely_wrong_is_not_taken_for_local_time() -> None:
    assert not told(Script(zone="CST-8", local=timedelta(hours=8))).local_time_as_utc
    assert not told(Script(zone="CST-8", clock_offset=timedelta(hours=7))).local_time_as_utc


def test_a_device_that_tells_only_its_local_time_is_read_by_its_zone() -> None:
    script = Script()
    local = date_and_time("LocalDateTime", NOW + timedelta(hours=8))
    answer = _time_answer(NOW, "CST-8").replace(date_and_time("UTCDateTime", NOW).encode(), local.encode())
    script.answers["device GetSystemDateAndTime"] = lambda asked: http(200, answer)
    assert abs(told(script).offset_s) < 1
    script.answers["device GetSystemDateAndTime"] = lambda asked: http(200, answer.replace(b"CST-8", b""))
    assert reason(observe(script), "device:box", "clock") == "malformed"


def read_of(offset_s: float, uncertainty_s: float = 0.6) -> ClockRead:
    return ClockRead(said("CST-8"), offset_s - uncertainty_s, offset_s + uncertainty_s, open_to_all=True)


def test_two_measurements_that_agree_narrow_the_uncertainty() -> None:
    one, both = clock_of(read_of(1.0), None, HERE), clock_of(read_of(1.0), read_of(1.8), HERE)
    assert both.drift_s == 0 and both.uncertainty_s < one.uncertainty_s
    assert both.offset_s == 1.4


def test_a_clock_that_drifts_between_calls_is_said_and_its_uncertainty_spans_both() -> None:
    clock = clock_of(read_of(1.0), read_of(31.0), HERE)
    assert clock.drift_s == 30.0
    assert clock.offset_s - clock.uncertainty_s <= 0.401 and clock.offset_s + clock.uncertainty_s >= 31.599


def test_a_drifting_device_is_measured_twice() -> None:
    script = Script()
    jumps = chain([NOW], repeat(NOW + timedelta(seconds=30)))
    script.answers["device GetSystemDateAndTime"] = lambda asked: http(200, _time_answer(next(jumps), "CST-8"))
    clock = told(script)
    assert clock.drift_s == pytest.approx(30, abs=1) and clock.uncertainty_s > 15
    assert script.operations[0] == script.operations[-1] == "GetSystemDateAndTime"


@pytest.mark.parametrize("login", ["wsse", "digest"])
def test_a_time_call_behind_a_login_is_made_once(login: str) -> None:
    script = Script(login=login, time_needs_login=True)
    assert abs(told(script).offset_s) < 2
    assert script.refused_logins == 0
    # Anonymously, and then with the login.
    assert script.operations.count("GetSystemDateAndTime") == 2


def test_a_second_measurement_that_fails_takes_nothing_away() -> None:
    script = Script()
    answers = chain([http(200, _time_answer(NOW, ""))], repeat(http(500, b"no")))
    script.answers["device GetSystemDateAndTime"] = lambda asked: next(answers)
    assert abs(told(script).offset_s) < 2


@pytest.mark.parametrize(
    "broken",
    [
        date_and_time("UTCDateTime", NOW) * 2,
        date_and_time("UTCDateTime", NOW).replace(f"<tt:Day>{NOW.day}</tt:Day>", "<tt:Day>32</tt:Day>"),
        date_and_time("UTCDateTime", NOW).replace(f"<tt:Hour>{NOW.hour}</tt:Hour>", ""),
        "",
    ],
)
def test_a_time_that_does_not_exist_or_stands_there_twice_is_malformed(broken: str) -> None:
    script = Script()
    whole = _time_answer(NOW, "").replace(date_and_time("UTCDateTime", NOW).encode(), broken.encode())
    script.answers["device GetSystemDateAndTime"] = lambda asked: http(200, whole)
    assert reason(observe(script, cameras=CAMERAS[:1]), "device:box", "clock") == "malformed"


def _time_answer(at: datetime, zone: str) -> bytes:
    return envelope(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType>"
        f"<tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>{zone}</tt:TZ></tt:TimeZone>"
        f"{date_and_time('UTCDateTime', at.astimezone(UTC))}"
        "</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )

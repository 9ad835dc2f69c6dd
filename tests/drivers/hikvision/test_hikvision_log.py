"""How long a Hikvision device has been up, and how far back its log reaches: real sockets, good and bad answers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from devices import Asked, http
from hikvision_device import NOT_SUPPORTED, XML, Nvr, fixture, observe, status
from lxml import etree

from drivers.details import OldestLog, Uptime
from drivers.hikvision.log_search import CLASSES, SEARCH
from drivers.model import Fact, Unavailable

NOBODY = "<responseStatus>true</responseStatus><responseStatusStrg>NO MATCHES</responseStatusStrg>"
WRITTEN = datetime(2026, 3, 2, 1, 15, 40, tzinfo=UTC)
"""The first entry of the fixture, at a wall clock eight hours past UTC."""

V = TypeVar("V", Uptime, OldestLog)


def told(nvr: Nvr, kind: type[V]) -> V:
    (value,) = (one.value for one in observe(nvr) if isinstance(one.value, kind))
    assert isinstance(value, kind)
    return value


def why_not(nvr: Nvr, fact: Fact) -> Unavailable:
    (value,) = (o.value for o in observe(nvr) if isinstance(o.value, Unavailable) and o.value.fact == fact)
    assert isinstance(value, Unavailable)
    return value


def answered(body: str) -> bytes:
    return http(200, f"<CMSearchResult><searchID>A</searchID>{body}</CMSearchResult>".encode(), content_type=XML)


def entries(*times: str, name: str = "StartDateTime") -> str:
    rows = "".join(
        f"<searchMatchItem><logDescriptor><{name}>{at}</{name}></logDescriptor></searchMatchItem>" for at in times
    )
    return f"<responseStatus>true</responseStatus><matchList>{rows}</matchList>"


def test_a_recorder_says_since_when_it_has_been_up() -> None:
    nvr = Nvr()
    seen = observe(nvr)
    (at,) = (one.taken_at for one in seen if isinstance(one.value, Uptime))
    (uptime,) = (one.value for one in seen if isinstance(one.value, Uptime))
    assert abs(at - timedelta(days=10) - uptime.booted_at) < timedelta(seconds=5)


@pytest.mark.parametrize("up", ["", "-1", "soon", "1e9", "999999999999"])
def test_an_uptime_that_is_none_is_not_believed(up: str) -> None:
    body = f"<DeviceStatus><deviceUpTime>{up}</deviceUpTime></DeviceStatus>".encode()
    nvr = Nvr(answers={"System/status": http(200, body, content_type=XML)})
    assert why_not(nvr, "uptime").reason == "malformed"


def test_a_device_without_a_status_or_a_log_says_so() -> None:
    nvr = Nvr(answers={"System/status": NOT_SUPPORTED, SEARCH: NOT_SUPPORTED})
    assert [why_not(nvr, fact).reason for fact in ("uptime", "oldest-log")] == ["unsupported", "unsupported"]


def test_the_oldest_entry_is_asked_for_and_read_by_the_wall_clock() -> None:
    bodies: list[bytes] = []

    def answer(asked: Asked) -> bytes:
        bodies.append(asked.body)
        return http(200, fixture(SEARCH), content_type=XML)

    assert told(Nvr(answers={SEARCH: answer}), OldestLog).at == WRITTEN
    body, _ = (etree.fromstring(one) for one in bodies)
    said = {name: body.findtext(f".//{name}") for name in ("metaId", "maxResults", "searchResultPostion", "startTime")}
    assert said == {
        "metaId": CLASSES[0],
        "maxResults": "2",
        "searchResultPostion": "0",
        "startTime": "2024-11-22T16:00:03Z",
    }


@pytest.mark.parametrize(
    ("following", "alone"),
    [
        (entries("2026-03-04T10:00:00Z"), False),
        (entries("2026-05-01T00:00:00Z"), False),
        (NOBODY, True),  # one entry was left in a log that was cleared
        (entries("2026-11-24T10:00:00Z"), True),  # what was not asked for follows nothing
    ],
)
def test_an_oldest_entry_that_nothing_follows_stands_alone(following: str, alone: bool) -> None:
    spans: list[tuple[str, str]] = []

    def answer(asked: Asked) -> bytes:
        body = etree.fromstring(asked.body)
        spans.append((str(body.findtext(".//startTime")), str(body.findtext(".//endTime"))))
        first = entries("2026-03-02T09:15:40Z", "2026-03-02T09:15:41Z")
        return answered(first if len(spans) == 1 else following)

    assert told(Nvr(answers={SEARCH: answer}), OldestLog) == OldestLog(WRITTEN, alone)
    assert spans[1] == ("2026-03-03T09:15:40Z", "2026-05-02T09:15:40Z")


@pytest.mark.parametrize("first", [answered(NOBODY), status(400, 6, "badXmlContent"), status(500, 3, "deviceError")])
def test_newer_firmware_is_asked_by_its_own_name_of_the_class(first: bytes) -> None:
    def answer(asked: Asked) -> bytes:
        newer = CLASSES[1].encode() in asked.body
        return http(200, fixture(SEARCH), content_type=XML) if newer else first

    assert told(Nvr(answers={SEARCH: answer}), OldestLog).at == WRITTEN


def test_older_firmware_writes_the_name_of_the_moment_small() -> None:
    body = entries("2026-03-02T09:15:40", "2026-03-02T09:15:41", name="startDateTime")
    assert told(Nvr(answers={SEARCH: answered(body)}), OldestLog).at == WRITTEN


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (answered(entries("2026-11-24T15:00:00Z", "2026-11-24T14:00:00Z")), "unsupported"),  # the newest first
        (answered(NOBODY), "fault"),
        (
            answered("<responseStatus>false</responseStatus><responseStatusStrg>NO_MATCHES</responseStatusStrg>"),
            "fault",
        ),
        (answered(entries("2019-01-01T00:00:00", "2019-01-01T00:00:01")), "malformed"),  # older than was asked for
        (answered(entries("2026-11-27T00:00:00", "2026-11-27T00:00:01")), "malformed"),  # not yet written
        (answered(entries("yesterday")), "malformed"),
        (answered(entries("0001-01-01T00:00:00")), "malformed"),  # no calendar has it in another zone
        (answered(entries("9999-12-31T23:59:59")), "malformed"),
        (answered(entries("")), "malformed"),
        (answered("<responseStatus>false</responseStatus><responseStatusStrg>FAILED</responseStatusStrg>"), "fault"),
        (answered("<matchList><other/></matchList>"), "malformed"),
        (http(200, b"<html>", content_type=XML), "malformed"),
        (status(403, 4, "lowPrivilege"), "refused"),
    ],
)
def test_what_is_no_oldest_entry_is_a_reason(answer: bytes, reason: str) -> None:
    assert why_not(Nvr(answers={SEARCH: answer}), "oldest-log").reason == reason


def test_a_log_that_cannot_be_searched_costs_two_questions_at_most() -> None:
    nvr = Nvr(answers={SEARCH: status(500, 3, "deviceError")})
    observe(nvr)
    assert nvr.count(SEARCH) == 2


@pytest.mark.parametrize("times", [("2026-11-24T15:00:00Z", "2026-11-24T15:00:00Z"), ("2026-11-24T15:00:00Z",)])
@pytest.mark.parametrize("newest_first", [True, False])
def test_entries_of_one_second_do_not_prove_in_which_order_a_log_is_listed(
    times: tuple[str, ...], newest_first: bool
) -> None:
    """A login and the look itself are written in one second: taken for the oldest, they would tell a shortened log."""
    ends: list[str] = []

    def answer(asked: Asked) -> bytes:
        end = str(etree.fromstring(asked.body).findtext(".//endTime"))
        ends.append(end)
        older = end < "2026-11-24T15:00:00Z"
        listed = entries("2026-03-02T09:15:40") if newest_first else NOBODY
        return answered(listed if older else entries(*times))

    nvr = Nvr(answers={SEARCH: answer})
    if newest_first:
        assert why_not(nvr, "oldest-log").reason == "unsupported"
    else:
        assert told(nvr, OldestLog).at == datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    assert ends[-1] == "2026-11-24T14:59:59Z"


@pytest.mark.parametrize("year", ["0001", "0002", "9999"])
def test_a_clock_outside_of_any_calendar_costs_the_clock_and_nothing_else(year: str) -> None:
    body = f"<Time><timeMode>NTP</timeMode><localTime>{year}-01-01T00:00:00</localTime></Time>".encode()
    nvr = Nvr(answers={"System/time": http(200, body, content_type=XML)})
    assert why_not(nvr, "clock").reason == "malformed"
    assert told(nvr, OldestLog).at == WRITTEN

"""Days of footage are good as far as a picture was opened; what is only listed, or not told, is unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from agent.contract.chain import utc_text
from agent.hub.domain.rows.footage_left import (
    FootageLeft,
    footage_left_from,
    footage_left_json,
    read_footage_left,
    summed,
)
from agent.report.plain_findings import plain_findings

NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
PASS: dict[str, Any] = {"status": "pass", "opened": 40, "listed": 41}


def ago(days: float | None) -> str | None:
    return utc_text(NOW - timedelta(days=days)) if days is not None else None


def body(*cameras: dict[str, Any]) -> dict[str, Any]:
    """Return a report of cameras that are told by floor, listed, opened (days), short_on, status."""
    rows, findings = [], []
    for number, one in enumerate(cameras):
        timeline = {"floor_days": one.get("floor", 30), "short_on": one.get("short_on")}
        rows.append({"id": f"c{number}", "retention": {"oldest_at": ago(one.get("listed")), "timeline": timeline}})
        evidence = {"opened_at": ago(one.get("opened"))}
        finding = {"check": "retention-days", "subject": f"camera:c{number}", "status": one.get("status")}
        findings.append({**finding, "evidence": evidence})
    return {"cameras": rows, "findings": findings}


def read(told: dict[str, Any]) -> FootageLeft:
    return read_footage_left(told, plain_findings(told), NOW)


def left(*cameras: dict[str, Any]) -> tuple[tuple[float, ...], dict[str, int]]:
    found = read(body(*cameras))
    assert footage_left_from(footage_left_json(found)) == found
    return found.days, {name: count for name, count in found.cameras.items() if count}


@pytest.mark.parametrize(
    ("camera", "days", "of_class"),
    [
        (PASS, (30, 30, 0, 0), "enough"),
        ({**PASS, "short_on": "2026-12-09"}, (30, 30, 0, 0), "soon"),
        ({**PASS, "short_on": "soon"}, (30, 30, 0, 0), "enough"),
        ({"status": "fail", "opened": 12, "listed": 12}, (12, 30, 0, 0), "short"),
        ({"status": "fail", "opened": 12, "listed": 20}, (12, 30, 8, 0), "short"),  # eight days are only listed
        ({"status": "fail", "opened": None, "listed": None}, (0, 30, 0, 0), "short"),  # nothing is recorded
        ({"status": "fail", "opened": 12, "listed": 90}, (12, 30, 18, 0), "short"),  # a list that lies
        ({"status": "unknown", "opened": 5, "listed": 5}, (5, 30, 25, 0), "unknown"),  # a young recorder
        ({"status": "unknown", "opened": None, "listed": 90}, (0, 30, 30, 0), "unknown"),
        ({"status": "pass", "opened": None, "listed": 90}, (0, 30, 30, 0), "enough"),  # a pass without evidence
        ({"status": "pass", "opened": -3, "listed": -3}, (0, 30, 30, 0), "enough"),  # of a day to come
        ({"status": None, "opened": 40, "listed": 40}, (30, 30, 0, 0), "unknown"),
        ({"status": "not_applicable", "opened": 1, "listed": 1}, (0, 0, 0, 0), None),  # no duty, or a drill
    ],
    ids=str,
)
def test_a_camera_counts_as_far_as_its_report_proves_it(
    camera: dict[str, Any], days: tuple[float, ...], of_class: str | None
) -> None:
    found, cameras = left(camera)
    assert found == pytest.approx(days, abs=0.01)
    assert cameras == ({of_class: 1} if of_class else {})


@pytest.mark.parametrize("floor", [None, 0, -1, True, "30", 10**9, 30.5, [30]], ids=str)
def test_days_that_are_no_days_make_a_camera_unknown(floor: object) -> None:
    assert left({**PASS, "floor": floor}) == ((0, 0, 0, 0), {"unknown": 1})
    assert left({**PASS, "floor": floor, "status": "fail"}) == ((0, 0, 0, 0), {"short": 1})


@pytest.mark.parametrize(
    "told",
    [
        {}, {"cameras": None}, {"cameras": [7, {}]}, {"cameras": [{"id": ["c"], "retention": 7}], "findings": "x"},
        {"cameras": [{"id": "c0", "retention": {"timeline": [1], "oldest_at": {}}}]},
        {"cameras": [{"id": "c0"}], "findings": [{"check": "retention-days", "subject": ["x"], "evidence": 1}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_body_of_anything_is_no_day_and_no_pass(told: dict[str, Any]) -> None:
    found = read(told)
    assert found.days == (0, 0, 0, 0)
    assert {name for name, count in found.cameras.items() if count} <= {"unknown"}


def test_cameras_and_sites_are_added_up() -> None:
    days, cameras = left(PASS, {"status": "fail", "opened": 12, "listed": 12}, {"status": "unknown", "opened": 5})
    assert days == pytest.approx((47, 90, 25, 0))
    assert cameras == {"enough": 1, "short": 1, "unknown": 1}
    one = read(body(PASS))
    both = summed((one, one))
    assert both is not None and both.days == (60, 60, 0, 0) and both.cameras["enough"] == 2
    assert summed(()) is None and FootageLeft().cameras["enough"] == 0

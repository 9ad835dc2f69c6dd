"""A health report stays within 4 KiB for 64 cameras, whatever is broken, and never leaves anything out unsaid."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from contract_schemas import fits
from sites import NOW, camera, gateway, site

from agent.contract.chain import STREAMS, link
from agent.contract.repair_counts import CLASSES, Repairs
from agent.judge.checks.table import CHECKS
from agent.judge.memory.episodes import new_episode
from agent.model.finding import Draft, Finding, Head, Message, Moment, Source
from agent.model.matters import counts
from agent.observe.facts.assessed_days import FIGURES, Count, DayAssessed
from agent.observe.facts.facts import gather
from agent.observe.remembered.value import Remembered
from agent.report.health import HEALTH_MAX_BYTES, NOT_PASS_LEAST_BYTES, OTHERS, health_body, not_pass
from agent.site.config.site import Site
from drivers.model import Camera

LAST = 2**53 - 1
QUEUE = dict.fromkeys(("pending", "sent", "parked", "confirmed", "dropped"), 9_999_999)
STATUSES = ("fail", "warn", "unknown")


def finding(check: str, subject: str, status: Any = "fail", reason: str = "broken", caused_by: str = "") -> Finding:
    return Finding(check, subject, status, "major", Message("x"), Source("d", "1"), reason, {}, caused_by)


def big_site(cameras: int = 64, codes: bool = True) -> Site:
    """Return a site with the longest names that there are."""
    made = [
        replace(camera(), camera=Camera(f"camera-{n:03}", "box", code=f"14020000001{n % 4}200{n:05}" if codes else ""))
        for n in range(cameras)
    ]
    return replace(site(*made), id="S" * 23, city="c" * 64, digest="c" * 64, period_s=86_400)


def payload(a_site: Site, findings: list[Finding]) -> bytes:
    full = Count(*([len(a_site.cameras) * 1440 * 13] * 4))
    mended = dict.fromkeys(CLASSES, Repairs(9999, 86_400 * 9999, 9999)) if findings else {}
    day = DayAssessed(date(2026, 11, 23), 1440, dict.fromkeys(FIGURES, full), (), mended, Count(*([86_400 * 64] * 4)))
    old = {"online": full, "good": full, "recorded_s": Count(*([86_400 * 64] * 4))}
    day = replace(day, method_from=date(2026, 11, 1), before=old)
    facts = replace(gather(gateway()), remembered=Remembered(assessed=(day,)))
    restless = [replace(new_episode(one, NOW), fault_class=name) for one in findings[:1] for name in CLASSES] * len(
        findings
    )
    body = health_body(a_site, facts, findings, NOW, QUEUE, restless)
    heads = {stream: Head(LAST - 1, "a" * 64) for stream in STREAMS}
    moment = Moment(datetime(2026, 11, 24, tzinfo=UTC), LAST, "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", False)
    (report,), _ = link((Draft("health", body),), heads, "0" * 16, a_site.origin, moment)
    return report.payload


def everything_broken(a_site: Site, reasons: int) -> list[Finding]:
    return [
        finding(check.id, f"camera:{c.camera.id}", STATUSES[n % 3], f"a-long-word-for-it-{n % reasons}")
        for n, c in enumerate(a_site.cameras)
        for check in CHECKS
    ]


@pytest.mark.parametrize("reasons", [1, 3, 64])
@pytest.mark.parametrize("cameras", [1, 8, 64])
def test_it_fits_counts_everything_and_keeps_to_the_schema(cameras: int, reasons: int) -> None:
    a_site = big_site(cameras)
    findings = everything_broken(a_site, reasons)
    data = payload(a_site, findings)
    assert len(data) <= HEALTH_MAX_BYTES
    fits(data)
    body = json.loads(data)["body"]
    told: Counter[str] = Counter()
    for group in body["not_pass"]:
        told[group["status"]] += group["count"]
        assert group["count"] == len(group["subjects"]) + group.get("more", 0)
    assert told == Counter(f.status for f in findings)
    assert body["counts"] == counts(findings)
    assert sum(body["flapping"].values()) == len(findings) * len(CLASSES)
    assert sum(repaired for repaired, _, _ in body["rates"]["repairs"].values()) == 9999 * len(CLASSES)
    assert (list(body["rates"]["repairs"]) == ["other"]) == (cameras == 64), "by class while there is room"


def test_every_camera_s_code_and_state_can_be_read_back() -> None:
    a_site = big_site()
    states = ("pass", "fail", "unknown", "warn")
    findings = [finding("camera-online", f"camera:{c.camera.id}", states[n % 4]) for n, c in enumerate(a_site.cameras)]
    body = json.loads(payload(a_site, findings))["body"]
    read = {
        camera_id: (body["code_prefix"] + rest, state)
        for state, rows in body["cameras"].items()
        for camera_id, rest in rows
    }
    assert len(body["code_prefix"]) == 11
    assert read == {
        c.camera.id: (c.camera.code, ("pass", "fail", "unknown", "pass")[n % 4]) for n, c in enumerate(a_site.cameras)
    }


def test_a_camera_without_a_code_is_null_and_one_alone_is_told_from_it() -> None:
    coded = replace(camera("one"), camera=Camera("one", "box", code="1" * 20))
    body = health_body(site(camera("none"), coded), gather(()), [], NOW, QUEUE)
    assert body["code_prefix"] == "1" * 20
    assert body["cameras"] == {"unknown": [["none", None], ["one", ""]]}
    assert health_body(site(camera()), gather(()), [], NOW, QUEUE)["code_prefix"] == ""
    assert health_body(site(), gather(()), [], NOW, QUEUE)["cameras"] == {}


def test_a_quiet_site_names_all_that_is_wrong_and_says_no_more() -> None:
    told = not_pass([finding("a", "camera:x"), finding("a", "camera:y"), finding("b", "site", "warn")], 4096)
    assert told == [
        {"check": "a", "status": "fail", "reason": "broken", "count": 2, "subjects": ["camera:x", "camera:y"]},
        {"check": "b", "status": "warn", "reason": "broken", "count": 1, "subjects": ["site"]},
    ]


def test_what_passes_or_shares_a_cause_is_no_group() -> None:
    quiet = [
        finding("a", "site", "pass"),
        finding("a", "site", "not_applicable"),
        finding("b", "site", caused_by="c site"),
        finding("c", "site"),
    ]
    assert [one["check"] for one in not_pass(quiet, 4096)] == ["c"]  # type: ignore[call-overload,index]


def test_one_broken_recorder_does_not_crowd_out_another_s_name() -> None:
    many = [finding("a", f"camera:c{n:03}") for n in range(500)]
    told = not_pass([*many, finding("b", "device:other", "warn")], NOT_PASS_LEAST_BYTES)
    assert told[1]["subjects"] == ["device:other"]  # type: ignore[call-overload,index]
    assert told[0]["more"] > 400  # type: ignore[call-overload,index]


def test_groups_without_room_are_summed_up_by_status_worst_first() -> None:
    findings = [finding(f"check-{n:02}", "site", STATUSES[n % 3]) for n in range(30)]
    told: Any = not_pass(findings, NOT_PASS_LEAST_BYTES)
    assert len(json.dumps(told, separators=(",", ":"))) <= NOT_PASS_LEAST_BYTES
    order = ["fail", "unknown", "warn"]
    named = [order.index(one["status"]) for one in told if one["check"] != OTHERS]
    assert named == sorted(named)
    others = [one for one in told if one["check"] == OTHERS]
    assert others
    assert sum(one["count"] for one in told) == 30


def test_a_site_of_a_thousand_cameras_still_says_what_is_wrong() -> None:
    a_site = big_site(1000)
    body = json.loads(payload(a_site, everything_broken(a_site, 2)))["body"]
    assert body["not_pass"]
    assert len(json.dumps(body["not_pass"], separators=(",", ":"))) <= NOT_PASS_LEAST_BYTES

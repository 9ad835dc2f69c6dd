"""Report bodies: what goes in, what never does, and when a config report is due."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from footage_looks import facts_of
from orders_by_hub import NONCE, command
from sites import DAY, DECLARED, NOW, camera, healthy, healthy_camera, healthy_device, observed_at, site

from agent.judge.checks.table import run_checks
from agent.judge.memory.memory import Memory
from agent.judge.memory.transitions import transitions
from agent.model.finding import WAITS_FOR, Draft
from agent.observe.facts.facts import NetworkFacts, gather
from agent.observe.facts.sightings import Sighting
from agent.observe.pictures.turns import masks_digest
from agent.report.build import build_reports
from agent.report.config import UNDECLARED_MAX
from agent.report.plain_findings import plain_findings
from agent.report.spot_check import HubRequests
from agent.site.declarations.standing import Declaration
from drivers.model import Camera, Mask, Observation

QUEUE = {"pending": 0, "sent": 0, "confirmed": 0}


def reports(
    observations: tuple[Observation, ...], memory: Memory, after: timedelta = timedelta()
) -> tuple[list[Draft], Memory]:
    a_site = site(camera(), in_use_since=date(2024, 9, 1))
    now = NOW + after
    facts = facts_of(a_site, observed_at(observations, now), now=now)
    findings = run_checks(a_site, facts, now)
    told, memory = transitions(findings, memory, now)
    drafts, memory = build_reports(a_site, facts, findings, told, memory, now, QUEUE)
    return list(drafts), memory


def streams(drafts: list[Draft]) -> list[str]:
    return [draft.stream for draft in drafts]


def test_the_first_cycle_sends_config_then_health_last() -> None:
    drafts, _ = reports(healthy(), Memory())
    assert streams(drafts) == ["config", "health"]


def test_an_unchanged_config_is_sent_once_a_day() -> None:
    _, memory = reports(healthy(), Memory())
    drafts, memory = reports(healthy(), memory, timedelta(minutes=10))
    assert streams(drafts) == ["health"]
    drafts, _ = reports(healthy(), memory, DAY)
    assert "config" in streams(drafts)


def test_a_changed_status_sends_an_event_and_a_config() -> None:
    _, memory = reports(healthy(), Memory())
    drafts, _ = reports(healthy(kept=21 * DAY), memory)
    assert streams(drafts) == ["event", "config", "health"]
    assert (drafts[0].body["from"], drafts[0].body["to"]) == ("pass", "fail")


def test_health_counts_causes_once_and_names_what_is_not_pass() -> None:
    drafts, _ = reports(healthy(kept=21 * DAY), Memory())
    body = drafts[-1].body
    not_due = [f for f in plain_findings(drafts[-2].body) if f["status"] == "not_applicable"]
    waits = [f for f in plain_findings(drafts[-2].body) if WAITS_FOR in f["evidence"] and not f["caused_by"]]
    assert body["counts"] == {
        "pass": 23, "warn": 0, "fail": 1, "unknown": 1 + len(waits), "not_applicable": len(not_due),
    }  # fmt: skip
    assert body["not_pass"][:2] == [
        {"check": "retention-days", "status": "fail", "reason": "too-short", "count": 1, "subjects": ["camera:gate"]},
        {"check": "osd-compliant", "status": "unknown", "reason": "not-read-yet", "count": 1,
         "subjects": ["site"]},
    ]  # fmt: skip
    assert {row["check"] for row in body["not_pass"][2:]} == {one["check"] for one in waits}, "what waits comes last"
    assert body["next_due_at"] == "2026-11-24T12:15:00Z"


def test_a_camera_without_a_code_is_marked_provisional() -> None:
    drafts, _ = reports(healthy(), Memory())
    assert drafts[-1].body["cameras"] == {"pass": [["gate", None]]}
    (first,) = drafts[0].body["cameras"]
    assert (first["code"], first["provisional"]) == (None, True)


def test_a_camera_names_its_maintainer_where_that_is_declared() -> None:
    word = Declaration("maintainer", "甲公司", "Li Na", date(2026, 1, 31), cameras=("yard",))
    a_site = site(camera(), camera("yard"), declarations=(*DECLARED, word))
    drafts, _ = build_reports(a_site, facts_of(a_site, ()), (), (), Memory(), NOW, QUEUE)
    cameras: Any = drafts[0].body["cameras"]
    assert [row.get("maintainer") for row in cameras] == [None, "甲公司"]


def test_no_address_of_a_stream_and_no_picture_is_in_a_report() -> None:
    drafts, _ = reports(healthy(), Memory())
    text = json.dumps([draft.body for draft in drafts])
    assert "rtsp://" not in text
    assert "192.0.2.1" not in text


def test_a_health_report_for_64_cameras_stays_small() -> None:
    """The budget is 4 KiB for 64 cameras; chain, heads and the envelope's fields need 800 bytes of it."""
    names = [f"cam{i:02}" for i in range(64)]
    coded = [replace(camera(name), camera=Camera(name, "box", code="1" * 20)) for name in names]
    a_site = site(*coded)
    facts = gather(healthy_device() + tuple(o for n in names for o in healthy_camera(n)))
    findings = run_checks(a_site, facts, NOW)
    drafts, _ = build_reports(a_site, facts, findings, (), Memory(), NOW, QUEUE)
    assert len(json.dumps(drafts[-1].body, separators=(",", ":"))) <= 4096 - 800


def test_a_config_report_is_sent_for_a_command_and_carries_the_answer_to_a_spot_check() -> None:
    a_site = site(camera(), in_use_since=date(2024, 9, 1))
    facts = facts_of(a_site, healthy(), now=NOW)
    findings = run_checks(a_site, facts, NOW)
    _, memory = build_reports(a_site, facts, findings, (), Memory(), NOW, QUEUE)
    looked = HubRequests((command("check-now", NOW), command("report-now", NOW, "c2"))).looked(NOW, NOW + DAY)
    drafts, after = build_reports(a_site, facts, findings, (), memory, NOW, QUEUE, looked)
    assert [draft.stream for draft in drafts] == ["config", "health"]
    (answer,) = drafts[0].body["answers"]
    assert answer == {
        "cmd": "c1", "nonce": NONCE, "cameras": [], "checks": [],
        "looked_from": "2026-11-24T12:00:00.000Z", "looked_until": "2026-11-25T12:00:00.000Z",
    }  # fmt: skip
    quiet, _ = build_reports(a_site, facts, findings, (), after, NOW, QUEUE)
    assert [draft.stream for draft in quiet] == ["health"], "an answer alone makes no further report"


def test_a_policy_of_the_hub_in_force_is_named_in_a_config_report_of_its_own() -> None:
    a_site = site(camera())
    facts = gather(healthy())
    findings = run_checks(a_site, facts, NOW)
    drafts, memory = build_reports(a_site, facts, findings, (), Memory(), NOW, QUEUE)
    assert drafts[0].body["digests"]["desired"] is None
    drafts, _ = build_reports(a_site, facts, findings, (), memory, NOW, QUEUE, HubRequests(desired="d" * 64))
    assert [draft.stream for draft in drafts] == ["config", "health"]
    assert drafts[0].body["digests"]["desired"] == "d" * 64


def test_the_masks_digest_tells_a_moved_or_disabled_mask_and_ignores_order() -> None:
    first = Mask("a", ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2)), "Color", True)
    second = Mask("b", ((0.5, 0.1), (0.6, 0.1), (0.6, 0.2)), "Color", True)
    off = Mask("b", second.polygon, "Color", False)
    moved = Mask("b", ((0.5, 0.101), (0.6, 0.1), (0.6, 0.2)), "Color", True)
    digest = masks_digest((first, second))
    assert digest == masks_digest((second, first))
    assert len({digest, masks_digest((first, off)), masks_digest((first, moved))}) == 3


def config_of(around: NetworkFacts, memory: Memory) -> tuple[list[Draft], Memory]:
    a_site = site(camera())
    facts = gather(healthy(), around)
    drafts, memory = build_reports(a_site, facts, run_checks(a_site, facts, NOW), (), memory, NOW, QUEUE)
    return [draft for draft in drafts if draft.stream == "config"], memory


def test_undeclared_devices_are_named_when_they_count_and_a_flood_is_cut_short() -> None:
    one = Sighting("192.0.2.7:80", "", "", NOW, (NOW,))
    (draft,), memory = config_of(NetworkFacts(newcomers=(one,)), Memory())
    assert draft.body["undeclared"] == []
    (draft,), memory = config_of(NetworkFacts(strangers=(one,)), memory)
    assert draft.body["undeclared"] == ["192.0.2.7:80"]
    later = replace(one, times=(NOW - DAY, NOW))
    assert config_of(NetworkFacts(strangers=(later,)), memory)[0] == [], "seen again is no news"
    flood = tuple(replace(one, address=f"192.0.2.{n}:80") for n in range(200))
    (draft,), _ = config_of(NetworkFacts(strangers=flood), memory)
    assert len(draft.body["undeclared"]) == UNDECLARED_MAX

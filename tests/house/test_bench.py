"""The benches run, print the figures that they promise, and measure clients that really read.

No time is judged here: `--quick` shows that a bench works, and its figures mean nothing, but for what a kill may lose.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onvif_wsdls
import pytest
from lxml import etree
from soap_talk import envelope, token

from bench.stubs.soap import PASSWORD, USER, SoapDevice
from bench.table import TableError, filled, table

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"
QUALITY_FAULTS = (
    "signal_lost", "frozen", "black", "over_bright", "covered", "low_contrast", "blurred", "colour_cast", "noise",
    "stripes", "shaking", "overlay_missing",
)  # fmt: skip
FIGURES = {
    "start": {
        "declare_rss_mb": ("MB", 32, "lower"),
        "declare_cpu_s": ("s", 0.25, "lower"),
        "rules_rss_mb": ("MB", 50, "lower"),
        "masks_help_rss_mb": ("MB", 35, "lower"),
        "status_ms": ("ms", 120, "lower"),
    },
    "probe": {
        "onvif_64x12_cpu_s": ("s", 2.2, "lower"),
        "onvif_vs_stock_ratio": ("x", 15, "higher"),
        "onvif_vs_onvif_python_ratio": ("x", 15, "higher"),
        "daemon_rss_mb": ("MB", 90, "lower"),
        "deadline_overrun_ms": ("ms", 50, "lower"),
        "healthy_delay_ms": ("ms", 100, "lower"),
    },
    "idle": {"idle_rss_mb": ("MB", 95, "lower"), "idle_cpu_ratio": ("", 0.02, "lower")},
    "check": {"check_32_wall_s": ("s", 30, "lower")},
    "newcomer": {
        "start_to_first_verdict_s": ("s", 180, "lower"),
        "commands_typed": ("1", 1, "lower"),
        "questions": ("1", 6, "lower"),
        "ledger_s": ("s", 300, "lower"),
        "ledger_questions": ("1", 8, "lower"),
        "ledgers_read_ratio": ("", 0.95, "higher"),
        "wrong_cells": ("cells", 0, "lower"),
        "demo_to_report_s": ("s", 180, "lower"),
    },
    "capture": {
        "rtsp_64_wall_s": ("s", 0.8, "lower"),
        "rtsp_64_cpu_s": ("s", 0.7, "lower"),
        "rtsp_vs_cv2_ratio": ("x", 10, "higher"),
        "sample_10s_cpu_ms": ("ms", 100, "lower"),
    },
    "hostile": {
        "foreign_decoded": ("pictures", 0, "lower"),
        "foreign_child_deaths": ("children", 0, "lower"),
        "true_pictures_refused": ("pictures", 0, "lower"),
        "verdicts_faked_by_neighbour": ("verdicts", 0, "lower"),
        "child_ready_ms": ("ms", 10, "lower"),
        "resting_pss_mb": ("MB", 2, "lower"),
        "cycle_64_cpu_ratio": ("x", 1.1, "lower"),
    },
    "recorders": {"hik_requests_per_channel": ("requests", 2, "lower")},
    "stores": {
        "segments_first_s": ("s", 60, "lower"),
        "segments_next_s": ("s", 1, "lower"),
        "segments_rss_mb": ("MB", 120, "lower"),
        "frigate_first_s": ("s", 12, "lower"),
        "frigate_next_s": ("s", 0.5, "lower"),
        "gaps_found_ratio": ("", 1.0, "higher"),
        "gaps_invented": ("", 0, "lower"),
    },
    "delivery": {
        "commit_ratio": ("x", 0.6, "higher"),
        "commit_batch_per_s": ("1/s", 12_000, "higher"),
        "drain_per_s": ("1/s", 6_000, "higher"),
        "drain_vs_paho_ratio": ("x", 0.5, "higher"),
        "confirmed_per_s": ("1/s", 2_500, "higher"),
        "hub_per_s": ("1/s", 3_000, "higher"),
        "backlog_1m_extra_rss_mb": ("MB", 60, "lower"),
        "health_64_bytes": ("B", 4_096, "lower"),
        "config_64_bytes": ("B", 65_536, "lower"),
    },
    "checks": {"checks_64_cpu_ms": ("ms", 150, "lower"), "history_mb": ("MB", 33.554432, "lower")},
    "proof": {
        "knockout_cells": ("cells", 180, "higher"),
        "knockout_coverage": ("ratio", 1, "higher"),
        "knockout_wrong_pass": ("cells", 0, "lower"),
        "obligation_mutants_killed": ("ratio", 1, "higher"),
        "lies": ("lies", 70, "higher"),
        "lies_wrong_pass": ("lies", 0, "lower"),
        "lies_wrong_fail": ("lies", 0, "lower"),
        "lies_that_fooled_0_1": ("causes", 40, "higher"),
        "blind_lies_wrong_pass_first_run": ("lies", 0, "lower"),
        "honest_pass_kept_ratio": ("", 0.95, "higher"),
        "honest_wrong": ("findings", 0, "lower"),
        "cycle_64_cpu_ratio": ("x", 1.15, "lower"),
        "device_bytes_ratio": ("x", 1.15, "lower"),
        "rtsp_sessions_per_box": ("sessions", 1, "lower"),
    },
    "hub_log": {
        "log_cpu_s_per_day_5000_sites": ("s", 10, "lower"),
        "receipt_bytes_at_2_30": ("bytes", 2000, "lower"),
        "rewrites_told_ratio": ("", 1.0, "higher"),
        "false_alarms": ("alarms", 0, "lower"),
    },
    "hub_report": {"hub_report_month_s": ("s", 60, "lower"), "hub_report_rss_mb": ("MB", 300, "lower")},
    "hub_city": {
        "findings_p95_ms": ("ms", 150, "lower"),
        "status_cpu_s": ("s", 0.5, "lower"),
        "scrape_ms": ("ms", 50, "lower"),
        "trust_add_ms": ("ms", 10, "lower"),
        "hub_pss_mb": ("MB", 220, "lower"),
        "intake_per_cpu_s": ("1/s", 3_000, "higher"),
        "site_year_mb": ("MB", 12, "lower"),
    },
    "papers": {
        "first_camera_page": ("page", 3, "lower"),
        "fails_on_first_two_pages_ratio": ("", 1, "higher"),
        "pages_64": ("pages", 30, "lower"),
        "report_64_mb": ("MB", 6, "lower"),
        "zh_cells_with_latin_words": ("cells", 0, "lower"),
        "zh_sentences_with_ids": ("sentences", 0, "lower"),
    },
    "ui": {
        "site_minutes": ("min", 15, "lower"),
        "keys_per_approval": ("keys", 3, "lower"),
        "verdict_after_stroke_ms": ("ms", 2000, "lower"),
        "page_kb": ("KB", 60, "lower"),
        "ui_start_ms": ("ms", 700, "lower"),
        "ui_pss_mb": ("MB", 70, "lower"),
        "live_core_ratio": ("", 0.06, "lower"),
        "slow_clients_survived": ("clients", 200, "higher"),
    },
    "hub_kills": {
        "kills": ("kills", 200, "higher"),
        "lost": ("reports", 0, "lower"),
        "double": ("reports", 0, "lower"),
        "unsound": ("faults", 0, "lower"),
    },
    "soak": {"soak_faults": ("faults", 200, "higher"), "soak_lost": ("reports", 0, "lower")},
    "ledger": {"render_100_sites_s": ("s", 60, "lower"), "import_40_s": ("s", 5, "lower")},
    "contain": {
        "hub_views_survived_ratio": ("ratio", 1, "higher"),
        "trust_add_ms": ("ms", 10, "lower"),
        "hub_kills": ("kills", 60, "higher"),
        "lost": ("reports", 0, "lower"),
        "config_256_plain_bytes": ("B", 524_288, "lower"),
        "config_64_plain_bytes": ("B", 131_072, "lower"),
        "xlsx_5kb_s": ("s", 0.2, "lower"),
        "redact_doubled_ratio": ("x", 3, "lower"),
        "bundle_secrets_doubled_ratio": ("x", 3, "lower"),
    },
    "enroll": {"enroll_100_s": ("s", 600, "lower")},
    "fleet": {
        "fleet_sites": ("sites", 5_000, "higher"),
        "fleet_lost": ("reports", 0, "lower"),
        "fleet_peak_behind_ratio": ("x", 1.5, "lower"),
    },
    "masks": {
        "solid_wrong_pass_ratio": ("ratio", 0.002, "lower"),
        "mosaic_wrong_pass_ratio": ("ratio", 0.003, "lower"),
        "blur_wrong_pass_ratio": ("ratio", 0.003, "lower"),
        "hidden_proven_ratio_solid": ("ratio", 0.95, "higher"),
        "hidden_proven_ratio_mosaic": ("ratio", 0.75, "higher"),
        "hidden_proven_ratio_blur": ("ratio", 0.75, "higher"),
        "any_wrong_pass_ratio": ("ratio", 0.004, "lower"),
        "any_wrong_fail_ratio": ("ratio", 0.01, "lower"),
        "wrong_fail_per_1000_zone_months": ("", 1, "lower"),
        "mask_360p_ms": ("ms", 2.5, "lower"),
        "mask_1080p_ms": ("ms", 4, "lower"),
    },
    "approved": {
        "same_mask_called_another_ratio": ("ratio", 0.005, "lower"),
        "another_mask_called_same_ratio": ("ratio", 0.01, "lower"),
        "shift_2_percent_told_ratio": ("ratio", 0.7, "higher"),
        "claimed_gap_found_ratio": ("ratio", 0.95, "higher"),
        "claimed_opacity_found_ratio": ("ratio", 0.9, "higher"),
        "claimed_bare_found_ratio": ("ratio", 0.99, "higher"),
        "calibrate_360p_ms": ("ms", 100, "lower"),
    },
    "cards": {
        "card_24_corners_cpu_ms": ("ms", 200, "lower"),
        "zones_left_bare": ("zones", 0, "lower"),
        "worse_than_box": ("zones", 0, "lower"),
        "rectangles_too_much_ratio": ("", 0.35, "lower"),
        "four_corners_too_much_ratio": ("", 0.12, "lower"),
    },
    "view": {
        "moved_recall_ratio": ("", 0.97, "higher"),
        "moved_false_per_1000": ("", 1, "lower"),
        "turned_away_named_ratio": ("", 0.98, "higher"),
        "covered_called_moved_ratio": ("", 0.02, "lower"),
        "view_ms": ("ms", 13, "lower"),
    },
    "quiet": {
        "quiet_events_per_week": ("events", 2, "lower"),
        "false_fail_findings": ("findings", 0, "lower"),
        "declarations_open_after_ledger": ("lines", 5, "lower"),
        "quiet_cycle_ms": ("ms", 300, "lower"),
    },
    "damaged": {
        "damage_wrong_ratio": ("", 0.01, "lower"),
        "damage_judged_ratio": ("", 0.01, "lower"),
        "sound_refused_ratio": ("", 0, "lower"),
        **{f"whole_{kind}_360p_ms": ("ms", 8, "lower") for kind in ("jpeg", "h264", "h265")},
    },
    "moments": {
        "another_moment_equal_ratio": ("", 0, "lower"),
        "same_frame_equal_ratio": ("", 1, "higher"),
        "other_scene_alike_ratio": ("", 0.02, "lower"),
        "same_scene_other_ratio": ("", 0.02, "lower"),
        "imprint_360p_ms": ("ms", 3, "lower"),
        "scene_called_card_ratio": ("", 0, "lower"),
        "card_found_ratio": ("", 1, "higher"),
    },
    "quality": {
        "quality_360p_ms": ("ms", 3, "lower"),
        "quality_false_per_1000": ("", 5, "lower"),
        **{f"quality_found_ratio_{name}": ("", 0.9, "higher") for name in QUALITY_FAULTS},
    },
}
DEVICE = "http://www.onvif.org/ver10/device/wsdl"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, timeout=300, cwd=ROOT, check=False
    )


@pytest.mark.parametrize("bench", FIGURES)
def test_a_bench_prints_one_object_with_exactly_its_figures(bench: str) -> None:
    done = run(str(BENCH / f"{bench}.py"), "--quick", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["bench"] == bench and said["quick"] is True
    assert {"cpus", "processor", "python", "system", "load_1min"} == set(said["machine"])
    found = {name: (one["unit"], one["goal"], one["better"]) for name, one in said["figures"].items()}
    assert found == FIGURES[bench]
    for one in said["figures"].values():
        assert one["n"] >= 1 and one["low"] <= one["value"] <= one["high"]
    if bench == "hub_kills":  # however few, and however busy the machine is
        assert [said["figures"][name]["value"] for name in ("lost", "double", "unsound")] == [0, 0, 0], done.stderr


def test_a_client_that_was_told_something_else_ends_in_an_error() -> None:
    """The devices here are closed ports: no figure may come of that."""
    asked = json.dumps({"ports": [1], "user": "admin", "password": "x"})
    done = subprocess.run(
        [sys.executable, "-P", "-m", "clients.ours"],
        input=asked,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | {"PYTHONPATH": str(BENCH)},
        check=False,
    )
    assert done.returncode != 0 and done.stdout == ""


def test_what_the_stub_devices_add_is_valid_for_the_official_wsdls(tmp_path: Path) -> None:
    """Everything else that they say are replies of the demo site, which `test_demo_wsdl.py` validates."""
    official = onvif_wsdls.unpack(tmp_path)
    stub = SoapDevice("d0", 8080, 8554)
    services = "<tds:GetServices><tds:IncludeCapability>false</tds:IncludeCapability></tds:GetServices>"
    for body in ("<tds:GetCapabilities/>", services):
        status, answer = stub.answer(envelope(body, token(USER, PASSWORD, datetime.now(UTC))))
        root = etree.fromstring(answer)
        assert status == 200 and b"/onvif/event_service" in answer
        official.soap.assertValid(root)
        official.schemas[DEVICE].assertValid(etree.ElementTree(root.find("{*}Body")[0]))


def test_a_stub_device_turns_a_wrong_login_away() -> None:
    status, _ = SoapDevice("d0", 8080, 8554).answer(
        envelope("<tds:GetDeviceInformation/>", token(USER, "wrong", datetime.now(UTC)))
    )
    assert status == 400


def result(**changed: Any) -> dict[str, Any]:
    one = {"value": 1.234, "unit": "s", "goal": 1.6, "better": "lower", "n": 7, "low": 1.1, "high": 1.3}
    machine = {"cpus": 2, "processor": "a | processor", "python": "3.11.7"}
    return {"bench": "probe", "quick": False, "machine": machine, "figures": {"some_s": one | changed}}


def test_figures_become_a_table_between_markers_and_nothing_else_changes(tmp_path: Path) -> None:
    (tmp_path / "probe.json").write_text(json.dumps(result()))
    page = "# Page\n\n<!-- figures: probe -->\nold\n<!-- end of figures -->\nrest\n"
    made = filled(page, tmp_path)
    assert made.startswith("# Page\n\n<!-- figures: probe -->\n| bench | figure |")
    assert "| probe | `some_s` | 1.23 s | <= 1.60 | 1.10 to 1.30 | 7 |" in made
    assert made.endswith("<!-- end of figures -->\nrest\n") and "old" not in made
    assert filled(made, tmp_path) == made


@pytest.mark.parametrize(
    ("changed", "cell"),
    [
        ({"value": 1.7}, "1.70 s, **missed**"),
        ({"value": 12.3, "goal": 10, "better": "higher", "unit": "x"}, "12.3 x |"),
        ({"value": 9.9, "goal": 10, "better": "higher", "unit": "x"}, "9.90 x, **missed**"),
        ({"value": 123.4, "goal": 200}, "123 s |"),
    ],
)
def test_a_goal_that_was_missed_says_so(changed: dict[str, Any], cell: str) -> None:
    assert cell in table([result(**changed)])


def test_what_is_no_good_result_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableError, match="quick run"):
        table([result() | {"quick": True}])
    with pytest.raises(TableError, match="not the result"):
        table([{"bench": "probe"}])
    with pytest.raises(TableError, match="marker"):
        filled("no markers", tmp_path)
    page = "<!-- figures: probe -->\n<!-- end of figures -->\n"
    with pytest.raises(TableError, match="make bench"):
        filled(page, tmp_path)
    (tmp_path / "probe.json").write_text("{")
    with pytest.raises(TableError, match="no JSON"):
        filled(page, tmp_path)


def test_the_script_fills_a_page_and_can_check_it(tmp_path: Path) -> None:
    (tmp_path / "probe.json").write_text(json.dumps(result()))
    page = tmp_path / "README.md"
    page.write_text("<!-- figures: probe -->\n<!-- end of figures -->\n")
    asked = (str(BENCH / "table.py"), str(page), "--results", str(tmp_path))
    stale = run(*asked, "--check")
    assert stale.returncode == 1 and "not those" in stale.stderr
    assert run(*asked).returncode == 0 and "some_s" in page.read_text()
    assert run(*asked, "--check").returncode == 0
    assert sorted(one.name for one in tmp_path.iterdir()) == ["README.md", "probe.json"]

"""The site agent's numbers: right, well-formed, bounded, without secrets, collected without disturbing the agent."""

from __future__ import annotations

import logging
import re
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import delivery
import pytest
from delivery import Maker
from exposition_reader import Sample, read
from mosquitto import free_port
from patience import PATIENCE_S
from sites import NOW, camera, healthy, observed, site

from agent.contract.repair_counts import CLASSES, Repairs
from agent.deliver.spool.spool import Spool
from agent.host.prometheus import serving
from agent.judge.checks.table import CHECKS, run_checks
from agent.judge.memory.episodes import new_episode
from agent.model.errors import SpoolFailed
from agent.model.finding import Finding, Head, Message
from agent.observe.facts.assessed_days import FIGURES, Count, DayAssessed
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.observe.facts.facts import gather
from agent.observe.remembered.value import Remembered
from agent.service.alerts.exporters import Telemetry, listening
from agent.service.alerts.metrics import METRICS, Cycle, Live, cycle_metrics, live_metrics
from agent.service.cycle.cycle import CycleResult
from agent.site.config.load import load
from agent.site.config.outlets import is_loopback
from agent.site.config.site import Metrics
from agent.site.toml.problems import ConfigError
from drivers.model import Device
from masking.worker.client import Worker

CYCLE = Cycle(NOW, 3.25, 2, NOW + timedelta(minutes=15))
DAY = DayAssessed(
    date(2026, 11, 23),
    96,
    {name: Count(90, 96, 4, 2) for name in FIGURES} | {"file": Count(5, 13, 0, 0)},
    footage=Count(86_000, 86_400, 100, 60),
)
LIVE = Live(
    {"pending": 3, "sent": 1, "parked": 0, "confirmed": 40, "dropped": 5},
    NOW - timedelta(seconds=90),
    {"health": Head(17, "00"), "event": Head(4, "00")},
    DeliveryStatus("connected", NOW, connects=2, watermark_at=NOW, certificate_days=29),
    worker_starts=6,
    resident_bytes=70_000_000,
    cpu_s=12.5,
)


def of_cycle(findings: tuple[Finding, ...], **changes: object) -> dict[Sample, float]:
    return read(cycle_metrics(replace(site(camera()), **changes), findings, CYCLE))


def test_what_a_cycle_saw_is_told_by_check_camera_and_device() -> None:
    here = site(camera("gate"), camera("roof", "box2"))
    findings = run_checks(here, gather(observed("site") + healthy("gate")), NOW)
    told = read(cycle_metrics(here, findings, CYCLE))
    assert told["camwarden_cycle_duration_seconds",] == 3.25
    assert told["camwarden_cycle_finished_timestamp_seconds",] == NOW.timestamp()
    assert told["camwarden_cycle_due_timestamp_seconds",] - NOW.timestamp() == 900
    assert told["camwarden_cycle_reports",] == 2
    assert told["camwarden_cameras", ("online", "pass")] == 1
    assert told["camwarden_cameras", ("online", "unknown")] == 1
    assert told["camwarden_footage_oldest_age_seconds", ("camera", "gate")] == 35 * 86_400
    assert told["camwarden_clock_offset_seconds", ("device", "box")] == 0.2
    assert ("camwarden_footage_oldest_age_seconds", ("camera", "roof")) not in told
    passed = {f.check for f in findings if f.status == "pass" and not f.caused_by}
    for check in CHECKS:
        assert (told["camwarden_findings", ("check", check.id), ("status", "pass")] > 0) == (check.id in passed)
    counted = sum(value for name, value in told.items() if name[0] == "camwarden_findings")
    assert counted == len([f for f in findings if not f.caused_by])


def test_the_figures_of_the_last_whole_day_are_told_as_numbers_that_can_be_added_up() -> None:
    told = read(cycle_metrics(site(camera()), (), CYCLE, (DAY,)))
    parts = ("good", "due", "unknown", "excluded")
    for name in FIGURES:
        values = tuple(told[f"camwarden_assessment_{part}", ("figure", name)] for part in parts)
        other = {"file": (5, 13, 0, 0), "recorded": (86_000, 86_400, 100, 60)}
        assert values == other.get(name, (90, 96, 4, 2))
    begun = datetime.fromtimestamp(told["camwarden_assessment_day_timestamp_seconds",], UTC)
    assert begun.isoformat() == "2026-11-22T16:00:00+00:00", "midnight on site"
    before = read(cycle_metrics(site(camera()), (), CYCLE))
    assert [name for name in before if "assessment" in name[0]] == [], "no zeros before there was a day"


def test_a_camera_of_which_nothing_was_found_is_counted_as_unknown() -> None:
    check = next(check for check in CHECKS if check.id == "camera-online")
    findings = [check.finding("camera:gate", "warn", "", {}, Message("x"))]
    told = read(cycle_metrics(site(camera("gate"), camera("roof")), findings, CYCLE))
    counts = {state: told["camwarden_cameras", ("online", state)] for state in ("pass", "fail", "unknown")}
    assert counts == {"pass": 1, "fail": 0, "unknown": 1}


def test_recording_completeness_is_told_in_seconds_of_each_camera() -> None:
    check = next(check for check in CHECKS if check.id == "recording-completeness")
    evidence = {"recorded_s": 2_588_400, "scheduled_s": 2_592_000, "gap_count": 2}
    told = of_cycle((check.finding("camera:gate", "pass", "", evidence, Message("x")),))
    assert told["camwarden_footage_recorded_seconds", ("camera", "gate")] == 2_588_400
    assert told["camwarden_footage_scheduled_seconds", ("camera", "gate")] == 2_592_000
    assert told["camwarden_footage_gaps", ("camera", "gate")] == 2


def test_repairs_and_what_comes_and_goes_are_told_by_class_of_fault() -> None:
    days = [replace(DAY, repairs={"camera": Repairs(1, 3600, 1)}), replace(DAY, repairs={"camera": Repairs(2, 60, 0)})]
    check = next(check for check in CHECKS if check.id == "camera-online")
    fault = check.finding("camera:gate", "fail", "", {"fault_class": "power"}, Message("gone"))
    told = read(cycle_metrics(site(camera()), (), CYCLE, days, [new_episode(fault, NOW)]))
    assert told["camwarden_faults_repaired", ("fault_class", "camera")] == 3
    assert told["camwarden_faults_repaired_duration_seconds", ("fault_class", "camera")] == 3660
    assert told["camwarden_faults_repaired_flapped", ("fault_class", "camera")] == 1
    assert told["camwarden_faults_flapping", ("fault_class", "power")] == 1
    assert told["camwarden_faults_repaired", ("fault_class", "power")] == 0, "a class without repairs is a zero"
    assert len([name for name in told if name[0] == "camwarden_faults_repaired"]) == len(CLASSES)


def test_how_the_process_stands_is_told() -> None:
    told = read(live_metrics(LIVE, NOW))
    assert told["camwarden_reports_waiting", ("state", "pending")] == 3
    assert told["camwarden_reports_waiting_oldest_seconds",] == 90
    assert told["camwarden_reports_dropped_total",] == 5
    assert told["camwarden_report_seq", ("stream", "health")] == 17
    assert told["camwarden_delivery_connected",] == 1
    assert told["camwarden_delivery_certificate_remaining_seconds",] == 29 * 86_400
    assert told["camwarden_worker_starts_total",] == 6
    assert told["camwarden_process_resident_memory_bytes",] == 70_000_000
    assert told["camwarden_process_cpu_seconds_total",] == 12.5
    nowhere = read(live_metrics(replace(LIVE, delivery=None, waiting_since=None), NOW))
    assert [name for name in nowhere if "delivery" in name[0]] == []
    assert nowhere["camwarden_reports_waiting_oldest_seconds",] == 0
    unknown = replace(LIVE, delivery=DeliveryStatus("offline", NOW))
    assert read(live_metrics(unknown, NOW))["camwarden_delivery_connected",] == 0


def test_both_parts_together_are_every_metric_once() -> None:
    text = cycle_metrics(site(camera()), (), CYCLE) + live_metrics(LIVE, NOW)
    assert re.findall(r"(?m)^# TYPE camwarden_(\S+) ", text) == list(METRICS)
    read(text)
    assert all(name.endswith("_total") == (kind == "counter") for name, (kind, _) in METRICS.items())


def test_labels_are_escaped_and_no_text_of_a_device_is_told() -> None:
    check = next(check for check in CHECKS if check.id == "clock-offset")
    hostile = check.finding(
        "device:box", "fail", "offset", {"offset_s": 1.5, "serial": "SN-1"}, Message('at 192.0.2.7 "SN-1"\n# x 1')
    )
    strange = replace(hostile, subject='device:a"b\\c\nd')
    devices = (Device("box", "192.0.2.7", 80, "onvif"), Device('a"b\\c\nd', "192.0.2.8", 80, "onvif"))
    text = cycle_metrics(replace(site(camera()), devices=devices), (hostile, strange), CYCLE)
    told = read(text)
    assert told["camwarden_clock_offset_seconds", ("device", 'a"b\\c\nd')] == 1.5
    assert "192.0.2" not in text
    assert "SN-1" not in text


def test_a_large_site_does_not_flood_its_collector() -> None:
    check = next(check for check in CHECKS if check.id == "retention-days")
    cameras = tuple(camera(f"c{number}") for number in range(1000))
    findings = tuple(
        check.finding(f"camera:{c.camera.id}", "pass", "", {"kept_days": 40.0}, Message("kept")) for c in cameras
    )
    told = read(cycle_metrics(site(*cameras), findings, CYCLE))
    assert len([name for name in told if name[0] == "camwarden_footage_oldest_age_seconds"]) == 256
    assert told["camwarden_subjects_without_series", ("kind", "camera")] == 744
    assert told["camwarden_findings", ("check", "retention-days"), ("status", "pass")] == 1000
    assert len(told) < 256 + 5 * (len(CHECKS) + 1) + 50


@pytest.mark.parametrize(
    "text",
    [
        "camwarden_a 1\n",
        "# HELP a x\n# TYPE a gauge\nb 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\na 1\n",
        "# HELP a x\n# TYPE a gauge\na one\n",
        '# HELP a x\n# TYPE a gauge\na{b="c} 1\n',
        "# HELP a x\n# TYPE a gauge\na 1",
        "# HELP a x\n# TYPE a counter\na 1\n",
    ],
)
def test_the_reader_of_these_tests_refuses_what_prometheus_would(text: str) -> None:
    with pytest.raises(AssertionError):
        read(text)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """A spool in which an event and a health report wait."""
    maker = Maker(tmp_path / "site", delivery.site())
    opened = maker.open()
    maker.cycle(opened)
    yield opened
    opened.close()


@pytest.fixture
def telemetry(spool: Spool) -> Telemetry:
    return Telemetry(spool, None, Worker(), lambda: delivery.NOW + timedelta(minutes=1))


def get(port: int, path: str = "/metrics", method: str = "GET") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, path)
        reply = connection.getresponse()
        return reply.status, reply.read().decode()
    finally:
        connection.close()


def test_the_page_tells_the_last_cycle_and_how_the_spool_stands_now(telemetry: Telemetry) -> None:
    port = free_port()
    with listening(Metrics(f"127.0.0.1:{port}"), telemetry.text):
        status, text = get(port)
        assert status == 200
        assert read(text)["camwarden_reports_waiting", ("state", "pending")] == 2
        assert read(text)["camwarden_reports_waiting_oldest_seconds",] == 60
        assert "camwarden_cycle" not in text  # none has ended yet
        telemetry.cycle_done(site(camera()), CycleResult(gather(()), ()), CYCLE)
        assert read(get(port)[1])["camwarden_cycle_reports",] == 2
        today = DayAssessed(date(2026, 11, 24), 5, {"online": Count(5, 5)})
        seen = CycleResult(replace(gather(()), remembered=Remembered(assessed=(DAY, today))), ())
        telemetry.cycle_done(site(camera()), seen, CYCLE)
        assert read(get(port)[1])["camwarden_assessment_good", ("figure", "online")] == 90, "today is not whole"
        assert get(port, "/")[0] == get(port, "/metrics/../status.json")[0] == 404
        assert get(port, "/metrics", "POST")[0] == 501


def test_an_address_that_is_taken_costs_the_page_and_not_the_agent(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with caplog.at_level(logging.ERROR), listening(Metrics(f"127.0.0.1:{port}"), telemetry.text):
            assert f"[metrics] listen 127.0.0.1:{port}: cannot be listened on" in caplog.text
    with listening(Metrics(), telemetry.text):
        pass


def test_a_page_of_a_browser_that_was_led_here_by_a_name_of_its_own_reads_nothing(telemetry: Telemetry) -> None:
    """DNS rebinding: the browser says the name under which that page came."""
    port = free_port()
    with listening(Metrics(f"127.0.0.1:{port}"), telemetry.text):
        for host, status in (("evil.example", 421), (f"evil.example:{port}", 421), ("localhost", 200)):
            connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
            connection.request("GET", "/metrics", headers={"Host": host})
            assert connection.getresponse().status == status
            connection.close()


def test_a_failing_spool_is_503_and_one_line() -> None:
    def failing() -> str:
        raise SpoolFailed("the disk is full")

    with serving(("127.0.0.1", 0), failing, "x") as port:
        assert get(port) == (503, "the disk is full\n")


def test_the_page_is_served_over_ipv6_too(telemetry: Telemetry, caplog: pytest.LogCaptureFixture) -> None:
    with listening(Metrics(f"[::1]:{free_port()}"), telemetry.text):
        assert caplog.text == ""


def test_the_file_for_node_exporter_is_whole_readable_and_alone_in_its_folder(
    telemetry: Telemetry, tmp_path: Path
) -> None:
    folder = tmp_path / "node-exporter"
    folder.mkdir()
    path = folder / "camwarden.prom"
    here = replace(site(camera()), metrics=Metrics(textfile=path))
    for _ in range(2):
        telemetry.cycle_done(here, CycleResult(gather(()), ()), CYCLE)
        assert read(path.read_text())["camwarden_cycle_reports",] == 2
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        assert [one.name for one in folder.iterdir()] == ["camwarden.prom"]


@pytest.mark.parametrize("spoil", [lambda folder: folder.rmdir(), lambda folder: (folder / "camwarden.prom").mkdir()])
def test_a_file_that_cannot_be_written_is_one_line(
    telemetry: Telemetry, tmp_path: Path, caplog: pytest.LogCaptureFixture, spoil: Callable[[Path], None]
) -> None:
    folder = tmp_path / "node-exporter"
    folder.mkdir()
    spoil(folder)
    here = replace(site(camera()), metrics=Metrics(textfile=folder / "camwarden.prom"))
    telemetry.cycle_done(here, CycleResult(gather(()), ()), CYCLE)
    assert len(caplog.records) == 1
    assert "camwarden.prom cannot be written" in caplog.text


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "192.0.2.1", "gateway"])  # noqa: S104
def test_a_page_for_the_network_is_no_configuration(host: str, tmp_path: Path) -> None:
    written = tmp_path / "site.toml"
    table = f'[site]\nid = "S1"\ncity = "datong"\ndivision = "140200"\n[metrics]\nlisten = "{host}:9464"\n'
    written.write_text(table)
    with pytest.raises(ConfigError, match="listen must be an address of this host alone"):
        load(written)
    written.write_text(table.replace(host, "127.0.0.1"))
    assert load(written).metrics.listen == "127.0.0.1:9464"


def test_only_this_host_may_be_listened_on() -> None:
    good = ["127.0.0.1:9464", "127.8.9.1:1", "[::1]:65535"]
    bad = ["", "0.0.0.0:9464", "[::]:9464", "192.0.2.1:9464", "localhost:9464", "127.0.0.1", ":9464", "127.0.0.1:0"]
    bad += ["127.0.0.1:65536", "[::1]", "::1:9464", "127.0.0.1:9464x", "127.0.0.1.:9464", "[::ffff:192.0.2.1]:9"]
    assert [one for one in good if not is_loopback(one)] == []
    assert [one for one in bad if is_loopback(one)] == []

"""The gateway itself: what is told before it fails, and pictures that a confined process judges or nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from patience import PATIENCE_S
from sites import NOW, observed, site
from told_site import told_site

from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.judge.checks.service import gateway
from agent.model.exits import exit_code
from agent.model.finding import Finding
from agent.observe.facts.facts import gather
from agent.site.config.site import WorkerRules
from drivers.details import Host
from masking.model import Confinement
from masking.worker import warm_parent
from masking.worker.client import Worker

GB = 1_000_000_000
WELL = Host(0.1, 0.4, 50 * GB, 100 * GB, 60, 55.0)
WITHOUT_SECCOMP = 'import sys; sys.modules["pyseccomp"] = None; '
"""Put before how a picture worker starts: it finds no libseccomp then."""


@pytest.mark.parametrize(
    ("host", "status", "reason"),
    [
        (Host(0.1, 0.4, 50 * GB, 100 * GB, 60, 55.0), "pass", ""),
        (Host(0.1, 0.4, 50 * GB, 100 * GB, 60), "pass", ""),
        (Host(0.1, 0.4, 4 * GB, 100 * GB, 60), "warn", "disk-nearly-full"),
        (Host(0.1, 0.4, 60_000_000, 100 * GB, 60, 99.0), "fail", "disk-full"),
        (Host(0.1, 0.4, 50 * GB, 100 * GB, 60, 85.0), "warn", "hot"),
        (Host(1.0, 0.95, 50 * GB, 100 * GB, 60), "warn", "memory-full"),
    ],
)
def test_a_gateway_is_told_of_before_it_fails(host: Host, status: str, reason: str) -> None:
    (finding,) = gateway.CHECK.run(gateway.CHECK, site(), gather(observed("site", host)), NOW)
    assert (finding.status, finding.reason) == (status, reason)


def test_a_gateway_that_says_nothing_is_unknown() -> None:
    (finding,) = gateway.CHECK.run(gateway.CHECK, site(), gather(()), NOW)
    assert finding.status == "unknown"


def of_worker(confinement: Confinement, unconfined: str = "refuse", host: Host = WELL) -> Finding:
    here = replace(site(), worker=WorkerRules(unconfined))  # type: ignore[arg-type]
    facts = gather((*observed("site", host), *observed("site", confinement)))
    (finding,) = gateway.CHECK.run(gateway.CHECK, here, facts, NOW)
    return finding


def test_a_worker_that_is_confined_by_every_layer_is_no_news() -> None:
    assert of_worker(Confinement()).status == "pass"


def test_a_layer_that_is_missing_under_a_filter_that_holds_is_a_warning_that_names_it() -> None:
    finding = of_worker(Confinement(("landlock: not offered here",)))
    assert (finding.status, finding.reason) == ("warn", "worker-limits")
    assert "landlock: not offered here" in str(finding.message)


def test_a_worker_that_is_not_confined_is_unknown_and_where_that_is_accepted_it_is_told_all_the_same() -> None:
    unconfined = Confinement(("seccomp: missing",), ("files", "sockets"))
    finding = of_worker(unconfined)
    assert (finding.status, finding.reason) == ("unknown", "worker-not-confined")
    assert "files, sockets" in str(finding.message)
    accepted = of_worker(unconfined, "accept")
    assert (accepted.status, accepted.reason) == ("warn", "worker-unconfined")
    for told in (accepted, of_worker(unconfined, "accept", replace(WELL, disk_free_bytes=1))):
        assert told.evidence["worker_open"] == ["files", "sockets"], "whatever else is wrong, each report says it"


def test_at_a_gateway_that_cannot_confine_its_worker_no_picture_is_judged_and_that_is_one_open_item(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole site, with a worker that really lacks libseccomp: its pictures are fetched and stay unjudged."""
    monkeypatch.setattr(warm_parent, "_BOOT", WITHOUT_SECCOMP + warm_parent._BOOT)
    gate = replace(CAMERAS[0], recording=None)
    with Worker(timeout_s=PATIENCE_S) as worker, told_site(tmp_path, worker, DEVICES[:1], (gate,)) as told:
        told.cycle()
        camera = f"camera:{gate.id}"
        online, masks = told.findings[f"camera-online {camera}"], told.findings[f"privacy-mask-effective {camera}"]
        assert (online.status, online.reason) == ("unknown", "worker-not-confined")
        assert masks.status == "unknown"
        assert online.caused_by == "gateway-health site" and masks.caused_by == online.key
        assert told.findings["gateway-health site"].reason == "worker-not-confined"
        assert exit_code(tuple(told.findings.values())) in (1, 3)
        of_pictures = ("privacy-mask-effective", "privacy-mask-geometry", "camera-moved", "video-quality")
        assert not [one for one in told.findings.values() if one.check in of_pictures and one.status == "pass"]
        (row,) = [r for r in told.reports["health"]["not_pass"] if r["check"] == "gateway-health"]
        assert (row["status"], row["reason"]) == ("unknown", "worker-not-confined")


def test_where_that_is_accepted_pictures_are_judged_and_both_reports_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warm_parent, "_BOOT", WITHOUT_SECCOMP + warm_parent._BOOT)
    gate = replace(CAMERAS[0], recording=None)
    accepting = Worker(timeout_s=PATIENCE_S, accept_unconfined=True)
    more = '\n[worker]\nunconfined = "accept"\n'
    with accepting as worker, told_site(tmp_path, worker, DEVICES[:1], (gate,), more) as told:
        told.cycle()
        assert told.findings[f"camera-online camera:{gate.id}"].status == "pass"
        for stream in ("health", "config"):
            assert told.reports[stream]["agent"]["unconfined"] is True


def test_a_full_disk_hides_neither_heat_nor_a_worker_that_nothing_confines() -> None:
    full_and_hot = Host(0.1, 0.4, 60_000_000, 100 * GB, 60, 99.0)
    finding = of_worker(Confinement(open_ways=("sockets",)), host=full_and_hot)
    assert (finding.status, finding.reason) == ("fail", "disk-full")
    assert finding.evidence["broken"] == ["disk-full", "hot"] and "99.0 degrees" in str(finding.message)

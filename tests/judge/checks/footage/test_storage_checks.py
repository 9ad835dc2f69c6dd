"""Disks: broken ones are told, full ones are healthy, and what nobody tells is no pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from sites import NOW, camera, observed, site

from agent.judge.checks.devices.online import key_of_device
from agent.judge.checks.footage import storage
from agent.model.finding import Finding, is_waiting
from agent.observe.facts.facts import gather
from agent.site.config.site import Site
from drivers.footage import Disk, Disks, DiskState, Store, StoreIndex, StoreTrouble, TroubleKind
from drivers.model import Observations, Unavailable

GB = 1_000_000_000
PATH = Path("recordings")
FULL = Disk("hdd1", "SATA", "ok", "ok", 8000 * GB, 0, True)


def judged(*observations: Observations, of: Site | None = None) -> list[Finding]:
    a_site = of or site(camera())
    facts = gather(o for group in observations for o in group)
    return list(storage.STORAGE.run(storage.STORAGE, a_site, facts, NOW))


def box(*disks: Disk) -> Observations:
    return observed("device:box", Disks(disks))


def test_full_disks_are_healthy() -> None:
    (finding,) = judged(box(FULL, FULL))
    assert (finding.subject, finding.status) == ("device:box", "pass")


@pytest.mark.parametrize(
    ("state", "status", "reason"),
    [
        ("failed", "fail", "disk-failed"),
        ("unformatted", "fail", "disk-unformatted"),
        ("mismatched", "fail", "disk-mismatched"),
        ("failing", "warn", "disk-failing"),
        ("formatting", "unknown", "disk-formatting"),
        ("unknown", "unknown", "disk-unknown"),
    ],
)
def test_one_disk_that_is_not_in_order_is_named_among_those_that_are(
    state: DiskState, status: str, reason: str
) -> None:
    (finding,) = judged(box(FULL, Disk("hdd2", "SATA", state, "so it says"), FULL))
    assert (finding.status, finding.reason) == (status, reason)
    assert "hdd2" in str(finding.message)


def test_a_network_store_that_is_not_reached_is_no_broken_disk() -> None:
    (finding,) = judged(box(FULL, Disk("192.0.2.9/footage", "NFS", "failed", "offline")))
    assert (finding.status, finding.reason) == ("fail", "store-offline")
    assert "192.0.2.9/footage" in str(finding.message)
    (finding,) = judged(box(FULL, Disk("hdd2", "SATA", "failed", "offline")))
    assert finding.reason == "disk-failed"


def test_the_worst_of_several_is_told() -> None:
    (finding,) = judged(box(Disk("a", "SATA", "unknown"), Disk("b", "SATA", "failing"), Disk("c", "SATA", "failed")))
    assert finding.reason == "disk-failed"


def test_disks_that_may_not_be_written_to_are_a_failure_unless_another_may() -> None:
    locked = Disk("hdd1", "SATA", "ok", writable=False)
    assert judged(box(locked))[0].reason == "disk-locked"
    assert judged(box(locked, Disk("hdd2", "SATA", "ok", writable=True)))[0].status == "pass"


def test_a_recorder_without_a_disk_fails() -> None:
    assert (judged(box())[0].status, judged(box())[0].reason) == ("fail", "no-disk")


def test_what_is_not_told_is_no_pass_and_no_alarm() -> None:
    assert (judged()[0].status, judged()[0].reason) == ("unknown", "disks-not-told")
    assert is_waiting(judged()[0])


def test_a_device_that_cannot_be_read_is_unknown_for_the_same_cause_as_its_camera() -> None:
    a_site = site(camera())
    silent = observed("device:box", Unavailable("disks", "unreachable", "no route"))
    (finding,) = judged(silent, of=a_site)
    assert (finding.status, finding.caused_by) == ("unknown", key_of_device(a_site, a_site.devices[0]))


def test_a_device_on_which_nothing_is_recorded_is_not_asked_about() -> None:
    assert judged(box(), of=site(camera(recorded=False))) == []


def test_stores_and_the_gateway_s_own_disks_are_judged() -> None:
    a_site = site(camera(store="disk", store_name="gate"), stores=(Store("disk", "segments", PATH),))
    store = observed("device:disk", Disks((Disk("sda1", "ext4", "ok", "", 100 * GB, GB),)))
    own = observed("site", Disks((Disk("sda", "disk", "failing"),)))
    assert [(f.subject, f.status) for f in judged(store, own, of=a_site)] == [
        ("device:disk", "pass"),
        ("site", "warn"),
    ]
    assert [f.subject for f in judged(store, observed("site", Disks(())), of=a_site)] == ["device:disk"]


STORED = site(camera(store="disk", store_name="gate"), stores=(Store("disk", "segments", PATH),))
WELL = observed("device:disk", Disks((Disk("sda1", "ext4", "ok", "", 100 * GB, GB),)))


def troubled(*kinds: TroubleKind) -> Observations:
    return observed("camera:gate", StoreIndex((), tuple(StoreTrouble(kind, 3, f"{kind}.mp4") for kind in kinds)))


@pytest.mark.parametrize(
    ("kinds", "status", "reason"),
    [
        (("unreadable", "future"), "warn", "store-unreadable"),
        (("empty",), "warn", "store-empty"),
        (("name", "row-without-file"), "warn", "store-row-without-file"),
        (("clock-jump",), "warn", "store-clock-jump"),
        (("future",), "warn", "store-future"),
        (("forbidden",), "unknown", "store-forbidden"),
        (("written-later",), "unknown", "store-written-later"),
        (("stalled",), "pass", ""),
        (("name", "file-without-row"), "pass", ""),
    ],
)
def test_what_in_a_store_cannot_be_believed_is_told_the_worst_first(
    kinds: tuple[TroubleKind, ...], status: str, reason: str
) -> None:
    (finding,) = judged(WELL, troubled(*kinds), of=STORED)
    assert (finding.status, finding.reason) == (status, reason)
    rows = finding.evidence["troubles"]
    assert isinstance(rows, list) and [row["kind"] for row in rows if isinstance(row, dict)] == list(kinds)


def test_a_broken_disk_is_told_before_what_lies_on_it() -> None:
    broken = observed("device:disk", Disks((Disk("sda1", "ext4", "failed"),)))
    assert judged(broken, troubled("unreadable"), of=STORED)[0].reason == "disk-failed"


def test_a_disk_in_order_without_any_room_is_not_in_order() -> None:
    (finding,) = judged(box(FULL, Disk("hdd2", "SATA", "ok", "ok", 0, 0, True)))
    assert (finding.status, finding.reason) == ("unknown", "disk-without-room")
    assert "hdd2" in str(finding.message)

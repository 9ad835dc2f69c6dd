"""Health of this host's disks through smartctl, by its JSON as smartctl(8) of smartmontools 7 documents it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.footage import Disk, Disks
from drivers.model import Unavailable
from drivers.stores import smart

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SCAN = {"devices": [{"name": "/dev/sda", "type": "sat"}, {"name": "/dev/nvme0", "type": "nvme"}]}
GOOD = {
    "smartctl": {"exit_status": 0},
    "model_name": "WDC WD40PURX",
    "serial_number": "WD-1",
    "user_capacity": {"bytes": 4_000_787_030_016},
    "smart_status": {"passed": True},
}


def answering(answers: dict[str, object]) -> Callable[[list[str]], bytes | None]:
    """Stand in for smartctl: `--scan` and each device have their answer; None: it could not be run."""

    def run(arguments: list[str]) -> bytes | None:
        answer = answers[arguments[0] if arguments[0] == "--scan" else arguments[-1]]
        return answer if isinstance(answer, bytes) or answer is None else json.dumps(answer).encode()

    return run


def test_each_disk_is_named_with_what_it_says_of_itself() -> None:
    failing = {"smartctl": {"exit_status": 8}, "smart_status": {"passed": False}, "model_name": "bad"}
    seen = smart.read(NOW, answering({"--scan": SCAN, "/dev/sda": GOOD, "/dev/nvme0": failing}))
    assert seen.subject == "site"
    assert seen.value == Disks(
        (
            Disk("sda", "disk", "ok", "passed its own test", 4_000_787_030_016, model="WDC WD40PURX", serial="WD-1"),
            Disk("nvme0", "disk", "failing", "failed its own test", model="bad"),
        )
    )


def test_an_nvme_critical_warning_is_a_warning_although_the_test_passed() -> None:
    told = GOOD | {"nvme_smart_health_information_log": {"critical_warning": 4}}
    disk = smart.disk_of("/dev/nvme0", told)
    assert disk is not None and disk.state == "failing"


@pytest.mark.parametrize(
    "told",
    [
        {"smartctl": {"exit_status": 2, "messages": [{"string": "Permission denied"}]}},
        {"smartctl": {"exit_status": 2}},
        {"smartctl": "odd", "smart_status": ["passed"]},
        {},
    ],
)
def test_a_disk_that_could_not_be_opened_or_sleeps_is_not_called_healthy(told: dict[str, object]) -> None:
    assert smart.disk_of("/dev/sda", told) is None
    seen = smart.read(NOW, answering({"--scan": SCAN, "/dev/sda": told, "/dev/nvme0": told}))
    assert seen.value == Unavailable("disks", "refused", "no disk may be opened")


@pytest.mark.parametrize("scan", [None, b"", b"smartctl: not found", b"[]", b"[" * 100_000])
def test_without_smartctl_there_is_no_judgement(scan: bytes | None) -> None:
    seen = smart.read(NOW, answering({"--scan": scan}))
    assert isinstance(seen.value, Unavailable) and seen.value.reason == "unsupported"


def test_a_disk_that_hangs_ends_the_round_so_that_a_cycle_waits_for_one_only() -> None:
    asked: list[str] = []

    def run(arguments: list[str]) -> bytes | None:
        asked.append(arguments[-1])
        return json.dumps(SCAN).encode() if arguments[0] == "--scan" else None

    assert smart.read(NOW, run).value == Unavailable("disks", "refused", "no disk may be opened")
    assert asked == ["--json", "/dev/sda"]


def test_only_device_files_that_smartctl_listed_are_asked() -> None:
    odd = {"devices": [{"name": "--help", "type": "sat"}, {"name": 5}, "x", {"name": "/dev/sdb", "type": "sat"}]}
    assert smart.read(NOW, answering({"--scan": odd, "/dev/sdb": GOOD})).value != Disks(())


def test_the_real_program_is_run_without_a_shell_and_its_absence_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "smartctl"
    script.write_text('#!/bin/sh\nprintf \'{"devices": [], "argument": "%s"}\' "$1"\n')
    script.chmod(0o755)
    monkeypatch.setattr(smart.shutil, "which", lambda name, path: str(script))
    assert smart.run_smartctl(["--scan;id"]) == b'{"devices": [], "argument": "--scan;id"}'
    script.unlink()
    assert smart.run_smartctl(["--scan"]) is None
    monkeypatch.setattr(smart.shutil, "which", lambda name, path: None)
    assert smart.run_smartctl(["--scan"]) is None

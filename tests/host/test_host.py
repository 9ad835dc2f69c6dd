"""What the gateway says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from agent.host import health

PLL, UNSYNC = 0x0001, 0x0040


@pytest.mark.parametrize(
    ("state", "status", "synced"),
    [(0, PLL, True), (1, PLL, True), (5, PLL, False), (0, PLL | UNSYNC, False), (5, UNSYNC, False), (-1, PLL, False)],
)
def test_a_clock_is_synchronised_only_where_state_and_status_say_so(state: int, status: int, synced: bool) -> None:
    assert health.is_synced(state, status) is synced


def test_the_kernel_can_be_asked() -> None:
    assert health.clock_synced() in (True, False)


def test_a_moment_names_the_boot_and_a_clock_that_only_goes_forward() -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC)
    first, second = health.moment(at), health.moment(at)
    assert first.at == at
    assert first.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert second.mono_ms >= first.mono_ms


def test_load_figures_are_ratios_and_bytes(tmp_path: Path) -> None:
    load = health.load(tmp_path)
    assert 0 <= load.cpu_ratio <= 1
    assert 0 < load.memory_ratio <= 1
    assert 0 < load.disk_free_bytes <= load.disk_capacity_bytes
    assert load.temperature_c is None or load.temperature_c > 0


def test_a_folder_that_is_not_there_yet_lies_on_the_disk_of_its_parents(tmp_path: Path) -> None:
    assert health.load(tmp_path / "not" / "yet").disk_capacity_bytes == health.load(tmp_path).disk_capacity_bytes


def test_the_hottest_connected_sensor_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sensors = {"soc": [SimpleNamespace(current=61.26)], "nvme": [SimpleNamespace(current=48.0)]}
    off = {"acpitz": [SimpleNamespace(current=-274.0)]}
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: sensors | off, raising=False)
    assert health.load(tmp_path).temperature_c == 61.3
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: off, raising=False)
    assert health.load(tmp_path).temperature_c is None


def test_memory_that_was_used_is_given_back() -> None:
    """In a process of its own: what other tests hold would hide it."""
    code = (
        "from pathlib import Path; from agent.host.health import release_memory\n"
        "pages = lambda: int(Path('/proc/self/statm').read_text().split()[1])\n"
        "rows = [bytes(2000) for _ in range(20000)]; last = bytearray(100); held = pages(); del rows\n"
        "kept = pages(); release_memory(); print(held, kept, pages())"
    )
    environment = {**os.environ, "MALLOC_TRIM_THRESHOLD_": str(2**30)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    held, kept, left = map(int, done.stdout.split())
    assert left < kept - 5000 and left < held

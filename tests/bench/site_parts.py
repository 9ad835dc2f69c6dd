"""Parts of the bench `site`: the site's devices and a hub that only listens, and what came of the cycles at them."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
from delivery_site import broker

from agent.model import exits
from measure.memory import PeakPss
from measure.processes import first_line, program_environment, run, service_environment

PERIOD_S = 900


@dataclass(frozen=True, kw_only=True, slots=True)
class Course:
    """What came of some cycles at a site: what each cost and saw, the largest memory, and what the hub was sent.

    `ails`: what ails which device. `hub_bytes`: of each counted look; `first_hub_bytes`: of the very first one.
    """

    cameras: int
    ails: dict[str, str]
    notes: list[dict[str, Any]]
    hub_bytes: list[int]
    first_hub_bytes: int
    peak_pss_mb: float
    processes: int
    stock: dict[str, Any] | None

    @property
    def cpu_s(self) -> list[float]:
        """User and system time of each cycle."""
        return [one["cpu_s"] for one in self.notes]

    @property
    def cpu_per_camera_s(self) -> float:
        """The median of what a cycle takes for each camera."""
        return statistics.median(self.cpu_s) / self.cameras


def course(cameras: int, warm: int, cycles: int, memory: int = 0, *, sick: int = 0, stock: bool = False) -> Course:
    """Let the service look at a site so often; the warm-up counts in nothing, the last `memory` cycles for memory only.

    `sick`: so many of its devices are. `stock`: then let the script with stock libraries fetch what the cycles did.
    """
    with tempfile.TemporaryDirectory() as folder, broker(Path(folder) / "mosquitto") as port:
        directory = Path(folder) / "site"
        directory.mkdir()
        with _devices(directory, cameras, sick) as site, _hub(port, directory / "ahead") as heard:
            config, phase = Path(site["config"]), directory / "phase"
            config.write_text(config.read_text("utf-8").replace("port = 1\n", f"port = {port}\n"), "utf-8")
            _approve(config)
            asked = {"config": site["config"], "traffic": site["traffic"]}
            asked |= {"warm": warm, "cycles": cycles, "memory": memory}
            peak = PeakPss(lambda: _pid(phase))
            peak.start()
            notes = run("whole_site", asked, environment=service_environment(), timeout_s=3000).said
            peak.stop()
            counted = notes[warm : warm + cycles]
            _check(counted, cameras, site["ails"])
            (directory / "ahead").write_text("0")  # a script takes its login's time from this machine's clock
            beside = _stock(site["healthy"], counted) if stock else None
        return Course(
            cameras=cameras, ails=site["ails"], notes=counted, peak_pss_mb=peak.peak_bytes / 1e6,
            hub_bytes=[heard[number] for number in range(warm, warm + cycles)], first_hub_bytes=heard[0],
            processes=peak.processes, stock=beside,
        )  # fmt: skip


def _approve(config: Path) -> None:
    """Approve every view, as a person does when a site is handed over."""
    words = ["masks", "adopt", "--yes", "--by", "Li Na", "--why", "acceptance", "--rounds", "1", "--quiet"]
    command = [sys.executable, "-P", "-m", "agent", *words, "--config", str(config)]
    done = subprocess.run(command, env=program_environment(), check=False, capture_output=True)
    if done.returncode not in (exits.OK, exits.FAILS, exits.UNCHECKED, exits.REFUSED):  # of the sick ones
        raise SystemExit(f"masks adopt ended with {done.returncode}: {done.stderr.decode()[-2000:]}")


def _stock(devices: list[dict[str, Any]], notes: list[dict[str, Any]]) -> dict[str, Any]:
    """Let the script read every healthy device, and as many pictures on each path as the cycles in the median."""
    pictures = {path: round(statistics.median(one["pictures"].get(path, 0) for one in notes)) for path in PATHS}
    done = run("stock_site", {"devices": devices, "pictures": pictures}, timeout_s=3000)
    return {"cpu_s": done.cpu_s, "wall_s": done.wall_s, **done.said}


PATHS = ("snapshot", "sub", "main", "stream-3", "playback")


@contextmanager
def _devices(directory: Path, cameras: int, sick: int) -> Iterator[dict[str, Any]]:
    """Start the devices in a process of their own; yield what they say of themselves."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "stubs.whole_site", str(directory), str(cameras), str(sick)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=program_environment(),
    )  # fmt: skip
    try:
        yield json.loads(first_line(child))
    finally:
        child.kill()
        child.communicate()


@contextmanager
def _hub(port: int, ahead: Path) -> Iterator[Counter[int]]:
    """Take every report as a hub does; yield how many bytes came in each cycle: topic, payload and properties."""
    heard: Counter[int] = Counter()

    def take(_: object, __: object, message: mqtt.MQTTMessage) -> None:
        told = message.properties.UserProperty if message.properties else []
        own = sum(len(name) + len(value) for name, value in told)
        heard[int(float(ahead.read_text())) // PERIOD_S] += len(message.topic) + len(message.payload) + own

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "hub", protocol=mqtt.MQTTv5)
    client.on_message = take
    client.connect("127.0.0.1", port)
    client.subscribe("vss/#", 1)
    client.loop_start()
    try:
        yield heard
    finally:
        client.disconnect()
        client.loop_stop()


def _pid(phase: Path) -> int:
    """Return the process whose memory is to be looked at now, 0 for none."""
    try:
        pid, state = phase.read_text().split()
    except FileNotFoundError:
        return 0
    return int(pid) if state == "memory" else 0


def _check(notes: list[dict[str, Any]], cameras: int, ails: dict[str, str]) -> None:
    """Refuse cycles that saw less than there is, or more: their figures would mean nothing.

    Raises:
        SystemExit: A healthy camera has no picture, or a sick device is no matter.
    """
    for number, one in enumerate(notes):
        if one["cameras"] != cameras - len(ails):
            raise SystemExit(f"cycle {number} saw {one['cameras']} of {cameras - len(ails)} healthy cameras: {one}")

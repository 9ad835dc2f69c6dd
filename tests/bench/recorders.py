"""Bench `recorders`: how many requests a cycle costs a recorder of 32 channels for retention, counted at the recorder.

Run: python tests/bench/recorders.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.connection import Connection

from agent.demo.isapi.device import IsapiDevice
from agent.demo.world.cameras import CAMERAS, DemoCamera, DemoDevice, RecordingPlan
from agent.demo.world.changes import Changes
from agent.observe.footage.days import Footage
from agent.observe.footage.join import merge_footage
from agent.observe.footage.requests import footage_requests
from agent.site.config.site import CameraConfig, Site
from drivers.credentials import Credentials
from drivers.footage import RecordedDays, WantedFootage
from drivers.http.transport import open_transport
from drivers.model import Camera, Credential, Device, Observations, Recordings
from drivers.registry import load
from measure.figures import Figure, flags, say, show

HIK = Figure("hik_requests_per_channel", "requests", 2, "lower")

LOGIN = ("viewer", "bench-Pa55")
BEGINS_AT = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
PERIOD = timedelta(minutes=15)
KEPT_DAYS = 35
DEADLINE_S = 120.0
RETENTION = ("contentmgmt/search", "contentmgmt/record/tracks/N/dailydistribution")


def serve(pipe: Connection, channels: int) -> None:
    """Be a recorder with so many channels: take the time from the pipe, and say what was asked since."""
    now = BEGINS_AT
    cameras = tuple(
        DemoCamera(f"c{n}", "nvr", n, f"Camera {n}", "", CAMERAS[0].place, "", mask=CAMERAS[0].mask,
                   recording=RecordingPlan(KEPT_DAYS))
        for n in range(1, channels + 1)
    )  # fmt: skip
    spec = DemoDevice("nvr", LOGIN[0], "DS-7632", "N32-1", recorder=True, driver="hikvision")
    device = IsapiDevice(spec, cameras, LOGIN[1], lambda: now, Changes(lambda: now))
    device.start()
    pipe.send((device.http.port, device.rtsp.port))
    before: Mapping[str, int] = {}
    while (told := pipe.recv()) is not None:
        now = told
        asked = device.asked
        pipe.send((dict(Counter(asked) - Counter(before)), device.writes_refused, device.gate.failed_logins))
        before = asked
    device.stop()


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    channels, cycles = (4, 3) if asked.quick else (32, 25)
    load_before = round(os.getloadavg()[0], 2)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    recorder = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, channels))
    recorder.start()
    try:
        say(f"{cycles} cycles over {channels} channels")
        rounds = measured(ours, channels, cycles)
    finally:
        ours.send(None)
        recorder.join(10)
        recorder.kill()
    retention = [sum(one[path] for path in RETENTION) for one, _ in rounds]
    last = rounds[-1][0]
    conditions = {
        "channels": channels,
        "cycles_after_the_first": cycles - 1,
        "load_1min_before": load_before,
        "first_cycle": {
            "retention_requests_per_channel": round(retention[0] / channels, 2),
            "requests": rounds[0][0].total(),
            "seconds": round(rounds[0][1], 2),
        },
        "later_cycles": {
            "requests": statistics.median(one.total() for one, _ in rounds[1:]),
            "seconds": round(statistics.median(took_s for _, took_s in rounds[1:]), 2),
        },
        "last_cycle_by_path": dict(sorted(last.items())),
    }
    figures = {HIK.name: HIK.of([number / channels for number in retention[1:]])}
    show("recorders", asked, figures, conditions)


def measured(pipe: Connection, channels: int, cycles: int) -> list[tuple[Counter[str], float]]:
    """Read the recorder cycle by cycle; return what it was asked in each, and how long that took.

    Raises:
        SystemExit: The driver did not read what was wanted, was refused, or tried to write.
    """
    http_port, rtsp_port = pipe.recv()
    device = Device("nvr", "127.0.0.1", http_port, "hikvision", Credential("nvr", *LOGIN), rtsp_port)
    cameras = tuple(Camera(f"c{n}", "nvr", channel=n) for n in range(1, channels + 1))
    site = Site(
        "1", "bench", "140200", devices=(device,), cameras=tuple(CameraConfig(c, recorded=True) for c in cameras)
    )
    read, credentials = load("hikvision"), Credentials(None)
    footage: Footage = {}
    rounds: list[tuple[Counter[str], float]] = []
    for cycle in range(cycles):
        now = BEGINS_AT + PERIOD * cycle
        pipe.send(now)
        pipe.recv()  # what was asked before: nothing
        wants = footage_requests(site, footage, now)
        begun = time.monotonic()
        with open_transport(device, DEADLINE_S, credentials, partial(_given, now)) as transport:
            observations = read(cameras, transport, wants)
        took_s = time.monotonic() - begun
        footage, changes = merge_footage(site, observations, footage, now)
        pipe.send(now)
        asked, writes, refused = pipe.recv()
        if changes or writes or refused or not _was_read(observations, wants, channels):
            raise SystemExit(
                f"cycle {cycle}: not everything was read, or {writes} writes, {refused} refused logins,"
                f" {len(changes)} channels that seem to have changed"
            )
        rounds.append((Counter(asked), took_s))
    return rounds


def _was_read(observations: Observations, wants: WantedFootage, channels: int) -> bool:
    """Tell whether the recordings of every channel were read, with all days and months that were wanted."""
    values = [one.value for one in observations]
    held = [value for value in values if isinstance(value, Recordings) and value.spans]
    months = [value for value in values if isinstance(value, RecordedDays) and value.days]
    listed = sum(len(value.listed) for value in held)
    return (len(held), len(months), listed) == (
        channels,
        sum(bool(want.months) for want in wants.values()),
        sum(len(want.days) for want in wants.values()),
    )


def _given(at: datetime) -> datetime:
    return at


if __name__ == "__main__":
    main()

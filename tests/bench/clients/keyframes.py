"""The agent's capture: one keyframe from each sub-stream, a thread per device, then every one decoded in the worker.

The same calls as `agent/observe/probe/devices.py` and `agent/observe/pictures/judge.py` make. The picture worker runs
before the clock starts, as it does in the daemon; its CPU time is counted with ours. Prints one entry per round.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Camera, Credential, Device, Observation, Picture
from drivers.picture import Stream, Streams
from masking.model import Job
from masking.worker.client import Worker

STACK_BYTES = 1024 * 1024


def main() -> None:
    """Fetch and decode in rounds; print what each took."""
    asked = json.load(sys.stdin)
    threading.stack_size(STACK_BYTES)
    rounds = []
    for _ in range(asked["rounds"]):
        with Worker() as worker:
            worker.measure()
            rounds.append(_round(asked, worker))
    print(json.dumps(rounds))


def _round(asked: dict[str, object], worker: Worker) -> dict[str, float]:
    credential = Credential("bench", str(asked["user"]), str(asked["password"]))
    ports = asked["ports"]
    assert isinstance(ports, list)
    credentials = Credentials(None)
    results: queue.SimpleQueue[tuple[Picture, ...]] = queue.SimpleQueue()
    before_s, worker_before_s = sum(os.times()[:2]), _cpu_s(worker.warm_pid)
    begun = time.monotonic()
    for number, port in enumerate(ports):
        device = Device(f"d{number}", "127.0.0.1", 80, "onvif", credential)
        threading.Thread(target=_one, args=(device, port, credentials, results)).start()
    pictures = [picture for _ in ports for picture in results.get()]
    fetched = time.monotonic()
    sizes = {
        (one.width_px, one.height_px)
        for one in (worker.judge(Job(p.data, p.kind, device=p.camera_id)) for p in pictures)
    }
    wall_s = time.monotonic() - begun
    if len(pictures) != len(ports) or sizes != {(640, 360)}:
        raise SystemExit(f"{len(pictures)} pictures of {len(ports)} streams, sizes {sizes}")
    ours_s = sum(os.times()[:2]) - before_s
    worker.measure()  # the last child is collected for it
    workers_s = _cpu_s(worker.warm_pid) - worker_before_s
    return {"wall_s": wall_s, "cpu_s": ours_s + workers_s, "fetch_s": fetched - begun, "worker_cpu_s": workers_s}


def _one(device: Device, port: int, credentials: Credentials, results: queue.SimpleQueue[tuple[Picture, ...]]) -> None:
    camera = Camera(device.id, device.id)
    streams = Streams((Stream("sub", f"rtsp://127.0.0.1:{port}/sub"),))
    seen = (Observation(f"camera:{camera.id}", streams, datetime.now(UTC), "bench"),)
    pictures: tuple[Picture, ...] = ()
    try:
        with open_transport(device, 20.0, credentials, lambda: datetime.now(UTC)) as transport:
            pictures, _ = fetch_pictures((camera,), seen, transport)
    finally:
        results.put(pictures)


def _cpu_s(pid: int | None) -> float:
    """Processor time of the warm parent and of every child that it has collected."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(one) for one in fields[11:15]) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()

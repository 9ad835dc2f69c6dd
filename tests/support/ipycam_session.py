"""Runs inside a network namespace of its own: starts ipycam, reads it with the real driver, prints what came as JSON.

Arguments: the Python of ipycam's environment, a video file, a working folder. ipycam binds all interfaces, which is
why it gets a network in which there is nobody else.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import create_connection

from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.discovery.network_sweep import sweep
from drivers.discovery.plan import plan_of
from drivers.http.transport import open_transport
from drivers.model import Camera, Credential, Device
from drivers.onvif.read import read

USER, PASSWORD = "admin", "peer-Pa55"
ONVIF_PORT, RTSP_PORT = 18080, 18554
CAMERAS = (Camera("peer", "ipycam"),)
STARTS_WITHIN_S = 30.0


def main(python: str, video: str, folder: str) -> None:
    """Start the peer, try four logins against it, stop it, and print the outcome."""
    config = Path(folder) / "ipycam.json"
    size = {"main_width": 320, "main_height": 192, "main_fps": 10, "sub_width": 160, "sub_height": 96, "sub_fps": 10}
    ports = {"onvif_port": ONVIF_PORT, "rtsp_port": RTSP_PORT, "rtmp_port": 18935, "hw_accel": "cpu"}
    config.write_text(json.dumps({"username": USER, "password": PASSWORD, **size, **ports}))
    command = [python, "-m", "ipycam", "-c", str(config), "--source", video]
    with (Path(folder) / "ipycam.log").open("wb") as log:
        peer = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        for port in (ONVIF_PORT, RTSP_PORT):
            _wait_for(port, peer)
        outcome = {
            "right": _read(PASSWORD),
            "wrong": _read("wrong"),
            "none": _read(None),
            "clock_400_s_off": _read(PASSWORD, timedelta(seconds=-400)),
            "discovered": [asdict(one) for one in sweep(plan_of(("127.0.0.1",), ("127.0.0.1",), ()), 1.0).found],
        }
    finally:
        peer.terminate()
        with suppress(subprocess.TimeoutExpired):
            peer.wait(5)
        peer.kill()
    print(json.dumps(outcome, default=str))


def _wait_for(port: int, peer: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while True:
        with suppress(OSError), closing(create_connection(("127.0.0.1", port), timeout=1)):
            return
        with suppress(subprocess.TimeoutExpired):
            peer.wait(0.1)
        if peer.poll() is not None or time.monotonic() > until:
            raise SystemExit(f"ipycam does not listen on {port}")


def _read(password: str | None, our_clock_off: timedelta = timedelta()) -> dict[str, object]:
    """Read the peer once with fresh credential states; `our_clock_off` moves our clock, not the peer's."""
    credential = None if password is None else Credential("peer", USER, password)
    box = Device("ipycam", "127.0.0.1", ONVIF_PORT, "onvif", credential)
    states = Credentials(None)
    with open_transport(box, 20.0, states, lambda: datetime.now(UTC) + our_clock_off) as transport:
        observations = read(CAMERAS, transport)
        pictures, more = fetch_pictures(CAMERAS, observations, transport)
        replies = [(reply.operation, reply.status) for reply in transport.replies]
    return {
        "observations": [
            {"subject": one.subject, "kind": type(one.value).__name__, "value": asdict(one.value)}
            for one in observations + more
        ],
        "pictures": [(one.path, one.kind, one.data.hex()) for one in pictures],
        "replies": replies,
        "state": states.state(box).state,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])

"""The agent's own reading of devices, some of which hang: when each device was done, with the hanging ones and without.

Stand-ins (`working`) are healthy devices in the place of those that answer ONVIF in full and hang only in their stream.

A thread per device as in `agent/observe/probe/fan_out.py`: open the transport, read with the driver, fetch a picture on
every path.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import UTC, datetime

from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Camera, Credential, Device
from drivers.onvif.read import read

STACK_BYTES = 1024 * 1024


def main() -> None:
    """Read once to warm up, then in rounds: the healthy devices alone, with stand-ins, and with those that hang."""
    asked = json.load(sys.stdin)
    credential = Credential("bench", asked["user"], asked["password"])
    devices = {
        kind: [Device(f"{kind}-{number}", "127.0.0.1", port, "onvif", credential) for number, port in enumerate(ports)]
        for kind, ports in asked["ports"].items()
    }
    threading.stack_size(STACK_BYTES)
    round_of(devices["healthy"], asked["deadline_s"])
    rounds = []
    # Every second device hangs, so that the healthy ones start among them.
    mixed = [one for pair in zip(devices["hanging"], devices["healthy"], strict=True) for one in pair]
    groups = {"alone": devices["healthy"], "working": devices["working"] + devices["healthy"], "together": mixed}
    for _ in range(asked["rounds"]):
        rounds.append({name: round_of(group, asked["deadline_s"]) for name, group in groups.items()})
    print(json.dumps(rounds))


def round_of(devices: list[Device], deadline_s: float) -> dict[str, dict[str, float]]:
    """Read all devices at once; return for each when it was done after the round's begin, and how long it took."""
    credentials = Credentials(None)
    done: dict[str, dict[str, float]] = {}
    begun = time.monotonic()
    threads = [threading.Thread(target=_one, args=(one, deadline_s, credentials, begun, done)) for one in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(done) != len(devices):
        raise SystemExit("a device's thread did not end well")
    return done


def _one(
    device: Device, deadline_s: float, credentials: Credentials, begun: float, done: dict[str, dict[str, float]]
) -> None:
    camera = Camera(f"{device.id}-1", device.id)
    started = time.monotonic()
    with open_transport(device, deadline_s, credentials, lambda: datetime.now(UTC)) as transport:
        observations = read((camera,), transport)
        pictures, _ = fetch_pictures((camera,), observations, transport)
    ended = time.monotonic()
    done[device.id] = {"took_s": ended - started, "done_s": ended - begun, "pictures": len(pictures)}


if __name__ == "__main__":
    main()

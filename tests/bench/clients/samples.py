"""The agent's sample of live streams: all of them at once, a thread each. Prints one entry per round.

The CPU time is that of the whole process in the round, divided by the streams. Imports are over before the first one.
"""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Credential, Device
from drivers.picture import Stream, StreamSample
from drivers.rtsp.sample import sample_stream


def main() -> None:
    """Sample in rounds; print what each took."""
    asked = json.load(sys.stdin)
    print(json.dumps([_round(asked) for _ in range(asked["rounds"])]))


def _round(asked: dict[str, object]) -> dict[str, float]:
    ports, seconds = asked["ports"], asked["seconds"]
    assert isinstance(ports, list) and isinstance(seconds, int)
    credential, credentials = Credential("bench", str(asked["user"]), str(asked["password"])), Credentials(None)

    def one(port: int) -> StreamSample:
        device = Device(f"d{port}", "127.0.0.1", 80, "onvif", credential)
        stream = Stream("main", f"rtsp://127.0.0.1:{port}/main")
        with open_transport(device, seconds + 10.0, credentials, lambda: datetime.now(UTC)) as transport:
            found = sample_stream(transport, stream, seconds)
        if not isinstance(found, StreamSample) or found.packets_lost or found.width_px != 640:
            raise SystemExit(f"no sample: {found}")
        return found

    begun_s, begun = sum(os.times()[:2]), time.monotonic()
    with ThreadPoolExecutor(len(ports)) as pool:
        samples = list(pool.map(one, ports))
    cpu_s, wall_s = sum(os.times()[:2]) - begun_s, time.monotonic() - begun
    rates = [sample.bitrate_bps for sample in samples]
    return {"cpu_ms": cpu_s * 1000 / len(ports), "wall_s": wall_s, "mbit_per_s": sum(rates) / len(rates) / 1e6}


if __name__ == "__main__":
    main()

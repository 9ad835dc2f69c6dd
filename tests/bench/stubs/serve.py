"""The process of the stub devices. Its argument is a JSON list of kinds; it prints their ports and serves until killed.

A second one is a file with the seconds by which the devices' clocks are ahead.

Kinds: `healthy`; `login`, the same with Digest on its stream; `rich`, that with a stream of 4 Mbit/s; and four that
hang: `silent`, `drip-headers`, `drip-body` (over HTTP), `no-rtp` (answers everything, and its stream never sends a
packet).
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket

from agent.demo.scene.scene import jpeg, picture
from agent.demo.world.cameras import CAMERAS
from agent.demo.world.login import Gate
from stubs.http_connection import Http
from stubs.rtsp_connection import CLIPS, Rtsp
from stubs.soap import PASSWORD, USER, SoapDevice


async def main(kinds: list[str], ahead: Path | None) -> None:
    """Open two ports for each device, print them, and serve."""
    loop = asyncio.get_running_loop()

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()) if ahead else 0.0)

    snapshot = jpeg(picture(CAMERAS[0], "snapshot", datetime.now(UTC), None))
    ports = []
    for number, kind in enumerate(kinds):
        http, rtsp = _listener(), _listener()
        device = SoapDevice(f"d{number}", http.getsockname()[1], rtsp.getsockname()[1], clock)
        clip = CLIPS[number % len(CLIPS)]
        gate = Gate(USER, PASSWORD, lambda: datetime.now(UTC), "stub") if kind in ("login", "rich") else None
        await loop.create_server(lambda d=device, k=kind: Http(d, k, snapshot), sock=http)  # type: ignore[misc]
        await loop.create_server(
            lambda c=clip, k=kind, g=gate: Rtsp(c, k == "no-rtp", g, keys_only=k == "rich"),  # type: ignore[misc]
            sock=rtsp,
        )
        ports.append({"http": http.getsockname()[1], "rtsp": rtsp.getsockname()[1]})
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


def _listener() -> socket:
    opened = socket()
    opened.bind(("127.0.0.1", 0))
    opened.listen(128)
    opened.setblocking(False)
    return opened


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main(json.loads(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))

"""A simulated site for the bench `check`, in a process of its own: `camwarden demo`'s devices, as many as asked for.

Run: python -m stubs.simulated_site DIRECTORY HEALTHY. Writes site.toml and secrets.toml there, prints one line of JSON
when everything answers, and ends with its standard input. Four devices beside the healthy ones are dead: two accept and
never answer, one has no open port, and one takes no more connections (its queue is full, as behind a firewall that
drops what comes). The deadline is the product's own.
"""

from __future__ import annotations

import json
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle, islice
from pathlib import Path

from agent.demo.site import SimulatedSite
from agent.demo.site_config import DEADLINE_S
from agent.demo.world.cameras import CAMERAS, DemoCamera, DemoDevice
from agent.site.config.site import Probe

KINDS = ("gate", "canteen", "parking", "lobby", "annex", "roof")
"""Cameras that the healthy ones are made after: solid, pixelated, blurred, a bare snapshot, no Media2, no mask.

Two of them hide softly, which one picture does not settle: they are looked at three times."""


def main() -> None:
    """Serve until standard input ends."""
    directory, healthy = Path(sys.argv[1]), int(sys.argv[2])
    devices, cameras = made(healthy)
    with ExitStack() as stack:
        site = stack.enter_context(SimulatedSite(lambda: datetime.now(UTC), devices, cameras))
        closed, full = stack.enter_context(_closed_port()), stack.enter_context(full_port())
        config = site.write_config(directory, {"host": "127.0.0.1", "port": 1, "tls": False, "confirm": "broker"})
        text = config.read_text("utf-8").replace("period_s = 60", "period_s = 900")
        text = text.replace(f"deadline_s = {DEADLINE_S}", f"deadline_s = {Probe().deadline_s:g}")
        text = text.replace(f"port = {site.devices['dead-2'].port}\n", f"port = {closed.getsockname()[1]}\n")
        text = text.replace(f"port = {site.devices['dead-3'].port}\n", f"port = {full.getsockname()[1]}\n")
        config.write_text(text, "utf-8")
        print(json.dumps({"config": str(config), "soft": sum(c.place in ("canteen", "parking") for c in cameras)}))
        sys.stdout.flush()
        sys.stdin.read()


def made(healthy: int) -> tuple[list[DemoDevice], list[DemoCamera]]:
    """Return so many healthy devices of one camera each, a recorder of its footage in each, and four dead ones."""
    known = {camera.id: camera for camera in CAMERAS}
    kinds = [*islice(cycle(KINDS), healthy), *["gate"] * 4]
    names = [*(f"cam-{number:02}" for number in range(healthy)), *(f"dead-{number}" for number in range(4))]
    devices = [
        DemoDevice(
            name, "viewer", "CAM-D2", f"D2-{number:06}", media2=kind != "annex",
            recorder=known[kind].recording is not None,
            behaviour="hangs" if name.startswith("dead") else "onvif",
        )
        for number, (name, kind) in enumerate(zip(names, kinds, strict=True))
    ]  # fmt: skip
    cameras = [
        replace(known[kind], id=name, device=name, channel=1, code="") for name, kind in zip(names, kinds, strict=True)
    ]
    return devices, cameras


def _closed_port() -> socket.socket:
    """Bind a port on which nobody listens."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


class _Full(ExitStack):
    """A listening socket whose queue is full, so that the kernel drops further connections."""

    def __enter__(self) -> socket.socket:  # type: ignore[override]
        listening = self.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            filling = self.enter_context(socket.socket())
            filling.setblocking(False)
            filling.connect_ex(listening.getsockname())
        return listening


def full_port() -> _Full:
    """Open a port that takes no more connections."""
    return _Full()


if __name__ == "__main__":
    main()

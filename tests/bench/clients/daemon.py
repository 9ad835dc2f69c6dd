"""The agent's own process, modules as in `camwarden run`: one whole cycle over all devices, then its resident memory.

The cycle is `agent.service.daemon.loop.run_once`: probe, look (the picture worker is a process of its own and not
counted), check, report, sign, spool. Without a hub there is no publisher thread; its modules are loaded all the same.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from agent import cli
from agent.commands import run as command
from agent.host.clock import utc_now
from agent.host.health import release_memory
from agent.service.daemon.loop import run_once
from agent.site.config.site import CameraConfig, PrivateZone, Probe, Site, Storage
from drivers.model import Camera, Credential, Device
from drivers.picture import PictureSeen

ZONE = PrivateZone("house opposite", ((0.58, 0.20), (0.76, 0.06), (0.94, 0.20), (0.94, 0.56), (0.58, 0.56)), "color")


def main() -> None:
    """Run the cycle; print memory after it, and what it saw."""
    asked = json.load(sys.stdin)
    assert cli.COMMANDS["run"][0] == command.__name__
    credential = Credential("bench", asked["user"], asked["password"])
    devices = tuple(Device(f"d{n}", "127.0.0.1", port, "onvif", credential) for n, port in enumerate(asked["ports"]))
    cameras = tuple(CameraConfig(Camera(f"c{one.id}", one.id), (ZONE,), recorded=True) for one in devices)
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(Path(folder) / "state", Path(folder) / "runtime")
        (Path(folder) / "runtime").mkdir()
        probe = Probe(deadline_s=60.0)
        site = Site("1", "bench", "140200", devices=devices, cameras=cameras, probe=probe, storage=storage)
        seen, _ = run_once(site, utc_now)
        pictures = sum(len(seen.facts.all(f"camera:{one.camera.id}", PictureSeen)) for one in cameras)
        del seen  # then as the daemon does when a cycle is over
        release_memory()
        text = Path("/proc/self/status").read_text()
    foreign = sorted({"cv2", "numpy"} & set(sys.modules))
    if foreign or pictures < len(cameras):
        raise SystemExit(f"not a daemon's work: modules {foreign}, {pictures} pictures of {len(cameras)} cameras")
    print(json.dumps({"rss_mb": _mb(text, "VmRSS"), "peak_mb": _mb(text, "VmHWM"), "pictures": pictures}))


def _mb(status: str, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()

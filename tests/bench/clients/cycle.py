"""Cycles of the daemon, one after the other as it serves them, on devices that answer: the processor time of each.

Works on the checkout that stands in PYTHONPATH, an earlier one too: what is counted is the daemon with everything that
it started, a picture worker that lives on between cycles included.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

try:
    from agent.service.daemon import loop
    from agent.service.daemon.parts import Parts, parts_of
    from agent.site.config.site import CameraConfig, PrivateZone, Probe, Site, Storage
except ImportError:  # where they lay in an earlier checkout
    from agent import daemon as loop  # type: ignore[no-redef, attr-defined]
    from agent.config import CameraConfig, PrivateZone, Probe, Site, Storage  # type: ignore[no-redef]
    from agent.daemon_parts import Parts, parts_of  # type: ignore[no-redef]
from drivers.model import Camera, Credential, Device
from drivers.picture import PictureSeen

ZONE = PrivateZone("house opposite", ((0.58, 0.20), (0.76, 0.06), (0.94, 0.20), (0.94, 0.56), (0.58, 0.56)), "color")
PERIOD_S = 900
LOOK = getattr(loop, "_look_and_report", None) or loop._look  # as it was called before


def main() -> None:
    """Run the cycles; print the seconds that each took, and how many pictures were judged in it."""
    asked = json.load(sys.stdin)
    credential = Credential("bench", asked["user"], asked["password"])
    devices = tuple(Device(f"d{n}", "127.0.0.1", port, "onvif", credential) for n, port in enumerate(asked["ports"]))
    cameras = tuple(CameraConfig(Camera(f"c{one.id}", one.id), (ZONE,), recorded=True) for one in devices)
    ahead = Path(asked["ahead"])
    with tempfile.TemporaryDirectory() as folder:
        storage = Storage(Path(folder) / "state", Path(folder) / "runtime")
        (Path(folder) / "runtime").mkdir()
        probe = Probe(deadline_s=60.0)
        site = Site("1", "bench", "140200", devices=devices, cameras=cameras, probe=probe, storage=storage)

        def clock() -> datetime:
            return datetime.now(UTC) + timedelta(seconds=float(ahead.read_text()))

        cpu_s, pictures = [], []
        with parts_of(site, clock) as parts:
            for number in range(int(asked["cycles"]) + 1):
                part = ahead.with_suffix(".part")
                part.write_text(str(PERIOD_S * number))
                part.replace(ahead)
                before_s = spent_s(parts)
                seen, _ = LOOK(site, parts, clock)
                cpu_s.append(spent_s(parts) - before_s)
                pictures.append(sum(len(seen.facts.all(f"camera:{c.camera.id}", PictureSeen)) for c in cameras))
    if min(pictures) < len(cameras):
        raise SystemExit(f"a cycle without a picture of each camera: {pictures}")
    print(json.dumps({"cpu_s": cpu_s[1:], "first_cpu_s": cpu_s[0], "pictures": pictures}))


def spent_s(parts: Parts) -> float:
    """Return the processor time of this process, of the children that it has collected, and of a worker that lives."""
    times, live = os.times(), 0.0
    if parts.worker.pid is not None:
        fields = Path(f"/proc/{parts.worker.pid}/stat").read_text().rpartition(")")[2].split()
        live = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return times.user + times.system + times.children_user + times.children_system + live


if __name__ == "__main__":
    main()

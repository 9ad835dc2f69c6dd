"""The daemon as it serves: so many cycles one after the other, then its rest; what each cost, and what memory it holds.

It is `agent.service.daemon.loop.serve` itself, with its publisher on a real broker and its picture worker. Changed is
only when the next cycle is due: at once, until all of the work is done. Before each, the clock that is passed in, and
that of the devices (`ahead`), go a period further, so that what is due only now and then has its turn as in an hour.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from agent.commands import run as command
from agent.service.daemon import loop
from agent.site.config.site import CameraConfig, Hub, PrivateZone, Probe, Site, Storage
from drivers.model import Camera, Credential, Device, Unavailable
from drivers.picture import PictureSeen
from measure.kernel import peak_mb, private_mb, pss_mb, rss_mb, written_bytes

ZONE = PrivateZone("house opposite", ((0.58, 0.20), (0.76, 0.06), (0.94, 0.20), (0.94, 0.56), (0.58, 0.56)), "color")
SETTLES_S = 5.0
"""After the last cycle, before its rest is measured: what it has made is on its way to the broker."""
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108  a folder of a name that nobody guesses is made in it
"""Where the runtime folder lies, as on a gateway: what is written there wears out no flash."""


class Watch:
    """Notes what the process and its workers have cost before and after each cycle, and through the rest at the end."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.ahead, self.period_s = Path(asked["ahead"]), int(asked["period_s"])
        self.cycles, self.rest_s = int(asked["cycles"]), float(asked["rest_s"])
        self.done = -1  # the first one, which loads and looks at everything, is told by itself
        self.cpu_s: list[float] = []
        self.wall_s: list[float] = []
        self.rss_mb: list[float] = []
        self.written: list[int] = []
        self.said: dict[str, Any] = {}
        self.pictures = 0

    def now(self) -> datetime:
        """The clock that the daemon is given."""
        return datetime.now(UTC) + timedelta(seconds=float(self.ahead.read_text()))

    def next_due(self, due_at_mono: float, period_s: float) -> float:
        """When the next cycle is due: at once, until all are done."""
        return time.monotonic() + (0.0 if self.done + 1 < self.cycles else period_s)

    def cycle(self, real: Any) -> Any:
        """Put notes around a cycle."""

        def noted(site: Site, parts: Any, *more: Any) -> bool:
            self._go_on(self.period_s * (self.done + 1))
            before_s, begun = self._cpu_s(), time.monotonic()
            reported: bool = real(site, parts, *more)
            self.cpu_s.append(self._cpu_s() - before_s)
            self.wall_s.append(time.monotonic() - begun)
            self.rss_mb.append(rss_mb(os.getpid()))
            self.written.append(written_bytes(os.getpid()))
            self.done += 1
            if self.done == self.cycles:
                threading.Thread(target=self._rest, args=(parts,), daemon=True).start()
            return reported

        return noted

    def seen(self, real: Any) -> Any:
        """Count what a cycle has seen, and refuse one that saw less than there is."""

        def noted(site: Site, *more: Any) -> Any:
            found = real(site, *more)
            seen = found[0]
            here = [
                next((one for one in seen.facts.all(f"camera:{c.camera.id}", PictureSeen)), None) for c in site.cameras
            ]
            if None in here:
                lost = [one.value for one in seen.facts.observations if isinstance(one.value, Unavailable)][:3]
                _end(f"a cycle without a picture of {here.count(None)} cameras: {lost}")
            self.pictures += sum(len(seen.facts.all(f"camera:{c.camera.id}", PictureSeen)) for c in site.cameras)
            return found

        return noted

    def _go_on(self, ahead_s: int) -> None:
        """Put the clocks forward, so that nobody finds the file empty."""
        part = self.ahead.with_suffix(".part")
        part.write_text(str(ahead_s))
        part.replace(self.ahead)

    def _rest(self, parts: Any) -> None:
        time.sleep(SETTLES_S)
        settled_s, begun, me = self._cpu_s(), time.monotonic(), os.getpid()
        self.written.append(written_bytes(me))  # with the confirmations of the last one
        shares: list[tuple[float, float]] = []
        while time.monotonic() < begun + self.rest_s:
            time.sleep(1.0)
            self.rss_mb.append(rss_mb(me))
            shares.append((pss_mb(me), private_mb(me)))
        self.said = {
            "rest_cpu_s": self._cpu_s() - settled_s, "rest_s": time.monotonic() - begun,
            "rest_rss_mb": self.rss_mb[self.cycles + 1 :], "peak_mb": peak_mb(me),
            "rest_pss_mb": [pss for pss, _ in shares], "rest_private_mb": [private for _, private in shares],
            "cycle_written_bytes": self._written_by_cycle(),
            "worker_starts": parts.worker.starts, "queue": dict(parts.spool.counts()),
            "publisher_connects": parts.publisher.status().connects,
        }  # fmt: skip
        os.kill(os.getpid(), signal.SIGTERM)

    def _written_by_cycle(self) -> list[int]:
        """What each cycle but the first wrote; what follows the last one counts with it."""
        marks = [*self.written[:-2], self.written[-1]]
        return [after - before for before, after in pairwise(marks)]

    def _cpu_s(self) -> float:
        times = os.times()  # a picture worker ends with its cycle, and is counted with the children
        return times.user + times.system + times.children_user + times.children_system


def main() -> None:
    """Serve until the watch ends it; print what it noted."""
    asked = json.load(sys.stdin)
    assert command.__name__ == "agent.commands.run"
    credential = Credential("bench", asked["user"], asked["password"])
    devices = tuple(Device(f"d{n}", "127.0.0.1", port, "onvif", credential) for n, port in enumerate(asked["ports"]))
    cameras = tuple(CameraConfig(Camera(f"c{one.id}", one.id), (ZONE,), recorded=True) for one in devices)
    watch = Watch(asked)
    watch.ahead.write_text("0")
    loop._next_due = watch.next_due
    loop._cycle = watch.cycle(loop._cycle)
    loop._look_and_report = watch.seen(loop._look_and_report)
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory(dir=MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None) as runtime,
    ):
        storage = Storage(Path(folder) / "state", Path(runtime))
        hub = Hub("127.0.0.1", asked["broker"], tls=False, confirm="broker")
        if asked.get("jwks"):
            hub = replace(hub, confirm="hub", jwks=Path(asked["jwks"]))
        site = Site(
            "bench1", "bench", "140200", devices=devices, cameras=cameras, hub=hub,
            period_s=watch.period_s, probe=Probe(deadline_s=60.0), storage=storage,
        )  # fmt: skip
        loop.serve(Path(folder) / "site.toml", site, watch.now)
        sizes = {path.name: path.stat().st_size for path in storage.directory.rglob("*") if path.is_file()}
    foreign = sorted({"cv2", "numpy"} & set(sys.modules))
    if foreign:
        _end(f"not a daemon's modules: {foreign}")
    figures = {"cycle_cpu_s": watch.cpu_s, "cycle_wall_s": watch.wall_s, "pictures": watch.pictures}
    figures |= {"state_bytes": sizes}
    print(json.dumps(figures | {"cycle_rss_mb": watch.rss_mb[: watch.cycles + 1], **watch.said}))


def _end(why: str) -> None:
    sys.stderr.write(why + "\n")
    sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    main()

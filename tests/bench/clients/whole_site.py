"""Cycles of the daemon at a whole site, one after the other as it serves them: what each took, saw and sent.

It is `agent.service.daemon.loop._cycle` with everything that `camwarden run` opens. The file `phase` beside the site's
says which process this is, and whether its memory is to be looked at now: those cycles come last and count in no other
figure.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from operator import sub
from pathlib import Path
from typing import Any

from agent.commands import run as command
from agent.host.files import write_atomic
from agent.service.cycle.cycle import CycleResult
from agent.service.daemon import loop
from agent.service.daemon.parts import parts_of
from agent.service.daemon.signals import Signals
from agent.site.config.load import load
from agent.site.config.site import Site
from drivers.picture import PictureSeen

SENT_WITHIN_S = 60.0


def main() -> None:
    """Run the cycles; print what was noted of each."""
    asked = json.load(sys.stdin)
    assert command.__name__ == "agent.commands.run"
    config = Path(asked["config"])
    ahead, phase = config.with_name("ahead"), config.with_name("phase")
    site = load(config)
    seen: list[CycleResult] = []
    loop._look_and_report = _kept(loop._look_and_report, seen)

    ahead_s = [0]

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=ahead_s[0])

    notes: list[dict[str, Any]] = []
    with Signals() as signals, parts_of(site, clock, signals.ring) as parts:
        for number in range(asked["warm"] + asked["cycles"] + asked["memory"]):
            state = "memory" if number >= asked["warm"] + asked["cycles"] else "cycle"
            write_atomic(phase, f"{os.getpid()} {state}".encode(), 0o600)
            ahead_s[0] = site.period_s * number
            write_atomic(ahead, str(ahead_s[0]).encode(), 0o600)  # for the devices and the hub
            before, begun, before_s = _traffic(asked["traffic"]), time.monotonic(), _cpu_s()
            if not loop._cycle(site, parts, signals, clock):
                raise SystemExit(f"cycle {number} was not reported")
            (own_s, of_children_s), wall_s = map(sub, _cpu_s(), before_s), time.monotonic() - begun
            after = _traffic(asked["traffic"])
            told = {name: [b - a for a, b in zip(before[name], after[name], strict=True)] for name in after}
            took = {"cpu_s": own_s + of_children_s, "worker_cpu_s": of_children_s, "wall_s": wall_s}
            notes.append({**took, "traffic": told, **_saw(site, seen.pop())})
        write_atomic(phase, b"0 done", 0o600)
        if parts.publisher is None or not parts.publisher.drained(SENT_WITHIN_S):
            raise SystemExit("not every report was sent")
    foreign = sorted({"cv2", "numpy"} & set(sys.modules))
    if foreign:
        raise SystemExit(f"not a daemon's modules: {foreign}")
    print(json.dumps(notes))


def _kept(real: Any, seen: list[CycleResult]) -> Any:
    def noted(*given: Any) -> Any:
        found = real(*given)
        seen.append(found[0])
        return found

    return noted


def _saw(site: Site, seen: CycleResult) -> dict[str, Any]:
    """Return what a cycle saw: pictures by path, cameras with one of this cycle, findings by check and status."""
    looks = [
        (one.camera.id, look) for one in site.cameras for look in seen.facts.all(f"camera:{one.camera.id}", PictureSeen)
    ]
    newest = max((look.taken_at for _, look in looks), default=datetime.now(UTC))
    fresh = [(name, look) for name, look in looks if newest - look.taken_at < timedelta(seconds=site.period_s / 2)]
    return {
        "pictures": Counter(str(look.path) for _, look in fresh),
        "cameras": len({name for name, _ in fresh}),
        "findings": Counter(f"{one.check} {one.status}" for one in seen.findings),
    }


def _traffic(port: int) -> dict[str, list[int]]:
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile() as told:
        found: dict[str, list[int]] = json.load(told)
    return found


def _cpu_s() -> tuple[float, float]:
    """Return the daemon's own time, and that of its children: a picture worker ends with its cycle."""
    times = os.times()
    return times.user + times.system, times.children_user + times.children_system


if __name__ == "__main__":
    main()

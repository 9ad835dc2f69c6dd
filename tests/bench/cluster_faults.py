"""Bench `cluster_faults`: nodes of a RabbitMQ cluster and a worker fail while sites report, and every report is sought.

Run: python tests/bench/cluster_faults.py [--quick] [--json] [--faults N]. What each figure means stands in README.md
beside this file. One that was broken off goes on behind the last fault: what is done stands in
build/cluster-faults/done.json, and goes when all of it is.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from fleet_parts import ROOT  # from here on what benches take from tests/support is found
from province import Province, connect, keep_alive, province, report, until

from agent.contract.watermark import read_watermark
from agent.hub.stores.engines import open_store
from measure.figures import Figure, flags, say, show

LOST: Final = Figure("lost", "reports", 0, "lower")
BREAKS: Final = Figure("order_breaks", "reports", 0, "lower")
FAULTS: Final = Figure("faults", "faults", 32, "higher")

DONE: Final = ROOT / "build" / "cluster-faults" / "done.json"

_EACH: Final = 8
_SITES: Final = 50
_HELD_S: Final = 5.0
_MADE_MOST: Final = 60
_CONFIRMED_WITHIN_S: Final = 300.0

Mend = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Round:
    """What became of one fault. `recovered_s`: until every report that was made before and during it is confirmed."""

    fault: str
    recovered_s: float
    reports: int
    lost: int
    order_breaks: int


def kill_node(running: Province, dice: random.Random) -> Mend:
    """End a node as a power cut does; it is started again when all is confirmed by the others."""
    node = dice.choice(running.nodes)
    node.kill()
    return node.start


def kill_worker(running: Province, dice: random.Random) -> Mend:
    """End a worker as a power cut does, and start it again at once, as systemd would."""
    worker = dice.choice(running.workers)
    worker.stop(signal.SIGKILL)
    worker.start()
    return lambda: None


def hold_node(running: Province, dice: random.Random) -> Mend:
    """Stop a node for a while without ending it: its connections stay open, and nothing answers."""
    node = dice.choice(running.nodes)
    node.signal(signal.SIGSTOP)
    time.sleep(_HELD_S)
    node.signal(signal.SIGCONT)
    return lambda: None


def take_room(running: Province, dice: random.Random) -> Mend:
    """Have a node believe for a while that its disk has no room: no node takes anything then, or says anything."""
    node = dice.choice(running.nodes)
    node.ctl("set_disk_free_limit", "1000000GB")
    time.sleep(_HELD_S)
    node.ctl("set_disk_free_limit", "50MB")
    return lambda: None


KINDS: Final = {
    "node_killed": kill_node,
    "worker_killed": kill_worker,
    "node_held": hold_node,
    "no_room": take_room,
}

QUICK: Final = ("node_killed", "worker_killed")


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "", "--faults")
    each = 1 if asked.quick else asked.number or _EACH
    rounds = [] if asked.quick else [Round(**one) for one in _read()]
    kinds = QUICK if asked.quick else tuple(KINDS)
    due = [name for name in kinds for _ in range(each - sum(one.fault == name for one in rounds))]
    random.shuffle(due)

    def done(one: Round) -> None:
        rounds.append(one)
        say(f"{one.fault}: all confirmed after {one.recovered_s} s, lost {one.lost}, order breaks {one.order_breaks}")
        if not asked.quick:
            DONE.parent.mkdir(parents=True, exist_ok=True)
            DONE.write_text(json.dumps([asdict(each) for each in rounds]))

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it has started ends with it
    if due:
        with (
            tempfile.TemporaryDirectory(prefix="cluster-faults-") as folder,
            province(Path(folder), 5 if asked.quick else _SITES) as running,
        ):
            asyncio.run(measured(running, due, done))
    show("cluster_faults", asked, *told(rounds))
    if not asked.quick:
        DONE.unlink(missing_ok=True)


def told(rounds: list[Round]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return figures and conditions."""
    figures = {
        FAULTS.name: FAULTS.of([len(rounds)]),
        LOST.name: LOST.of([sum(one.lost for one in rounds)]),
        BREAKS.name: BREAKS.of([sum(one.order_breaks for one in rounds)]),
    }
    by_kind = {name: [one.recovered_s for one in rounds if one.fault == name] for name in KINDS}
    recovered = {
        name: {"n": len(times), "median_s": round(statistics.median(times), 1), "worst_s": max(times)}
        for name, times in by_kind.items()
        if times
    }
    return figures, {"recovered": recovered, "reports": sum(one.reports for one in rounds), "workers": 4}


async def measured(running: Province, due: list[str], done: Callable[[Round], None]) -> None:
    """Let one fault after the other happen while sites report."""
    dice, alive = random.Random(), asyncio.create_task(keep_alive(running))
    before = (0, 0)
    try:
        await connect(running)
        for name in due:
            recovered_s, made = await one_fault(running, name, dice)
            now = account(running)
            done(Round(name, round(recovered_s, 1), made, now[0] - before[0], now[1] - before[1]))
            before = now
    finally:
        alive.cancel()
        with suppress(asyncio.CancelledError):
            await alive
        for one in running.sites:
            one.leave()
        await asyncio.sleep(0.2)


async def one_fault(running: Province, name: str, dice: random.Random) -> tuple[float, int]:
    """Return how long it took until all was confirmed, and how many reports there were meanwhile."""
    report(running)
    await asyncio.sleep(dice.random() * 0.3)  # somewhere in the middle of them
    began_s, made = time.monotonic(), 2 * len(running.sites)
    happens = asyncio.create_task(asyncio.to_thread(KINDS[name], running, dice))
    while not happens.done():
        if made < _MADE_MOST * len(running.sites):  # a slow machine takes its time over a fault
            report(running)
            made += 2 * len(running.sites)
        await asyncio.sleep(0.5)
    mend = await happens
    await until(lambda: all(one.drained for one in running.sites), _CONFIRMED_WITHIN_S)
    recovered_s = time.monotonic() - began_s
    await asyncio.to_thread(mend)
    return recovered_s, made


def account(running: Province) -> tuple[int, int]:
    """Return how many reports are lost, and how many the hub stored behind a later one of their stream, so far."""
    missing = breaks = 0
    with closing(open_store(running.hub, read_only=True)) as store:
        for one in running.sites:
            name, keys = one.life.site.id, {running.hub_key.kid: running.hub_key}
            streams = read_watermark(*one.last_mark, keys, name).streams if one.last_mark else {}
            newest: dict[str, int] = {}
            for (stream, seq), digest in one.made.items():
                found = store.reports.id_at(name, one.life.epoch, stream, seq)
                is_confirmed = stream in streams and seq <= streams[stream].seq
                missing += found is None or found[1] != digest or not is_confirmed
                if found is not None:
                    breaks += found[0] < newest.get(stream, 0)
                    newest[stream] = max(found[0], newest.get(stream, 0))
    return missing, breaks


def _read() -> list[dict[str, Any]]:
    with suppress(FileNotFoundError):
        found: list[dict[str, Any]] = json.loads(DONE.read_text())
        return found
    return []


if __name__ == "__main__":
    main()

"""Bench `cluster_faults`: nodes, workers, databases, disks and cables fail while sites report; every report is sought.

Run: python tests/bench/cluster_faults.py [--quick] [--json] [--faults N]; without --quick as root. What each figure
means stands in README.md beside this file, what each fault is in `province_faults.py`. One that was broken off goes
on behind the last fault: what is done stands in build/cluster-faults/done.json, and goes when all of it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from fleet_parts import ROOT  # from here on what benches take from tests/support is found
from province import Province, connect, keep_alive, province, report, until
from province_account import order_breaks
from province_faults import KINDS, QUICK

from agent.contract.watermark import read_watermark
from agent.hub.domain.rows.reports import AcceptedReport
from agent.hub.stores.engines import open_store
from measure.figures import Figure, flags, say, show

LOST: Final = Figure("lost", "reports", 0, "lower")
BREAKS: Final = Figure("order_breaks", "reports", 0, "lower")
FAULTS: Final = Figure("faults", "faults", 72, "higher")

DONE: Final = ROOT / "build" / "cluster-faults" / "done.json"

_EACH: Final = 8
_SITES: Final = 250
_SITES_QUICK: Final = 5
_SHARE: Final = 10  # of the sites one in so many reports at once while something fails
_BETWEEN_S: Final = 0.5
_MADE_MOST: Final = 60
_CONFIRMED_WITHIN_S: Final = 600.0
_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True)
class Round:
    """What became of one fault. `recovered_s`: until every report that was made before and during it is confirmed."""

    fault: str
    recovered_s: float
    reports: int
    lost: int
    order_breaks: int


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "", "--faults")
    each = 1 if asked.quick else asked.number or _EACH
    rounds = [] if asked.quick else [Round(**one) for one in _read()]
    sites = _SITES_QUICK if asked.quick else _SITES
    kinds = QUICK if asked.quick else tuple(KINDS)
    due = [name for name in kinds for _ in range(each - sum(one.fault == name for one in rounds))]
    random.shuffle(due)
    if due and not asked.quick:
        _own_namespaces()

    def done(one: Round) -> None:
        rounds.append(one)
        say(f"{one.fault}: all confirmed after {one.recovered_s} s, lost {one.lost}, order breaks {one.order_breaks}")
        if not asked.quick:
            DONE.parent.mkdir(parents=True, exist_ok=True)
            DONE.write_text(json.dumps([asdict(each) for each in rounds]))

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what it has started ends with it
    if due:
        with (
            tempfile.TemporaryDirectory(prefix="faults-", ignore_cleanup_errors=True) as folder,
            province(Path(folder), sites, is_apart=not asked.quick) as running,
        ):
            asyncio.run(measured(running, due, done))
    figures, conditions = told(rounds)
    show("cluster_faults", asked, figures, conditions | {"sites": sites})
    if not asked.quick:
        DONE.unlink(missing_ok=True)


def _own_namespaces() -> None:
    """Start again with networks and mounts of our own, which end with us."""
    if "FAULTS_NAMESPACES" in os.environ:
        return
    if os.geteuid():
        sys.exit("cluster_faults: makes networks and disks: run it as root, or with --quick")
    os.environ["FAULTS_NAMESPACES"] = "1"
    words = ["unshare", "--net", "--mount", "--propagation", "private", sys.executable, *sys.argv]
    os.execvp("unshare", words)  # noqa: S606  a fixed program


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
    return figures, {
        "recovered": recovered,
        "reports": sum(one.reports for one in rounds),
        "sites": _SITES,
        "workers": 4,
    }


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
    sites = dice.sample(running.sites, len(running.sites))
    share = max(1, len(sites) // _SHARE)
    report(sites)
    await asyncio.sleep(dice.random() * 0.3)  # somewhere in the middle of them
    began_s, made = time.monotonic(), 2 * len(sites)
    happens = asyncio.create_task(asyncio.to_thread(KINDS[name], running, dice))
    while not happens.done():
        if made < _MADE_MOST * len(sites):  # a slow machine takes its time over a fault
            report(sites[:share])
            sites = [*sites[share:], *sites[:share]]
            made += 2 * share
        await asyncio.sleep(_BETWEEN_S)
    mend = await happens
    await until(lambda: all(one.drained for one in running.sites), _CONFIRMED_WITHIN_S)
    recovered_s = time.monotonic() - began_s
    await asyncio.to_thread(mend)
    return recovered_s, made


def account(running: Province) -> tuple[int, int]:
    """Return how many reports are lost, and how many the hub stored behind a later one of their stream, so far."""
    stored, sent = list(_stored(running)), {}
    found = {(one.site, one.stream, one.seq, one.digest) for one in stored}
    missing, keys = 0, {running.hub_key.kid: running.hub_key}
    for site in running.sites:
        name = site.life.site.id
        streams = read_watermark(*site.last_mark, keys, name).streams if site.last_mark else {}
        for (stream, seq), digest in site.made.items():
            is_confirmed = stream in streams and seq <= streams[stream].seq
            missing += (name, stream, seq, digest) not in found or not is_confirmed
        sent |= {(name, *place): number for place, number in site.sent.items()}
    return missing, order_breaks(((one.site, one.stream, one.seq) for one in stored), sent)


def _stored(running: Province) -> Iterator[AcceptedReport]:
    last = 0
    with closing(open_store(running.hub, read_only=True)) as store:
        while some := store.reports.accepted_after(last, _AT_ONCE):
            yield from some
            last = some[-1].id


def _read() -> list[dict[str, Any]]:
    with suppress(FileNotFoundError):
        found: list[dict[str, Any]] = json.loads(DONE.read_text())
        return found
    return []


if __name__ == "__main__":
    main()

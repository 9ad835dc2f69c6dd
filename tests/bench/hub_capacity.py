"""Bench `hub_capacity`: how far the capacity model is from stores that are filled with synthetic sites.

Run: python tests/bench/hub_capacity.py [--quick] [--json] [--sites N]; README.md beside this says what figures mean.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]

from hub_city_site import CAMERAS, EVENTS, HEALTHS  # noqa: E402
from hub_province_hub import Hub  # noqa: E402
from hub_province_room import Filled, file_bytes, filled, reports_bytes  # noqa: E402
from postgres import PostgresServer  # noqa: E402

from agent.hub.domain.capacity.model import DAY_S, Load, Topology, day_bytes, intake_cpu_s  # noqa: E402
from agent.hub.stores.postgres.store import Store  # noqa: E402
from measure.figures import Figure, flags, say, show  # noqa: E402

BYTES: Final = Figure("bytes_off_ratio", "x", 1.25, "lower")
CPU: Final = Figure("cpu_off_ratio", "x", 2, "lower")
SERVER: Final = Figure("server_work_ratio", "x", 1, "lower")

HOURS: Final = (2, 18)
"""Four hours behind the first two periods of each site: 16 health reports and an event of it."""

OF_HOURS: Final = (16, 1, 0)
OF_DAY: Final = (HEALTHS, EVENTS, 1)
DAY_SITES: Final = 20


class Off(NamedTuple):
    """How many times what a store was filled with is larger than the model says, or smaller: above 1 in any case."""

    size: float
    time: float
    bytes_each: float
    per_cpu_s: float


def off(one: Filled, sites: int, of_site: tuple[int, int, int], topology: Topology) -> Off:
    """Compare with the model. Raises RuntimeError: a report was not stored, so that no figure is worth anything."""
    healths, events, configs = of_site
    if one.reports != sites * sum(of_site):
        raise RuntimeError(f"{one.reports} reports were stored of {sites * sum(of_site)}")
    load = Load(sites=sites, cameras=CAMERAS, period_s=DAY_S // healths, events=events, configs=configs)
    of_bytes = one.grown_bytes / (sites * day_bytes(load, topology))
    of_cpu_s = one.reports / one.per_cpu_s / intake_cpu_s(load, topology)
    return Off(max(of_bytes, 1 / of_bytes), max(of_cpu_s, 1 / of_cpu_s), one.grown_bytes / one.reports, one.per_cpu_s)


def _tree_cpu_s(pid: int) -> float:
    """Return the CPU time of a process, of those that it started, and of those of them that have ended."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if pid in (int(path.parent.name), int(words[1])):
            ticks += sum(map(int, words[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def hours(directory: Path, sites: int) -> Filled:
    """Fill SQLite with four hours of all sites."""
    hub = Hub(directory, "sqlite", ())
    return filled(hub, "sqlite", sites, HOURS, True, lambda: file_bytes(hub.directory))


def hours_of_server(directory: Path, sites: int, server: PostgresServer) -> tuple[Filled, float]:
    """Fill PostgreSQL with the same; return also the CPU time of the server for each second of its workers."""
    server.place(directory)
    hub = Hub(directory, "postgres", ())
    with closing(Store(hub.directory)):
        pass
    pid = int((server.directory / "data" / "postmaster.pid").read_text().split()[0])
    server_cpu_s: list[float] = []

    def size() -> int:
        server_cpu_s.append(_tree_cpu_s(pid))
        return reports_bytes(server)

    found = filled(hub, "postgres", sites, HOURS, True, size)
    _, before, after = server_cpu_s
    return found, (after - before) / (found.reports / found.per_cpu_s)


def second_day(directory: Path, sites: int) -> Filled:
    """Fill SQLite with a day of some sites behind their first one."""
    hub = Hub(directory, "sqlite", ())
    return filled(hub, "sqlite", sites, (HEALTHS, 2 * HEALTHS), True, lambda: file_bytes(hub.directory))


def main() -> None:
    """Fill stores, and print how far the model is from them."""
    asked = flags(__doc__ or "", "--sites")
    sites = asked.number or (32 if asked.quick else 1_000)
    with tempfile.TemporaryDirectory() as name, PostgresServer(durable=True) as server:
        say(f"{sites} sites in SQLite")
        found = {"sqlite": off(hours(Path(name) / "sqlite", sites), sites, OF_HOURS, "one-process")}
        say(f"{found}; in PostgreSQL")
        there, of_server = hours_of_server(Path(name) / "postgres", sites, server)
        found["postgres"] = off(there, sites, OF_HOURS, "cluster")
        say(f"{found}; a whole day in SQLite")
        some = min(sites, DAY_SITES)
        found["day"] = off(second_day(Path(name) / "day", some), some, OF_DAY, "one-process")
    sizes, times = [one.size for one in found.values()], [one.time for one in found.values()]
    figures = {
        BYTES.name: BYTES.of(sizes) | {"value": round(max(sizes), 3)},
        CPU.name: CPU.of(times) | {"value": round(max(times), 3)},
        SERVER.name: SERVER.of([of_server]),
    }
    conditions: dict[str, Any] = {"sites": sites} | {kind: one._asdict() for kind, one in found.items()}
    show("hub_capacity", asked, figures, conditions)


if __name__ == "__main__":
    main()

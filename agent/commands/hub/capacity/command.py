"""Prints load, topology, machines and cost of a hub of so many sites: `camwarden hub capacity`."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from math import ceil
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from agent.hub.domain.capacity.coefficients import ASSUMED, MEASURED
from agent.hub.domain.capacity.model import Capacity, Load, Machine, Name, Prices, Role, Sized, Topology, capacity
from agent.model.errors import UsageError
from agent.model.exits import OK
from agent.model.finding import Json, Message
from agent.text.translate import render, translate

Levels = Sequence[tuple[int, Capacity]]
"""How many hubs of a kind there are, and what each needs."""

SCHEMA: Final = "camwarden-hub-capacity/1"

_LEAST: Final = 0.001

FIGURES: Final[Mapping[Name, tuple[str, str]]] = {
    "reports_per_s": ("reports that come in", "1/s"),
    "network_mbit_s": ("network", "Mbit/s"),
    "intake_cores": ("cores that intake keeps busy", ""),
    "log_cores": ("cores that the log keeps busy", ""),
    "server_cores": ("cores that PostgreSQL keeps busy", ""),
    "workers": ("processes that take reports", ""),
    "catch_up_h": ("to take what a day without a hub left", "h"),
    "store_gb_per_day": ("reports stored in a day, at first", "GB"),
    "store_tb": ("reports, once as many are deleted as come", "TB"),
    "log_tb": ("log of accepted reports by then; it goes on growing", "TB"),
    "writes_per_s": ("writes to the disk of reports, at most", "1/s"),
    "hub_memory_gb": ("memory of these processes", "GB"),
    "page_memory_gb": ("memory of the page for people", "GB"),
    "server_memory_gb": ("memory of PostgreSQL", "GB"),
    "broker_memory_gb": ("memory of a node of the broker", "GB"),
    "city_page_s": ("to show the page of all sites", "s"),
    "question_s": ("to answer a question over all sites, 95 of 100", "s"),
}
TOPOLOGIES: Final[Mapping[Topology, Message]] = {
    "one-process": Message("one machine: one hub with its reports in SQLite, its page, and mosquitto"),
    "cluster": Message(
        "PostgreSQL and a standby, {workers} workers with the page on one machine, three nodes of RabbitMQ"
    ),
}
ROLES: Final[Mapping[Role, str]] = {
    "database": "PostgreSQL, its standby",
    "hub": "hub",
    "broker": "node of the broker",
}
_ONE: Final = Message("one hub, {sites} sites, {cameras} cameras each, a health report each {period_s} s:")
_MANY: Final = Message(
    "{hubs} hubs of cities, each: {sites} sites, {cameras} cameras each; all forward to the last one:"
)
_BASIS: Final = (
    "measured: benches measured all that is in it, with as many sites or more",
    "reckoned: multiplied on from fewer sites, or with numbers that nobody measured; --json names each",
)


def run(args: argparse.Namespace) -> int:
    """Print the levels: what one hub needs, or those of cities and the one above them. Raises UsageError."""
    load = Load(
        sites=args.sites, cameras=args.cameras, period_s=args.period, events=args.events, configs=args.configs,
        keep_days=args.keep_days, within_h=args.within,
    )  # fmt: skip
    if args.cities > args.sites:
        raise UsageError(
            "{cities} hubs for {sites} sites: name fewer with --cities", cities=args.cities, sites=args.sites
        )
    levels = _levels(load, args.cities)
    named = (args.price_core, args.price_gb, args.price_tb, args.price_mbit)
    prices = Prices(*(price or 0.0 for price in named)) if any(price is not None for price in named) else None
    if args.json:
        print(json.dumps(capacity_json(levels, prices), ensure_ascii=False))
    else:
        _show(levels, prices, Console(no_color=args.no_color, highlight=False), args.lang)
    return OK


def _levels(load: Load, cities: int) -> Levels:
    """Return how many hubs there are of each kind, those of cities first."""
    if not cities:
        return ((1, capacity(load)),)
    return (cities, capacity(replace(load, sites=ceil(load.sites / cities)))), (1, capacity(load))


def capacity_json(levels: Levels, prices: Prices | None) -> dict[str, Json]:
    """Return what `--json` prints."""
    return {
        "schema": SCHEMA,
        "levels": [
            {
                "hubs": hubs,
                "load": asdict(found.load),
                "topology": found.topology,
                "figures": [
                    {"name": one.name, "value": _rounded(one.value), "unit": FIGURES[one.name][1],
                     "basis": _basis(one), "of": list(one.of)}
                    for one in found.figures
                ],
                "machines": [asdict(one) for one in found.machines],
            }
            for hubs, found in levels
        ],
        "total": {
            "cores": _total(levels, lambda one: one.cores),
            "memory_gb": _total(levels, lambda one: one.memory_gb),
            "disk_tb": _rounded(_total(levels, lambda one: one.disk_tb)),
            "cost": None if prices is None else _rounded(_cost(levels, prices)),
        },
        "coefficients": {
            **{name: {"basis": "measured", **asdict(one)} for name, one in MEASURED.items()},
            **{name: {"basis": "assumed", **asdict(one)} for name, one in ASSUMED.items()},
        },
    }  # fmt: skip


def _cost(levels: Levels, prices: Prices) -> float:
    return sum(hubs * found.cost(prices) for hubs, found in levels)


def _total(levels: Levels, of: Callable[[Machine], float]) -> float:
    return sum(hubs * one.count * of(one) for hubs, found in levels for one in found.machines)


def _basis(one: Sized) -> str:
    return "measured" if one.is_measured else "reckoned" if one.of else ""


def _rounded(value: float) -> float:
    """Return three digits that count: the rest is nobody's knowledge."""
    return float(f"{value:.3g}")


def shown(value: float) -> str:
    """Return a number for people: three digits, and no powers of ten."""
    return f"{_rounded(value):,g}" if value >= _LEAST else f"< {_LEAST:g}"


def _show(levels: Levels, prices: Prices | None, console: Console, lang: str) -> None:
    for hubs, found in levels:
        load = asdict(found.load)
        heading = _MANY if hubs > 1 else _ONE
        console.print(render(Message(heading.template, {**load, "hubs": hubs}), lang), soft_wrap=True)
        topology = Message(TOPOLOGIES[found.topology].template, {"workers": int(found.value("workers"))})
        console.print(render(topology, lang), soft_wrap=True)
        console.print(_figures(found, lang))
        console.print(_machines(found, lang))
    cores, memory, disk = (
        f"{_total(levels, of):g}"
        for of in (lambda one: one.cores, lambda one: one.memory_gb, lambda one: round(one.disk_tb, 1))
    )
    whole = Message("in all: {cores} cores, {memory} GB of memory, {disk} TB of disk; backups are not in it", {
        "cores": cores, "memory": memory, "disk": disk,
    })  # fmt: skip
    console.print(render(whole, lang), soft_wrap=True)
    if prices is not None:
        cost = Message("cost, by the prices named: {cost}", {"cost": f"{_cost(levels, prices):,.0f}"})
        console.print(render(cost, lang), soft_wrap=True)
    for line in _BASIS:
        console.print(translate(line, lang), soft_wrap=True)


def _figures(found: Capacity, lang: str) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    for one in found.figures:
        words, unit = FIGURES[one.name]
        table.add_row(translate(words, lang), shown(one.value), unit, translate(_basis(one), lang))
    return table


def _machines(found: Capacity, lang: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("machine", "how many", "cores", "memory, GB", "disk, TB"):
        table.add_column(translate(name, lang), justify="left" if name == "machine" else "right")
    for one in found.machines:
        numbers = (f"{number:g}" for number in (one.count, one.cores, one.memory_gb, one.disk_tb))
        table.add_row(translate(ROLES[one.role], lang), *numbers)
    return table

"""Calculates the load of so many sites, the topology that follows, and what its machines need. Pure.

Each figure names the coefficients that it was made of. It is `measured` where benches measured all of them, with at
least as many sites; else it is reckoned, and says so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final, Literal

from agent.hub.domain.capacity.coefficients import (
    ASSUMED,
    BENCH_SITES,
    CAMERAS,
    EVENTS,
    HEALTHS,
    LOG_SITES,
    MEASURED,
)
from agent.hub.domain.kept import KEPT_DAYS
from agent.hub.domain.retention import CHANGES, FULL

DAY_S: Final = 86_400
MONTH_DAYS: Final = 31
ONE_PROCESS_SITES: Final = 10_000
"""One process with SQLite was filled with so many sites, and no more."""

LARGEST_CONFIG_CAMERAS: Final = 64
"""Cameras of the site whose payloads bench `delivery` measured."""

Topology = Literal["one-process", "cluster"]
Role = Literal["database", "hub", "broker"]
Name = Literal[
    "reports_per_s", "network_mbit_s", "intake_cores", "log_cores", "server_cores", "workers", "catch_up_h",
    "store_gb_per_day", "store_tb", "log_tb", "writes_per_s", "hub_memory_gb", "page_memory_gb", "server_memory_gb",
    "broker_memory_gb", "city_page_s", "question_s",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is asked of a hub. `cameras`, `events` and `configs` are of one site; the last two of one day.

    `within_h`: so soon everything that sites stored in a day without a hub has to be taken.
    """

    sites: int
    cameras: int = CAMERAS
    period_s: int = 900
    events: float = EVENTS
    configs: float = 1
    keep_days: int = KEPT_DAYS
    within_h: float = 4

    @property
    def healths(self) -> float:
        """Health reports of a site and day."""
        return DAY_S / self.period_s

    @property
    def reports(self) -> float:
        """Reports of all sites and a day."""
        return self.sites * (self.healths + self.events + self.configs)


@dataclass(frozen=True, slots=True)
class Sized:
    """One figure. `of`: names of what it was made of, none where it follows from the load alone.

    `is_measured`: benches measured all of that, for so many sites.
    """

    name: Name
    value: float
    of: tuple[str, ...]
    is_measured: bool


@dataclass(frozen=True, slots=True)
class Machine:
    """So many machines of one kind: cores, memory and disk are of each."""

    role: Role
    count: int
    cores: int
    memory_gb: int
    disk_tb: float


@dataclass(frozen=True, slots=True)
class Prices:
    """What a core, a GB of memory, a TB of disk and a Mbit/s cost, in one currency and time that the user knows."""

    core: float = 0
    gb: float = 0
    tb: float = 0
    mbit: float = 0


@dataclass(frozen=True, slots=True)
class Capacity:
    """The topology that follows from a load, its figures, and its machines."""

    load: Load
    topology: Topology
    figures: tuple[Sized, ...]
    machines: tuple[Machine, ...]

    def value(self, name: Name) -> float:
        """Return a figure."""
        return next(one.value for one in self.figures if one.name == name)

    def cost(self, prices: Prices) -> float:
        """Return what all machines and the network cost."""
        of_machines = sum(
            one.count * (one.cores * prices.core + one.memory_gb * prices.gb + one.disk_tb * prices.tb)
            for one in self.machines
        )
        return of_machines + self.value("network_mbit_s") * prices.mbit


def capacity(load: Load) -> Capacity:
    """Return what a hub for this load needs: several workers where one process was not tried with so many sites."""
    alone = _figures(load, "one-process")
    busy = next(one.value for one in alone if one.name == "intake_cores")
    late_h = next(one.value for one in alone if one.name == "catch_up_h")
    fits = load.sites <= ONE_PROCESS_SITES and busy <= ASSUMED["busy"].value and late_h <= load.within_h
    topology: Topology = "one-process" if fits else "cluster"
    figures = alone if fits else _figures(load, topology)
    values = {one.name: one.value for one in figures}
    return Capacity(load, topology, figures, _one_machine(values) if fits else _cluster(values))


def day_bytes(load: Load, topology: Topology) -> float:
    """Return what a day of one site adds to the store while no age has dropped anything.

    An event takes what a health report does; what else a day of the bench adds is its configuration report's.
    """
    health, day = _bytes_of(topology)
    config = max(0.0, day - health * (HEALTHS + EVENTS))
    return health * (load.healths + load.events) + load.configs * config * load.cameras / CAMERAS


def kept_bytes(load: Load, topology: Topology) -> float:
    """Return what one site takes once its reports are deleted as fast as they come.

    SQLite uses the room of dropped bodies again; PostgreSQL only within the month, so none of it is counted there.
    """
    day, (health, _) = day_bytes(load, topology), _bytes_of(topology)
    if topology == "cluster":
        return day * load.keep_days
    body = health * _number("body_share")
    whole = min(load.keep_days, FULL.days)
    thin = min(load.keep_days, CHANGES.days) - whole
    bare = load.keep_days - whole - thin
    return (
        whole * day
        + thin * (day - max(0.0, load.healths - 1) * body)
        + bare * (health - body) * (load.healths + load.events + load.configs)
    )


def _bytes_of(topology: Topology) -> tuple[float, float]:
    """Return the bytes of a health report, and those of a whole day of one site in the bench."""
    store = "postgres" if topology == "cluster" else "sqlite"
    return _number(f"health_{store}"), _number(f"day_{store}") * 1e9 / BENCH_SITES


def intake_cpu_s(load: Load, topology: Topology) -> float:
    """Return the CPU time of intake for a day of all sites, in the process that takes it."""
    configs = load.configs * _number("config_work") * load.cameras / CAMERAS
    return load.sites * (load.healths + load.events + configs) * _report_cpu_s(topology)


def _report_cpu_s(topology: Topology) -> float:
    """Return the CPU time of one health report. SQLite's figure is of whole days, so that it has configurations."""
    if topology == "cluster":
        return 1 / _number("intake_postgres")
    work = HEALTHS + EVENTS + _number("config_work")
    return (HEALTHS + EVENTS + 1) / work / _number("intake_sqlite")


def _number(name: str) -> float:
    return (MEASURED[name] if name in MEASURED else ASSUMED[name]).value


def _figures(load: Load, topology: Topology) -> tuple[Sized, ...]:
    is_cluster = topology == "cluster"
    store = "postgres" if is_cluster else "sqlite"
    intake, stored, question = f"intake_{store}", (f"health_{store}", f"day_{store}"), f"question_{store}"
    copies = "copies_rabbitmq" if is_cluster else "copies_mosquitto"
    cpu_s = intake_cpu_s(load, topology)
    busy, behind = cpu_s / DAY_S / _number("busy"), cpu_s / 3600 / load.within_h
    workers = max(2, ceil(busy), ceil(behind)) if is_cluster else 1
    per_s = load.reports / DAY_S
    payloads = (load.healths + load.events) * _number("health_wire") + load.configs * (
        _number("config_wire") * load.cameras / LARGEST_CONFIG_CAMERAS
    )
    carried = load.sites * payloads + load.reports * _number("message")
    many = max(1.0, load.sites / ONE_PROCESS_SITES)
    bench_day = LOG_SITES * (HEALTHS + EVENTS + 1)
    made: list[tuple[Name, float, tuple[str, ...]]] = [
        ("reports_per_s", per_s, ()),
        (
            "network_mbit_s",
            carried * 8 / DAY_S / 1e6 * _number(copies),
            ("health_wire", "config_wire", "message", copies),
        ),
        ("intake_cores", cpu_s / DAY_S, (intake, "config_work")),
        ("log_cores", _number("log_day") * load.reports / bench_day / DAY_S, ("log_day",)),
        ("workers", workers, (intake, "config_work", "busy")),
        ("catch_up_h", cpu_s / 3600 / workers, (intake, "config_work")),
        ("store_gb_per_day", load.sites * day_bytes(load, topology) / 1e9, stored),
        ("store_tb", load.sites * kept_bytes(load, topology) / 1e12, (*stored, "body_share")),
        ("log_tb", load.reports * load.keep_days * _number("log_bytes") / 1e12, ("log_bytes",)),
        ("writes_per_s", per_s * _number("writes"), ("writes",)),
        ("hub_memory_gb", many * workers * _number("hub_memory") / 1e3, ("hub_memory",)),
        ("page_memory_gb", many * _number("page_memory") / 1e3, ("page_memory",)),
        ("broker_memory_gb", load.sites * _number("session") / 1e6 + _number("system"), ("session", "system")),
        ("city_page_s", many * _number("city_page") / 1e3, ("city_page",)),
        (
            "question_s",
            max(1.0, load.sites / MEASURED[question].sites_most) * _number(question) / 1e3,
            (question,),
        ),
    ]
    if is_cluster:
        made += [
            ("server_cores", cpu_s / DAY_S * _number("server_work"), (intake, "server_work")),
            ("server_memory_gb", load.reports * MONTH_DAYS * _number("index_bytes") / 1e9, ("index_bytes",)),
        ]
    return tuple(Sized(name, value, of, _is_measured(of, load.sites)) for name, value, of in made)


def _is_measured(of: Collection[str], sites: int) -> bool:
    return bool(of) and all(name in MEASURED and sites <= MEASURED[name].sites_most for name in of)


def _one_machine(values: Mapping[Name, float]) -> tuple[Machine, ...]:
    """Return hub, page and broker on one machine: a core for the page, and what is half busy."""
    cores = 1 + ceil((values["intake_cores"] + values["log_cores"]) / _number("busy"))
    memory = values["hub_memory_gb"] + values["page_memory_gb"] + values["broker_memory_gb"] + _number("system")
    disk = (values["store_tb"] + values["log_tb"]) * _number("spare")
    return (Machine("hub", 1, cores, _whole(memory), _tenths(disk)),)


def _cluster(values: Mapping[Name, float]) -> tuple[Machine, ...]:
    """Return a database with a standby, workers and page beside each other, and three nodes of the broker."""
    spare, system = _number("spare"), _number("system")
    log = ceil(values["log_cores"] / _number("busy"))
    of_server = ceil(values["server_cores"] / _number("busy"))
    of_node = ceil(values["reports_per_s"] / _number("node_reports") / _number("busy"))
    memory = values["hub_memory_gb"] + values["page_memory_gb"] + system
    return (
        Machine("database", 2, max(2, of_server), _whole(values["server_memory_gb"] + system),
                _tenths(values["store_tb"] * spare)),
        Machine("hub", 1, int(values["workers"]) + log + 1, _whole(memory), _tenths(values["log_tb"] * spare)),
        Machine("broker", 3, max(2, of_node), _whole(values["broker_memory_gb"]), 0.1),
    )  # fmt: skip


def _whole(gb: float) -> int:
    """Return memory as it is sold: the next power of two, at least 2."""
    size = 2
    while size < gb:
        size *= 2
    return size


def _tenths(tb: float) -> float:
    return ceil(tb * 10) / 10

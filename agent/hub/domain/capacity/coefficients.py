"""Lists what the capacity model rests on: figures that benches measured, each with its name, and assumptions.

A measured one holds for as many sites as its bench had: behind that it is multiplied on, and what comes of it is
reckoned. `tests/hub/domain/test_capacity.py` compares each with the page that records the last run of its bench.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure of a bench. `sites_most`: so many sites it had."""

    value: float
    unit: str
    bench: str
    figure: str
    sites_most: int


@dataclass(frozen=True, slots=True)
class Assumed:
    """A number that no bench measured, and the reason for it."""

    value: float
    unit: str
    why: str


HEALTHS: Final = 96
EVENTS: Final = 9
CAMERAS: Final = 15
"""A day of a site in the benches: so many health reports and events, one configuration report, so many cameras."""

BENCH_SITES: Final = 100_000
LOG_SITES: Final = 5_000
"""As many sites the figures `gb_per_day_100k` and `log_cpu_s_per_day_5000_sites` are multiplied up to."""

MEASURED: Final[Mapping[str, Measured]] = {
    "intake_sqlite": Measured(2614, "1/s", "hub_city", "intake_per_cpu_s", 40),
    "intake_postgres": Measured(1774, "1/s", "hub_province", "four_hours_per_cpu_s", 100_000),
    "health_sqlite": Measured(394, "B", "hub_province", "sqlite_bytes_per_health_report", 100_000),
    "health_postgres": Measured(421.1, "B", "hub_province", "bytes_per_health_report", 100_000),
    "day_sqlite": Measured(4.53, "GB", "hub_province", "sqlite_gb_per_day_100k", 200),
    "day_postgres": Measured(6.242, "GB", "hub_province", "gb_per_day_100k", 200),
    "hub_memory": Measured(86, "MB", "hub_city", "hub_pss_mb", 10_000),
    "page_memory": Measured(237, "MB", "hub_pages", "hub_pss_mb", 10_000),
    "city_page": Measured(336, "ms", "hub_pages", "city_page_ms", 10_000),
    "question_sqlite": Measured(42.3, "ms", "hub_ask", "ask_p95_ms", 2_000),
    "question_postgres": Measured(1174, "ms", "hub_province", "ask_p95_ms", 100_000),
    "health_wire": Measured(3922, "B", "delivery", "health_64_bytes", 1),
    "config_wire": Measured(32759, "B", "delivery", "config_64_bytes", 1),
}

ASSUMED: Final[Mapping[str, Assumed]] = {
    "config_work": Assumed(20, "", "a configuration report of 15 cameras is as much work as so many health reports"),
    "body_share": Assumed(0.31, "", "so much of a health report's bytes is its body, which is dropped by age"),
    "log_day": Assumed(12.3, "s", "CPU time of the log for 5,000 sites and a day, from 24 looks of bench `hub_log`"),
    "server_work": Assumed(1, "", "PostgreSQL takes as much CPU time for a report as the worker; 0.4 with 32 sites"),
    "log_bytes": Assumed(50, "B", "salt and hashes of a report in the log, which only grows"),
    "busy": Assumed(0.5, "", "no core is to be busier than this at the usual rate"),
    "index_bytes": Assumed(68, "B", "indexes of this month's reports stay in PostgreSQL's memory, for each report"),
    "session": Assumed(100, "kB", "memory of a broker's node for a site that is connected"),
    "system": Assumed(0.5, "GB", "memory of each machine's system, and of a broker without a site"),
    "node_reports": Assumed(1000, "1/s", "a core of a broker's node passes on so many reports"),
    "message": Assumed(1000, "B", "signature, properties, TLS and answers, beside the payload of each report"),
    "copies_mosquitto": Assumed(2, "", "each report passes the network twice: to the broker and to the hub"),
    "copies_rabbitmq": Assumed(4, "", "each report passes the network four times: in, to two further nodes, and out"),
    "writes": Assumed(3, "", "writes to the disk for a report that comes alone: log, row, index"),
    "spare": Assumed(1.3, "", "so much disk for each byte that is stored: files are rewritten, and need room"),
}

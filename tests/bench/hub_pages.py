"""Bench `hub_pages`: how long people and programs wait for the hub's page of a city of 10,000 sites.

Run: python tests/bench/hub_pages.py [--quick] [--json]. What each figure means stands in README.md beside this file.
"""

from __future__ import annotations

import http.client
import math
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), *(str(ROOT / "tests" / name) for name in ("", "support", "bench"))]

from fleet_parts import environment  # noqa: E402
from hub_city import FILTERS, HEALTHS_IN_CITY, SITES, memory  # noqa: E402
from hub_city_fill import add_days_up, fill  # noqa: E402
from hub_city_site import CAMERAS, CHECKS  # noqa: E402

from agent.contract.chain import utc_text  # noqa: E402
from agent.hub.domain.people.rows import PersonRow  # noqa: E402
from agent.hub.domain.rows.city_map import NO_MAP, MapFile, MapWord, Outline  # noqa: E402
from agent.hub.stores.page.people import People  # noqa: E402
from agent.hub.stores.store import Store  # noqa: E402
from agent.hub.web.people import passwords  # noqa: E402
from agent.hub.web.people.sessions import cookie_name, new_secret, secret_digest  # noqa: E402
from measure.figures import Figure, flags, say, show  # noqa: E402

CITY = Figure("city_page_ms", "ms", 300, "lower")
SITE = Figure("site_page_ms", "ms", 150, "lower")
FINDINGS = Figure("findings_page_p95_ms", "ms", 200, "lower")
PAGE = Figure("page_kb", "KB", 150, "lower")
API = Figure("api_per_s", "1/s", 300, "higher")
PSS = Figure("hub_pss_mb", "MB", 300, "lower")
SLOW = Figure("slow_clients_survived", "clients", 200, "higher")
LOGINS = Figure("logins_under_attack_ok_ratio", "", 1, "higher")

PASSWORD: Final = "a sentence as a password"
EMPTY_PAGES: Final = ("/", "/findings", "/silent", "/trends", "/assessment", "/orders", "/holds", "/account")
SLOW_CLIENTS: Final = 210
ATTACKERS: Final = 40
LOGGED_IN_WITHIN_S: Final = 10.0
ANSWERED_WITHIN_S: Final = 60.0


@dataclass(frozen=True)
class Served:
    """`camwarden hub serve` as a process, and a session at it."""

    child: subprocess.Popen[str]
    port: int
    cookie: str

    def get(self, path: str) -> bytes:
        """Return a page. Raises RuntimeError for any other answer: no time of one is worth anything."""
        status, body, _ = asked(self.port, "GET", path, headers={"Cookie": self.cookie})
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
        return body

    def get_ms(self, path: str) -> float:
        """Return how long a page takes, from the connection to its last byte."""
        begun = time.perf_counter()
        self.get(path)
        return 1000 * (time.perf_counter() - begun)

    def cpu_s(self) -> float:
        """Return the process's user and system time so far."""
        fields = Path(f"/proc/{self.child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def pss_mb(self) -> float:
        """Return its proportional memory now, 10^6 bytes."""
        lines = Path(f"/proc/{self.child.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))


def asked(
    port: int, method: str, path: str, form: dict[str, str] | None = None, address: str = "127.0.0.1", **more: Any
) -> tuple[int, bytes, int]:
    """Send a request as a browser does, on a connection of its own; return status, body, and seconds to wait."""
    origin = f"http://127.0.0.1:{port}"
    headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin", "Accept-Language": "zh-CN", **more.get("headers", {})}
    if form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWERED_WITHIN_S, source_address=(address, 0))
    with closing(connection):
        connection.request(method, path, urlencode(form).encode() if form is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), int(answer.headers.get("Retry-After", 0))


@contextmanager
def serving(directory: Path) -> Iterator[Served]:
    """Serve a hub's folder as a process while the block runs, with a session of somebody who sees everything."""
    now, secret = utc_text(datetime.now(UTC)), new_secret()
    with closing(People(directory)) as people:
        for name in ("head", *(f"person-{number}" for number in range(10))):
            stored = passwords.hashed(PASSWORD) if name != "head" else ""
            people.keep_person(PersonRow(name=name, role="administrator", password=stored, made_at=now))
        people.keep_session(secret_digest(secret), "head", "127.0.0.1", now)
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-P", "-m", "agent", "hub", "serve", "--data", str(directory), "--port", str(port)]
    child = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True, env=environment())
    try:
        if child.stdout is None or '"ready"' not in child.stdout.readline():
            raise RuntimeError("the page did not start")
        yield Served(child, port, f"{cookie_name(False)}={secret}")
    finally:
        child.terminate()
        child.wait(30)


def pages(served: Served, sites: int, repeats: int) -> dict[str, dict[str, Any]]:
    """Time the pages that people open."""
    rng = random.Random(25)
    served.get("/")  # the first one reads every key
    city_ms = [served.get_ms("/") for _ in range(repeats)]
    some = [f"S{rng.randrange(sites):05}" for _ in range(3 * repeats)]
    site_ms = [served.get_ms(f"/sites/{site}") for site in some]
    listed_ms = []
    for wanted in FILTERS:
        days = {**wanted, "since": f"{wanted['since']}-01-01"} if "since" in wanted else wanted
        address = f"/findings?{urlencode(days)}"
        for _ in range(max(1, repeats // 3)):
            listed_ms.append(served.get_ms(address))
        if (following := _next_page(served.get(address).decode())) is not None:
            listed_ms.append(served.get_ms(following))
    p95 = statistics.quantiles(listed_ms, n=20)[-1]
    finding_ms = [
        served.get_ms(f"/sites/{site}/findings/{rng.choice(CHECKS)}/{quote(f'camera:camera-{rng.randrange(CAMERAS)}')}")
        for site in some
    ]
    say(f"one finding: {statistics.median(finding_ms):.0f} ms")
    return {
        CITY.name: CITY.of(city_ms),
        SITE.name: SITE.of(site_ms),
        FINDINGS.name: FINDINGS.of(listed_ms) | {"value": round(p95, 3)},
    }


def load_map(directory: Path, sites: int) -> None:
    """Place every site of a city around five centres, before six districts of 500 points."""
    rng = random.Random(7)
    centres = [(113.30, 40.08), (113.13, 40.03), (113.61, 40.02), (113.75, 40.36), (112.7, 39.82)]
    placed = {
        f"S{number:05}": (rng.gauss(centres[number % 5][0], 0.06), rng.gauss(centres[number % 5][1], 0.04))
        for number in range(sites)
    }
    turns = [2 * math.pi * number / 500 for number in range(501)]
    outlines = tuple(
        Outline(f"District {number}", (tuple((lon + 0.2 * math.cos(a), lat + 0.15 * math.sin(a)) for a in turns),))
        for number, (lon, lat) in enumerate((*centres, (114.0, 40.4)))
    )
    word = MapWord(by="bench", why="bench", at=utc_text(datetime.now(UTC)), frame="wgs84", digest="")
    with closing(Store(directory)) as store:
        store.city_map.keep(NO_MAP.with_file(MapFile(sites=placed, outlines=outlines), word))


def _next_page(text: str) -> str | None:
    before, found, behind = text.partition('<a rel="next" href="')
    return behind.partition('"')[0].replace("&amp;", "&") if before and found else None


def api(served: Served, requests: int) -> list[float]:
    """Return how many filtered pages of 50 findings the process answers in a second of its CPU time."""
    path = "/api/v1/findings?division=140011&status=fail&limit=50"
    served.get(path)
    rates = []
    for _ in range(3):
        begun = served.cpu_s()
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(served.get, [path] * requests))
        rates.append(requests / (served.cpu_s() - begun))
    return rates


def slow_clients(served: Served) -> float:
    """Return beside how many connections that never end their head an honest request is answered; else 0."""
    with ExitStack() as until:
        for _ in range(SLOW_CLIENTS):
            one = until.enter_context(closing(socket.create_connection(("127.0.0.1", served.port), timeout=5)))
            one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1")
        served.get("/findings")
    return float(SLOW_CLIENTS)


def logins(served: Served, wrong: int, right: int) -> float:
    """Return the share of right log-ins that succeed in time while wrong ones come from many addresses."""
    left = iter(range(wrong))
    lock = threading.Lock()

    def attack(number: int) -> None:
        while True:
            with lock:
                if next(left, None) is None:
                    return
            form = {"name": f"person-{number % 10}", "password": "a wrong one"}
            asked(served.port, "POST", "/login", form, f"127.0.1.{number + 1}")

    def come_in(number: int) -> bool:
        """Try again when the page says, as a person does."""
        ends_at, never = time.monotonic() + LOGGED_IN_WITHIN_S, threading.Event()
        while time.monotonic() < ends_at:
            form = {"name": f"person-{number}", "password": PASSWORD}
            status, _, waits_s = asked(served.port, "POST", "/login", form, f"127.0.2.{number + 1}")
            if status == 303:
                return time.monotonic() < ends_at
            never.wait(waits_s)
        return False

    with ThreadPoolExecutor(ATTACKERS) as pool:
        attacks = [pool.submit(attack, number) for number in range(ATTACKERS)]
        came = [come_in(number) for number in range(right)]
        for one in attacks:
            one.result()
    return sum(came) / len(came)


def empty_kb() -> list[float]:
    """Return what each page of a hub without a site has on the wire, with the style sheet (10^3 bytes)."""
    with tempfile.TemporaryDirectory() as name:
        Store(Path(name)).close()
        with serving(Path(name)) as served:
            style = len(served.get("/style.css"))
            return [(style + len(served.get(path))) / 1000 for path in EMPTY_PAGES]


def main() -> None:
    """Measure, and print the one JSON object."""
    told = flags(__doc__ or "")
    sites, repeats, wrong, requests = (200, 3, 40, 20) if told.quick else (SITES, 15, 1000, 300)
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        say(f"{sites} sites")
        reports = fill(directory, sites, HEALTHS_IN_CITY, datetime.now(UTC))
        load_map(directory, sites)
        add_days_up(directory, datetime.now(UTC))
        with serving(directory) as served:
            figures = pages(served, sites, repeats)
            begun = time.perf_counter()
            served.get("/trends")
            trends_ms = [1000 * (time.perf_counter() - begun), served.get_ms("/trends")]
            map_ms = statistics.median(served.get_ms("/map") for _ in range(repeats))
            conditions: dict[str, Any] = {
                "sites": sites, "reports": reports, "first_trends_ms": round(trends_ms[0]),
                "trends_ms": round(trends_ms[1]), "month_ms": round(served.get_ms(f"/assessment?month={_month()}")),
                "map_ms": round(map_ms), "map_kb": round(len(served.get("/map")) / 1000, 1),
            }  # fmt: skip
            figures[API.name] = API.of(api(served, requests))
            figures[SLOW.name] = SLOW.of([slow_clients(served)])
            figures[LOGINS.name] = LOGINS.of([logins(served, wrong, 5)])
            serve_mb = served.pss_mb()
        of_hub, _ = memory(directory)
    figures[PSS.name] = PSS.of([serve_mb + of_hub[PSS.name]["value"]])
    conditions["serve_pss_mb"] = round(serve_mb, 1)
    empty = empty_kb()
    figures[PAGE.name] = PAGE.of(empty) | {"value": max(empty)}
    show("hub_pages", told, figures, conditions)


def _month() -> str:
    return f"{datetime.now(UTC):%Y-%m}"


if __name__ == "__main__":
    main()

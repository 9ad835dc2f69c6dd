"""Bench `ui`: how long a person needs for the masks of a whole site on the local page, and what the page costs.

Run: python tests/bench/ui.py [--quick] [--json]. What each figure means stands in README.md beside this file.
Needs chromium. The page is `camwarden ui` itself, before the simulated devices of a school, whose ledger was imported.
"""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psutil
from newcomer import run, school
from ui_person import LOOK_S, Person, go_through, within

from measure.figures import Figure, flags, say, show
from measure.processes import ROOT

sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "support"))

from in_chromium import chromium
from playwright.sync_api import Page
from school import made

from agent.observe.approvals.approvals import read_approvals
from agent.site.config.load import load
from agent.site.config.site import PrivateZone
from agent.site.toml.zone_tables import with_zones

SITE = Figure("site_minutes", "min", 15, "lower")
KEYS = Figure("keys_per_approval", "keys", 3, "lower")
VERDICT = Figure("verdict_after_stroke_ms", "ms", 2000, "lower")
PAGE = Figure("page_kb", "KB", 60, "lower")
START = Figure("ui_start_ms", "ms", 700, "lower")
PSS = Figure("ui_pss_mb", "MB", 70, "lower")
LIVE = Figure("live_core_ratio", "", 0.06, "lower")
SLOW = Figure("slow_clients_survived", "clients", 200, "higher")

STARTS_WITHIN_S = 120.0
LOOKS_WITHIN_S = 900.0
SLOW_CLIENTS = 210


@dataclass(frozen=True)
class Running:
    """`camwarden ui`, its link, and how long it took to print it."""

    process: psutil.Process
    link: str
    start_ms: float


def main() -> None:
    """Measure, and print the one JSON object."""
    asked = flags(__doc__ or "")
    cameras, to_draw, cards, starts, live_s = (3, 1, 1, 1, 3.0) if asked.quick else (40, 10, 5, 5, 30.0)
    with tempfile.TemporaryDirectory() as name, ExitStack() as until:
        folder = Path(name)
        told = until.enter_context(school(folder, cameras, "1080p"))
        config = prepared(folder / "site", told, cameras, to_draw)
        say("starting the page")
        started_ms = [started(config, ExitStack()) for _ in range(starts - 1)]
        on = started_for(config, until)
        browser = until.enter_context(chromium())
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(LOOKS_WITHIN_S * 1000)
        page.goto(on.link)
        page.wait_for_selector(".tile")
        say("going through the cameras")
        person = Person()
        with person.waits():
            page.wait_for_function("() => document.querySelector('.looking progress').hidden")
        say(f"looked at in {person.waited_s:.0f} s")
        page.set_default_timeout(STARTS_WITHIN_S * 1000)
        go_through(page, person, cameras, cards)
        site = load(config)
        given = read_approvals(site.storage.directory, site.id)
        if len(given) != cameras:
            raise RuntimeError(f"{len(given)} of {cameras} cameras were approved")
        say("reading what it costs")
        size = page_bytes(page)
        pss = on.process.memory_full_info().pss
        core, live_px, live_count = live_core(page, on.process, live_s)
        slow = survived(on.link)
    figures = {
        SITE.name: SITE.of([person.minutes()]),
        KEYS.name: KEYS.of([person.keys / person.approvals]),
        VERDICT.name: VERDICT.of(person.verdicts_ms),
        PAGE.name: PAGE.of([size / 1000]),
        START.name: START.of([*started_ms, on.start_ms]),
        PSS.name: PSS.of([pss / 1e6]),
        LIVE.name: LIVE.of([core]),
        SLOW.name: SLOW.of([slow]),
    }
    conditions = {
        "cameras": cameras,
        "drawn": person.drawn,
        "cards": person.cards,
        "pictures": person.pictures,
        "reasons": person.reasons,
        "counted_minutes": round(person.counted_s / 60, 2),
        "waited_minutes": round(person.waited_s / 60, 2),
        "minutes_with_8_s_for_each_path": round(person.minutes() + LOOK_S * (person.pictures - cameras) / 60, 2),
        "live_picture_px": live_px,
        "live_pictures": live_count,
    }
    show("ui", asked, figures, conditions)


def prepared(folder: Path, told: dict[str, Any], cameras: int, to_draw: int) -> Path:
    """Import the ledger; write zones for all cameras but the last few, which are to be drawn. Returns site.toml."""
    folder.mkdir()
    run(
        folder, "ledger", "import", told["xlsx"], "--out", ".", "--site", "dt0001", "--set", "city=datong",
        "--ask-password", answers=[told["password"]],
    )  # fmt: skip
    config = folder / "site.toml"
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    found = load(config).cameras
    masks = [one.mask.polygon for one in made(cameras)[1] if one.mask is not None]
    zones = [
        replace(one, zones=(PrivateZone("window", within(mask)),))
        for one, mask in list(zip(found, masks, strict=True))[: cameras - to_draw]
    ]
    config.write_text(with_zones(config.read_text("utf-8"), zones), "utf-8")
    return config


def started_for(config: Path, until: ExitStack) -> Running:
    """Start the page and read its link."""
    begun = time.monotonic()
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "agent", "ui", "--config", str(config), "--by", "bench", "--lang", "zh_CN"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=config.parent,
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert child.stdout is not None
    until.callback(lambda: (child.terminate(), child.wait(60)))
    said = b""
    while not (link := re.search(rb"http://\S+#k=\S+", said)):
        ready, _, _ = select.select([child.stdout], [], [], STARTS_WITHIN_S)
        piece = os.read(child.stdout.fileno(), 65536) if ready else b""
        if not piece:
            raise RuntimeError(f"camwarden ui showed no link: {said.decode()[-2000:]}")
        said += piece
    return Running(psutil.Process(child.pid), link[0].decode(), (time.monotonic() - begun) * 1000)


def started(config: Path, until: ExitStack) -> float:
    """Return how long the page takes from its start to its link, and end it again."""
    with until:
        return started_for(config, until).start_ms


def page_bytes(page: Page) -> int:
    """Return what the page's own files took on the wire, headers included, in the language with the more words."""
    found: int = page.evaluate(
        """() => [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')]
             .filter(({ name }) => !name.includes('/api/')).reduce((sum, { transferSize }) => sum + transferSize, 0)"""
    )
    if not found:
        raise RuntimeError("the browser did not say what it loaded")
    return found


def cpu_s(process: psutil.Process) -> float:
    """User and system time of a process and its children, those that have ended included."""
    total = 0.0
    for one in (process, *process.children(recursive=True)):
        times = one.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def live_core(page: Page, process: psutil.Process, seconds: float) -> tuple[float, str, int]:
    """Return the share of a core while one picture a second is live, its size, and how many came."""
    page.evaluate("() => { location.hash = document.querySelector('.site') && '#/wall'; }")
    page.wait_for_selector(".tile")
    page.locator(".tile").first.click()
    page.locator("[data-key=draw]").click()
    page.wait_for_function("() => document.querySelector('.sheet img')?.naturalWidth > 0")
    page.locator(".tabs [data-key=main]").click()
    page.locator("[data-key=live]").click()
    page.wait_for_timeout(1500)
    count = "() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/live')).length"
    page.evaluate("() => performance.clearResourceTimings()")
    before, begun = cpu_s(process), time.monotonic()
    page.wait_for_timeout(seconds * 1000)
    ratio = (cpu_s(process) - before) / (time.monotonic() - begun)
    pictures = page.evaluate(count)
    page.locator("[data-key=live]").click()
    if not pictures:
        raise RuntimeError("no live picture came")
    return ratio, "1920 x 1080, H.264", pictures


def survived(link: str) -> int:
    """Return how many clients that never end their head could be there while an honest one was answered."""
    host, port = re.match(r"http://([\d.]+):(\d+)/", link).groups()  # type: ignore[union-attr]
    with ExitStack() as until:
        for number in range(SLOW_CLIENTS):
            client = until.enter_context(socket.create_connection((host, int(port)), timeout=30))
            client.sendall((b"", b"GET / HTTP/1.1\r\nHos")[number % 2])
        with socket.create_connection((host, int(port)), timeout=30) as honest:
            honest.sendall(f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = honest.recv(65536)
    return SLOW_CLIENTS if answer.startswith(b"HTTP/1.1 200") else 0


if __name__ == "__main__":
    main()

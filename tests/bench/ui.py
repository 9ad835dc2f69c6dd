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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
from newcomer import run, school

from measure.figures import Figure, flags, say, show
from measure.processes import ROOT

sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "support"))

from in_chromium import chromium
from playwright.sync_api import Page, expect
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

LOOK_S = 8.0
KEY_S, POINT_S, PRESS_S, THINK_S, HAND_S = 0.28, 1.1, 0.1, 1.35, 0.4
"""The keystroke-level model of Card, Moran and Newell (CACM 23, 1980): a key of an average typist, pointing, a button,
thinking before a step, and a hand that goes from keys to mouse."""

REASON = "black all over, seen on the screen"
STARTS_WITHIN_S = 120.0
LOOKS_WITHIN_S = 900.0
SLOW_CLIENTS = 210
SPARE = 0.01
"""How far a drawn corner lies within the device's mask, as a share of the way to the mask's middle."""


@dataclass
class Person:
    """What a person's hand and eye would have taken, counted and not waited for; waits of the page are measured."""

    counted_s: float = 0.0
    waited_s: float = 0.0
    keys: int = 0
    approvals: int = 0
    cards: int = 0
    drawn: int = 0
    pictures: int = 0
    reasons: int = 0
    verdicts_ms: list[float] = field(default_factory=list)

    def minutes(self) -> float:
        return (self.counted_s + self.waited_s) / 60

    def looks(self) -> None:
        self.counted_s += LOOK_S

    def presses(self, page: Page, key: str, counts: bool = True) -> None:
        self.counted_s += KEY_S
        self.keys += counts
        page.keyboard.press(key)

    def points(self, thinks: bool = False) -> None:
        self.counted_s += POINT_S + PRESS_S + (THINK_S if thinks else 0)

    @contextmanager
    def waits(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.waited_s += time.monotonic() - begun


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
        told = until.enter_context(school(folder, cameras))
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


def within(mask: Any) -> tuple[tuple[float, float], ...]:
    """Return the mask's polygon, drawn in towards its middle."""
    middle = [sum(point[axis] for point in mask) / len(mask) for axis in (0, 1)]
    return tuple(
        tuple(round(value + (middle[axis] - value) * SPARE, 3) for axis, value in enumerate(point)) for point in mask
    )


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


def go_through(page: Page, person: Person, cameras: int, cards: int) -> None:
    """Draw, look and approve, camera by camera, then save once."""
    for _ in range(cameras):
        before = page.evaluate("() => document.querySelector('main').dataset.shown")
        person.presses(page, "n")
        with person.waits():
            page.wait_for_function("old => document.querySelector('main').dataset.shown !== old", arg=before)
        page.wait_for_selector(".look, .desk")
        if page.locator(".desk").count():
            draws(page, person, person.cards < cards)
        with person.waits():
            may_be_approved(page)
        person.pictures += page.locator(".shot img").count()
        person.looks()
        person.presses(page, "a")
        person.approvals += 1
        if page.locator("#why").count():
            gives_reason(page, person)
        with person.waits():
            expect(page.locator(".count")).to_contain_text(re.compile(r"^\d+"))
            page.wait_for_function("() => document.querySelector('.approve .main').ariaDisabled === 'true'")
    person.presses(page, "r", counts=False)
    person.points(thinks=True)
    page.locator("[data-key=why]").fill("checked with the head teacher")
    person.counted_s += KEY_S * 29
    person.points()
    with person.waits():
        page.locator("[data-key=save]").click()
        page.wait_for_selector(".toast:not(:empty)")


def may_be_approved(page: Page) -> None:
    """Wait until every picture is on the screen. Raises RuntimeError with the page's words where it may not be."""
    try:
        expect(page.locator(".approve .main")).to_have_attribute("aria-disabled", "false", timeout=60_000)
    except AssertionError:
        raise RuntimeError(f"a camera may not be approved: {page.locator('main').inner_text()}") from None


def gives_reason(page: Page, person: Person) -> None:
    """Say why a zone that is not proven hidden may stay so, where the first key asked for it."""
    expect(page.locator("#why")).to_be_focused()
    person.counted_s += THINK_S + KEY_S * len(REASON)
    person.reasons += 1
    page.keyboard.type(REASON)
    person.presses(page, "Enter")


def draws(page: Page, person: Person, with_card: bool) -> None:
    """Draw a polygon within the device's mask by mouse, wait for the verdict, and put it into Review."""
    with person.waits():
        page.wait_for_function(
            "() => document.querySelector('.sheet img').naturalWidth > 0 && document.querySelector('.ghost')"
        )
    person.looks()
    mask = page.evaluate(
        """() => { const one = document.querySelector('.surface polygon.ghost');
             const { width, height } = one.ownerSVGElement.viewBox.baseVal;
             return [...one.points].map(({ x, y }) => [x / width, y / height]); }"""
    )
    box = page.locator(".surface").bounding_box()
    assert box is not None
    person.counted_s += HAND_S
    page.locator("[data-key=polygon]").click()
    person.points(thinks=True)
    for x, y in within(mask):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        person.points(thinks=True)
    page.evaluate("() => { document.querySelector('.status').textContent = ''; }")
    page.locator("[data-key=done]").click()
    person.points()
    begun = time.monotonic()
    page.wait_for_function("() => document.querySelector('.status').textContent !== ''", polling=20)
    person.verdicts_ms.append((time.monotonic() - begun) * 1000)
    person.waited_s += time.monotonic() - begun
    person.drawn += 1
    if with_card:
        person.points(thinks=True)
        with person.waits():
            page.locator("[data-key=card]").click()
            page.wait_for_selector(".card")
        person.looks()
        person.counted_s += KEY_S * len("".join(page.locator(".card ol li, .card td").all_inner_texts()))
        person.cards += 1
    person.counted_s += HAND_S
    with person.waits():
        person.presses(page, "s")
        page.wait_for_selector(".look")


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
    return ratio, "1280 x 720, H.264", pictures


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

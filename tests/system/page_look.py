"""Looks at the page of a guest's hub in the machine's Chromium, within the guest's network; for `run.py`."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import sync_playwright

LOOK_EACH_S = 0.5


def look(carried: Path, network: str, out: Path, is_up: Callable[[], bool]) -> None:
    """Wait for the hub's people to say where the page is, log in, and tell what it shows.

    Args:
        carried: The folder that the guests share: `page.json` comes there, `seen.json` goes there.
        network: The hub's network namespace.
        out: Where pictures of the pages go.
        is_up: Whether the hub's machine runs; once it does not, nobody waits any more.
    """
    while not (carried / "page.json").exists():
        if not is_up():
            return
        time.sleep(LOOK_EACH_S)
    told = json.loads((carried / "page.json").read_text())
    chromium = out / "chromium"
    chromium.write_text(f'#!/bin/sh\nexec ip netns exec {network} chromium "$@"\n')
    chromium.chmod(0o755)
    seen: dict[str, str] = {}
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(locale="zh-CN")
            page.goto(told["url"])
            page.fill("input[name=name]", told["name"])
            page.fill("input[name=password]", told["password"])
            page.press("input[name=password]", "Enter")
            page.wait_for_selector("nav")
            for name, path in told["paths"].items():
                answer = page.goto(told["url"] + path)
                page.screenshot(path=out / f"{name}.png", full_page=True)
                seen[name] = f"{answer.status if answer else 0} {page.inner_text('main')}"
            browser.close()
    except Exception as error:  # noqa: BLE001  whatever it is, the guest's test says so
        seen["error"] = str(error)
    (carried / "seen.part").write_text(json.dumps(seen))
    (carried / "seen.part").rename(carried / "seen.json")

"""Looks at the page of a guest's hub in the machine's Chromium, within the guest's network; for `run.py`."""

from __future__ import annotations

import json
import os
import select
from pathlib import Path

from playwright.sync_api import sync_playwright

TOLD_MAX_BYTES = 4096  # what a pipe takes at once


def look(carried: Path, network: str, out: Path, machine: int) -> None:
    """Wait for the hub's people to say where the page is, log in, and tell what it shows.

    Args:
        carried: The folder that the guests share: they write into its pipe `page`, `seen.json` goes there.
        network: The hub's network namespace.
        out: Where pictures of the pages go.
        machine: Process of the hub's machine; once it has ended, nobody waits any more.
    """
    pipe, ended = os.open(carried / "page", os.O_RDWR), os.pidfd_open(machine)
    try:
        if pipe not in select.select([pipe, ended], [], [])[0]:
            return
        told = json.loads(os.read(pipe, TOLD_MAX_BYTES))
    finally:
        for one in (pipe, ended):
            os.close(one)
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

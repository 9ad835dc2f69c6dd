"""Debian's Chromium, driven by Playwright; nothing is downloaded, and its own tries to call out are switched off."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from patience import PATIENCE_S
from playwright.sync_api import Browser, Page, expect, sync_playwright

PATIENCE_MS: Final = PATIENCE_S * 1000
expect.set_options(timeout=PATIENCE_MS)  # of five seconds
AXE: Final = Path(__file__).parents[2] / "build/peers/axe/node_modules/axe-core/axe.min.js"
AXE_RUN: Final = """
async rules => {
  const found = await axe.run({ rules, resultTypes: ["violations"] })
  return found.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ target, html }) => ({ target, html })) }))
}
"""
"""Every rule is asked as before; what passed, by far the most, is neither described node by node nor sent here."""

QUIET: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@contextmanager
def chromium(name: str = "chromium") -> Iterator[Browser]:
    """Start the machine's Chromium, or that of its programs which is named, and end it with the block."""
    program = shutil.which(name)
    assert program is not None, "make system-packages installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


def watched(page: Page, complaints: list[str]) -> None:
    """Add each line of the page's console, each error, and each request that leaves the page's host to a list.

    Chromium itself writes a line for each answer that is no success; the tests wish for those, and see requests.
    """

    def line(message: Any) -> None:
        if not message.text.startswith("Failed to load resource: "):
            complaints.append(message.text)

    page.on("console", line)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            complaints.append(request.url) if not request.url.startswith(("http://127.", "blob:http://127.")) else None
        ),
    )


@cache
def axe_source() -> str:
    """Return axe-core, which `make peers` installs."""
    return AXE.read_text()


def axe_faults(page: Page, *more: str) -> dict[str, list[str]]:
    """Return what axe-core finds wrong with a page as it stands, by rule; its script passes by the page's policy.

    `more`: rules beside those that are on unless one asks otherwise.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe_source())
    rules = {name: {"enabled": True} for name in more}
    found = page.evaluate(AXE_RUN, rules)
    return {one["id"]: [f"{node['target']} {node['html'][:120]}" for node in one["nodes"][:4]] for one in found}

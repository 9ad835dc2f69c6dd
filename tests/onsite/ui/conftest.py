"""A page of its own in the session's browser for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from in_chromium import PATIENCE_MS, watched
from page_stub import Stub, served
from playwright.sync_api import Browser, Page

Opening = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opening]:
    """Open the link of a stub in a context of its own; what the page complains of in its console fails the test."""
    closing: list[Callable[[], None]] = []
    complaints: list[str] = []

    def open_page(stub: Stub, screen: str = "", **look: Any) -> Page:
        serving = served(stub)
        serving.__enter__()
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | look))
        context.set_default_timeout(PATIENCE_MS)
        closing.append(lambda: (context.close(), serving.__exit__(None, None, None)))
        page = context.new_page()
        watched(page, complaints)
        page.goto(stub.url)
        page.wait_for_selector("h1")
        if screen:
            page.evaluate("to => { location.hash = to; }", screen)
            page.wait_for_selector(f"main:not([aria-busy]) :is(.back, .diff, .timeline, h1:text-is('{screen}'))")
        return page

    yield open_page
    for close in reversed(closing):
        close()
    assert complaints == []

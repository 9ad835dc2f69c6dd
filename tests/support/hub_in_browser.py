"""Shows pages of a served hub in Chromium: each request of the browser is sent on to the listener with its session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hub_web import Client
from in_chromium import PATIENCE_MS
from playwright.sync_api import Browser, Page, Route

IGNORED = ("Failed to load resource: ", "The Cross-Origin-Opener-Policy header has been ignored")
"""Lines of the console about answers that are no success, and about plain HTTP to a name that is no loopback."""


@contextmanager
def shown(browser: Browser, client: Client, lang: str = "en", **look: Any) -> Iterator[tuple[Page, list[str]]]:
    """Open a page; the list gets what it complains of, and each request that goes elsewhere."""
    complaints: list[str] = []
    context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | look))
    context.set_default_timeout(PATIENCE_MS)
    client.cookies["camwarden-lang"] = lang

    def handed_on(route: Route) -> None:
        if not route.request.url.startswith(client.url):
            complaints.append(route.request.url)
            route.abort()
            return
        answer = client.get(route.request.url.removeprefix(client.url))
        headers = {name: value for name, value in answer.headers.items() if name.lower() != "set-cookie"}
        route.fulfill(status=answer.status, headers=headers, body=answer.text)

    page = context.new_page()
    page.route("**/*", handed_on)
    page.on("console", lambda line: None if line.text.startswith(IGNORED) else complaints.append(line.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page, complaints
    finally:
        context.close()

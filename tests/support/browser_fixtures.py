"""Gives all tests of a session one browser: Playwright runs once in a process, whichever page asks first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start Debian's Chromium, in the form that has no window: the same engine at half the cost."""
    from in_chromium import chromium

    with chromium("chromium-headless-shell") as one:
        yield one

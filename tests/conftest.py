"""What every test is given without asking, logging as a fresh process has it; and what several of them ask for."""

from __future__ import annotations

import gc
import logging
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_fixtures import browser
from hub_fixtures import broker, desk, hub_signer, live, postgres
from hypothesis import HealthCheck, settings
from logged_hub import logged

__all__ = ["broker", "browser", "desk", "hub_signer", "live", "logged", "postgres"]


def pytest_configure() -> None:
    """Hear Ctrl-C again, and let no test of made-up input fail for being slow: a busy machine says nothing of a claim.

    Whoever starts the suite behind `nohup` or `&` hands on that Ctrl-C is ignored, to each child. Hypothesis
    would fail a test whose input once took more than 200 ms.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.register_profile("busy machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy machine")
    gc.disable()  # collecting makes a million objects that stay: each worker would go through them again and again


def pytest_collection_finish() -> None:
    """Look for garbage again, but not in what was collected: it stays until the end."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # of 700: much is made for each test, and little of it is garbage that is a ring
    gc.enable()


@pytest.fixture(autouse=True)
def logging_as_in_a_fresh_process() -> None:
    """Undo what `agent.cli.main` set up in a test or fixture before: after --quiet nobody would hear a warning."""
    for name in ("camwarden", "zeep"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger().setLevel(logging.WARNING)


@pytest.fixture
def everyones_folder() -> Iterator[Path]:
    """A folder that another user can reach, as pytest's own cannot be."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)

"""What every test is given without asking: logging as a fresh process has it, whatever ran before in this one."""

from __future__ import annotations

import logging

import pytest


@pytest.fixture(autouse=True)
def logging_as_in_a_fresh_process() -> None:
    """Undo what `agent.cli.main` set up in a test or fixture before: after --quiet nobody would hear a warning."""
    for name in ("camwarden", "zeep"):
        logging.getLogger(name).setLevel(logging.NOTSET)
    logging.getLogger().setLevel(logging.WARNING)

"""Keeps the collector of garbage off while a test goes through the source of the whole tree.

Parsed source has no cycles, so it finds nothing there; but the nodes of each file would have it go through those of all
others again, which takes three times what parsing takes.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Look for no garbage while the block runs."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

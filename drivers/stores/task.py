"""Defines the input of a reader of stores. It only ever reads the store; its own index lies elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drivers.footage import Store


@dataclass(frozen=True, slots=True)
class StoreTask:
    """One look at one store.

    `cameras`: pairs of camera id and its name in the store. `index` is a file of the agent's own for the reader's
    cache; it may be missing, old or damaged. `due` are the ids of cameras of whose oldest footage a picture is wanted.
    `progress` is called at least every few hundred milliseconds and may raise to end the look; then nothing that was
    indexed is lost.
    """

    store: Store
    cameras: tuple[tuple[str, str], ...]
    index: Path
    now: datetime
    due: frozenset[str] = frozenset()
    progress: Callable[[], None] = lambda: None

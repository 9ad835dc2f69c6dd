"""Keeps the hub's databases open for reading between requests: to open one costs more than most answers.

Nothing that was read is kept: each statement reads what is committed by then, so that a session or token ends at once.
A file that somebody has put in the place of another, or that another version has migrated, is opened anew, and a pair
at which a request failed is closed.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_store
from agent.hub.web.people.store import People

IDLE_MOST: Final = 4
"""Pairs that are kept; a page cache of each grows to 2 MB."""

Pair = tuple[People, Store]


@dataclass(slots=True)
class Readers:
    """The open databases of one data folder that no request uses now."""

    _idle: list[Pair] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def lent(self, directory: Path) -> Iterator[Pair]:
        """Lend people and store to one request. Raises ConfigurationError, Forbidden, StoreFailed."""
        pair = self._taken() or _opened(directory)
        try:
            yield pair
        except BaseException:
            _close(pair)
            raise
        with self._lock:
            is_kept = len(self._idle) < IDLE_MOST
            if is_kept:
                self._idle.append(pair)
        if not is_kept:
            _close(pair)

    def close(self) -> None:
        """Close what no request uses."""
        with self._lock:
            pairs, self._idle = self._idle, []
        for pair in pairs:
            _close(pair)

    def _taken(self) -> Pair | None:
        while True:
            with self._lock:
                if not self._idle:
                    return None
                pair = self._idle.pop()
            people, store = pair
            if people.is_current() and store.is_current():
                return pair
            _close(pair)


def _opened(directory: Path) -> Pair:
    people = People(directory, read_only=True)
    try:
        return people, open_store(directory, read_only=True)
    except BaseException:
        people.close()
        raise


def _close(pair: Pair) -> None:
    for one in pair:
        one.close()

"""Holds the hub's databases open for reading between requests: to open one costs more than most answers.

Nothing that was read is held: each statement reads what is committed by then, so that a session or token ends at once.
A file that somebody has put in the place of another, or that another version has migrated, is opened anew, and a pair
at which a request failed is closed.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, Full, LifoQueue
from typing import Final

from agent.hub.domain.rows.keeping import ReadFrom
from agent.hub.ports.people import PeopleStore
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_people, open_store
from agent.hub.views.standby import read_from_line

log = logging.getLogger("camwarden.hub.web")

IDLE_MOST: Final = 4
"""Pairs that are kept; a page cache of each grows to 2 MB."""

Pair = tuple[PeopleStore, Store]


@dataclass(slots=True)
class Readers:
    """The open databases of one data folder that no request uses now."""

    _idle: LifoQueue[Pair] = field(default_factory=lambda: LifoQueue(IDLE_MOST))
    _is_over: bool = False
    _why: str = ""

    @contextmanager
    def lent(self, directory: Path) -> Iterator[Pair]:
        """Lend people and store to one request. Raises ConfigurationError, Forbidden, StoreFailed."""
        pair = self._current() or self._opened(directory)
        try:
            yield pair
        except BaseException:
            _close(pair)
            raise
        try:
            self._idle.put_nowait(pair)
        except Full:
            _close(pair)
        if self._is_over:  # this request has outlived the page
            self.close()

    def close(self) -> None:
        """Close what no request uses, and from now on what a request gives back."""
        self._is_over = True
        for pair in self._taken():
            _close(pair)

    def _opened(self, directory: Path) -> Pair:
        people = open_people(directory, read_only=True)
        try:
            store = open_store(directory, read_only=True)
        except BaseException:
            people.close()
            raise
        self._tell(store.read_from())
        return people, store

    def _tell(self, found: ReadFrom | None) -> None:
        """Log once that views read from elsewhere than is wished, and once that they no longer do."""
        if found is not None and found.why != self._why:
            self._why = found.why
            log.warning("%s", read_from_line(found))

    def _taken(self) -> Iterator[Pair]:
        """Take out what no request uses, the last used first."""
        while True:
            try:
                yield self._idle.get_nowait()
            except Empty:
                return

    def _current(self) -> Pair | None:
        for pair in self._taken():
            if all(one.is_current() for one in pair):
                return pair
            _close(pair)
        return None


def _close(pair: Pair) -> None:
    for one in pair:
        one.close()

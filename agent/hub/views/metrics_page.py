"""Serves the hub's metrics beside a running hub: the database is opened anew and read-only for each request.

The address that it listens on, loopback unless another is named, decides who may connect.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.host import prometheus
from agent.hub.stores import trust
from agent.hub.stores.store import Store
from agent.hub.views.metrics import write_metrics

LOOPBACK: Final = "127.0.0.1"


def read_metrics(directory: Path, now: datetime) -> str:
    """Return the page from a hub's data.

    Raises:
        AgentError: There is no hub, or a file cannot be read.
    """
    believed = trust.load(directory)
    store = Store(directory, read_only=True)
    try:
        return write_metrics(store, believed, directory, now)
    finally:
        store.close()


@contextmanager
def serving(
    directory: Path, address: tuple[str, int], clock: Callable[[], datetime], names: Collection[str] = ()
) -> Iterator[int]:
    """Serve the page while the block runs; yield the port. `names`: its host names, beside its address.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    with prometheus.serving(address, lambda: read_metrics(directory, clock()), "--metrics", names) as port:
        yield port

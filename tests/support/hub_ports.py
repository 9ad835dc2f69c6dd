"""Holds what is above the ports of the hub's store away from its engines; `architecture.py` asks it of each file.

Views, workers, cases and commands take a port (`agent/hub/ports`). The door to an engine is its table, so that a second
one needs no line above. That nobody there has SQL shows mypy: a port has neither `all` nor `run`.
"""

from collections.abc import Iterable, Iterator
from typing import Final

STORES: Final = "agent.hub.stores"
DOORS: Final = (f"{STORES}.engines", f"{STORES}.signing_key")
"""The table of engines, and the hub's own key, which is a file with each of them."""


def around_ports(name: str, imported: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Yield where a file above the ports imports a module of an engine.

    Args:
        name: The file, from the root.
        imported: Dotted names with their lines, as `architecture.imports` has them.
    """
    if name.startswith("agent/hub/stores/"):
        return
    rows = [(dotted, line) for dotted, line in imported if _within(dotted, STORES)]
    for dotted, line in rows:
        of_longer = any(_within(other, dotted) and other != dotted for other, at in rows if at == line)
        if not of_longer and not any(_within(dotted, door) for door in DOORS):
            yield f"{name}:{line}: {dotted} is an engine's: take a port of agent/hub/ports"


def _within(dotted: str, module: str) -> bool:
    return dotted == module or dotted.startswith(f"{module}.")

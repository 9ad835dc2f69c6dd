"""Holds what is above the ports of the hub's store away from its engines; `architecture.py` asks it of each file.

Views, workers, cases and commands take a port (`agent/hub/ports`). The door to an engine is its table, so that a second
one needs no line above. That nobody there has SQL shows mypy: a port has neither `all` nor `run`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

STORES: Final = "agent.hub.stores"
DOOR: Final = f"{STORES}.engines"

STILL_OUTSIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "database": (
        "agent/hub/enroll/store.py",
        "agent/hub/log/store.py",
    ),
    "keeping.backup": ("agent/commands/hub/keeping/backup.py",),
    "keeping.backups": (
        "agent/hub/doctor/kept.py",
        "agent/hub/views/metrics.py",
    ),
    "keeping.disk_sizes": (
        "agent/hub/views/disk.py",
        "agent/hub/workers/disk_watch.py",
    ),
    "keeping.restore": ("agent/commands/hub/keeping/backup.py",),
    "keeping.sound": ("agent/hub/doctor/kept.py",),
    "keeping.take_over": ("agent/commands/hub/keeping/take_over.py",),
    "signing_key": (
        "agent/commands/hub/carry.py",
        "agent/commands/hub/log.py",
        "agent/commands/hub/orders.py",
        "agent/commands/hub/trust.py",
        "agent/commands/verify/keys.py",
        "agent/commands/verify/receipts.py",
        "agent/hub/doctor/files.py",
        "agent/hub/enroll/desk.py",
        "agent/hub/workers/service.py",
    ),
    "store": (
        "agent/commands/hub/orders.py",
        "agent/commands/privacy.py",
        "agent/hub/doctor/files.py",
        "agent/hub/doctor/model.py",
        "agent/hub/views/metrics.py",
    ),
    "trust": (
        "agent/commands/hub/carry.py",
        "agent/commands/hub/findings/site.py",
        "agent/commands/hub/trust.py",
        "agent/commands/hub/view.py",
        "agent/commands/verify/keys.py",
        "agent/hub/enroll/desk.py",
        "agent/hub/views/metrics.py",
        "agent/hub/workers/chains/rotation.py",
        "agent/hub/workers/service.py",
    ),
}
"""Modules of stores, and who imports them all the same. This list only shrinks: what is no longer so is told too."""


def around_ports(name: str, imported: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Yield where a file above the ports imports a module of an engine, and what is listed and no longer so.

    Args:
        name: The file, from the root.
        imported: Dotted names with their lines, as `architecture.imports` has them.
    """
    if name.startswith("agent/hub/stores/"):
        return
    outside = {f"{STORES}.{module}" for module, files in STILL_OUTSIDE.items() if name in files}
    used = set()
    rows = [(dotted, line) for dotted, line in imported if _within(dotted, STORES)]
    for dotted, line in rows:
        if any(_within(other, dotted) and other != dotted for other, at in rows if at == line) or _within(dotted, DOOR):
            continue
        module = next((one for one in outside if _within(dotted, one)), "")
        used.add(module)
        if not module:
            yield f"{name}:{line}: {dotted} is an engine's: take a port of agent/hub/ports"
    yield from (f"{name}:1: {module} is no longer imported: take it off the list" for module in sorted(outside - used))


def _within(dotted: str, module: str) -> bool:
    return dotted == module or dotted.startswith(f"{module}.")

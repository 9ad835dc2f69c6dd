"""Networks on one machine: each node in a namespace with two cables, one to its clients and one to the other nodes.

They are for a process that has namespaces of its own already (`unshare --net --mount`): with it all of this ends.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CLIENTS: Final = "10.77.0"
BETWEEN: Final = "10.78.0"

_NAMES: Final = Path("/run/netns")
"""Where `ip` has the names of namespaces. Source: ip-netns(8)."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a node runs. `within`: the words that start a command there; `cable`: ours, of that to the other nodes."""

    host: str = "localhost"
    address: str = "127.0.0.1"
    between: str = "127.0.0.1"
    within: Sequence[str] = ()
    cable: str = ""

    def join(self, is_joined: bool) -> None:
        """Plug the cable to the other nodes in, or out: nobody is told, packets are gone. Clients stay connected."""
        _ip("link", "set", self.cable, "up" if is_joined else "down")


def lay(count: int) -> list[Spot]:
    """Make so many namespaces, and both networks between them."""
    _NAMES.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "names", _NAMES], check=True)  # else names outlive what they name
    _ip("link", "set", "lo", "up")
    for bridge in ("clients", "between"):
        _ip("link", "add", bridge, "type", "bridge")
        _ip("link", "set", bridge, "up")
    _ip("address", "add", f"{CLIENTS}.1/24", "dev", "clients")
    return [_spot(number) for number in range(11, 11 + count)]


def _spot(number: int) -> Spot:
    name = f"n{number}"
    _ip("netns", "add", name)
    _ip("-netns", name, "link", "set", "lo", "up")
    for bridge, network in (("clients", CLIENTS), ("between", BETWEEN)):
        ours = f"{bridge}{number}"
        _ip("link", "add", ours, "type", "veth", "peer", "name", bridge, "netns", name)
        _ip("link", "set", ours, "master", bridge, "up")
        _ip("-netns", name, "address", "add", f"{network}.{number}/24", "dev", bridge)
        _ip("-netns", name, "link", "set", bridge, "up")
    return Spot(name, f"{CLIENTS}.{number}", f"{BETWEEN}.{number}", ("ip", "netns", "exec", name), f"between{number}")


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)

"""Lists drivers and stores. A new one is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # the names of drivers are asked for by commands that read no device
    from drivers.allowed_requests import Ask
    from drivers.exchange import Transport
    from drivers.footage import PlatformLink, StoreTask, WantedFootage
    from drivers.model import Camera, Observations, Picture

Read: TypeAlias = "Callable[[tuple[Camera, ...], Transport, WantedFootage], Observations]"
"""Reads a device and its cameras. What the device does not give is an `Unavailable`, never an exception."""

DRIVERS: dict[str, str] = {
    "onvif": "drivers.onvif.read",
    "hikvision": "drivers.hikvision.read",
    "dahua": "drivers.dahua.read",
    "uniview": "drivers.uniview.read",
}

ReadLink: TypeAlias = "Callable[[Transport], PlatformLink]"
"""Reads the slots for platforms alone. Raises DriverError."""

LINKS: dict[str, str] = {
    "hikvision": "drivers.hikvision.platform_link",
    "dahua": "drivers.dahua.platform_link",
}
"""The drivers whose devices tell of their slots in a form that is confirmed."""

ReadStore: TypeAlias = "Callable[[StoreTask], tuple[Observations, tuple[Picture, ...]]]"
"""Reads a store: facts of `device:STORE` and of its cameras, and pictures of the oldest footage where they are due.

What the store does not give is an `Unavailable`, never an exception, but for what `task.progress` raises.
"""

STORES: dict[str, str] = {
    "segments": "drivers.stores.segments",
    "frigate": "drivers.stores.frigate",
}

NAMED_BY_PATTERN = ("segments",)
"""The stores whose file names the operator configures."""


def load(name: str) -> Read:
    """Import a driver's module only now and return its `read`. Raises KeyError for an unknown name."""
    read: Read = import_module(DRIVERS[name]).read
    return read


def asks(name: str) -> tuple[Ask, ...]:
    """Return every request that a driver may send, except for pictures. Raises KeyError for an unknown name."""
    rows: tuple[Ask, ...] = import_module(DRIVERS[name]).ASKS
    return rows


def load_link(name: str) -> ReadLink:
    """Import what reads a driver's slots for platforms. Raises KeyError for one that reads none."""
    read: ReadLink = import_module(LINKS[name]).read_link
    return read


def load_store(kind: str) -> ReadStore:
    """Import the module of a kind of store and return its `read`. Raises KeyError for an unknown kind."""
    read: ReadStore = import_module(STORES[kind]).read
    return read

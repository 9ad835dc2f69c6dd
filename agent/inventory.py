"""Which cameras are there? Joins the configuration with what answered discovery. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from agent.config import Site
from drivers.discovery import Discovered


def undeclared_addresses(site: Site, discovered: tuple[Discovered, ...]) -> tuple[str, ...]:
    """Return the addresses (`host:port`) of discovered devices that no configured device stands for.

    A device counts as configured when any of its service addresses names a configured host and port; a recorder
    that answers on several addresses is one device.
    """
    configured = {f"{device.host}:{device.port}" for device in site.devices}
    unknown = []
    for device in discovered:
        addresses = [_host_and_port(xaddr) for xaddr in device.xaddrs] or [device.address]
        if not configured.intersection(addresses):
            unknown.append(addresses[0])
    return tuple(sorted(set(unknown)))


def _host_and_port(xaddr: str) -> str:
    try:
        parts = urlsplit(xaddr)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:  # a device may name any nonsense as its address
        return "unreadable address"
    return f"{parts.hostname or ''}:{port}"

"""Validates and splits a webhook's address. Pure.

It lets its bearer post to a group, so it is a secret: a password in secrets.toml that is never shown.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

LONGEST_CHARS: Final = 2048
LOOPBACK: Final = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True, slots=True)
class Address:
    """Address of a webhook. `target` is path and query, token included."""

    host: str
    port: int
    tls: bool
    target: str = field(repr=False)


def address_of(url: str) -> Address | None:
    """Parse a webhook's address; None where it is not one: https anywhere, http to this host only."""
    if len(url) > LONGEST_CHARS or not url.isascii() or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    host = parts.hostname or ""
    tls = parts.scheme == "https"
    if not host or "@" in parts.netloc or parts.fragment or not (tls or (parts.scheme == "http" and host in LOOPBACK)):
        return None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Address(host, port or (443 if tls else 80), tls, target)

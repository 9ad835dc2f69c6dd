"""Derives a mark of a platform's address, which can be compared and shows nothing of the address.

The key lives as long as the process: a mark that left it could not be tried against all addresses there are.
"""

import hashlib
import secrets
from typing import Final

from drivers.gb28181.codes import parse_code

_KEY: Final = secrets.token_bytes(32)
_UNSET: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 # no address to listen on


def address_mark(host: str, port: int) -> str:
    """Return the mark of an address; empty where none is filled in."""
    if host.strip().lower() in _UNSET:
        return ""
    text = f"{host.strip().lower()}\n{port}".encode()
    return hashlib.blake2b(text, key=_KEY, digest_size=16).hexdigest()


def is_filled(mark: str, server_id: str) -> bool:
    """Return whether somebody has filled in a platform: an address, or an id that is no example of the factory."""
    code = parse_code(server_id)
    return bool(mark) or bool(server_id.strip("0 ") and not (code and code.is_example))

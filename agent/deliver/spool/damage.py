"""Detects damage to the spool by checksums, and moves a damaged file aside. `database.py` defines damage."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from pathlib import Path

_SET_ASIDE_KEPT = 2  # a failing disk must not fill up with its own corpses


def crc(*values: object) -> int:
    """Return a checksum over a row's values: finds a flipped bit, proves nothing."""
    return zlib.crc32("\n".join(map(str, values)).encode())


def set_aside(path: Path, now: datetime) -> str:
    """Rename the damaged file with its side files; return the new name."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    aside = path.with_name(f"{path.name}.corrupt-{stamp}")
    for suffix in ("-wal", "-shm", ""):  # the file itself last: until then the next start finds it again
        source = path.with_name(path.name + suffix)
        if source.exists():
            source.rename(aside.with_name(aside.name + suffix))
    old = sorted(path.parent.glob(f"{path.name}.corrupt-*Z"))[:-_SET_ASIDE_KEPT]
    for name in old:
        for suffix in ("", "-wal", "-shm"):
            name.with_name(name.name + suffix).unlink(missing_ok=True)
    return aside.name

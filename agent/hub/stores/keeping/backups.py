"""Finds the newest backup in a folder of backups, and how old it is."""

from datetime import datetime
from pathlib import Path
from typing import Final

from agent.contract.payload_bounds import read_json
from agent.hub.stores.keeping.backup import MANIFEST, SCHEMA
from agent.model.errors import NotVerified
from agent.verify.members import dict_of, time_of

_MANIFEST_MAX_BYTES: Final = 1024 * 1024


def newest_backup(folder: Path) -> tuple[datetime, Path] | None:
    """Return when the newest backup in `folder` was made, by its manifest, and where it is; None where there is none.

    A backup gets its name only once it was verified; nothing is verified here. What is no backup is passed over.

    Raises:
        OSError: The folder cannot be listed; one that is not there has no backup.
    """
    made = [(at, path) for path in folder.iterdir() if (at := _made_at(path))] if folder.exists() else []
    return max(made, default=None)


def _made_at(path: Path) -> datetime | None:
    if path.suffix == ".part":
        return None
    try:
        if (path / MANIFEST).stat().st_size > _MANIFEST_MAX_BYTES:
            return None
        manifest = dict_of(read_json((path / MANIFEST).read_bytes()))
    except (OSError, ValueError, NotVerified):
        return None
    return time_of(manifest.get("at")) if manifest.get("schema") == SCHEMA else None

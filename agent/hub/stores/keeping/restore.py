"""Imports a backup to where no hub is, so that the hub goes on from it; begun again, if it was ended anywhere.

What the hub accepted after the backup it has forgotten: sites tell it by their heads, and are asked. Its log must not
go on as if nothing had been: a copied log waits until a person has stated the restore (`hub log restored`).
"""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from agent.host.files import sync_directory
from agent.host.lock import lock
from agent.hub.stores.keeping.authors import ERASED, join_erased
from agent.hub.stores.keeping.backup import SIDECARS, copy_file, digest_of, verify_backup
from agent.hub.stores.log import NAME as LOG_NAME
from agent.hub.stores.log import await_statement
from agent.hub.stores.store import NAME
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.verify.members import dict_of

_KEYS: Final = (".pem", ".key")
_PUBLIC: Final = (".crt", ".crl")
"""What brokers and people read; every other file is the hub's alone."""


def restore(folder: Path, directory: Path) -> dict[str, Any]:
    """Copy a verified backup to where no hub is; return its manifest.

    The hub's database comes last: a restore that was ended anywhere leaves no hub, and can be begun again.

    Raises:
        UsageError: There is a hub already, another key, or what belongs to a database that was moved away.
        Locked: A hub runs there, or another restore is under way.
        ConfigurationError: It is no whole backup, or a file cannot be written.
    """
    _require_no_hub(directory)
    manifest = verify_backup(folder)
    names = sorted(manifest["files"], key=lambda name: name == NAME)
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = lock(directory / "hub")
        try:
            _require_no_hub(directory)
            _require_no_other(
                directory, {name: dict_of(told).get("sha256") for name, told in manifest["files"].items()}
            )
            for name in names:
                if name == ERASED:  # whoever was erased here since stays so
                    join_erased(directory, folder / name)
                    continue
                part = directory / f"{name}.part"
                part.parent.mkdir(exist_ok=True)
                copy_file(folder / name, part)
                if name == LOG_NAME:
                    await_statement(part)
                if name.endswith(_PUBLIC):
                    part.chmod(0o644)
                part.replace(directory / name)
            for one in {(directory / name).parent for name in names}:
                sync_directory(one)
        finally:
            os.close(held)
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=directory) from None
    except (OSError, sqlite3.Error) as error:
        why = os_words(error) if isinstance(error, OSError) else str(error)
        raise ConfigurationError("{path}: cannot be written: {why}", path=directory, why=why) from None
    return manifest


def _require_no_hub(directory: Path) -> None:
    if (directory / NAME).exists():
        raise UsageError("{path}: there is a hub already; move it away first", path=directory / NAME)


def _require_no_other(directory: Path, digests: Mapping[str, object]) -> None:
    """Raise UsageError where a restore would read in, or write over, what is not of this backup.

    What SQLite has left beside another database would be read into the restored one; another key may be the only one
    that sites or gateways believe. A key that is the same is of a restore that was ended.
    """
    for path in (directory / f"{name}{end}" for name in digests for end in SIDECARS if name.endswith(".db")):
        if path.exists():
            raise UsageError("{path}: is of a database that was moved away; move it there, too", path=path)
    for name, digest in digests.items():
        path = directory / name
        if name.endswith(_KEYS) and path.exists() and digest_of(path) != digest:
            raise UsageError("{path}: there is another key already; move it away first", path=path)

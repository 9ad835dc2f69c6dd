"""Exports a hub's data to a folder while it runs, verifies the copy, and imports it where no hub is.

Databases are copied by SQLite's own backup in one step: a reader of the write-ahead log, so the hub goes on. Everything
else of the folder, keys among them, is copied as it is. A manifest has the digest of each file; a backup that is not
whole has another name and is none. Decides nothing about what a restored hub does: sites tell it by their heads what
it lacks.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.contract.payload_bounds import read_json
from agent.hub.stores import schema
from agent.hub.stores.store import NAME
from agent.model.errors import ConfigurationError, Forbidden, NotVerified, UsageError, os_words
from agent.verify.members import dict_of

SCHEMA: Final = "camwarden-hub-backup/1"
MANIFEST: Final = "backup.json"

_NOT_COPIED: Final = (".lock", "-wal", "-shm", "-journal", ".part")
_MANIFEST_MAX_BYTES: Final = 1024 * 1024
_BLOCK_BYTES: Final = 1024 * 1024


def back_up(directory: Path, out: Path, now: datetime) -> dict[str, Any]:
    """Copy the data of a hub, which may run, to a new folder; return the manifest once the copy is verified.

    Raises:
        UsageError: There is something at `out` already.
        ConfigurationError: There is no hub, or a file cannot be read or written; nothing is left at `out`.
    """
    if not (directory / NAME).exists():
        raise ConfigurationError("{path}: no hub has run here; check --data", path=directory / NAME)
    if out.exists():
        raise UsageError("{path}: there is something already; name a new folder", path=out)
    part = out.with_name(f"{out.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)  # of a backup that was ended
        part.mkdir(parents=True, mode=0o700)
        names = sorted(_names(directory, out))
        for name in names:
            _copy(directory / name, part / name)
        files = {name: {"sha256": _digest(part / name), "bytes": (part / name).stat().st_size} for name in names}
        manifest = {"schema": SCHEMA, "at": utc_text(now), "version": schema.VERSION, "files": files}
        _write(part / MANIFEST, json.dumps(manifest, indent=1).encode())
        verify_backup(part)
        part.rename(out)
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=out) from None
    except (OSError, sqlite3.Error) as error:
        why = os_words(error) if isinstance(error, OSError) else str(error)
        raise ConfigurationError("{path}: the backup failed: {why}", path=out, why=why) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return manifest


def verify_backup(folder: Path) -> dict[str, Any]:
    """Verify that a backup is whole, and each of its databases sound; return its manifest.

    Raises:
        ConfigurationError: It is no backup, or a file is not what was copied.
    """
    try:
        if (folder / MANIFEST).stat().st_size > _MANIFEST_MAX_BYTES:
            raise ValueError
        manifest = dict_of(read_json((folder / MANIFEST).read_bytes()))
        files = {name: dict_of(told) for name, told in dict_of(manifest.get("files")).items()}
        if manifest.get("schema") != SCHEMA or NAME not in files or not all(map(_is_plain, files)):
            raise ValueError
    except (OSError, ValueError, NotVerified):
        raise ConfigurationError(
            "{path}: not a hub's backup; name a folder that `camwarden hub backup` wrote", path=folder
        ) from None
    for name, told in files.items():
        path = folder / name
        try:
            is_same = not path.is_symlink() and path.is_file() and _digest(path) == told.get("sha256")
            is_sound = is_same and (not name.endswith(".db") or _is_sound(path))
        except (OSError, sqlite3.Error):
            is_sound = False
        if not is_sound:
            raise ConfigurationError("{path}: not what was backed up; take another backup", path=path)
    return dict(manifest)


def restore(folder: Path, directory: Path) -> dict[str, Any]:
    """Copy a verified backup to where no hub is; return its manifest.

    The hub's database comes last: a restore that was ended anywhere leaves no hub, and can be begun again.

    Raises:
        UsageError: There is a hub already.
        ConfigurationError: The backup is not whole, or a file cannot be written.
    """
    if (directory / NAME).exists():
        raise UsageError("{path}: there is a hub already; move it away first", path=directory / NAME)
    manifest = verify_backup(folder)
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name in sorted(manifest["files"], key=lambda name: name == NAME):
            part = directory / f"{name}.part"
            _copy_file(folder / name, part)
            part.replace(directory / name)
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=directory) from None
    except OSError as error:
        raise ConfigurationError("{path}: cannot be written: {why}", path=directory, why=os_words(error)) from None
    return manifest


def _names(directory: Path, out: Path) -> Iterator[str]:
    for path in directory.iterdir():
        is_file = path.is_file() and not path.is_symlink()
        if is_file and not path.name.endswith(_NOT_COPIED) and path != out and path.name != MANIFEST:
            yield path.name


def _copy(source: Path, target: Path) -> None:
    if source.suffix != ".db":
        _copy_file(source, target)
        return
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as read,
        closing(sqlite3.connect(target)) as written,
    ):
        read.backup(written)
        written.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing beside it
    _sync(target)


def _copy_file(source: Path, target: Path) -> None:
    with suppress(FileNotFoundError):
        target.unlink()
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as read, os.fdopen(descriptor, "wb") as written:
        shutil.copyfileobj(read, written, _BLOCK_BYTES)
    _sync(target)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    _sync(path)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


def _is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        return bool(db.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)])


def _is_plain(name: str) -> bool:
    return bool(name) and Path(name).name == name and name not in (".", "..", MANIFEST) and "\x00" not in name

"""Exports a hub's data to a folder while it runs, and verifies the copy.

Databases are copied by SQLite's own backup in one step: a reader of the write-ahead log, so the hub goes on. Everything
else of the folder, keys and the enrollment desk among them, is copied as it is. A manifest has the digest of each file;
a backup that is not whole has another name (`.part`) and is none. One that was ended anywhere goes on within a day: a
file that has its own name in there is whole, and is not copied again.
"""

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.contract.payload_bounds import read_json
from agent.host.files import sync_directory, write_atomic
from agent.host.lock import lock
from agent.hub.stores import schema
from agent.hub.stores.keeping.authors import NAME as NAMES
from agent.hub.stores.store import NAME
from agent.model.errors import ConfigurationError, Forbidden, NotVerified, UsageError, os_words
from agent.verify.members import dict_of, time_of

SCHEMA: Final = "camwarden-hub-backup/1"
MANIFEST: Final = "backup.json"
GOES_ON: Final = timedelta(days=1)
"""What is left of a backup that was begun longer ago is copied anew."""

SIDECARS: Final = ("-wal", "-shm", "-journal")
"""What SQLite writes beside a database, and reads again if it is there."""

INNER: Final = ("enroll",)
"""Folders in the hub's data whose files are copied too: the authority of gateways' certificates, and what it gave."""

_BEGUN: Final = "begun.json"
_LOCK: Final = "backup"
_NOT_COPIED: Final = (".lock", ".part", *SIDECARS, NAMES)
"""No backup has names: nobody could erase one there. Sites tell them again."""
_MANIFEST_MAX_BYTES: Final = 1024 * 1024
_BLOCK_BYTES: Final = 1024 * 1024


def back_up(directory: Path, out: Path, now: datetime) -> dict[str, Any]:
    """Copy the data of a hub, which may run, to a new folder; return the manifest once the copy is verified.

    `at` of the manifest is when it was begun: no file in it is older.

    Raises:
        UsageError: There is something at `out` already.
        Locked: Another backup to this place is under way.
        ConfigurationError: There is no hub, or a file cannot be read or written; nothing is left at `out`.
    """
    if not (directory / NAME).exists():
        raise ConfigurationError("{path}: no hub has run here; check --data", path=directory / NAME)
    part = out.with_name(f"{out.name}.part")
    try:
        if out.exists():
            raise UsageError("{path}: there is something already; name a new folder", path=out)
        _own_folder(part)
        held = lock(part / _LOCK)
        try:
            return _finish(directory, part, out, now)
        except Exception:  # what a kill leaves is gone on with; what failed is not
            shutil.rmtree(part, ignore_errors=True)
            raise
        finally:
            os.close(held)
    except PermissionError:
        raise Forbidden("{path}: this user may not use it; run as the hub's user", path=out) from None
    except (OSError, sqlite3.Error) as error:
        why = os_words(error) if isinstance(error, OSError) else str(error)
        raise ConfigurationError("{path}: the backup failed: {why}", path=out, why=why) from None


def verify_backup(folder: Path) -> dict[str, Any]:
    """Verify that a backup is whole, and each of its databases sound; return its manifest.

    Raises:
        ConfigurationError: It is no backup, or a file is not what was copied.
    """
    try:
        manifest = _read(folder / MANIFEST)
        files = {name: dict_of(told) for name, told in dict_of(manifest.get("files")).items()}
        is_one = manifest.get("schema") == SCHEMA and time_of(manifest.get("at")) is not None and NAME in files
        if not is_one or not all(map(_is_plain, files)):
            raise ValueError
    except (OSError, ValueError, NotVerified):
        raise ConfigurationError(
            "{path}: not a hub's backup; name a folder that `camwarden hub backup` wrote", path=folder
        ) from None
    for name, told in files.items():
        path = folder / name
        try:
            is_ours = path.is_file() and not path.is_symlink() and not path.parent.is_symlink()
            is_same = is_ours and digest_of(path) == told.get("sha256")
            is_sound = is_same and (not name.endswith(".db") or _is_sound(path))
        except (OSError, sqlite3.Error):
            is_sound = False
        if not is_sound:
            raise ConfigurationError("{path}: not what was backed up; take another backup", path=path)
    return dict(manifest)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file to a place where this user alone may read it, and fsync it. What was at the place goes."""
    clear(target)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as read, os.fdopen(descriptor, "wb") as written:
        shutil.copyfileobj(read, written, _BLOCK_BYTES)
        written.flush()
        os.fsync(descriptor)


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file, hex. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def clear(path: Path) -> None:
    """Remove a file, and what SQLite has left beside it: it would be read into the next one of that name."""
    for one in (path, *(path.with_name(path.name + end) for end in SIDECARS)):
        with suppress(FileNotFoundError):
            one.unlink()


def _own_folder(part: Path) -> None:
    """Make the folder of a part, or go on with one that nobody else can have written."""
    with suppress(FileNotFoundError):
        found = part.lstat()
        if part.is_dir() and not part.is_symlink() and (found.st_uid, found.st_mode & 0o077) == (os.geteuid(), 0):
            return
        shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, mode=0o700)


def _finish(directory: Path, part: Path, out: Path, now: datetime) -> dict[str, Any]:
    """Copy what is not whole yet, verify all, and give it its name."""
    if out.exists():  # another backup ended while this one waited for its lock
        raise UsageError("{path}: there is something already; name a new folder", path=out)
    begun_at = _begun(part, directory, now)
    names = sorted(_names(directory, out))
    for name in names:
        if not (part / name).exists():
            copied = part / f"{name}.part"
            copied.parent.mkdir(mode=0o700, exist_ok=True)
            _copy(directory / name, copied)
            copied.replace(part / name)
    files = {name: {"sha256": digest_of(part / name), "bytes": (part / name).stat().st_size} for name in names}
    manifest = {"schema": SCHEMA, "at": begun_at, "version": schema.VERSION, "files": files}
    write_atomic(part / MANIFEST, json.dumps(manifest, indent=1).encode(), 0o600)
    verify_backup(part)
    for folder in {(part / name).parent for name in names}:
        sync_directory(folder)
    part.rename(out)
    for name in (_BEGUN, f"{_LOCK}.lock"):
        (out / name).unlink()
    sync_directory(out.parent)
    return manifest


def _begun(part: Path, directory: Path, now: datetime) -> str:
    """Return when a part was begun; what is of another hub, of a day ago or of nobody is cleared, and begun anew."""
    of = str(directory.resolve())
    try:
        told = _read(part / _BEGUN)
        begun_at = time_of(told.get("at"))
    except (OSError, ValueError, NotVerified):
        told, begun_at = {}, None
    if begun_at is not None and told.get("of") == of and begun_at <= now <= begun_at + GOES_ON:
        return utc_text(begun_at)
    for path in part.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != f"{_LOCK}.lock":
            path.unlink()
    write_atomic(part / _BEGUN, json.dumps({"at": utc_text(now), "of": of}).encode(), 0o600)
    return utc_text(now)


def _names(directory: Path, out: Path) -> Iterator[str]:
    """Yield the files to copy, by their path in the folder."""
    inner = [directory / name for name in INNER if (directory / name).is_dir()]
    for path in (one for folder in (directory, *inner) for one in folder.iterdir()):
        is_file = path.is_file() and not path.is_symlink()
        if is_file and not path.name.endswith(_NOT_COPIED) and path != out and path.name not in (MANIFEST, _BEGUN):
            yield path.relative_to(directory).as_posix()


def _copy(source: Path, target: Path) -> None:
    if source.suffix != ".db":
        copy_file(source, target)
        return
    clear(target)
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    with (
        closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as read,
        closing(sqlite3.connect(target)) as written,
    ):
        read.backup(written)
        written.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing beside it
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read(path: Path) -> dict[str, Any]:
    """Return a JSON object of ours. Raises OSError, ValueError or NotVerified where it is none."""
    with path.open("rb") as file:
        data = file.read(_MANIFEST_MAX_BYTES + 1)
    if len(data) > _MANIFEST_MAX_BYTES:
        raise ValueError
    return dict(dict_of(read_json(data)))


def _is_sound(path: Path) -> bool:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as db:
        return bool(db.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)])


def _is_plain(name: str) -> bool:
    """Return whether a name is of a file in the folder, or in one of those in it, and nowhere else."""
    folder, _, last = name.rpartition("/")
    is_inside = not folder or folder in INNER
    return is_inside and Path(last).name == last and last not in ("", ".", "..", MANIFEST) and "\x00" not in last

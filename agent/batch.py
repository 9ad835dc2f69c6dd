"""Signed reports as files, carried by hand between a site and its hub: a folder or a `.zip` of flattened JWS.

    EPOCH-STREAM-SEQ.json   a report
    state.json              what the site says of itself: key, heads, how far it is confirmed

Names are for people and for order: what a file is stands in what was signed. Decides how a batch is written, whole or
not at all, and what of it is read; nothing here is verified. A medium that was in other hands holds anything: links,
names that lead elsewhere and archives that unpack to a disk full of zeros are passed over or cut short.
"""

from __future__ import annotations

import os
import shutil
import stat
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

from agent.errors import ConfigurationError, Forbidden, UsageError
from agent.model import StreamName

STATE_NAME: Final = "state.json"

FILE_MAX_BYTES: Final = 4 * 1024 * 1024
"""More than the largest report with everything in it escaped; a file that is larger is not one."""

FILES_AT_MOST: Final = 1_000_000

Found = TypeVar("Found", Path, str)

_ZIP_SUFFIX: Final = ".zip"
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows: when it was packed says nothing


@dataclass(frozen=True, slots=True)
class Item:
    """A file of a batch: its name, and its content or one sentence that says why there is none."""

    name: str
    data: bytes = field(default=b"", repr=False)
    problem: str = ""


def report_name(epoch: str, stream: StreamName, seq: int) -> str:
    """Return the file name of a report."""
    return f"{epoch}-{stream}-{seq}.json"


def write_batch(path: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write a batch that appears under its name only when it is complete; return the number of files.

    Args:
        path: A folder that does not exist or is empty, or a file that does not exist whose name ends in `.zip`.
        files: Names and contents.

    Raises:
        UsageError: There is something already.
        Forbidden: This user may not write there.
        ConfigurationError: It cannot be written: no such place, or no room.
    """
    zipped = path.suffix == _ZIP_SUFFIX
    if path.exists() and (zipped or not path.is_dir() or any(path.iterdir())):
        raise UsageError(f"{path}: there is something already; name a new folder or file")
    part = path.with_name(f".{path.name}.part")
    try:
        _remove(part)
        count = _write_zip(part, files) if zipped else _write_folder(part, files)
        part.replace(path)
    except PermissionError:
        raise Forbidden(f"{path}: this user may not write there") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be written: {error.strerror}") from None
    finally:
        _remove(part)
    return count


def read_batch(path: Path) -> Iterator[Item]:
    """Yield the files of a batch, `state.json` first, then in the order of their names.

    Args:
        path: A folder (searched with its subfolders) or a zip file.

    Raises:
        ConfigurationError: It is neither, cannot be read, or holds more files than any batch.
        Forbidden: This user may not read it.
    """
    try:
        yield from _read_folder(path) if path.is_dir() else _read_zip(path)
    except PermissionError:
        raise Forbidden(f"{path}: this user may not read it") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror}") from None
    except zipfile.BadZipFile:
        raise ConfigurationError(f"{path}: neither a folder nor a zip file; name what `queue export` wrote") from None


def _write_folder(folder: Path, files: Iterable[tuple[str, bytes]]) -> int:
    folder.mkdir()
    count = 0
    for name, data in files:
        with (folder / name).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # somebody pulls the stick out next
        count += 1
    return count


def _write_zip(path: Path, files: Iterable[tuple[str, bytes]]) -> int:
    count = 0
    with path.open("xb") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files:
                archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), data, zipfile.ZIP_DEFLATED)
                count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


def _read_folder(folder: Path) -> Iterator[Item]:
    paths = sorted(_limited(folder, folder.rglob("*.json")), key=lambda path: (path.name != STATE_NAME, path))
    for path in paths:
        name = str(path.relative_to(folder))
        if not stat.S_ISREG(path.lstat().st_mode):
            if not path.is_dir() or path.is_symlink():
                yield Item(name, problem="not a file of its own")
            continue
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            yield _item(name, file.read(FILE_MAX_BYTES + 1))


def _read_zip(path: Path) -> Iterator[Item]:
    with zipfile.ZipFile(path) as archive:
        names = [info.filename for info in archive.infolist() if info.filename.endswith(".json")]
        for name in sorted(_limited(path, names), key=lambda name: (Path(name).name != STATE_NAME, name)):
            try:
                with archive.open(name) as file:
                    yield _item(name, file.read(FILE_MAX_BYTES + 1))
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
                yield Item(name, problem=f"cannot be unpacked: {error}")
            except Exception as error:  # noqa: BLE001  each packing has an error of its own for damaged data
                yield Item(name, problem=f"cannot be unpacked: {type(error).__name__}")


def _item(name: str, data: bytes) -> Item:
    return Item(name, problem="larger than any report") if len(data) > FILE_MAX_BYTES else Item(name, data)


def _limited(path: Path, found: Iterable[Found]) -> Iterator[Found]:
    for number, one in enumerate(found):
        if number >= FILES_AT_MOST:
            raise ConfigurationError(f"{path}: more than {FILES_AT_MOST} files; carry it over in parts")
        yield one


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

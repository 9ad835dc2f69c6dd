"""Writes signed reports as files, carried by hand from a site to its hub: a folder or `.zip` of flattened JWS.

    EPOCH-STREAM-SEQ.json   a report
    state.json              the site's state message: key, heads, what is confirmed

Names are for people and for order: only the signed content identifies a file. Decides how a batch is written, whole or
not at all. Reading one, from a medium that was in other hands, is the hub's: `agent/verify/archive.py`.
"""

import os
import shutil
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.model.finding import StreamName

STATE_NAME: Final = "state.json"

FILE_MAX_BYTES: Final = 4 * 1024 * 1024
"""More than the largest report with everything in it escaped."""

_ZIP_SUFFIX: Final = ".zip"
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows: when it was packed says nothing


def report_name(epoch: str, stream: StreamName, seq: int) -> str:
    """Return the file name of a report."""
    return f"{epoch}-{stream}-{seq}.json"


def write_batch(path: Path, files: Iterable[tuple[str, bytes]]) -> int:
    """Write a batch that appears under its name only when it is complete; return the number of files.

    Args:
        path: A folder that does not exist or is empty, or a `.zip` file that does not exist.
        files: Names and contents.

    Raises:
        UsageError: The path exists already.
        Forbidden: This user may not write there.
        ConfigurationError: It cannot be written: no such place, or no room.
    """
    zipped = path.suffix == _ZIP_SUFFIX
    if path.exists() and (zipped or not path.is_dir() or any(path.iterdir())):
        raise UsageError("{path}: there is something already; name a new folder or file", path=path)
    part = path.with_name(f".{path.name}.part")
    try:
        _remove(part)
        count = _write_zip(part, files) if zipped else _write_folder(part, files)
        part.replace(path)
    except PermissionError:
        raise Forbidden("{path}: this user may not write there", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: cannot be written: {why}", path=path, why=os_words(error)) from None
    finally:
        _remove(part)
    return count


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


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)

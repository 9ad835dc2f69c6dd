"""Opens a carried folder or ZIP without trusting its own claims.

Decides which containers are accepted. Nothing is unpacked to the disk; a file is read whole into memory, up to a size
limit. The content is for others to judge. Also writes reproducible ZIPs.

Source: PKWARE APPNOTE.TXT 6.3.10 (4.3.7 local header, 4.4.4 flags, 4.4.15 external attributes); Fifield, "A better zip
bomb" (overlapping files).
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agent.model.errors import ConfigurationError, Forbidden

FILES_MOST: Final = 200_000
FILE_MAX_BYTES: Final = 4 * 1024 * 1024
"""A report of 1 MiB whose every byte is escaped in JSON is still smaller."""

TOTAL_MAX_BYTES: Final = 1024 * 1024 * 1024
NAME_MAX_CHARS: Final = 200

_LOCAL_HEADER_BYTES = 30
_ENCRYPTED = 0x1
_EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)  # the earliest time that a ZIP can tell: no clock shows in its bytes


@dataclass(frozen=True, slots=True)
class Container:
    """Sorted names (with `/`) in a folder or ZIP; `read` raises ConfigurationError for an unreadable or large file."""

    path: Path
    names: tuple[str, ...]
    read: Callable[[str], bytes]


@contextmanager
def open_container(path: Path, suffix: str = "", file_max_bytes: int = FILE_MAX_BYTES) -> Iterator[Container]:
    """Open a folder (with its subfolders) or a ZIP.

    Args:
        path: The folder or ZIP.
        suffix: Files of a folder whose names end otherwise are ignored.
        file_max_bytes: No file in it may be larger.

    Raises:
        Forbidden: This user may not read it.
        ConfigurationError: It is neither, or is refused: too many or too large files, a name that leads out of it or is
            there twice, a link, an encrypted or overlapping file.
    """
    with ExitStack() as held:
        try:
            if path.is_dir():
                container = _folder(path, suffix, file_max_bytes)
            else:
                file = held.enter_context(path.open("rb"))
                container = _zip(path, held.enter_context(zipfile.ZipFile(file)), file_max_bytes)
        except PermissionError:
            raise Forbidden("{path}: this user may not read it; run as its owner", path=path) from None
        except OSError as error:
            raise ConfigurationError("{path}: {why}; check the path", path=path, why=error.strerror or error) from None
        except (zipfile.BadZipFile, NotImplementedError, ValueError):
            raise ConfigurationError(
                "{path}: neither a folder nor a sound ZIP; have it made and sent again", path=path
            ) from None
        yield container


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a reproducible ZIP of these files: sorted, stored, without times."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EPOCH_OF_ZIP)
            info.create_system = 3  # else it would follow the system that it is made on
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, files[name])
    return buffer.getvalue()


def _folder(path: Path, suffix: str, file_max_bytes: int) -> Container:
    names: list[str] = []
    total = 0
    for entry in path.rglob("*"):
        name = entry.relative_to(path).as_posix()
        status = entry.lstat()
        if stat.S_ISDIR(status.st_mode) or not name.endswith(suffix):
            continue
        if not stat.S_ISREG(status.st_mode):
            raise _refused(path, name, "a link or device, not a file")
        total += _counted(path, name, status.st_size, file_max_bytes)
        names.append(name)
        _bounded(path, len(names), total)

    def read(name: str) -> bytes:
        try:
            with (path / name).open("rb") as file:
                data = file.read(file_max_bytes + 1)
        except OSError as error:
            raise _refused(path, name, str(error.strerror)) from None
        _counted(path, name, len(data), file_max_bytes)
        return data

    return Container(path, tuple(sorted(names)), read)


def _zip(path: Path, archive: zipfile.ZipFile, file_max_bytes: int) -> Container:
    entries: dict[str, zipfile.ZipInfo] = {}
    total = 0
    infos = archive.infolist()
    _bounded(path, len(infos), 0)
    for info in infos:
        name = info.orig_filename
        # Only a ZIP made on a Unix says what kind of file it holds; 0 means that it does not say.
        kind = stat.S_IFMT(info.external_attr >> 16)
        if name != info.filename or not _inside(name):
            raise _refused(path, name, "its name leads out of the archive")
        if name in entries:
            raise _refused(path, name, "stands in it twice")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refused(path, name, "a link or device, not a file")
        if info.flag_bits & _ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise _refused(path, name, "encrypted, or packed in another way than stored or deflated")
        total += _counted(path, name, info.file_size, file_max_bytes)
        entries[name] = info
    _bounded(path, len(entries), total)
    _apart(path, infos, archive.start_dir)

    def read(name: str) -> bytes:
        try:
            return archive.read(entries[name])  # reads no more than the size that was counted above
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
            raise _refused(path, name, "damaged") from None

    return Container(path, tuple(sorted(name for name in entries if not name.endswith("/"))), read)


def _inside(name: str) -> bool:
    parts = name.removesuffix("/").split("/")
    plain = name.isprintable() and "\\" not in name and ":" not in name
    return plain and len(name) <= NAME_MAX_CHARS and not any(part in ("", ".", "..") for part in parts)


def _apart(path: Path, infos: list[zipfile.ZipInfo], directory_at: int) -> None:
    """Refuse files that share bytes: so a small archive unpacks to much more than its size."""
    ordered = sorted(infos, key=lambda info: info.header_offset)
    limits = [info.header_offset for info in ordered[1:]] + [directory_at]
    for info, limit in zip(ordered, limits, strict=True):
        if info.header_offset + _LOCAL_HEADER_BYTES + info.compress_size > limit:
            raise _refused(path, info.filename, "shares bytes with another file")


def _counted(path: Path, name: str, size: int, most: int) -> int:
    if size > most:
        raise _refused(path, name, f"larger than {most} bytes")
    return size


def _bounded(path: Path, files: int, total: int) -> None:
    if files > FILES_MOST or total > TOTAL_MAX_BYTES:
        values = {"path": path, "files_most": FILES_MOST, "bytes_most": TOTAL_MAX_BYTES}
        raise ConfigurationError(
            "{path}: more than {files_most} files or {bytes_most} bytes; bring it in several parts", **values
        )


def _refused(path: Path, name: str, why: str) -> ConfigurationError:
    shown = name if name.isprintable() else ascii(name)[1:-1]
    return ConfigurationError(
        "{path}: {shown}: {why}; nothing of it was used", path=path, shown=shown[:NAME_MAX_CHARS], why=why
    )

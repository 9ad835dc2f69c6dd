"""Finds the C libraries that lie inside the wheels, in which version: what `library_table.py` knows, and nothing else.

Versions are read from the binaries, never from what a wheel says of itself; a version that a binary does not tell is
None, never guessed. A shared library that no row claims is an error: nothing is shipped that nobody has looked at.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

from elf_number import number_of
from library_table import BUILT_INTO_CV2, CV2_MODULE, LIBRARIES, SHARED, Library


class UnknownPartError(Exception):
    """Something lies in the folder that no table names: the message says what, and which table wants a line."""


@dataclass(frozen=True, slots=True)
class Bundled:
    """A library as it lies in the folder of one package: `version` is None where no binary tells it."""

    library: Library
    package: str
    version: str | None
    files: tuple[str, ...]


def bundled(folder: Path, owners: Mapping[str, str]) -> tuple[Bundled, ...]:
    """Return the libraries inside a folder of packages, by package and name.

    Args:
        folder: where the packages lie.
        owners: of each file, by its path from the folder, the package that brought it.

    Raises:
        UnknownPartError: a shared library, or a part of OpenCV, stands in no row; or a binary says other terms.
    """
    binaries = {name: package for name, package in owners.items() if re.search(r"\.so(\.|$)", name)}
    found: dict[tuple[int, str], list[tuple[str, str]]] = {}
    said: set[int] = set()
    for name in sorted(binaries):
        rows = [index for index, row in enumerate(LIBRARIES) if any(fnmatch(name, pattern) for pattern in row.files)]
        with (folder / name).open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            for index in rows:
                match = re.search(LIBRARIES[index].version, content)
                if match or index < len(SHARED):
                    version = _version(LIBRARIES[index], match[1].decode("ascii"), content) if match else ""
                    found.setdefault((index, binaries[name]), []).append((name, version))
                if LIBRARIES[index].says and re.search(LIBRARIES[index].says, content):
                    said.add(index)
            if fnmatch(name, CV2_MODULE):
                _must_be_known(_third_party(content), name)
        if ".libs/" in name and not any(index < len(SHARED) for index in rows):
            raise UnknownPartError(f"{name}: no row of packaging/library_table.py names this library")
    silent = [row.name for index, row in enumerate(LIBRARIES) if row.says and index not in said and _has(found, index)]
    if silent:
        raise UnknownPartError(f"{', '.join(silent)}: no binary says the terms that packaging/library_table.py expects")
    return tuple(
        _one(LIBRARIES[index], package, files)
        for (index, package), files in sorted(found.items(), key=lambda item: (item[0][1], item[0][0]))
    )


def _has(found: Mapping[tuple[int, str], object], index: int) -> bool:
    return any(row == index for row, _ in found)


def _one(library: Library, package: str, files: Iterable[tuple[str, str]]) -> Bundled:
    versions = sorted({version for _, version in files if version})
    if len(versions) > 1:
        raise UnknownPartError(f"{package}: its files name {' and '.join(versions)} of {library.name}")
    return Bundled(library, package, versions[0] if versions else None, tuple(name for name, _ in files))


def _version(library: Library, said: str, content: mmap.mmap) -> str:
    if library.symbol:
        number = number_of(content, library.symbol)
        return "" if number is None else f"{number >> 8}.{number & 255}"
    if not library.packed:
        return said
    number = int(said)
    return f"{number // 10000}.{number // 100 % 100}.{number % 100}"


def _third_party(content: mmap.mmap) -> list[str]:
    match = re.search(rb"3rdparty dependencies: +([^\n]*)", content)
    return match[1].decode("ascii", "replace").split() if match else []


def _must_be_known(parts: list[str], name: str) -> None:
    strangers = sorted(set(parts) - BUILT_INTO_CV2)
    if strangers:
        raise UnknownPartError(
            f"{name}: built with {', '.join(strangers)}, which packaging/library_table.py does not name"
        )

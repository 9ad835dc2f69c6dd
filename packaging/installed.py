"""Decides what a folder of installed packages holds: names, versions, files, and under which terms each is shipped.

Terms are SPDX expressions. Packages that only describe theirs in words are translated by `SPDX_OF` and, where the words
say too little, by `DECLARED`, whose lines somebody has read. A package without known terms is an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from bundled import UnknownPartError

SPDX_OF: Final[Mapping[str, str]] = {
    "Apache 2.0": "Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "BSD-3-Clause": "BSD-3-Clause",
    "MIT": "MIT",
    "MIT License": "MIT",
    "MPL-2.0": "MPL-2.0",
}
"""What packages write in `License`, or at the end of a classifier, where it is clear."""

DECLARED: Final[Mapping[str, str]] = {
    "jinja2": "BSD-3-Clause",
    "isodate": "BSD-3-Clause",
    "segno": "BSD-3-Clause",
    "rfc3161-client": "Apache-2.0",
}
"""Packages that say "BSD License" or "Apache Software License": the text in their wheel is that of the three clauses,
or of version 2.0."""

ALLOWED: Final = frozenset(
    (
        "0BSD",
        "Apache-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "GPL-3.0-or-later WITH GCC-exception-3.1",
        "IJG",
        "LGPL-2.1-or-later",
        "LicenseRef-Intel-Simplified-2022",
        "MIT",
        "MIT-0",
        "MPL-2.0",
        "OpenSSL",
        "PSF-2.0",
        "Unicode-3.0",
        "Zlib",
        "libpng-2.0",
        "libtiff",
    )
)
"""Terms under which something may be shipped. The GPL is not among them, but for GCC's runtime with its exception."""


TEXTS: Final = re.compile(r"\.dist-info/(.*/)?(licen[cs]e|copying|notice|authors|e[dp]l-v)", re.IGNORECASE)
"""Paths of texts about terms."""


@dataclass(frozen=True, slots=True)
class Package:
    """One installed package: `files` are paths from the folder, `texts` those of its terms, `needs` other packages."""

    name: str
    version: str
    licence: str
    files: tuple[str, ...]
    texts: tuple[str, ...]
    needs: tuple[str, ...]


def normal(name: str) -> str:
    """Return a package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed(folder: Path) -> tuple[Package, ...]:
    """Return the packages of a folder, by name.

    Raises:
        UnknownPartError: the folder holds none, or the terms of one are not known.
    """
    found = [_package(one, folder) for one in metadata.distributions(path=[str(folder)])]
    if not found:
        raise UnknownPartError(f"{folder}: no package is installed here")
    return tuple(sorted(found, key=lambda package: package.name))


def owners(packages: tuple[Package, ...]) -> dict[str, str]:
    """Return which package brought which file."""
    return {file: package.name for package in packages for file in package.files}


def may_be_shipped(licence: str) -> bool:
    """Tell whether an SPDX expression can be fulfilled by allowed terms: each AND needs one allowed OR."""
    parts = [part.strip().strip("()") for part in licence.split(" AND ")]
    return all(any(term.strip() in ALLOWED for term in part.split(" OR ")) for part in parts)


def _package(one: metadata.Distribution, folder: Path) -> Package:
    name = normal(one.metadata["Name"])
    files = tuple(sorted(str(file) for file in one.files or () if (folder / str(file)).is_file()))
    texts = tuple(
        file
        for file in files
        if re.search(r"\.dist-info/(.*/)?(licen[cs]e|copying|notice|authors|e[dp]l-v)", file, re.I)
    )
    needs = {normal(re.split(r"[^\w.-]", need, maxsplit=1)[0]) for need in one.requires or () if "extra ==" not in need}
    return Package(name, one.version, _licence(name, one.metadata), files, texts, tuple(sorted(needs)))


def _licence(name: str, said: metadata.PackageMetadata) -> str:
    if name in DECLARED:
        return DECLARED[name]
    classifiers = [
        line.rsplit(" :: ", 1)[1] for line in said.get_all("Classifier") or () if line.startswith("License ::")
    ]
    words = [said.get("License-Expression") or "", said.get("License") or "", *classifiers]
    if words[0]:
        return words[0]
    known = [SPDX_OF[word] for word in words if word in SPDX_OF]
    if not known:
        raise UnknownPartError(
            f"{name} {said['Version']}: its terms are not known; read them, and add a line to packaging/installed.py"
        )
    return known[0]

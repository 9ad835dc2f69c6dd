"""Write THIRD-PARTY-NOTICES for a folder of packages: what is shipped, under which terms, and their texts.

The texts are those that the wheels bring; for the few libraries that come without one they stand in `licences/`. Rust
crates inside `cryptography` are left to the SBOM, which names their terms; their texts are in their sources.

    python packaging/write_notices.py FOLDER --out THIRD-PARTY-NOTICES
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from bundled import Bundled, UnknownPartError, bundled
from installed import Package, installed, may_be_shipped, owners

OWN_TEXTS: Final = Path(__file__).resolve().parent / "licences"
OURS: Final = "camwarden"
RULE: Final = "=" * 78

HEAD: Final = """\
camwarden is under the Apache License 2.0. It is shipped together with the packages below, each under its own terms;
their texts follow, as their makers ship them. A text may also speak of parts that are not in this build.
"""

LESSER: Final = """\
FFmpeg, libquadmath and libiconv are under the GNU Lesser General Public License, version 2.1 or later: you may replace
them by builds of your own (the files are named below; libiconv is a part of lxml, which can be built anew), and examine
the program as far as that needs. Their sources are published by their makers: ffmpeg.org, gcc.gnu.org and
gnu.org/software/libiconv.
"""
"""Stands where any of these libraries is inside."""


def notices(folder: Path) -> str:
    """Return the text for a folder of packages.

    Raises:
        UnknownPartError: terms are not known or not allowed, or the text of some is nowhere.
    """
    packages = tuple(package for package in installed(folder) if package.name != OURS)
    libraries = bundled(folder, owners(packages))
    texts = {package.name: [_read(folder / name) for name in package.texts] for package in packages}
    _must_be_told(packages, libraries, texts)
    lesser = any("LGPL" in one.library.licence for one in libraries)
    lines = [HEAD, *([LESSER] if lesser else []), RULE, "What is shipped", RULE, ""]
    lines += [f"{package.name} {package.version}: {package.licence}" for package in packages]
    lines += ["", "C and C++ libraries inside these packages", ""]
    for one in libraries:
        version = one.version or "(version not told by the binary)"
        lines.append(f"{one.library.name} {version}, in {one.package}: {one.library.licence}")
        lines += [f"    {file}" for file in one.files]
        lines += [f"    {one.library.note}"] if one.library.note else []
    for package in packages:
        lines += ["", RULE, f"{package.name} {package.version}", RULE]
        for name, text in zip(package.texts, texts[package.name], strict=True):
            lines += ["", f"--- {name.split('.dist-info/', 1)[1]}", "", text.rstrip()]
    for name in sorted({one.library.name for one in libraries if one.library.terms == "own"}):
        lines += ["", RULE, name, RULE, "", _read(OWN_TEXTS / f"{name}.txt").rstrip()]
    return "\n".join(lines) + "\n"


def _read(path: Path) -> str:
    return path.read_text("utf-8", "replace")


def _must_be_told(packages: Sequence[Package], libraries: Sequence[Bundled], texts: dict[str, list[str]]) -> None:
    wrong = [*_not_told(packages, libraries, texts)]
    if wrong:
        raise UnknownPartError("; ".join(wrong))


def _not_told(packages: Sequence[Package], libraries: Sequence[Bundled], texts: dict[str, list[str]]) -> Iterator[str]:
    every = [text for found in texts.values() for text in found]
    for package in packages:
        if not may_be_shipped(package.licence):
            yield f"{package.name}: {package.licence} is not among the terms that packaging/installed.py allows"
        if not texts[package.name]:
            yield f"{package.name}: brings no text of its terms"
    for one in libraries:
        row = one.library
        if not may_be_shipped(row.licence):
            yield f"{row.name}: {row.licence} is not among the terms that packaging/installed.py allows"
        if row.terms == "own" and not (OWN_TEXTS / f"{row.name}.txt").is_file():
            yield f"{row.name}: packaging/licences has no text of its terms"
        if row.terms != "own" and not any(row.terms in text for text in every):
            yield f"{row.name}: no package brings the text of its terms"


def main() -> None:
    """Write the notices of one folder."""
    parser = argparse.ArgumentParser(description="write the notices of a folder of installed packages")
    parser.add_argument("folder", type=Path, help="where the packages lie")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    try:
        text = notices(args.folder)
    except UnknownPartError as error:
        sys.exit(f"write_notices: {error}")
    args.out.write_text(text, "utf-8")


if __name__ == "__main__":
    main()

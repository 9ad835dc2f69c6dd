"""Holds the C libraries inside wheels against `advisories.toml`: which public advisory concerns the versions we ship.

Indexes of packages know nothing of these libraries. Decides: a version in an affected range fails the audit unless its
row says, with a reason and until a day, that our use does not reach it or that something of ours keeps it out. One that
no binary tells is taken for affected. What nobody has looked at, or not for long, is named.

Source: CVE records and the advisories of the makers; each row names its own.
"""

from __future__ import annotations

import operator
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from bundled import bundled
from installed import normal
from library_table import LIBRARIES

LOOKED_AT_LEAST_EVERY_DAYS: Final = 90
ACCEPTING: Final = frozenset(("not-reached", "mitigated"))
VERDICTS: Final = ACCEPTING | {"reached"}
KEYS: Final = frozenset(("ids", "library", "affected", "mended_in", "verdict", "why", "until", "source"))
UNTOLD: Final = "untold"
"""Stands in the table for a version that no binary tells."""

_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}

Key = tuple[tuple[int, str], ...]
Range = tuple[tuple[str, Key], ...]


@dataclass(frozen=True, slots=True)
class Held:
    """A library that we ship inside a package; `version` is None where no binary tells it."""

    library: str
    version: str | None
    package: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One row: what is known of a library's versions, and what somebody found out about our use of it.

    Args:
        ids: Of the advisories; several where one sentence answers for all.
        library: Its name in `library_table.py`.
        affected: A version within one of these is.
        mended_in: Versions; empty where there is none, or none is told.
        verdict: One of `VERDICTS`; empty as long as nobody has looked.
        why: The reason of the verdict.
        until: Its last day; None for a row that fails anyway.
        source: A public page.
    """

    ids: tuple[str, ...]
    library: str
    affected: tuple[Range, ...]
    mended_in: tuple[str, ...]
    verdict: str
    why: str
    until: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Table:
    """All rows, and of which library, in which version, somebody has looked for advisories, and when."""

    rows: tuple[Advisory, ...]
    looked: Mapping[tuple[str, str], date]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the table says of what is shipped, as lines: `failed` fail the audit."""

    failed: tuple[str, ...]
    accepted: tuple[str, ...]
    notes: tuple[str, ...]


def order(version: str) -> Key:
    """Return what versions are compared by: 8.1 is 8.1.0, and 1.1.1k lies between 1.1.1j and 1.1.1za.

    Raises:
        ValueError: It is made of something else than numbers and letters.
    """
    if not re.fullmatch(r"\d+[a-z]*(\.\d+[a-z]*)*", version):
        raise ValueError(f"{version!r} is no version")
    parts = re.findall(r"\d+|[a-z]+", version)
    while len(parts) > 1 and parts[-1].strip("0") == "":
        parts.pop()
    # Numbers as text of one length compare as numbers; a letter comes before the next number, and behind nothing.
    return tuple((1, part.zfill(12)) if part.isdecimal() else (0, part) for part in parts)


def read_range(text: str) -> Range:
    """Read one range, such as `>=8.1, <8.1.2`.

    Raises:
        ValueError: It is none.
    """
    terms = [re.fullmatch(r"(<=|>=|==|<|>)\s*(\S+)", term.strip()) for term in text.split(",")]
    found = tuple((term[1], order(term[2])) for term in terms if term)
    if len(found) != len(terms):
        raise ValueError(f"{text!r} is no range; write one as '>=8.1, <8.1.2'")
    return found


def is_affected(row: Advisory, version: str | None) -> bool:
    """Tell whether a row concerns a version; one that nobody knows it does."""
    if version is None:
        return True
    here = order(version)
    return any(all(_COMPARED[sign](here, there) for sign, there in one) for one in row.affected)


def read_table(text: str) -> Table:
    """Read `advisories.toml`.

    Raises:
        ValueError: It is not TOML, or a row lacks something: the line says which row, and what.
    """
    document = tomllib.loads(text)
    rows = tuple(_row(one, number) for number, one in enumerate(document.get("advisory", ()), 1))
    looked: dict[tuple[str, str], date] = {}
    for number, one in enumerate(document.get("looked", ()), 1):
        where = f"[[looked]] {number}"
        if not isinstance(one, dict) or set(one) != {"library", "versions", "on"} or type(one["on"]) is not date:
            raise ValueError(f"{where}: needs library, versions and on (a day)")
        looked |= {(_library(one["library"], where), version): one["on"] for version in _texts(one["versions"], where)}
    return Table(rows, looked)


def judge(table: Table, held: Sequence[Held], on: date) -> Judged:
    """Hold what is shipped against the table, for a day."""
    failed: list[str] = []
    accepted: list[str] = []
    for row in table.rows:
        for one in held:
            if one.library == row.library and is_affected(row, one.version):
                good = row.verdict in ACCEPTING and row.until is not None and on <= row.until
                (accepted if good else failed).append(_line(row, one, on))
    return Judged(tuple(failed), tuple(accepted), tuple(_notes(table, held, on)))


def held_in(folder: Path, pinned: Iterable[tuple[str, str]]) -> tuple[Held, ...]:
    """Return the libraries inside the packages of a folder that a lock pins; its other packages are not ours.

    Raises:
        ValueError: The folder holds another version than the lock, or none of its packages.
        UnknownPartError: As `bundled`.
    """
    wanted: dict[str, set[str]] = {}
    for name, version in pinned:
        wanted.setdefault(normal(name), set()).add(version)
    owners: dict[str, str] = {}
    for one in metadata.distributions(path=[str(folder)]):
        name = normal(one.metadata["Name"])
        if name in wanted and one.version not in wanted[name]:
            pins = " and ".join(sorted(wanted[name]))
            raise ValueError(f"{folder} holds {name} {one.version}, the lock pins {pins}: make setup, or name another")
        if name in wanted:
            owners |= {str(file): name for file in one.files or () if (folder / str(file)).is_file()}
    if not owners:
        raise ValueError(f"{folder}: holds nothing that the lock pins")
    return tuple(Held(one.library.name, one.version, one.package) for one in bundled(folder, owners))


def held_by(sbom: Mapping[str, Any]) -> tuple[Held, ...]:
    """Return the libraries inside packages that an SBOM by `write_sbom.py` names."""
    found = []
    for part in sbom["components"]:
        inside = [one["value"] for one in part.get("properties", ()) if one["name"] == "camwarden:inside"]
        found += [Held(part["name"], part.get("version"), package) for package in inside]
    return tuple(found)


def _row(one: Any, number: int) -> Advisory:
    where = f"[[advisory]] {number}"
    if not isinstance(one, dict) or not set(one) <= KEYS:
        raise ValueError(f"{where}: has no key but {', '.join(sorted(KEYS))}")
    ids = _texts(one.get("ids"), where)
    where = f"{where} ({ids[0]})"
    verdict, until = one.get("verdict", ""), one.get("until")
    if verdict not in VERDICTS | {""}:
        raise ValueError(f"{where}: its verdict is one of {', '.join(sorted(VERDICTS))}")
    if verdict in ACCEPTING and type(until) is not date:
        raise ValueError(f"{where}: {verdict} needs until, a day")
    if verdict and not one.get("why"):
        raise ValueError(f"{where}: {verdict} needs why")
    if not isinstance(one.get("source"), str) or not one["source"]:
        raise ValueError(f"{where}: needs source, a public page")
    try:
        affected = tuple(map(read_range, _texts(one.get("affected"), where)))
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    return Advisory(
        ids=ids,
        library=_library(one.get("library"), where),
        affected=affected,
        mended_in=_texts(one["mended_in"], where) if one.get("mended_in") else (),
        verdict=verdict,
        why=str(one.get("why", "")),
        until=until,
        source=one["source"],
    )


def _texts(given: Any, where: str) -> tuple[str, ...]:
    if not isinstance(given, list) or not given or not all(isinstance(one, str) and one for one in given):
        raise ValueError(f"{where}: ids, affected, mended_in and versions are lists of texts, not empty")
    return tuple(given)


def _library(given: Any, where: str) -> str:
    if given not in {row.name for row in LIBRARIES}:
        raise ValueError(f"{where}: packaging/library_table.py names no library {given!r}")
    return str(given)


def _line(row: Advisory, one: Held, on: date) -> str:
    version = one.version or "(version untold)"
    mended = f"mended in {', '.join(row.mended_in)}" if row.mended_in else "mended in no release that is told"
    what = f"{one.library} {version} in {one.package}: {' '.join(row.ids)}: {mended}"
    if not row.verdict:
        return f"{what}: nobody has looked whether it reaches us: {row.source}"
    if row.until is not None and on > row.until:
        return f"{what}: {row.verdict} held until {row.until} only, look again: {row.why} ({row.source})"
    return f"{what}: {row.verdict}: {row.why} ({row.source})"


def _notes(table: Table, held: Sequence[Held], on: date) -> Iterator[str]:
    for library, version in sorted({(one.library, one.version or UNTOLD) for one in held}):
        looked = table.looked.get((library, version))
        if looked is None:
            yield f"{library} {version}: nobody has looked for advisories of this version"
        elif (on - looked).days > LOOKED_AT_LEAST_EVERY_DAYS:
            yield f"{library} {version}: looked at {(on - looked).days} days ago, look again"

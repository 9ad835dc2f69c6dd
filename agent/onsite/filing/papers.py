"""Matches the five papers of a filing with their declarations and files. Pure.

Source: Datong Measures, article 15(1)(1) to (5).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath
from typing import Final

from agent.site.config.site import Site
from agent.site.declarations.standing import COUNTING, State, standing
from agent.site.declarations.table import NONE

TITLES: Final[Mapping[str, str]] = {
    "paper-design": "design",
    "paper-contract": "contract",
    "paper-acceptance": "record of acceptance",
    "paper-device-list": "list of devices with their parameters",
    "paper-other": "other papers",
}
"""The five slots in the order of the article, by their declarable, and what people call them. All are msgids."""

DEVICE_LIST: Final = "paper-device-list"
_SUFFIX_MAX_CHARS: Final = 6


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the five papers. `paper` is its number or title as declared, empty where nothing counts.

    `sha256` (hex) and `dated` are the declared ones. `member` names it in the ZIP where it was given.
    `lacks`: details that are asked for and not declared.
    """

    number: int
    duty: str
    state: State
    paper: str = ""
    dated: date | None = None
    sha256: str = ""
    by: str = ""
    member: str = ""
    lacks: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether it is declared that there is no such paper."""
        return self.paper == NONE

    @property
    def is_there(self) -> bool:
        """Whether it counts: declared with its digest, or declared to be none."""
        return self.state in COUNTING


def slots(site: Site, today: date) -> tuple[Slot, ...]:
    """Return the five papers as declared on a local day."""
    return tuple(_slot(site, number, duty, today) for number, duty in enumerate(TITLES, start=1))


def enclose(found: Sequence[Slot], given: Mapping[str, bytes]) -> tuple[tuple[Slot, ...], dict[str, bytes]]:
    """Return the slots with the names of their files in the ZIP, and these files.

    `given` are files by name, of which only the content decides which paper they are.
    """
    by_digest = {hashlib.sha256(data).hexdigest(): (name, data) for name, data in sorted(given.items())}
    enclosed: list[Slot] = []
    members: dict[str, bytes] = {}
    for slot in found:
        name, data = by_digest.get(slot.sha256, ("", b""))
        member = f"papers/{slot.number}-{slot.duty.removeprefix('paper-')}{_suffix(name)}" if name else ""
        enclosed.append(replace(slot, member=member))
        members |= {member: data} if member else {}
    return tuple(enclosed), members


def _slot(site: Site, number: int, duty: str, today: date) -> Slot:
    one = standing(site, duty, today)
    word = one.declaration
    if word is None or one.value is None:
        return Slot(number, duty, one.state)
    said = str(one.value)
    return Slot(number, duty, one.state, said, word.document_at, word.sha256, word.by, lacks=one.lacks)


def _suffix(name: str) -> str:
    """Return the ending of a file's name where it is a plain one: the rest of the name is somebody's text."""
    suffix = PurePath(name).suffix.lower()
    return suffix if suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= _SUFFIX_MAX_CHARS else ""

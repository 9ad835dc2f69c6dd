"""Compiles one sheet for each paper of article 15(1)(1) to (5): what is there, what is missing, and who has it. Pure.

What no declaration names is told as missing; a sheet never says that a paper is complete in its content.

Source: Datong Measures, article 15(1)(1) to (5).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from agent.model.finding import Message, listed
from agent.onsite.filing.declared_rows import FirmRow
from agent.onsite.filing.kept_footage import KeptFootage
from agent.onsite.filing.papers import DEVICE_LIST, Slot
from agent.site.declarations.table import BY_ID

HOLDERS: Final[Mapping[str, str]] = {
    "paper-design": "the firm that designed the system",
    "paper-contract": "the unit and the firm that built the system",
    "paper-acceptance": "who took part in the acceptance",
    "paper-device-list": "sections 4 to 8, once the unit has signed them",
    "paper-other": "the unit, as the public security organ asks for it",
}
"""Who has a paper that is missing, by its declarable. All are msgids."""

_FIRM: Final[Mapping[str, str]] = {"paper-design": "contractor-design", "paper-contract": "contractor-build"}


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: the slot, the `firm` that has it by name where it is declared, and each gap in a sentence."""

    slot: Slot
    firm: str
    gaps: tuple[Message, ...]


def sheets(
    slots: Sequence[Slot], found: Sequence[FirmRow], unread: Sequence[str], kept: Sequence[KeptFootage]
) -> tuple[Sheet, ...]:
    """Return a sheet for each slot. `unread`: devices that were not read, `kept`: footage of each camera."""
    by_duty = {one.duty: one for one in found}
    return tuple(_sheet(slot, by_duty, unread, kept) for slot in slots)


def _sheet(slot: Slot, found: Mapping[str, FirmRow], unread: Sequence[str], kept: Sequence[KeptFootage]) -> Sheet:
    firm = found.get(_FIRM.get(slot.duty, ""))
    gaps = (*_of_paper(slot), *_of_firm(slot, firm), *_of_list(slot, unread, kept))
    return Sheet(slot, firm.firm if firm else "", gaps)


def _of_paper(slot: Slot) -> Iterator[Message]:
    if not slot.is_there:
        yield Message("the paper is not declared, or its declaration has run out")
    elif not slot.is_none and not slot.member:
        yield Message("its file is not in the dossier: only its digest and date are declared")
    asked = {one.id: one.question for one in BY_ID[slot.duty].details}
    for name in slot.lacks:
        yield Message("not declared of it: {question}", {"question": Message(asked[name])})


def _of_firm(slot: Slot, firm: FirmRow | None) -> Iterator[Message]:
    if slot.duty in _FIRM and (firm is None or not firm.firm):
        yield Message("which firm it is of is not declared")


def _of_list(slot: Slot, unread: Sequence[str], kept: Sequence[KeptFootage]) -> Iterator[Message]:
    if slot.duty != DEVICE_LIST:
        return
    if unread:
        yield Message("devices that were not read: {devices}", {"devices": listed(unread)})
    unmeasured = [one.camera for one in kept if one.required_days and one.measured is None]
    if unmeasured:
        yield Message("cameras whose storage period was not measured: {cameras}", {"cameras": listed(unmeasured)})

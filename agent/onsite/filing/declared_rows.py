"""Lists what people declared for a filing: the unit, its firms, and what devices do not report of cameras. Pure.

What is declared never takes the place of what a device told: lists mark it, and changes are those of what was told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from agent.judge.checks.papers.contractors import ROLES
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.detail_table import DATA_SHEET
from agent.site.declarations.details import detail
from agent.site.declarations.standing import standing
from agent.site.declarations.table import NONE
from drivers.details import Audio, Movable

FIRM_TITLES: Final[Mapping[str, str]] = {
    "contractor-design": "design",
    "contractor-build": "building",
    "contractor-maintenance": "maintenance",
}
"""The roles of firms by their declarable, as people call them. All are msgids."""


@dataclass(frozen=True, slots=True)
class FirmRow:
    """One firm: its role, name, certificate with its class, and the last day of that; empty: not declared."""

    duty: str
    firm: str = ""
    certificate: str = ""
    grade: str = ""
    until: str = ""
    is_none: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """What is declared of the unit besides its name, and the capacity of disks of which no device tells."""

    address: str = ""
    credit_code: str = ""
    contact: str = ""
    capacity_gb: str = ""


@dataclass(frozen=True, slots=True)
class CameraSheet:
    """Parameters of one camera: `told` by its device, `declared` from a data sheet, each by the name of the detail."""

    camera: str
    told: Mapping[str, str]
    declared: Mapping[str, str]


def firms(site: Site, day: date) -> tuple[FirmRow, ...]:
    """List the firms of design, building and maintenance as declared on a local day."""
    return tuple(_firm(site, duty, day) for duty in ROLES)


def unit_of(site: Site, day: date) -> Unit:
    """Return what is declared of the unit on a local day."""
    said = standing(site, "legal-unit", day).details
    capacity = standing(site, "storage-capacity-gb", day).value
    address, code, contact = (detail(said, name) for name in ("address", "credit-code", "contact"))
    return Unit(address, code, contact, "" if capacity is None else str(capacity))


def camera_sheet(site: Site, facts: Facts, camera: str, day: date) -> CameraSheet:
    """Return the parameters of a camera that are told, and those that are declared."""
    said = standing(site, "data-sheet", day, camera).details
    declared = {one.id: text for one in DATA_SHEET if (text := detail(said, one.id))}
    level = standing(site, "secure-device-level", day, camera).value
    declared |= {"gb35114": str(level)} if isinstance(level, str) and level != NONE else {}
    return CameraSheet(camera, _told(facts, f"camera:{camera}"), declared)


def _told(facts: Facts, subject: str) -> dict[str, str]:
    moves, sound = facts.one(subject, Movable), facts.one(subject, Audio)
    told = {"turns": "yes" if moves.ptz else "no"} if moves is not None else {}
    if sound is not None and (sound.encoders or not sound.untold):
        told["sound"] = "yes" if sound.encoders else "no"
    return told


def _firm(site: Site, duty: str, day: date) -> FirmRow:
    one = standing(site, duty, day)
    if one.value is None:
        return FirmRow(duty)
    if one.value == NONE:
        return FirmRow(duty, is_none=True)
    said = one.details
    return FirmRow(duty, detail(said, "firm"), str(one.value), detail(said, "class"), detail(said, "certificate-until"))

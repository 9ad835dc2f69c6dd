"""Defines the values of the contact sheet, and the words for what a look at masks has shown. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from drivers.model import Polygon

TONES: Final[Mapping[str, str]] = {
    "hidden": "pass",
    "unapproved": "unknown",
    "shows": "fail",
    "unsure": "unknown",
    "no-private-area": "na",
    "undeclared": "unknown",
    "switched-off": "unknown",
    "not-seen": "unknown",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "hidden": "hidden",
    "unapproved": "looks hidden, nobody has approved it",
    "shows": "not hidden",
    "unsure": "cannot be told",
    "no-private-area": "nothing private in view",
    "undeclared": "nothing declared, no mask",
    "switched-off": "mask configured but switched off",
    "not-seen": "no picture",
}
"""What a look can say of a camera, in words; these are msgids."""

VERDICTS: Final[Mapping[str, tuple[str, str]]] = {
    "PASS": ("pass", "hidden"),
    "FAIL": ("fail", "not hidden"),
    "UNSURE": ("unknown", "cannot be told"),
}


@dataclass(frozen=True, slots=True)
class SheetPath:
    """One path: its verdicts as (zone, verdict, reason), and its picture, or why there is none."""

    path: str
    taken_at: str
    verdicts: tuple[tuple[str, str, str], ...]
    jpeg: bytes = field(repr=False)
    why: str = ""


@dataclass(frozen=True, slots=True)
class SheetCamera:
    """One camera: `outcome` is a key of OUTCOMES, `message` its sentence in the sheet's language.

    `declared`, `observed` and `approved` are polygons in 0..1, origin top-left, y down: what must be hidden, the
    device's enabled masks, and the masks approved before. `approval` names who approved them and when, or is empty.
    `is_offered`: it may be approved.
    """

    number: int
    id: str
    name: str
    placement: str
    outcome: str
    message: str
    paths: tuple[SheetPath, ...]
    declared: tuple[Polygon, ...] = ()
    observed: tuple[Polygon, ...] = ()
    approved: tuple[Polygon, ...] = ()
    approval: str = ""
    is_offered: bool = True

"""Renders the contact sheet for the approval of masks: one HTML file. Pure; writes nothing.

It holds small pictures of a real place, in which everything private that is not proven hidden is black already. It
stays on the site with mode 0600.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from agent.onsite.handover.templates import environment
from agent.text.translate import translate
from agent.version import VERSION
from drivers.model import Polygon

TONES: Final[Mapping[str, str]] = {
    "hidden": "pass",
    "shows": "fail",
    "unsure": "unknown",
    "no-private-area": "na",
    "undeclared": "unknown",
    "switched-off": "unknown",
    "not-seen": "unknown",
}
OUTCOMES: Final[Mapping[str, str]] = {
    "hidden": "hidden",
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

WORDS: Final[Mapping[str, str]] = {
    "title": "Masks to approve",
    "keep": "This sheet holds pictures of the site: it stays here.",
    "declared": "declared private",
    "observed": "mask of the device",
    "approved": "approved before",
    "black": "black: hidden by camwarden on this sheet, whatever the camera does",
    "approve": "approve",
    "exception": "exception",
    "not_offered": "not offered for approval",
    "no_picture": "no picture",
    "by": "looked at by",
    "date": "date",
    "signature": "signature",
}
"""What the sheet itself says; these are msgids."""


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


def render_sheet(site_id: str, site_name: str, at: str, cameras: Iterable[SheetCamera], lang: str = "en") -> str:
    """Render the sheet as HTML; every value from a device or a person is escaped.

    `site_name` may be empty; `at` is the time of the look, as text. The cameras come in the order and with the numbers
    in which they are approved.
    """
    listed = tuple(cameras)
    return (
        environment("agent.onsite.handover")
        .get_template("sheet.html.j2")
        .render(
            site_id=site_id,
            site_name=site_name,
            at=at,
            cameras=listed,
            totals=[(key, sum(c.outcome == key for c in listed)) for key in OUTCOMES],
            outcomes={key: translate(text, lang) for key, text in OUTCOMES.items()},
            tones=TONES,
            verdicts={key: (tone, translate(text, lang)) for key, (tone, text) in VERDICTS.items()},
            version=VERSION,
            html_lang=lang.replace("_", "-").replace("zh-CN", "zh-Hans-CN"),
            words={key: translate(text, lang) for key, text in WORDS.items()},
        )
    )

"""Renders the contact sheet for the approval of masks: one HTML file. Pure; writes nothing.

It holds small pictures of a real place, in which everything private that is not proven hidden is black already. It
stays on the site with mode 0600.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from agent.onsite.handover.sheet_values import OUTCOMES, TONES, VERDICTS, SheetCamera
from agent.onsite.handover.templates import environment
from agent.text.translate import translate
from agent.version import VERSION

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

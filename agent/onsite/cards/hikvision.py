"""Defines how Hikvision devices take masks: four corners each, counted from the lower left.

The numbers are those of ISAPI, which `drivers/hikvision/parse_picture.py` reads back. From manuals and replies; no page
was operated.

Source: Hikvision ISAPI, PrivacyMask: normalizedScreenSize; user manuals of network cameras and recorders, "Configuring
    Privacy Mask": four-sided zones, up to 4.
"""

from agent.model.finding import Message
from agent.onsite.cards.grid import Grid
from agent.onsite.cards.model import Maker

SCREEN = (704, 576)
"""The screen that its devices count in, where they do not report another."""


def _slot_of(token: str) -> int | None:
    return int(token) if token.isascii() and token.isdecimal() and len(token) <= 3 else None


MAKER = Maker(
    name="hikvision",
    title=Message("Hikvision"),
    page=Message("its page: Configuration > Image > Privacy Mask; on a recorder: Menu > Camera > Privacy Mask"),
    grid=Grid(*SCREEN, y_up=True),
    notes=(
        Message("x counts from the left, y from the bottom of the picture; check the height in a picture afterwards"),
    ),
    corners_most=4,
    corners_least=4,
    by_corners=True,
    usual=4,
    slot_of=_slot_of,
)

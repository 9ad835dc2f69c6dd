"""Defines how Dahua devices take masks: rectangles over 0 to 8191, from the upper left.

The numbers are those of `VideoWidget`, `Covers[n].Rect`, which `drivers/dahua/picture.py` reads back. From the SDK's
header and clients; no page was operated.

Source: Dahua SDK header, AV_CFG_VideoWidgetCover; Dahua HTTP API, VideoWidget.
"""

import re

from agent.model.finding import Message
from agent.onsite.cards.grid import Grid
from agent.onsite.cards.model import Maker
from drivers.dahua.picture import GRID

_TOKEN = re.compile(r"Covers\[(\d{1,3})\]", re.ASCII)


def _slot_of(token: str) -> int | None:
    found = _TOKEN.fullmatch(token)
    return int(found[1]) + 1 if found else None


MAKER = Maker(
    name="dahua",
    title=Message("Dahua"),
    page=Message("its page: Setting > Camera > Video > Overlay > Privacy Masking"),
    grid=Grid(GRID, GRID),
    notes=(
        Message("numbers run from 0 to 8191 over the picture, from its upper left corner"),
        Message("switch the mask on for the recording and for every stream, not for the preview alone"),
    ),
    usual=4,
    slot_of=_slot_of,
)

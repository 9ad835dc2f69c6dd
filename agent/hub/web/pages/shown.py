"""Renders a page's template with what formats its values, in the reader's language and at the time of the request."""

from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.rendering import page
from agent.hub.web.speaking import speech
from agent.text.translate import translate

ROWS_MOST: Final = 200
"""Rows of a list without pages of its own: what is beyond is behind its filters."""


SHOWN_MOST: Final = 100
"""Rows on one page of a list."""

_NEXT_MAX_CHARS: Final = 9


def place_in(asked: Asked) -> int:
    """Return how many rows of a list stand on earlier pages; 0 for a word that is no number."""
    text = asked.query.get("next", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _NEXT_MAX_CHARS else 0


def shown(asked: Asked, template: str, /, **data: Any) -> Reply:
    """Return a page; templates get `now` and everything of `speaking.py` beside `data`."""
    return page(asked, template, now=utc_text(asked.now), **speech(asked.lang, asked.now), **data)


def shares(lang: str) -> list[tuple[str, str]]:
    """Return the parts of a share of footage, each with its name."""
    return [
        ("good", translate("recorded", lang)),
        ("unknown", translate("unknown", lang)),
        ("bad", translate("not recorded", lang)),
    ]

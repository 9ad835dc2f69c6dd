"""Renders a page's template with what formats its values, in the reader's language and at the time of the request."""

from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.rendering import page
from agent.hub.web.speaking import speech
from agent.text.translate import translate

ROWS_MOST: Final = 500
"""Rows of a list without pages of its own: what is beyond is behind its filters."""


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

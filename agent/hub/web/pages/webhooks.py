"""Lists the endpoints of other systems and how they answer, as `hub webhook list` does. They are made by command."""

from typing import Final

from agent.hub.views.webhooks import KIND_WORDS, STATE_WORDS, State, read_hooks
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import shown

LOOKS: Final[dict[State, str]] = {
    "new": "not_applicable", "works": "pass", "fails": "warn", "stopped": "fail", "disabled": "not_applicable",
}  # fmt: skip
"""As which status a state looks."""


def answer(asked: Asked) -> Reply:
    """Return the page of endpoints."""
    hooks = read_hooks(asked.store, asked.scope)
    return shown(asked, "webhooks.html.j2", hooks=hooks, looks=LOOKS, states=STATE_WORDS, kinds=KIND_WORDS)

"""Lists every route of the page: method, path, name, least role, and what answers it.

A test asks each of them as each role, within and outside of what it may see.
"""

from typing import Final

from agent.hub.web.asked import Asked, Reply, Route
from agent.hub.web.people import entrance
from agent.hub.web.rendering import page, style
from agent.model.finding import Message


def home(asked: Asked) -> Reply:
    """Return the first page."""
    return page(asked, "message.html.j2", title="camwarden", said=Message("City"), back="")


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/style.css", "style", None, style),
    Route("GET", "/login", "login", None, entrance.show),
    Route("POST", "/login", "enter", None, entrance.enter),
    Route("POST", "/logout", "leave", "viewer", entrance.leave),
    Route("GET", "/", "city", "viewer", home),
)

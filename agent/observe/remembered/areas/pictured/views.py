"""Remembers where each camera with an approved view looks. Pure."""

from typing import Final

from agent.observe.pictures.compact import view_data, view_from
from agent.observe.pictures.view_memory import Views, views_after
from agent.observe.remembered.codec import as_object
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[Views] = {}
to_data, from_data = as_object(view_data, view_from)


def update(before: Remembered, look: Look) -> Views:
    """Return the views after a look."""
    return views_after(look.site, look.seen, before.views, look.known.references, look.now)

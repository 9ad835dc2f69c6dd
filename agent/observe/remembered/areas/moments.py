"""Remembers moments that two cameras, or a camera and its footage, showed alike to the noise. Pure."""

from typing import Final

from agent.observe.pictures import moments
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import Remembered

EMPTY: Final[moments.Moments] = ()
to_data, from_data = moments.to_data, moments.from_data


def update(before: Remembered, look: Look) -> moments.Moments:
    """Return the equal moments after a look."""
    return moments.update_moments(look.told, before.moments, look.now)

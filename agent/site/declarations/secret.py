"""Determines whether a camera is declared to show a secret, in doubt the more secret. Pure."""

from datetime import date
from typing import TYPE_CHECKING

from agent.site.declarations.standing import standing

if TYPE_CHECKING:
    from agent.site.config.site import Site


def is_secret(site: "Site", camera: str, today: date) -> bool:
    """Tell whether the newest word on a camera calls it secret; one that has run out is no word that it is not."""
    word = standing(site, "secret", today, camera).declaration
    return word is not None and word.value is True

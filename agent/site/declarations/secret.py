"""Determines which cameras are declared to show a secret, in doubt the more secret, and hides their names. Pure.

Who calls this decides what leaves the site; `agent/report/secrecy.md` lists every way out and what may stay on the
site's own disk.

Source: Datong Measures, article 5(1); State Council Order 799, article 16(1): secrecy laws bind what is secret.
"""

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from agent.site.declarations.standing import standing

if TYPE_CHECKING:
    from agent.site.config.site import Site


def is_secret(site: "Site", camera: str, today: date) -> bool:
    """Tell whether the newest word on a camera calls it secret; one that has run out is no word that it is not."""
    word = standing(site, "secret", today, camera).declaration
    return word is not None and word.value is True


def nameless(site: "Site", today: date) -> "Site":
    """Return the site in which secret cameras have neither a name nor a place; their ids stay."""
    return replace(
        site,
        cameras=tuple(
            replace(one, camera=replace(one.camera, name="", placement=""))
            if is_secret(site, one.camera.id, today)
            else one
            for one in site.cameras
        ),
    )

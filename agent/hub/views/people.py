"""Resolves the ids of authors in what is shown to the names of people, where they are known.

The names stand apart from what was signed: a report proves the id, and the site said whose it is.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeVar, cast

from agent.contract.authors import AUTHOR
from agent.hub.domain.rows.people import Author
from agent.hub.ports.store import Store
from agent.model.finding import Message
from agent.text.translate import render
from agent.text.within import replaced

T = TypeVar("T")
Speaker = Callable[[str], str]
"""Returns a text with names for the ids in it."""

ERASED: Final = Message("{author} (name erased on {day})")
NOT_TOLD: Final = Message("{author} (name not told)")


def speaker(store: Store, lang: str = "en") -> Speaker:
    """Return what puts names for the ids in a text; whom a site has named is looked up once."""
    of_sites: dict[str, Mapping[str, Author]] = {}

    def named(found: re.Match[str]) -> str:
        site = found[1]
        if site not in of_sites:
            of_sites[site] = {one.id: one for one in store.authors.of_site(site)}
        return name_of(found[0], of_sites[site].get(found[0]), lang)

    return lambda text: AUTHOR.sub(named, text) if "author-" in text else text


def name_of(author: str, known: Author | None, lang: str = "en") -> str:
    """Return the name of an author; without one the id, and why there is none."""
    if known is not None and known.name:
        return known.name
    if known is not None:
        return render(Message(ERASED.template, {"author": author, "day": known.erased_at[:10]}), lang)
    return render(Message(NOT_TOLD.template, {"author": author}), lang)


def with_names(speak: Speaker, value: T) -> T:
    """Return a value with names for the ids in its texts, however they are nested."""
    return cast(T, replaced(value, speak))

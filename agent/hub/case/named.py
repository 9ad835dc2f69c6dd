"""Finds the names of those whom a case names by ids, at the time of making; a case proves the ids alone.

Only who stands in its pages and calculations is named, not everybody in the signed reports beside them. A case that is
made later may name fewer: a name can be erased.
"""

from collections.abc import Iterable

from agent.contract.authors import AUTHOR
from agent.hub.domain.rows.people import Author
from agent.hub.ports.store import Store


def named(store: Store, site: str, texts: Iterable[bytes]) -> tuple[Author, ...]:
    """Return who is behind the ids of a site in texts, by id; one whose name was not told has neither name nor end."""
    known = {one.id: one for one in store.authors.of_site(site)}
    found = {match[0] for text in texts for match in AUTHOR.finditer(text.decode()) if match[1] == site}
    return tuple(known.get(one, Author(site, one, "", "")) for one in sorted(found))

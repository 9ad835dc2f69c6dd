"""Shows saved questions, and reads them as they are to be asked today: people by their names, where these are known."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from agent.contract.authors import AUTHOR
from agent.hub.domain.asking.question import Question
from agent.hub.domain.asking.saved import Saved, with_names
from agent.hub.domain.asking.words import question, text_of
from agent.hub.domain.rows.people import Author
from agent.hub.ports.store import Store
from agent.model.errors import UsageError
from agent.model.finding import Json

SCHEMA: Final = "camwarden-hub-questions/1"


def find_saved(store: Store, name: str) -> Saved:
    """Return a question by its name. Raises UsageError where there is none."""
    for one in store.saved.listed():
        if one.name == name:
            return one
    raise UsageError("{name!r}: no question is saved so; see `camwarden hub question list`", name=name[:80])


def question_of(store: Store, saved: Saved, today: date) -> Question:
    """Return a saved question as it is to be asked. Raises UsageError where this hub does not know its words any more.

    `today`: the day in China.
    """
    return question(with_names(saved.named, _named_in(store, saved)), today)


def saved_json(saved: Saved) -> dict[str, Json]:
    """Return a question as programs get it; whom it names by id."""
    return {"name": saved.name, "asks": text_of(saved.named), "saved_by": saved.saved_by, "saved_at": saved.saved_at}


def _named_in(store: Store, saved: Saved) -> Iterator[Author]:
    for value in saved.named.values():
        if found := AUTHOR.fullmatch(value):
            yield from store.authors.of_site(found[1])

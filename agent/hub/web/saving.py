"""Stores and deletes saved questions of people on the page, each act with its row of the audit log.

The row names the question alone: its words may name people. A name that is taken is told of also where the question is
not shown: it says nothing of what stands behind it.
"""

from contextlib import closing
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.asking.saved import Saved, Saver, is_shown, new_saved
from agent.hub.domain.asking.words import question, read_words
from agent.hub.domain.figures import china_day
from agent.hub.domain.people.person import Person, is_at_least
from agent.hub.ports.store import Store
from agent.hub.stores.engines import open_people, open_store
from agent.hub.web.acts import record
from agent.hub.web.asked import Asked, Missing, Reply, see_other

HERE: Final = "/questions"


def known_to(asked: Asked, store: Store) -> list[Saved]:
    """Return the saved questions that the person who asks may know, by name."""
    return [one for one in store.saved.listed() if is_shown(one, person_of(asked).name, asked.scope)]


def save(asked: Asked) -> Reply:
    """Store the question `q` under `name`. Raises UsageError."""
    person, named = person_of(asked), read_words([asked.form.get("q", "")])
    question(named, china_day(asked.now))
    saver = Saver(person.name, utc_text(asked.place.clock()))
    directory, name = asked.place.directory, asked.form.get("name", "").strip()
    with closing(open_people(directory)) as people, people.changing(), closing(open_store(directory)) as store:
        with store.transaction():
            saved = new_saved(store.saved.listed(), store.authors.listed(), name, named, saver)
            store.saved.keep(saved)
        record(asked, people, "question-save", saved.name)
    return see_other(HERE)


def remove(asked: Asked) -> Reply:
    """Delete the question `name`, of one's own or by who sees everything and every act. Raises Missing."""
    person, directory = person_of(asked), asked.place.directory
    with closing(open_people(directory)) as people, people.changing(), closing(open_store(directory)) as store:
        with store.transaction():
            saved = find(known_to(asked, store), asked.form.get("name", ""))
            if not may_remove(person, saved):
                raise Missing("there is no such question of yours")
            store.saved.remove(saved.name)
        record(asked, people, "question-remove", saved.name)
    return see_other(HERE)


def may_remove(person: Person, saved: Saved) -> bool:
    """Return whether a person may delete a question."""
    return saved.saved_by == person.name or (person.scope.everything and is_at_least(person.role, "supervisor"))


def find(known: list[Saved], name: str) -> Saved:
    """Return a question by name of those that may be known. Raises Missing."""
    for one in known:
        if one.name == name:
            return one
    raise Missing("there is no such question")


def person_of(asked: Asked) -> Person:
    """Return who asks. Raises Missing where nobody has logged in."""
    if asked.person is None:
        raise Missing("there is no such page")
    return asked.person

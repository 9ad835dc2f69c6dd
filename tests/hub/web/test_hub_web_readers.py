"""What the page keeps open between requests hides no change of what it reads."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from city_told import city

from agent.hub.domain.people.rows import PersonRow
from agent.hub.stores.page import people as people_store
from agent.hub.stores.page.people import People
from agent.hub.stores.store import NAME
from agent.hub.web.readers import IDLE_MOST, Readers
from agent.model.errors import ConfigurationError, StoreFailed


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory: Path = city(tmp_path / "hub")
    with closing(People(directory)) as people:
        people.keep_person(PersonRow(name="li", role="viewer", password="", made_at="2026-11-02"))
    return directory


def names(readers: Readers, directory: Path) -> list[str]:
    with readers.lent(directory) as (people, _):
        return [one.name for one in people.people()]


def test_a_pair_is_lent_again_also_to_another_thread_and_reads_what_was_committed_since(directory: Path) -> None:
    readers = Readers()
    with readers.lent(directory) as first:
        pass
    with closing(People(directory)) as people:
        people.keep_person(PersonRow(name="wang", role="viewer", password="", made_at="2026-11-02"))
    told: list[object] = []

    def other() -> None:
        with readers.lent(directory) as again:
            told.extend([again == first, [one.name for one in again[0].people()]])

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert told == [True, ["li", "wang"]]
    readers.close()


def test_two_requests_at_a_time_never_share_one_and_few_are_kept(directory: Path) -> None:
    readers = Readers()
    lent = [readers.lent(directory) for _ in range(IDLE_MOST + 2)]
    pairs = [one.__enter__() for one in lent]
    assert len({id(store) for _, store in pairs}) == IDLE_MOST + 2
    for one in lent:
        one.__exit__(None, None, None)
    open_still = []
    for people, _ in pairs:
        try:
            open_still.append(people.people())
        except (StoreFailed, sqlite3.ProgrammingError):
            continue
    assert len(open_still) == IDLE_MOST
    readers.close()


@pytest.mark.parametrize("name", [NAME, people_store.NAME])
def test_a_file_in_the_place_of_another_is_opened_anew(directory: Path, tmp_path: Path, name: str) -> None:
    readers = Readers()
    with readers.lent(directory) as first:
        pass
    shutil.copy(directory / name, tmp_path / "copy")
    (tmp_path / "copy").replace(directory / name)
    with readers.lent(directory) as again:
        assert again != first
    (directory / name).unlink()
    with pytest.raises(ConfigurationError), readers.lent(directory):
        pass
    readers.close()


@pytest.mark.parametrize("name", [NAME, people_store.NAME])
def test_a_file_that_another_version_has_migrated_is_not_read_on(directory: Path, name: str) -> None:
    readers = Readers()
    assert names(readers, directory) == ["li"]
    with closing(sqlite3.connect(directory / name)) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ConfigurationError):
        names(readers, directory)
    readers.close()


def test_a_pair_at_which_a_request_failed_is_not_lent_again(directory: Path) -> None:
    readers = Readers()
    with pytest.raises(StoreFailed), readers.lent(directory) as first:
        raise StoreFailed("gone")
    with readers.lent(directory) as again:
        assert again != first
    readers.close()


def test_what_a_request_gives_back_after_the_page_has_ended_is_closed(directory: Path) -> None:
    readers = Readers()
    with readers.lent(directory) as (people, _):
        readers.close()
        assert [one.name for one in people.people()] == ["li"], "the request itself goes on"
    with pytest.raises((StoreFailed, sqlite3.ProgrammingError)):
        people.people()

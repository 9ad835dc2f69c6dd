"""What the hub commits is in its files whatever else opened them: no lock of its process ends by the way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Protocol

import pytest
from delivery import NOW
from other_process import comes_and_goes, other_process

from agent.hub.stores.engines import open_enroll, open_log, open_store
from agent.hub.stores.signing_key import hub_signer
from agent.hub.web.people.store import People


class Closable(Protocol):
    """A store."""

    def close(self) -> None:
        """Close it."""


OPENERS: dict[str, Callable[[Path], Closable]] = {
    "hub.db": open_store,
    "log.db": open_log,
    "enroll.db": open_enroll,
    "web.db": People,
}
"""Every store that stays open while its process goes on, by the file's name."""


@pytest.mark.parametrize("name", OPENERS)
def test_a_store_that_is_opened_twice_keeps_its_write_ahead_log(name: str, tmp_path: Path) -> None:
    with closing(OPENERS[name](tmp_path)):
        OPENERS[name](tmp_path).close()
        journal = tmp_path / f"{name}-wal"
        before = journal.stat().st_ino
        comes_and_goes(tmp_path / name)
        assert journal.exists() and journal.stat().st_ino == before, "another process took it for its own and left"


def test_what_is_committed_after_a_command_is_there_for_others(tmp_path: Path) -> None:
    with closing(open_store(tmp_path)) as store:
        hub_signer(tmp_path)  # a hub that starts for the first time looks whether sites know a key
        comes_and_goes(tmp_path / "hub.db")
        with store.transaction():
            store.words.keep_operator("S1", "School office", "anna", NOW)
    found = other_process(tmp_path / "hub.db", "SELECT site, name FROM operator")
    assert found == [["S1", "School office"]]

"""A saved question comes back as it was kept, with its schedule; how its exports went stays when it is changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from portside import BEGIN, Opens

from agent.contract.chain import utc_text
from agent.hub.domain.asking.saved import Exported, Saved, Schedule
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store

AT = utc_text(BEGIN)
ONE = Saved(name="\u6bcf\u65e5", named={"count": "findings", "by": "check", "maintainer": "O'Hara; --"}, saved_by="li",
            saved_at=AT)  # fmt: skip
PLAN = Schedule(every="monday", at="06:30", folder="/srv/x", formats=("csv", "xlsx"), keep=12,
                scope=Scope(("14",), ("School 4",), ("a", "b")), lang="zh_CN", begun_at=AT)  # fmt: skip


def test_a_store_without_a_question_has_none(store: Store) -> None:
    assert store.saved.listed() == []
    assert store.saved.exported("none") == Exported()
    store.saved.remove("none")
    store.saved.keep_exported("none", Exported(made_at=AT))
    assert store.saved.listed() == []


def test_it_comes_back_by_name_as_it_was_kept(opens: Opens, store: Store) -> None:
    store.saved.keep(ONE)
    store.saved.keep(replace(ONE, name="a", schedule=PLAN))
    assert opens(read_only=True).saved.listed() == [replace(ONE, name="a", schedule=PLAN), ONE]
    store.saved.remove("a")
    assert opens(read_only=True).saved.listed() == [ONE]


def test_how_its_exports_went_stays_when_it_is_changed_and_goes_with_it(opens: Opens, store: Store) -> None:
    went = Exported(due_at=AT, made_at=AT, missed=3, failing_since=AT, why="no room")
    store.saved.keep(replace(ONE, schedule=PLAN))
    store.saved.keep_exported(ONE.name, went)
    store.saved.keep(ONE)
    assert opens(read_only=True).saved.exported(ONE.name) == went
    store.saved.remove(ONE.name)
    store.saved.keep(ONE)
    assert store.saved.exported(ONE.name) == Exported()


def test_a_transaction_that_fails_leaves_the_question_as_it_was(opens: Opens, store: Store) -> None:
    store.saved.keep(ONE)
    with pytest.raises(RuntimeError), store.transaction():
        store.saved.remove(ONE.name)
        raise RuntimeError
    assert opens(read_only=True).saved.listed() == [ONE]

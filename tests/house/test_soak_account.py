"""The soak's account finds what is lost, and only that: it is what `soak_lost` rests on."""

from __future__ import annotations

from typing import Any

from bench.soak_account import Hubs, account


def line(epoch: str, seq: int, digest: str, **more: Any) -> dict[str, Any]:
    return {"epoch": epoch, "stream": "health", "seq": seq, "digest": digest, **more}


def lost(journal: list[dict[str, Any]], hubs: Hubs) -> list[str]:
    return [str(one["digest"]) for one in account(journal, hubs)[1]]


def test_what_the_hub_has_or_had_or_a_gap_record_names_is_not_lost() -> None:
    hubs = Hubs(present={"a"}, ever={"a", "b"}, gaps=[("e1", "health", 3, 4)])
    journal = [line("e1", seq, digest) for seq, digest in enumerate("abcde", 1)]
    assert lost(journal, hubs) == ["e"]


def test_a_damaged_spool_explains_what_its_agent_had_not_seen_confirmed_if_the_hub_was_told() -> None:
    journal = [
        line("e1", 1, "a"),
        line("e1", 2, "b", confirmed={"health": 1}),
        line("e2", 1, "c", told="spool-corrupt"),
    ]
    assert lost(journal, Hubs(present={"c"}, ever={"c"})) == ["a"]
    assert lost(journal, Hubs()) == ["a", "b", "c"], "nobody was told"


def test_an_older_copy_that_lived_again_and_was_damaged_is_an_own_life_of_its_epoch() -> None:
    journal = [
        line("e1", 5, "a", confirmed={"health": 5}),
        line("e2", 1, "b", told="spool-corrupt"),
        line("e1", 4, "c", confirmed={"health": 3}),
        line("e3", 1, "d", told="spool-corrupt"),
    ]
    assert lost(journal, Hubs(present={"a", "b", "d"}, ever={"a", "b", "d"})) == []
    assert lost(journal, Hubs(present={"a", "b"}, ever={"a", "b"})) == ["c", "d"], "its end was not told"


def test_a_damaged_spool_whose_successor_was_damaged_before_it_could_tell_is_told_by_the_next() -> None:
    journal = [line("e1", 1, "a"), line("e2", 1, "b", told="spool-corrupt"), line("e3", 1, "c", told="spool-corrupt")]
    assert lost(journal, Hubs(present={"c"}, ever={"c"})) == []

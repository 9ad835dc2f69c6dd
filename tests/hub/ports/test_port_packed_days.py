"""Answers about camera-days are the same from packed days as from rows, whatever changes, in every engine."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from portside import Opens

from agent.hub.domain.asking.question import Answer, Question
from agent.hub.domain.asking.words import question, read_words
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores.asking.packed_days import CHANGED_MOST, SITES_LEAST
from agent.hub.stores.day_figures import FAILING_MOST
from agent.hub.workers.day_sums import LOOK_S, DayPacks

TODAY = date(2026, 11, 9)
FIRST = date(2026, 11, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(7)]
NOW = datetime(2026, 11, 9, tzinfo=UTC)
SITES = [f"S{number:03}" for number in range(SITES_LEAST + 30)]
CHECKS = ("camera-online", "clock-offset", "video-quality")
NAMES = ("A", "B", "", "\ud800half", "大同")
PERIOD = f"from={DAYS[0]} to={DAYS[-1]}"
QUESTIONS = (
    "", "by check", "by day", "by site", "by maintainer", "by division", "by operator,model", "by check,day",
    "by division,check", "by site,day", "by day,maintainer", "by check check=clock-offset,video-quality",
    "division=140200 by site", "division=- by day", "division=1402 by division maintainer=A", "model=M1 by maintainer",
    "maintainer=- by model", "operator=East by maintainer,check", "site=S003,S004 by day", "operator=- site=S001",
    "maintainer=A,B check=camera-online by division,model", "site=nowhere",
)  # fmt: skip
SCOPES = (
    EVERYTHING, Scope(), Scope(divisions=("140200",)), Scope(operators=("East",)), Scope(maintainers=("A",)),
    Scope(divisions=("140300",), maintainers=("B",)),
)  # fmt: skip
FEW = [
    (text, scope)
    for text in ("", "by check,day", "by site", "division=1402 by division maintainer=A")
    for scope in (EVERYTHING, Scope(maintainers=("A",)))
]
HALVES = [
    [(text, scope) for n, text in enumerate(QUESTIONS) for m, scope in enumerate(SCOPES) if (n + m) % 2 == half]
    for half in range(2)
]
"""Each question within each scope: all of them take seconds, so that each of two cities is asked half."""

Store = Any
"""Of one of the engines, whose rows a test changes."""


class Told:
    """What sites tell of days, put into the store in one statement: one for each costs more than a question."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str, str, str], str] = {}

    def tell(self, by: str, day: date, site: str, told: object, epoch: str = "e1") -> None:
        self.rows[by, day.isoformat(), site, epoch] = json.dumps(told)

    def tell_day(self, rng: random.Random, day: date, site: str, epoch: str = "e1") -> None:
        self.tell("maintainer", day, site, {"A": {"good": [1, 2, 0, 0]}}, epoch)
        if rng.random() < 0.9:
            self.tell("failing", day, site, bad(rng), epoch)

    def put(self, store: Store) -> None:
        rows = ", ".join(["(?, ?, ?, ?, 1, ?)"] * len(self.rows))
        store.run(
            f"INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES {rows}"  # noqa: S608
            " ON CONFLICT (by_what, day, site, epoch) DO UPDATE SET told = excluded.told",
            *(value for key, told in self.rows.items() for value in (*key, told)),
        )


def tell(store: Store, by: str, day: date, site: str, found: object) -> None:
    told = Told()
    told.tell(by, day, site, found)
    told.put(store)


def bad(rng: random.Random, most: int = 5) -> list[list[str]]:
    found = []
    for number in range(rng.randrange(most)):
        failed = rng.sample(CHECKS, rng.randrange(1, 4))
        names = [rng.choice(NAMES[:2]) if rng.random() < 0.9 else rng.choice(NAMES), rng.choice(("M1", "M1", "M2", ""))]
        for figure in ("good", "online"):
            found.append([figure, *names, *(f"{check} camera:c{number}" for check in failed)])
    return found


def tell_day(store: Store, rng: random.Random, day: date, site: str) -> None:
    told = Told()
    told.tell_day(rng, day, site)
    told.put(store)


def city(store: Store, seed: int) -> random.Random:
    """Fill days with sites here and there, some of which are silent, begin anew, tell two divisions, or move."""
    rng, told = random.Random(seed), Told()
    with store.transaction():
        for site in SITES:
            since = datetime.combine(FIRST - timedelta(days=rng.randrange(-4, 9)), datetime.min.time(), UTC)
            store.meet(site, "datong", "e1", since + timedelta(hours=rng.randrange(24)))
            for division in rng.sample(("140201", "140202", "140300"), rng.choice((0, 1, 1, 1, 2))):
                note(store, site, division)
            if rng.random() < 0.7:
                store.words.keep_operator(site, rng.choice(("East", "West")), "Wang", NOW)
            if rng.random() < 0.1:
                store.run(
                    "INSERT INTO finding_now VALUES (?, 'c', 'site', 'fail', '', '', '', '', '', '', '', ?, '', '')",
                    *(site, rng.choice(("A", "B"))),
                )
            for day in DAYS:
                if rng.random() < 0.9:
                    told.tell_day(rng, day, site)
        for site in SITES[:9]:
            store.meet(site, "datong", "e2", datetime(2026, 11, 4, tzinfo=UTC))
            told.tell_day(rng, DAYS[3], site, "e2")
        many = [["good", "A", f"M{number % 9}", "camera-online camera:c"] for number in range(FAILING_MOST)]
        told.tell("failing", DAYS[1], SITES[4], many)  # which may have been cut
        told.tell("failing", DAYS[2], SITES[5], many[:300] * 3)  # more of a bunch than a byte has
        told.tell("failing", DAYS[2], SITES[6], [["good", f"N{n}", "M", "clock-offset d"] for n in range(99)])
        told.put(store)
    return rng


def note(store: Store, site: str, division: str) -> None:
    store.run("INSERT INTO division_told (site, division) VALUES (?, ?)", site, division)
    standing = "also" if store.all("SELECT 1 FROM site_division WHERE site = ?", site) else "main"
    store.run("INSERT INTO site_division VALUES (?, ?, ?)", site, division, standing)


def asked(text: str) -> Question:
    return question(read_words([f"camera-days {text} top 999 {PERIOD}"]), TODAY)


def answers(store: Store, of: Sequence[tuple[str, Scope]] = FEW) -> dict[tuple[str, Scope], Answer]:
    return {(text, scope): store.questions.answer(asked(text), scope, within_s=60) for text, scope in of}


def rows_alone(store: Store, of: Sequence[tuple[str, Scope]] = FEW) -> dict[tuple[str, Scope], Answer]:
    """Return the answers as they are where no day is packed."""
    packed = store.all("SELECT day, told FROM bad_day")
    store.run("DELETE FROM bad_day")
    found = answers(store, of)
    for row in packed:
        store.run("INSERT INTO bad_day VALUES (?, ?)", *row)
    return found


def pack_all(store: Store) -> None:
    """Let a hub look until no day is due."""
    worker, now_s = DayPacks(), 0.0
    while True:
        worker.look(store, NOW, now_s, lambda event: None)
        now_s = worker.look_at_s
        if not worker.todo:
            break
    assert store.packed_days.due(DAYS) == []


@pytest.mark.parametrize("seed", range(len(HALVES)))
def test_answers_are_the_same_from_packed_days_as_from_rows_whatever_changes(store: Store, seed: int) -> None:
    rng = city(store, seed)
    of_all = store.questions.answer(asked(""), EVERYTHING)
    assert of_all.total > 1000 and of_all.basis.cut == 1
    before = answers(store, HALVES[seed])
    assert {scope for (text, scope), one in before.items() if one.total} == {*SCOPES} - {Scope()}
    pack_all(store)
    assert len(store.packed_days.after("", 99)) == len(DAYS)
    assert answers(store, HALVES[seed]) == before
    with store.transaction():
        for site in rng.sample(SITES, 9):
            tell_day(store, rng, rng.choice(DAYS), site)
        store.run("DELETE FROM assessed WHERE site = ? AND day = ?", SITES[20], DAYS[2].isoformat())
        store.run("UPDATE assessed SET day = ? WHERE site = ? AND day = ? AND by_what = 'failing'",
                  "2026-12-01", SITES[21], DAYS[2].isoformat())  # fmt: skip
        store.meet("S999", "datong", "e1", NOW - timedelta(days=4))
        tell_day(store, rng, DAYS[5], "S999")
    store.places.say(SITES[30], "140203", "Wang", "seen there", NOW)
    store.places.say(SITES[31], "140300", "Wang", "it moved", NOW, DAYS[3])
    store.places.say(SITES[32], "140300", "Wang", "it moved", NOW, DAYS[2])
    store.places.say(SITES[32], "140204", "Li", "back", NOW, DAYS[5])
    store.places.say(SITES[33], "140300", "Wang", "it moves", NOW, TODAY)
    store.words.keep_operator(SITES[34], "East", "Wang", NOW)
    changed = answers(store, HALVES[seed])
    assert changed == rows_alone(store, HALVES[seed]) != before
    for day in DAYS:
        store.packed_days.keep(day)
    assert answers(store, HALVES[seed]) == changed and store.packed_days.differing() == (len(DAYS), [])


def test_a_day_is_packed_anew_once_many_sites_have_changed_and_few_are_read_from_their_rows(store: Store) -> None:
    rng = city(store, 3)
    pack_all(store)
    with store.transaction():
        for site in SITES[: CHANGED_MOST - 1]:
            tell(store, "failing", DAYS[0], site, [["good", "New", "M", "clock-offset d"]])
        tell_day(store, rng, DAYS[1], SITES[0])
    assert store.packed_days.due(DAYS) == []
    due = answers(store)
    tell(store, "failing", DAYS[0], SITES[CHANGED_MOST], [])
    assert store.packed_days.due(DAYS) == [DAYS[0]]
    pack_all(store)
    assert store.all("SELECT count(*) FROM bad_day_left WHERE day = ? AND is_changed = 1", DAYS[0].isoformat()) == [
        (0,)
    ]
    assert answers(store) == rows_alone(store) and due != answers(store)


def test_a_damaged_day_is_read_from_its_rows_told_and_made_anew(store: Store) -> None:
    city(store, 4)
    pack_all(store)
    before = answers(store)
    for damage in ("", "00", "01", "0100", "ff"):
        store.run("UPDATE bad_day SET told = ? WHERE day = ?", bytes.fromhex(damage), DAYS[2].isoformat())
        assert answers(store) == before, damage
        look_through(store, [])
        assert answers(store) == before and store.packed_days.differing() == (len(DAYS), []), damage


def look_through(store: Store, told: list[dict[str, Any]]) -> None:
    worker, now_s = DayPacks(), 0.0
    for _ in range(2 * len(DAYS)):
        worker.look(store, NOW, now_s, told.append)
        now_s += LOOK_S


def test_a_packed_day_that_a_hand_has_changed_is_told_and_a_running_hub_mends_it(store: Store) -> None:
    city(store, 5)
    pack_all(store)
    before, day = answers(store), DAYS[2].isoformat()
    for lie in (
        "UPDATE bad_day SET told = (SELECT told FROM bad_day WHERE day = '{other}') WHERE day = '{day}'",
        "DELETE FROM bad_day_left WHERE day = '{day}'",
    ):
        told = list[dict[str, Any]]()
        store.run(lie.format(day=day, other=DAYS[0].isoformat()))
        assert answers(store) != before and store.packed_days.differing() == (len(DAYS), [day]), lie
        look_through(store, told)
        assert told == [{"event": "sum-differed", "by": "failing", "day": day}], lie
        assert answers(store) == before and store.packed_days.differing() == (len(DAYS), []), lie


def test_of_two_who_pack_a_day_at_once_the_one_who_began_first_stores_nothing(
    store: Store, opens: Opens, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes between the two is noted by the second one's mark alone."""
    city(store, 6)
    other: Store = opens()
    read = store.all

    def meanwhile(statement: str, *values: object) -> Any:
        found = read(statement, *values)
        if "a.told FROM assessed" in statement:
            monkeypatch.undo()
            tell(other, "failing", DAYS[0], SITES[1], [["good", "Late", "M", "clock-offset d"]])
            other.packed_days.keep(DAYS[0])
        return found

    monkeypatch.setattr(store, "all", meanwhile)
    store.packed_days.keep(DAYS[0])
    assert store.packed_days.due(DAYS[:1]) == []
    late = store.questions.answer(asked("by day maintainer=Late"), EVERYTHING)
    assert late.total == 1 and answers(store) == rows_alone(store)


def test_a_hub_that_is_ended_while_it_packs_leaves_a_day_that_is_read_from_its_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    city(store, 7)
    before, read = answers(store), store.all

    def ended(statement: str, *values: object) -> Any:
        if "a.told FROM assessed" in statement:
            raise KeyboardInterrupt
        return read(statement, *values)

    monkeypatch.setattr(store, "all", ended)
    with pytest.raises(KeyboardInterrupt):
        store.packed_days.keep(DAYS[1])
    monkeypatch.undo()
    assert answers(store) == before and store.packed_days.due(DAYS[:2]) == DAYS[:2]
    pack_all(store)
    assert answers(store) == before


def test_what_is_over_goes_with_its_packed_days_and_of_few_sites_none_is_packed(store: Store) -> None:
    rng = city(store, 8)
    with store.transaction():
        for site in SITES[: SITES_LEAST - 1]:
            tell_day(store, rng, TODAY, site)
    pack_all(store)
    assert store.packed_days.after("", 99) == [day.isoformat() for day in DAYS]
    with store.transaction():
        store.expiry.delete_beside(f"{DAYS[3]}T00:00:00.000Z")
    assert store.packed_days.after("", 99) == [day.isoformat() for day in DAYS[3:]]
    assert store.all("SELECT 1 FROM bad_day_left WHERE day < ?", DAYS[3].isoformat()) == []
    assert answers(store) == rows_alone(store)


def test_half_of_the_days_packed_is_as_good_as_all(store: Store) -> None:
    city(store, 9)
    before = answers(store)
    for day in DAYS[::2]:
        store.packed_days.keep(day)
    assert answers(store) == before
    of_one = replace(asked("by day"), first=DAYS[1], last=DAYS[1])
    assert store.questions.answer(of_one, EVERYTHING).basis.newest_at == DAYS[1].isoformat()

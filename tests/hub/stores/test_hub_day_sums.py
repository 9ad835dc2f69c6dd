"""Stored sums of days are those of their rows, whatever comes late, is corrected, goes, or is changed by hand."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from every_command import run

from agent.commands.hub.keeping.check import SUMMED
from agent.hub.domain.rows.day_sums import DaySum, GroupSum, add_up, packed, unpacked
from agent.hub.stores import schema
from agent.hub.stores.reading.day_sums import NAMES, SITES_LEAST
from agent.hub.stores.store import NAME, Store
from agent.hub.views.assessment import Assessment, assess
from agent.hub.workers.day_sums import LOOK_S, DaySums
from agent.model.exits import FAILS

FIRST = date(2026, 11, 1)
DAYS = [FIRST + timedelta(days=number) for number in range(6)]
NOW = datetime(2026, 11, 9, tzinfo=UTC)
SITES = [f"S{number:03}" for number in range(SITES_LEAST + 40)]
GROUPS = ("140100", "140200", "140300", "")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path)) as opened:
        yield opened


def tell(store: Store, by: str, day: date, site: str, told: object, epoch: str = "e1") -> None:
    store.run(
        "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES (?, ?, ?, ?, 1, ?)"
        " ON CONFLICT DO UPDATE SET told = excluded.told",
        *(by, day.isoformat(), site, epoch, json.dumps(told)),
    )


def city(store: Store, seed: int) -> None:
    """Fill days with sites that lie here and there, are silent now and then, plan work, mend, and begin anew."""
    rng = random.Random(seed)
    for site in SITES:
        home, since = rng.choice(GROUPS[:3]), FIRST - timedelta(days=rng.randrange(-3, 9))
        store.meet(site, "datong", "e1", datetime.combine(since, datetime.min.time(), UTC))
        if rng.random() < 0.9:
            store.run("INSERT INTO division_told (site, division) VALUES (?, ?)", site, home)
        for day in DAYS:
            if rng.random() < 0.1:
                continue
            name = rng.choice(GROUPS) if rng.random() < 0.05 else home
            tell(store, "division", day, site, {name: figures(rng)})
            tell(store, "maintainer", day, site, {who: figures(rng) for who in rng.sample(("A", "B", "C", ""), 2)})
            if rng.random() < 0.3:
                tell(store, "repairs", day, site, {name: {"power": [1, rng.randrange(9999), 0]}})
    for site in SITES[:9]:
        store.meet(site, "datong", "e2", datetime(2026, 11, 4, tzinfo=UTC))
        tell(store, "division", DAYS[3], site, {"140100": figures(rng)}, "e2")


def figures(rng: random.Random) -> dict[str, list[float]]:
    planned = rng.choice((0, 0, 12))
    return {"online": [rng.randrange(900), 960, rng.randrange(30), planned], "recorded": [rng.randrange(9), 9, 0, 0]}


def add_all(store: Store) -> None:
    """Let a hub look until every day has its sum."""
    worker, now_s = DaySums(), 0.0
    while True:
        worker.look(store, NOW, now_s, lambda event: None)
        now_s = worker.look_at_s
        if not worker.todo:
            break
    assert store.figures.days_without_sum(DAYS) == []


def assessments(store: Store, sites: frozenset[str] | None = None) -> list[Assessment]:
    bys: tuple[Any, ...] = ("division", "maintainer")
    spans = ((DAYS[0], DAYS[-1]), (DAYS[2], DAYS[3]), (DAYS[5], DAYS[5] + timedelta(days=9)))
    return [assess(store, by, first, last, NOW, "online", sites) for by in bys for first, last in spans]


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_the_same_from_sums_as_from_rows_for_everybody(store: Store, seed: int) -> None:
    with store.transaction():
        city(store, seed)
    rng = random.Random(seed)
    (lying,) = {frozenset(site for site in SITES if store.figures.last("division", site).keys() & {"140100"})}
    seen = (None, lying, frozenset(rng.sample(SITES, 40)), frozenset(SITES[:1]), frozenset(SITES), frozenset[str]())
    from_rows = [assessments(store, sites) for sites in seen]
    add_all(store)
    assert store.all("SELECT count(*) FROM day_sum WHERE by_what IN ('division', 'maintainer')") == [(12,)]
    assert [assessments(store, sites) for sites in seen] == from_rows
    for by in NAMES:
        for day in DAYS:
            rows = store.figures.of_day(by, day)
            for sites in seen:
                due = rows if sites is None else {site: rows[site] for site in rows if site in sites}
                assert store.figures.sum_of_day(by, day, sites) == add_up(due)


def test_a_row_that_comes_changes_or_goes_takes_the_sum_of_its_day_with_it_and_no_other(store: Store) -> None:
    with store.transaction():
        city(store, 1)
    add_all(store)
    whole, (site,) = store.figures.sum_of_day("division", DAYS[1]), SITES[:1]
    late = "INSERT INTO assessed (by_what, day, site, epoch, seq, told) VALUES ('division', ?, 'S999', 'e1', 1, ?)"
    of_it = "WHERE by_what = 'division' AND day = ? AND site = 'S999'"
    store.meet("S999", "datong", "e1", NOW)
    for change, values in (
        (late, (DAYS[1].isoformat(), '{"140100":{"online":[1,1,0,0]}}')),
        (f"UPDATE assessed SET told = replace(told, '1,1', '1,2') {of_it}", (DAYS[1].isoformat(),)),  # noqa: S608
        (f"DELETE FROM assessed {of_it}", (DAYS[1].isoformat(),)),  # noqa: S608
    ):
        store.run(change, *values)
        assert store.figures.days_without_sum(DAYS) == [("division", DAYS[1])]
        assert store.figures.sum_of_day("division", DAYS[1]) == add_up(store.figures.of_day("division", DAYS[1]))
        add_all(store)
    assert store.figures.sum_of_day("division", DAYS[1]) == whole
    store.run("UPDATE assessed SET seq = seq + 1 WHERE site = ?", site)
    assert store.figures.days_without_sum(DAYS) == [], "each health report of a day says the same again"


def test_where_a_site_lies_by_other_words_moves_its_days_and_no_stored_sum_stays(store: Store) -> None:
    with store.transaction():
        city(store, 1)
    add_all(store)
    before = store.figures.sum_of_day("division", DAYS[1])
    site = next(one for one in SITES if one in before.groups[""].sites)
    for change, values in (
        ("INSERT INTO division_told (site, division) VALUES (?, '140900')", (site,)),
        ("INSERT INTO place_said VALUES (99, ?, '140901', '', 'Wang', 'seen there', '2026-11-08', 0)", (site,)),
        ("UPDATE place_said SET division = '140902' WHERE site = ?", (site,)),
        ("DELETE FROM place_said WHERE site = ?", (site,)),
    ):
        store.run(change, *values)
        assert ("division", DAYS[1]) in store.figures.days_without_sum(DAYS)
        found = store.figures.sum_of_day("division", DAYS[1])
        add_all(store)
        assert store.figures.sum_of_day("division", DAYS[1]) == found
        assert store.figures.differing_sums()[1] == []
    assert found.groups["140900"].sites == (site,)


def test_a_change_that_is_taken_back_leaves_the_sum(store: Store) -> None:
    with store.transaction():
        city(store, 1)
    add_all(store)
    with pytest.raises(ZeroDivisionError), store.transaction():
        store.run("DELETE FROM assessed WHERE site = ?", SITES[3])
        raise ZeroDivisionError
    assert store.figures.differing_sums() == (len(store.figures.sums_after("", "", 99)), [])
    assert store.figures.days_without_sum(DAYS) == []


@pytest.mark.parametrize("stored", [b"", b"x", packed(DaySum())[:-1], b"\x00" * 99], ids=repr)
def test_a_sum_that_nobody_packed_is_not_read(store: Store, stored: bytes) -> None:
    with store.transaction():
        city(store, 1)
    add_all(store)
    due = store.figures.sum_of_day("division", DAYS[0])
    store.run("UPDATE day_sum SET told = ?", stored)
    assert store.figures.sum_of_day("division", DAYS[0]) == due


def test_a_sum_that_a_hand_has_changed_is_told_and_a_running_hub_mends_it(store: Store) -> None:
    with store.transaction():
        city(store, 1)
    add_all(store)
    lie = packed(DaySum({"140100": GroupSum(tuple(SITES), {"online": (999.0, 999.0, 0.0, 0.0)})}))
    store.run("UPDATE day_sum SET told = ? WHERE by_what = 'division' AND day = ?", lie, DAYS[2].isoformat())
    count, differing = store.figures.differing_sums()
    assert (count, differing) == (len(store.figures.sums_after("", "", 99)), [("division", DAYS[2].isoformat())])
    for lang, words in (("en", f"{DAYS[2]} (figures by division) is not"), ("zh_CN", "按区划的数字")):
        code, out, _ = run(["hub", "check", "--data", str(store.directory)], lang)
        assert code == FAILS and words in out
    worker, told, now_s = DaySums(), list[dict[str, Any]](), 0.0
    for _ in range(count):
        worker.look(store, NOW, now_s, told.append)
        now_s += LOOK_S
    assert told == [{"event": "sum-differed", "by": "division", "day": DAYS[2].isoformat()}]
    assert store.figures.differing_sums() == (count, [])


def test_days_are_added_up_one_at_a_look_newest_first_and_a_hub_that_is_ended_goes_on(store: Store) -> None:
    with store.transaction():
        city(store, 1)
    due = store.figures.days_without_sum(sorted(DAYS, reverse=True))
    assert due[0] == ("division", DAYS[-1]) and len(due) == 12
    for number in range(len(due)):
        worker = DaySums()  # as if it had been ended after each
        worker.look(store, NOW, 0.0, lambda event: None)
        worker.look(store, NOW, 0.5, lambda event: None)
        assert store.figures.days_without_sum(sorted(DAYS, reverse=True)) == due[number + 1 :]


def test_of_today_and_of_few_sites_no_sum_is_stored(store: Store) -> None:
    today = NOW.date()
    with store.transaction():
        for site in SITES:
            store.meet(site, "datong", "e1", NOW)
            tell(store, "division", today, site, {"140100": {"online": [1, 1, 0, 0]}})
        for site in SITES[: SITES_LEAST - 1]:
            tell(store, "division", today - timedelta(days=1), site, {"140100": {"online": [1, 1, 0, 0]}})
    add_all(store)
    assert store.figures.sums_after("", "", 9) == []


def test_a_sum_comes_back_as_it_was_packed(store: Store) -> None:
    rng = random.Random(4)
    told = {f"S\u5927{n}": {rng.choice(GROUPS): {"online": [0.1, 0.3 + n, 0, 1e12 / 7]}} for n in range(30)}
    whole = add_up(told)
    assert unpacked(packed(whole)) == whole and packed(add_up(dict(reversed(told.items())))) == packed(whole)
    assert add_up({}) == DaySum() == unpacked(packed(DaySum()))


def test_a_file_of_the_version_before_gets_sums_and_keeps_its_figures(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store, store.transaction():
        city(store, 2)
    with closing(sqlite3.connect(tmp_path / NAME)) as db:
        for kind, name in db.execute(
            "SELECT type, name FROM sqlite_master WHERE tbl_name = 'day_sum' OR type = 'trigger'"
        ).fetchall():
            if kind in ("table", "trigger"):
                db.execute(f"DROP {kind} IF EXISTS {name}")
        db.execute("PRAGMA user_version=16")
        db.commit()
    with closing(Store(tmp_path)) as store:
        assert store.all("PRAGMA user_version") == [(schema.VERSION,)]
        due = assessments(store)
        add_all(store)
        assert store.figures.sums_after("", "", 1) and assessments(store) == due
        store.run("DELETE FROM assessed WHERE day = ?", DAYS[0].isoformat())
        assert store.figures.sum_of_day("division", DAYS[0]) == DaySum()


def test_hub_check_has_words_for_everything_that_is_added_up() -> None:
    assert set(SUMMED) == {*NAMES}

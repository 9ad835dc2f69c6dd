"""Waves of an upgrade: who is next, and when it goes on, waits or stops by itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations

import pytest
from delivery import DAY, NOW

from agent.hub.domain.upgrades import (
    OTHERS_LEAST,
    SOAK,
    TAKEN_WITHIN,
    SiteSeen,
    Verdict,
    chance,
    judge,
    next_wave,
    rises,
    wave_order,
)

LONG_AGO = NOW - 2 * DAY


def city(
    named: int,
    others: int,
    *,
    named_as: SiteSeen | None = None,
    bad: int = 0,
    others_bad: int = 0,
    how: dict[str, object] | None = None,
) -> list[SiteSeen]:
    """Return a city in which the named sites run the version; of each kind some are changed by `how`."""
    each = named_as or SiteSeen(site="n", named=True, runs=True)
    worse: dict[str, object] = how or {"is_silent": True}
    of_named = [replace(each, site=f"n{i}", **(worse if i < bad else {})) for i in range(named)]  # type: ignore[arg-type]
    other = SiteSeen(site="o")
    of_others = [replace(other, site=f"o{i}", **(worse if i < others_bad else {})) for i in range(others)]  # type: ignore[arg-type]
    return of_named + of_others


def verdict(sites: list[SiteSeen], **changed: object) -> Verdict:
    told = {"named_at": LONG_AGO, "since": LONG_AGO, "soak": SOAK, "now": NOW} | changed
    return judge(sites, **told)  # type: ignore[arg-type]


def test_waves_are_5_50_and_100_percent_stable_and_of_another_order_for_another_version() -> None:
    group = [f"S{n}" for n in range(300)]
    first, one = next_wave(group, (), "0.2.0", 0)
    assert (len(first), one) == (15, 1)
    assert next_wave(list(reversed(group)), (), "0.2.0", 0)[0] == first
    second, two = next_wave(group, first, "0.2.0", 1)
    assert (len(first) + len(second), two) == (150, 2)
    third, three = next_wave(group, first + second, "0.2.0", 2)
    assert (sorted(first + second + third), three) == (sorted(group), 3)
    assert next_wave(group, group, "0.2.0", 3) == ([], 3)
    assert set(next_wave(group, (), "0.2.1", 0)[0]) != set(first)
    assert len({*first} & {*wave_order(group, "0.2.1")[:15]}) < 8


@pytest.mark.parametrize(
    ("size", "waves"), [(0, []), (1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (19, [1, 9, 9]), (20, [1, 9, 10])]
)
def test_no_wave_is_empty_and_every_site_is_in_one(size: int, waves: list[int]) -> None:
    group, named, done, sizes = [f"S{n}" for n in range(size)], [], 0, []
    while True:
        found, done = next_wave(group, named, "0.2.0", done)
        if not found:
            break
        named += found
        sizes.append(len(found))
    assert (sizes, sorted(named)) == (waves, sorted(group))


def test_a_group_that_has_grown_gets_no_second_first_wave() -> None:
    named, done = next_wave([f"S{n}" for n in range(20)], (), "0.2.0", 0)
    found, number = next_wave([f"S{n}" for n in range(200)], named, "0.2.0", done)
    assert (number, len({*found, *named})) == (2, 100 if named[0] in wave_order([f"S{n}" for n in range(200)],
                                                                                "0.2.0")[:100] else 101)  # fmt: skip


def test_a_wave_that_runs_well_for_long_enough_goes_on_and_not_before() -> None:
    assert verdict(city(15, 285)) == Verdict("go")
    assert verdict(city(15, 285), since=NOW - SOAK + timedelta(seconds=1)).why == "soaks"
    assert verdict(city(15, 285), since=NOW - SOAK) == Verdict("go")
    assert verdict(city(15, 285), since=NOW + DAY).why == "soaks"  # a clock that was set back


def test_it_stops_where_more_of_the_named_ones_are_silent_or_fail_and_says_the_numbers() -> None:
    assert verdict(city(15, 285, bad=2, others_bad=1)) == Verdict("stop", "silent", 2, 15, 1, 285)
    assert verdict(city(15, 285, bad=1, others_bad=1)) == Verdict("stop", "silent", 1, 15, 1, 285)
    more: dict[str, object] = {"bad_before": 2, "bad": 3}
    assert verdict(city(15, 285, bad=2, how=more)) == Verdict("stop", "failing", 2, 15, 0, 285)
    tried: dict[str, object] = {"tried": True, "runs": False}
    assert verdict(city(15, 285, bad=1, how=tried), since=None) == Verdict("stop", "failing", 1, 15, 0, 285)


def test_a_wave_of_one_site_stops_when_that_goes_silent() -> None:
    assert verdict(city(1, 19, bad=1)) == Verdict("stop", "silent", 1, 1, 0, 19)
    assert verdict(city(1, 299, bad=1)).word == "stop"
    assert verdict(city(1, 0, bad=1)).word == "stop"


def test_an_outage_of_all_stops_nothing_and_lets_nothing_go_on() -> None:
    assert verdict(city(15, 285, bad=15, others_bad=285)) == Verdict("wait", "quiet", 15, 15)
    assert verdict(city(15, 285, bad=7, others_bad=133)).word == "wait"  # half of the network
    assert verdict(city(15, 285, bad=15, others_bad=100)).word == "stop"


def test_what_was_silent_or_failing_before_is_no_fault_of_the_version() -> None:
    before: dict[str, object] = {"was_silent": True, "is_silent": True, "runs": False}
    assert verdict(city(30, 285, bad=2, how=before)) == Verdict("go")
    same: dict[str, object] = {"bad_before": 4, "bad": 4}
    fewer: dict[str, object] = {"bad_before": 4, "bad": 1}
    assert verdict(city(15, 285, bad=9, how=same)) == verdict(city(15, 285, bad=9, how=fewer)) == Verdict("go")


def test_a_site_that_flaps_like_the_others_is_put_down_to_chance() -> None:
    assert verdict(city(150, 150, bad=8, others_bad=7)) == Verdict("go")
    assert verdict(city(150, 150, bad=8, others_bad=8)) == Verdict("go")
    assert verdict(city(150, 150, bad=12, others_bad=3)).word == "stop"


def test_a_version_that_is_never_seen_waits_and_then_stops() -> None:
    gone: dict[str, object] = {"runs": False}
    assert verdict(city(15, 285, bad=3, how=gone)) == Verdict("wait", "not-there", 3, 15)
    week = NOW - TAKEN_WITHIN - timedelta(seconds=1)
    assert verdict(city(15, 285, bad=3, how=gone), named_at=week) == Verdict("stop", "not-taken", 3, 15)
    assert verdict(city(15, 285, bad=15, how=gone), since=None).why == "not-there"
    excused: dict[str, object] = {"runs": False, "excused": True}
    assert verdict(city(15, 285, bad=3, how=excused), named_at=week) == Verdict("go")
    assert verdict(city(15, 285, bad=15, how=excused), since=None) == Verdict("wait", "nobody", 0, 15)


def test_a_site_that_never_comes_back_holds_the_wave_and_then_stops_it() -> None:
    dead: dict[str, object] = {"runs": False, "is_silent": True}
    sites = city(150, 150, bad=1, how=dead)
    assert verdict(sites) == Verdict("wait", "not-there", 1, 150)
    assert verdict(sites, named_at=NOW - 8 * DAY).why == "not-taken"


def test_nothing_named_or_nobody_there_is_never_a_go() -> None:
    assert verdict([]) == verdict(city(0, 300), since=None) == Verdict("wait", "nobody", 0, 0)
    all_silent_before = SiteSeen(site="n", named=True, was_silent=True, is_silent=True)
    assert verdict(city(15, 285, named_as=all_silent_before), since=None).why == "nobody"


def test_without_others_to_compare_with_a_fixed_share_counts() -> None:
    assert not rises(6, 300, 0, OTHERS_LEAST - 1)
    assert rises(7, 300, 0, OTHERS_LEAST - 1)
    assert rises(1, 49, 0, 0)
    assert not rises(0, 300, 19, 19)


def test_the_chance_is_that_of_counting_all_ways() -> None:
    for of, others, bad, others_bad in ((3, 4, 1, 1), (4, 5, 2, 1), (2, 6, 1, 3), (5, 2, 3, 2)):
        sites = range(of + others)
        ways = list(combinations(sites, bad + others_bad))
        as_many = sum(sum(site < of for site in way) >= bad for way in ways)
        assert chance(bad, of, others_bad, others) == pytest.approx(as_many / len(ways))


def test_the_share_of_the_others_never_counts_against_the_named_ones() -> None:
    for bad in range(16):
        for others_bad in range(0, 286, 19):
            if bad * 285 <= others_bad * 15:
                assert not rises(bad, 15, others_bad, 285)

"""The state of a site on the map is the worst that is known of it; nothing known is never clear."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest

from agent.hub.domain.rows.city_map import CityMap
from agent.hub.views.city_map import STATES, State, view_map
from agent.hub.views.silent import Silent

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SEEN = {"S1": ("140202", 2)}
CITY = CityMap(sites={"S1": (113.3, 40.08)})


def counts(fail: int = 0, warn: int = 0, unknown: int = 0) -> dict[str, int]:
    return {"fail": fail, "warn": warn, "unknown": unknown}


@pytest.mark.parametrize(
    ("opened", "is_silent", "state"),
    [
        (counts(), False, "clear"),
        (counts(warn=1), False, "warn"),
        (counts(warn=1, unknown=1), False, "unknown"),
        (counts(fail=1, warn=1, unknown=1), False, "fail"),
        (None, False, "unknown"),
        (counts(), True, "silent"),
        (counts(warn=1, unknown=1), True, "silent"),
        (counts(fail=1), True, "fail"),
        (None, True, "silent"),
    ],
)
def test_the_worst_that_is_known_is_the_state(opened: dict[str, int] | None, is_silent: bool, state: State) -> None:
    silent = [Silent("S1", "", "late", "late", NOW)] if is_silent else []
    view = view_map(CITY, SEEN, {"S1": opened} if opened is not None else {}, silent, is_everything=True)
    assert [one.state for one in view.sites] == [state]
    assert view.totals == {one: int(one == state) for one in STATES}


def test_no_site_is_clear_that_was_never_judged_or_is_silent() -> None:
    for opened, kind in product((None, counts(), counts(warn=1)), ("", "late", "revoked")):
        silent = [Silent("S1", "", "late", "late", NOW)] if kind else []
        view = view_map(CITY, SEEN, {"S1": opened} if opened is not None else {}, silent, is_everything=True)
        assert (view.sites[0].state == "clear") == (opened == counts() and not kind)


def test_what_may_not_be_seen_is_not_on_the_map_and_not_counted() -> None:
    city = CityMap(sites={"S1": (113.3, 40.08), "F3": (113.1, 40.0), "S2": (113.2, 40.0)})
    seen = {"S1": ("140202", 2), "S2": ("140202", 2), "S8": ("140202", 1)}
    foreign = [Silent("F3", "", "late", "late", NOW)]
    view = view_map(city, seen, {"S1": counts(fail=1), "F3": counts(fail=9)}, foreign, is_everything=False)
    assert [(one.site, one.state) for one in view.sites] == [("S1", "fail"), ("S2", "unknown")]
    assert (sum(view.totals.values()), view.without_position, view.never_heard) == (2, 1, ())
    whole = view_map(city, seen, {}, (), is_everything=True)
    assert whole.never_heard == ("F3",), "who sees everything is told which name is a mistake"


def test_the_worst_comes_first() -> None:
    city = CityMap(sites={name: (113.3, 40.08) for name in "ABCDE"})
    opened = {"A": counts(), "B": counts(warn=1), "C": counts(fail=1), "D": counts(fail=3), "E": counts(unknown=1)}
    view = view_map(city, dict.fromkeys("ABCDE", ("", 1)), opened, (), is_everything=True)
    assert [one.site for one in view.sites] == ["D", "C", "E", "B", "A"]

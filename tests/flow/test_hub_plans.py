"""A repair that people at the hub planned is left out of what ranks, visibly, for its fail and days that follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hubdesk import Desk
from live_site import DAY, FIRST, HOUR, NOON, Live, numbers, reported

from agent.contract.chain import utc_text
from agent.hub.domain.rows.words import Word


def plan(desk: Desk, at: datetime, days: int = 20, subject: str = "camera:gate") -> None:
    until = (FIRST + timedelta(days=days)).isoformat()
    word = Word(
        site="S1", check="camera-online", subject=subject, kind="planned", said_by="科长李", at=utc_text(at),
        until=until, text="等备件",
    )  # fmt: skip
    desk.store.words.keep(word)


def day_of(desk: Desk, capsys: pytest.CaptureFixture[str], number: int, by: str) -> dict[str, Any]:
    return reported(desk, capsys, "--day", (FIRST + number * timedelta(days=1)).isoformat(), "--by", by)


def figure(row: dict[str, Any]) -> tuple[tuple[Any, ...], tuple[Any, ...] | None]:
    after = row["figures"]["online"]["corrected"]
    return numbers(row), (after["numerator"], after["denominator"], after["excluded"]) if after else None


def test_days_after_a_plan_are_left_out_and_the_plan_is_listed(
    desk: Desk, live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.day(0, silent=("boxa",))
    plan(desk, NOON + 6 * HOUR)
    for number in (1, 2):
        live.day(number, silent=("boxa",))
    live.look(NOON + 3 * DAY)
    assert figure(day_of(desk, capsys, 0, "division")["rows"][0])[1] is None, "nothing is planned afterwards"
    assert day_of(desk, capsys, 0, "division")["planned"] == []
    found = day_of(desk, capsys, 1, "division")
    told, after = figure(found["rows"][0])
    good, due, unknown, excluded = told
    assert (unknown, excluded) == (0, 0) and good == due / 2, "what was reported stays"
    assert after == (good, good, due - good)
    (work,) = found["planned"]
    assert (work["site"], work["subject"], work["by"], work["why"]) == (
        "S1",
        "camera-online camera:gate",
        "科长李",
        "等备件",
    )
    (row,) = [one for one in day_of(desk, capsys, 1, "maintainer")["rows"] if one["name"] == "维护S1"]
    assert figure(row) == ((1, 2, 0, 0), (1, 1, 1))


def test_another_fault_of_the_day_counts_all_the_same(
    desk: Desk, live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.day(0, silent=("boxa", "boxb"))
    plan(desk, NOON + 6 * HOUR)
    live.day(1, silent=("boxa", "boxb"))
    live.look(NOON + 2 * DAY)
    told, after = figure(day_of(desk, capsys, 1, "division")["rows"][0])
    assert told[0] == 0 and after == (0, told[1] / 2, told[1] / 2)


def test_a_plan_for_what_is_well_again_takes_nothing_out(
    desk: Desk, live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.day(0, silent=("boxa",))
    plan(desk, NOON + 6 * HOUR)
    live.day(1, silent=("boxb",))
    live.look(NOON + 2 * DAY)
    found = day_of(desk, capsys, 1, "division")
    assert figure(found["rows"][0])[1] is None and found["planned"] == []

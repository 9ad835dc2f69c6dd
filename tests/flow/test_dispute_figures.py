"""An overturned finding is taken out of figures of the past, visibly: what was reported stays beside it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hubdesk import Desk
from live_site import DAY, FIRST, HOUR, NOON, Live, numbers, reported
from openpyxl import load_workbook

from agent.cli import main
from agent.contract.disputes import Decided, Disputed, Outcome
from agent.hub.domain.rows.disputes import DisputeRow
from agent.hub.stores.disputes import disputes
from agent.hub.views.corrected import by_camera_days, by_looks, corrected, overturned_on
from agent.hub.workers import decisions
from agent.judge.memory import memory
from agent.judge.memory.disputes import Dispute
from agent.judge.memory.notes import write_note
from agent.observe.inventory.owners import Owner
from drivers.spans import day_span

Decides = Callable[[Outcome | None], Desk]
MONTH = ("--month", "2026-11")


def dispute(live: Live, at: datetime) -> str:
    """Dispute the open `camera-online` of the gate."""
    known = memory.from_json(live.spool.read_memory()).known["camera-online camera:gate"].episode
    assert known is not None
    note = Dispute(
        key=known.key, detected_at=known.detected_at, status=known.worst, reason=known.reason, by="业主张", at=at,
        why="那天停电", owner=Owner("S1"),
    )  # fmt: skip
    write_note(live.folder, note, at)
    return note.said.id


@pytest.fixture(scope="module")
def five_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A hub's folder after two good days, one on which the gate is away from noon to midnight, and two good ones.

    Also the name of the dispute of six o'clock, on which nobody has decided.
    """
    folder = tmp_path_factory.mktemp("lived")
    desk = Desk(folder / "hub")
    live = Live(folder, desk)
    live.day(-1)
    live.day(0, hours=range(12))
    live.day(0, silent=("boxa",), hours=range(12, 18))
    disputed = dispute(live, NOON + 6 * HOUR)
    live.day(0, silent=("boxa",), hours=range(18, 24))
    for number in (1, 2):
        live.day(number)
    live.spool.close()
    desk.store.close()
    return desk.directory, disputed


@pytest.fixture
def decided(five_days: tuple[Path, str], tmp_path: Path) -> Iterator[Decides]:
    """Open the hub after these days, and decide on the dispute, or do not."""
    directory, disputed = five_days
    desk = Desk(Path(shutil.copytree(directory, tmp_path / "hub")))

    def after(outcome: Outcome | None) -> Desk:
        if outcome is not None:
            decisions.decide(desk.store, desk.signer, "S1", disputed, outcome, "科长李", "停电单已核对", NOON + 3 * DAY)
        return desk

    yield after
    desk.store.close()


def both(found: dict[str, Any], name: str | None, figure: str = "online") -> tuple[Any, Any]:
    (row,) = [one for one in found["rows"] if one["name"] == name]
    after = row["figures"][figure]["corrected"]
    return numbers(row, figure), (after["numerator"], after["denominator"], after["excluded"]) if after else None


def test_what_was_overturned_is_not_due_any_more_and_both_figures_are_shown(
    decided: Decides, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    desk = decided("overturned")
    day = ("--day", FIRST.isoformat())
    reported_looks, after = both(reported(desk, capsys, *day, "--by", "division"), "140202")
    good, due, unknown, excluded = reported_looks
    assert (due, unknown, excluded) == (48, 0, 0) and good < 48
    assert after == (good, good, 48 - good), "every bad look was the disputed one's"
    model, after = both(reported(desk, capsys, *day, "--by", "model"), None)
    assert (model, after) == ((0, 1, 0, 0), (0, 0, 1)), "a box that is away tells no model"
    book = tmp_path / "out.xlsx"
    found = reported(desk, capsys, *MONTH, "--by", "maintainer", "--sort", "online", "--xlsx", str(book))
    figures, after = both(found, "维护S1")
    assert figures[0] == figures[1] - 1 and after == (figures[0], figures[0], 1)
    assert [one["decision"]["by"] for one in found["overturned"]] == ["科长李"]
    row, *_ = [[c.value for c in one] for one in load_workbook(book)["corrected"].iter_rows(min_row=2)]
    assert row[0] == "维护S1" and row[5] == 1 and row[2] < 1
    assert [cell.value for cell in load_workbook(book)["overturned"][2]][6:9:2] == ["科长李", "停电单已核对"]
    capsys.readouterr()
    assert main(["hub", "report", *MONTH, "--by", "maintainer", "--data", str(desk.directory)]) == 0
    said = capsys.readouterr().out
    assert "→ 100.0%" in said and "was overturned, and counts no longer (科长李: 停电单已核对)" in said


@pytest.mark.parametrize("outcome", [None, "upheld", "remedied"])
def test_without_a_decision_or_with_any_other_one_the_figures_stay(
    decided: Decides, capsys: pytest.CaptureFixture[str], outcome: Outcome | None
) -> None:
    desk = decided(outcome)
    found = reported(desk, capsys, *MONTH, "--by", "maintainer")
    assert both(found, "维护S1")[1] is None and found["overturned"] == []
    assert found["disputes_undecided"] == (outcome is None)
    (one,) = disputes(desk.store)
    assert one.ended_at is not None and one.ended_at > one.said.detected_at, "the end of the episode was told"


def row(begin: datetime, end: datetime | None, subject: str = "camera:a", check: str = "camera-online") -> DisputeRow:
    said = Disputed(
        check=check, subject=subject, status="fail", reason="x", detected_at=begin, repaired_at=None, by="x", at=begin,
        why="y",
    )  # fmt: skip
    word = Decided(
        dispute=said.id, check=check, subject=subject, outcome="overturned", by="x", why="y", at=begin + 30 * DAY
    )
    return DisputeRow(site="S1", said=said, arrived_at=begin, ended_at=end, decision=word)


def test_only_the_share_of_a_day_that_the_episode_took_is_taken_out() -> None:
    day = day_span(FIRST, NOON.tzinfo)  # type: ignore[arg-type]
    quarter = row(day.start_at + 18 * HOUR, day.end_at + 9 * DAY)
    assert overturned_on([quarter], day) == {"camera-online camera:a": 0.25}
    assert overturned_on([row(day.start_at - DAY, day.start_at)], day) == {}
    assert overturned_on([row(day.end_at, None)], day) == {}
    assert overturned_on([row(day.start_at - 40 * DAY, None)], day) == {}, "no end is known: until it was decided on"
    figures = {"online": (180.0, 192.0, 2.0, 0.0), "good": (150.0, 192.0, 0.0, 0.0)}
    moved = by_looks(figures, [], overturned_on([quarter], day), 2)
    assert moved == {"online": 10, "good": 24}, "never more than was bad, and never what is unknown"
    assert corrected(figures, moved)["good"] == (150, 168, 0, 24)


def test_what_another_finding_made_bad_too_stays_bad() -> None:
    failing = [
        ["good", "Li", "M1", "camera-online camera:a", "clock-offset device:box"],
        ["online", "Li", "M1", "camera-online camera:a"],
        ["clock", "Li", "M1", "clock-offset device:box"],
    ]
    keys = {"camera-online camera:a": 1.0}
    assert by_camera_days("maintainer", failing, keys) == {"Li": {"online": 1}}
    figures = {name: (0.0, 96.0, 0.0, 0.0) for name in ("online", "good", "clock")}
    assert by_looks(figures, failing, keys, 1) == {"online": 96}
    both_keys = {**keys, "clock-offset device:box": 1.0}
    assert by_camera_days("model", failing, both_keys) == {"M1": {"good": 1, "online": 1, "clock": 1}}
    assert by_looks(figures, [], {"clock-offset device:box": 1.0}, 1) == {}, (
        "whose cameras it had is not known any more"
    )


def test_an_overturned_unknown_is_not_taken_out() -> None:
    """What nobody knew stays unknown: a decision is about what was wrong, and proves nothing good."""
    one = row(NOON, NOON + timedelta(hours=3))
    said = Disputed(**{**{n: getattr(one.said, n) for n in Disputed.__dataclass_fields__}, "status": "unknown"})
    day = day_span(FIRST, NOON.tzinfo)  # type: ignore[arg-type]
    assert overturned_on([DisputeRow(site="S1", said=said, arrived_at=NOON, decision=one.decision)], day) == {}

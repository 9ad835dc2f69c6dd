"""What people say of an open finding is kept with author and time, ends with the finding, and stays as it was said."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from caseside import Day, at, event, finding
from delivery import Maker
from hubdesk import Desk, trusted

from agent.contract.chain import utc_text
from agent.hub.domain.rows.findings import Wanted
from agent.hub.domain.rows.words import Kind, Word
from agent.hub.stores.findings import findings, repaired, total
from agent.hub.stores.keeping.expiry import delete_beside
from agent.hub.stores.words import OF_FINDING_MOST, keep, keep_operator, words_of
from agent.model.errors import UsageError
from agent.site.config.site import Hub
from tests.hub.stores.test_hub_current import config

ONLINE = "camera-online"


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Day:
    """A site where two cameras fail."""
    maker = Maker(tmp_path / "site", delivery.site(hub=Hub("127.0.0.1")))
    trusted(desk, maker)
    made = Day(maker)
    desk.send(made.report(at(0), config(finding("camera:c0", "fail"), finding("camera:c1", "warn")))[0])
    return made


def word(kind: Kind, subject: str = "camera:c0", hour: float = 1, **more: str) -> Word:
    return Word(site="S1", check=ONLINE, subject=subject, kind=kind, said_by="Li", at=utc_text(at(hour)), **more)


def test_words_stand_beside_the_finding_and_the_newest_assignment_counts(desk: Desk, day: Day) -> None:
    keep(desk.store, word("acknowledged", until="2026-12-01", text="scaffold"))
    keep(desk.store, word("assigned", assignee="Wang", until="2026-11-30"))
    keep(desk.store, word("assigned", hour=2, assignee="Zhao", until="2026-12-02", text="replace"))
    keep(desk.store, word("comment", text="seen on site"))
    keep(desk.store, word("comment", hour=3, text="again"))
    keep_operator(desk.store, "S1", "School 4", "Li", at(1))
    first, second = findings(desk.store, Wanted())
    assert (first.acknowledged_by, first.acknowledged_until) == ("Li", "2026-12-01")
    assert (first.assigned_to, first.due_on, first.comments, first.operator) == ("Zhao", "2026-12-02", 2, "School 4")
    assert (second.acknowledged_by, second.assigned_to, second.due_on, second.comments) == ("", "", "", 0)
    assert first.status == "fail", "no word changes a status"
    assert [one.text for one in words_of(desk.store, "S1")] == ["scaffold", "replace", "seen on site", "again"]
    kept = desk.store.all("SELECT assignee, ended_at FROM word WHERE kind = 'assigned' ORDER BY id")
    assert kept == [("Wang", utc_text(at(2))), ("Zhao", "")]


def test_who_operates_and_to_whom_it_is_assigned_are_filters(desk: Desk, day: Day) -> None:
    keep(desk.store, word("assigned", "camera:c1", assignee="Zhao", until="2026-12-02"))
    keep_operator(desk.store, "S1", "School 4", "Li", at(1))
    for wanted, count in (
        ({"operator": "School 4"}, 2), ({"operator": "nobody"}, 0), ({"assignee": "Zhao"}, 1), ({"assignee": "x"}, 0),
        ({"operator": "School 4", "assignee": "Zhao", "status": "warn", "division": "140000"}, 1),
    ):  # fmt: skip
        assert total(desk.store, Wanted(**wanted)) == len(findings(desk.store, Wanted(**wanted))) == count
    keep_operator(desk.store, "S1", "School 5", "Li", at(2))
    assert total(desk.store, Wanted(operator="School 4")) == 0


@pytest.mark.parametrize("by_event", [True, False])
def test_a_word_ends_with_its_finding_and_says_nothing_of_the_next_one(desk: Desk, day: Day, by_event: bool) -> None:
    keep(desk.store, word("assigned", assignee="Zhao", until="2026-12-02"))
    keep(desk.store, word("assigned", "camera:c1", assignee="Zhao", until="2026-12-02"))
    over = event("camera:c0", "fail", "pass") if by_event else config(finding("camera:c1", "warn"))
    desk.send(day.report(at(3), over)[0])
    assert [one.subject for one in words_of(desk.store, "S1")] == ["camera:c1"]
    desk.send(day.report(at(4), config(finding("camera:c0", "fail"), finding("camera:c1", "warn")))[0])
    again = next(one for one in findings(desk.store, Wanted()) if one.subject == "camera:c0")
    assert again.assigned_to == ""
    assert desk.store.all("SELECT said_by, ended_at FROM word WHERE subject = 'camera:c0'") == [("Li", utc_text(at(3)))]
    delete_beside(desk.store, utc_text(at(3) + timedelta(days=1)))
    assert desk.store.all("SELECT subject FROM word") == [("camera:c1",)]


def test_a_word_outlives_a_change_from_warn_to_fail(desk: Desk, day: Day) -> None:
    keep(desk.store, word("comment", "camera:c1", text="watch it"))
    desk.send(day.report(at(3), config(finding("camera:c0", "fail"), finding("camera:c1", "fail")))[0])
    assert [one.comments for one in findings(desk.store, Wanted(status="fail"))] == [0, 1]


def test_a_word_on_what_is_not_open_and_one_that_is_no_text_are_refused(desk: Desk, day: Day) -> None:
    with pytest.raises(UsageError, match="no open finding of camera-online on camera:c9"):
        keep(desk.store, word("comment", "camera:c9", text="x"))
    for text in (" ", "x" * 501, "two\nlines", "\x1b[2J"):
        with pytest.raises(UsageError, match="on one line"):
            keep(desk.store, word("comment", text=text))
    for bad in (word("assigned", assignee=""), word("acknowledged", text=""), word("comment")):
        with pytest.raises(UsageError, match="on one line"):
            keep(desk.store, bad)
    with pytest.raises(UsageError, match="on one line"):
        keep_operator(desk.store, "S1", "\n", "Li", at(1))
    for _ in range(OF_FINDING_MOST):
        keep(desk.store, word("comment", text="x"))
    with pytest.raises(UsageError, match="as many words as are kept"):
        keep(desk.store, word("comment", text="x"))
    assert len(words_of(desk.store, "S1")) == OF_FINDING_MOST


def test_how_long_faults_lasted_is_told_by_check_without_warnings(desk: Desk, day: Day) -> None:
    desk.send(day.report(at(2), config(finding("camera:c1", "fail")))[0])
    desk.send(day.report(at(6), config(finding("camera:c0", "fail")))[0])
    (row,) = repaired(desk.store, utc_text(at(0)), "", "140000")
    assert (row.check, row.repaired, row.open) == (ONLINE, 2, 1)
    assert (round(row.mean_s), round(row.longest_s)) == (3 * 3600, 4 * 3600)
    assert [one.repaired for one in repaired(desk.store, utc_text(at(3)), ONLINE, "")] == [1]
    assert repaired(desk.store, utc_text(at(0)), "", "150000") == repaired(desk.store, utc_text(at(0)), "x", "") == []

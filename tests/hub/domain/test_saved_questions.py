"""A saved question is due when its schedule says so in China, is shown to whom it may be, and names no person."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.contract.chain import utc_text
from agent.hub.domain.asking.question import COUNTED
from agent.hub.domain.asking.saved import (
    EVERY,
    OF_ONE_MOST,
    SAVED_MOST,
    Saved,
    Saver,
    Schedule,
    is_shown,
    missed,
    new_saved,
    newest_due,
    read_at,
    with_ids,
    with_names,
    without_name,
)
from agent.hub.domain.asking.words import PARAMETERS, read_words, text_of
from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.people import Author
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.model.errors import UsageError

BEGUN = datetime(2026, 1, 5, 0, 0, tzinfo=CHINA)
LI, WANG = Author("S1", "author-S1-0123456789abcdef", "Li", ""), Author("S2", "author-S2-0123456789abcdef", "Wang", "")


def schedule(every: str, at: str = "06:30") -> Schedule:
    return Schedule(
        every=every, at=at, folder="/exports", formats=("csv",), keep=3, scope=EVERYTHING, lang="en",
        begun_at=utc_text(BEGUN),
    )  # fmt: skip


def saved(name: str = "q", by: str = "anna", **named: str) -> Saved:
    return Saved(name=name, named=named, saved_by=by, saved_at=utc_text(BEGUN))


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


@pytest.mark.parametrize(
    ("every", "now", "due"),
    [
        ("day", "2026-11-30T06:29", "2026-11-29T06:30"),
        ("day", "2026-11-30T06:30", "2026-11-30T06:30"),
        ("monday", "2026-11-30T06:30", "2026-11-30T06:30"),
        ("monday", "2026-11-30T06:29", "2026-11-23T06:30"),
        ("sunday", "2026-11-30T06:30", "2026-11-29T06:30"),
        ("15", "2026-11-14T23:59", "2026-10-15T06:30"),
        ("31", "2026-11-30T06:30", "2026-11-30T06:30"),
        ("31", "2026-03-30T07:00", "2026-02-28T06:30"),
        ("30", "2028-03-01T00:00", "2028-02-29T06:30"),
    ],
)
def test_an_export_is_due_on_its_day_at_its_time_in_china(every: str, now: str, due: str) -> None:
    assert newest_due(schedule(every), china(now)) == china(due)


def test_nothing_is_due_from_before_the_schedule_began() -> None:
    for every in EVERY:
        assert newest_due(schedule(every), BEGUN) is None
    assert newest_due(schedule("day"), china("2026-01-05T06:29")) is None
    assert newest_due(schedule("day"), china("2026-01-05T06:30")) == china("2026-01-05T06:30")


@given(st.sampled_from(EVERY), st.integers(0, 1500 * 24 * 60))
def test_within_a_month_something_was_due_and_nothing_lies_between_it_and_now(every: str, minutes: int) -> None:
    now, plan = BEGUN + timedelta(minutes=minutes), schedule(every)
    due = newest_due(replace(plan, begun_at="2020-01-01T00:00:00.000Z"), now)
    assert due is not None and timedelta() <= now - due <= timedelta(days=31)
    assert missed(plan, due, now) == 0
    assert missed(plan, due - timedelta(seconds=1), now) == (1 if due < now else 0)


def test_what_was_missed_is_counted_between_two_that_were_made() -> None:
    plan = schedule("day")
    assert missed(plan, china("2026-11-20T06:30"), china("2026-11-30T06:30")) == 9
    assert missed(schedule("monday"), china("2026-11-09T06:30"), china("2026-11-30T06:30")) == 2
    assert missed(plan, china("2026-11-29T06:30"), china("2026-11-30T06:30")) == 0


@pytest.mark.parametrize("text", ["", "6:30", "24:00", "06:60", "06:30:00", " 06:30", "0630", "\uff10\uff16:30"])
def test_what_is_no_time_of_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="no time of day"):
        read_at(text)


def test_a_name_is_taken_once_and_nobody_can_fill_the_list() -> None:
    one = new_saved([], [], "q", {"count": "sites"}, Saver("anna", "t"))
    assert one == Saved(name="q", named={"count": "sites"}, saved_by="anna", saved_at="t")
    with pytest.raises(UsageError, match="saved as q already"):
        new_saved([one], [], "q", {}, Saver("(command)", "t", is_command=True))
    for bad in ("", "-a", ".a", "a/b", "..", "a b", "a\n", "x" * 65):
        with pytest.raises(UsageError, match="a name has"):
            new_saved([], [], bad, {}, Saver("anna", "t"))
    own = [saved(f"a{number}") for number in range(OF_ONE_MOST)]
    with pytest.raises(UsageError, match="20 questions are saved"):
        new_saved(own, [], "q", {}, Saver("anna", "t"))
    assert new_saved(own, [], "q", {}, Saver("bob", "t"))
    many = [saved(f"a{number}", "(command)") for number in range(SAVED_MOST)]
    for saver in (Saver("bob", "t"), Saver("(command)", "t", is_command=True)):
        with pytest.raises(UsageError, match="200 questions are saved"):
            new_saved(many, [], "q", {}, saver)
    assert new_saved(many[1:], [], "q", {}, Saver("(command)", "t", is_command=True))


def test_a_question_that_names_somebody_is_shown_to_who_saved_it_and_to_who_sees_everything() -> None:
    bound = Scope(divisions=("14",))
    for name in ("site", "operator", "maintainer"):
        one = saved(**{name: "x"})
        assert is_shown(one, "bob", EVERYTHING) and is_shown(one, "anna", bound)
        assert not is_shown(one, "bob", bound) and not is_shown(one, "", Scope())
    assert is_shown(saved(check="clock-offset", division="15"), "bob", bound)


def test_a_person_stands_in_a_question_by_the_id_and_is_asked_for_by_the_name() -> None:
    named = {"count": "findings", "maintainer": "Li", "model": "Li", "operator": "Li Ltd"}
    stored = with_ids(named, [WANG, LI])
    assert stored == {**named, "maintainer": LI.id}
    assert with_names(stored, [LI, WANG]) == named
    erased = replace(LI, name="", erased_at="2026-11-30T00:00:00.000Z")
    for authors in ([erased], [], [WANG]):
        with pytest.raises(UsageError, match=f"{LI.id}: nobody's name any more"):
            with_names(stored, authors)


def test_erasing_takes_the_name_out_of_a_question_or_is_refused() -> None:
    one = saved(count="sites", maintainer="Li")
    assert without_name(one, LI) == replace(one, named={"count": "sites", "maintainer": LI.id})
    for kept in (saved("of-Li", count="sites"), saved(count="sites", maintainer="Li Ltd"), saved(model="Li")):
        with pytest.raises(UsageError, match="has the name that is to be erased"):
            without_name(kept, LI)
    assert without_name(one, replace(LI, name="")) == one


WORD = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@given(st.dictionaries(st.sampled_from(PARAMETERS[1:]), WORD), st.sampled_from(COUNTED))
def test_the_text_of_parameters_is_read_as_these_parameters(named: dict[str, str], counted: str) -> None:
    whole = {"count": counted, **named}
    assert read_words([text_of(whole)]) == whole

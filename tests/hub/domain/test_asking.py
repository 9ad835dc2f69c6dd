"""A question is what its words say: each wrong word has one line, and what nothing knows is refused, not answered."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hub.domain.asking.camera_days import Counts, SiteDay, count
from agent.hub.domain.asking.question import COUNTED, NAMES, SUBJECTS, Question, known_of
from agent.hub.domain.asking.words import PARAMETERS, question, read_words
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.model.errors import UsageError

TODAY = date(2026, 11, 30)


def read(*words: str) -> Question:
    return question(read_words(words), TODAY)


def test_words_in_any_order_make_the_question_that_parameters_make() -> None:
    text = 'findings top 5 "maintainer=Anfang (Datong) Co., Ltd" by model,firmware check=clock-offset,osd-compliant'
    asked = read(text)
    assert asked == Question(
        counted="findings", by=("model", "firmware"), top=5,
        where={"maintainer": ("Anfang (Datong) Co., Ltd",), "check": ("clock-offset", "osd-compliant")},
    )  # fmt: skip
    named = {"count": "findings", "by": "model,firmware", "top": "5", "check": "clock-offset,osd-compliant",
             "maintainer": "Anfang (Datong) Co., Ltd"}  # fmt: skip
    assert question(named, TODAY) == asked
    assert read("findings", "by", "model,firmware", "maintainer=Anfang (Datong) Co., Ltd",
                "check=clock-offset,osd-compliant", "top", "5") == asked  # fmt: skip


def test_a_shell_s_words_are_taken_as_they_are() -> None:
    assert read("sites", 'operator=O\'Hara "East" = 1').where == {"operator": ('O\'Hara "East" = 1',)}


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("findings", "findings-open"),
        ("sites by division,operator", "sites"),
        ("sites by model division=1402", "sites-with-box"),
        ("sites by model status=fail", "sites-with-finding"),
        ("sites maintainer=x", "sites-with-finding"),
        ("sites from=2026-11-01", "sites-with-finding"),
        ("cameras by operator", "cameras"),
        ("cameras by operator firmware=5.1", "cameras-of-box"),
        ("cameras by day", "cameras-with-finding"),
        ("camera-days by check,day model=x", "camera-days-bad"),
    ],
)
def test_what_is_counted_follows_from_all_that_is_named(text: str, subject: str) -> None:
    found = read(text).subject
    assert found is not None and found.name == subject


def test_what_counts_days_has_a_whole_period_and_the_rest_has_none() -> None:
    assert (read("findings").first, read("findings").last) == (None, None)
    days = read("camera-days")
    assert (days.first, days.last) == (date(2026, 10, 31), date(2026, 11, 29))
    assert read("camera-days from=2026-11-20").last == date(2026, 11, 29)
    assert read("camera-days to=2026-03-31").first == date(2026, 3, 2)
    assert read("camera-days from=2026-12-24").last == date(2026, 12, 24)


def test_a_dash_asks_for_what_nobody_has_told() -> None:
    assert read("findings operator=- division=-,140200").where == {"operator": ("",), "division": ("", "140200")}


WRONG = {
    "": "'': a question begins with what is counted",
    "faults": "'faults': a question begins with what is counted: findings, sites, cameras, camera-days",
    "findings count=sites": "'count=sites': write NAME=VALUE, by NAME,NAME or top N",
    "findings model": "'model': write NAME=VALUE, by NAME,NAME or top N",
    "findings by": "by '': it is one of division",
    "findings by modl": "by 'modl': it is one of division",
    "findings by model,model": "by 'model,model': name one or two, and none twice",
    "findings by model,check,day": "by 'model,check,day': name one or two, and none twice",
    "findings by model by check": "by stands twice; write it once",
    "findings status=fail status=warn": "status stands twice; write it once",
    "findings colour=red": "'colour': a question has no such name; there are by, division",
    "findings scope=everything": "'scope': a question has no such name",
    "findings status=pass": "status='pass': it is one of fail, warn, unknown",
    "findings status=": "status='': write 1 to 100 characters, or - where nobody has told any",
    "findings status=fail,": "status='': write 1 to 100 characters",
    "findings check=clock-ofset": "check='clock-ofset': this release has no such check; near to it: clock-offset",
    "findings division=140": "division='140': a code of 2, 4 or 6 digits, such as 140200",
    "findings division=\uff11\uff14\uff10\uff12\uff10\uff10": "a code of 2, 4 or 6 digits",
    "findings model=" + "x" * 101: "write 1 to 100 characters",
    "findings model=a\x1bb": "write 1 to 100 characters",
    "findings top many": "top 'many': a number from 1 to 1000",
    "findings top 0": "top '0': a number from 1 to 1000",
    "findings top 1001": "top '1001': a number from 1 to 1000",
    "findings top": "top '': a number from 1 to 1000",
    "findings from=yesterday": "from='yesterday': a day, such as 2026-11-24",
    "findings from=1999-12-31": "from='1999-12-31': a day",
    "findings from=2026-11-02 to=2026-11-01": "to=2026-11-01 is before from=2026-11-02",
    "camera-days from=2025-11-01": "from 2025-11-01 to 2026-11-29: at most 366 days",
    "camera-days firmware=5": "camera-days can be asked by division, operator, site, model, maintainer, check, day",
    "camera-days by status": "camera-days can be asked by",
    'findings "model=a': "a quotation mark has no second one",
    "findings model=" + "x" * 2000: "longer than 2000 characters",
    "findings division=" + ",".join(["14"] * 21): "division: name at most 20",
}


@pytest.mark.parametrize("text", WRONG)
def test_each_wrong_word_has_one_line_of_its_own(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text)
    assert WRONG[text] in str(caught.value) and "\n" not in str(caught.value)


@given(
    st.lists(st.one_of(st.sampled_from((*COUNTED, *PARAMETERS, "by", "=", ",", "-", '"', "'")), st.text()), max_size=6)
)
def test_any_words_are_a_question_or_one_line(words: list[str]) -> None:
    for given_words in (words, [" ".join(words)], ["findings", *words]):
        try:
            asked = question(read_words(given_words), TODAY)
        except UsageError as error:
            assert len(str(error).splitlines()) == 1
        else:
            assert asked.subject is not None and len(asked.by) <= 2 and 1 <= asked.top <= 1000


@pytest.mark.parametrize(
    "named", [{"count": "x"}, {"Status": "fail"}, {"scope": "everything"}, {"limit": "1"}, {"after": ""}]
)
def test_a_parameter_that_is_none_is_refused(named: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        question(named, TODAY)


def test_every_name_and_everything_counted_stands_in_one_table() -> None:
    assert {name for one in SUBJECTS for name in one.knows} == {*NAMES}
    for counted in COUNTED:
        wide = [one for one in SUBJECTS if one.counted == counted][-1]
        assert {*wide.knows} == {*known_of(counted)}, "of several, the last one knows all"
    assert {*NAMES} - {*PARAMETERS} == {"day"}


def bad(figure: str, maintainer: str, model: str, *checks: str) -> list[str]:
    return [figure, maintainer, model, *(f"{check} camera:c{number}" for number, check in enumerate(checks))]


DAY = [
    bad("online", "A", "M", "camera-online"), bad("good", "A", "M", "camera-online", "clock-offset"),
    bad("good", "B", "M", "clock-offset"), bad("good", "", "N", "video-quality"),
    bad("clock", "A", "M", "clock-offset"),
]  # fmt: skip


def counted(
    text: str, scope: Scope = EVERYTHING, *, is_whole: int = 1, bound: int = 9, day: list[list[str]] = DAY
) -> Counts:
    counts = Counts()
    rows = [SiteDay("S1", "140202", "East", f"2026-11-0{n}", is_whole, day) for n in (1, 2)]
    count(counts, rows, read(f"camera-days {text}"), scope, bound)
    return counts


def test_a_camera_day_counts_once_in_a_group_and_once_in_all() -> None:
    assert counted("").total == 6
    by_check = counted("by check")
    assert by_check.total == 6
    assert by_check.groups == {("camera-online",): 2, ("clock-offset",): 4, ("video-quality",): 2}
    assert counted("by day,maintainer").groups == {
        (day, name): 1 for day in ("2026-11-01", "2026-11-02") for name in ("A", "B", "")
    }
    narrowed = counted("by check,site check=clock-offset")
    assert (narrowed.groups, narrowed.total) == ({("clock-offset", "S1"): 4}, 4)
    assert counted("maintainer=- by model").groups == {("N",): 2}
    assert counted("model=M maintainer=B").total == 2


def test_who_may_see_a_part_of_a_site_counts_that_part_alone() -> None:
    assert counted("by maintainer", Scope(maintainers=("B",)), is_whole=0).groups == {("B",): 2}
    assert counted("by maintainer", Scope(maintainers=("",)), is_whole=0).total == 0
    assert counted("maintainer=A", Scope(maintainers=("B",)), is_whole=0).total == 0


def test_a_list_at_its_bound_is_told_as_cut() -> None:
    assert [counted("", bound=bound).cut for bound in (5, 6)] == [2, 0]


def test_a_name_that_is_no_text_is_shown_as_one() -> None:
    counts = counted("by maintainer", day=[bad("good", "a\ud800b", "M", "clock-offset")])
    assert [row.names for row in counts.largest(1)] == [("a?b",)]

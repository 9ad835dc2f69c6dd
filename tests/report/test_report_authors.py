"""No report has a person's name: not in a member, not in a sentence, and not of somebody who was overlooked."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from agent.model.finding import Finding, Json, Message, Source
from agent.report.authors import NOBODYS, NOT_PEOPLE, anonymous, is_of_people, people_in, without_people

WANG, LI = "author-S1-0000000000000001", "author-S1-0000000000000002"
IDS = {"王工": WANG, "Li": LI}
ROOT = Path(__file__).parents[2] / "agent"


def finding(message: Message, evidence: dict[str, Json]) -> Finding:
    return Finding("c", "site", "fail", "major", message, Source("rule", "1"), "r", evidence)


def test_members_and_sentences_have_ids() -> None:
    said = finding(
        Message("{by} declared on {at} that nothing private is in view", {"by": "王工", "at": "2026-11-24"}),
        {"accepted": {"by": "Li", "why": "王工 said so to Li", "what": "Lima is no Li"}, "approved_by": "王工", "n": 1},
    )
    told = anonymous(said, IDS)
    assert str(told.message) == f"{WANG} declared on 2026-11-24 that nothing private is in view"
    assert told.evidence == {
        "accepted": {"by": LI, "why": f"{WANG} said so to {LI}", "what": f"Lima is no {LI}"},
        "approved_by": WANG, "n": 1,
    }  # fmt: skip
    assert anonymous(said, None) is said
    body = {"planned": [{"by": "王工", "why": "王工", "subject": "Li", "name": "Li"}], "division": "140200"}
    assert without_people(body, IDS) == {
        "planned": [{"by": WANG, "why": WANG, "subject": "Li", "name": "Li"}], "division": "140200",
    }  # fmt: skip


def test_whoever_was_overlooked_has_no_name() -> None:
    assert without_people({"by": "Zhao"}, {}) == {"by": NOBODYS}
    assert anonymous(finding(Message("m"), {"by": "Zhao"}), {}).evidence == {"by": NOBODYS}
    assert without_people({"by": WANG, "decided_by": ""}, {}) == {"by": WANG, "decided_by": ""}, "an id, and nobody"


@pytest.mark.parametrize("name", ["fail", "unreachable", "cam-1", "140200"])
def test_somebody_who_is_called_as_a_word_of_ours_changes_no_state(name: str) -> None:
    evidence: dict[str, Json] = {"state": name, "paths": [{"verdict": name, "by": name}]}
    told = anonymous(finding(Message("m"), evidence), {name: WANG})
    assert told.evidence == {"state": name, "paths": [{"verdict": name, "by": WANG}]}
    assert (told.status, told.reason) == ("fail", "r")


def test_a_name_of_one_character_is_replaced_where_it_stands_alone() -> None:
    assert without_people({"why": "李", "message": "李子园"}, {"李": WANG}) == {"why": WANG, "message": "李子园"}


def test_a_name_within_a_longer_one_does_not_cut_it() -> None:
    ids = {"王工": WANG, "王工程师": LI}
    assert without_people({"why": "王工程师和王工"}, ids) == {"why": f"{LI}和{WANG}"}


def test_people_are_found_however_deep_they_are() -> None:
    @dataclass(frozen=True)
    class Word:
        by: str
        owner: str = "Zhou"

    message = Message("{by} and {what}", {"by": "Sun", "what": Message("{by}", {"by": "Qian"})})
    known = ({"a": [Word("Li")]}, finding(message, {"x": [{"decided_by": "王工", "signed_by": "kid"}]}))
    assert people_in(*known, {"by": WANG}, {"by": " "}) == {"Li", "王工", "Sun", "Qian"}


def test_each_member_that_ends_so_is_of_people_or_is_listed() -> None:
    """A new member that names no person is a word of `NOT_PEOPLE`; a person is replaced without one."""
    rooms = ("judge", "observe", "report", "site", "contract", "model")
    texts = [path.read_text("utf-8") for room in rooms for path in (ROOT / room).rglob("*.py")]
    found = {name for text in texts for name in re.findall(r'"([a-z]+(?:_[a-z]+)*_by)"', text)}
    people = {"approved_by", "confirmed_by", "decided_by", "freed_by"}
    assert {name for name in found if is_of_people(name)} == people
    assert found >= NOT_PEOPLE
    evidence: dict[str, Json] = {"freed_by": {"declaration": "drill", "by": "王工"}}
    assert anonymous(finding(Message("m"), evidence), IDS).evidence == {
        "freed_by": {"declaration": "drill", "by": WANG}
    }


def test_a_name_is_in_no_bytes_of_a_body() -> None:
    body: dict[str, Json] = {"a": [{"by": "王工"}, {"why": "x 王工 y"}, {"b": {"message": "王工"}}]}
    assert "王工" not in json.dumps(without_people(body, IDS), ensure_ascii=False)
    said = replace(finding(Message("{a}", {"a": Message("by {by}", {"by": "王工"})}), {}), evidence=body)
    told = anonymous(said, IDS)
    assert "王工" not in f"{told.message}{json.dumps(dict(told.evidence), ensure_ascii=False)}"

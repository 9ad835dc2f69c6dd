"""Several names in one sentence: one place joins them as the language lists things, and nothing in them leaks."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from typing import get_args

import pytest
from dossiers import looked
from duty_sites import declared_site, word
from sites import NOW, camera
from spoken import ROOT

from agent.judge.wording.fact_words import FACT_WORDS, FIELD_WORDS
from agent.judge.wording.picture_words import PATHS, paths_listed
from agent.model.finding import Finding, Listed, Message, Source, first_of, listed, values_from
from agent.observe.facts.facts import gather
from agent.observe.inventory.camera_file import FIELDS
from agent.onsite.one_look.anonymise import anonymous
from agent.report.secret_names import HIDDEN, secret_names, without_said
from agent.site.declarations.standing import local_day
from agent.site.declarations.table import BY_ID
from agent.site.declarations.words import DETAIL_WORDS, DUTY_WORDS, details_listed, duties_listed
from agent.text.recognize import recognize
from agent.text.translate import render
from drivers.model import Camera, Fact
from drivers.picture import PathName

TWO = Message("delivers pictures on {paths}", {"paths": paths_listed(("main", "sub"))})

NO_SENTENCE = {
    "agent/commands/filing/compare.py": 1,
    "agent/commands/hub/carry.py": 1,
    "agent/commands/hub/enroll.py": 1,
    "agent/commands/hub/run.py": 1,
    "agent/commands/init/answers.py": 1,
    "agent/commands/status/words.py": 1,
    "agent/demo/rtsp/server.py": 1,
    "agent/demo/world/login.py": 1,
    "agent/hub/stores/current.py": 3,
    "agent/hub/stores/findings.py": 1,
    "agent/hub/stores/keeping/rows.py": 1,
    "agent/hub/stores/postgres/database.py": 2,
    "agent/hub/stores/postgres/moving/reports.py": 1,
    "agent/hub/stores/postgres/moving/tables.py": 1,
    "agent/hub/stores/postgres/reports.py": 2,
    "agent/hub/stores/reading/assessed.py": 1,
    "agent/hub/stores/reading/contract_views.py": 1,
    "agent/hub/stores/reading/day_sums.py": 1,
    "agent/hub/stores/reading/queries.py": 1,
    "agent/hub/stores/reading/scoped.py": 2,
    "agent/hub/stores/reading/sites.py": 1,
    "agent/hub/stores/telling/hooks.py": 6,
    "agent/judge/wording/not_due.py": 1,
    "agent/model/finding.py": 2,
    "agent/observe/inventory/site_skeleton.py": 2,
    "agent/observe/pictures/derived_views.py": 1,
    "agent/onsite/cards/fields.py": 1,
    "agent/onsite/filing/contents.py": 1,
    "agent/onsite/filing/lists.py": 1,
    "agent/onsite/ledger/enrollment.py": 1,
    "agent/onsite/ledger/site_text.py": 1,
    "agent/service/alerts/mail.py": 1,
    "agent/service/daemon/loop.py": 1,
    "agent/site/config/add_declaration.py": 1,
    "agent/site/duties/figures.py": 1,
}
"""Where commas and semicolons join what is no sentence: logs, SQL, headers, TOML, what a device or person wrote."""


def joins(tree: ast.Module) -> int:
    """Return how often a file joins texts by a comma or semicolon of English."""
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "join"
        and isinstance(node.func.value, ast.Constant)
        and node.func.value.value in (", ", "; ")
        for node in ast.walk(tree)
    )


def test_lists_in_sentences_are_joined_in_one_place() -> None:
    # Most files join nothing: parsing them as well took three quarters of it.
    written = {path: text for path in (ROOT / "agent").rglob("*.py") if ".join" in (text := path.read_text("utf-8"))}
    found = {path.relative_to(ROOT).as_posix(): joins(ast.parse(text)) for path, text in written.items()}
    assert {path: count for path, count in found.items() if count} == NO_SENTENCE
    assert joins(ast.parse("x = ', '.join(y)")) == 1


def test_a_list_is_told_as_each_language_lists_things() -> None:
    assert str(TWO) == render(TWO, "en") == "delivers pictures on main, sub"
    assert render(TWO, "zh_CN") == "在 主码流、子码流 上提供画面"
    several = Message("{cameras}", {"cameras": Listed((listed("ab"), "c"), "; ")})
    assert (str(several), render(several, "zh_CN")) == ("a, b; c", "a、b\uff1bc")
    assert str(first_of("abc", 2)) == "a, b, ..." and str(first_of("ab", 2)) == "a, b"
    assert not listed(()) and listed("a")


def test_a_list_comes_back_from_json_as_what_it_was() -> None:
    inner = Message("path {path} was not looked at ({reason})", {"path": PATHS["sub"], "reason": "deadline"})
    whole = replace(TWO, values={**TWO.values, "why": inner, "count": 2, "error": ValueError(Message("gone"))})
    again = values_from(json.loads(json.dumps(whole.plain_values())))
    assert again == {**whole.values, "error": Message("gone")}
    assert values_from({"a": "plain", "b": None, "c": [1]}) == {"a": "plain"}, "as it was written before"


def test_messages_in_messages_without_end_are_refused() -> None:
    deep: dict[str, object] = {"said": "x"}
    for _ in range(50):
        deep = {"said": "{a}", "values": {"a": deep}}
    with pytest.raises(ValueError, match="without end"):
        values_from({"a": deep})


def test_what_a_report_says_of_paths_and_cameras_is_told_in_chinese() -> None:
    told = render(recognize("delivers pictures on snapshot, main, sub", "zh_CN"), "zh_CN")
    assert "抓图、主码流、子码流" in told
    named = recognize("no video source on the channel of main, sub: find the camera, or correct the channel", "zh_CN")
    assert "main、sub" in render(named, "zh_CN"), "these are names of cameras"


def test_each_path_fact_field_and_declaration_has_words_in_chinese() -> None:
    assert set(PATHS) == set(get_args(PathName))
    assert set(DUTY_WORDS) == set(BY_ID)
    assert set(DETAIL_WORDS) == {detail.id for row in BY_ID.values() for detail in row.details}
    assert set(FIELD_WORDS) >= set(FIELDS) and set(FACT_WORDS) - {"time-source", "firmware"} <= set(get_args(Fact))
    words = (*PATHS.values(), *DUTY_WORDS.values(), *DETAIL_WORDS.values(), *FACT_WORDS.values(), *FIELD_WORDS.values())
    assert [str(one) for one in words if render(one, "zh_CN") == str(one)] == []
    assert str(duties_listed(("linked", "own.one", "linked"))) == "linked, own.one"
    assert str(details_listed(("took-part", "x y"))) == "who took part, x y"


def _finding(message: Message) -> Finding:
    return Finding("retention-days", "site", "fail", "major", message, Source("camwarden", "x"))


def test_a_secret_name_in_a_list_leaves_the_site_in_no_report() -> None:
    gate = camera("gate", camera=Camera("gate", "box", "Vault"))
    a_site = declared_site(word("secret", True, cameras=("gate",)), cameras=(gate, camera("yard")))
    names = secret_names(a_site, gather(()), local_day(a_site, NOW))
    told = Message("{cameras}", {"cameras": listed((Message("{name}", {"name": "Vault"}), "Vault", "Yard"))})
    assert str(without_said(_finding(told), names).message) == f"{HIDDEN}, {HIDDEN}, Yard"


def test_an_address_in_a_list_is_left_out_of_papers() -> None:
    checked = looked(declared_site())
    told = Message("{places}", {"places": listed(("192.0.2.77", Message("{at}", {"at": "192.0.2.78"})))})
    checked = replace(checked, seen=replace(checked.seen, findings=(_finding(told),)))
    (finding,) = anonymous(checked).seen.findings
    assert isinstance(finding.message.values["places"], Listed), "still told in the reader's language"
    assert "192.0.2" not in str(finding.message) and str(finding.message).count("[address") == 2

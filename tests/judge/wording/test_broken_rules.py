"""What nobody confirmed is a technical indication; what a house or a city asks is told in its own words alone."""

from __future__ import annotations

from datetime import date

import pytest
from footage_looks import facts_of
from sites import NOW, camera, healthy, site

from agent.judge.checks.table import run_checks
from agent.judge.wording.broken_rules import BROKEN_RULES, broken_rules, is_indication, standing
from agent.model.finding import Finding, Json
from agent.report.config_findings import SubjectIds, write_findings
from agent.report.plain_findings import plain_findings
from agent.site.duties.floors import with_floors
from agent.site.duties.hub_packs import read_packs
from agent.site.rules.read import shipped
from agent.text.translate import render
from tests.site.rules.test_rules import CONFIRMED, FOLDER, OWN

CITY = OWN.replace('when = { place-category = ["7-2"] }\n', "")
ORDER = (FOLDER / "cn-799.toml").read_text()
RETENTION = 'id = "retention"\n'
USED_SINCE = date(2020, 1, 1)


def judged(*texts: str, days: int = 35) -> Finding:
    """Return what is said of footage of so many days under these packs, beside or in the place of those shipped."""
    sent = {pack.id: pack for pack in read_packs(texts)}
    packs = (*(sent.pop(pack.id, pack) for pack in shipped()), *sent.values())
    a_site = with_floors(site(camera(), in_use_since=USED_SINCE, packs=packs), NOW.date())
    facts = facts_of(a_site, healthy(kept=days * (NOW - NOW.replace(day=23))))
    return {one.key: one for one in run_checks(a_site, facts, NOW)}["retention-days camera:gate"]


def test_a_rule_of_a_house_is_told_in_its_own_words_and_is_an_indication() -> None:
    one = judged(CITY)
    assert (one.status, str(one.source)) == ("fail", "House rules of 2026, article 3")
    (row,) = broken_rules(one.evidence)
    assert (row["rule"], row["duty"], row["duty_zh"], row["article_zh"]) == (
        "house/longer", "Footage is kept for 60 days.", "录像保存不少于60日。", "第三条",
    )  # fmt: skip
    said = standing(one)
    assert said is not None
    assert (str(said), render(said, "zh_CN")) == ("technical indication", "技术性提示")


def test_a_rule_that_somebody_confirmed_says_who_and_when() -> None:
    one = judged(CITY + CONFIRMED)
    assert not is_indication(one.source.document, one.source.article, one.evidence)
    assert str(standing(one)) == "rule confirmed by Li Na, 2026-11-01"


def test_one_rule_that_nobody_confirmed_leaves_the_whole_an_indication() -> None:
    one = judged(CITY + CONFIRMED, days=20)
    assert len(one.source.pairs()) == 2
    assert str(standing(one)) == "technical indication"


def test_a_confirmation_of_tomorrow_is_none_yet() -> None:
    later = CITY + 'confirmed_by = "Li Na"\nconfirmed_on = 2027-01-01\n'
    assert str(standing(judged(later))) == "technical indication"


def test_a_house_cannot_confirm_the_law_by_writing_its_name_on_a_rule_of_its_own() -> None:
    named = CITY.replace("House rules of 2026", "State Council Order 799").replace("article 3", "article 17")
    one = judged(named + CONFIRMED, days=20)
    assert str(one.source) == "State Council Order 799, article 17"
    assert str(standing(one)) == "technical indication"


def test_a_citys_pack_in_the_place_of_the_shipped_one_confirms_the_law() -> None:
    head, rest = ORDER.split(RETENTION)
    (before, after) = rest.split("[[obligation]]", 1)
    city = (
        head.replace("version = 1\n", "version = 2\n", 1) + RETENTION + before + CONFIRMED + "\n[[obligation]]" + after
    )
    one = judged(city, days=20)
    assert str(one.source) == "State Council Order 799, article 17"
    assert str(standing(one)) == "rule confirmed by Li Na, 2026-11-01"


def test_the_shipped_rules_add_nothing_to_a_report_and_a_pass_is_no_indication() -> None:
    assert BROKEN_RULES not in judged(days=20).evidence
    assert standing(judged()) is None and judged().status == "pass"


def test_the_rule_comes_to_the_hub_whole_whatever_else_is_cut() -> None:
    one = judged(CITY + CONFIRMED)
    told = write_findings((one,), SubjectIds(("gate",), ("box",)), 0, {})
    (there,) = plain_findings({**told, "cameras": [{"id": "gate"}], "devices": [{"id": "box"}]})
    assert there["evidence"][BROKEN_RULES] == list(broken_rules(one.evidence))


@pytest.mark.parametrize(
    "rows",
    [None, 5, "x", {}, [5, None, []], [{"document": "d"}], [{"document": "d", "article": "a", "duty": 5}],
     [{"document": "d", "article": "a", "duty": "x", "confirmed_by": ["x"]}]],
)  # fmt: skip
def test_hostile_rules_of_a_report_are_none_and_confirm_nothing(rows: Json) -> None:
    assert broken_rules({BROKEN_RULES: rows}) == []
    assert is_indication("d", "a", {BROKEN_RULES: rows})


def test_a_report_of_ever_so_many_rules_is_read_in_part() -> None:
    row = {"document": "d", "article": "a", "duty": "x"}
    assert len(broken_rules({BROKEN_RULES: [row] * 10_000})) == 8

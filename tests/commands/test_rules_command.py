"""`camwarden rules`: what counts, what each pack asks, and what stands behind a check, here and elsewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from agent.cli import main
from agent.judge.checks.answered import answers
from agent.judge.checks.table import CHECKS
from agent.model import exits
from agent.site.rules.pack import Pack, digest_of, obligations
from agent.site.rules.read import SHIPPED, shipped
from tests.site.config.test_config import SITE
from tests.site.rules.test_rules import OWN


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "own.toml").write_text(OWN)
    said = {"key-target": "true", "place-category": '"7-2"', "national-class": '"9"'}
    text = SITE + '[rules]\npacks = ["own.toml"]\n'
    for duty, value in said.items():
        text += f'[[declaration]]\nduty = "{duty}"\nvalue = {value}\nby = "Li Na"\nat = 2026-01-31\n'
    path = tmp_path / "site.toml"
    path.write_text(text)
    return path


def rules(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["rules", *arguments, "--no-color"]) == exits.OK
    return capsys.readouterr().out


def test_without_a_site_the_shipped_packs_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(rules(capsys, "list", "--json"))
    assert [pack["id"] for pack in told["packs"]] == list(SHIPPED)
    assert told["digest"] == digest_of(shipped())
    assert {p["id"] for p in told["packs"] if p["status"] == "text-not-available"} == {
        "datong-16plus",
        "cn-mps-2025-11",
    }
    assert digest_of(shipped()) in rules(capsys, "list")


@pytest.mark.parametrize("pack", shipped(), ids=lambda pack: pack.id)
def test_what_is_listed_as_checked_is_what_can_be_answered(pack: Pack, capsys: pytest.CaptureFixture[str]) -> None:
    told = next(row for row in json.loads(rules(capsys, "list", "--json"))["packs"] if row["id"] == pack.id)
    by = [answers(one.check) for one in pack.obligations]
    assert told["checked"] == told["by_devices"] + told["by_declaration"] == by.count("yes")
    assert (told["in_part"], told["not_yet"]) == (by.count("in-part"), by.count("not-yet"))
    assert told["obligations"] == told["checked"] + told["in_part"] + told["not_yet"]
    assert told["confirmed"] == 0, "nobody has confirmed what is shipped"


def test_the_list_says_in_both_languages_how_many_duties_nothing_checks(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(rules(capsys, "list", "--json"))["packs"][0]
    numbers = [told[name] for name in ("obligations", "by_devices", "by_declaration", "in_part", "not_yet")]
    line = "{} duties: {} measured, {} declared, {} in part, {} not checked yet; 0 confirmed".format(*numbers)
    assert line in rules(capsys, "list")
    chinese = "".join(rules(capsys, "list", "--lang", "zh_CN").split("datong-1-15")[0].split())
    assert re.findall(r"(\d+)\u9879", chinese) == [*map(str, numbers), "0"]


def test_what_a_city_confirmed_is_shown_with_its_wording_and_by_whom(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.toml").write_text(
        OWN
        + 'wording_zh = "第三条 录像保存不少于六十日。"\nconfirmed_by = "市公安局法制科"\nconfirmed_on = 2026-11-01\n'
    )
    path = tmp_path / "site.toml"
    path.write_text(SITE + '[rules]\npacks = ["own.toml"]\n')
    for words in (("show", "house"), ("explain", "retention-days")):
        shown = "".join(rules(capsys, *words, "--config", str(path)).split())
        assert "第三条录像保存不少于六十日。" in shown and "市公安局法制科,2026-11-01" in shown
    told = json.loads(rules(capsys, "show", "house", "--json", "--config", str(path)))["obligations"][0]
    assert (told["confirmed_by"], told["confirmed_on"]) == ("市公安局法制科", "2026-11-01")
    assert "Nobody has confirmed" in rules(capsys, "show", "cn-799") and "Nobody" not in rules(
        capsys, "show", "house", "--config", str(path)
    )


def test_a_pack_is_shown_with_every_duty_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(rules(capsys, "show", "datong-1-15", "--json"))
    assert len(told["obligations"]) == 36
    assert all(row["duty"] and row["duty_zh"] for row in told["obligations"])
    chinese = "".join(rules(capsys, "show", "datong-1-15", "--lang", "zh_CN").split())
    assert "第十五条第一款" in chinese
    assert "第十四条第一款、第二款" in chinese
    assert "article" not in chinese
    assert "was not available" in rules(capsys, "show", "datong-16plus")


@pytest.mark.parametrize("check", [check.id for check in CHECKS])
def test_every_check_can_be_explained(check: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(rules(capsys, "explain", check, "--json"))
    assert [row["obligation"] for row in told["obligations"]] == [name for name, _ in obligations(shipped(), check)]
    assert rules(capsys, "explain", check).startswith(check)


def test_where_several_rules_speak_it_says_which_holds_here(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(rules(capsys, "explain", "retention-days", "--json", "--config", str(config)))
    assert {row["obligation"]: row["applies"] for row in told["obligations"]} == {
        "cn-799/retention": False,
        "cn-799/retention-key-target": True,
        "cn-799/retention-entertainment": None,
        "cn-standards/retention-code": True,
        "house/longer": True,
    }
    assert told["floors"] == [
        {"name": "retention_floor_days", "value": 90, "obligation": "cn-799/retention-key-target"}
    ]
    shown = rules(capsys, "explain", "retention-days", "--config", str(config))
    assert "holds here: retention_floor_days = 90, by cn-799/retention-key-target" in shown
    assert "rests on declarations: key-target" in shown


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ["explain", "retention-day"],
            "known by the name retention-day: did you mean retention-days?",
        ),
        (["show", "cn-800"], "no pack has the id cn-800: use one of cn-799, datong-1-15"),
        (["explain", "\x1b[31m"], "by the name \ufffd[31m: camwarden rules show PACK lists those there are"),
    ],
)
def test_what_nobody_knows_ends_in_one_line(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rules", *arguments]) == exits.USAGE
    assert told in capsys.readouterr().err

"""`camwarden hub upgrade`: what is ordered, shown and refused, for people and programs."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import NOW, Maker
from hubdesk import Desk
from upgrade_city import NEW, UpgradeCity

from agent.cli import main
from agent.hub.stores.orders import upgrades
from agent.hub.stores.words import keep_operator
from agent.hub.workers.upgrades.order import order_upgrade, stop_upgrade
from agent.site.config.site import Hub

BY = ("--by", "Li", "--why", "fixes")


@pytest.fixture
def city(desk: Desk, tmp_path: Path) -> UpgradeCity:
    return UpgradeCity(desk, tmp_path, 24, NOW)


def hub(desk: Desk, *words: str, lang: str = "en") -> int:
    return main(["hub", "upgrade", *words, "--data", str(desk.directory), "--lang", lang])


def test_it_is_ordered_shown_stopped_and_resumed_in_one_line_each(
    city: UpgradeCity, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hub(city.desk) == 0
    assert capsys.readouterr().out == "no upgrade was ordered here\n"
    assert hub(city.desk, NEW, "--all", *BY) == 0
    assert "version 0.2.0: wave 0 of 3 runs" in capsys.readouterr().out
    city.go(0)
    city.sites[city.named()[0]].version = NEW
    city.go(1)
    assert hub(city.desk) == 0
    assert capsys.readouterr().out.splitlines() == [
        "version 0.2.0: wave 1 of 3 runs", "waits for 1 of 2 that do not run it yet", "named, not running yet: 1",
        "run it: 1",
    ]  # fmt: skip
    assert hub(city.desk, "stop", "--by", "Wang", "--why", "holiday") == 0
    assert "a person has stopped it" in capsys.readouterr().out
    assert hub(city.desk) == 0  # a person's stop is no alarm
    assert hub(city.desk, "resume", "--by", "Wang", "--why", "over") == 0
    assert upgrades.newest(city.desk.store).state == "running"  # type: ignore[union-attr]


def test_one_that_has_stopped_by_itself_ends_with_1_says_the_numbers_and_the_next_step(
    city: UpgradeCity, capsys: pytest.CaptureFixture[str]
) -> None:
    order_upgrade(city.desk.store, NEW, "all", "", timedelta(days=1), "Li", "x", city.at)
    city.go(0)
    first, second = city.named()
    city.answer(second, "not-allowed")
    city.install(first)
    city.go(1)
    city.sites[first].silent = True
    city.go(2)
    assert hub(city.desk) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == [
        "version 0.2.0: stopped in wave 1 of 3", "1 of 1 are silent, of the others 0 of 23",
        "look at these sites, then: camwarden hub upgrade resume --by NAME --why TEXT",
    ]  # fmt: skip
    assert f"{second}: its own site.toml does not allow it; see `camwarden hub orders {second}`" in lines
    assert hub(city.desk, lang="zh_CN") == 1
    assert "1 个中有 1 个静默\uff0c其余 23 个中有 0 个" in capsys.readouterr().out
    assert hub(city.desk, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "camwarden-hub-upgrade/1"
    shown = told["upgrade"]
    assert (shown["state"], shown["why"], shown["number"], shown["among"]) == ("stopped", "silent", 1, 1)
    assert {one["site"]: (one["step"], one["refused"]) for one in shown["sites"]} == {
        first: ("runs", None), second: ("refused", "not-allowed"),
    }  # fmt: skip
    assert [(one["act"], one["by"]) for one in shown["words"]] == [("ordered", "Li"), ("wave", None), ("stopped", None)]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((NEW, "--all"), "say who does it and why"),
        ((NEW, "--all", "--by", "Li"), "say who does it and why"),
        ((NEW, *BY), "say to which sites"),
        (("latest", "--all", *BY), "'latest' is no release such as 0.2.0"),
        (("stop", "--all", *BY), "stop is of the upgrade that is there"),
        (("stop", *BY), "no upgrade runs"),
        (("resume", *BY), "no upgrade has stopped"),
        ((NEW, "--division", "11", *BY), "no site is in this group"),
        ((NEW, "--operator", "nobody", *BY), "no site is in this group"),
        ((NEW, "--all", "--soak", "30m", *BY), "soaks for an hour to 30 days"),
        ((NEW, "--all", "--by", "a\nb", "--why", "x"), "1 to 100 characters"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line_and_orders_nothing(
    desk: Desk, tmp_path: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    UpgradeCity(desk, tmp_path, 1, NOW)
    assert hub(desk, *words) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert upgrades.newest(desk.store) is None


def test_a_group_is_a_division_an_operator_or_all_and_never_who_carries_files(desk: Desk, tmp_path: Path) -> None:
    city = UpgradeCity(desk, tmp_path, 3, NOW)
    carried = Maker(tmp_path / "F1", delivery.site("F1"))  # without [hub]: confirmed by files
    desk.vouch(carried)
    desk.birth(carried, "e1")
    keep_operator(desk.store, "S001", "Shanxi Operations", "Li", NOW)
    assert upgrades.members(desk.store, "all", "") == list(city.sites)
    for division in ("140000", "140200", "14", "140213"):
        expected = [] if division == "140213" else list(city.sites)
        assert upgrades.members(desk.store, "division", division) == expected, division
    assert upgrades.members(desk.store, "operator", "Shanxi Operations") == ["S001"]
    assert Hub("h").confirm == "hub"


def test_a_typing_error_in_data_makes_no_new_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hub", "upgrade", NEW, "--all", *BY, "--data", str(tmp_path)]) != 0
    assert "no hub has run here" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_upgrade_survives_a_backup_and_its_restore(city: UpgradeCity, tmp_path: Path) -> None:
    order_upgrade(city.desk.store, NEW, "all", "", timedelta(days=1), "Li", "x", city.at)
    city.go(0)
    stop_upgrade(city.desk.store, "Li", "backup", city.at)
    copy, again = tmp_path / "copy", tmp_path / "again"
    assert main(["hub", "backup", str(copy), "--data", str(city.desk.directory)]) == 0
    assert main(["hub", "restore", str(copy), "--data", str(again)]) == 0
    store = type(city.desk.store)(again)
    try:
        found = upgrades.newest(store)
        assert found is not None
        assert (found.version, found.state, len(upgrades.sites(store, found.id))) == (NEW, "stopped", 24)
    finally:
        store.close()

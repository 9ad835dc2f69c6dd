"""Mean time to repair by class of fault: counted where a repair is verified, told only where there was one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from contract_schemas import SCHEMAS, validator
from hubdesk import Desk
from lived import STEP
from openpyxl import load_workbook
from reporting import DAY, FIRST, LATER, Reporting, shown
from sites import NOW, camera, site

from agent.contract.repair_counts import (
    CLASSES,
    OTHER,
    SUBJECTS_MOST,
    Repairs,
    read_by_subject,
    read_repairs,
    repairs_json,
    summed,
    summed_by_subject,
)
from agent.hub.domain.figures import By
from agent.hub.views.assessment import assess
from agent.judge.memory.episodes import (
    Episode,
    by_class,
    episode_data,
    episode_from,
    flapping_episodes,
    new_episode,
    open_episodes,
    repairs,
)
from agent.judge.memory.memory import Memory, from_json, to_json
from agent.judge.memory.notes import NO_NOTES
from agent.judge.memory.transitions import Transition, transitions
from agent.model.finding import Finding, Json, Message, Source, Status
from agent.observe.facts.assessed_days import Count, DayAssessed, from_data, rates_json, to_data
from agent.observe.facts.facts import gather
from agent.observe.inventory.common_causes import FaultClass
from agent.observe.remembered.value import Remembered
from agent.report.assessment import add_look
from agent.report.build import build_reports
from agent.report.health import health_body
from agent.site.declarations.standing import local_day

QUEUE: dict[str, Json] = dict.fromkeys(("pending", "sent", "parked", "confirmed", "dropped"), 0)


def offline(status: Status, fault_class: str = "camera") -> Finding:
    evidence = {"fault_class": fault_class} if fault_class and status == "fail" else {}
    source = Source("rule", "1")
    return Finding("camera-online", "camera:gate", status, "major", Message("gone"), source, "", evidence)


def looks(*findings: Finding) -> tuple[list[Transition], Memory, tuple[DayAssessed, ...]]:
    """Look once a quarter of an hour, keep the memory as a restart would, and count each day."""
    memory, changed, here = Memory(), [], site(camera("gate"))
    for number, finding in enumerate(findings):
        now = NOW + number * STEP
        new, memory = transitions((finding,), from_json(to_json(memory)), now)
        closed = [one.episode for one in new if one.episode is not None]
        days = add_look(here, gather(()), (finding,), NO_NOTES, memory.remembered.assessed, now, closed)
        memory = replace(memory, remembered=Remembered(assessed=days))
        changed += new
    return changed, memory, memory.remembered.assessed


WELL, GONE = offline("pass"), offline("fail")


def test_a_verified_repair_is_counted_on_its_day_under_the_class_that_was_inferred() -> None:
    _, _, (day,) = looks(WELL, GONE, GONE, GONE, GONE, WELL, WELL, WELL)
    assert day.repairs == {"camera": Repairs(1, 4 * 15 * 60)}
    assert day.repaired == {"camera:gate": day.repairs}


def test_the_last_class_that_was_inferred_counts_and_a_look_that_infers_none_takes_it_from_nobody() -> None:
    network, silent = offline("fail", "network-group"), offline("fail", "")
    _, _, (day,) = looks(WELL, GONE, GONE, GONE, network, silent, WELL, WELL)
    assert list(day.repairs) == ["network-group"]


def test_what_is_open_or_was_only_unknown_is_no_repair() -> None:
    assert looks(WELL, GONE, GONE, GONE)[2][0].repairs == {}
    asked = offline("unknown")
    assert looks(WELL, asked, asked, asked, WELL, WELL)[2][0].repairs == {}


def test_a_fault_of_no_class_or_of_one_that_nobody_knows_is_of_the_rest() -> None:
    one = new_episode(offline("fail", ""), NOW)
    assert by_class(one) == by_class(replace(one, fault_class="weather")) == OTHER
    assert set(CLASSES) == {*get_args(FaultClass), OTHER}


def test_an_episode_remembers_the_next_step_and_one_of_an_older_version_has_none() -> None:
    one = replace(new_episode(GONE, NOW), message=Message("{what} is gone", {"what": "it"}, "look at {what}"))
    data = episode_data(one)
    assert str(episode_from(data).message) == "it is gone: look at it"
    assert str(episode_from({**data, "message": data["message"][:2]}).message) == "it is gone"


def test_an_episode_remembers_its_class_and_one_of_an_older_version_has_none() -> None:
    one = new_episode(GONE, NOW)
    assert episode_from(episode_data(one)) == one
    assert one.fault_class == "camera"
    old = {key: value for key, value in episode_data(one).items() if key != "fault_class"}
    assert episode_from(old).fault_class == ""


def test_what_comes_and_goes_is_told_by_class_while_it_does_and_not_on_a_quiet_day() -> None:
    restless = (GONE, GONE, GONE, WELL, WELL) * 5
    changed, memory, _ = looks(WELL, *restless)
    assert flapping_episodes(memory.known)
    body = health_body(site(camera("gate")), gather(()), [], NOW, QUEUE, flapping_episodes(memory.known))
    assert body["flapping"] == {"camera": 1}
    fits_health(body)
    quiet = health_body(site(camera("gate")), gather(()), [], NOW, QUEUE, ())
    assert "flapping" not in quiet
    assert [one.episode.flapping for one in changed if one.episode][-1]


def test_a_quiet_day_is_told_in_as_many_bytes_as_before() -> None:
    day = DayAssessed(FIRST, 96, {"online": Count(90, 96)})
    assert "repairs" not in rates_json(day)
    told = rates_json(replace(day, repairs={"camera": Repairs(2, 7200, 1)}))
    assert told["repairs"] == {"camera": [2, 7200, 1]}


def test_a_day_with_repairs_survives_its_text_and_a_day_of_an_older_version_has_none() -> None:
    mended = {"power": Repairs(1, 60, 0)}
    day = DayAssessed(FIRST, 96, {"online": Count(90, 96)}, ("site",), mended, repaired={"camera:gate": mended})
    assert from_data(json.loads(json.dumps(to_data(day)))) == day
    assert from_data(to_data(day)[:4]).repairs == {}
    assert from_data(to_data(day)[:6]).repaired == {}


def fits_health(body: Any) -> None:
    (example,) = SCHEMAS["health"]["examples"]
    payload = {**example, "body": {**body, "heads": example["body"]["heads"]}}
    validator("health").validate(json.loads(json.dumps(payload)))


def test_repairs_of_every_class_keep_to_the_contract_and_a_word_of_ones_own_does_not() -> None:
    yesterday = NOW.date() - DAY
    for name, fine in [*((name, True) for name in CLASSES), ("weather", False)]:
        day = DayAssessed(yesterday, 96, {}, (), {name: Repairs(1, 60, 1)})
        body = health_body(
            site(camera("gate")), replace(gather(()), remembered=Remembered(assessed=(day,))), [], NOW, QUEUE
        )
        (example,) = SCHEMAS["health"]["examples"]
        payload = {**example, "body": {**body, "heads": example["body"]["heads"]}}
        assert validator("health").is_valid(json.loads(json.dumps(payload))) is fine


@pytest.mark.parametrize(
    "told",
    [None, 5, [], "x", {"camera": 5}, {"camera": [1, 2]}, {"camera": [1, 2, -1]}, {"camera": [1, True, 0]},
     {"camera": [1.5, 2, 0]}, {"camera": [10**400, 1, 0]}, {"weather": [1, 1, 1]}, {5: [1, 1, 1]}],
)  # fmt: skip
def test_repairs_that_cannot_be_are_left_out(told: Any) -> None:
    assert read_repairs(told) == {}


def test_sums_are_of_seconds_and_of_repairs_never_of_means() -> None:
    both = summed(({"camera": Repairs(1, 100, 0)}, {"power": Repairs(1, 7, 1), "camera": Repairs(3, 1000, 1)}))
    assert list(both) == ["power", "camera"]
    assert both["camera"].mean_s == 275
    assert read_repairs(repairs_json(both)) == both
    assert Repairs().mean_s == 0


def test_what_lasted_less_than_nothing_is_no_repair() -> None:
    one = replace(new_episode(GONE, NOW), repaired_at=NOW - timedelta(hours=1), verified_at=NOW)
    assert repairs([one], by_class) == {}


def test_the_hub_adds_up_repairs_of_a_division_over_sites_and_days(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = Reporting(desk, tmp_path, "S1"), Reporting(desk, tmp_path, "S2")
    one.health(0, online=[1, 1, 0, 0], repairs={"camera": [1, 3600, 0]})
    one.health(0, online=[1, 1, 0, 0], repairs={"camera": [1, 3600, 0]})
    one.health(1, online=[1, 1, 0, 0], repairs={"camera": [1, 7200, 1], "weather": [1, 1, 1]})
    two.health(1, online=[1, 1, 0, 0], repairs={"power": [2, 600, 0]})
    two.health(2, "140202", online=[1, 1, 0, 0])
    found = {row.name: row.repairs for row in assess(desk.store, "division", FIRST, FIRST + 2 * DAY, LATER).rows}
    assert found == {"140200": {"power": Repairs(2, 600), "camera": Repairs(2, 10_800, 1)}}, "where S2 first told"
    monkeypatch.setenv("COLUMNS", "180")
    book = tmp_path / "out.xlsx"
    assert shown(desk, "--month", "2026-11", "--by", "division", "--xlsx", book) == 0
    out = capsys.readouterr().out
    assert "time to" in out and "repair" in out
    assert "48 min" in out and "/ 4" in out
    assert re.search("140200 +camera +2 +1.5 h +1", out) and re.search("140200 +power +2 +5 min +0", out), "by class"
    sheet = load_workbook(book)["repairs"]
    assert [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)] == [
        ["140200", "power", 2, 300 / 3600, 0],
        ["140200", "camera", 2, 1.5, 1],
    ]
    assert shown(desk, "--month", "2026-11", "--by", "division", "--json") == 0
    rows = {row["name"]: row["repairs"] for row in json.loads(capsys.readouterr().out)["rows"]}
    assert rows["140200"]["camera"] == {"repaired": 2, "mean_s": 5400, "flapped": 1}


def test_open_episodes_of_a_look_are_none_of_its_repairs() -> None:
    _, memory, (day,) = looks(WELL, GONE, GONE, GONE, WELL, WELL, GONE, GONE, GONE)
    (still,) = open_episodes(memory.known)
    assert isinstance(still, Episode)
    assert sum(one.repaired for one in day.repairs.values()) == 1


def test_more_subjects_than_are_told_apart_are_summed_up_and_none_is_lost() -> None:
    one = {"camera": Repairs(1, 60)}
    found = summed_by_subject(({f"camera:{n}": one for n in range(SUBJECTS_MOST + 10)}, {"camera:0": one}))
    assert len(found) == SUBJECTS_MOST + 1
    assert (found["site"]["camera"].repaired, found["camera:0"]["camera"].repaired) == (10, 2)


@pytest.mark.parametrize("told", [None, 5, [], {"camera:c1": 5}, {"camera:c1": {"weather": [1, 1, 1]}}, {5: {}}])
def test_repairs_of_subjects_that_cannot_be_are_left_out(told: Any) -> None:
    assert read_by_subject(told) == {}


def test_a_config_report_tells_what_was_repaired_on_the_last_whole_day_and_keeps_to_the_contract() -> None:
    here = replace(site(camera("gate")), digest="c" * 64)
    day = DayAssessed(
        NOW.date() - DAY, 96, repaired={name: {"camera": Repairs(1, 60)} for name in ("camera:gate", "site")}
    )
    for known, fine in (((day,), True), ((replace(day, repaired={}),), False), ((), False)):
        facts = replace(gather(()), remembered=Remembered(assessed=known))
        (config, _), _ = build_reports(here, facts, (), (), Memory(), NOW, {})
        assert ("repaired" in config.body) is fine
        example = SCHEMAS["config"]["examples"][-1]
        validator("config").validate(json.loads(json.dumps({**example, "body": config.body})))


CAMERAS = [("c1", "a", "Li"), ("c2", "a", "Wang"), ("c3", "b", "Wang"), ("c4", "dumb", "")]
MENDED = {
    "camera:c1": {"camera": [1, 100, 0]}, "camera:c2": {"camera": [1, 300, 1]}, "camera:c3": {"disk": [1, 50, 0]},
    "device:a": {"recorder": [2, 20, 0]}, "device:b": {"recorder": [1, 40, 0]}, "site": {"power": [1, 9, 0]},
    "camera:gone": {"camera": [1, 1, 0]}, "camera:c4": {"camera": [1, 7, 0]},
}  # fmt: skip
UNNAMED = {
    "maintainer": {"power": Repairs(1, 9), "recorder": Repairs(2, 20), "camera": Repairs(2, 8)},
    "model": {"power": Repairs(1, 9), "camera": Repairs(2, 8)},
}


@pytest.mark.parametrize("by", ["maintainer", "model"])
def test_the_hub_tells_repairs_by_class_of_each_maintainer_and_model_and_loses_none(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str], by: By
) -> None:
    """What is of several maintainers, of no device or no longer there is of nobody that is named."""
    one = Reporting(desk, tmp_path, "S1")
    told = {"day": FIRST.isoformat(), "by_subject": MENDED}
    for day in (0, 1, 1):  # told again all day long, counted once
        one.config(day, CAMERAS, {"camera-online camera:c1": "pass"}, **({"repaired": told} if day else {}))
    found = {row.name: row.repairs for row in assess(desk.store, by, FIRST, FIRST + DAY, LATER).rows}
    named = {
        "maintainer": {
            "Li": {"camera": Repairs(1, 100)},
            "Wang": {"recorder": Repairs(1, 40), "disk": Repairs(1, 50), "camera": Repairs(1, 300, 1)},
        },
        "model": {
            "A": {"recorder": Repairs(2, 20), "camera": Repairs(2, 400, 1)},
            "B": {"recorder": Repairs(1, 40), "disk": Repairs(1, 50)},
        },
    }
    assert found == {**named[by], "": UNNAMED[by]}
    assert assess(desk.store, by, FIRST + DAY, FIRST + DAY, LATER).rows[0].repairs == {}
    book = tmp_path / "out.xlsx"
    assert shown(desk, "--month", "2026-11", "--by", by, "--xlsx", book) == 0
    out = capsys.readouterr().out
    assert "class of fault" in out and "unknown" in out
    assert load_workbook(book)["repairs"].max_row == 1 + sum(map(len, found.values()))


def test_a_config_report_comes_on_every_day_however_the_looks_drift() -> None:
    """A site that is looked at every six hours and a minute: its reports once fell to a minute after midnight."""
    here = replace(site(camera("gate")), period_s=6 * 3600 + 60)
    memory, days = Memory(), []
    for number in range(4 * 40):
        now = NOW.replace(hour=15, minute=58) + number * timedelta(seconds=here.period_s)
        drafts, memory = build_reports(here, gather(()), (), (), memory, now, {})
        days += [local_day(here, now) for draft in drafts if draft.stream == "config"]
    assert sorted(set(days)) == [days[0] + n * DAY for n in range((days[-1] - days[0]).days + 1)]
    assert len(days) < 2 * len(set(days))

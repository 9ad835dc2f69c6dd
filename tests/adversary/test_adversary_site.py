"""The operator wants to look compliant: each trick is played on a running site, with real devices and real files.

What the agent says by itself, and what its signed report gives away beside an earlier one, is asserted for each; also
where nothing gives him away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from breaches import declared, fault
from healthy_site import GATE, LIBRARY, RECORDER, World, healthy_site, text_of
from patience import PATIENCE_S

from agent.hub.views.changes import ConfigReport, changes
from agent.judge.memory.memory import Memory
from agent.model.finding import Finding
from agent.observe.approvals.approvals import read_approvals
from agent.observe.pictures.turns import masks_digest
from agent.site.config.load import load
from masking.worker.client import Worker
from tests.site.config.test_config import mistakes

LOOKS = 6
"""Enough to have every path looked at and footage sealed; what a picture usually looks like plays no part here."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, ConfigReport]]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Worker(timeout_s=PATIENCE_S) as worker,
        healthy_site(tmp_path_factory.mktemp("adversary"), worker, patch, LOOKS) as world,
    ):
        world.answered = {}
        world.look()
        yield world, world.reported()


@pytest.fixture
def world(running: tuple[World, ConfigReport]) -> World:
    running[0].begin()
    return running[0]


@pytest.fixture
def honest(running: tuple[World, ConfigReport]) -> ConfigReport:
    return running[1]


def given_away(world: World, honest: ConfigReport) -> dict[str, tuple[str, ...]]:
    """Return what the hub is told, kind by kind, without that site.toml was edited."""
    found = {change.kind: change.what for change in changes(honest, world.reported())}
    found.pop("configuration-edited", None)
    return found


def wrong(findings: dict[str, Finding]) -> set[str]:
    return {key for key, one in findings.items() if one.status in ("fail", "warn") and not one.caused_by}


def camera_table(world: World, name: str) -> str:
    tables = re.split(r"(?m)^(?=\[\[(?:camera|device|declaration)\]\]|\[rules\])", text_of(world))
    (own,) = [table for table in tables if table.startswith("[[camera]]") and f'id = "{name}"' in table]
    return own


def test_who_only_edits_a_comment_is_told_by_the_digest_of_the_configuration(
    world: World, honest: ConfigReport
) -> None:
    world.config.write_text(text_of(world) + "\n# nothing else\n", encoding="utf-8")
    world.look()
    assert [change.kind for change in changes(honest, world.reported())] == ["configuration-edited"]


def test_a_dropped_camera_leaves_every_finding_good_and_is_missed_at_the_hub(
    world: World, honest: ConfigReport
) -> None:
    world.edit((camera_table(world, "library"), ""))
    findings = world.look()
    assert not [key for key in findings if key.endswith("camera:library")], "the agent itself says nothing of it"
    assert given_away(world, honest)["cameras-fewer"] == ("library",)


def test_a_widened_threshold_passes_a_wrong_clock_and_is_missed_at_the_hub(world: World, honest: ConfigReport) -> None:
    world.devices.replace(replace(RECORDER, clock_offset_s=95))
    assert "clock-offset device:recorder" in wrong(world.look())
    world.edit(("[policy]\n", "[policy]\nclock_warn_s = 200\nclock_fail_s = 300\n"))
    assert "clock-offset device:recorder" not in wrong(world.look())
    found = [change.what for change in changes(honest, world.reported()) if change.kind == "threshold-loosened"]
    assert found == [("clock_warn_s",), ("clock_fail_s",)]


def test_a_floor_below_the_law_is_no_configuration_at_all(world: World) -> None:
    world.edit(("[policy]\n", "[policy]\nretention_floor_days = 10\n"))
    assert "retention_floor_days must be" in mistakes(world.config)


def test_a_removed_zone_ends_the_approval_and_is_missed_at_the_hub(world: World, honest: ConfigReport) -> None:
    second = (
        '[[camera.private_zone]]\nname = "second"\npolygon = [[0.6, 0.3], [0.8, 0.3], [0.8, 0.5]]\neffect = "any"\n\n'
    )
    gate = camera_table(world, "gate")
    world.edit((gate, gate + second))
    world.look(2)
    with_two = world.reported()
    world.edit((second, ""))
    world.look(2)
    assert given_away(world, with_two)["zones-fewer"] == ("gate",)
    world.edit((gate, re.sub(r"(?s)\[\[camera\.private_zone\]\].*", "", gate)))
    findings = world.look(2)
    assert findings["mask-approval site"].status == "unknown" or "privacy-mask-drift camera:gate" in wrong(findings)


def test_deleted_state_makes_the_site_know_nothing_and_begin_anew(world: World, honest: ConfigReport) -> None:
    world.memory = Memory()
    for file in (world.state / "baselines").glob("*.json"):
        file.unlink()
    findings = world.look()
    assert findings["mask-approval site"].status == "unknown"
    assert findings["camera-moved site"].status == "unknown"
    assert findings["recording-tamper camera:gate"].status != "pass"
    assert "gate" in given_away(world, honest)["index-restarted"]


def test_footage_that_is_deleted_together_with_the_memory_of_it_is_short_and_begins_anew(
    world: World, honest: ConfigReport
) -> None:
    fault("gate", "recordings-lost")(world)
    world.memory = Memory()
    assert "retention-days camera:gate" in wrong(world.look())
    assert "gate" in given_away(world, honest)["index-restarted"]


def test_a_recorder_whose_clock_was_turned_is_told_with_the_next_look(world: World) -> None:
    for offset_s in (3600.0, -3600.0):
        world.devices.replace(replace(RECORDER, clock_offset_s=offset_s))
        assert "clock-offset device:recorder" in wrong(world.look())


def test_another_box_at_the_address_is_told_by_the_agent_and_at_the_hub(world: World, honest: ConfigReport) -> None:
    world.devices.replace(replace(RECORDER, serial="R6-000999"))
    assert "inventory-drift device:recorder" in wrong(world.look(2))
    assert given_away(world, honest) == {"device-replaced": ("recorder",)}


def test_a_camera_that_is_read_from_the_place_of_another_shows_the_wrong_view(
    world: World, honest: ConfigReport
) -> None:
    world.devices.replace(replace(GATE, place=LIBRARY.place, mask=LIBRARY.mask))
    findings = world.look(5)
    assert findings["camera-moved camera:gate"].status != "pass"
    assert findings["privacy-mask-effective camera:gate"].status != "pass"
    assert findings["privacy-mask-drift camera:gate"].status == "fail" or given_away(world, honest)


def test_two_ids_on_one_box_are_told_at_the_hub(world: World, honest: ConfigReport) -> None:
    text = text_of(world)
    (table,) = re.findall(r'(?ms)^\[\[device\]\]\nid = "recorder".*?(?=^\[)', text)
    gate = camera_table(world, "gate")
    twin = gate.replace('id = "gate"', 'id = "twin"').replace('device = "recorder"', 'device = "second"')
    twin = re.sub(r"(?m)^code = .*\n", "", twin)
    second = table.replace('id = "recorder"', 'id = "second"')
    world.edit((gate, gate + twin), (table, table + second))
    assert "is already used on line" in mistakes(world.config), "under the same address it is no configuration"
    world.edit((second, second.replace("127.0.0.1", "localhost")))
    findings = world.look(2)
    assert given_away(world, honest)["one-box-as-several"] == ("recorder", "second")
    assert "inventory-drift device:recorder" in wrong(findings)
    assert {findings[f"inventory-drift device:{name}"].reason for name in ("recorder", "second")} == {"duplicate"}


def test_an_approval_that_is_written_by_hand_hides_no_bare_picture(world: World, honest: ConfigReport) -> None:
    """He takes the mask away and writes an approval of no masks over the old one."""
    fault("gate", "mask-removed")(world)
    file = world.state / "baselines" / "gate.json"
    data = json.loads(file.read_text())
    data["masks"], data["by"] = [], "Wang"
    data["masks_digest"] = masks_digest(())
    file.write_text(json.dumps(data))
    findings = world.look(2)
    assert read_approvals(world.state, load(world.config).id)["gate"].by == "Wang"
    assert {"privacy-mask-present camera:gate"} <= wrong(findings)
    assert given_away(world, honest) == {"masks-approved-anew": ("gate",), "approver-new": ("Wang",)}


def test_a_declaration_that_is_withdrawn_opens_an_item(world: World) -> None:
    declared("acceptance-date", None)(world)
    assert world.look()["declarations site"].status == "unknown"


def test_a_loop_of_old_pictures_is_not_noticed(world: World, honest: ConfigReport) -> None:
    """Nothing gives him away: the simulated streams are a loop of a few seconds, and every check of them passes."""
    findings = world.look(5)
    assert {findings[f"{check} camera:gate"].status for check in ("camera-online", "camera-moved")} == {"pass"}
    assert given_away(world, honest) == {}

"""A renamed camera keeps its memory; an id that points to another channel inherits nothing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sites import DAY, NOW, camera, site

from agent.commands.terminal.service_memory import sources_known
from agent.contract.signing_keys import load_or_create_signer
from agent.deliver.keys.rotate import SPOOL_NAME
from agent.deliver.spool.seal import seal_for
from agent.deliver.spool.spool import Spool
from agent.judge.memory.episodes import FindingState
from agent.judge.memory.memory import EMPTY_MEMORY, Memory, from_json, to_json
from agent.observe.facts.sightings import BoxMark, KnownBox
from agent.observe.footage.days import CameraFootage
from agent.observe.footage.outages import Outage
from agent.observe.inventory.known_sources import KnownSource
from agent.observe.inventory.owners import owners_now
from agent.observe.inventory.unconfigured import Inventory
from agent.observe.remembered.value import Remembered
from agent.service.cycle.kept_for import memory_of_boxes
from agent.service.cycle.renamed import new_ids, renamed
from agent.site.config.site import CameraConfig, Site


def at(name: str, channel: int) -> CameraConfig:
    one = camera(name)
    return replace(one, camera=replace(one.camera, channel=channel))


BEFORE = site(at("gate", 1), at("yard", 2))
MEMORY = Memory(
    {"camera-online camera:gate": FindingState("fail", NOW)},
    site=BEFORE.id,
    remembered=Remembered(
        owners=owners_now(BEFORE, {}, {}, source=True),
        footage={"gate": CameraFootage("gate", "box 1", NOW, NOW, NOW)},
        outages=(Outage("camera:gate", "silent", NOW - DAY, NOW), Outage("camera:yard", "silent", NOW - DAY, NOW)),
        inventory=Inventory({"gate": KnownSource("vs1", 2)}, {}, {"gate": NOW, "yard": NOW}),
    ),
)


def test_a_camera_that_is_called_otherwise_keeps_all_that_is_known_of_its_channel() -> None:
    after = renamed(MEMORY, site(at("main-gate", 1), at("yard", 2)))
    assert after.known.keys() == {"camera-online camera:main-gate"}
    known = after.remembered
    assert known.footage["main-gate"].camera_id == "main-gate"
    assert [one.subject for one in known.outages] == ["camera:main-gate", "camera:yard"]
    assert known.inventory.sources == {"main-gate": KnownSource("vs1", 2)}
    assert known.inventory.configured.keys() == {"main-gate", "yard"}, "no camera was dropped"
    assert from_json(to_json(after)) == after


@pytest.mark.parametrize(
    "now",
    [
        BEFORE,
        site(at("gate", 1), at("yard", 2), at("new", 3)),  # a new one
        site(at("new", 3), at("yard", 2)),  # another channel
        site(at("yard", 2)),  # dropped
        site(at("yard", 1), at("gate", 2)),  # swapped: both are known
    ],
)
def test_only_a_new_name_at_the_same_place_is_the_same_camera(now: Site) -> None:
    assert new_ids(MEMORY.remembered, now) == {}
    assert renamed(MEMORY, now) is MEMORY


def test_another_box_at_that_place_inherits_nothing() -> None:
    owners = {**MEMORY.remembered.owners}
    owners["gate"] = replace(owners["gate"], box=BoxMark("N8", "A1"))
    known = replace(MEMORY.remembered, owners=owners)
    now = site(at("main-gate", 1), at("yard", 2))
    assert new_ids(known, now) == {"gate": "main-gate"}
    other = {"box": KnownBox(BoxMark("N8", "B2"))}
    assert new_ids(replace(known, identities=other), now) == {}


def test_a_name_that_left_long_ago_lends_nothing() -> None:
    inventory = replace(MEMORY.remembered.inventory, configured={"gate": NOW - 9 * DAY, "yard": NOW})
    assert new_ids(replace(MEMORY.remembered, inventory=inventory), site(at("main-gate", 1), at("yard", 2))) == {}


def test_an_id_that_points_to_another_channel_inherits_no_outage() -> None:
    now = site(at("gate", 3), at("yard", 2))
    after = memory_of_boxes(MEMORY.remembered, now, owners_now(now, {}, {}, source=True))
    assert [one.subject for one in after.outages] == ["camera:yard"]
    assert after.inventory.sources == {}


def test_a_look_of_a_command_reads_which_source_is_which_and_nothing_else(tmp_path: Path) -> None:
    assert sources_known(tmp_path, BEFORE.id) == EMPTY_MEMORY
    seal = seal_for(BEFORE, load_or_create_signer(tmp_path / "key.pem"), lambda: NOW)
    with closing(Spool.open(tmp_path / SPOOL_NAME, 10_000_000, now=NOW, seal=seal)) as spool:
        spool.commit([], to_json(MEMORY), NOW + timedelta(seconds=1))
    known = sources_known(tmp_path, BEFORE.id)
    assert known.remembered.inventory == Inventory(MEMORY.remembered.inventory.sources)
    assert (known.known, known.remembered.footage, known.remembered.outages) == ({}, {}, ())
    assert sources_known(tmp_path, "another") == EMPTY_MEMORY

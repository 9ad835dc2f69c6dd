"""What is remembered of sources and channels comes back from text, and a source goes with the box that it is of."""

from __future__ import annotations

import json
from dataclasses import replace

from sites import NOW, camera, healthy, site

from agent.observe.facts.sightings import BoxMark
from agent.observe.inventory.known_sources import KnownSource
from agent.observe.inventory.owners import Owner
from agent.observe.inventory.unconfigured import Inventory
from agent.observe.remembered.areas import inventory
from agent.observe.remembered.look import Look
from agent.observe.remembered.value import EMPTY
from agent.service.cycle.kept_for import memory_of_boxes

SITE = site(camera())
KNOWN = Inventory({"gate": KnownSource("vs1", 2)}, {"box/3": 1}, {"gate": NOW})


def test_it_comes_back_as_it_was_written() -> None:
    assert inventory.from_data(json.loads(json.dumps(inventory.to_data(KNOWN)))) == KNOWN


def test_a_look_that_lists_nothing_forgets_nothing_but_what_is_not_configured() -> None:
    after = inventory.update(replace(EMPTY, inventory=KNOWN), Look(site=SITE, now=NOW, told=healthy()))
    assert after == KNOWN


def test_the_source_of_a_camera_is_forgotten_with_its_box_and_its_place() -> None:
    owner = Owner("s", "192.0.2.1 80 1", BoxMark("N8", "one"))
    before = replace(EMPTY, inventory=KNOWN, owners={"gate": owner})
    for now in (replace(owner, box=BoxMark("N8", "two")), replace(owner, source="192.0.2.1 80 2")):
        assert memory_of_boxes(before, SITE, {"gate": now}).inventory.sources == {}
    assert memory_of_boxes(before, SITE, {"gate": owner}).inventory == KNOWN

"""Every remembered area stands in one table, has the same four names, and comes back as it was written."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from sites import NOW, camera, healthy, site

from agent.observe.facts.restarts import RunningDevice
from agent.observe.footage.outages import Outage
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.remembered import table
from agent.observe.remembered.look import Look
from agent.observe.remembered.table import BESIDE, IN_TURN, OBSERVED, PICTURED, REMEMBERED, fold, from_data, to_data
from agent.observe.remembered.value import EMPTY, Remembered, without_pictures

SITE = site(camera())


def look(**changes: object) -> Look:
    return replace(Look(site=SITE, now=NOW, told=healthy(), seen=healthy()), **changes)  # type: ignore[arg-type]


def test_each_member_of_what_is_remembered_is_one_row_of_the_table() -> None:
    assert {one.name for one in fields(Remembered)} == set(REMEMBERED)
    groups = (PICTURED, IN_TURN, OBSERVED, BESIDE)
    assert sum(map(len, groups)) == len(REMEMBERED), "no area learns twice from a look"


def test_each_area_is_a_module_with_the_same_four_names() -> None:
    missing = [
        (name, wanted)
        for name, area in REMEMBERED.items()
        for wanted in ("EMPTY", "update", "to_data", "from_data")
        if not hasattr(area, wanted)
    ]
    assert missing == []
    assert all(getattr(EMPTY, name) == area.EMPTY for name, area in REMEMBERED.items())


def test_a_look_is_folded_in_and_comes_back_from_text() -> None:
    seen = fold({**PICTURED, **IN_TURN, **OBSERVED}, EMPTY, look())
    learned = {name for name in REMEMBERED if getattr(seen, name) != getattr(EMPTY, name)}
    assert learned >= {"looked", "pooled", "identities"}
    kept = from_data(json.loads(json.dumps(to_data(seen))))
    assert replace(kept, quality=seen.quality) == seen
    assert kept.quality.keys() == seen.quality.keys(), "numbers of quality are rounded"
    assert from_data(to_data(kept)) == kept
    again = fold(OBSERVED, seen, look(now=NOW + timedelta(minutes=15)))
    assert again.identities.keys() == seen.identities.keys()


def test_an_area_sees_what_those_above_it_have_learned_from_the_same_look() -> None:
    """The view counts before quality is judged: a camera that moved has another usual picture."""
    order = list(PICTURED)
    assert order.index("views") < order.index("quality")
    known = ApprovedViews(references={"gate": (b"approved",)})
    seen = fold(PICTURED, EMPTY, look(known=known))
    assert "gate" in seen.views


@pytest.mark.parametrize("name", sorted(BESIDE))
def test_a_look_alone_changes_nothing_of_what_is_settled_elsewhere(name: str) -> None:
    before = replace(EMPTY, voided={"gate": "d"})
    assert getattr(fold(BESIDE, before, look()), name) is getattr(before, name)


def test_what_an_older_text_lacks_is_empty_and_what_is_broken_is_an_error() -> None:
    data = to_data(Remembered(outages=(Outage("camera:gate", "silent", NOW, NOW),)))
    del data["logs"], data["owners"]
    assert from_data(data).outages[0].subject == "camera:gate"
    for name in ("outages", "views", "identities", "running"):
        with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
            from_data({**data, name: [["x"]]})


def test_without_pictures_nothing_that_a_picture_showed_is_left_of_a_camera() -> None:
    seen = fold({**PICTURED, **IN_TURN}, replace(EMPTY, running={"box": RunningDevice(NOW, {})}), look())
    after = without_pictures(seen, {"gate"})
    assert (after.looked, after.pooled, after.running) == ((), (), seen.running)
    assert table.REMEMBERED.keys() >= {"looked", "pooled", "views", "quality", "presets"}

"""Every remembered area stands in one table, has the same four names, and comes back as it was written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest
from sites import NOW, camera, healthy, site

from agent.observe.approvals import past
from agent.observe.facts.restarts import RunningDevice
from agent.observe.footage import bare
from agent.observe.footage.outages import Outage
from agent.observe.pictures import preset_verdicts
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.remembered import table
from agent.observe.remembered.look import Look
from agent.observe.remembered.table import BESIDE, IN_TURN, OBSERVED, PICTURED, REMEMBERED, fold, from_data, to_data
from agent.observe.remembered.value import EMPTY, Remembered, without_pictures

SITE = site(camera())


def _one_preset(data: list[str]) -> object:
    path, verdict = data
    seen = [["1", path, NOW.isoformat(), [["hall", verdict, "solid", []]]]]
    return preset_verdicts.from_data({"id": "gate", "rests_on": "", "masks": "", "seen": seen})


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
    assert learned >= {"looked", "quality", "identities"}
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


PAST = ["Li Na", NOW.isoformat(), "moved", "a" * 64, "b" * 64, False, ["c" * 64], ""]


@pytest.mark.parametrize(
    ("read", "good", "spoiled"),
    [
        (past.from_data, PAST, [1, *PAST[1:]]),
        (past.from_data, PAST, [*PAST[:3], "masks", *PAST[4:]]),
        (past.from_data, PAST, ["Li Na", "2026-11-24T08:00:00", *PAST[2:]]),  # a time without its zone
        (bare.from_data, [["hall", 10, 20, "hidden", None]], [["hall", 10, 20, "fine", None]]),
        (_one_preset, ["main", "PASS"], ["main", "CERTAIN"]),
        (_one_preset, ["main", "PASS"], ["elsewhere", "PASS"]),
    ],
)
def test_a_stored_word_that_we_never_write_is_an_error_and_no_evidence(
    read: Callable[[Any], object], good: list[Any], spoiled: list[Any]
) -> None:
    assert read(good)
    with pytest.raises((ValueError, TypeError)):
        read(spoiled)


def test_without_pictures_nothing_that_a_picture_showed_is_left_of_a_camera() -> None:
    seen = fold({**PICTURED, **IN_TURN}, replace(EMPTY, running={"box": RunningDevice(NOW, {})}), look())
    after = without_pictures(seen, {"gate"})
    assert (after.looked, after.pooled, after.running) == ((), (), seen.running)
    assert table.REMEMBERED.keys() >= {"looked", "pooled", "views", "quality", "presets"}

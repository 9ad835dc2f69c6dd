"""Honest cameras are called honest, however they write; and without any one of the tolerances they would not be."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest

from agent.judge.checks.platform import compared, reading
from bench.link_truth_cameras import honest

CAMERAS = 400
WITHOUT = {
    "ROUNDING_DAYS": (compared, 0.0, "save-days"),
    "HOURS_FROM": (compared, 10**9, "save-days"),
    "ZONE": (compared, timedelta(0), "install-time"),
    "BEFORE_USE": (compared, timedelta(0), "install-time"),
    "PLAN_APART_S": (compared, 0, "plan"),
    "CODED_MAX_PX": (compared, 10**9, "resolution"),
    "CROPPED_PX": (reading, 0, "resolution"),
    "AREA_APART": (reading, 0.0, "resolution"),
    "CUT_BYTES": (reading, 10**9, "name"),
}


def called_untrue() -> set[str]:
    """Return the facts that are called untrue of any of these cameras."""
    found: set[str] = set()
    for number in range(CAMERAS):
        lot = random.Random(f"tolerance {number}")
        one = honest(lot)
        states = compared.compare(one.told(lot.choice(("gb18030", "utf-8"))), one.true)
        found |= {fact for fact, each in states.items() if each.state == "differs"}
    return found


def test_no_honest_camera_is_called_a_liar() -> None:
    assert called_untrue() == set()


@pytest.mark.parametrize("name", WITHOUT)
def test_each_tolerance_is_needed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, nothing, fact = WITHOUT[name]
    monkeypatch.setattr(module, name, nothing)
    assert called_untrue() == {fact}

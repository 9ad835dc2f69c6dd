"""A picture that is a card does not prove that a camera is online, and accuses nobody either."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sites import NOW, QUALITY, camera, healthy, observed, site, without

from agent.judge.checks.devices.online import CARD_RATIO
from agent.judge.checks.table import run_checks
from agent.observe.facts.facts import gather
from masking.view.model import QualitySeen


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [(0.0, ("pass", "")), (CARD_RATIO - 0.01, ("pass", "")), (CARD_RATIO, ("unknown", "signal-lost"))],
)
def test_a_card_is_not_online(ratio: float, expected: tuple[str, str]) -> None:
    shown = observed("camera:gate", replace(QUALITY, even_ratio=ratio))
    facts = gather(without(healthy("gate"), QualitySeen) + shown)
    (found,) = [one for one in run_checks(site(camera("gate")), facts, NOW) if one.key == "camera-online camera:gate"]
    assert (found.status, found.reason) == expected

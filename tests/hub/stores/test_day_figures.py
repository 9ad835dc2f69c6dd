"""What a report says of a day is counted as it says it; a finding that does not say how it stands is unknown."""

from __future__ import annotations

import pytest

from agent.hub.stores.day_figures import read_config


@pytest.mark.parametrize(
    ("status", "figure"),
    [
        ("pass", (1, 1, 0, 0)),
        ("fail", (0, 1, 0, 0)),
        ("unknown", (0, 1, 1, 0)),
        (None, (0, 1, 1, 0)),
        ("", (0, 1, 1, 0)),
    ],
)
def test_a_finding_that_does_not_say_how_it_stands_is_unknown(status: object, figure: tuple[int, ...]) -> None:
    finding = {"check": "osd-compliant", "subject": "camera:gate", "status": status}
    body = {"cameras": [{"id": "gate"}], "findings": [finding]}
    groups = next(iter(read_config({"ts": "2026-11-24T15:04:00.000Z"}, body)))[2]
    assert groups[""]["overlay"] == figure

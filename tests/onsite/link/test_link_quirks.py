"""Devices of every habit, over UDP and TCP, come to the right result, and what is odd in them is named."""

from __future__ import annotations

import pytest
from link_quirks import QUIRKS, RIGHT, UNNAMED, is_right, outcome, reasons

from agent.demo.gb28181.habits import HABITS
from agent.onsite.link.wording import QUIRKS as WORDS


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
@pytest.mark.parametrize("name", HABITS)
def test_each_habit_comes_to_the_right_result_and_is_named(name: str, transport: str) -> None:
    result, took_s = outcome(name, transport)
    assert is_right(name, transport, result), (reasons(result), result.quirks)
    catalog = result.step("catalog")
    assert catalog is not None
    assert catalog.evidence["cameras"] == 3
    habits = HABITS[name]
    waits = habits.wrong_password_times or habits.key_after_s or habits.moves_after_s < took_s
    assert took_s < 4 * 60 or waits, "a test is over within four minutes"


def test_each_quirk_of_real_devices_is_played_and_named_but_for_those_that_none_can_name() -> None:
    assert set(RIGHT) == set(HABITS)
    assert {one.quirk for one in RIGHT.values()} - {0} == set(QUIRKS)
    unnamed = {one.quirk for one in RIGHT.values() if one.quirk and not one.named and not one.reasons}
    assert unnamed <= UNNAMED
    assert {one.quirk for one in RIGHT.values() if one.why_unnamed} - {0} == UNNAMED
    assert {word for one in RIGHT.values() for word in one.named} <= set(WORDS)

"""The status says how what passes is known: told by a device, or seen by us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.commands.status.words import lines
from agent.model.finding import Json
from agent.service.alerts.status_file import StatusRead

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


def shown(levels: Json, lang: str = "en") -> list[str]:
    content: dict[str, Json] = {"site": "dt0001", "counts": {"pass": 5}, "pass_by_level": levels}
    return list(lines(StatusRead(content, NOW, NOW + timedelta(minutes=15), timedelta(), False), lang))


@pytest.mark.parametrize(
    ("lang", "line"), [("en", "  of what passes: 2 seen by us, 3 told by the device"), ("zh_CN", "2 我方实测")]
)
def test_the_status_says_how_what_passes_is_known(lang: str, line: str) -> None:
    assert any(line in one for one in shown({"told": 3, "seen": 2, "strange": 9}, lang))


@pytest.mark.parametrize("levels", [None, {}, [], "seen", {"strange": 2}])
def test_a_status_of_an_older_version_or_a_damaged_one_says_nothing_of_it(levels: Json) -> None:
    assert not [one for one in shown(levels) if "of what passes" in one]

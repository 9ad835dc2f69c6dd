"""Of several words on one duty the nearest to the camera counts, then the newest, and an expired one no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from agent.model.finding import Json
from agent.onsite.ledger.declared import answer_of, in_force

TODAY = date(2026, 11, 24)
GROUPS = ({"name": "hall", "cameras": ["gate"]},)


def row(value: str, at: str, **more: Json) -> Mapping[str, Json]:
    return {"duty": "maintainer", "value": value, "at": at, **more}


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        ((row("old", "2026-01-31"), row("new", "2026-02-28")), "new"),
        ((row("new", "2026-02-28"), row("old", "2026-01-31")), "new"),
        ((row("first", "2026-01-31"), row("second", "2026-01-31")), "second"),
        ((row("camera", "2026-01-31", cameras=["gate"]), row("site", "2026-02-28")), "camera"),
        ((row("group", "2026-01-31", group="hall"), row("site", "2026-02-28")), "group"),
        ((row("camera", "2026-01-31", cameras=["gate"]), row("group", "2026-02-28", group="hall")), "camera"),
        ((row("other", "2026-02-28", cameras=["yard"]), row("site", "2026-01-31")), "site"),
        ((row("old", "2026-01-31"), row("over", "2026-02-28", until="2026-11-23")), "old"),
        ((row("old", "2026-01-31"), row("last-day", "2026-02-28", until="2026-11-24")), "last-day"),
        ((), None),
    ],
)
def test_the_word_that_counts_for_a_camera(rows: tuple[Mapping[str, Json], ...], counts: str | None) -> None:
    assert answer_of(in_force(rows, GROUPS, TODAY), "gate", "maintainer") == counts

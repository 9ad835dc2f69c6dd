"""What becomes of a stored body, by its age, its stream, its day, and what is held."""

from __future__ import annotations

import pytest
from delivery import NOW

from agent.hub.domain.retention import Held, StoredBody, judge, limit_of


def body(**changed: object) -> StoredBody:
    told = {"id": 1, "site": "S1", "stream": "health", "arrived_at": "2026-01-01T08:00:00.000Z",
            "made_at": "2026-01-01T08:00:00.000Z", "made_before": "2026-01-01T07:00:00.000Z",
            "is_spare": True}  # fmt: skip
    return StoredBody(**(told | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "phase", "verdict"),
    [
        (body(), "full", "over"),
        (body(arrived_at="2026-03-01T00:00:00.000Z"), "full", "young"),
        (body(stream="config"), "full", "stays"), (body(stream="event"), "full", "stays"),
        (body(stream="gap"), "full", "stays"), (body(stream="gap"), "changes", "stays"),
        (body(stream="event"), "changes", "over"), (body(is_spare=False), "changes", "held"),
        (body(made_before="2025-12-31T15:59:00.000Z"), "full", "stays"),
        (body(made_before="2025-12-31T16:00:00.000Z"), "full", "over"),
        (body(made_at=""), "full", "stays"), (body(made_before=""), "full", "stays"),
        (body(made_at="x"), "full", "stays"),
        (body(site="S2"), "full", "held"), (body(site="S2", made_at="2025-01-01T08:00:00.000Z"), "changes", "held"),
    ],
    ids=str,
)  # fmt: skip
def test_what_becomes_of_a_body(one: StoredBody, phase: str, verdict: str) -> None:
    spans = {"S2": [Held("2026-01-01T00:00:00.000Z", "2026-01-02T00:00:00.000Z")]}
    assert judge(one, phase, "2026-02-01T00:00:00.000Z", spans) == verdict  # type: ignore[arg-type]
    assert limit_of("full", NOW) > limit_of("changes", NOW)

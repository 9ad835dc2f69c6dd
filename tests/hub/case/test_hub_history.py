"""The calculation in a case says only what was told: everything else is unknown."""

from __future__ import annotations

from caseside import at, finding, shown

from agent.hub.case.history import CheckReport, history
from agent.hub.stores.case_columns import of_data
from agent.model.finding import StreamName
from agent.verify.members import time_of
from agent.verify.message import Gap


def told(number: int, hours: float, stream: StreamName, seq: int, synced: bool = True, **body: object) -> CheckReport:
    kept = of_data(stream, {"ts": at(hours).isoformat(), "clock_synced": synced, "body": body})
    place = (number, f"e{number}", stream, seq, at(hours), kept.clock_synced)
    return CheckReport(*place, time_of(kept.due_at), kept.event_head, kept.findings)


def test_a_new_epoch_makes_everything_unknown_until_it_is_told_again() -> None:
    reports = [
        told(0, 0, "config", 1, findings=[finding("camera:c0", "pass")]),
        told(0, 0, "health", 1, next_due_at=at(24).isoformat()),
        told(1, 2, "health", 1, next_due_at=at(24).isoformat()),
        told(1, 3, "config", 1, findings=[finding("camera:c0", "pass")]),
    ]
    rows = history(reports, [], "camera-online", at(0), at(4))
    assert [(s, e, st) for s, e, st, _ in shown(rows)] == [(0, 2, "pass"), (2, 3, "unknown"), (3, 4, "pass")]
    assert rows[1].reason == "new-epoch"


def test_a_subject_that_is_not_told_any_more_and_one_not_told_yet_are_unknown() -> None:
    reports = [
        told(0, 1, "config", 1, findings=[finding("camera:c0", "pass")]),
        told(0, 2, "config", 2, findings=[]),
        told(0, 0, "health", 1, next_due_at=at(24).isoformat()),
    ]
    assert shown(history(reports, [], "camera-online", at(0), at(3))) == [
        (0, 1, "unknown", "not-told-yet"),
        (1, 2, "pass", "unreachable"),
        (2, 3, "unknown", "no-longer-told"),
    ]


def test_a_time_without_any_health_report_is_unknown_throughout() -> None:
    reports = [told(0, 0, "config", 1, findings=[finding("camera:c0", "pass")])]
    assert [row.status for row in history(reports, [], "camera-online", at(0), at(3))] == ["unknown"]
    unclear = [*reports, told(0, 0, "health", 1, next_due_at="soon")]
    assert [row.status for row in history(unclear, [], "camera-online", at(0), at(3))] == ["unknown"]


def test_a_clock_that_was_not_synchronised_is_marked_and_a_lost_tail_is_unknown() -> None:
    one = told(0, 0, "config", 1, synced=False, findings=[finding("camera:c0", "pass")])
    heads = {"event": {"seq": 0, "digest": "0" * 64}}
    alive = [
        told(0, 0, "health", 1, next_due_at=at(24).isoformat(), heads=heads),
        told(0, 2, "health", 2, next_due_at=at(24).isoformat(), heads={"event": {"seq": 1, "digest": "1" * 64}}),
    ]
    tail = Gap("e0", "event", 1, 1, 1, "missing", "0" * 64)
    rows = history([one, *alive], [tail], "camera-online", at(0), at(3))
    assert [(row.status, row.reason) for row in rows] == [("unknown", "reports-missing")]
    clear = history([one, *alive], [], "camera-online", at(0), at(3))
    assert [(row.status, row.clock_unsure) for row in clear] == [("pass", True)]

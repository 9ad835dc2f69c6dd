"""What the status file lists as not in order: the worst first, each cause once."""

from __future__ import annotations

import sites

from agent.commands.status.words import open_findings
from agent.judge.check import Check
from agent.model.finding import Message, Source
from agent.service.daemon.status_text import OPEN_MAX, open_rows


def test_the_daemon_leaves_what_is_not_in_order_worst_first_and_each_cause_once() -> None:
    check = Check("a", lambda *_: (), "major", Source("d", "1"), "duty")
    found = [
        check.finding("camera:gate", "unknown", "r", {}, Message("why {w}", {"w": 1})),
        check.finding("camera:gate", "warn", "r", {}, Message("b"), caused_by="a device:box"),
        check.finding("device:box", "fail", "r", {}, Message("c", next_step="mend it")),
        check.finding("site", "pass", "", {}, Message("d")),
    ]
    told = open_rows(sites.site(sites.camera()), tuple(found))
    rows = told["open"]
    assert isinstance(rows, list)
    assert [row["subject"] for row in rows] == ["device:box", "camera:gate"]
    assert rows[1]["values"] == {"w": 1}
    assert [str(one.message) for one in open_findings(told)] == ["c: mend it", "why 1"]
    assert told["open_more"] == 0
    many = open_rows(sites.site(), tuple(found[:1] * (OPEN_MAX + 5)))
    assert told["open_more"] == 0
    assert many["open_more"] == 5

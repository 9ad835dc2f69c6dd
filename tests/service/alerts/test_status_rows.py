"""What the status file lists as not in order: the worst first, each cause once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import sites

from agent.commands.status.words import open_findings
from agent.judge.check import Check
from agent.judge.memory.disputes import Decision, Dispute, contested
from agent.judge.memory.episodes import new_episode
from agent.model.finding import Message, Source
from agent.service.daemon.status_text import OPEN_MAX, open_rows


def test_the_daemon_leaves_what_is_not_in_order_worst_first_and_each_cause_once() -> None:
    check, other = (Check(name, lambda *_: (), "major", Source("d", "1"), "duty") for name in "ab")
    found = [
        other.finding("camera:gate", "unknown", "r", {}, Message("why {w}", {"w": 1})),
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
    many = open_rows(sites.site(), tuple(replace(found[0], reason=f"r{n}") for n in range(OPEN_MAX + 5)))
    assert many["open_more"] == 5


def test_a_disputed_row_says_who_disputes_it_and_how_it_was_decided() -> None:
    """Of this episode, and of this finding alone; a file that somebody wrote otherwise steers nothing."""
    check = Check("a", lambda *_: (), "major", Source("d", "1"), "duty")
    found = tuple(check.finding(f"camera:{name}", "fail", "r", {}, Message("why")) for name in ("gate", "yard"))
    episodes = {one.key: new_episode(one, sites.NOW) for one in found}
    said = Dispute(
        key="a camera:gate", detected_at=sites.NOW, status="fail", reason="r", by="业主\x1b张", at=sites.NOW, why="w"
    )
    word = Decision(
        key=said.key, dispute=said.said.id, outcome="upheld", by="科长李", at=sites.NOW, why="v", command="c"
    )
    for decisions, ends in (((), "w; no decision of the hub yet"), ((word,), "the finding stands (科长李: v)")):
        told = open_rows(sites.site(), found, episodes, contested((said,), decisions))
        (row,) = open_findings(told)
        assert str(row.disputed).endswith(ends)
    later = {one.key: new_episode(one, sites.NOW + timedelta(hours=1)) for one in found}
    assert "disputed" not in open_rows(sites.site(), found, later, contested((said,), ()))["open"][0]  # type: ignore[index, operator]
    bad = {"open": [{"message": "x", "status": "fail", "disputed": {"by": 5, "decision": {"outcome": ["upheld"]}}}]}
    assert "no decision" in str(open_findings(bad)[0].disputed)

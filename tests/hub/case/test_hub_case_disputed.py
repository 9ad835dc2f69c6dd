"""A case and the status of a site show what is disputed beside the finding, and change no stretch and no sum by it."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from caseside import Day, at, told_day
from delivery import NOW, Maker
from hubdesk import Desk

from agent.cli import main
from agent.contract.disputes import Disputed, disputed_json
from agent.hub.case.case import Case, write_case
from agent.hub.case.history import durations
from agent.hub.stores import trust
from agent.hub.workers import decisions
from agent.model.finding import Draft

DAY = timedelta(days=1)
SAID = Disputed(
    check="camera-online", subject="camera:c0", status="fail", reason="unreachable", detected_at=at(10),
    repaired_at=at(11), by="业主张", at=at(12), why="那天停电 | # Legal finding <script>",
)  # fmt: skip
NUMBER = SAID.id[:8]


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def dispute(desk: Desk, day: Day, said: Disputed = SAID, hour: float = 23) -> None:
    for one in day.report(at(hour), Draft("event", {"division": "140200", "dispute": disputed_json(said)})):
        assert desk.send(one, at=NOW)["event"] == "verified"


def case_of(desk: Desk, first: float = 8, last: float = 18) -> Case:
    return write_case(desk.store, trust.load(desk.directory), desk.signer, "S1", "camera-online", at(first), at(last))


def read(case: Case, name: str) -> str:
    with zipfile.ZipFile(io.BytesIO(case.data)) as archive:
        return archive.read(name).decode()


def lines(case: Case, word: str, name: str = "README.en.md") -> list[str]:
    return [one for one in read(case, name).splitlines() if word in one]


def rows(case: Case) -> list[dict[str, Any]]:
    return json.loads(read(case, "calculation.json"))["rows"]  # type: ignore[no-any-return]


def test_a_dispute_stands_beside_its_finding_with_its_due_date_and_changes_no_stretch(desk: Desk, maker: Maker) -> None:
    day = told_day(desk, maker)
    before = case_of(desk)
    assert lines(before, "Nobody disputes it.") and json.loads(read(before, "disputes.json")) == {"disputes": []}
    dispute(desk, day)
    case = case_of(desk)
    assert (case.rows, durations(case.rows)) == (before.rows, durations(before.rows))
    assert [(one["subject"], one["status"]) for one in rows(case) if one["disputed"]] == [("camera:c0", "fail")]
    (row,) = lines(case, f", disputed {NUMBER} |")
    assert "| camera:c0 |" in row and "fail" in row
    assert lines(case, "disputed by 业主张 on 2026-11-24: 那天停电") and lines(case, "A decision is due by 2026-12-09.")
    assert lines(case, f"有异议 {NUMBER}", "README.zh.md") and lines(case, "2026-12-09。", "README.zh.md")
    (told,) = json.loads(read(case, "disputes.json"))["disputes"]
    assert (told["id"], told["due_at"], told["decision"]) == (SAID.id, "2026-12-09T15:04:00Z", None)
    assert not lines(case, " | # Legal") and not lines(case, "<script>"), "its words stay in their line"
    assert case_of(desk).data == case.data, "the same database gives the same bytes"


def test_a_decision_stands_beside_it_too(desk: Desk, maker: Maker) -> None:
    dispute(desk, told_day(desk, maker))
    decisions.decide(desk.store, desk.signer, "S1", NUMBER, "overturned", "科长李", "看过录像", NOW)
    case = case_of(desk)
    assert lines(case, f", disputed {NUMBER} |"), "it stays a finding that was disputed"
    assert lines(case, "Decided by 科长李 on 2026-11-24: the finding was wrong (看过录像)")
    assert lines(case, "撤销原结论", "README.zh.md")
    assert not lines(case, "A decision is due")
    (told,) = json.loads(read(case, "disputes.json"))["disputes"]
    assert told["decision"]["outcome"] == "overturned"


@pytest.mark.parametrize(
    "other",
    [
        {"check": "clock-offset"},
        {"subject": "camera:c1"},
        {"detected_at": at(3), "repaired_at": at(4)},
        {"detected_at": at(20), "repaired_at": None},
    ],
    ids=["another check", "another camera", "over before", "begun behind"],
)
def test_a_dispute_of_something_else_stands_beside_nothing(desk: Desk, maker: Maker, other: dict[str, Any]) -> None:
    fields = {name: getattr(SAID, name) for name in Disputed.__dataclass_fields__}
    dispute(desk, told_day(desk, maker), Disputed(**{**fields, **other}))
    assert [one for one in rows(case_of(desk)) if one["disputed"]] == []


@pytest.mark.parametrize(("lang", "due", "late", "decided"), [
    ("en", "is due for a decision by", "LATE", "decided by 科长李 on"),
    ("zh_CN", "前裁定", "已逾期", "科长李 于"),
])  # fmt: skip
def test_the_status_of_a_site_names_each_dispute_with_its_due_date_and_its_decision(
    desk: Desk, maker: Maker, capsys: pytest.CaptureFixture[str], lang: str, due: str, late: str, decided: str
) -> None:
    fields = {name: getattr(SAID, name) for name in Disputed.__dataclass_fields__}
    open_one = Disputed(**{**fields, "repaired_at": None})
    dispute(desk, told_day(desk, maker), open_one)

    def told() -> str:
        assert main(["--lang", lang, "hub", "status", "--data", str(desk.directory)]) == 0
        return capsys.readouterr().out

    desk.store.run("UPDATE dispute SET arrived_at = ?", "2999-01-01T00:00:00Z")
    said = told()
    assert open_one.id[:8] in said and due in said and late not in said and "业主张" in said
    desk.store.run("UPDATE dispute SET arrived_at = ?", "2020-01-01T00:00:00Z")
    assert late in told()
    decisions.decide(desk.store, desk.signer, "S1", open_one.id, "upheld", "科长李", "看过录像", NOW)
    said = told()
    assert decided in said and late not in said
    assert [one["decision"]["outcome"] for one in desk.status()["disputes"]] == ["upheld"]

"""Exports of saved questions come when they are due, once, whole, under a name of their own, and say what they are."""

from __future__ import annotations

import csv
import io
import os
import resource
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from city_told import COMPANY, OPERATOR, city, tell_site
from openpyxl import load_workbook
from patience import PATIENCE_S

from agent.contract.authors import Names
from agent.contract.chain import utc_text
from agent.hub.doctor.exports import exports as probe
from agent.hub.doctor.model import Situation
from agent.hub.domain.asking.saved import Exported, Saved, Schedule
from agent.hub.domain.figures import CHINA
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.stores.keeping import authors
from agent.hub.stores.store import Store
from agent.hub.views.asking.exports import export_blocks
from agent.hub.workers.exports import making
from agent.hub.workers.exports.files import prune, write_new
from agent.hub.workers.exports.making import AGAIN, Exports, exporting

BEGUN = datetime(2026, 11, 27, 12, 0, tzinfo=CHINA).astimezone(UTC)
DUE = datetime(2026, 11, 28, 6, 30, tzinfo=CHINA).astimezone(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store(city(tmp_path / "hub"))) as opened:
        yield opened


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "exports"
    made.mkdir()
    return made


def schedule(folder: Path, **more: Any) -> Schedule:
    plan = Schedule(
        every="day", at="06:30", folder=str(folder), formats=("csv",), keep=31, scope=EVERYTHING, lang="en",
        begun_at=utc_text(BEGUN),
    )  # fmt: skip
    return replace(plan, **more)


def keep(store: Store, folder: Path, name: str = "q", named: dict[str, str] | None = None, **more: Any) -> None:
    asked = named or {"count": "findings", "by": "site,status", "check": "clock-offset"}
    plan = schedule(folder, **more)
    store.saved.keep(Saved(name=name, named=asked, saved_by="li", saved_at=utc_text(BEGUN), schedule=plan))


def look(store: Store, now: datetime, exports: Exports | None = None) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    (exports or Exports()).look(store, now, told.append)
    return told


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def rows(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


def test_an_export_is_made_when_it_is_due_and_once(store: Store, folder: Path) -> None:
    keep(store, folder, formats=("csv", "xlsx"))
    assert look(store, DUE - timedelta(seconds=1)) == [] and names(folder) == []
    files = ["q-2026-11-28.csv", "q-2026-11-28.xlsx"]
    assert look(store, DUE) == [{"event": "exported", "question": "q", "files": files, "missed": 0}]
    assert names(folder) == files
    for later in (DUE, DUE + DAY - timedelta(seconds=1)):
        assert look(store, later) == [] and names(folder) == files
    assert store.saved.exported("q") == Exported(due_at=utc_text(DUE), made_at=utc_text(DUE))
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o640"}
    told = look(store, DUE + DAY)
    assert told[0]["files"] == ["q-2026-11-29.csv", "q-2026-11-29.xlsx"]


def test_it_says_what_it_is_before_its_numbers_and_names_are_no_formulas(store: Store, folder: Path) -> None:
    tell_site(store, "S9", "140202", "=cmd|' /C calc'!A0")
    asked = {"count": "findings", "by": "maintainer", "status": "fail"}
    keep(store, folder, named=asked, formats=("csv", "xlsx"))
    look(store, DUE)
    told = rows(folder / "q-2026-11-28.csv")
    assert told[:4] == [
        ["question", "q"],
        ["asks", "findings by maintainer status=fail"],
        ["counts what is seen by", "the operator of the hub: everything"],
        ["was due", "2026-11-28 06:30"],
    ]
    assert told[4] == ["counted", "open findings (status=fail), as of 2026-11-28 06:30: 10"]
    head = told.index([])
    assert told[head + 1] == ["maintainer", "count"]
    groups = {name: count for name, count in told[head + 2 :]}
    assert groups == {COMPANY: "4", "Hidden Company": "4", "'=cmd|' /C calc'!A0": "2"}
    said, counts = load_workbook(folder / "q-2026-11-28.xlsx").worksheets
    assert [said.cell(row, 2).value for row in range(2, 6)] == [value for _, value in told[:4]]
    cells = [(name.data_type, name.value, count.value) for name, count in counts.iter_rows(min_row=2)]
    assert ("s", "=cmd|' /C calc'!A0", 2) in cells and {kind for kind, *_ in cells} == {"s"}


def test_it_counts_by_the_scope_of_its_schedule_and_says_so(store: Store, folder: Path) -> None:
    keep(store, folder, named={"count": "sites"}, scope=Scope(operators=(OPERATOR,)), lang="zh_CN")
    look(store, DUE)
    told = rows(folder / "q-2026-11-28.csv")
    assert [OPERATOR in row for row in told].count(True) == 1 and told[-2:] == [["count"], ["2"]]
    assert told[0] == ["\u67e5\u8be2", "q"]


def test_what_was_missed_is_made_once_for_the_newest_time_and_told(store: Store, folder: Path) -> None:
    keep(store, folder)
    look(store, DUE)
    (event,) = look(store, DUE + 5 * DAY + timedelta(hours=3))
    assert (event["files"], event["missed"]) == (["q-2026-12-03.csv"], 4)
    assert ["missed", "4 exports before this one were missed; this is the newest"] in rows(folder / "q-2026-12-03.csv")
    assert names(folder) == ["q-2026-11-28.csv", "q-2026-12-03.csv"]
    assert look(store, DUE + 5 * DAY + timedelta(hours=4)) == []


def test_a_hub_that_was_ended_before_it_noted_an_export_writes_over_none(store: Store, folder: Path) -> None:
    keep(store, folder)
    look(store, DUE)
    first = (folder / "q-2026-11-28.csv").read_bytes()
    (folder / ".q.csv.part").write_bytes(b"half")
    store.saved.keep_exported("q", Exported())
    (event,) = look(store, DUE + timedelta(minutes=1))
    assert event["files"] == ["q-2026-11-28-2.csv"]
    assert (folder / "q-2026-11-28.csv").read_bytes() == first
    assert names(folder) == ["q-2026-11-28-2.csv", "q-2026-11-28.csv"]


def test_a_folder_that_is_gone_is_told_once_tried_again_and_found_by_doctor(store: Store, folder: Path) -> None:
    keep(store, folder)
    folder.rmdir()
    exports = Exports()
    (event,) = look(store, DUE, exports)
    assert event == {"event": "export-fails", "question": "q", "why": "No such file or directory"}
    assert look(store, DUE + timedelta(minutes=9), exports) == []
    assert look(store, DUE + AGAIN, exports) == []
    went = store.saved.exported("q")
    assert (went.failing_since, went.due_at) == (utc_text(DUE), "")
    outcome = doctor(store, DUE + AGAIN)
    assert (outcome.status, outcome.reason) == ("fail", "failing")
    assert str(outcome.what) == "exports that cannot be made: q (No such file or directory)"
    assert metric(store, DUE + AGAIN, "failing") == "1"
    folder.mkdir()
    assert look(store, DUE + 2 * AGAIN, exports)[0]["event"] == "exported"
    assert doctor(store, DUE + 2 * AGAIN).status == "pass"
    assert metric(store, DUE + 2 * AGAIN + DAY / 2, "age_seconds") == "43200"


def test_a_question_that_is_none_any_more_fails_alone(store: Store, folder: Path) -> None:
    keep(store, folder, "a", {"count": "findings", "check": "check-of-another-release"})
    keep(store, folder, "b")
    told = look(store, DUE)
    assert [(one["event"], one["question"]) for one in told] == [("export-fails", "a"), ("exported", "b")]
    assert "this release has no such check" in told[0]["why"]
    assert "a (check=" in str(doctor(store, DUE).what) and names(folder) == ["b-2026-11-28.csv"]


def test_a_person_who_was_erased_is_counted_for_nobody_any_more(store: Store, folder: Path) -> None:
    person = "author-S1-0123456789abcdef"
    authors.take(store.directory, Names("S1", "datong", BEGUN, {person: COMPANY}), BEGUN)
    keep(store, folder, named={"count": "findings", "maintainer": person})
    assert look(store, DUE)[0]["event"] == "exported"
    authors.erase(store.directory, person, "b", "asked for", DUE)
    (event,) = look(store, DUE + DAY)
    assert event["event"] == "export-fails" and person in event["why"] and COMPANY not in event["why"]


def test_a_clock_that_went_ahead_ends_no_export(store: Store, folder: Path) -> None:
    keep(store, folder)
    folder.rmdir()
    exports = Exports()
    look(store, DUE + 1000 * DAY, exports)
    folder.mkdir()
    assert look(store, DUE, exports)[0]["event"] == "exported"
    (folder / "q-2026-11-28.csv").unlink()
    look(store, DUE + 1000 * DAY)
    assert look(store, DUE)[0]["files"] == ["q-2026-11-28.csv"]
    assert look(store, DUE + DAY)[0]["files"] == ["q-2026-11-29.csv"]


def test_an_export_that_nobody_made_is_late_by_itself(store: Store, folder: Path) -> None:
    assert doctor(store, DUE).status == "not_applicable"
    keep(store, folder)
    assert doctor(store, DUE + timedelta(minutes=59)).status == "pass"
    outcome = doctor(store, DUE + timedelta(hours=1))
    assert (outcome.status, outcome.reason) == ("fail", "late") and metric(store, DUE + DAY, "failing") == "1"


def test_the_newest_stay_and_nothing_else_goes(store: Store, folder: Path) -> None:
    keep(store, folder, keep=2)
    others = ("q-2026-11-01.txt", "q-2026-11-01-report.csv", "p-2026-11-01.csv", "xq-2026-11-01.csv", "q.csv")
    for one in (*others, "q-2026-11-02.csv", "q-2026-11-02-10.csv", "q-2026-11-02-9.csv"):
        (folder / one).write_text("x")
    (folder / "q-2026-10-01.csv").symlink_to(folder / "q.csv")
    (folder / "q-2026-10-02.csv").mkdir()
    look(store, DUE)
    left = ["q-2026-10-01.csv", "q-2026-10-02.csv", "q-2026-11-02-10.csv", "q-2026-11-28.csv"]
    assert names(folder) == sorted([*others, *left])


def test_a_link_in_the_folder_leads_nowhere(folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("keep")
    (folder / "q-2026-11-28.csv").symlink_to(secret)
    (folder / ".q.csv.part").symlink_to(secret)
    assert write_new(str(folder), "q", date(2026, 11, 28), {"csv": b"x"}) == ["q-2026-11-28-2.csv"]
    prune(str(folder), "q", 1)
    assert secret.read_text() == "keep" and (folder / "q-2026-11-28.csv").is_symlink()


@contextmanager
def files_of_at_most(most_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_has_no_room_leaves_nothing(folder: Path) -> None:
    with files_of_at_most(1000), pytest.raises(OSError, match="File too large"):
        write_new(str(folder), "q", date(2026, 11, 28), {"csv": b"x" * 10, "xlsx": b"x" * 5000})
    assert names(folder) == []


def test_of_two_formats_both_are_made_or_none(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, made = os.link, iter(range(9))

    def second_fails(*given: Any, **more: Any) -> None:
        if next(made):
            raise OSError(28, "No space left on device")
        link(*given, **more)

    monkeypatch.setattr(os, "link", second_fails)
    with pytest.raises(OSError, match="No space left"):
        write_new(str(folder), "q", date(2026, 11, 28), {"csv": b"x", "xlsx": b"y"})
    assert names(folder) == []


def test_a_running_hub_makes_them_beside_what_it_receives(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(store, folder)
    monkeypatch.setattr(making, "LOOK_S", 0.01)
    made, told = threading.Event(), []

    def tell(event: Any) -> None:
        told.append(event["event"])
        made.set()

    with exporting(store.directory, lambda: DUE, tell):
        assert made.wait(PATIENCE_S)
    assert told == ["exported"] and names(folder) == ["q-2026-11-28.csv"]


def doctor(store: Store, now: datetime) -> Any:
    return probe(Situation(store.directory, store.directory / "none", now))


def metric(store: Store, now: datetime, name: str) -> str:
    (line,) = [
        line for line in "".join(export_blocks(store, now)).splitlines()
        if line.startswith(f'camwarden_hub_export_{name}{{question="q"}}')
    ]  # fmt: skip
    return line.rpartition(" ")[2]

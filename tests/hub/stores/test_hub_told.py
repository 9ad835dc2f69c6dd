"""What a case needs of a report is kept as columns when it comes, or when an older database is first opened."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from caseside import Day, at, config, event, finding, health, told_day
from delivery import Maker
from hostile_bodies import AT, config_body, health_body, old_hub, payload, put_good, put_report
from hubdesk import Desk, trusted
from older_hub import as_of_version

from agent.hub.case import case
from agent.hub.case.case import write_case
from agent.hub.domain import view_columns
from agent.hub.domain.rows.reports import Finding, evidence_of
from agent.hub.stores import case_columns, evidence, schema, trust
from agent.hub.stores.case_columns import of_data
from agent.hub.stores.keeping import older_rows
from agent.hub.stores.store import Store


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def of(body: dict[str, Any], stream: Any = "config") -> case_columns.CaseColumns:
    return of_data(stream, {"ts": AT, "clock_synced": True, "body": body})


def kept(store: Store) -> list[Any]:
    """Everything that is kept for cases, whatever the numbers of rows are."""
    columns = ", ".join(f"f.{name}" for name in case_columns.FINDING.split(", "))
    return store.all(
        f"SELECT r.site, r.digest, r.clock_synced, r.due_at, r.event_head, r.seal, {columns} FROM report r"  # noqa: S608  our own columns
        " LEFT JOIN telling_finding l ON l.report_id = r.id"
        " LEFT JOIN finding f ON f.id = l.finding_id ORDER BY r.id, f.digest"
    )


def test_findings_that_differ_only_in_whom_they_are_about_are_one_row_that_a_site_keeps_once(
    desk: Desk, maker: Maker
) -> None:
    trusted(desk, maker)
    day = Day(maker)
    alike = [{**finding(f"camera:c{n}", "pass"), "message": "as it should be"} for n in (2, 0, 1)]
    for hour in range(5):
        day.report(at(hour), config(*alike), health(at(hour)))
    for envelope in day.made:
        assert desk.send(envelope)["event"] == "verified"
    assert desk.store.all("SELECT subjects, status FROM finding") == [("camera:c0\ncamera:c1\ncamera:c2", "pass")]
    assert desk.store.all("SELECT count(*) FROM telling_finding") == [(5,)]


def test_an_older_database_gets_the_same_rows_as_intake_writes(tmp_path: Path, maker: Maker) -> None:
    desk = Desk(tmp_path / "hub")
    told_day(desk, maker)
    before, signer = kept(desk.store), desk.signer
    written = write_case(desk.store, trust.load(desk.directory), signer, "S1", "camera-online", at(9), at(12)).data
    desk.store.close()
    assert len(before) > 80
    as_of_version(tmp_path / "hub", 5)
    store = Store(tmp_path / "hub")
    assert kept(store) == before
    assert evidence.check(store, None)["altered"] == 0
    assert write_case(store, trust.load(desk.directory), signer, "S1", "camera-online", at(9), at(12)).data == written
    store.close()


def test_a_body_that_cannot_be_read_marks_its_row_and_ends_no_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    db = old_hub(tmp_path)
    put_good(db, "S1", AT)
    for seq, data in enumerate((b"\xff", b"", b"[]", payload("config", config_body(), "soon"), b"{}"), 3):
        put_report(db, "S1", "config", seq, data, AT)
    db.close()
    read = case_columns.of_data

    def unforeseen(stream: Any, data: Any) -> case_columns.CaseColumns:
        if data.get("seq") == 2:
            raise RuntimeError("nobody foresaw it")
        return read(stream, data)

    monkeypatch.setattr(case_columns, "of_data", unforeseen)
    store = Store(tmp_path)
    rows = store.all(
        "SELECT r.stream, r.seq, r.made_at <> '', count(l.finding_id) FROM report r"
        " LEFT JOIN telling_finding l ON l.report_id = r.id WHERE r.seal <> x'' GROUP BY r.id ORDER BY r.id"
    )
    assert rows == [
        ("config", 1, 1, 1), ("config", 2, 0, 0), ("health", 1, 1, 0), ("event", 1, 1, 1),
        *(("config", seq, 0, 0) for seq in range(3, 8)),
    ]  # fmt: skip
    assert store.all("PRAGMA user_version") == [(schema.VERSION,)]
    store.close()


def test_filling_a_database_of_version_5_goes_on_where_it_was_ended(
    tmp_path: Path, maker: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path / "hub")
    told_day(desk, maker)
    before = kept(desk.store)
    desk.store.close()
    as_of_version(tmp_path / "hub", 5)
    monkeypatch.setattr(older_rows, "MOST", 10)
    filled, ended = schema._fill, iter((False, True))

    def fill(db: sqlite3.Connection) -> bool:
        if next(ended, False):
            raise KeyboardInterrupt
        return filled(db)

    monkeypatch.setattr(schema, "_fill", fill)
    with pytest.raises(KeyboardInterrupt):
        Store(tmp_path / "hub")
    db = sqlite3.connect(tmp_path / "hub" / "hub.db")
    assert db.execute("SELECT count(*) FROM report_row").fetchone() == (10,)
    assert db.execute("PRAGMA user_version").fetchone() == (5,), "no reader takes it for one of today"
    db.close()
    store = Store(tmp_path / "hub")
    assert kept(store) == before
    store.close()


def test_no_body_is_read_for_a_case(desk: Desk, maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not by the way around: with every reader of a stored body taken away the case is the same."""
    told_day(desk, maker)
    words = (desk.store, trust.load(desk.directory), desk.signer, "S1", "camera-online", at(9), at(12))
    before = write_case(*words).data
    for module, name in (
        (view_columns, "read_json"),
        (case_columns, "plain_findings"),
        (view_columns, "data_of"),
        (case_columns, "of_data"),
    ):
        monkeypatch.setattr(module, name, None)
    assert write_case(*words).data == before


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE finding SET status = 'pass' WHERE status = 'fail'", "row"),
        ("UPDATE report_row SET event_head = 7 WHERE id = 1", "row"),
        ("DELETE FROM telling_finding WHERE report_id = 1", "row"),
        ("UPDATE report_row SET seal = NULL WHERE id = 1", "seal"),
    ],
)
def test_what_a_case_rests_on_is_found_by_check_when_it_was_changed(
    desk: Desk, maker: Maker, statement: str, what: str
) -> None:
    trusted(desk, maker)
    day = Day(maker)
    for envelope in day.report(at(0), event("camera:c0", "pass", "fail"), health(at(0))):
        desk.send(envelope)
    assert evidence.check(desk.store, None)["altered"] == 0
    assert desk.store.run(statement) == 1
    assert [row["what"] for row in evidence.check(desk.store, None)["rows"]] == [what]  # type: ignore[index, union-attr]


def test_what_is_kept_is_typed_and_cut_to_length() -> None:
    bad = {
        **{"check": "c" * 900, "subject": "a\nb\x00", "status": 5, "reason": None, "message": "m" * 9000},
        **{"evidence": {"x": "y" * 9000}, "source": []},
    }
    (one,) = of({"findings": [bad]}).findings
    assert one == Finding("c" * 200, "a b", "unknown", "", "m" * 2000, '{"not_kept_chars":9008}', "", "")
    assert evidence_of(one.evidence) == {"not_kept_chars": 9008}
    assert evidence_of("") == {}
    assert of({"findings": "none"}).findings == of({"findings": [5]}).findings == ()
    assert of({"check": "a", "finding": {"check": "b"}}, "event").findings == ()
    assert of_data("config", {"body": {"findings": [bad]}}) == case_columns.CaseColumns()


def test_of_two_findings_about_the_same_the_last_one_counts() -> None:
    both = [finding("camera:c0", "pass"), finding("camera:c0", "fail")]
    assert [one.status for one in of({"findings": both}).findings] == ["fail"]


def test_a_short_report_that_names_everybody_again_and_again_does_not_fill_the_disk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(case_columns, "FINDINGS_MOST_CHARS", 20_000)
    many = [{**finding(f"camera:{n}", "pass"), "message": "x" * 900} for n in range(100)]
    assert 0 < sum(len(one.message) for one in of({"findings": many}).findings) <= 20_000
    monkeypatch.setattr(case_columns, "FINDINGS_MOST", 7)
    assert sum(len(one.names()) for one in of({"findings": many}).findings) == 7


@pytest.mark.parametrize(
    ("event_head", "expected"),
    [({"seq": 4, "digest": "d" * 64}, 4), ({"seq": 0}, 0), ({"seq": 4}, None), ({"seq": 2**60}, None), (5, None)],
)
def test_of_a_health_report_the_end_of_the_events_is_kept(event_head: object, expected: int | None) -> None:
    told_of = of({**health_body(), "heads": {"event": event_head}}, "health")
    assert (told_of.event_head, told_of.due_at) == (expected, AT)
    assert of({}, "health") == case_columns.CaseColumns(clock_synced=True)


def test_a_case_takes_time_in_proportion_to_its_holes(tmp_path: Path) -> None:
    """Every second event is missing: a case over four times as many takes not much more than four times as long."""
    took_s = []
    for number in (1_000, 4_000):
        place = tmp_path / str(number)
        db = old_hub(place)
        put_good(db, "S1", AT)
        db.execute("BEGIN")
        for seq in range(3, 2 * number, 2):
            body = {"check": "camera-online", "finding": finding("camera:c0", "fail" if seq % 4 == 1 else "pass")}
            ts = (at(16) + timedelta(seconds=seq)).isoformat()
            put_report(db, "S1", "event", seq, payload("event", body, ts, seq=seq), AT)
        db.execute("UPDATE chain SET seq = 1, position_seq = 1 WHERE stream = 'event'")
        db.execute("COMMIT")
        db.close()
        desk = Desk(place)
        begun_s = time.process_time()
        made = write_case(desk.store, trust.Trust(), desk.signer, "S1", "camera-online", at(15), at(23))
        took_s.append(time.process_time() - begun_s)
        desk.store.close()
        assert made.missing == number - 1
    assert took_s[1] < 12 * took_s[0] + 1, took_s
    assert case.REPORTS_MOST > 2 * 4_000

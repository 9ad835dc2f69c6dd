"""Months of reports on PostgreSQL: each has a partition, and goes as a whole but for what is held or still needed."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from portside import BEGIN, DAY, HOUR, Sender, config, finding, health
from postgres import PostgresServer

from agent.contract.chain import utc_text
from agent.hub.domain.rows.intake import Key
from agent.hub.domain.rows.keeping import Hold
from agent.hub.stores.postgres.store import Store
from agent.hub.workers.expire import DAY_S, Expiry
from agent.model.errors import StoreFailed, StoreWaits

KEY: Key = ("S1", "e1", "health")
MONTHS = (
    "SELECT c.relname FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
    " WHERE inhparent = 'report_row'::regclass ORDER BY 1"
)
NOVEMBER, DECEMBER, JANUARY = (f"report_row_{one}" for one in ("2026_11", "2026_12", "2027_01"))
KEPT = timedelta(days=30)
LATE = BEGIN + 100 * DAY
"""10 February: what arrived before 11 January is over, so November and December are, as a whole."""


@pytest.fixture
def site(store: Store) -> Sender:
    """Return a site of which 12 health reports and two configuration reports came in November, and some later."""
    made = Sender().meet(store)
    for seq in range(1, 13):
        sent(store, made, seq, BEGIN + seq * DAY)
    for seq, check in enumerate(("camera-online", "clock-offset", "camera-online"), 1):
        at = BEGIN + (seq - 1) * 40 * DAY
        made.send(store, "config", seq, config(finding(check, "camera:c0", "fail")), at)
    for seq, day in ((13, 35), (14, 36), (15, 99)):
        sent(store, made, seq, BEGIN + day * DAY)
    return made


def sent(store: Store, site: Sender, seq: int, at: datetime) -> None:
    """Store a health report as a batch that names its site: the row leaves out what the one before has."""
    with store.transaction([site.site]):
        site.send(store, "health", seq, health(at, more={str(n): n for n in range(99)}), at)


def held(store: Store, first: datetime, last: datetime, site: str = "S1") -> int:
    told = Hold(
        number=0, site=site, from_at=utc_text(first), to_at=utc_text(last), kind="person", held_by="Li",
        why="an inquiry", at=utc_text(BEGIN), until="2030-01-01",
    )  # fmt: skip
    return store.holds.keep(told)


def expired(store: Store, now: datetime = LATE) -> list[dict[str, Any]]:
    """Let the hub look until it waits for the next day; return what it told."""
    told: list[dict[str, Any]] = []
    expiry = Expiry(KEPT)
    now_s = 0.0
    while expiry.look_at_s - now_s < DAY_S:
        now_s = expiry.look_at_s
        expiry.look(store, now, now_s, told.append)
    return told


def assert_proven(store: Store, site: Sender, *seqs: int) -> None:
    """Each of these is there byte for byte, with what its row proves, and no row was altered."""
    for seq in seqs:
        made = site.made["health", seq]
        found = store.body_at(*KEY, seq)
        assert found is not None and found[:2] == (made.digest, made.payload)
        assert sha256(found[1]).hexdigest() == made.digest
        assert store.report_at(*KEY, seq) == (made.digest, made.prev)
    rows = {row.seq: row for row in store.reports.stored(*KEY, 1, 99)}
    assert all(rows[seq].jws == site.made["health", seq].jws for seq in seqs)
    assert store.reports.check(None)["altered"] == 0


def seqs_of(store: Store, stream: str = "health") -> list[int]:
    return [row.seq for row in store.reports.stored("S1", "e1", stream, 1, 99)]  # type: ignore[arg-type]


def test_a_report_lies_in_the_month_of_its_arrival_and_a_month_goes_with_its_partition(
    postgres: PostgresServer, store: Store
) -> None:
    site = Sender().meet(store)
    ends = ("2026-11-30T23:59:59.999Z", "2026-12-01T00:00:00Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z")
    for seq, text in enumerate(ends, 1):
        at = datetime.fromisoformat(text)
        site.send(store, "health", seq, health(at), at)
    held = postgres.query("SELECT left(tableoid::regclass::text, 18), count(*) FROM report_row GROUP BY 1 ORDER BY 1")
    assert held == [("report_row_2026_11", 1), ("report_row_2026_12", 2), ("report_row_2027_01", 1)]
    with store.transaction():
        store.bodies.drop([one.id for one in store.bodies.after(0, 9)][1:3])
    assert store.body_at(*KEY, 2) == (site.made["health", 2].digest, b"", datetime.fromisoformat(ends[1]))
    assert store.report_at(*KEY, 2) == (site.made["health", 2].digest, site.made["health", 1].digest)
    again = site.made["health", 3]
    for named in ((), ("S1",), ("S2",)):
        with store.transaction(named):
            assert store.digests_at(again) == [again.digest], "a report that comes again is known"
            store.keep_report(again, False, BEGIN + 90 * DAY)
            store.keep_report(again, False, BEGIN + 90 * DAY)
    assert postgres.query("SELECT count(*) FROM report_row") == [(4,)]
    assert [row.has_body for row in store.reports.signed_after(0, "", 9)] == [True, False, False, True]


def test_a_new_month_blocks_no_reader_while_its_transaction_is_open(hub: Path, store: Store) -> None:
    site = Sender().meet(store)
    site.send(store, "health", 1, health(BEGIN), BEGIN)
    with closing(Store(hub, read_only=True)) as reader, store.transaction():
        store.keep_report(site.claim("health", 2, health(BEGIN), BEGIN), False, BEGIN + 40 * DAY)
        reader.run("SET lock_timeout = '2s'")
        assert [one.seq for one in reader.reports.stored(*KEY, 1, 9)] == [1]
    assert [one.seq for one in store.reports.stored(*KEY, 1, 9)] == [1, 2]


def test_a_month_that_is_over_goes_as_a_whole_but_for_what_is_held_and_what_a_chain_needs(
    postgres: PostgresServer, store: Store, site: Sender
) -> None:
    held(store, BEGIN + 5 * DAY, BEGIN + 7 * DAY)
    other = Sender("S2").meet(store)
    for seq in (1, 2):
        other.send(store, "health", seq, health(BEGIN), BEGIN + seq * HOUR)
    assert [one["month"] for one in expired(store)] == [NOVEMBER, DECEMBER]
    assert seqs_of(store) == [5, 6, 7, 15], "the held ones, and what is young"
    assert_proven(store, site, 5, 6, 7, 15)
    assert [row.seq for row in store.reports.stored("S2", "e1", "health", 1, 9)] == [2], "it fell silent"
    assert store.body_at("S2", "e1", "health", 2) is not None
    assert postgres.query(MONTHS) == [(NOVEMBER,), (JANUARY,), ("report_row_2027_02",)]
    assert seqs_of(store, "config") == [3]
    assert store.reports.checks("S1", "e1", "config", 1, 9) == {"camera-online"}
    assert postgres.query("SELECT count(*) FROM telling_finding") == postgres.query("SELECT count(*) FROM finding")
    assert postgres.query("SELECT count(*) FROM config_said") == [(1,)]
    assert store.chains.get(KEY).confirmed.seq == 15
    assert expired(store) == [], "nothing more of what stays is over"


def test_when_its_hold_is_over_the_rest_of_a_month_goes_too(
    postgres: PostgresServer, store: Store, site: Sender
) -> None:
    first, _ = held(store, BEGIN + 5 * DAY, BEGIN + 7 * DAY), held(store, BEGIN + 2 * DAY, BEGIN + 2 * DAY + HOUR)
    expired(store)
    store.holds.release(first, "Zhao", "it is over", LATE)
    assert [one["month"] for one in expired(store)] == [NOVEMBER]
    assert seqs_of(store) == [2, 15]
    assert_proven(store, site, 2)
    store.holds.release(first + 1, "Zhao", "it is over", LATE)
    expired(store)
    assert seqs_of(store) == [15]
    assert [name for (name,) in postgres.query(MONTHS)] == [JANUARY, "report_row_2027_02"]


def test_a_month_of_which_a_day_is_young_stays_whole(store: Store, site: Sender) -> None:
    assert expired(store, BEGIN + 58 * DAY) == [], "29 November is young: 30 December"
    assert len(seqs_of(store)) == 15


def test_nothing_refers_to_a_row_of_another_month(postgres: PostgresServer, store: Store, site: Sender) -> None:
    at = BEGIN + 40 * DAY
    with store.transaction(["S1"]):  # as a batch takes them: those before are read ahead
        for seq in (16, 17):
            claim = site.made["health", seq] = site.claim("health", seq, health(at), at)
            assert store.digests_at(claim) == []
            store.keep_report(claim, False, at)
    postgres.query("ALTER TABLE report_row DETACH PARTITION " + JANUARY)
    postgres.query("ALTER TABLE report_row DETACH PARTITION report_row_2027_02")
    postgres.query("ALTER TABLE report_row DETACH PARTITION " + NOVEMBER)
    for seq in (13, 14, 16, 17):
        found = store.body_at(*KEY, seq)
        assert found is not None and found[1] == site.made["health", seq].payload
    assert store.report_at(*KEY, 13) == (site.made["health", 13].digest, site.made["health", 12].digest)
    assert store.report_at(*KEY, 16) == (site.made["health", 16].digest, site.made["health", 15].digest)


@pytest.mark.parametrize("end", ["error", "immediate"])
def test_one_that_ends_within_leaves_the_month_as_it_was(
    postgres: PostgresServer, store: Store, site: Sender, end: str
) -> None:
    held(store, BEGIN + 5 * DAY, BEGIN + 7 * DAY)
    assert store.expiry.months is not None
    before = store.all("SELECT id, digest, prev, payload FROM report ORDER BY id")
    with pytest.raises((ZeroDivisionError, StoreWaits)), store.transaction():
        assert store.expiry.months.drop(NOVEMBER, [])
        if end == "error":
            raise ZeroDivisionError
        postgres.stop(end)
    if end == "immediate":
        postgres.start()
    assert store.all("SELECT id, digest, prev, payload FROM report ORDER BY id") == before
    assert postgres.query(MONTHS)[0] == (NOVEMBER,)
    expired(store)
    assert seqs_of(store) == [5, 6, 7, 15]


@pytest.mark.parametrize("is_held", [True, False])
def test_a_report_that_comes_late_for_a_month_that_went_is_taken(store: Store, site: Sender, is_held: bool) -> None:
    """It had waited for its key since then: with its own arrival it lies in that month."""
    if is_held:
        held(store, BEGIN + 5 * DAY, BEGIN + 7 * DAY)
    expired(store)
    late = Sender("S3").meet(store)
    claims = [late.claim("health", seq, health(BEGIN), BEGIN) for seq in (1,)]
    with store.transaction():
        for claim in claims:
            store.keep_report(claim, False, BEGIN + 3 * DAY)
    found = store.body_at("S3", "e1", "health", 1)
    assert found is not None and found[1:] == (claims[0].payload, BEGIN + 3 * DAY)
    assert seqs_of(store) == ([5, 6, 7, 15] if is_held else [15])
    expired(store)
    assert store.body_at("S3", "e1", "health", 1) is not None, "no chain has passed it"


def test_who_reads_is_not_kept_waiting_and_a_month_that_is_read_goes_another_time(
    hub: Path, store: Store, site: Sender
) -> None:
    with closing(Store(hub, read_only=True)) as reader:
        reader.run("BEGIN")
        before = seqs_of(reader)
        with pytest.raises(StoreWaits):
            expired(store)
        assert seqs_of(reader) == before
        reader.run("ROLLBACK")
        expired(store)
        assert seqs_of(reader) == [15]


_BACK_TO_FIVE = ("DELETE FROM migration WHERE number >= 6",)
"""What the migrations since have made."""


def test_a_database_with_reports_of_before_is_refused_and_an_empty_one_is_taken(
    postgres: PostgresServer, hub: Path, store: Store
) -> None:
    for statement in _BACK_TO_FIVE:
        postgres.query(statement)
    Store(hub).close()
    assert store.is_current()
    Sender().meet(store).send(store, "health", 1, health(BEGIN), BEGIN)
    for statement in _BACK_TO_FIVE:
        postgres.query(statement)
    with pytest.raises(StoreFailed, match="before the first release on PostgreSQL") as refused:
        Store(hub)
    assert not isinstance(refused.value, StoreWaits)

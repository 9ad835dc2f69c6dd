"""Reports come back byte for byte, in the order in which they were accepted, with their forks."""

from __future__ import annotations

import json
import random
from datetime import timedelta

import pytest
from portside import BEGIN, DAY, HOUR, Sender, config, finding, health

from agent.contract.chain import GENESIS, utc_text
from agent.hub.ports.store import Store
from agent.verify.members import time_of

KEY = ("S1", "e1", "health")
STRANGE = (
    b'{"ts": "2026-11-02T02:00:00Z",  "b" : 1, "a":\t1}',
    '{"name":"大同市第四中学 \\u0000 \\ud800"}'.encode(),
    b"{}",
    b"\x00\xff no JSON at all \x1a\r\n",
    bytes(range(256)) * 400,
)


@pytest.mark.parametrize("payload", STRANGE, ids=["spaces", "words", "short", "binary", "long"])
def test_a_body_comes_back_byte_for_byte(store: Store, payload: bytes) -> None:
    site = Sender().meet(store)
    made = site.send(store, "event", 1, {}, BEGIN, payload=payload)
    assert store.body_at("S1", "e1", "event", 1) == (made.digest, payload, BEGIN)
    ((stored,), (signed,)) = list(store.reports.stored("S1", "e1", "event", 1, 1)), store.reports.signed_after(0, "", 9)
    assert (stored.payload, stored.jws) == (signed.payload, signed.jws) == (payload, made.jws)


def test_hundreds_of_bodies_that_differ_little_come_back_byte_for_byte(store: Store) -> None:
    """As an engine stores differences: over more than a day of them, and with sudden changes between."""
    site, chance = Sender().meet(store), random.Random(7)
    for seq in range(1, 231):
        at = BEGIN + seq * HOUR / 4
        noise = {str(n): chance.random() for n in range(300)} if seq % 50 == 0 else {}
        site.send(store, "health", seq, health(at, host={"cpu_ratio": chance.random()}, more=noise), at)
    for row in store.reports.stored("S1", "e1", "health", 1, 230):
        made = site.made["health", row.seq]
        assert (row.payload, row.jws, row.digest, row.kid) == (made.payload, made.jws, made.digest, site.kid)
        assert time_of(row.arrived_at) == made.made_at
    assert store.reports.check(None)["altered"] == 0
    assert store.reports.check(9)["checked"] == 9
    last, looks = store.reports.check_after(0, 100)[0], 1
    while last and looks < 9:
        (last, altered), looks = store.reports.check_after(last, 100), looks + 1
        assert altered == []
    assert looks == 4, "0 behind the end"


def test_the_same_report_twice_is_stored_once(store: Store) -> None:
    site = Sender().meet(store)
    made = site.send(store, "health", 1, health(BEGIN), BEGIN)
    before = store.reports.accepted_after(0, 9)
    with store.transaction():
        store.keep_report(made, True, BEGIN + HOUR)
    assert store.reports.accepted_after(0, 9) == before
    assert len(before) == 1


def test_another_report_of_a_number_is_a_fork_and_either_may_count(store: Store) -> None:
    site = Sender().meet(store)
    first = site.send(store, "health", 1, health(BEGIN), BEGIN)
    second = site.claim("health", 1, health(BEGIN, more=1), BEGIN)
    with store.transaction():
        assert store.digests_at(second) == [first.digest]
        store.keep_report(second, True, BEGIN + HOUR)
        assert sorted(store.digests_at(second)) == sorted((first.digest, second.digest))
    assert store.report_at(*KEY, 1) == (first.digest, GENESIS.digest)
    assert [(one.digest, one.fork) for one in store.reports.stored(*KEY, 1, 1)] == [
        (first.digest, False), (second.digest, True),
    ]  # fmt: skip
    with store.transaction():
        store.count_first(KEY, 1, second.digest)
        assert store.epochs.versions_at(KEY, 1) == [
            (second.digest, GENESIS.digest, False), (first.digest, GENESIS.digest, True),
        ]  # fmt: skip
    assert store.report_at(*KEY, 1) == (second.digest, GENESIS.digest)
    body = store.body_at(*KEY, 1)
    assert body is not None and body[1] == second.payload
    with store.transaction():
        assert store.lost_runs.digests_of(KEY, 1) in ([first.digest, second.digest], [second.digest, first.digest])
        rows = store.lost_runs.reports_downwards(KEY, 1, 1, 9)
    assert [(seq, digest, fork) for seq, digest, _, fork in rows] == [
        (1, second.digest, False),
        (1, first.digest, True),
    ]


def test_ids_rise_with_each_commit_and_pages_of_any_size_give_each_report_once(store: Store) -> None:
    sites = [Sender(name).meet(store) for name in ("S2", "S1", "S3")]
    order = []
    for seq in range(1, 5):
        for site in sites:
            order.append(site.send(store, "health", seq, health(BEGIN, log_size=seq), BEGIN + seq * HOUR).digest)
    whole = store.reports.accepted_after(0, 99)
    assert [row.digest for row in whole] == order
    assert [row.id for row in whole] == sorted({row.id for row in whole})
    assert {(row.site, row.held) for row in whole} == {("S1", 4), ("S2", 4), ("S3", 4)}
    for size in (1, 5, 12):
        paged, last = [], 0
        while rows := store.reports.accepted_after(last, size):
            assert len(rows) <= size
            paged += rows
            assert len(paged) <= len(whole), "a page comes again"
            last = rows[-1].id
        assert paged == whole
    assert store.reports.newest_id() == whole[-1].id
    assert store.reports.count_after(whole[3].id) == (8, utc_text(BEGIN + 2 * HOUR))
    assert store.reports.count_after(whole[-1].id) == (0, "")
    assert [store.reports.digest_of(row.id) for row in whole] == order
    assert store.reports.digest_of(whole[-1].id + 1) == ""
    assert store.reports.id_at("S1", "", "health", 2) == store.reports.id_at("S1", "e1", "health", 2)
    assert store.reports.id_at("S1", "e1", "health", 2) == (whole[4].id, whole[4].digest)
    assert store.reports.id_at("S1", "other", "health", 2) is store.reports.id_at("S1", "e1", "health", 9) is None


def test_what_verifies_a_report_comes_with_it_and_whether_the_one_before_fits(store: Store) -> None:
    site, other = Sender().meet(store), Sender("S2").meet(store)
    for seq in (1, 2):
        site.send(store, "health", seq, health(BEGIN), BEGIN)
    site.send(store, "health", 3, health(BEGIN), BEGIN, prev="f" * 64)
    site.send(store, "health", 5, health(BEGIN), BEGIN)
    other.send(store, "health", 1, health(BEGIN), BEGIN)
    rows = store.reports.signed_after(0, "S1", 99)
    assert [(row.seq, row.has_before, row.fits) for row in rows] == [
        (1, False, False), (2, True, True), (3, True, False), (5, False, False),
    ]  # fmt: skip
    assert store.reports.signed_after(rows[0].id, "S1", 2) == rows[1:3]
    assert [row.site for row in store.reports.signed_after(0, "", 99)] == ["S1"] * 4 + ["S2"]
    assert all(row.has_body for row in rows)


def test_a_case_gets_the_columns_of_a_run_with_the_findings_of_its_check_alone(store: Store) -> None:
    site = Sender().meet(store)
    online, mask = "camera-online", "privacy-mask-present"
    site.send(
        store, "config", 1, config(finding(online, "camera:c0", "fail"), finding(mask, "camera:c0", "pass")), BEGIN
    )
    site.send(store, "config", 2, config(finding(mask, "camera:c1", "warn")), BEGIN + HOUR)
    site.send(store, "config", 3, config(finding(online, "camera:c1", "pass")), BEGIN + 2 * HOUR)
    fork = site.claim("config", 3, config(finding(online, "camera:c9", "fail")), BEGIN + 2 * HOUR)
    with store.transaction():
        store.keep_report(fork, True, BEGIN)
    rows = store.reports.for_case("S1", "e1", "config", 1, 3, online)
    assert [(row.seq, [(one.subjects, one.status) for one in row.findings]) for row in rows] == [
        (1, [("camera:c0", "fail")]), (2, []), (3, [("camera:c1", "pass")]),
    ]  # fmt: skip
    assert [time_of(row.made_at) for row in rows] == [BEGIN, BEGIN + HOUR, BEGIN + 2 * HOUR]
    assert all(row.clock_synced for row in rows)
    assert json.loads(rows[0].findings[0].evidence) == {"rtt_ms": 7}
    assert store.reports.checks("S1", "e1", "config", 1, 2) == {online, mask}
    assert store.reports.checks("S1", "e1", "config", 2, 2) == {mask}
    assert [(epoch, seq) for epoch, seq, _ in sorted(store.reports.times("S1", "config"))] == [
        ("e1", 1), ("e1", 2), ("e1", 3),
    ]  # fmt: skip


def test_the_newest_configuration_is_that_which_came_last_and_is_compared_with_the_oldest_within(store: Store) -> None:
    site = Sender().meet(store)
    assert store.reports.newest_config("S1") is None
    site.send(store, "config", 1, config(model="A"), BEGIN)
    assert store.reports.config_ends("S1", 30 * DAY) is None
    site.send(store, "config", 2, config(model="B"), BEGIN + 10 * DAY)
    site.send(store, "config", 3, config(model="C"), BEGIN + 11 * DAY)
    newest = store.reports.newest_config("S1")
    assert newest is not None and time_of(newest.made_at) == BEGIN + 11 * DAY
    for within, begins in ((30 * DAY, BEGIN), (3 * DAY, BEGIN + 10 * DAY)):
        ends = store.reports.config_ends("S1", within)
        assert ends is not None and (time_of(ends[0].made_at), ends[1]) == (begins, newest)
    assert store.reports.config_ends("S1", timedelta(hours=1)) is None

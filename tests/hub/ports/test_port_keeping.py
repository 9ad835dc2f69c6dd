"""What is held stays, bodies go one by one without harming others, and what has expired goes with all it told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from portside import BEGIN, DAY, HOUR, Sender, config, finding, health

from agent.contract.chain import utc_text
from agent.contract.disputes import Disputed, disputed_json
from agent.contract.orders import Desired
from agent.hub.domain.retention import Held
from agent.hub.domain.rows.findings import Wanted
from agent.hub.domain.rows.keeping import Hold, case_hold
from agent.hub.ports.store import Store
from agent.model.errors import UsageError
from agent.verify.members import time_of


def hold(site: str = "S1", until: str = "2026-12-01", **more: str) -> Hold:
    told = Hold(
        number=0, site=site, from_at=utc_text(BEGIN), to_at=utc_text(BEGIN + DAY), kind="person", held_by="Li",
        why="an inquiry", at=utc_text(BEGIN), until=until,
    )  # fmt: skip
    return replace(told, **more)


def test_a_hold_lasts_through_its_last_day_unless_it_is_released(store: Store) -> None:
    Sender().meet(store)
    Sender("S2").meet(store)
    second, first = store.holds.keep(hold("S2")), store.holds.keep(hold())
    assert [(one.number, one.site) for one in store.holds.listed("2026-12-01")] == [(first, "S1"), (second, "S2")]
    assert store.holds.listed("2026-12-01", "S1") == [replace(hold(), number=first)]
    assert store.holds.listed("2026-12-02") == []
    assert store.holds.held(["S1", "S3"], "2026-12-01") == {
        "S1": [Held(utc_text(BEGIN), utc_text(BEGIN + DAY))], "S3": [],
    }  # fmt: skip
    store.holds.release(first, "Zhao", "it is over", BEGIN + DAY)
    assert store.holds.listed("2026-12-01", "S1") == []
    for wrong in (first, 999):
        with pytest.raises(UsageError):
            store.holds.release(wrong, "Zhao", "again", BEGIN + DAY)


@pytest.mark.parametrize(
    "wrong", [hold("S9"), hold(to_at=utc_text(BEGIN)), hold(why=" "), hold(held_by="two\nlines"), hold(why="x" * 501)]
)
def test_a_hold_that_is_refused_changes_nothing(store: Store, wrong: Hold) -> None:
    Sender().meet(store)
    with pytest.raises(UsageError):
        store.holds.keep(wrong)
    assert store.holds.listed("2026-11-02") == []


def test_a_case_an_open_fail_and_a_dispute_hold_by_themselves(store: Store) -> None:
    site = Sender().meet(store)
    store.holds.keep(case_hold("S1", BEGIN, BEGIN + DAY, BEGIN, "camera-online"))
    site.send(store, "config", 1, config(finding("camera-online", "camera:c0", "fail")), BEGIN + 3 * DAY)
    said = Disputed(
        check="camera-online", subject="camera:c0", status="fail", reason="unreachable", detected_at=BEGIN + 2 * DAY,
        repaired_at=BEGIN + 3 * DAY, by="Wang", at=BEGIN, why="a scaffold",
    )  # fmt: skip
    with store.transaction():
        store.disputes.take("S1", {"dispute": disputed_json(said)}, BEGIN + 4 * DAY)
    found = {one.kind: one for one in store.holds.listed("2026-11-10")}
    assert sorted(found) == ["case", "dispute", "fail"]
    assert (time_of(found["fail"].from_at), found["fail"].to_at, found["fail"].why) == (BEGIN + 2 * DAY, "", "1")
    assert (time_of(found["dispute"].from_at), time_of(found["dispute"].to_at)) == (BEGIN + DAY, BEGIN + 3 * DAY)
    assert [one.kind for one in store.holds.listed("2026-11-10", by_fails=False)] == ["case", "dispute"]
    assert len(store.holds.held(["S1"], "2026-11-10", by_fails=False)["S1"]) == 2


def test_bodies_come_by_id_and_one_that_was_dropped_leaves_what_proves_its_report(store: Store) -> None:
    site = Sender().meet(store)
    for seq in range(1, 131):
        at = BEGIN + seq * HOUR / 4
        site.send(store, "health", seq, health(at, host={"cpu_ratio": seq / 131}), at)
    bodies, last = [], 0
    while rows := store.bodies.after(last, 50):
        bodies += rows
        assert len(bodies) <= 130, "a page comes again"
        last = rows[-1].id
    assert [one.id for one in bodies] == [one.id for one in store.reports.accepted_after(0, 999)]
    assert [one.is_spare for one in bodies] == [True] * 129 + [False], "the newest of a chain is none"
    assert (bodies[0].made_before, time_of(bodies[1].made_before)) == ("", BEGIN + HOUR / 4)
    half = [one.id for one in bodies[::2]]
    needed = store.bodies.needed(half)
    assert needed <= set(half)
    with store.transaction():
        store.bodies.drop(half)
    assert [one.id for one in store.bodies.after(0, 999)] == [one.id for one in bodies[1::2]]
    for row in store.reports.stored("S1", "e1", "health", 1, 130):
        made = site.made["health", row.seq]
        assert (row.digest, row.jws, row.payload) == (made.digest, made.jws, b"" if row.seq % 2 else made.payload)
    assert store.body_at("S1", "e1", "health", 2) is not None
    assert len(store.reports.accepted_after(0, 999)) == 130
    assert [row.has_body for row in store.reports.signed_after(0, "", 4)] == [False, True, False, True]


def test_housekeeping_goes_on_where_it_was_and_looks_at_what_is_held_again(store: Store) -> None:
    site = Sender().meet(store)
    for seq in range(1, 7):
        site.send(store, "health", seq, health(BEGIN), BEGIN)
    ids = [one.id for one in store.bodies.after(0, 9)]
    with store.transaction():
        store.bodies.leave("full", ids[1:4])
        store.bodies.leave("full", ids[1:2])
        store.bodies.leave("changes", ids[5:])
        store.bodies.go_on("full", ids[3])
    assert [store.bodies.place(phase) for phase in ("full", "changes")] == [ids[3], 0]
    assert [one.id for one in store.bodies.held_before("full", 0, 2)] == ids[1:3]
    assert [one.id for one in store.bodies.held_before("full", ids[2], 9)] == ids[3:4]
    with store.transaction():
        store.bodies.forget("full", ids[1:2])
        store.bodies.drop(ids[2:3])
        store.bodies.go_on("full", ids[5])
    assert [one.id for one in store.bodies.held_before("full", 0, 9)] == ids[3:4]
    assert [one.id for one in store.bodies.held_before("changes", 0, 9)] == ids[5:]
    assert store.bodies.place("full") == ids[5]


def test_of_an_empty_store_no_later_clock_drops_a_body(store: Store) -> None:
    assert store.bodies.newest_arrival() == datetime.min.replace(tzinfo=UTC)
    assert store.expiry.newest_made_at() is None
    Sender().meet(store).send(store, "health", 1, health(BEGIN), BEGIN)
    assert store.bodies.newest_arrival() == store.expiry.newest_made_at() == BEGIN


def test_a_report_that_expires_takes_its_findings_along_and_no_other_report(store: Store) -> None:
    site = Sender().meet(store)
    for seq in range(1, 5):
        found = [finding("clock-offset", "camera:c1", "warn")] if seq == 1 else []
        body = config(finding("camera-online", "camera:c0", "fail"), *found)
        site.send(store, "config", seq, body, BEGIN + seq * DAY)
    rows = store.expiry.reports_after(0, 9)
    assert [(time_of(one.made_at), one.is_spare) for one in rows] == [
        (BEGIN + seq * DAY, seq < 4) for seq in range(1, 5)
    ]
    assert store.expiry.reports_after(rows[0].id, 2) == rows[1:3]
    with store.transaction():
        for row in rows[:2]:
            store.expiry.delete_report(row.id)
        store.expiry.delete_untold_findings("S1")
    assert [one.seq for one in store.reports.stored("S1", "e1", "config", 1, 9)] == [3, 4]
    assert store.reports.checks("S1", "e1", "config", 1, 9) == {"camera-online"}
    for row in store.reports.stored("S1", "e1", "config", 1, 9):
        assert row.payload == site.made["config", row.seq].payload
    assert store.findings.total(Wanted()) == 1, "what is open now stays"
    assert store.reports.check(None)["altered"] == 0
    assert store.chains.get(("S1", "e1", "config")).confirmed.seq == 4, "the chain stays"


def test_reports_that_expire_leave_the_bodies_of_those_that_are_like_them(store: Store) -> None:
    site = Sender().meet(store)
    for seq in range(1, 41):
        site.send(store, "health", seq, health(BEGIN, more={str(n): n for n in range(200)}), BEGIN + seq * HOUR)
    rows = store.expiry.reports_after(0, 99)
    with store.transaction():
        for row in rows[:30:2]:
            store.expiry.delete_report(row.id)
    left = list(store.reports.stored("S1", "e1", "health", 1, 99))
    assert [one.seq for one in left] == [*range(2, 31, 2), *range(31, 41)]
    assert [one.payload for one in left] == [site.made["health", one.seq].payload for one in left]


def test_what_stands_beside_reports_expires_by_its_own_time(store: Store) -> None:
    site = Sender().meet(store)
    for day, status in ((0, "fail"), (10, "pass"), (20, "fail"), (30, "pass")):
        at = BEGIN + day * DAY
        site.send(store, "config", day + 1, config(finding("camera-online", "camera:c0", status)), at)
        key = ("S1", "e1", "event")
        with store.transaction():
            store.accepted.keep(key, day + 1, day + 1, "Li", "lost", at)
    store.policies.keep_desired(Desired("S1", 1, BEGIN, {}), b"1", "h..s")
    store.policies.keep_desired(Desired("S1", 2, BEGIN + DAY, {}), b"2", "h..s")
    with store.transaction():
        store.expiry.delete_beside(utc_text(BEGIN + 15 * DAY))
    assert [time_of(one.from_at) for one in store.findings.history("S1", 9)] == [BEGIN + 20 * DAY]
    assert [store.policies.desired("S1", one) for one in (1, 2)] == [b"", b"2"], "the newest policy stays"
    assert len(store.accepted.of_site("S1")) == 4, "none of them is passed by its chain"


def test_the_room_that_a_store_takes_and_has_is_positive(store: Store) -> None:
    Sender().meet(store)
    room = store.disk.measure()
    assert room.used_bytes > 0
    assert store.disk.sizes() == {}
    for used in (1, room.used_bytes):
        store.disk.keep_size(date(2026, 11, 2), used)
    store.disk.keep_size(date(2026, 11, 1), 7)
    assert store.disk.sizes() == {date(2026, 11, 1): 7, date(2026, 11, 2): room.used_bytes}
    assert 0 < room.free_bytes <= room.capacity_bytes + room.used_bytes

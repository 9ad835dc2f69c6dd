"""Bodies that are over are dropped, what is held stays, a row proves as before, and being ended harms nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from caseside import Day, config, event, finding, health
from delivery import DAY, Maker
from hubdesk import Desk, trusted

from agent.contract.chain import utc_text
from agent.hub.case.case import write_case
from agent.hub.domain.rows.keeping import case_hold
from agent.hub.stores import evidence, trust
from agent.hub.stores.keeping.holds import holds, keep_hold, release
from agent.hub.stores.store import Store
from agent.hub.views.signatures import verify_all
from agent.hub.workers.expire import DAY_S, Expiry
from agent.hub.workers.housekeeping import Housekeeping

BEGIN = datetime.fromisoformat("2026-11-02T02:00:00Z")
HOUR = timedelta(hours=1)
DAYS = 4


@pytest.fixture
def day(desk: Desk, tmp_path: Path) -> Day:
    """A site that reported four days: configuration and a fault that comes and goes each day, health each six hours."""
    maker = Maker(tmp_path / "site")
    trusted(desk, maker)
    made = Day(maker)
    for number in range(DAYS):
        for part in range(3):
            at = BEGIN + number * DAY + part * 6 * HOUR
            turn = (("pass", "pass"), ("pass", "fail"), ("fail", "pass"))[part]
            said = event("camera:c0", *turn) if part else config(finding("camera:c0", "pass"))
            for one in made.report(at, health(at, 6 * HOUR), said):
                desk.send(one, at=at)
    return made


def later(desk: Desk, day: Day, after: timedelta) -> datetime:
    """Have the site report once more so long after its first report; return when."""
    at = BEGIN + after
    for one in day.report(at, health(at), config(finding("camera:c0", "pass"))):
        desk.send(one, at=at)
    return at


def keep_house(store: Store, now: datetime, worker: Housekeeping | None = None) -> int:
    """Let the hub look until it waits for the next day; return how many bodies it told of."""
    worker, now_s, told = worker or Housekeeping(), 0.0, []
    while worker.look_at_s - now_s < DAY_S:
        worker.look(store, now, now_s, told.append)
        now_s = max(now_s, worker.look_at_s) if worker.look_at_s - now_s < DAY_S else now_s
    return sum(int(str(one["reports"])) for one in told)


def left(store: Store) -> list[tuple[str, int]]:
    return store.all("SELECT stream, seq FROM report WHERE length(payload) > 0 ORDER BY stream, seq")


def one_of(desk: Desk, stream: str, seq: int) -> int:
    return int(desk.store.all("SELECT id FROM report WHERE stream = ? AND seq = ?", stream, seq)[0][0])


def rows(store: Store) -> list[tuple[object, ...]]:
    """Return everything that stays of a report."""
    return store.all(
        "SELECT id, site, epoch, stream, seq, digest, prev, fork, city, kid, arrived_at, protected, signature, made_at,"
        " config, clock_synced, due_at, event_head, seal FROM report ORDER BY id"
    )


EVENTS = [("event", number) for number in range(1, 2 * DAYS + 1)]
CONFIGS = [("config", number) for number in range(1, DAYS + 2)]
FIRST_OF_DAY = [("health", number) for number in (1, 4, 7, 10, 13)]


def test_after_90_days_one_health_report_a_day_and_every_change_stay(desk: Desk, day: Day) -> None:
    now = later(desk, day, 100 * DAY)
    before, mark = rows(desk.store), desk.watermark("e1")
    assert keep_house(desk.store, now - 20 * DAY) == 0
    assert keep_house(desk.store, now) == 2 * DAYS
    assert left(desk.store) == [*CONFIGS, *EVENTS, *FIRST_OF_DAY]
    assert (rows(desk.store), desk.watermark("e1")) == (before, mark)
    assert keep_house(desk.store, now) == 0


def test_after_a_year_heads_and_proofs_stay_and_the_newest_of_each_stream(desk: Desk, day: Day) -> None:
    now = later(desk, day, 380 * DAY)
    before = rows(desk.store)
    keep_house(desk.store, now)
    assert left(desk.store) == [CONFIGS[-1], EVENTS[-1], FIRST_OF_DAY[-1]]
    assert rows(desk.store) == before
    assert evidence.check(desk.store, None)["altered"] == 0
    told = verify_all(desk.store)
    assert (told["reports"], told["bodies"], told["wrong"]) == (len(before), 3, 0)


def test_a_body_that_somebody_emptied_is_told(desk: Desk, day: Day) -> None:
    now = later(desk, day, 100 * DAY)
    keep_house(desk.store, now)
    for stream, seq in (("health", 13), ("event", 8)):  # a change stays for a year
        desk.store.run("DELETE FROM body WHERE id = ?", one_of(desk, stream, seq))
    taken: list[Any] = [evidence.check(desk.store, None)["rows"], verify_all(desk.store)["rows"]]
    for rows_of, what in zip(taken, ("payload", "body"), strict=True):
        assert {(one["stream"], one["seq"]) for one in rows_of} == {("health", 13), ("event", 8)}
        assert {one["what"] for one in rows_of} == {what}


def test_verifying_all_tells_a_signature_a_chain_and_a_key_that_do_not_fit(desk: Desk, day: Day) -> None:
    assert verify_all(desk.store)["wrong"] == 0
    first, second = one_of(desk, "health", 1), one_of(desk, "health", 2)
    other = "(SELECT signature FROM report_row WHERE id = ?)"
    desk.store.run(f"UPDATE report_row SET signature = {other} WHERE id = ?", second, first)  # noqa: S608
    desk.store.run("UPDATE report_row SET prev = ? WHERE id = ?", bytes(32), one_of(desk, "event", 3))
    desk.store.run("UPDATE body SET payload = ? WHERE id = ?", b"{}", one_of(desk, "config", 2))
    found = [(one["stream"], one["seq"], one["what"]) for one in verify_all(desk.store)["rows"]]  # type: ignore[index,union-attr,call-overload]
    assert sorted(found) == [
        ("config", 2, "digest"), ("config", 2, "signature"), ("event", 3, "chain"), ("health", 1, "signature"),
    ]  # fmt: skip
    desk.store.run("DELETE FROM key")
    assert {one["what"] for one in verify_all(desk.store, "S1")["rows"]} == {"key", "chain", "digest"}  # type: ignore[index,union-attr,call-overload]
    assert verify_all(desk.store, "S2")["reports"] == 0


def hold_second_day(desk: Desk, now: datetime, until: timedelta = DAY) -> int:
    one = case_hold("S1", BEGIN + DAY, BEGIN + DAY + 20 * HOUR, now, "x")
    return keep_hold(desk.store, one)


def test_what_a_person_holds_stays_whole_until_it_is_released(desk: Desk, day: Day) -> None:
    now = later(desk, day, 380 * DAY)
    number = hold_second_day(desk, now)
    keep_house(desk.store, now)
    second_day = [("config", 2), ("event", 3), ("event", 4), ("health", 4), ("health", 5), ("health", 6)]
    newest = [CONFIGS[-1], EVENTS[-1], FIRST_OF_DAY[-1]]
    assert left(desk.store) == sorted([*second_day, *newest])
    worker = Housekeeping()
    assert keep_house(desk.store, now, worker) == 0
    release(desk.store, number, "Li", "over", now)
    assert keep_house(desk.store, now) == len(second_day)
    assert left(desk.store) == newest


def test_a_hold_ends_after_its_last_day(desk: Desk, day: Day) -> None:
    now = later(desk, day, 380 * DAY)
    hold_second_day(desk, now - 367 * DAY)
    keep_house(desk.store, now)
    assert len(left(desk.store)) == 3


@pytest.mark.parametrize("holds_by", ["fail", "dispute", "decided"])
def test_an_open_fail_and_a_dispute_hold_by_themselves(desk: Desk, day: Day, holds_by: str) -> None:
    begun = utc_text(BEGIN + 2 * DAY)
    if holds_by == "fail":
        desk.store.run(
            "INSERT INTO finding_now VALUES ('S1', 'c', 'camera:c0', 'fail', '', '', '', '', '', '', '', '', '', ?)",
            begun,
        )
    else:
        decided = utc_text(BEGIN + 300 * DAY) if holds_by == "dispute" else utc_text(BEGIN + 280 * DAY)
        desk.store.run(
            "INSERT INTO dispute (site, id, check_id, subject, status, reason, detected_at, repaired_at, disputed_by,"
            " at, why, arrived_at, ended_at, decided_at)"
            " VALUES ('S1', 'd', 'c', 'camera:c0', 'fail', '', ?, '', 'a', ?, 'w', ?, ?, ?)",
            *(begun, begun, begun, utc_text(BEGIN + 2 * DAY + 20 * HOUR), decided),
        )
    now = BEGIN + 375 * DAY
    for one in day.report(now, health(now)):
        desk.send(one, at=now)
    keep_house(desk.store, now)
    kept = {number for stream, number in left(desk.store) if stream == "health"}
    if holds_by == "decided":
        assert kept == {13}
        return
    assert {number for number in kept if number < 13} == {4, 5, 6, 7, 8, 9} | (
        {10, 11, 12} if holds_by == "fail" else set()
    )
    (one,) = holds(desk.store, now.date().isoformat(), "S1")
    assert (one.kind, one.number, one.from_at) == (holds_by, 0, utc_text(BEGIN + DAY))


def expire_all(desk: Desk, now: datetime) -> None:
    expiry = Expiry(timedelta(days=200))
    for turn in range(9):
        expiry.look(desk.store, now, turn * DAY_S, lambda event: None)


def test_a_held_report_is_not_expired_whole_either(desk: Desk, day: Day) -> None:
    now = later(desk, day, 400 * DAY)
    hold_second_day(desk, now)
    expire_all(desk, now)
    kept = {seq for (seq,) in desk.store.all("SELECT seq FROM report WHERE stream = 'health'")}
    assert kept == {4, 5, 6, 13}


def test_a_case_that_was_handed_out_can_be_made_again_with_what_it_needs_from_outside_its_time(
    desk: Desk, day: Day
) -> None:
    """The configuration before its begin and the first reports behind its end are in it, and not in the time asked."""
    asked = ("S1", "camera-online", BEGIN + DAY + HOUR, BEGIN + DAY + 7 * HOUR)
    case = write_case(desk.store, trust.load(desk.directory), desk.signer, *asked)
    now = later(desk, day, 380 * DAY)
    keep_hold(desk.store, case_hold("S1", case.first_at, case.last_at, now, "x"))
    keep_house(desk.store, now)
    expire_all(desk, now)
    assert write_case(desk.store, trust.load(desk.directory), desk.signer, *asked).data == case.data


def test_a_report_made_in_a_held_time_stays_however_late_it_came(desk: Desk, day: Day) -> None:
    (late, *_) = day.report(BEGIN + 5 * DAY, health(BEGIN + 5 * DAY))
    desk.send(late, at=BEGIN + 9 * DAY)
    now = later(desk, day, 400 * DAY)
    keep_hold(desk.store, case_hold("S1", BEGIN + 4 * DAY, BEGIN + 6 * DAY, now, "x"))
    expire_all(desk, now)
    assert desk.store.all("SELECT seq FROM report WHERE digest = ?", late.report.digest) == [(late.report.seq,)]


def interrupted(desk: Desk, monkeypatch: pytest.MonkeyPatch, place: int) -> bool:
    """Let housekeeping begin and end it at its n-th write; return whether it came so far."""
    real, times = Store.run, [0]

    def run(self: Store, statement: str, *values: object) -> int:
        times[0] += 1
        if times[0] == place:
            raise KeyboardInterrupt
        return real(self, statement, *values)

    with monkeypatch.context() as patched:
        patched.setattr(Store, "run", run)
        try:
            keep_house(desk.store, BEGIN + 380 * DAY)
        except KeyboardInterrupt:
            return True
    return False


def test_being_ended_at_any_write_loses_nothing_and_passes_nothing_over(
    desk: Desk, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.hub.workers.housekeeping.AT_ONCE", 3)
    now = later(desk, day, 380 * DAY)
    number, before, place = hold_second_day(desk, now), rows(desk.store), 0
    while interrupted(desk, monkeypatch, place := place + 1):
        assert rows(desk.store) == before
        assert evidence.check(desk.store, None)["altered"] == 0
        assert place < 200
    assert len(left(desk.store)) == 9
    release(desk.store, number, "Li", "over", now)
    keep_house(desk.store, now)
    assert len(left(desk.store)) == 3
    assert desk.store.all("SELECT count(*) FROM body_held WHERE report_id NOT IN (SELECT id FROM report)") == [(0,)]


def test_a_clock_that_was_put_forward_drops_nothing(desk: Desk, day: Day) -> None:
    assert keep_house(desk.store, BEGIN + 5000 * DAY) == 0


def test_a_report_that_came_while_the_clock_was_wrong_holds_up_no_other(
    desk: Desk, day: Day, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.hub.workers.housekeeping.AT_ONCE", 4)
    desk.store.run(
        "UPDATE report_row SET arrived_at = ? WHERE id = ?", utc_text(BEGIN + 99 * DAY), one_of(desk, "health", 2)
    )
    now = later(desk, day, 100 * DAY)
    assert keep_house(desk.store, now) == 2 * DAYS - 1
    assert ("health", 2) in left(desk.store)
    now = later(desk, day, 190 * DAY)
    keep_house(desk.store, now)
    assert ("health", 2) not in left(desk.store)


def test_a_case_about_dropped_bodies_says_unknown_and_never_pass(desk: Desk, day: Day) -> None:
    now = later(desk, day, 100 * DAY)

    def told() -> Iterator[tuple[str, float]]:
        case = write_case(
            desk.store, trust.load(desk.directory), desk.signer, "S1", "camera-online", BEGIN, BEGIN + 3 * DAY
        )
        with zipfile.ZipFile(BytesIO(case.data)) as archive:
            nonlocal_gaps.append(json.loads(archive.read("gaps.json")))
        for row in case.rows:
            yield row.status, (row.to_at - row.from_at) / HOUR

    nonlocal_gaps: list[dict[str, list[dict[str, object]]]] = []
    before: dict[str, float] = {}
    for status, hours in told():
        before[status] = before.get(status, 0) + hours
    keep_house(desk.store, now)
    after: dict[str, float] = {}
    for status, hours in told():
        after[status] = after.get(status, 0) + hours
    assert after["unknown"] > before.get("unknown", 0) and after["pass"] < before["pass"]
    assert {one["reason"] for one in nonlocal_gaps[1]["explained"]} == {"body-dropped"}
    (digest,) = desk.store.all("SELECT digest FROM report WHERE stream = 'health' AND seq = 2")[0]
    assert digest in {one["last_digest"] for one in nonlocal_gaps[1]["explained"]}


CHILD = """
import sys
from datetime import datetime
from pathlib import Path
from agent.hub.stores.store import Store
from agent.hub.workers import housekeeping
from agent.hub.workers.expire import DAY_S
housekeeping.AT_ONCE = 2
store, worker, now_s = Store(Path(sys.argv[1])), housekeeping.Housekeeping(), 0.0
print("begun", flush=True)
while worker.look_at_s - now_s < DAY_S:
    worker.look(store, datetime.fromisoformat(sys.argv[2]), now_s, lambda event: print("dropped", flush=True))
    now_s = max(now_s, worker.look_at_s) if worker.look_at_s - now_s < DAY_S else now_s
"""


def test_a_hub_that_is_killed_while_it_keeps_house_goes_on_and_nothing_is_lost(desk: Desk, day: Day) -> None:
    """With SIGKILL, each time after one portion more."""
    now, ends = later(desk, day, 380 * DAY), 0
    before = rows(desk.store)
    for portions in (1, 2, 1, 3):
        child = subprocess.Popen(
            [sys.executable, "-P", "-c", CHILD, str(desk.directory), now.isoformat()],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert child.stdout is not None
        for _ in range(portions + 1):
            assert child.stdout.readline()
        child.kill()
        child.communicate()
        ends += 1
        assert rows(desk.store) == before
        assert evidence.check(desk.store, None)["altered"] == 0
    keep_house(desk.store, now)
    assert left(desk.store) == [CONFIGS[-1], EVENTS[-1], FIRST_OF_DAY[-1]]
    assert ends == 4 and desk.watermark("e1")["health"] == 13

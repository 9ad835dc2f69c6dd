"""Rows of reports take few bytes, and each text comes back as it came: of today's hub, and of the one before."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from caseside import Day, at, told_day
from delivery import Maker
from hub_rows import put_row
from hubdesk import Desk, trusted
from older_hub import ROWS, as_of_version

from agent.contract.chain import utc_text
from agent.contract.signing_keys import b64url
from agent.hub.case.case import write_case
from agent.hub.log import receipts
from agent.hub.log.sequencer import append
from agent.hub.stores import evidence, schema, trust
from agent.hub.stores.keeping import older_rows
from agent.hub.stores.keeping.payloads import exact
from agent.hub.stores.keeping.rows import SAID, SEALED, config_out, jws_out, sealed, time_in
from agent.hub.stores.log import LogStore
from agent.hub.stores.store import NAME, Store
from agent.hub.views.signatures import verify_all
from agent.hub.workers import opening
from agent.hub.workers.alive import Alive
from agent.hub.workers.expire import expire_portion
from agent.hub.workers.opening import open_store

SIGNED = f"{b64url(b'header')}..{b64url(bytes(range(64)))}"
DIGEST = "0f" * 32
TEXTS: dict[str, dict[str, Any]] = {
    "ours": {"digest": DIGEST, "jws": SIGNED},
    "no digest": {"digest": ""},
    "a digest in capitals": {"digest": DIGEST.upper()},
    "a digest with a space": {"digest": f"0f {DIGEST[3:]}"},
    "a short digest": {"digest": "0f"},
    "a digest in other digits": {"digest": "\u0661" * 64},
    "no JWS": {"jws": ""},
    "a JWS without a signature": {"jws": "a.."},
    "a JWS with its payload": {"jws": SIGNED.replace("..", ".x.")},
    "a JWS of more parts": {"jws": f"a..b..{b64url(b'x')}"},
    "a JWS with three dots": {"jws": "a...YWJj"},
    "a padded JWS": {"jws": f"{SIGNED}="},
    "a JWS with stray bits": {"jws": f"{SIGNED[:-1]}B"},
    "a JWS with a line break": {"jws": f"{SIGNED}\n"},
    "a JWS of other letters": {"jws": "\u00e4..\u00f6"},
    "a JWS with a long header": {"jws": f"{'a' * 4000}..{b64url(b'x')}"},
    "no time": {"arrived_at": ""},
    "a time without milliseconds": {"arrived_at": "2026-11-24T15:09:00Z"},
    "a time with an offset": {"arrived_at": "2026-11-24T15:09:00.000+08:00"},
    "a time with a space": {"arrived_at": "2026-11-24 15:09:00.000Z"},
    "a time before 1970": {"arrived_at": "1969-12-31T23:59:59.999Z"},
    "the last time": {"arrived_at": "9999-12-31T23:59:59.999Z"},
    "a day that is none": {"arrived_at": "2026-02-30T00:00:00.000Z"},
    "a number for a time": {"arrived_at": "5"},
    "names with a quotation mark": {"city": "'; --", "kid": "\u5927\u540c", "epoch": '"'},
}


@pytest.mark.parametrize("name", TEXTS)
def test_each_text_of_a_row_comes_back_as_it_came(desk: Desk, name: str) -> None:
    given = {"prev": "ab" * 32, "arrived_at": "2026-11-24T15:09:00.007Z", "jws": SIGNED, "digest": DIGEST} | TEXTS[name]
    said = (given["arrived_at"], '{"a": "\u5927"}', 1, given["arrived_at"], None)
    with desk.store.transaction():
        put_row(desk.store, 3, body=b"{}", said=said, **given)
    (row,) = desk.store.all(f"SELECT {SEALED} FROM report")  # noqa: S608  our own columns
    (told,) = desk.store.all(f"SELECT {SAID} FROM report")  # noqa: S608
    came = dict(zip((*SEALED.split(", ")[:-2], "jws"), sealed(row), strict=True))
    assert {one: came[one] for one in given} == given
    assert (told[0], config_out(told[1]), *told[2:]) == said
    what = [one["what"] for one in evidence.check(desk.store, None)["rows"]]  # type: ignore[index,union-attr,call-overload]
    assert what == ["payload"], "the seal fits; only the body is not one of this digest"


def test_any_time_of_ours_is_a_number_and_comes_back(desk: Desk) -> None:
    rng = random.Random(3)
    begin, end = at(0) - timedelta(days=365 * 26), at(0) + timedelta(days=365 * 70)
    times = [utc_text(begin + (end - begin) * rng.random()) for _ in range(2_000)]
    with desk.store.transaction():
        for seq, one in enumerate(times, 1):
            put_row(desk.store, seq, f"{seq:064x}", arrived_at=one)
    assert all(isinstance(time_in(one), int) for one in times)
    assert [one for (one,) in desk.store.all("SELECT arrived_at FROM report ORDER BY seq")] == times


def texts_of(store: Store) -> list[tuple[object, ...]]:
    """Everything that a hub knows of its reports, bodies and findings included."""
    rows = store.all(
        "SELECT id, site, epoch, stream, seq, digest, prev, fork, city, kid, arrived_at, made_at, clock_synced, due_at,"
        " event_head, protected, signature, config, payload FROM report ORDER BY id"
    )
    found = store.all("SELECT report_id, digest FROM telling_finding JOIN finding ON id = finding_id ORDER BY 1, 2")
    return [(*row, jws_out(*jws), config_out(config), exact(store, body)) for *row, jws, config, body in (
        (*row[:15], row[15:17], *row[17:]) for row in rows
    )] + found  # fmt: skip


def told_city(desk: Desk, directory: Path) -> None:
    """Have a site tell a day, another one come backwards and fork, and drop a body."""
    told_day(desk, Maker(directory / "one"))
    maker = Maker(directory / "two")
    desk.vouch(maker)
    trusted(desk, maker, "e2")
    day = Day(maker, "e2")
    before = dict(day.heads)
    day.quarter_hours(0, 3)
    made, day.heads = list(day.made), before
    forks = day.quarter_hours(5, 6) or day.made[len(made) :]
    for one in (*made[::-1], *forks):
        assert desk.send(one)["event"] in ("verified", "fork")
    with desk.store.transaction():
        desk.store.run("DELETE FROM body WHERE id = 7")


def written(desk: Desk, log: LogStore) -> list[object]:
    """What the hub hands out of its reports: a case, receipts, and what verifying all says."""
    case = write_case(desk.store, trust.load(desk.directory), desk.signer, "S1", "camera-online", at(9), at(12))
    of = [receipts.receipt(log, desk.store, receipts.Place("S1", "health", seq, "e1")) for seq in (1, 9, 20)]
    return [case.data, *of, verify_all(desk.store), desk.watermark("e1"), desk.watermark("e2")]


def test_a_hub_of_the_version_before_keeps_every_byte_that_it_proves_something_with(desk: Desk, tmp_path: Path) -> None:
    told_city(desk, tmp_path)
    with closing(LogStore(desk.directory)) as log:
        append(log, desk.store, desk.signer, at(23))
        before, handed_out = texts_of(desk.store), written(desk, log)
        altered = evidence.check(desk.store, None)
        desk.store.close()
        as_of_version(desk.directory, ROWS)
        assert sum(1 for row in before if len(row) > 2 and row[7]) >= 3, "there are forks"
        desk.store = Store(desk.directory)
        assert texts_of(desk.store) == before
        assert evidence.check(desk.store, None) == altered
        assert written(desk, log) == handed_out
        assert append(log, desk.store, desk.signer, at(23))[1] == [], "the log goes on where it was"
    assert desk.store.all("PRAGMA user_version") == [(schema.VERSION,)]
    assert desk.store.all("PRAGMA integrity_check") == [("ok",)]


MIGRATE = """
import os, signal, sys
from pathlib import Path
from agent.hub.stores.keeping import older_rows
from agent.hub.stores.store import Store
older_rows.MOST = 4
move, left = older_rows._move_one, int(sys.argv[2])

def moved(*words):
    global left
    move(*words)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

older_rows._move_one = moved
Store(Path(sys.argv[1])).close()
"""


def test_a_migration_that_is_killed_anywhere_goes_on_and_loses_nothing(desk: Desk, tmp_path: Path) -> None:
    told_city(desk, tmp_path)
    before = texts_of(desk.store)
    desk.store.close()
    as_of_version(desk.directory, ROWS)
    moved = [0]
    for rows in (1, 4, 6, 30, 3):
        child = subprocess.run(
            [sys.executable, "-P", "-c", MIGRATE, str(desk.directory), str(rows)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            check=False,
        )
        assert child.returncode == -9
        db = sqlite3.connect(desk.directory / NAME)
        ((here,), (there,)) = (db.execute(f"SELECT count(*) FROM {name}").fetchone() for name in TABLES)  # noqa: S608
        db.close()
        assert here % 4 == 0 and here + there == sum(len(row) > 2 for row in before)
        moved.append(here)
    assert moved == sorted(moved) and moved[-1] > 28
    desk.store = Store(desk.directory)
    assert texts_of(desk.store) == before
    assert evidence.check(desk.store, None)["altered"] == 1, "the body that is not there"


TABLES = ("report_row", "report_before")
ALTERED = {
    "time": ("UPDATE report SET arrived_at = '2026-11-24T00:00:00.000Z' WHERE id = 2", ["row"]),
    "signature": ("UPDATE report SET jws = jws || 'x' WHERE id = 2", ["row"]),
    "prev": ("UPDATE report SET prev = digest WHERE id = 2", ["row"]),
    "body": ("UPDATE report SET payload = x'7b7d' WHERE id = 40", ["payload"]),
    "digest": ("UPDATE report SET digest = 'ab' WHERE id = 40", ["payload"]),
    "what views see": ("UPDATE said SET made_at = '2026-11-20T00:00:00.000Z' WHERE id = 2", ["row"]),
    "what cases see": ("UPDATE telling SET event_head = 9 WHERE id = 2", ["row"]),
    "no seal": ("DELETE FROM said WHERE id = 2", ["seal"]),
    "no other seal": ("DELETE FROM telling WHERE id = 2", ["seal"]),
    "a number for a text": ("UPDATE report SET jws = x'ff', kid = 5 WHERE id = 2", ["row"]),
}


def test_a_hub_that_is_told_to_end_leaves_the_migration_after_a_portion_and_says_what_is_left(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_city(desk, tmp_path)
    before = texts_of(desk.store)
    desk.store.close()
    as_of_version(desk.directory, ROWS)
    monkeypatch.setattr(older_rows, "MOST", 4)
    stop, told = threading.Event(), []

    def tell(event: Mapping[str, object]) -> None:
        told.append(event)
        stop.set()

    assert open_store(desk.directory, stop, tell, Alive(0)) is None
    assert [one["event"] for one in told] == ["converting"]
    assert 0 < int(str(told[0]["left"])) < len(before)
    monkeypatch.setattr(opening, "TOLD_EACH_S", 0.0)
    stop, told = threading.Event(), []
    store = open_store(desk.directory, stop, told.append, Alive(0))
    assert store is not None
    desk.store = store
    left = [int(str(one["left"])) for one in told]
    assert left == sorted(left, reverse=True)
    assert (len(left) > 3, left[-1]) == (True, 0)
    assert texts_of(desk.store) == before


@pytest.mark.parametrize("name", ALTERED)
def test_a_row_that_somebody_changed_before_is_still_found_after_the_migration(
    desk: Desk, tmp_path: Path, name: str
) -> None:
    """A migration that made new seals for what it found would make a changed row a true one."""
    told_day(desk, Maker(tmp_path / "site"))
    desk.store.close()
    as_of_version(desk.directory, ROWS)
    db = sqlite3.connect(desk.directory / NAME)
    statement, what = ALTERED[name]
    assert db.execute(statement).rowcount == 1
    db.commit()
    db.close()
    desk.store = Store(desk.directory)
    found = evidence.check(desk.store, None)["rows"]
    assert [one["what"] for one in found][:1] == what, found  # type: ignore[index,union-attr,call-overload]


def test_what_follows_a_deleted_report_keeps_its_digest_and_what_two_share_stays(desk: Desk, tmp_path: Path) -> None:
    told_day(desk, Maker(tmp_path / "site"))
    before = {row[0]: row for row in texts_of(desk.store) if len(row) > 2}
    configs = desk.store.all("SELECT count(*) FROM config_said")
    with desk.store.transaction():
        _, sites = expire_portion(desk.store, utc_text(at(90 * 24)), 0, "2027-03-01")
    left = {row[0]: row for row in texts_of(desk.store) if len(row) > 2}
    assert 0 < len(left) < len(sites) < len(before)
    assert all(row == before[number] for number, row in left.items())
    assert evidence.check(desk.store, None)["altered"] == 0
    assert configs == desk.store.all("SELECT count(*) FROM config_said") == [(1,)]


def test_the_same_configuration_is_stored_once_and_goes_with_the_last_that_has_it(desk: Desk, tmp_path: Path) -> None:
    maker = Maker(tmp_path / "site")
    trusted(desk, maker)
    with desk.store.transaction():
        for seq, config in enumerate(("{1}", "{1}", "{2}", "{1}"), 1):
            said = ("", config, 1, "", None)
            put_row(desk.store, seq, f"{seq:064x}", prev=f"{seq - 1:064x}", stream="config", said=said)
    shown = [config_out(one) for (one,) in desk.store.all("SELECT config FROM report ORDER BY seq")]
    assert shown == ["{1}", "{1}", "{2}", "{1}"]
    assert desk.store.all("SELECT count(*) FROM config_said") == [(3,)]


def test_a_report_is_stored_once_whoever_asks(desk: Desk) -> None:
    with desk.store.transaction():
        put_row(desk.store, 1, DIGEST)
        with pytest.raises(AssertionError):
            put_row(desk.store, 1, DIGEST)
        put_row(desk.store, 1, "ab" * 32, fork=True)
    assert desk.store.all("SELECT seq, fork FROM report ORDER BY id") == [(1, 0), (1, 1)]


def test_numbers_of_a_transaction_that_was_taken_back_are_not_used(desk: Desk) -> None:
    with pytest.raises(ZeroDivisionError), desk.store.transaction():
        put_row(desk.store, 1, DIGEST, site="S7", city="x")
        raise ZeroDivisionError
    with desk.store.transaction():
        put_row(desk.store, 1, DIGEST, site="S8", city="y")
        put_row(desk.store, 1, DIGEST, site="S7", city="x")
    assert desk.store.all("SELECT site, city FROM report ORDER BY id") == [("S8", "y"), ("S7", "x")]


def test_no_view_reads_more_than_the_rows_of_its_site(desk: Desk) -> None:
    """The view is flattened into each statement, so that the index is used."""
    of_site = "site = 'S1' AND epoch = 'e1' AND stream = 'health'"
    for statement in (
        f"SELECT digest, prev FROM report WHERE {of_site} AND seq = 4 AND fork = 0",  # noqa: S608
        f"SELECT made_at FROM report WHERE {of_site} AND fork = 0 ORDER BY seq DESC LIMIT 1",  # noqa: S608
        f"SELECT count(*) FROM report WHERE {of_site} AND seq <= 9",  # noqa: S608
        "SELECT id, digest, coalesce(size, 0) FROM report LEFT JOIN log_held USING (site) WHERE id > 5 ORDER BY id"
        " LIMIT 10",
    ):
        plan = " / ".join(row[-1] for row in desk.store.all(f"EXPLAIN QUERY PLAN {statement}"))
        assert "SCAN" not in plan and "MATERIALIZE" not in plan and "CO-ROUTINE" not in plan, plan
        assert "TEMP B-TREE" not in plan, plan

"""Each accepted report gets its place in a log that only grows, and a receipt that needs no hub to be verified."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import delivery
import pytest
from delivery import NOW
from here_run import run_here
from hub_rows import COPY
from logged_hub import LATER, Logged

from agent.contract.signing_keys import load_or_create_signer
from agent.hub.log import receipts
from agent.hub.log.restored import begin_anew
from agent.hub.log.running import LOOK_S, RunningLog
from agent.hub.log.sequencer import LogBehind, append
from agent.hub.stores import database
from agent.hub.stores.log import LogStore
from agent.hub.stores.store import Store
from agent.model.errors import ConfigurationError, NotVerified, StoreFailed, StoreWaits, UnknownKey, UsageError
from agent.model.finding import Json
from agent.verify.checkpoint import read_checkpoint
from agent.verify.log_life import read_restored
from agent.verify.merkle import is_consistent
from agent.verify.receipt import read_receipt


def test_every_accepted_report_has_a_receipt_that_leads_to_what_the_hub_signed(logged: Logged) -> None:
    sizes = []
    for count in (1, 3, 300, 2):
        logged.report(count)
        sizes.append(logged.append().size)
    assert sizes == [1, 4, 304, 306]
    for seq in (1, 2, 4, 5, 257, 305, 306):
        found = read_receipt(logged.receipt(seq), logged.keys)
        assert (found.digest, found.index) == (logged.sent[seq - 1].report.digest, seq - 1)
        assert found.checkpoint.size == 306


def test_of_two_hubs_that_append_at_the_same_time_one_does(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    """One may go on with what it read while it led, after another has begun to lead."""
    logged.report(5)
    read = logged.desk.store.reports.accepted_after

    def slow(after_id: int, most: int) -> object:
        rows = read(after_id, most)
        monkeypatch.undo()
        logged.append()
        return rows

    monkeypatch.setattr(logged.desk.store.reports, "accepted_after", slow)
    assert append(logged.log, logged.desk.store, logged.desk.signer, NOW)[1] == []
    assert logged.append().size == 5 and [n for n, _, _ in logged.log.leaves(0, 99)] == [0, 1, 2, 3, 4]


def test_each_checkpoint_continues_every_one_before(logged: Logged) -> None:
    heads = []
    for count in (1, 6, 250, 3):
        logged.report(count)
        state = logged.append()
        heads.append(read_checkpoint(state.note, logged.keys).head)
    tree = logged.log.tree(260)
    assert all(is_consistent(old, heads[-1], tree.consistency(old[0])) for old in heads)


def test_the_proofs_of_a_run_are_the_receipts_of_its_reports(logged: Logged) -> None:
    logged.report(5)
    logged.append()
    logged.report(4)
    state, entries = append(logged.log, logged.desk.store, logged.desk.signer, NOW)
    assert [f"{proof}{state.note}" for proof in receipts.proofs(logged.log.tree(state.size), entries)] == [
        logged.receipt(seq) for seq in (6, 7, 8, 9)
    ]


def test_a_report_that_is_not_in_the_log_yet_has_no_receipt(logged: Logged) -> None:
    logged.report(1)
    logged.append()
    logged.report(1)
    with pytest.raises(ConfigurationError, match="does not have this report yet"):
        logged.receipt(2)
    with pytest.raises(ConfigurationError, match="no event report 3"):
        logged.receipt(3)


def test_a_fork_has_a_place_of_its_own(logged: Logged) -> None:
    logged.report(2)
    (other,), _ = logged.maker.envelopes([delivery.event(99)], {}, "e1")
    assert logged.desk.send(other)["event"] == "fork"
    assert logged.append().size == 3


def test_two_reports_of_equal_digest_have_entries_that_nobody_can_match(logged: Logged) -> None:
    logged.report(1)
    logged.append()
    first = logged.log.tile(0, 0)
    fresh = LogStore(logged.desk.directory.parent / "site")
    with closing(fresh):
        append(fresh, logged.desk.store, logged.desk.signer, NOW)
        assert fresh.tile(0, 0) != first


@pytest.mark.parametrize("dies_in", ["keep_leaves", "keep_state", "tree"])
def test_a_hub_that_is_killed_while_it_appends_goes_on_with_nothing_lost_or_twice(
    logged: Logged, dies_in: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged.report(3)
    before = logged.append()
    logged.report(4)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(LogStore, dies_in, die)
        with pytest.raises(KeyboardInterrupt):
            logged.append()
    with closing(LogStore(logged.desk.directory)) as again:
        assert again.state() == before
        after, entries = append(again, logged.desk.store, logged.desk.signer, NOW)
        assert (after.size, len(entries)) == (7, 4)
    assert [read_receipt(logged.receipt(n), logged.keys).index for n in range(1, 8)] == list(range(7))


def test_a_hub_killed_at_random_while_it_appends_loses_nothing_and_signs_no_two_pasts(logged: Logged) -> None:
    heads = []
    for _ in range(25):
        logged.report(40)
        child = os.fork()
        if not child:  # the sequencer, in portions, until it is killed
            try:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends the process wherever it is
                signal.setitimer(signal.ITIMER_REAL, random.uniform(0.0005, 0.03))
                with closing(LogStore(logged.desk.directory)) as log, closing(Store(logged.desk.directory)) as store:
                    while True:
                        append(log, store, logged.desk.signer, NOW, at_once=3)
            finally:
                os._exit(1)
        assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGALRM
        with closing(LogStore(logged.desk.directory)) as log:
            state = log.state()
            if state is not None:
                head = read_checkpoint(state.note, logged.keys).head
                assert head[0] == state.size
                heads.append(head)
    state = logged.append()
    assert state.size == len(logged.sent) == 1000
    tree = logged.log.tree(state.size)
    last = read_checkpoint(state.note, logged.keys).head
    assert all(is_consistent(head, last, tree.consistency(head[0])) for head in heads)
    assert [read_receipt(logged.receipt(seq), logged.keys).index for seq in (1, 500, 1000)] == [0, 499, 999]


def test_what_waits_is_appended_in_portions(logged: Logged) -> None:
    logged.report(10)
    words = (logged.log, logged.desk.store, logged.desk.signer, NOW, 4)
    assert [append(*words)[0].size for _ in range(4)] == [4, 8, 10, 10]


def test_a_hub_db_behind_its_log_appends_nothing(logged: Logged, tmp_path: Path) -> None:
    logged.report(4)
    before = logged.append()
    logged.desk.store.run("DELETE FROM report_row WHERE seq > 2")
    with pytest.raises(LogBehind, match="hub log restored"):
        logged.append()
    for seq in range(2):
        logged.desk.store.run(
            COPY,
            *(101 + seq, bytes.fromhex(f"{seq}" * 64)),
        )
    with pytest.raises(LogBehind):  # as long as before, and another past
        logged.append()
    assert logged.log.state() == before


def test_a_row_that_was_put_in_the_place_of_another_is_found_with_its_receipt(logged: Logged) -> None:
    logged.report(3)
    logged.append()
    logged.desk.store.run("UPDATE report_row SET digest = ? WHERE seq = 2", bytes.fromhex("ab" * 32))
    with pytest.raises(ConfigurationError, match="one of the two was changed"):
        logged.receipt(2)


def test_the_running_hub_tells_once_that_the_log_waits_and_goes_on(
    logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[dict[str, Json]] = []
    published: list[object] = []
    running = RunningLog(logged.desk.directory, logged.desk.signer)
    logged.report(2)

    def full(*_: object) -> None:
        raise StoreFailed("{path}: disk full", path="log.db")

    with monkeypatch.context() as patch:
        patch.setattr(LogStore, "keep_state", full)
        for beat in range(3):
            running.look(logged.desk.store, published.append, NOW, beat * LOOK_S, told.append)
    assert [one["event"] for one in told] == ["log-waits"]
    running.look(logged.desk.store, published.append, NOW, 2 * LOOK_S + 1, told.append)  # not yet
    running.look(logged.desk.store, published.append, NOW, 3 * LOOK_S, told.append)
    running.close()
    assert told[1:] == [{"event": "log-works"}, {"event": "logged", "entries": 2, "size": 2}]


def test_a_log_that_somebody_holds_is_no_damaged_one(logged: Logged, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who moves it away, as is advised for a damaged file, moves away what proves the past."""
    path = logged.desk.directory / "log.db"
    logged.log.close()
    monkeypatch.setattr(database, "BUSY_S", 0.0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreWaits, match="see who holds it"):
            LogStore(logged.desk.directory)
        other.execute("ROLLBACK")
    with closing(LogStore(logged.desk.directory)) as log:
        assert log.state() is None


def test_a_damaged_log_file_is_told_and_not_replaced(logged: Logged) -> None:
    logged.log.close()
    path = logged.desk.directory / "log.db"
    for beside in ("-wal", "-shm"):
        path.with_name(f"log.db{beside}").unlink(missing_ok=True)
    path.write_bytes(b"no database at all" * 400)
    told: list[dict[str, Json]] = []
    published: list[object] = []
    RunningLog(logged.desk.directory, logged.desk.signer).look(logged.desk.store, published.append, NOW, 0, told.append)
    assert [one["event"] for one in told] == ["log-waits"]
    assert path.read_bytes().startswith(b"no database")


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE tile SET hashes = substr(hashes, 1, 64) WHERE level = 0",
        "UPDATE tile SET hashes = substr(hashes, 1, 90) WHERE level = 0",
        "UPDATE tile SET hashes = 7",
        "DELETE FROM tile",
        "DELETE FROM state; UPDATE tile SET hashes = x''",
        "UPDATE state SET size = 'x'",
        "UPDATE state SET last_digest = NULL",
        "UPDATE state SET note = x'00', size = 3000000000",
        "UPDATE life SET size = -9",
        "DELETE FROM leaf",
    ],
)
def test_a_log_with_damaged_rows_ends_no_hub_and_gives_no_proof_that_does_not_hold(logged: Logged, damage: str) -> None:
    """What is appended to a short tile would lie in another's place."""
    path = logged.desk.directory / "log.db"
    logged.report(5)
    logged.append()
    logged.log.close()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA ignore_check_constraints=1")
        db.execute("PRAGMA writable_schema=1")
        db.execute("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '')")
        db.commit()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(damage)
    logged.report(1)
    told: list[dict[str, Json]] = []
    running = RunningLog(logged.desk.directory, logged.desk.signer)
    running.look(logged.desk.store, lambda _: None, NOW, 0, told.append)
    running.close()
    assert [one["event"] for one in told] in (["log-waits"], ["logged"]), told
    with closing(LogStore(logged.desk.directory)) as log:
        for seq in range(1, 7):
            with suppress(StoreFailed, ConfigurationError, NotVerified):
                found = receipts.receipt(log, logged.desk.store, receipts.Place("S1", "event", seq))
                assert read_receipt(found, logged.keys).digest == logged.sent[seq - 1].report.digest


def test_a_restored_hub_goes_on_by_a_statement_and_takes_again_what_it_lost(logged: Logged) -> None:
    logged.report(6)
    before = logged.append()
    lost = logged.sent[4:]
    logged.desk.store.run("DELETE FROM report_row WHERE seq > 4")  # the backup had four
    logged.desk.store.run("UPDATE chain SET seq = 4, position_seq = 4")
    with pytest.raises(LogBehind):
        logged.append()
    after = begin_anew(logged.log, logged.desk.store, logged.desk.signer, "Li Wei", "disk broke", LATER)
    (_, first), (_, second) = [(begun, note) for begun, _, note in logged.log.lives()]
    said = read_restored(second, logged.keys)
    assert (first, said.before, said.origin) == ("", before.origin, after.origin)
    assert (said.head, said.by, said.why) == (read_checkpoint(before.note, logged.keys).head, "Li Wei", "disk broke")
    for one in reversed(lost):  # they come again, in another order
        logged.desk.store.run(
            COPY,
            *(one.report.seq, bytes.fromhex(one.report.digest)),
        )
    with pytest.raises(ConfigurationError, match="does not have this report yet"):
        logged.receipt(5)
    assert logged.append().size == 8
    assert [read_receipt(logged.receipt(seq), logged.keys).index for seq in (4, 5, 6)] == [3, 7, 6]
    old = read_checkpoint(before.note, logged.keys).head
    assert is_consistent(
        old, read_checkpoint(logged.append().note, logged.keys).head, logged.log.tree(8).consistency(6)
    )


def test_a_statement_needs_a_name_a_reason_and_a_later_clock(logged: Logged) -> None:
    logged.report(1)
    logged.append()
    for by, why, at in (("", "x", LATER), ("x", "a\nb", LATER), ("x", "y" * 301, LATER), ("x", "y", NOW)):
        with pytest.raises(UsageError):
            begin_anew(logged.log, logged.desk.store, logged.desk.signer, by, why, at)
    assert len(logged.log.lives()) == 1


def test_a_statement_of_which_anything_was_changed_is_refused(logged: Logged, tmp_path: Path) -> None:
    logged.report(2)
    logged.append()
    begin_anew(logged.log, logged.desk.store, logged.desk.signer, "Li Wei", "disk broke", LATER)
    note = logged.log.lives()[-1][2]
    lines = note.split("\n")
    for place, line in enumerate(lines):
        if line:
            at = len(line) // 2
            changed = line[:at] + ("1" if line[at] != "1" else "2") + line[at + 1 :]
            with pytest.raises(NotVerified):
                read_restored("\n".join([*lines[:place], changed, *lines[place + 1 :]]), logged.keys)
    with pytest.raises(NotVerified):
        read_checkpoint(note, logged.keys)  # a statement is no checkpoint, and the other way round
    state = logged.log.state()
    assert state is not None
    with pytest.raises(NotVerified):
        read_restored(state.note, logged.keys)
    other = load_or_create_signer(tmp_path / "other.pem")
    with pytest.raises(UnknownKey):
        read_restored(note, {other.kid: other.public})


def test_hub_log_restored_says_what_it_did(logged: Logged) -> None:
    logged.report(2)
    logged.append()
    words = ("hub", "log", "restored", "--by", "Li Wei", "--why", "disk broke", "--data", str(logged.desk.directory))
    done = run_here(*words, "--json", environ={})
    assert (done.returncode, json.loads(done.stdout)["size"]) == (0, 2)
    told = json.loads(run_here("hub", "log", "--data", str(logged.desk.directory), "--json", environ={}).stdout)
    assert [one["statement"] is None for one in told["lives"]] == [True, False]

"""The spool keeps what was committed, gives it out in the right order, and takes only the right word for it."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import DAY, NOW, Maker, mark, waiting
from patience import PATIENCE_S

from agent.contract.envelope import verify
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.contract.watermark import Watermark
from agent.deliver.spool.spool import Spool
from agent.model.errors import ChainBroken, ConfigurationError, Forbidden, Locked
from agent.model.finding import Draft, Head

MINUTE = timedelta(minutes=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def test_a_commit_holds_reports_memory_and_heads_and_survives_a_new_start(maker: Maker) -> None:
    spool = maker.open()
    envelopes = maker.cycle(spool, events=2)
    epoch, heads = spool.epoch, spool.heads()
    spool.close()
    again = maker.open()
    assert (again.epoch, again.heads(), again.read_memory()) == (epoch, heads, '{"schema": "memory"}')
    rows = again.pending(10, NOW)
    assert [(r.stream, r.seq, r.payload, r.jws) for r in rows] == [
        (e.report.stream, e.report.seq, e.report.payload, e.jws) for e in envelopes
    ]
    again.close()


def test_files_are_the_owners_alone(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool)
    for path in maker.directory.glob("spool.db*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    spool.close()


def test_a_report_that_does_not_continue_its_stream_commits_nothing(maker: Maker) -> None:
    spool = maker.open()
    good, heads = maker.envelopes([delivery.event()], spool.heads(), spool.epoch)
    stray, _ = maker.envelopes([delivery.health()], {**heads, "health": Head(5, "5" * 64)}, spool.epoch)
    with pytest.raises(ChainBroken, match=r"health:6 of epoch .* does not continue 0"):
        spool.commit((*good, *stray), "{}", NOW)
    foreign, _ = maker.envelopes([delivery.event()], {}, "other")
    with pytest.raises(ChainBroken):
        spool.commit(foreign, "{}", NOW)
    assert spool.pending(10, NOW) == ()
    assert spool.heads()["event"].seq == 0
    assert spool.read_memory() is None
    spool.close()


def test_a_second_process_is_told_who_holds_the_spool(maker: Maker) -> None:
    spool = maker.open()
    child = subprocess.run(
        [sys.executable, "-c", OPEN_ONCE, str(maker.directory)], capture_output=True, text=True, check=False
    )
    assert f"process {os.getpid()} uses it; stop that process first" in child.stdout
    with pytest.raises(Locked) as caught:  # also within one process
        maker.open()
    assert caught.value.exit_code == 2
    spool.close()
    maker.open().close()


def test_live_reports_go_before_the_backlog_and_the_backlog_oldest_first(maker: Maker) -> None:
    spool = maker.open()
    for minutes in (0, 10, 20):
        maker.cycle(spool, NOW + minutes * MINUTE)
    rows = spool.pending(10, NOW + 20 * MINUTE + timedelta(seconds=5))
    assert [(r.stream, r.seq, r.live) for r in rows] == [
        ("event", 3, True),
        ("health", 3, True),
        ("event", 1, False),
        ("health", 1, False),
        ("event", 2, False),
        ("health", 2, False),
    ]
    assert [r.newest for r in rows] == [True, True, False, False, False, False]
    assert [r.seq for r in spool.pending(3, NOW + 20 * MINUTE, skip={rows[0].id})] == [3, 1, 1]
    spool.close()


def test_a_sent_row_is_due_again_after_120_s_then_after_twice_as_long(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool, events=0)
    (row,) = spool.pending(10, NOW)
    at = NOW
    for wait_s in (120, 240, 480, 960, 1920, 3600, 3600):
        spool.mark_sent([row.id], at)
        assert spool.pending(10, at + timedelta(seconds=wait_s - 1)) == ()
        at += timedelta(seconds=wait_s)
        assert len(spool.pending(10, at)) == 1
    spool.close()


def test_a_clock_that_is_put_back_does_not_hold_a_row(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool, NOW + 3650 * DAY, events=0)
    (row,) = spool.pending(10, NOW)
    spool.mark_sent([row.id], NOW + 3650 * DAY)
    assert len(spool.pending(10, NOW)) == 1
    spool.close()


def test_a_new_connection_makes_sent_and_parked_rows_pending(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool)
    first, second = spool.pending(10, NOW)
    spool.mark_sent([first.id], NOW)
    spool.park(second.id, "not-authorized")
    assert spool.pending(10, NOW) == ()
    assert spool.counts() == {"pending": 0, "sent": 1, "parked": 1, "confirmed": 0, "dropped": 0}
    spool.requeue()
    assert len(spool.pending(10, NOW)) == 2
    spool.close()


def test_a_watermark_confirms_up_to_its_seq_and_not_more(maker: Maker) -> None:
    spool = maker.open()
    for _ in range(3):
        maker.cycle(spool)
    second = next(r for r in spool.pending(10, NOW) if (r.stream, r.seq) == ("event", 2))
    assert spool.confirm(mark(spool, 1, event=Head(2, second.digest)), NOW) == "confirmed"
    assert spool.confirm(mark(spool, 1, event=Head(2, second.digest)), NOW) == "nothing-new"
    assert [(r.stream, r.seq) for r in spool.pending(10, NOW)] == [
        ("health", 1),
        ("health", 2),
        ("event", 3),
        ("health", 3),
    ]
    assert not spool.drained()
    assert spool.confirm(mark(spool, 2), NOW) == "confirmed"
    assert spool.drained()
    spool.close()


def test_confirmed_rows_are_kept_for_a_day(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool)
    spool.confirm(mark(spool), NOW)
    spool.begin(NOW + DAY - MINUTE)
    assert spool.counts()["confirmed"] == 2
    spool.begin(NOW + DAY + MINUTE)
    assert spool.counts()["confirmed"] == 0
    assert spool.confirm(mark(spool, 2), NOW) == "nothing-new"
    spool.close()


def test_a_watermark_that_goes_back_or_is_of_another_epoch_changes_nothing(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool)
    early = mark(spool, 5)
    maker.cycle(spool)
    assert spool.confirm(mark(spool, 6), NOW) == "confirmed"
    assert spool.confirm(early, NOW) == "went-back"
    assert spool.confirm(mark(spool, 5), NOW) == "went-back"
    assert spool.confirm(Watermark("S1", spool.epoch, 7, early.streams), NOW) == "went-back"
    assert spool.confirm(Watermark("S1", "f" * 16, 8, spool.heads()), NOW) == "epoch"
    assert spool.confirmed() == spool.heads()
    spool.close()


def test_a_restored_copy_starts_a_new_epoch_and_names_what_it_gives_up(maker: Maker, tmp_path: Path) -> None:
    """The hub confirms more than this spool ever made: yesterday's backup was put back."""
    spool = maker.open()
    maker.cycle(spool)
    spool.close()
    shutil.copy(tmp_path / "spool.db", tmp_path / "backup.db")
    spool = maker.open()
    maker.cycle(spool)
    ahead = mark(spool)
    spool.close()
    copy = maker.open("backup.db")
    old = copy.epoch
    assert copy.confirm(ahead, NOW) == "ahead"
    assert copy.epoch == old  # a cycle that is under way keeps its numbers
    (incident,) = copy.begin(NOW)
    assert incident.kind == "spool-restored"
    assert copy.epoch != old
    maker.cycle(copy)
    payloads = waiting(copy)
    assert {p["epoch"] for p in payloads} == {copy.epoch}
    gaps = [p["body"] for p in payloads if p["stream"] == "gap"]
    assert [(g["epoch"], g["stream"], g["from_seq"], g["to_seq"], g["reason"]) for g in gaps] == [
        (old, "event", 1, 1, "spool-restored"),
        (old, "health", 1, 1, "spool-restored"),
    ]
    assert copy.begin(NOW) == ()
    copy.close()


def test_a_copy_that_went_on_otherwise_starts_a_new_epoch_too(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool)
    assert spool.confirm(mark(spool, 1, event=Head(1, "a" * 64)), NOW) == "fork"
    old = spool.epoch
    spool.begin(NOW)
    assert spool.epoch != old
    spool.close()


def test_an_unwritable_place_gives_one_line(maker: Maker, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="no files can be kept here: File exists"):
        Spool.open(tmp_path / "file" / "spool.db", 1, now=NOW, seal=maker.seal)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    root = os.geteuid() == 0
    if root:
        tmp_path.chmod(0o755)
        os.seteuid(65534)
    try:
        with pytest.raises(Forbidden, match="this user may not write here"):
            Spool.open(closed / "spool.db", 1, now=NOW, seal=maker.seal)
    finally:
        if root:
            os.seteuid(0)


def test_connection_numbers_only_rise(maker: Maker) -> None:
    spool = maker.open()
    assert [spool.next_connection_no() for _ in range(3)] == [1, 2, 3]
    spool.close()
    spool = maker.open()
    assert spool.next_connection_no() == 4
    spool.close()


def test_one_thread_commits_while_another_reads_and_marks(maker: Maker) -> None:
    spool = maker.open()
    done = threading.Event()
    failures: list[BaseException] = []

    def drain() -> None:
        try:
            while not (done.is_set() and spool.drained()):
                rows = spool.pending(20, NOW)
                spool.mark_sent([row.id for row in rows], NOW)
                spool.confirm(mark(spool, 1), NOW)
        except BaseException as error:  # noqa: BLE001  told to the main thread
            failures.append(error)

    thread = threading.Thread(target=drain, daemon=True)
    thread.start()
    try:
        for _ in range(60):
            maker.cycle(spool)
    finally:
        done.set()
        thread.join(PATIENCE_S)
    assert not failures
    assert spool.counts() == {"pending": 0, "sent": 0, "parked": 0, "confirmed": 120, "dropped": 0}
    spool.close()


def test_a_gap_record_is_signed_and_chained_like_any_report(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool)
    spool.evict([row.id for row in spool.pending(10, NOW)], "test", NOW)
    rows = spool.pending(10, NOW)
    assert [(r.stream, r.seq) for r in rows] == [("gap", 1), ("gap", 2)]
    for row in rows:
        verify(row.payload, row.jws, {maker.signer.kid: maker.signer.public})
    envelopes, _ = maker.envelopes([Draft("health", {})], spool.heads(), spool.epoch)
    assert json.loads(envelopes[0].report.payload)["body"]["heads"]["gap"] == {"seq": 2, "digest": rows[1].digest}
    spool.close()


OPEN_ONCE = """
import sys
from pathlib import Path
sys.path.insert(0, "tests/support")
from delivery import Maker
from agent.model.errors import Locked
try:
    Maker(Path(sys.argv[1])).open()
except Locked as error:
    print(error)
"""


def test_a_report_that_is_larger_than_a_hub_takes_is_given_up_at_once_and_named(maker: Maker) -> None:
    """It would be sent and refused for ever, and hold back all that come after it."""
    spool = maker.open()
    text = "x" * PAYLOAD_MAX_BYTES
    (whole, large, health), _ = maker.envelopes(
        [delivery.config_report(), Draft("config", {**delivery.config_report().body, "x": text}), delivery.health()],
        spool.heads(),
        spool.epoch,
    )
    assert len(large.report.payload) > PAYLOAD_MAX_BYTES
    spool.commit((whole, large, health), "{}", NOW)
    rows = spool.pending(10, NOW)
    assert [(row.stream, row.seq) for row in rows] == [("config", 1), ("health", 1), ("gap", 1)]
    body = json.loads(rows[-1].payload)["body"]
    assert body == {
        "stream": "config", "epoch": spool.epoch, "from_seq": 2, "to_seq": 2, "count": 1, "reason": "too-large",
        "last_digest": large.report.digest,
    }  # fmt: skip
    assert spool.heads()["config"] == Head(2, large.report.digest), "the chain goes on behind it"
    again = maker.cycle(spool)
    assert [e.report.seq for e in again if e.report.stream == "config"] in ([], [3])
    spool.close()

"""The spool through kills, power cuts, damage and a full disk: nothing is lost without being named."""

from __future__ import annotations

import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import delivery
import pytest
from delivery import DAY, NOW, Maker, assert_closed, mark, waiting

from agent.contract.chain import GENESIS
from agent.contract.envelope import verify
from agent.model.errors import ChainBroken, ConfigurationError, SpoolCorrupt, SpoolFull
from agent.model.finding import Head

MINUTE = timedelta(minutes=1)


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


COMMIT_FOR_EVER = """
import sys
from pathlib import Path
sys.path.insert(0, "tests/support")
from delivery import Maker
maker = Maker(Path(sys.argv[1]))
spool = maker.open()
while True:
    envelopes = maker.cycle(spool, events=2)
    print(envelopes[-1].report.seq, flush=True)  # said only after commit has returned
"""


def test_a_kill_at_any_moment_loses_no_reported_commit(maker: Maker) -> None:
    """SIGKILL in mid-write, twelve times over one file: everything that was said to be committed is there."""
    dice = random.Random(7)
    reported = 0
    for _ in range(12):
        child = subprocess.Popen(
            [sys.executable, "-c", COMMIT_FOR_EVER, str(maker.directory)], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        for _ in range(dice.randrange(1, 30)):
            reported = int(child.stdout.readline())
        child.send_signal(signal.SIGKILL)
        rest = child.stdout.read().split("\n")  # complete lines only count as reported
        reported = max([reported, *(int(line) for line in rest[:-1] if line)])
        child.stdout.close()
        child.wait()
    spool = maker.open()
    assert spool.begin(NOW) == ()
    payloads = waiting(spool)
    assert max(p["seq"] for p in payloads if p["stream"] == "health") >= reported > 12
    assert sum(p["stream"] == "event" for p in payloads) == 2 * spool.heads()["health"].seq
    assert_closed(payloads)
    spool.close()


def test_a_full_spool_drops_oldest_health_then_config_then_events_and_names_each_run(maker: Maker) -> None:
    spool = maker.open(max_bytes=48 * 8192)
    made: dict[tuple[str, int], str] = {}
    for number in range(150):
        drafts = [delivery.event(number, 2500)]
        if number < 6:
            drafts += [delivery.config_report(2500), delivery.health(2500)]
        envelopes, _ = maker.envelopes(drafts, spool.heads(), spool.epoch)
        made |= {(e.report.stream, e.report.seq): e.report.digest for e in envelopes}
        spool.commit(envelopes, "{}", NOW)
    assert (maker.directory / "spool.db").stat().st_size <= 48 * 8192
    payloads = waiting(spool)
    assert_closed(payloads)
    there = {(p["stream"], p["seq"]) for p in payloads}
    gaps = [p["body"] for p in payloads if p["stream"] == "gap"]
    named = {(g["stream"], n) for g in gaps for n in range(g["from_seq"], g["to_seq"] + 1)}
    assert there - {k for k in there if k[0] == "gap"} | named == set(made)
    assert not there & named
    assert all(g["reason"] == "spool-full" and g["count"] == g["to_seq"] - g["from_seq"] + 1 for g in gaps)
    assert all(made[g["stream"], g["to_seq"]] == g["last_digest"] for g in gaps)
    streams = [g["stream"] for g in gaps]
    assert sum(g["count"] for g in gaps if g["stream"] != "event") == 12
    assert max(streams.index("health"), streams.index("config")) < 3
    assert set(streams[3:]) == {"event"}
    assert {s for s, _ in there} == {"event", "gap"}
    assert spool.counts()["dropped"] == len(named)
    for row in spool.pending(10_000, NOW):
        verify(row.payload, row.jws, {maker.signer.kid: maker.signer.public})
    spool.close()


def test_a_watermark_for_a_report_that_was_dropped_meanwhile_is_taken(maker: Maker) -> None:
    spool = maker.open(max_bytes=48 * 8192)
    maker.cycle(spool, events=0, filling=2500)
    (first,) = spool.pending(10, NOW)
    while not spool.counts()["dropped"]:
        maker.cycle(spool, events=0, filling=2500)
    assert spool.confirm(mark(spool, 1, health=Head(1, first.digest)), NOW) == "confirmed"
    spool.close()


def test_confirmed_rows_make_room_first_and_need_no_gap_record(maker: Maker) -> None:
    spool = maker.open(max_bytes=48 * 8192)
    for number in range(200):
        maker.cycle(spool, events=0, filling=2500)
        assert spool.confirm(mark(spool, number + 1), NOW) == "confirmed"
    assert spool.heads()["gap"] == GENESIS
    assert spool.counts()["dropped"] == 0
    spool.close()


def test_a_cycle_larger_than_the_spool_is_refused_whole(maker: Maker) -> None:
    spool = maker.open(max_bytes=1)
    maker.cycle(spool)
    before = spool.heads()
    envelopes, _ = maker.envelopes([delivery.event(0, 600_000)], spool.heads(), spool.epoch)
    with pytest.raises(SpoolFull, match="raise spool_max_bytes"):
        spool.commit(envelopes, "{}", NOW)
    assert spool.heads() == before
    assert len(spool.pending(10, NOW)) == 2
    maker.cycle(spool)  # and life goes on
    spool.close()


@pytest.mark.parametrize("place", ["start", "middle", "all"])
def test_a_damaged_file_is_set_aside_and_a_new_epoch_starts(maker: Maker, place: str) -> None:
    spool = maker.open()
    for _ in range(30):
        maker.cycle(spool, filling=1000)
    epoch = spool.epoch
    spool.close()
    path = maker.directory / "spool.db"
    data = bytearray(path.read_bytes())
    start, length = {"start": (0, 200), "middle": (len(data) // 2, 4096), "all": (0, len(data))}[place]
    data[start : start + length] = random.Random(1).randbytes(length)
    path.write_bytes(data)
    spool = maker.open()
    (incident,) = spool.begin(NOW)
    assert incident.kind == "spool-corrupt"
    assert incident.detail == "spool.db.corrupt-20261124T150400000000Z"
    assert (maker.directory / incident.detail).read_bytes() == bytes(data)
    assert spool.epoch != epoch
    assert spool.begin(NOW) == (incident,)  # until an event tells it
    spool.close()
    spool = maker.open()
    assert spool.begin(NOW) == (incident,)
    maker.cycle(spool)
    assert spool.begin(NOW) == ()
    spool.close()


def test_only_two_damaged_files_are_kept(maker: Maker) -> None:
    for day in range(4):
        (maker.directory / "spool.db").write_bytes(b"no database, whatever it says" * 100)
        maker.open(now=NOW + day * DAY).close()
    assert [p.name for p in sorted(maker.directory.glob("spool.db.corrupt-*"))] == [
        "spool.db.corrupt-20261126T150400000000Z",
        "spool.db.corrupt-20261127T150400000000Z",
    ]


def test_any_flipped_byte_ends_in_a_working_spool_and_nothing_wrong_is_sent(maker: Maker) -> None:
    spool = maker.open()
    for _ in range(6):
        maker.cycle(spool)
    spool.close()
    sound = (maker.directory / "spool.db").read_bytes()
    dice = random.Random(3)
    keys = {maker.signer.kid: maker.signer.public}
    outcomes = set()
    for number in range(120):
        home = maker.directory / f"flip{number}"
        home.mkdir()
        shutil.copy(maker.directory / "report-key.pem", home)
        data = bytearray(sound)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        (home / "spool.db").write_bytes(data)
        other = Maker(home)
        spool = other.open()
        for attempt in (1, 2):
            try:
                incidents = spool.begin(NOW)
                for row in spool.pending(100, NOW):
                    verify(row.payload, row.jws, keys)
                other.cycle(spool)
                break
            except (SpoolCorrupt, ChainBroken):
                spool.close()
                assert attempt == 1
                spool = other.open()  # the next start must find the same damage and go on
        outcomes.add((bool(incidents), spool.counts()["dropped"]))
        spool.close()
    assert len(outcomes) > 1


def test_a_report_whose_bytes_are_damaged_is_named_in_a_gap_record(maker: Maker) -> None:
    spool = maker.open()
    for _ in range(3):
        maker.cycle(spool)
    spool.close()
    raw = sqlite3.connect(maker.directory / "spool.db")
    raw.execute(
        "UPDATE report SET payload = CAST(replace(payload, 'no answer', 'an answer') AS BLOB)"
        " WHERE stream = 'event' AND seq = 2"
    )
    raw.commit()
    raw.close()
    spool = maker.open()
    assert ("event", 2) not in {(r.stream, r.seq) for r in spool.pending(10, NOW)}
    payloads = waiting(spool)
    assert_closed(payloads)
    (gap,) = [p["body"] for p in payloads if p["stream"] == "gap"]
    assert (gap["stream"], gap["from_seq"], gap["to_seq"], gap["reason"]) == ("event", 2, 2, "damaged")
    spool.close()


def test_a_file_of_a_newer_camwarden_is_not_set_aside(maker: Maker) -> None:
    maker.open().close()
    raw = sqlite3.connect(maker.directory / "spool.db")
    raw.execute("PRAGMA user_version = 3")
    raw.execute("UPDATE meta SET value = '3' WHERE name = 'layout'")
    raw.commit()
    raw.close()
    with pytest.raises(ConfigurationError, match="written by a newer camwarden"):
        maker.open()

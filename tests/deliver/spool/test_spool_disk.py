"""The spool on disks that cut, refuse, fill up or forget: nothing is reported as kept that is not, and it goes on."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from delivery import DAY, NOW, Maker, assert_closed, event, health, mark, waiting
from other_process import comes_and_goes, other_process

from agent.contract.envelope import verify
from agent.deliver.spool import reserve
from agent.deliver.spool.read_only import view
from agent.deliver.spool.spool import Spool
from agent.model.errors import ChainBroken, SpoolCorrupt


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def commit(maker: Maker, spool: Spool) -> None:
    """Commit a cycle without what `begin` does: the log keeps it all."""
    made, _ = maker.envelopes([event(), health()], spool.heads(), spool.epoch)
    spool.commit(made, '{"schema": "memory"}', NOW)


def copy_of(maker: Maker, name: str, log: bytes) -> Maker:
    """Return the site as a start finds it whose log is these bytes."""
    home = maker.directory / name
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    for part in ("spool.db", "report-key.pem"):
        shutil.copy(maker.directory / part, home)
    (home / "spool.db-wal").write_bytes(log)
    return Maker(home)


def heads_of(maker: Maker) -> tuple[int, int]:
    """Return how many cycles a start finds, event and health; the chain must be closed."""
    spool = maker.open()
    try:
        assert_closed(waiting(spool))
        heads = spool.heads()
        return heads["event"].seq, heads["health"].seq
    finally:
        spool.close()


def test_a_log_cut_anywhere_holds_a_prefix_of_what_was_committed(maker: Maker) -> None:
    """A power cut may keep any part of the write-ahead log: never half a cycle, never a broken chain."""
    spool = maker.open()
    for _ in range(4):
        commit(maker, spool)
    log = (maker.directory / "spool.db-wal").read_bytes()
    seen = [heads_of(copy_of(maker, "cut", log[:length])) for length in [*range(0, len(log), 1021), len(log)]]
    assert all(events == healths for events, healths in seen)
    assert seen == sorted(seen)
    assert set(seen) == {(n, n) for n in range(5)}
    spool.close()


def test_a_log_cut_at_every_byte_around_each_frame_of_a_cycle_holds_all_of_it_or_nothing(maker: Maker) -> None:
    """Inside a frame every length reads alike: its checksum fails. So all bytes near a boundary, and some between."""
    spool = maker.open()
    commit(maker, spool)
    before = len((maker.directory / "spool.db-wal").read_bytes())
    commit(maker, spool)
    log = (maker.directory / "spool.db-wal").read_bytes()
    frame = 24 + 8192
    edges = range(before, len(log) + 1, frame)
    lengths = sorted({e + d for e in edges for d in range(-26, 27) if before <= e + d <= len(log)})
    assert len(edges) > 4
    for length in lengths:
        assert heads_of(copy_of(maker, "cut", log[:length])) == ((2, 2) if length == len(log) else (1, 1)), length
    spool.close()


def test_a_flipped_byte_in_the_log_ends_in_a_prefix_or_a_new_epoch_never_in_a_wrong_report(maker: Maker) -> None:
    spool = maker.open()
    for _ in range(3):
        commit(maker, spool)
    log = (maker.directory / "spool.db-wal").read_bytes()
    keys = {maker.signer.kid: maker.signer.public}
    dice = random.Random(5)
    found = set()
    for _ in range(80):
        data = bytearray(log)
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
        other = copy_of(maker, "flip", bytes(data))
        part = other.open()
        for attempt in (1, 2):
            try:
                part.begin(NOW)
                for row in part.pending(100, NOW):
                    verify(row.payload, row.jws, keys)
                found.add(part.heads()["health"].seq)
                other.cycle(part)
                break
            except (SpoolCorrupt, ChainBroken):
                assert attempt == 1
                part.close()
                part = other.open()
        part.close()
    assert len(found) > 1
    spool.close()


COMMITS_UNDER_FAULT = """
import sys
from pathlib import Path
sys.path.insert(0, "tests/support")
from delivery import Maker
from agent.model.errors import SpoolFailed
maker = Maker(Path(sys.argv[1]))
spool = maker.open()
for number in range(40):
    try:
        made = maker.cycle(spool)
        print("kept", made[-1].report.seq, made[-1].report.digest, flush=True)
    except SpoolFailed as error:
        print("failed", type(error).__name__, flush=True)
"""


@pytest.mark.parametrize(
    "fault",
    [
        "fdatasync:error=EIO:when=9..14",
        "fdatasync:error=ENOSPC:when=9..12",
        "pwrite64:error=EIO:when=60..90",
        "pwrite64:error=ENOSPC:when=60..64",
        "pwrite64:retval=100:when=80",
    ],
)
def test_an_error_of_the_disk_is_never_reported_as_kept_and_the_next_attempt_goes_on(maker: Maker, fault: str) -> None:
    log = maker.directory / "trace"
    done = subprocess.run(
        [
            *("strace", "-f", "-o", str(log), "-e", f"inject={fault}"),
            *(sys.executable, "-c", COMMITS_UNDER_FAULT, str(maker.directory)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    kept = {int(words[1]): words[2] for words in lines if words[0] == "kept"}
    assert "INJECTED" in log.read_text()
    assert lines[-1][0] == "kept"  # life goes on once the fault is over
    spool = maker.open()
    there = {row.seq: row.digest for row in spool.pending(1000, NOW) if row.stream == "health"}
    assert kept.items() <= there.items()
    assert_closed(waiting(spool))
    if fault.startswith("fdatasync"):
        assert ["failed", "SpoolFailed"] in lines or ["failed", "SpoolFull"] in lines
    spool.close()


STEPS = [*(f"pwrite64:signal=KILL:when={n}" for n in (60, 61, 63, 66, 68))]
STEPS += [f"fdatasync:signal=KILL:when={n}" for n in (20, 21, 22)]
STEPS += [f"fcntl:signal=KILL:when={n}" for n in (180, 181)]


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_each_step_of_a_commit_loses_nothing_that_was_reported(maker: Maker, step: str) -> None:
    done = subprocess.run(
        [
            *("strace", "-f", "-o", "/dev/null", "-e", f"inject={step}"),
            *(sys.executable, "-c", COMMITS_UNDER_FAULT, str(maker.directory)),
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    kept = [int(line.split()[1]) for line in done.stdout.splitlines()]
    assert done.returncode != 0
    assert 0 < len(kept) < 24
    spool = maker.open()
    assert spool.begin(NOW) == ()
    heads = spool.heads()
    assert heads["health"].seq == heads["event"].seq
    assert kept[-1] <= heads["health"].seq <= kept[-1] + 1
    assert_closed(waiting(spool))
    maker.cycle(spool)
    spool.close()


def test_yesterdays_backup_is_noticed_by_the_hubs_word_and_forges_nothing(maker: Maker) -> None:
    spool = maker.open()
    maker.cycle(spool)
    spool.close()
    backup = (maker.directory / "spool.db").read_bytes()
    spool = maker.open()
    maker.cycle(spool, NOW + DAY)
    hub_has = mark(spool, 7)
    spool.close()
    (maker.directory / "spool.db").write_bytes(backup)
    spool = maker.open()
    old = spool.epoch
    maker.cycle(
        spool, NOW + DAY, filling=5
    )  # before the hub is heard: the same numbers again, which the hub calls a fork
    assert spool.confirm(hub_has, NOW + DAY) == "fork"
    (incident,) = spool.begin(NOW + DAY)
    assert (incident.kind, spool.epoch != old) == ("spool-restored", True)
    maker.cycle(spool, NOW + DAY)
    assert {p["epoch"] for p in waiting(spool, NOW + DAY)} == {spool.epoch}
    spool.close()


FULL_DISK = """
import json, sys
from pathlib import Path
sys.path.insert(0, "tests/support")
from delivery import Maker, mark, NOW, waiting, assert_closed
from agent.deliver.spool import reserve
from agent.model.errors import AgentError
from agent.contract.signing_keys import load_or_create_signer
disk, when = Path(sys.argv[1]), sys.argv[2]
filler = disk / "filler"
said = {"incidents": []}

def fill():
    with filler.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                pass

def cycle():
    said["incidents"] += [incident.kind for incident in spool.begin(NOW)]
    maker.cycle(spool)

maker = Maker(disk)
if when == "before":
    fill()
    try:
        maker.open()
    except AgentError as error:
        said["refused"] = str(error)
    filler.unlink()
spool = maker.open(max_bytes=1 << 30)
for _ in range(12):
    cycle()
said["ballast"] = reserve.name_of(disk / "spool.db").exists()
fill()
if when == "restart":
    spool.close()
    fill()
    spool = maker.open(max_bytes=1 << 30)
for number in range(150):
    cycle()
    if number == 70:
        gaps = [p["body"] for p in waiting(spool) if p["stream"] == "gap"]
        said["confirmed"] = spool.confirm(mark(spool, 5), NOW)
said["gone"] = not reserve.name_of(disk / "spool.db").exists()
payloads = waiting(spool)
said["newest"] = max(p["seq"] for p in payloads if p["stream"] == "health")
said["head"] = spool.heads()["health"].seq
said["dropped"] = spool.counts()["dropped"]
gaps += [p["body"] for p in payloads if p["stream"] == "gap"]
said["named"] = sum(g["count"] for g in gaps)
filler.unlink()
for _ in range(5):
    cycle()
said["back"] = reserve.name_of(disk / "spool.db").exists()
said["free_again"] = not spool._db.on_a_full_disk
spool.close()
print(json.dumps(said))
"""


def on_small_disk(directory: Path, when: str) -> dict[str, object]:
    """Run the story on a tmpfs of 8 MiB in a mount namespace of its own."""
    own = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    script = 'mount -t tmpfs -o size=8m none "$1" && exec "$2" -c "$3" "$1" "$4"'
    done = subprocess.run(
        [*own, "sh", "-c", script, "sh", str(directory), sys.executable, FULL_DISK, when],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


@pytest.mark.parametrize("when", ["while", "restart", "before"])
def test_a_full_disk_stops_neither_reports_nor_gap_records_nor_confirmations(tmp_path: Path, when: str) -> None:
    said = on_small_disk(tmp_path, when)
    assert said["ballast"] is True
    assert said["gone"] is True
    assert said["newest"] == said["head"] == 162
    assert said["confirmed"] == "confirmed"
    assert said["named"] == said["dropped"]
    incidents = said["incidents"]
    assert isinstance(incidents, list)
    assert set(incidents) == {"disk-full"}
    assert said["back"] is True
    assert said["free_again"] is True
    if when == "before":
        assert "the disk is full" in str(said["refused"])


def test_no_ballast_is_made_where_it_would_fill_the_disk_itself(maker: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.deliver.spool.reserve.free_bytes", lambda _: 2 * 1024 * 1024)
    assert not reserve.make(maker.directory / "spool.db")
    monkeypatch.undo()
    assert reserve.make(maker.directory / "spool.db")
    name = reserve.name_of(maker.directory / "spool.db")
    assert (name.stat().st_size, name.stat().st_mode & 0o777) == (reserve.BYTES, 0o600)


def test_whoever_reads_the_spool_beside_the_daemon_ends_no_lock_of_it(maker: Maker) -> None:
    spool = maker.open()
    commit(maker, spool)
    path = maker.directory / "spool.db"
    with view(path):
        pass
    journal = path.with_name("spool.db-wal")
    before = journal.stat().st_ino
    comes_and_goes(path)
    assert journal.exists() and journal.stat().st_ino == before, "a command took the log of the daemon for its own"
    commit(maker, spool)
    assert other_process(path, "SELECT count(*) FROM report") == [[4]]
    spool.close()

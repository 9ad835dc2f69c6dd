"""The folder of a hub of release 0.1 is taken over whole, also where it was ended anywhere, and is left as it was."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from delivery import NOW
from here_run import run_here

from agent.contract.signing_keys import load_signer
from agent.host.lock import lock
from agent.hub.enroll import place
from agent.hub.stores import evidence, schema, trust
from agent.hub.stores.enroll import EnrollStore
from agent.hub.stores.keeping import take_over as taking
from agent.hub.stores.keeping.take_over import STAGED, take_over
from agent.hub.stores.store import Store
from agent.hub.views.signatures import verify_all
from agent.model.errors import ConfigurationError, Locked, UsageError

ARCHIVE = next(p for p in Path(__file__).parents if p.name == "tests") / "fixtures/release-0.1/hub.tar.xz"
REPORTS = 40


@pytest.fixture
def old(tmp_path: Path) -> Path:
    subprocess.run(["tar", "-xf", ARCHIVE, "-C", tmp_path], check=True)
    return tmp_path / "hub"


def content(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith((".lock", "-wal", "-shm"))
    }


def assert_whole(old: Path, new: Path) -> None:
    """Every report verifies by its key and chain, keys and trust are the same, and the desk gives certificates."""
    with closing(Store(new, read_only=True)) as store:
        told = verify_all(store, "")
        assert (told["reports"], told["bodies"], told["wrong"]) == (REPORTS, REPORTS, 0)
        assert evidence.check(store, None)["altered"] == 0
        assert store.all("PRAGMA user_version") == [(schema.VERSION,)]
        assert store.all("SELECT site, seq FROM chain WHERE stream = 'event'") == [("S1", REPORTS)]
    assert load_signer(new / "hub-key.pem").kid == load_signer(old / "hub-key.pem").kid
    assert trust.load(new).bindings == trust.load(old).bindings != {}
    desk, before = place.load(new), place.load(old)
    assert (desk.pin, desk.settings) == (before.pin, before.settings)
    with closing(EnrollStore(desk.directory)) as tokens:
        assert [one.site for one in tokens.tokens()] == ["S2"]
    for path in (new / "hub.db", new / "hub-key.pem", new / "enroll" / "ca.key", new / "enroll" / "enroll.db"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    left = {path.name for path in new.rglob("*") if path.name.endswith(".part")}
    assert left == set() and not (new / STAGED).exists()


def test_everything_is_taken_over_and_the_old_folder_is_as_it_was(old: Path, tmp_path: Path) -> None:
    before = content(old)
    assert take_over(old, tmp_path / "new", NOW) == REPORTS
    assert_whole(old, tmp_path / "new")
    assert content(old) == before


ENDED = """
import os, sys
sys.path[:0] = [sys.argv[1]]
from datetime import UTC, datetime
from pathlib import Path
from agent.hub.stores.keeping import older_rows, take_over
left = 0
def ends(module, name):
    real = getattr(module, name)
    def counted(*words, **more):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return real(*words, **more)
    setattr(module, name, counted)
for module, names in (
    (os, ("fsync",)), (Path, ("replace", "rename", "unlink")), (take_over.shutil, ("rmtree",)),
    (older_rows, ("move",)), (take_over, ("restore", "Store", "_reports")),
):
    for name in names:
        ends(module, name)
older_rows.MOST = 7
code = 9
for steps in range(0, 1500, 15):
    if code == 9:
        left = steps
        if os.fork() == 0:
            take_over.take_over(Path(sys.argv[2]), Path(sys.argv[3]), datetime.now(UTC))
            os._exit(0)
        code = os.waitstatus_to_exitcode(os.wait()[1])
        print(code)
"""
"""Takes over in a process that ends at its first step, then in one that goes on from there fifteen steps further."""


def test_where_it_was_ended_the_same_again_goes_on(old: Path, tmp_path: Path) -> None:
    """A process that ends at one of its steps, fifteen further each time, until one gets through."""
    root, new = Path(taking.__file__).parents[4], tmp_path / "new"
    words = [sys.executable, "-c", ENDED, root, old, new]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=True)
    *ended, last = done.stdout.split()
    assert (set(ended), last) == ({"9"}, "0"), done.stderr
    assert 6 <= len(ended) < 100
    assert_whole(old, new)


def test_a_hub_that_ran_on_after_it_was_copied_is_not_taken_over_without_what_came_since(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ended once before and once after the database was there: reports that came in between are confirmed ones."""

    def ended(*_: object) -> None:
        raise OSError(errno.ENOSPC, "no room")

    new = tmp_path / "new"
    for name in ("restore", "Store"):
        monkeypatch.setattr(taking, name, ended)
        with pytest.raises(ConfigurationError):
            take_over(old, new, NOW)
        monkeypatch.undo()
        if name == "restore":
            drop(old, "seq = 3")  # any change of what is stored
    drop(old, "seq = 4")
    with pytest.raises(UsageError, match="has run since"):
        take_over(old, new, NOW)
    assert (new / STAGED).exists()
    new.rename(tmp_path / "away")
    assert take_over(old, new, NOW) == REPORTS - 2


def drop(old: Path, which: str) -> None:
    with closing(sqlite3.connect(old / "hub.db")) as db:
        db.execute(f"DELETE FROM report WHERE {which}")  # noqa: S608
        db.commit()


def test_another_hub_is_never_written_over(old: Path, tmp_path: Path) -> None:
    Store(tmp_path / "new").close()
    before = content(tmp_path / "new")
    with pytest.raises(UsageError, match="there is a hub already"):
        take_over(old, tmp_path / "new", NOW)
    assert content(tmp_path / "new") == before
    take_over(old, tmp_path / "other", NOW)
    with pytest.raises(UsageError, match="there is a hub already"):
        take_over(old, tmp_path / "other", NOW)
    assert_whole(old, tmp_path / "other")


@pytest.mark.parametrize("which", ["hub", "new"])
def test_a_hub_that_runs_on_either_folder_is_left_alone(which: str, old: Path, tmp_path: Path) -> None:
    held = lock(tmp_path / which / "hub")
    with pytest.raises(Locked):
        take_over(old, tmp_path / "new", NOW)
    os.close(held)
    assert take_over(old, tmp_path / "new", NOW) == REPORTS


def test_a_folder_of_no_hub_and_a_damaged_one_are_one_line_and_make_no_hub(old: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no hub has run here"):
        take_over(tmp_path, tmp_path / "new", NOW)
    for path in (old / "hub.db", old / "enroll" / "enroll.db"):
        whole = path.read_bytes()
        path.write_bytes(whole[:100] + os.urandom(len(whole) - 100))
        with pytest.raises(ConfigurationError):
            take_over(old, tmp_path / "new", NOW)
        assert not (tmp_path / "new" / "hub.db").exists()
        path.write_bytes(whole)
    assert take_over(old, tmp_path / "new", NOW) == REPORTS


def test_the_command_says_how_many_and_how_long(old: Path, tmp_path: Path) -> None:
    done = run_here("hub", "take-over", old, "--data", tmp_path / "new", "--json", environ={})
    told = json.loads(done.stdout)
    assert (told["schema"], told["reports"]) == ("camwarden-hub-take-over/1", REPORTS) and told["seconds"] >= 0
    done = run_here("hub", "take-over", old, "--data", tmp_path / "new", environ={})
    assert done.returncode != 0 and "there is a hub already" in done.stderr

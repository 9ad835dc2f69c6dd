"""A witness cosigns what continues the log that it holds, and refuses every rewriting of it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from delivery import NOW
from here_run import run_here
from logged_hub import LATER, Logged
from lying_logs import Shown, edit_tile, grown, honest, restored, rewrites

from agent.contract.jwk import PublicKey, jwk_set
from agent.contract.signing_keys import Signer, load_or_create_signer
from agent.hub.domain.tree import Tree
from agent.hub.log.mirror import export, read_tile, tile_path
from agent.hub.log.restored import begin_anew
from agent.hub.log.sequencer import append
from agent.hub.log.witness import HELD_NAME, witness, witness_signer
from agent.hub.stores.log import NAME, LogStore
from agent.model.errors import ConfigurationError, NotVerified
from agent.verify.checkpoint import read_checkpoint
from agent.verify.cosignature import cosigned


@pytest.fixture
def hub(tmp_path: Path) -> Signer:
    return load_or_create_signer(tmp_path / "hub.pem")


def keys_of(signer: Signer) -> dict[str, PublicKey]:
    return {signer.kid: signer.public}


def seen(shown: Shown, tmp_path: Path, own: Path, hub: Signer) -> list[str]:
    """Have a witness look at what a hub shows; return who stated restores."""
    folder = tmp_path / "shown"
    shutil.rmtree(folder, ignore_errors=True)
    shown.write(folder)
    own.mkdir(exist_ok=True)
    return [one.by for one in witness(folder, own, keys_of(hub), NOW).step.restored]


@pytest.mark.parametrize("size", [2, 7, 256, 300])
def test_every_rewriting_is_refused_and_what_was_held_stays(size: int, tmp_path: Path, hub: Signer) -> None:
    held = honest(size, hub)
    own = tmp_path / "own"
    assert seen(held, tmp_path, own, hub) == []
    before = (own / HELD_NAME).read_bytes()
    believed = []
    for name, shown in rewrites(held, load_or_create_signer(tmp_path / "stranger.pem")):
        try:
            seen(shown, tmp_path, own, hub)
            believed.append(name)
        except NotVerified:
            pass
        assert (own / HELD_NAME).read_bytes() == before, name
    assert believed == []


def test_a_folder_that_does_not_give_the_signed_root_is_not_cosigned(tmp_path: Path, hub: Signer) -> None:
    own = tmp_path / "own"
    shown = replace(honest(9, hub), spoil=edit_tile)
    with pytest.raises(NotVerified) as caught:  # the first look: nothing is held yet that it would have to continue
        seen(shown, tmp_path, own, hub)
    assert caught.value.reason == "log-tiles"
    assert not (own / HELD_NAME).exists()


@pytest.mark.parametrize("size", [1, 2, 7, 256, 300])
def test_what_continues_is_cosigned_again_and_again(size: int, tmp_path: Path, hub: Signer) -> None:
    shown, own = honest(size, hub), tmp_path / "own"
    for count in (0, 1, 250, 0, 3):
        shown = grown(shown, count)
        assert seen(shown, tmp_path, own, hub) == []
    note = (own / HELD_NAME).read_text()
    kid = witness_signer(own).kid
    assert read_checkpoint(note, keys_of(hub)).size == size + 254
    assert cosigned(note, {kid: witness_signer(own).public}) == {kid: NOW.replace(microsecond=0)}


def test_a_restore_is_taken_once_by_its_statement_and_told(tmp_path: Path, hub: Signer) -> None:
    shown, own = honest(9, hub), tmp_path / "own"
    seen(shown, tmp_path, own, hub)
    back = grown(restored(shown, 6))
    assert seen(back, tmp_path, own, hub) == ["Li Wei"]
    assert seen(grown(back), tmp_path, own, hub) == []
    with pytest.raises(NotVerified) as caught:  # the life before it is over
        seen(grown(shown), tmp_path, own, hub)
    assert caught.value.reason == "log-other"
    twice = restored(restored(grown(back), 8, LATER + timedelta(days=9)), 7, LATER + timedelta(days=10))
    assert seen(grown(twice), tmp_path, own, hub) == ["Li Wei", "Li Wei"]


def test_a_restore_that_lost_nothing_has_to_continue_what_was_held(tmp_path: Path, hub: Signer) -> None:
    shown, own = honest(9, hub), tmp_path / "own"
    seen(shown, tmp_path, own, hub)
    longer = grown(shown)
    assert seen(restored(longer, 12), tmp_path, own, hub) == ["Li Wei"]
    other, second = honest(14, hub), tmp_path / "second"
    seen(shown, tmp_path, second, hub)
    with pytest.raises(NotVerified) as caught:  # a statement at a size above it covers no other past
        seen(restored(other, 12), tmp_path, second, hub)
    assert caught.value.reason == "log-unproven"


def test_a_cosignature_of_which_anything_was_changed_is_refused(tmp_path: Path, hub: Signer) -> None:
    own = tmp_path / "own"
    seen(honest(3, hub), tmp_path, own, hub)
    note, kid = (own / HELD_NAME).read_text(), witness_signer(own).kid
    known = {kid: witness_signer(own).public}
    lines = note.split("\n")
    place = next(n for n, line in enumerate(lines) if "camwarden-witness" in line)
    text = lines[place]
    for at in range(text.index(kid) + len(kid) + 2, len(text) - 2, 7):
        lines[place] = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        with pytest.raises(NotVerified):
            cosigned("\n".join(lines), known)
    with pytest.raises(NotVerified):
        cosigned(note.replace("\n3\n", "\n4\n"), known)
    assert cosigned(note, keys_of(hub)) == {}


def test_a_damaged_file_of_what_was_held_is_no_beginning_anew(tmp_path: Path, hub: Signer) -> None:
    own = tmp_path / "own"
    seen(honest(3, hub), tmp_path, own, hub)
    (own / HELD_NAME).write_text("nothing")
    with pytest.raises(ConfigurationError, match="what was held cannot be used"):
        seen(honest(3, hub), tmp_path, own, hub)


def test_a_hub_exports_its_log_and_only_what_is_new_is_written(logged: Logged, tmp_path: Path) -> None:
    folder, own = tmp_path / "mirror", tmp_path / "own"
    own.mkdir()
    known = {logged.desk.signer.kid: logged.desk.signer.public}
    for count, size in ((3, 3), (254, 257), (1, 258)):
        logged.report(count)
        logged.append()
        assert export(logged.log, folder) == size
        assert witness(folder, own, known, NOW).is_new
    full = folder / tile_path(0, 0, 256)
    written_ns = full.stat().st_mtime_ns
    assert not witness(folder, own, known, NOW).is_new
    logged.report(1)
    logged.append()
    export(logged.log, folder)
    assert full.stat().st_mtime_ns == written_ns
    tree = Tree(259, lambda level, number: read_tile(folder, 259, level, number))
    state = logged.log.state()
    assert state is not None and read_checkpoint(state.note, known).root == tree.root()
    begin_anew(logged.log, logged.desk.store, logged.desk.signer, "Li Wei", "disk broke", LATER)
    export(logged.log, folder)
    assert [one.why for one in witness(folder, own, known, NOW).step.restored] == ["disk broke"]


@pytest.mark.parametrize("lost", [1, 4, 300])
def test_a_mirror_that_was_ahead_of_a_restored_log_holds_what_the_log_has_now(
    logged: Logged, tmp_path: Path, lost: int
) -> None:
    """Tiles of the same width from the life before hold other entries: their salts are others."""
    folder, own = tmp_path / "mirror", tmp_path / "own"
    own.mkdir()
    logged.report(3)
    logged.append()
    backup = logged.desk.directory / NAME
    with closing(sqlite3.connect(backup)) as db:
        db.execute("VACUUM INTO ?", (str(tmp_path / "log.old"),))
    logged.report(lost)
    logged.append()
    export(logged.log, folder)
    witness(folder, own, logged.keys, NOW)
    logged.log.close()
    for name in (f"{NAME}-wal", f"{NAME}-shm"):
        (logged.desk.directory / name).unlink(missing_ok=True)
    (tmp_path / "log.old").replace(backup)
    with closing(LogStore(logged.desk.directory)) as log:
        begin_anew(log, logged.desk.store, logged.desk.signer, "Li Wei", "disk broke", LATER)
        for _ in range(2):
            state, _ = append(log, logged.desk.store, logged.desk.signer, LATER)
        assert state.size == 3 + lost and export(log, folder) == 3 + lost
    tree = Tree(state.size, lambda level, number: read_tile(folder, state.size, level, number))
    assert read_checkpoint(state.note, logged.keys).root == tree.root()
    assert [one.why for one in witness(folder, own, logged.keys, LATER).step.restored] == ["disk broke"]


@pytest.mark.parametrize("junk", ["", "x", "camwarden-hub/x\n9\n", "\u2014 \n\n"])
def test_a_mirror_with_a_damaged_checkpoint_is_written_whole_again(logged: Logged, tmp_path: Path, junk: str) -> None:
    logged.report(3)
    logged.append()
    export(logged.log, tmp_path)
    tile = tmp_path / tile_path(0, 0, 3)
    tile.write_bytes(bytes(tile.stat().st_size))
    (tmp_path / "checkpoint").write_text(junk)
    export(logged.log, tmp_path)
    assert tile.read_bytes() == logged.log.tile(0, 0)


def test_a_tile_is_where_the_standard_has_it() -> None:
    assert tile_path(0, 1234067, 256) == "tile/0/x001/x234/067"
    assert tile_path(1, 273, 112) == "tile/1/273.p/112"


def test_the_commands_mirror_witness_and_give_a_receipt_under_a_cosigned_checkpoint(
    logged: Logged, tmp_path: Path
) -> None:
    logged.report(4)
    logged.append()
    data, folder, own = logged.desk.directory, tmp_path / "mirror", tmp_path / "own"
    jwks = tmp_path / "keys.json"
    jwks.write_text(json.dumps(jwk_set({logged.desk.signer.kid: logged.desk.signer.public})))
    assert run_here("hub", "log", "mirror", folder, "--data", data, environ={}).returncode == 0
    words = ("hub", "log", "witness", folder, "--state", own, "--jwks", jwks)
    told = json.loads(run_here(*words, "--json", environ={}).stdout)
    assert (told["cosigned"], told["new"], told["size"], told["restored"]) == (True, True, 4, [])
    logged.report(2)
    logged.append()
    receipt = tmp_path / "r.tlog-proof"
    under = ("--checkpoint", own / HELD_NAME, "--out", receipt, "--data", data)
    assert run_here("hub", "log", "receipt", "S1", "event", "3", *under, environ={}).returncode == 0
    assert run_here("hub", "log", "receipt", "S1", "event", "5", *under, environ={}).returncode == 78  # came later
    both = {one.kid: one.public for one in (logged.desk.signer, witness_signer(own))}
    jwks.write_text(json.dumps(jwk_set(both)))
    checked = run_here("verify", "--receipt", receipt, "--jwks", jwks, "--json", environ={})
    (one,) = json.loads(checked.stdout)["receipts"]
    assert (one["verdict"], one["size"], one["witnesses"]) == ("verified", 4, [told["witness"]])
    assert "cosigned by" in run_here("verify", "--receipt", receipt, "--jwks", jwks, "--lang", "en", environ={}).stdout
    shutil.rmtree(folder)
    honest(9, logged.desk.signer).write(folder)
    refused = run_here(*words, "--lang", "en", environ={})
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.count("\n") == 1
    assert json.loads(run_here(*words, "--json", environ={}).stdout)["cosigned"] is False

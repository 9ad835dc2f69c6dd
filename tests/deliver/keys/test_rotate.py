"""However a rotation is cut off, the chain has it exactly once, and the old key signs nothing after it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import delivery
import jsonschema
import pytest
from contract_schemas import fits
from delivery import NOW, Maker

from agent.contract.chain import encode
from agent.contract.envelope import read_header
from agent.contract.key_rotation import read_rotation
from agent.contract.signing_keys import Signer
from agent.deliver.keys.place import CREDENTIAL_NAME, NEXT, FileKeys, KeyHolder, SystemdKeys
from agent.deliver.keys.rotate import (
    RotationWaits,
    has_waiting_key,
    next_step,
    report_replaced,
    settle,
    settle_for_service,
)
from agent.deliver.spool.read_only import signs_next
from agent.deliver.spool.spool import Spool
from agent.model.errors import Forbidden, Locked
from agent.model.finding import Head
from agent.site.config.site import Site, Storage


@pytest.mark.parametrize(
    ("current", "waiting", "due", "step"),
    [
        ("a", None, "a", "keep"),
        ("a", None, "", "keep"),
        ("a", "b", "a", "rotate"),
        ("a", "b", "", "rotate"),
        ("c", "b", "a", "rotate"),
        ("a", "b", "b", "finish"),
        (None, "b", "b", "finish"),
        (None, "b", "a", "finish"),
        ("b", "b", "b", "finish"),
    ],
)
def test_what_a_waiting_key_asks_for(current: str | None, waiting: str | None, due: str, step: str) -> None:
    assert next_step(current, waiting, due) == step


class Place:
    """A site's state directory with a spool that has some reports, and the way to look into it."""

    def __init__(self, directory: Path) -> None:
        fresh = not directory.exists()
        self.directory = directory
        self.maker = Maker(directory)
        self.site: Site = replace(delivery.site(), storage=Storage(directory, directory / "run", 8 * 1024 * 1024))
        self.keys: KeyHolder = FileKeys(directory)
        if fresh:
            with closing(self.maker.open()) as spool:
                self.maker.cycle(spool)
        self.old = self.maker.signer

    def rows(self) -> list[tuple[str, dict[str, Any]]]:
        """Return who signed each report, and what it says, in the order in which they were committed."""
        with closing(self.maker.open()) as spool:
            rows = sorted(spool.pending(1000, NOW + timedelta(days=1)), key=lambda row: row.id)
        return [(read_header(row.jws).kid, json.loads(row.payload)) for row in rows]

    def settle(self) -> Signer:
        return settle(self.site, self.keys, lambda: NOW)

    def start(self) -> Signer:
        """Do what a start of the service does, up to its first report."""
        signer = settle_for_service(self.site, self.keys, lambda: NOW)
        self.maker.signer = signer
        with closing(self.maker.open()) as spool:
            report_replaced(self.site, spool, signer, delivery.moment())
            self.maker.cycle(spool)
        return signer

    def handed_over(self) -> None:
        """Hold the chain against the rule: one rotation, the old key up to it, the new one after it."""
        rows = self.rows()
        (place,) = (n for n, (_, payload) in enumerate(rows) if "rotation" in payload["body"])
        kid, payload = rows[place]
        said = read_rotation(payload["body"], "S1", payload["epoch"])
        assert kid == said.old == self.old.kid
        assert {kid for kid, _ in rows[:place]} == {said.old}
        assert {kid for kid, _ in rows[place + 1 :]} <= {said.new.kid}
        for stream, head in said.heads.items():
            seqs = [p["seq"] for _, p in rows[:place] if p["stream"] == stream]
            assert head.seq == max(seqs, default=0)
        assert self.keys.waiting() is None
        current = self.keys.current()
        assert current is not None
        assert current.kid == said.new.kid


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "state")


def test_the_waiting_key_takes_over_in_the_chain_and_on_disk(place: Place) -> None:
    new = place.keys.create_waiting()
    assert place.settle().kid == new.kid
    assert place.start().kid == new.kid
    place.handed_over()
    assert sorted(path.name for path in place.directory.glob("*.pem")) == ["report-key.pem"]
    assert (place.directory / "report-key.pem").stat().st_mode & 0o777 == 0o600


def test_the_rotation_fits_the_contract_and_a_half_one_does_not(place: Place) -> None:
    place.keys.create_waiting()
    place.settle()
    payload = place.rows()[-1][1]
    fits(encode(payload))
    del payload["body"]["rotation"]["heads"]
    with pytest.raises(jsonschema.ValidationError):
        fits(encode(payload))


def test_without_a_waiting_key_nothing_is_written(place: Place) -> None:
    before = place.rows()
    assert place.settle().kid == place.old.kid
    assert place.rows() == before


class Crash(BaseException):
    """The power goes: nothing that would tidy up runs."""


def crash(*_: object, **__: object) -> None:
    raise Crash


def before_commit(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Spool, "commit", crash)


def after_commit(patch: pytest.MonkeyPatch) -> None:
    real = Spool.commit

    def commit(*args: Any, **named: Any) -> None:
        real(*args, **named)
        raise Crash

    patch.setattr(Spool, "commit", commit)


def before_rename(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Path, "replace", crash)


def after_rename(patch: pytest.MonkeyPatch) -> None:
    real = Path.replace

    def renamed(self: Path, target: Path) -> None:
        real(self, target)
        raise Crash

    patch.setattr(Path, "replace", renamed)


@pytest.mark.parametrize("step", [before_commit, after_commit, before_rename, after_rename])
def test_after_a_crash_at_any_step_the_next_start_makes_exactly_one_hand_over(
    place: Place, step: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = place.keys.create_waiting()
    with monkeypatch.context() as patch:
        step(patch)
        with pytest.raises(Crash):
            place.settle()
    told = any("rotation" in payload["body"] for _, payload in place.rows())
    assert told == (step is not before_commit)
    assert signs_next(place.directory / "spool.db") == (new.kid if told else place.old.kid)
    assert place.start().kid == new.kid
    place.handed_over()
    assert place.start().kid == new.kid
    place.handed_over()


def test_a_crash_while_the_new_key_is_made_leaves_the_old_one_in_use(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, "link", crash)
        with pytest.raises(Crash):
            place.keys.create_waiting()
    assert place.start().kid == place.old.kid
    assert {kid for kid, _ in place.rows()} == {place.old.kid}


def test_nobody_rotates_while_another_process_has_the_spool(place: Place) -> None:
    place.keys.create_waiting()
    with closing(place.maker.open()), pytest.raises(Locked):
        place.settle()
    current = place.keys.current()
    assert current is not None
    assert current.kid == place.old.kid


def test_a_full_spool_postpones_the_rotation_and_loses_nothing_for_it(place: Place) -> None:
    """A gap record would come between the heads that the rotation names and the rotation."""
    with closing(place.maker.open()) as spool:
        for _ in range(60):
            place.maker.cycle(spool, filling=7000)
    place.keys.create_waiting()
    small = 512 * 1024  # less than the file has already: not a page more
    postponed = 0
    for number in range(12):  # the last page is now fuller, now emptier
        with closing(place.maker.open()) as spool:
            place.maker.cycle(spool)
        copy = Place(Path(shutil.copytree(place.directory, place.directory.with_name(f"copy{number}"))))
        copy.site = replace(copy.site, storage=replace(copy.site.storage, spool_max_bytes=small))
        before = copy.rows()
        try:
            copy.settle()
        except RotationWaits:
            postponed += 1
            assert copy.rows() == before
            assert settle_for_service(copy.site, copy.keys, lambda: NOW).kid == copy.old.kid
            with closing(copy.maker.open(max_bytes=small)) as spool:
                copy.maker.cycle(spool, filling=7000)
                assert spool.counts()["dropped"] != 0
            copy.settle()
        copy.handed_over()
    assert postponed > 0


def test_a_key_replaced_behind_the_back_is_told_once_by_the_new_one(place: Place) -> None:
    (place.directory / "report-key.pem").unlink()
    new = place.start()
    assert new.kid != place.old.kid
    rows = place.rows()
    told = [(kid, p) for kid, p in rows if p["body"].get("finding", {}).get("reason") == "key-replaced"]
    ((kid, payload),) = told
    fits(encode(payload))
    assert kid == new.kid
    assert payload["body"]["finding"]["evidence"] == {"from": place.old.kid, "to": new.kid}
    first_of_new = next(n for n, (kid, _) in enumerate(rows) if kid == new.kid)
    assert rows[first_of_new] == told[0]
    place.start()
    assert [p["body"].get("check") for _, p in place.rows()].count("agent-key") == 1


def test_a_waiting_key_that_others_can_read_is_left_alone(place: Place) -> None:
    place.keys.create_waiting()
    path = place.directory / "report-key.next.pem"
    path.chmod(0o644)
    assert not has_waiting_key(place.keys, place.old)
    with pytest.raises(Forbidden, match="opens the private key to others"):
        place.settle()
    path.chmod(0o600)
    assert has_waiting_key(place.keys, place.old)


def test_a_rotation_after_the_spool_was_lost_begins_the_new_epoch(place: Place) -> None:
    new = place.keys.create_waiting()
    for path in place.directory.glob("spool.db*"):
        path.unlink()
    assert place.settle().kid == new.kid
    ((kid, payload),) = place.rows()
    assert (kid, payload["seq"], read_rotation(payload["body"], "S1", payload["epoch"]).new.kid) == (
        place.old.kid,
        1,
        new.kid,
    )


def test_credentials_that_still_have_their_old_names_hand_over_once_also_when_the_spool_is_lost(place: Place) -> None:
    """The hub takes nothing more from a key that has handed over, in no new epoch either."""
    new = place.keys.create_waiting()
    names = {CREDENTIAL_NAME: "report-key.pem", CREDENTIAL_NAME + NEXT: "report-key.next.pem"}
    for name, file in names.items():
        (place.directory / file).rename(place.directory / name)
    place.keys = SystemdKeys(place.directory)
    assert place.settle().kid == new.kid
    assert [kid for kid, payload in place.rows() if "rotation" in payload["body"]] == [place.old.kid]
    for path in place.directory.glob("spool.db*"):
        path.unlink()
    place.start()
    assert {kid for kid, _ in place.rows()} == {new.kid}


def test_a_damaged_newest_report_is_no_crash(place: Place) -> None:
    assert signs_next(place.directory / "none.db") == ""
    (place.directory / "other.db").write_bytes(b"no database")
    assert signs_next(place.directory / "other.db") == ""


def test_a_spool_that_has_to_begin_a_new_epoch_does_so_before_the_rotation(place: Place) -> None:
    """Else the rotation would be dropped with everything else that the old epoch had not confirmed."""
    with closing(place.maker.open()) as spool:
        before = spool.epoch
        mark = delivery_mark(spool)
        assert spool.confirm(mark, NOW) in ("ahead", "fork")
    place.keys.create_waiting()
    place.settle()
    payload = next(p for _, p in place.rows() if "rotation" in p["body"])
    assert payload["epoch"] != before
    assert place.start().kid == payload["body"]["rotation"]["to"]
    place.handed_over()


def delivery_mark(spool: Spool) -> Any:
    """Return a watermark about a report that this spool never made."""
    return delivery.Watermark("S1", spool.epoch, 1, {"health": Head(99, "9" * 64)})


def test_the_state_directory_keeps_no_copy_of_the_old_key(place: Place) -> None:
    old = (place.directory / "report-key.pem").read_bytes()
    place.keys.create_waiting()
    place.settle()
    assert not any(path.read_bytes() == old for path in place.directory.iterdir() if path.is_file())

"""A case has the stamped checkpoint that its receipts are under, and `camwarden verify` says when its log was so."""

from __future__ import annotations

import json
import subprocess
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from caseside import told_day
from delivery import NOW, Maker
from hubdesk import Desk
from tsa import StampAuthority

from agent.cli import main
from agent.hub.case.pages import NAMES
from agent.hub.log.sequencer import append
from agent.hub.log.stamped import earliest_over, read_stamped
from agent.hub.log.stamping import stamp
from agent.hub.stores.log import LogStore
from agent.model.errors import ConfigurationError, UsageError
from agent.verify.stamp import read_roots

SPAN = ("--from", "2026-11-24T08:00+08:00", "--to", "2026-11-24T18:00+08:00")


@pytest.fixture
def authority(tmp_path: Path) -> StampAuthority:
    return StampAuthority(tmp_path / "tsa")


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def logged_and_stamped(desk: Desk, authority: StampAuthority, folder: Path) -> int:
    """Append what the hub has to its log, have that stamped, and return the size."""
    with closing(LogStore(desk.directory)) as log:
        state = append(log, desk.store, desk.signer, NOW)[0]
    stamp(state, folder, read_roots(authority.ca.read_bytes()), authority.answer)
    return state.size


def case(desk: Desk, out: Path, *more: object) -> int:
    words = ("hub", "case", "S1", "camera-online", *SPAN, "--data", desk.directory, "--out", out, *more)
    return main([str(word) for word in words])


def stamps_of(path: Path) -> set[str]:
    return {name for name in zipfile.ZipFile(path).namelist() if name.startswith("stamps/")}


def verified(path: Path, desk: Desk, maker: Maker, *more: object) -> list[str]:
    kids = ("--kid", maker.signer.kid, "--kid", desk.signer.kid)
    return [str(word) for word in ("verify", path, *kids, *more)]


def test_a_case_has_the_stamp_that_openssl_and_verify_take(
    desk: Desk, maker: Maker, authority: StampAuthority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told_day(desk, maker)
    size = logged_and_stamped(desk, authority, tmp_path / "stamps")
    desk.store.close()
    out, ca = tmp_path / "case.zip", ("--tsa-ca", authority.ca)
    assert case(desk, out, "--stamps", tmp_path / "stamps") == 0
    assert stamps_of(out) == {f"stamps/{size}.checkpoint", f"stamps/{size}.tsr"}
    zipfile.ZipFile(out).extractall(tmp_path / "read")
    at = tmp_path / "read" / "stamps" / str(size)
    words = ["openssl", "ts", "-verify", "-in", f"{at}.tsr", "-data", f"{at}.checkpoint", "-CAfile", authority.ca]
    assert subprocess.run(words, capture_output=True, check=False).returncode == 0
    capsys.readouterr()
    assert main(verified(out, desk, maker, *ca, "--json")) == 0
    (told,) = json.loads(capsys.readouterr().out)["stamps"]
    assert (told["verdict"], told["authority"]) == ("verified", "CN=test time stamps")
    assert main(verified(out, desk, maker, *ca)) == 0
    assert "the checkpoint existed at" in capsys.readouterr().out
    assert main(verified(out, desk, maker)) == 0, "no time was asked for"
    assert "unchecked: say which authority to believe" in capsys.readouterr().out
    assert main(verified(out, desk, maker, "--tsa-ca", StampAuthority(tmp_path / "other").ca)) == 1
    for name in NAMES:
        assert "stamps/" in (tmp_path / "read" / name).read_text("utf-8")


def test_each_receipt_is_under_the_earliest_stamp_that_has_it_and_a_later_one_is_left_out(
    desk: Desk, maker: Maker, authority: StampAuthority, tmp_path: Path
) -> None:
    day = told_day(desk, maker)
    first = logged_and_stamped(desk, authority, tmp_path / "stamps")
    sent = len(day.made)
    day.quarter_hours(90, 92)
    for one in day.made[sent:]:
        desk.send(one)
    second = logged_and_stamped(desk, authority, tmp_path / "stamps")
    assert first < second
    stamped = read_stamped(tmp_path / "stamps", {desk.signer.kid: desk.signer.public})
    sizes = [getattr(earliest_over(stamped, index), "checkpoint", None) for index in (0, first - 1, first, second)]
    assert [one and one.size for one in sizes] == [first, first, second, None]
    desk.store.close()
    assert case(desk, tmp_path / "case.zip", "--stamps", tmp_path / "stamps") == 0
    assert stamps_of(tmp_path / "case.zip") == {f"stamps/{first}.checkpoint", f"stamps/{first}.tsr"}


def test_a_stamp_that_was_exchanged_in_a_case_is_told(
    desk: Desk, maker: Maker, authority: StampAuthority, tmp_path: Path
) -> None:
    told_day(desk, maker)
    size = logged_and_stamped(desk, authority, tmp_path / "stamps")
    desk.store.close()
    assert case(desk, tmp_path / "case.zip", "--stamps", tmp_path / "stamps") == 0
    folder = tmp_path / "case"
    zipfile.ZipFile(tmp_path / "case.zip").extractall(folder)
    ca = ("--tsa-ca", authority.ca)
    assert main(verified(folder, desk, maker, *ca)) == 0
    (folder / "stamps" / f"{size}.tsr").write_bytes(b"junk")
    assert main(verified(folder, desk, maker, *ca)) == 1
    assert main(verified(folder, desk, maker)) == 1, "the hub signed which bytes lie in its case"


def test_a_folder_without_stamps_of_this_hub_is_refused(
    desk: Desk, maker: Maker, authority: StampAuthority, tmp_path: Path
) -> None:
    told_day(desk, maker)
    folder, keys = tmp_path / "stamps", {desk.signer.kid: desk.signer.public}
    size = logged_and_stamped(desk, authority, folder)
    with pytest.raises(UsageError, match="no time stamp is there"):
        read_stamped(tmp_path / "nowhere", keys)
    with pytest.raises(ConfigurationError, match="not a checkpoint of this hub"):
        read_stamped(folder, {})
    (folder / f"{size}.tsr").write_bytes(b"x" * 65537)
    with pytest.raises(ConfigurationError, match="too large"):
        read_stamped(folder, keys)
    (folder / f"{size}.checkpoint").unlink()
    with pytest.raises(ConfigurationError):
        read_stamped(folder, keys)

"""A case has the receipt of the last report of each chain, and `camwarden verify` holds it against that report."""

from __future__ import annotations

import json
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from caseside import at, told_day
from delivery import NOW, Maker
from here_run import run_here
from hubdesk import Desk

from agent.hub.case.case import write_case
from agent.hub.log.sequencer import append
from agent.hub.stores import trust
from agent.hub.stores.engines import log_beside
from agent.hub.stores.log import LogStore
from agent.model.errors import ConfigurationError


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def case_of(desk: Desk) -> bytes:
    with log_beside(desk.directory) as log:
        words = (desk.store, trust.load(desk.directory), desk.signer, "S1", "camera-online", at(8), at(18))
        return write_case(*words, log).data


def logged_day(desk: Desk, maker: Maker) -> None:
    told_day(desk, maker)
    with closing(LogStore(desk.directory)) as log:
        append(log, desk.store, desk.signer, NOW)


def verified(path: Path, desk: Desk, maker: Maker) -> tuple[int, dict[str, str]]:
    """Return exit code, and verdict of each receipt."""
    kids = ("--kid", maker.signer.kid, "--kid", desk.signer.kid)
    done = run_here("verify", path, *kids, "--json", environ={})
    files = json.loads(done.stdout)["files"]
    return done.returncode, {Path(one["path"]).name: one["verdict"] for one in files if "receipts/" in one["path"]}


def test_each_chain_s_last_report_has_its_receipt_and_the_same_log_gives_the_same_bytes(
    desk: Desk, maker: Maker, tmp_path: Path
) -> None:
    logged_day(desk, maker)
    path = tmp_path / "case.zip"
    path.write_bytes(case_of(desk))
    names = zipfile.ZipFile(path).namelist()
    last: dict[str, int] = {}
    for name in names:
        if name.startswith("envelopes/"):
            _, stream, seq = name.removesuffix(".json").split("-")
            last[stream] = max(last.get(stream, 0), int(seq))
    assert {name for name in names if name.startswith("receipts/")} == {
        f"receipts/e1-{stream}-{seq}.tlog-proof" for stream, seq in last.items()
    }
    each = {f"e1-{stream}-{seq}.tlog-proof": "verified" for stream, seq in last.items()}
    assert verified(path, desk, maker) == (0, each)
    assert case_of(desk) == path.read_bytes()


def test_a_case_of_a_hub_without_a_log_has_none_and_verifies(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    told_day(desk, maker)
    path = tmp_path / "case.zip"
    path.write_bytes(case_of(desk))
    assert verified(path, desk, maker) == (0, {})


def test_a_receipt_that_is_of_no_report_in_the_case_fails(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    logged_day(desk, maker)
    folder = tmp_path / "case"
    (tmp_path / "case.zip").write_bytes(case_of(desk))
    zipfile.ZipFile(tmp_path / "case.zip").extractall(folder)
    receipt = next((folder / "receipts").glob("e1-event-*"))
    for path in (folder / "envelopes").glob("e1-event-*"):
        path.unlink()
    code, verdicts = verified(folder, desk, maker)
    assert (code, verdicts[receipt.name]) == (1, "failed")
    receipt.write_text(receipt.read_text().replace("index ", "index 1"))
    assert verified(folder, desk, maker)[1][receipt.name] == "failed"
    receipt.write_bytes(b"\xff")
    assert verified(folder, desk, maker)[1][receipt.name] == "unusable"


def test_no_case_is_made_of_a_report_that_is_not_the_one_in_the_log(desk: Desk, maker: Maker) -> None:
    logged_day(desk, maker)
    of_config = "lane = (SELECT id FROM lane WHERE stream = 'config')"
    desk.store.run(f"UPDATE report_row SET digest = ? WHERE {of_config}", bytes.fromhex("ab" * 32))  # noqa: S608
    with pytest.raises(ConfigurationError, match="one of the two was changed"):
        case_of(desk)

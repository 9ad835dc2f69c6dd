"""`camwarden link test --certificate` leaves a folder that `camwarden verify` takes, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from here_run import run_here
from link_person import DEVICE_ID, link_test
from link_site import write_link_site

from agent.cli import main
from agent.commands.check.pdf import Printer
from agent.commands.link import certificate
from agent.contract.signing_keys import create_key, load_signer
from agent.demo.gb28181.bodies import SECRETS
from agent.model import exits
from agent.model.errors import ProgramMissing
from agent.observe.facts.link_tests import known_tests

BY = ("--made-by", "Beichen", "--made-for", "School 4")
PAGES = ["link-test.en.html", "link-test.json", "link-test.zh_CN.html", "manifest.json"]


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the key of this computer in a folder of the test."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))


@pytest.fixture
def unprinted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a computer without a program that prints."""

    def none_here() -> Printer:
        raise ProgramMissing("none")

    monkeypatch.setattr(certificate, "find_printer", none_here)


def verified(*words: str) -> int:
    return main(["verify", "--quiet", *words])


def kid_of(folder: Path) -> str:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    return str(load_signer(next((folder.parent / "own").rglob("*.pem"))).kid if manifest else "")


def test_a_test_leaves_pages_and_pdfs_that_verify_takes_and_a_changed_byte_of_them_fails(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "paper"
    code, _, person = link_test("--certificate", str(folder), *BY, "--picture")
    assert code == exits.OK
    pdfs = ["link-test.en.pdf", "link-test.zh_CN.pdf"]
    assert sorted(path.name for path in folder.iterdir()) == sorted(PAGES + pdfs)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    kid = kid_of(folder)
    assert kid in person.getvalue()
    assert verified(str(folder), "--kid", kid) == exits.OK
    assert verified(str(folder)) == exits.UNCHECKED, "whole, and of a key that nobody here knows"
    foreign = tmp_path / "other.pem"
    create_key(foreign)
    jwks = tmp_path / "keys.json"
    jwks.write_text(json.dumps({"keys": [dict(load_signer(foreign).jwk)]}))
    assert verified(str(folder), "--jwks", str(jwks)) == exits.UNCHECKED
    for name in PAGES + pdfs:
        path = folder / name
        whole = path.read_bytes()
        path.write_bytes(whole.replace(b"e", b"f", 1))
        capsys.readouterr()
        assert verified(str(folder)) == exits.FAILS, name
        path.write_bytes(whole)
    assert verified(str(folder), "--kid", kid) == exits.OK


def test_nothing_secret_is_in_the_folder_and_nothing_of_a_half_one_remains(tmp_path: Path, unprinted: None) -> None:
    folder = tmp_path / "paper"
    code, _, person = link_test("--certificate", str(folder), *BY, "--lang", "zh_CN")
    assert code == exits.OK
    password = person.rows[6]
    for path in folder.iterdir():
        data = path.read_text()
        assert [one for one in (*SECRETS, password, "127.0.0.1") if one in data] == [], path.name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["own", "paper"]
    assert "chromium" in person.getvalue() and sorted(path.name for path in folder.iterdir()) == PAGES


def test_a_printer_that_fails_costs_the_pdfs_and_not_the_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(printer: Printer, html: Path, pdf: Path, mode: int) -> None:
        pdf.write_bytes(b"%PDF- half")
        raise ProgramMissing("{program} is broken", program=printer.program)

    monkeypatch.setattr(certificate, "find_printer", lambda: Printer("paper-eater", True))
    monkeypatch.setattr(certificate, "print_pdf", broken)
    folder = tmp_path / "paper"
    code, _, person = link_test("--certificate", str(folder), *BY)
    assert (code, sorted(path.name for path in folder.iterdir())) == (exits.OK, PAGES)
    assert "paper-eater is broken" in person.getvalue()
    assert verified(str(folder), "--kid", kid_of(folder)) == exits.OK


def test_a_device_that_never_comes_gets_its_paper_too(tmp_path: Path, unprinted: None) -> None:
    folder = tmp_path / "paper"
    code, _, _ = link_test("--certificate", str(folder), *BY, "--minutes", "0.05", typo="x")
    assert code == exits.REFUSED
    said = json.loads((folder / "link-test.json").read_bytes())
    assert said["test"]["steps"][0]["reason"] == "wrong-password"
    assert verified(str(folder), "--kid", kid_of(folder)) == exits.OK


def test_a_device_of_a_site_names_its_unit_and_its_digest_is_kept_for_the_report(
    tmp_path: Path, unprinted: None
) -> None:
    config, state = write_link_site(tmp_path, name="育才小学"), tmp_path / "state"
    folder = tmp_path / "paper"
    code, _, _ = link_test(
        "--config", str(config), "--picture", "--certificate", str(folder), "--made-by", "Li", device=("nvr",)
    )
    assert code == exits.OK
    said = json.loads((folder / "link-test.json").read_bytes())
    assert (said["made_for"], said["site"], said["device"]) == ("育才小学", "S1", "nvr")
    assert known_tests(state, "S1")["nvr"].digest == said["test_sha256"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--certificate", "new", "--made-for", "x"), "add --made-by NAME"),
        (("--certificate", "new", "--made-by", "x"), "add --made-for NAME"),
        (("--certificate", "new", "--made-by", " \t", "--made-for", "x"), "add --made-by NAME"),
        (("--made-by", "x"), "add --certificate DIR"),
        (("--certificate", ".", *BY), "nothing is overwritten"),
        (("--certificate", "no/such/folder", *BY), "a folder that is there"),
    ],
)
def test_what_cannot_be_written_is_told_before_a_port_is_open(
    words: tuple[str, ...], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_here("link", "test", "--host", "127.0.0.1", "--id", DEVICE_ID, "--free-slot", *words, environ={})
    assert (done.returncode, done.stdout) == (exits.USAGE, "")
    assert says in done.stderr and done.stderr.count("\n") == 1

"""Log records reach the journal with fields: right ones, none forged, none lost, and explained in its catalogue."""

from __future__ import annotations

import ast
import logging
import os
import re
import runpy
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from patience import PATIENCE_S
from sites import NOW, camera, healthy, observed, site

from agent.host import journald
from agent.host.journald import MESSAGE_MAX_BYTES, JournalHandler, encode
from agent.host.log_kinds import KINDS, VALUES_MOST, about
from agent.judge.checks.table import run_checks
from agent.model.matters import shown
from agent.observe.facts.facts import gather
from agent.service.cycle.cycle import CycleResult
from agent.service.daemon.loop import _log_fields
from agent.text.translate import translate

ROOT = Path(__file__).parents[2]
CATALOG = runpy.run_path(str(ROOT / "packaging/write_journal_catalog.py"))
PASSWORD = "hunter2"


def decode(datagram: bytes) -> list[tuple[str, str]]:
    """Read a datagram as the journal does. Source: systemd, JOURNAL_NATIVE_PROTOCOL."""
    found, rest = [], datagram
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, equals, value = line.partition(b"=")
        if not equals:
            (length,) = struct.unpack("<Q", rest[:8])
            value, end, rest = rest[8 : 8 + length], rest[8 + length : 9 + length], rest[9 + length :]
            assert end == b"\n"
        assert re.fullmatch(rb"[A-Z][A-Z0-9_]{0,63}", name), name
        found.append((name.decode(), value.decode()))
    return found


class Journal:
    """A datagram socket in the journal's place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(PATIENCE_S)

    def records(self, number: int) -> list[list[tuple[str, str]]]:
        return [decode(self.socket.recv(1 << 20)) for _ in range(number)]


@pytest.fixture
def journal() -> Iterator[Journal]:
    with tempfile.TemporaryDirectory() as folder:  # the path of a socket is 107 bytes at most
        made = Journal(Path(folder) / "socket")
        yield made
        made.socket.close()


class Kept(logging.Handler):
    """What the journal did not take."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def fallback() -> Kept:
    return Kept()


@pytest.fixture
def log(journal: Journal, fallback: Kept) -> Iterator[logging.Logger]:
    logger = logging.getLogger("camwarden.of-this-test")
    handler = JournalHandler(str(journal.path), fallback)
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.removeHandler(handler)
    handler.close()


def test_a_record_has_its_fields(journal: Journal, log: logging.Logger) -> None:
    log.error("device %s: given up", "nvr", extra=about("device-stuck", device="nvr"))
    (record,) = journal.records(1)
    fields = dict(record)
    assert fields["MESSAGE"] == "device nvr: given up"
    assert fields["PRIORITY"] == "3"
    assert fields["SYSLOG_IDENTIFIER"] == "camwarden"
    assert fields["MESSAGE_ID"] == KINDS["device-stuck"].message_id
    assert fields["DEVICE"] == "nvr"
    assert fields["CODE_FILE"] == __file__
    assert fields["CODE_FUNC"] == "test_a_record_has_its_fields"
    assert {"CAMERA", "STORE", "CHECK"} & set(fields) == set()


def test_levels_are_those_of_syslog_and_a_record_of_no_kind_has_no_id(journal: Journal, log: logging.Logger) -> None:
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL):
        log.log(level, "x")
    records = [dict(record) for record in journal.records(5)]
    assert [record["PRIORITY"] for record in records] == ["7", "6", "4", "3", "3"]
    assert all("MESSAGE_ID" not in record for record in records)


def test_a_cycle_is_one_record_that_names_all_that_is_not_well(journal: Journal, log: logging.Logger) -> None:
    here = site(camera("gate"), camera("roof", "box2"))
    findings = run_checks(here, gather(observed("site") + healthy("gate")), NOW)
    log.info("cycle of 3.0 s", extra=_log_fields(here, CycleResult(gather(()), findings)))
    (record,) = journal.records(1)
    unwell = [f for one in shown(findings) if not one.quiet for f in one.found]
    assert ("CAMERA", "roof") in record
    assert ("DEVICE", "box2") in record
    assert [value for name, value in record if name == "CHECK"] == list(dict.fromkeys(f.check for f in unwell))
    cameras = {value for name, value in record if name == "CAMERA"}
    assert {f"camera:{name}" for name in cameras} == {f.subject for f in unwell if f.subject.startswith("camera:")}
    assert 1 < len({f.check for f in unwell}) < len({f.check for f in findings})


def test_no_value_can_forge_a_field_or_a_record(journal: Journal, log: logging.Logger) -> None:
    forged = "x\nPRIORITY=0\nMESSAGE_ID=00\n\nMESSAGE=forged"
    log.warning("%s", forged, extra=about("driver-failed", device=forged, check=["a=b", "c\nd"]))
    (record,) = journal.records(1)
    assert dict(record)["PRIORITY"] == "4"
    assert [value for name, value in record if name == "DEVICE"] == [forged]
    assert [value for name, value in record if name == "CHECK"] == ["a=b", "c\nd"]
    assert [name for name, _ in record].count("MESSAGE") == 1
    assert decode(encode([("MESSAGE", "\ud800 \udcff"), ("CHECK", "")]))[1] == ("CHECK", "")


def test_a_record_that_is_too_large_is_cut_and_not_lost(journal: Journal, log: logging.Logger) -> None:
    many = [f"camera-{number:04}-{'x' * 40}" for number in range(5000)]
    log.error("é" * 1_000_000, extra=about("cycle", camera=many, device=many, check=many))
    (record,) = journal.records(1)
    message = dict(record)["MESSAGE"]
    assert message.endswith("é ... (cut)")
    assert len(message.encode()) <= MESSAGE_MAX_BYTES
    assert [name for name, _ in record].count("CAMERA") == VALUES_MOST


def test_without_the_journal_each_line_goes_the_old_way_and_comes_back(
    journal: Journal, log: logging.Logger, fallback: Kept
) -> None:
    journal.socket.close()
    log.error("while it was away")
    journal.path.unlink()
    log.error("and while its socket was gone")
    again = Journal(journal.path)
    log.error("it is back")
    assert [dict(record)["MESSAGE"] for record in again.records(1)] == ["it is back"]
    assert [record.getMessage() for record in fallback.records] == [
        "while it was away",
        "and while its socket was gone",
    ]
    again.socket.close()


def test_a_journal_that_reads_nothing_holds_nobody_up_for_ever(
    journal: Journal, log: logging.Logger, fallback: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journald, "SEND_TIMEOUT_S", 0.05)
    for number in range(2000):
        log.error("line %d", number)
        if fallback.records:
            break
    assert len(fallback.records) == 1


PROGRAM = """
import argparse, logging
from agent import cli
cli.JOURNAL_SOCKET = {socket!r}
cli._set_up_logging(argparse.Namespace(command="run", quiet=False, verbose=0))
cli._set_up_logging(argparse.Namespace(command="run", quiet=False, verbose=0))
log = logging.getLogger("camwarden.daemon")
log.info("rtsp://admin:{password}@cam\\x1b[2J\\nsecond \\u2028 third")
try:
    raise ValueError("password={password}")
except ValueError:
    log.exception("caught")
"""


def test_the_program_in_a_service_writes_fields_and_no_secret(journal: Journal) -> None:
    reading, writing = os.pipe()
    status = os.fstat(writing)
    environ = {"PATH": "/usr/bin", "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
    program = PROGRAM.format(socket=str(journal.path), password=PASSWORD)
    with os.fdopen(writing, "wb") as stream:
        subprocess.run([sys.executable, "-I", "-c", program], stderr=stream, env=environ, check=True)
    with os.fdopen(reading, encoding="utf-8") as written:
        assert written.read() == ""
    first, second = (dict(record) for record in journal.records(2))
    assert first["MESSAGE"] == "daemon: rtsp://***@cam\\x1b[2J\n  second \n   third"
    assert first["LOGGER"] == "camwarden.daemon"
    assert second["MESSAGE"].startswith("daemon: caught\n  Traceback")
    assert PASSWORD not in str((first, second))


ON_A_TERMINAL = """
import argparse, logging, os
from agent import cli
cli.JOURNAL_SOCKET = {socket!r}
cli._set_up_logging(argparse.Namespace(command={command!r}, quiet=False, verbose=0))
os.closerange(3, 256)
logging.getLogger("camwarden.ui").info("Li Na opened the bare picture of camera gate")
logging.getLogger("camwarden.ui").warning("and a warning")
"""


def test_who_opened_a_picture_on_the_page_is_in_the_journal_wherever_it_was_started(journal: Journal) -> None:
    """What the process had open is closed on the way to a user without rights: records come all the same."""
    for command in ("masks", "ui"):
        program = ON_A_TERMINAL.format(socket=str(journal.path), command=command)
        ran = subprocess.run([sys.executable, "-P", "-c", program], stderr=subprocess.PIPE, text=True, check=True)
        assert "opened the bare picture" not in ran.stderr and "and a warning" in ran.stderr
    opened, _ = (dict(record) for record in journal.records(2))
    assert opened["MESSAGE"] == "ui: Li Na opened the bare picture of camera gate"


def kinds_used() -> set[str]:
    return {
        node.args[0].value
        for path in (ROOT / "agent").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "about"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_every_kind_is_used_and_none_is_unknown() -> None:
    assert kinds_used() == set(KINDS)


def test_ids_are_random_uuids_each_once() -> None:
    ids = [kind.message_id for kind in KINDS.values()]
    assert len(set(ids)) == len(ids)
    assert {UUID(one).version for one in ids} == {4}


def test_every_kind_is_explained_in_chinese_too() -> None:
    texts = [text for kind in KINDS.values() for text in (kind.subject, kind.text)]
    assert [text for text in texts if translate(text, "zh_CN") == text] == []


def test_the_kept_catalogue_is_that_of_the_table_and_the_journal_takes_it(tmp_path: Path) -> None:
    folder = ROOT / "packaging/journal"
    kept = {path.name: path.read_text("utf-8") for path in folder.iterdir()}
    assert kept == CATALOG["catalogs"](), "run: make generated"
    home = tmp_path / "usr/lib/systemd/catalog"
    home.mkdir(parents=True)
    (tmp_path / "var/lib/systemd/catalog").mkdir(parents=True)
    for name, text in kept.items():
        (home / name).write_text(text, "utf-8")

    def journalctl(*arguments: str) -> str:
        command = ["journalctl", f"--root={tmp_path}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert done.stderr == ""
        return done.stdout

    journalctl("--update-catalog")
    said = journalctl("--dump-catalog")
    assert {line[3:35] for line in said.splitlines() if line.startswith("-- ")} == {
        k.message_id for k in KINDS.values()
    }
    assert all(f"Subject: {kind.subject}\n" in said for kind in KINDS.values())

"""What is logged: the right amount, a priority for the journal, never a secret, never a forged record."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import polib
import pytest

from agent.text.redact import redact

ROOT = Path(__file__).parents[2]
CATALOGUE = polib.pofile(str(ROOT / "agent/text/locale/zh_CN/LC_MESSAGES/camwarden.po")).translated_entries()
PASSWORD = "hunter2"
LOGGING = """
import argparse, logging, sys
from agent import cli
cli.JOURNAL_SOCKET = "/nowhere/journal/socket"  # fields have their own test: test_journal.py
cli._set_logging_up(argparse.Namespace(command={command!r}, quiet={quiet}, verbose={verbose}))
log = logging.getLogger("camwarden.daemon")
for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
    log.log(level, "at %d", level)
logging.getLogger("zeep.transports").debug("Password {password}")
log.error("rtsp://admin:{password}@cam failed\\nforged: line\\x1b[2J")
try:
    raise ValueError("password={password}")
except ValueError:
    log.exception("caught")
"""


def logged(command: str, quiet: bool = False, verbose: int = 0, journal: bool = False) -> list[str]:
    program = LOGGING.format(command=command, quiet=quiet, verbose=verbose, password=PASSWORD)
    reading, writing = os.pipe()
    status = os.fstat(writing)
    environ = {"PATH": "/usr/bin", "JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}" if journal else "8:1"}
    with os.fdopen(writing, "wb") as stream:
        subprocess.run([sys.executable, "-I", "-c", program], stderr=stream, env=environ, check=True)
    with os.fdopen(reading, encoding="utf-8") as written:
        return written.read().splitlines()


@pytest.mark.parametrize(
    ("command", "quiet", "verbose", "levels"),
    [
        ("check", False, 0, ["30", "40"]),
        ("run", False, 0, ["20", "30", "40"]),
        ("hub", False, 0, ["20", "30", "40"]),
        ("run", True, 0, ["40"]),
        ("check", False, 1, ["20", "30", "40"]),
        ("check", False, 2, ["10", "20", "30", "40"]),
    ],
)
def test_services_tell_normal_work_and_commands_only_trouble(
    command: str, quiet: bool, verbose: int, levels: list[str]
) -> None:
    assert re.findall(r"at (\d+)", "\n".join(logged(command, quiet, verbose))) == levels


def test_in_the_journal_each_line_has_its_priority_and_area() -> None:
    lines = logged("run", verbose=2, journal=True)
    assert lines[:4] == ["<7>daemon: at 10", "<6>daemon: at 20", "<4>daemon: at 30", "<3>daemon: at 40"]
    assert lines[4:6] == ["<3>daemon: rtsp://***@cam failed", "<3>  forged: line\\x1b[2J"]
    assert all(re.match(r"<[3467]>", line) for line in lines)


def test_no_log_line_holds_a_secret_or_looks_like_another_record() -> None:
    for journal in (False, True):
        lines = logged("run", verbose=2, journal=journal)
        assert PASSWORD not in "\n".join(lines)
        assert [line for line in lines if line.lstrip("<3>").startswith("forged")] == []


def test_no_sentence_of_ours_looks_like_a_secret() -> None:
    """What stood behind "password:" was taken for one, and the reader lost the next step."""
    assert [text for one in CATALOGUE for text in (one.msgid, one.msgstr) if redact(text) != text] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rtsp://a:b@c/d?e=f", "rtsp://***@c/d?e=f"),
        ("http://a:p@ss/w@host/x and http://u:v@h", "http://***@host/x and http://***@h"),
        ("Authorization: Digest username=x, response=y", "Authorization: ***"),
        ("{'Proxy-Authorization': 'Basic YTpi'}", "{'Proxy-Authorization': ***"),
        ('<wsse:Password Type="a#b">abc</wsse:Password>', '<wsse:Password Type="a#b">***</wsse:Password>'),
        ('{"password": "a \\" b", "user": "c"}', '{"password": ***, "user": "c"}'),
        ("password = 'x y' token=abc, b", "password = *** token=***, b"),
        ('nonce="abc", cnonce=def, realm="r"', 'nonce=***, cnonce=***, realm="r"'),
        ("-----BEGIN EC PRIVATE KEY-----\nabc\n-----END EC PRIVATE KEY-----\nx", "***\nx"),
        (
            "argument 'camwarden1.eyJhIjoiaHViLmV4YW1wbGUub3Jn-_9' and camwarden1.",
            "argument 'camwarden1.***' and camwarden1.",
        ),
        ("http://host/a and mail@example.org", "http://host/a and mail@example.org"),
        ("the password was refused", "the password was refused"),
        ('add it, for example password = "..."', 'add it, for example password = "..."'),
        ('password = "...", token = "...x"', 'password = "...", token = ***'),
        ("http://a://b:c@d/e and a@b://c", "http://***@d/e and a@b://c"),
        ("http://'x://u:p@h'", "http://'x://***@h'"),
        ("<a:Password\nx='1'>abc<", "<a:Password\nx='1'>***<"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str, shown: str) -> None:
    assert redact(text) == shown

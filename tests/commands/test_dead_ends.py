"""Every command where nothing is set up: one line that says what is wrong and what to do next, in both languages."""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent import cli
from agent.model import exits
from agent.text.cli_words import commands

NO_SITE = (
    "run", "run --once", "check", "check --plan", "declare", "declare --list", "ledger export", "filing status",
    "filing export", "masks adopt", "masks show", "masks approve --camera gate --by Li --why x",
    "masks baseline --camera gate", "findings", "findings ack a b --why x --until 5d", "findings unack a b",
    "findings settle a b --why x", "findings plan --site --from 2026-11-01 --until 2026-11-02 --why x",
    "findings unplan --site", "config validate", "config show", "config diff", "credentials status",
    "credentials retry gate", "credentials factory gate", "keys show", "keys rotate", "keys csr", "queue list",
    "queue show health/1", "queue flush", "notify test", "notify list",
)  # fmt: skip
"""Commands that cannot go on without a site."""

NO_HUB = (
    "hub status", "hub silent", "hub orders", "hub metrics", "hub report --by model --day 2026-11-01",
    "hub report-now S1", "hub check-now S1", "hub resend S1 event 1 2", "hub enroll token --site S1",
    "hub enroll list", "hub enroll revoke S1", "hub enroll serve",
    "hub case S1 c --from 2026-11-01 --to 2026-11-02 --out c.zip",
)  # fmt: skip
"""Commands that cannot go on without a hub's data."""

WRONG_FILES = {
    "verify bad.json --kid " + "A" * 43: exits.CONFIG,
    "ledger import bad.csv --out site": exits.CONFIG,
    "ledger render bad.csv --out sites": exits.CONFIG,
    "ledger import none.xlsx --out site": exits.USAGE,
    "config validate bad.toml": exits.CONFIG,
    "config validate none.toml": exits.CONFIG,
    "masks verify bad.jpg --regions bad.toml": exits.CONFIG,
    "filing compare bad.zip": exits.CONFIG,
    "init --answers bad.toml --out new": exits.CONFIG,
}
"""Commands that were given a file, or a name, that is none."""

NEXT = re.compile(
    r"camwarden |--[a-z]|write |chmod|as root|such as|choose|give|name |look|install|ask|save|"
    r"请|可用|例如|写成|改为|改写|指定|选择|列出|检查|核对|安装|--"
)
"""How a next step shows itself."""


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in an empty folder, without a terminal, without any site or hub of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.setattr(cli, "default_config", lambda: tmp_path / "etc" / "site.toml")
    monkeypatch.setenv("CAMWARDEN_HUB_DATA", str(tmp_path / "var" / "hub"))
    for name in ("bad.json", "bad.toml", "bad.jpg", "bad.zip"):
        (tmp_path / name).write_bytes(b"\xff\xfe nothing of the kind")
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    yield tmp_path


def said(words: str, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    code = cli.main([*words.split(), "--lang", lang])
    return code, capsys.readouterr().err


def faults(line: str, code: int, wanted: int, lang: str) -> list[str]:
    """Return what is wrong with the end of a command: its code, its lines, its language, its next step."""
    told = [one for one in line.splitlines() if one.startswith("camwarden")]
    return [
        fault
        for fault, holds in (
            (f"exit {code}, not {wanted}", code == wanted),
            (f"{len(told)} lines: {line!r}", len(told) == 1),
            (f"a traceback: {line!r}", "Traceback" not in line and "internal error" not in line),
            (f"no next step: {line!r}", bool(told) and NEXT.search(told[-1]) is not None),
            (f"not Chinese: {line!r}", lang == "en" or re.search("[\u4e00-\u9fff]", line) is not None),
        )
        if not holds
    ]


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_without_a_site_each_command_says_how_to_make_one(
    nowhere: Path, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {}
    for words in NO_SITE:
        code, line = said(words, lang, capsys, monkeypatch)
        found = faults(line, code, exits.CONFIG, lang)
        found += [] if "camwarden init" in line else [f"no way out: {line!r}"]
        wrong |= {words: found} if found else {}
    assert wrong == {}


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_without_a_hub_or_with_a_wrong_file_a_line_says_what_to_do(
    nowhere: Path, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {}
    for words, wanted in (dict.fromkeys(NO_HUB, exits.CONFIG) | WRONG_FILES).items():
        code, line = said(words, lang, capsys, monkeypatch)
        found = faults(line, code, wanted, lang)
        wrong |= {words: found} if found else {}
    assert wrong == {}
    assert not (nowhere / "var").exists(), "what only reads makes no hub"


def test_a_command_without_its_action_lists_each_with_a_line_of_help(
    nowhere: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in commands(cli.full_parser()):
        offered = commands(command.parser)
        if not offered or command.name == "findings":  # which shows what is open
            continue
        for lang in ("en", "zh_CN"):
            code, line = said(command.name, lang, capsys, monkeypatch)
            shown = re.findall(rf"(?m)^  camwarden {command.name} (\S+)\s+(.+)$", line)
            assert (code, [name for name, _ in shown]) == (exits.USAGE, [one.name for one in offered])
            assert lang == "en" or all(re.search("[\u4e00-\u9fff]", told) for _, told in shown)

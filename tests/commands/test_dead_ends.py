"""Every command where nothing is set up: one line that says what is wrong and what to do next, in both languages."""

import io
import re
import sys
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import every_command
import pytest

from agent import cli
from agent.commands import discover
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
    r"camwarden |--[a-z]|sudo chown|"
    r"\b(write|chmod|such as|choose|give|name|look|install|ask|save|add|have|check|convert|run as|join)\b|"
    r"请|可用|例如|写成|改为|改写|指定|选择|列出|检查|核对|安装|运行|执行"
)
"""How a next step shows itself."""


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in an empty folder, without a terminal, without any site or hub of this machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    for module in (cli, discover):
        monkeypatch.setattr(module, "default_config", lambda: tmp_path / "etc" / "site.toml")
    monkeypatch.setenv("CAMWARDEN_HUB_DATA", str(tmp_path / "var" / "hub"))
    for name in ("bad.json", "bad.toml", "bad.jpg", "bad.zip"):
        (tmp_path / name).write_bytes(b"\xff\xfe nothing of the kind")
    (tmp_path / "bad.csv").write_text("a,b\n1,2\n")
    yield tmp_path


SITE = """[site]
id = "dt0001"
city = "datong"
division = "140213"
[storage]
directory = "state"
runtime = "state"
[probe]
deadline_s = 1
[[device]]
id = "nvr"
host = "192.0.2.7"
[[camera]]
id = "gate"
device = "nvr"
channel = 1
[hub]
host = "192.0.2.9"
tls = false
confirm = "broker"
"""
WRONG = {
    "folder": None,
    "picture": b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 8,
    "empty": b"",
    "binary": bytes(range(256)) * 16,
    "bom": b"\xef\xbb\xbf# \xe4\xb8\xad\n",
    "gbk": '[site]\nid = "大同"\n# 中文说明\n'.encode("gb18030"),
}
"""Files that are none of what is asked for: a folder, the head of a JPEG, text without anything in it, a code page."""

KEEP_RUNNING = frozenset({"run", "demo", "hub run", "hub enroll serve"})
"""Commands that end when they are told to: they are left out where they would begin."""

SHOW = {
    "config schema", "rules list", "rules show", "rules explain", "config show", "config diff", "config validate",
    "credentials status", "credentials factory", "declare", "doctor", "filing status", "masks show", "discover",
    "status", "hub trust list", "hub trust export", "hub trust add", "hub trust revoke", "hub jwks", "hub enroll init",
    "hub enroll list", "hub enroll token", "hub enroll revoke", "hub doctor",
}  # fmt: skip
"""Commands that do what they are asked without a site, a network or a hub, and so may end with 0, 1 or 3."""

WITHOUT_A_SITE_FILE = frozenset({"doctor", "config schema", "credentials status", "status"})
"""Commands that go on where the site's file is none, and tell it in their result."""


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


@pytest.fixture
def placed(nowhere: Path) -> Path:
    """Give the empty folder a site of one camera that does not answer, and files that are none."""
    (nowhere / "etc").mkdir()
    (nowhere / "etc" / "site.toml").write_text(SITE)
    for name, data in WRONG.items():
        (nowhere / name).mkdir() if data is None else (nowhere / name).write_bytes(data)
    return nowhere


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Run each command once, so that a user who may not read this interpreter's own files needs no more of them."""
    with pytest.MonkeyPatch.context() as patched:
        folder = tmp_path_factory.mktemp("loaded")
        patched.chdir(folder)
        patched.setenv("HOME", str(folder))
        patched.setenv("CAMWARDEN_HUB_DATA", str(folder / "hub"))
        for leaf in walked():
            if leaf.name not in ("doctor", "discover"):
                every_command.run([*every_command.words(leaf), "--config", str(folder / "none.toml")], "zh_CN")


def walked() -> list[every_command.Leaf]:
    found = [leaf for leaf in every_command.leaves() if leaf.name not in KEEP_RUNNING]
    assert {leaf.path[0] for leaf in found} >= cli.COMMANDS.keys() - KEEP_RUNNING
    return found


def all_faults(lines: list[list[str]], done: list[tuple[int, str, str]], codes: set[int], lang: str) -> dict:
    """Return what is wrong with each end that is not among `codes` without a line of its own."""
    wrong = {}
    for line, (code, _, err) in zip(lines, done, strict=True):
        found = faults(err, code, code, lang) if code else []
        found += [] if code in codes else [f"exit {code}, not {sorted(codes)}"]
        wrong |= {" ".join(line): found} if found else {}
    return wrong


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_command_without_a_site_ends_in_one_line_or_does_without(nowhere: Path, lang: str) -> None:
    leaves = [leaf for leaf in walked() if leaf.name not in SHOW]
    lines = [every_command.words(leaf) for leaf in leaves]
    done = [every_command.run(line, lang) for line in lines]
    assert all_faults(lines, done, {exits.CONFIG, exits.USAGE}, lang) == {}


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_command_given_a_wrong_file_says_which_and_what_to_give(placed: Path, lang: str) -> None:
    kinds, lines = cycle(WRONG), []
    for leaf in walked():
        for line in every_command.files_read(leaf):
            if "--documents" not in line:
                lines += [[name if word == "@" else word for word in line] for name in islice(kinds, 3)]
        if leaf.path[0] != "hub" and leaf.name not in WITHOUT_A_SITE_FILE:
            lines += [[*every_command.words(leaf), "--config", name] for name in islice(kinds, 1)]
    assert len(lines) > 100
    # Two pictures are what that one asks for: its result is unknown.
    lines = [line for line in lines if line != ["masks", "compare", "picture", "picture"]]
    # An empty file of answers takes every default, and searches the network for devices.
    lines = [line for line in lines if line != ["start", "--answers", "empty"]]
    # This one tells of a wrong file among what it found.
    lines = [line for line in lines if line[:2] != ["hub", "doctor"]]
    done = [every_command.run(line, lang) for line in lines]
    assert all_faults(lines, done, {exits.CONFIG, exits.USAGE}, lang) == {}


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("closed", ["site", "state"])
@pytest.mark.usefixtures("loaded")
def test_every_command_of_a_user_without_rights_says_whose_the_place_is(closed: str, lang: str, placed: Path) -> None:
    """Without root: neither the folder of the site nor that of the hub, or the state alone; no home to write into."""
    state = placed / "etc" / "state"
    state.mkdir()
    (placed / "var" / "hub").mkdir(parents=True)
    leaves = [leaf for leaf in walked() if leaf.name not in SHOW]
    if closed == "state":  # this one reads site.toml alone, and waits for the device
        leaves = [leaf for leaf in leaves if leaf.name != "link test"]
    lines = [every_command.words(leaf) for leaf in leaves]
    shut = (placed / "etc" if closed == "site" else state, placed / "var" / "hub")
    for folder in (placed, *placed.parents[:2]):
        folder.chmod(0o755)  # of pytest's own, which are 0700
    for folder in shut:
        folder.chmod(0)
    try:
        done = every_command.in_child(every_command.become_nobody, lines, lang)
    finally:
        for folder in shut:
            folder.chmod(0o700)
    assert all_faults(lines, done, {exits.PERMISSION, exits.USAGE, exits.CONFIG}, lang) == {}
    ended = {leaf.name: code for leaf, (code, _, _) in zip(leaves, done, strict=True)}
    for name in ("check", "masks adopt", "masks baseline", "filing export", "queue list", "keys show"):
        assert ended[name] == exits.PERMISSION


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_every_command_without_a_network_ends_with_what_is_known(placed: Path, lang: str) -> None:
    lines = [every_command.words(leaf) for leaf in walked()]
    lines += [["check", "--host", "192.0.2.7"], ["discover", "--address", "192.0.2.7"], ["hub", "run"]]
    done = every_command.in_child(every_command.leave_network, lines, lang)
    wrong = {}
    for line, (code, _, err) in zip(lines, done, strict=True):
        found = [f"exit {code}"] if code in (exits.BUG, exits.PERMISSION) else []
        found += ["a traceback"] if "Traceback" in err or "internal error" in err else []
        told = [one for one in err.splitlines() if one.startswith("camwarden: ")]
        found += [f"{len(told)} lines: {err!r}"] if code > exits.UNCHECKED and len(told) != 1 else []
        wrong |= {" ".join(line): found} if found else {}
    assert wrong == {}
    ended = {" ".join(line): code for line, (code, _, _) in zip(lines, done, strict=True)}
    assert ended["hub run"] == exits.UNAVAILABLE
    assert (ended["discover --address 192.0.2.7"], ended["masks adopt"]) == (exits.UNCHECKED, exits.UNCHECKED)

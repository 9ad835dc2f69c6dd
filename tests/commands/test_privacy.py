"""`camwarden privacy`: what is stored of people, how long, who opened it; as text, JSON and a page for the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from delivery import NOW
from here_run import run_here
from hubdesk import Desk

from agent.cli import main
from agent.host.access_register import WHAT, note_opening, read_openings
from agent.model import exits
from agent.onsite.privacy.contents import GROUNDS, PURPOSES
from agent.onsite.privacy.page import SCHEMA
from agent.onsite.privacy.page_words import DUE, RISKS, WORDS
from agent.onsite.privacy.stores import FOLDERS, STORES
from tests.text.test_text import CATALOGUE

MARKUP = "<script>alert(1)</script>{{ 7*7 }}</style>"
HOSTILE = f"{MARKUP}\x1b[2J\u202e"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A site with a hub, a chat and a mail receiver, whose folder is its own."""
    path = tmp_path / "site.toml"
    (tmp_path / "state").mkdir()
    path.write_text(
        '[site]\nid = "dt0001"\ncity = "datong"\ndivision = "140200"\nname = "第一小学"\n'
        f'[storage]\ndirectory = "{tmp_path}/state"\nruntime = "{tmp_path}/run"\n'
        '[hub]\nhost = "hub.example"\nconfirm = "broker"\ntls = false\n'
        '[[notify]]\nname = "guards"\nkind = "wecom"\ncredential = "chat"\n'
        '[[device]]\nid = "box"\nhost = "192.0.2.1"\ndriver = "onvif"\n[[camera]]\nid = "gate"\ndevice = "box"\n'
    )
    secrets = tmp_path / "secrets.toml"
    address = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1"
    secrets.write_text(f'[credential.chat]\nuser = "robot"\npassword = "{address}"\n')
    secrets.chmod(0o600)
    return path


def asked(config: Path, *words: str | Path) -> str:
    done = run_here("privacy", "--config", config, "--no-color", *words, environ={"COLUMNS": "200"})
    assert (done.returncode, done.stderr) == (exits.OK, "")
    return done.stdout


def test_it_names_each_receiver_and_what_a_strangers_chat_learns(config: Path) -> None:
    told = json.loads(asked(config, "--json"))
    assert told["schema"] == SCHEMA
    received = {one["who"]: (one["what"], one["leaves"]) for one in told["recipients"]}
    assert received.keys() == {None, "hub.example", "guards (wecom)"}
    assert received["guards (wecom)"] == ("code of the site, severities and counts", True)
    of_hub = " ".join(one["what"] for one in told["recipients"] if one["who"] == "hub.example")
    assert "no picture" in of_hub and "names of those whom reports name by ids" in of_hub


def test_it_counts_what_each_store_holds_and_says_how_long(config: Path) -> None:
    sheet = config.parent / "state/baselines/sheet.html"
    sheet.parent.mkdir()
    sheet.write_bytes(b"x" * 2000)
    told = {one["name"]: one for one in json.loads(asked(config, "--json"))["stores"]}
    assert told["contact-sheet"]["now"]["files"] == 1 and told["contact-sheet"]["now"]["bytes"] == 2000
    assert told["contact-sheet"]["kept_s"] == 31 * 86400
    assert told["approvals"]["now"] == {"files": 0, "bytes": 0, "oldest": None}
    assert told["papers"]["now"] is None, "nobody knows where papers are"
    assert told.keys() == {one.name for one in STORES if one.folder != "hub"}
    text = asked(config)
    assert "contact sheet for approvals" in text and "31 days after it was written" in text


def test_a_file_that_is_no_store_is_named_and_no_success(config: Path) -> None:
    (config.parent / "state/copy.jpg").write_bytes(b"x")
    done = run_here("privacy", "--config", config, environ={})
    assert done.returncode == exits.UNCHECKED
    assert "copy.jpg" in done.stdout


def test_what_this_user_may_not_list_is_not_called_empty(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "no")

    monkeypatch.setattr("agent.onsite.privacy.contents.os.walk", refuse)
    done = run_here("privacy", "--config", config, "--json", environ={})
    assert done.returncode == exits.UNCHECKED
    assert {one["name"]: one["now"] for one in json.loads(done.stdout)["stores"]}["approvals"] is None


def test_who_opened_what_is_shown_the_newest_first(config: Path) -> None:
    state = config.parent / "state"
    note_opening(state, "check --report", "pictures", NOW, "/a.html")
    note_opening(state, "bundle", "support", NOW.replace(hour=16), "/b.tar.gz")
    rows = json.loads(asked(config, "--json"))["openings"]
    assert [(one["command"], one["what"], one["file"]) for one in rows] == [
        ("check --report", "pictures", "/a.html"),
        ("bundle", "support", "/b.tar.gz"),
    ]
    assert all(one["user"] for one in rows)
    text = asked(config, "--lang", "zh_CN")
    assert text.index("/b.tar.gz") < text.index("/a.html")
    assert "2026-11-24 23:04" in text, "in the site's own time"


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_the_page_has_all_parts_and_nothing_that_a_browser_loads(config: Path, lang: str) -> None:
    page = config.parent / f"{lang}.html"
    asked(config, "--page", page, "--lang", lang)
    html = page.read_text("utf-8")
    assert page.stat().st_mode & 0o777 == 0o600
    assert html.count("<h2>") == 5 and html.count("<section") == 6
    assert "src=" not in html and "http" not in re.sub(r"http-equiv", "", html)
    for text in ("3. ", "5.4 ", "第一小学", "guards (wecom)", "baselines/*.json"):
        assert text in html, text
    assert ("Personal Information Protection Law" in html) is (lang == "en")


def test_on_a_chinese_page_and_screen_no_text_of_ours_is_english(config: Path) -> None:
    page = config.parent / "zh.html"
    asked(config, "--page", page, "--lang", "zh_CN")
    body = page.read_text("utf-8").partition("<body>")[2]
    names = re.compile(
        r"site\.toml|secrets\.toml|hub\.example|guards|wecom|dt0001|history_max_bytes|journald\.conf|MaxRetentionSec="
        r"|[\w./*-]+\.(json|db|html|txt|jsonl|pem|key|index|csr|damaged|corrupt)[-*\w]*|report-key\S*|hub-\S*|site-\S*|KiB"
    )
    for shown in (re.sub(r"<[^>]+>", " ", body), asked(config, "--lang", "zh_CN").replace("\n", "")):
        left = names.sub(" ", shown)
        assert re.findall(r"[A-Za-z]{3,}", left.replace("privacy --page", "").replace("root", "")) == []


def test_each_text_of_it_is_translated() -> None:
    texts = {text for one in STORES for text in (one.title, one.holds, one.since, one.ends)}
    texts |= {*FOLDERS.values(), *PURPOSES, *GROUNDS, *WORDS.values(), *WHAT.values()}
    texts |= {text for rows in (DUE, RISKS) for row in rows for text in row}
    assert sorted(texts - CATALOGUE.keys()) == []


def test_a_hostile_name_stays_text_on_the_page_and_steers_no_terminal(config: Path) -> None:
    config.write_text(config.read_text().replace('name = "第一小学"', f"name = {json.dumps(MARKUP)}"))
    state, page = config.parent / "state", config.parent / "page.html"
    note_opening(state, HOSTILE, "pictures", NOW, HOSTILE)
    (state / "\x1b[2J<b>").write_bytes(b"")
    done = run_here("privacy", "--config", config, "--page", page, environ={})
    assert done.returncode == exits.UNCHECKED
    html = page.read_text("utf-8")
    assert "<script" not in html and "\x1b" not in html and html.count("</style>") == 1 and "{{ 7*7 }}" in html
    for flag in ("--json", "--no-color"):
        shown = run_here("privacy", "--config", config, flag, environ={}).stdout
        assert "\x1b" not in shown and "\u202e" not in shown


def test_a_page_overwrites_nothing_and_is_itself_in_the_register(config: Path) -> None:
    page = config.parent / "page.html"
    asked(config, "--page", page)
    before = page.read_bytes()
    assert run_here("privacy", "--config", config, "--page", page, environ={}).returncode == exits.USAGE
    assert page.read_bytes() == before
    rows = read_openings(config.parent / "state")
    assert [(one.command, one.what, one.file) for one in rows] == [("privacy --page", "register", str(page))]


def test_a_hub_has_one_too_without_a_site(tmp_path: Path, desk: Desk) -> None:
    done = run_here("privacy", "--hub-data", desk.directory, "--json", environ={})
    told = json.loads(done.stdout)
    assert (done.returncode, told["site"], told["recipients"]) == (exits.OK, None, [])
    stores = {one["name"]: one for one in told["stores"]}
    assert stores["hub-reports"]["now"]["files"] >= 1 and "approvals" not in stores
    page = tmp_path / "hub.html"
    assert run_here("privacy", "--hub-data", desk.directory, "--page", page, environ={}).returncode == exits.OK
    assert "supervision hub" in page.read_text("utf-8")
    assert [one.command for one in read_openings(desk.directory)] == ["privacy --page"]


def export_ledger(config: Path) -> None:
    assert main(["ledger", "export", "--config", str(config), "--out", str(config.parent / "a.csv")]) == exits.OK


def pack_bundle(config: Path) -> None:
    main(["bundle", "--yes", "--quiet", "--config", str(config), "--out", str(config.parent / "b.tar.gz")])


@pytest.mark.parametrize(("opens", "what"), [(export_ledger, "equipment"), (pack_bundle, "support")])
def test_what_writes_a_paper_is_in_the_register(config: Path, opens: Callable[[Path], None], what: str) -> None:
    opens(config)
    (row,) = read_openings(config.parent / "state")
    assert row.what == what and Path(row.file).exists()


WRITES: dict[str, str] = {
    "check/command.py": "check --report",
    "start/command.py": "start",
    "masks/approving.py": "masks",
    "filing/export.py": "filing export",
    "ledger/export.py": "ledger export",
    "queue/files.py": "queue export",
    "bundle.py": "bundle",
    "hub/carry.py": "hub case",
    "hub/findings/listing.py": "hub findings --xlsx",
    "hub/keeping/people.py": "hub people list",
    "hub/report.py": "hub report --xlsx",
    "privacy.py": "privacy --page",
    "ui/office.py": "ui report",
}
"""Which module of commands writes pictures, names or reports for a person, and under which name it notes that."""


def test_each_command_that_hands_out_pictures_names_or_reports_notes_it() -> None:
    folder = Path("agent/commands")
    noted = {
        path.relative_to(folder).as_posix(): found[1]
        for path in folder.rglob("*.py")
        if (found := re.search(r'note_opened\([^"]+"([a-z -]+)', path.read_text("utf-8")))
    }
    assert {name: command.strip() for name, command in noted.items()} == WRITES

"""`camwarden discover` as its user meets it: plan first, one answer in four shapes, hostile names harmless in each."""

from __future__ import annotations

import csv
import io
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import PATIENCE_S
from probe_matches import bound, matches, responder
from rich.console import Console
from sites import camera, site

from agent.cli import main
from agent.commands.discover import progress_after, result_csv, result_json, result_table
from agent.demo.onvif.announcing import Announcer
from agent.model import exits
from agent.observe.inventory.site_skeleton import PLACEHOLDER, skeleton
from agent.observe.inventory.stocktake import MatchedAnswer, take_stock
from agent.site.config.load import load
from agent.text.harmless import csv_cell, json_text, printable
from drivers.discovery.answer import Discovered

HEAD = '[site]\nid = "datong017"\ncity = "datong"\ndivision = "140200"\n'
HOSTILE = (
    "=cmd|'/C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "\uff1d1",
    "\x1b[2J\x1b]0;owned\x07",
    "\x9b31m",
    "[red]x[/red] [link=http://x]y[/link]",
    "\u202egpj.exe",
    'a"b\\c\n[[camera]]\nid = "x"',
    "</td><script>",
    "大门\u3000一号",
)


@pytest.fixture
def announcer() -> Iterator[Announcer]:
    one = Announcer({"recorder": 8001, "roof": 8002})
    one.start()
    yield one
    one.stop()


@pytest.fixture
def config(tmp_path: Path, announcer: Announcer) -> Path:
    path = tmp_path / "site.toml"
    device = '[[device]]\nid = "nvr"\nhost = "127.0.0.1"\nport = 8001\n'
    path.write_text(f'{HEAD}[discovery]\naddresses = ["{announcer.address}"]\nwait_s = 0.3\n{device}')
    return path


def discover(config: Path, *options: str) -> int:
    return main(["discover", "--config", str(config), "--no-color", *options])


def test_the_table_says_what_answered_and_how_it_stands(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert discover(config) == exits.OK
    shown = capsys.readouterr()
    rows = {line.split()[0]: line for line in shown.out.splitlines() if "127.0.0.1" in line}
    assert "configured: nvr" in rows["127.0.0.1:8001"]
    assert "UNDECLARED" in rows["127.0.0.1:8002"]
    assert "camwarden-demo" in shown.out
    asked = r"WS-Discovery, port 3702: .*\n  SADP, port 37020: inquiry\n  DHDiscover, port 37810: DHDiscover.search\n"
    assert re.search(rf"no login is sent:\n  {asked}  to 127.0.0.1:\d+\n  8 datagrams", shown.err)


def test_json_is_one_object(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert discover(config, "--json") == exits.OK
    answer = json.loads(capsys.readouterr().out)
    assert answer["schema"] == "camwarden-discover/1"
    assert answer["undeclared"] == ["127.0.0.1:8002"]
    assert [one["name"] for one in answer["found"]] == ["recorder", "roof"]
    assert re.fullmatch(r"02(:[0-9a-f]{2}){5}", answer["found"][0]["mac"])


def test_csv_has_a_row_for_each_device(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert discover(config, "--csv") == exits.OK
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["address"], row["name"], row["standing"], row["devices"]) for row in rows] == [
        ("127.0.0.1:8001", "recorder", "configured", "nvr"),
        ("127.0.0.1:8002", "roof", "undeclared", ""),
    ]


def test_plan_says_what_would_be_sent_and_sends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sock = bound()
    nowhere = tmp_path / "site.toml"
    options = ["--address", f"127.0.0.1:{sock.getsockname()[1]}", "--range", "192.0.2.0/28", "--interface", "192.0.2.9"]
    with responder(sock, []) as asked:
        assert discover(nowhere, "--plan", *options) == exits.OK
        text = capsys.readouterr().out
        assert discover(nowhere, "--plan", "--json", *options) == exits.OK
        plan = json.loads(capsys.readouterr().out)
    assert asked == []
    assert (
        "multicast and broadcast from 192.0.2.9" in text and "14 hosts of 192.0.2.0/28, 50 datagrams a second" in text
    )
    assert plan["ranges"] == {"192.0.2.0/28": 14} and plan["datagrams"] == 12 + 8 + 4 * 14
    assert [(one["name"], one["port"], one["asks"]) for one in plan["protocols"][1:]] == [
        ("SADP", 37020, ["inquiry"]),
        ("DHDiscover", 37810, ["DHDiscover.search"]),
    ]


def test_the_plan_stands_before_the_first_packet(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []

    def stop(*_: object) -> None:
        said.append(capsys.readouterr().err)
        raise KeyboardInterrupt

    monkeypatch.setattr("agent.observe.probe.devices.sweep", stop)
    assert discover(config) == exits.INTERRUPTED
    assert "8 datagrams" in said[0]


def test_nothing_to_ask_is_said_and_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.toml"
    path.write_text(HEAD)
    assert discover(path) == exits.UNCHECKED
    assert "nothing was sent" in capsys.readouterr().err


def test_what_could_not_be_asked_is_said_and_is_no_success(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "site.toml"
    path.write_text(f'{HEAD}[discovery]\ninterfaces = ["203.0.113.7"]\nwait_s = 0.2\n')
    assert discover(path, "--json") == exits.UNCHECKED
    shown = capsys.readouterr()
    assert json.loads(shown.out)["failed"] == ["203.0.113.7"]
    assert "not asked or not heard: 203.0.113.7" in shown.err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--range", "192.0.2.1/28"), "192.0.2.1/28 is no NETWORK"),
        (("--range", "224.0.0.0/28"), "224.0.0.0/28 is no NETWORK"),
        (("--range", "10.0.0.0/16"), "more than 1024 addresses"),
        (("--interface", "eth0"), "eth0 is no ADDRESS"),
        (("--address", "http://x"), "http://x is no HOST"),
        (("--csv", "--json", "--address", "127.0.0.1"), "choose one"),
        (("--csv", "--plan"), "not allowed with"),
    ],
)
def test_a_wrong_option_ends_with_one_line(
    options: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = discover(tmp_path / "site.toml", *options)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == exits.USAGE
    assert said in capsys.readouterr().err


def test_write_makes_a_file_that_is_valid_at_once(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    new = tmp_path / "new" / "site.toml"
    assert discover(config, "--write", str(new)) == exits.USAGE, "its folder is missing"
    new.parent.mkdir()
    assert discover(config, "--write", str(new)) == exits.OK
    found = load(new)
    assert (found.id, [(d.id, d.host, d.port) for d in found.devices]) == (
        "datong017",
        [("nvr", "127.0.0.1", 8001), ("roof", "127.0.0.1", 8002)],
    )
    assert [(c.camera.id, c.camera.device, c.camera.name) for c in found.cameras] == [
        ("nvr", "nvr", "recorder"),
        ("roof", "roof", "roof"),
    ]
    assert found.discovery.addresses == load(config).discovery.addresses
    capsys.readouterr()
    assert main(["config", "validate", "--config", str(new)]) == exits.OK
    filled = new.read_text().replace('# credential = "cameras"', 'credential = "cameras"')
    new.write_text(filled)
    (new.parent / "secrets.toml").write_text('[credential.cameras]\nuser = "a"\npassword = "b"\n')
    (new.parent / "secrets.toml").chmod(0o600)
    assert main(["config", "validate", "--config", str(new)]) == exits.OK


@pytest.mark.parametrize("kind", ["file", "link"])
def test_write_overwrites_nothing_and_asks_nobody(
    kind: str, config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    there = tmp_path / "there.toml"
    if kind == "file":
        there.write_text("mine")
    else:
        there.symlink_to(tmp_path / "nowhere")
    monkeypatch.setattr("agent.observe.probe.devices.sweep", lambda *_: pytest.fail("a datagram was sent"))
    assert discover(config, "--write", str(there)) == exits.USAGE
    assert "not overwritten" in capsys.readouterr().err
    assert kind == "link" or there.read_text() == "mine"


def test_write_begins_a_site_where_there_is_no_file_yet(tmp_path: Path, announcer: Announcer) -> None:
    new = tmp_path / "site.toml"
    assert discover(new, "--quiet", "--address", announcer.address, "--write", str(new)) == exits.OK
    assert [d.port for d in load(new).devices] == [8001, 8002]


def placed(*names: str, xaddr: str = "http://192.0.2.{}/onvif") -> tuple[MatchedAnswer, ...]:
    found = [
        Discovered(
            f"192.0.2.{n}", name, scopes=tuple(f"onvif://www.onvif.org/{k}/{name}" for k in ("name", "hardware")),
            xaddrs=(xaddr.format(n), f"http://{name}/"), senders=(f"192.0.2.{n}",),
        )
        for n, name in enumerate(names, start=1)
    ]  # fmt: skip
    return take_stock(site(camera()), found)


def steers(text: str) -> str:
    """Return the characters of a text that steer a terminal or turn its direction."""
    return "".join(c for c in text if not c.isprintable() and c not in "\r\n")


def test_hostile_names_are_harmless_in_the_table() -> None:
    console = Console(file=io.StringIO(), width=200, force_terminal=True, color_system=None)
    console.print(result_table(placed(*HOSTILE), "en"))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "[red]x[/red]" in shown
    assert steers(shown.replace("\x1b[1m", "").replace("\x1b[0m", "").replace("\x1b[3m", "")) == ""


def test_hostile_names_are_harmless_in_csv() -> None:
    text = result_csv(placed(*HOSTILE))
    assert steers(text) == ""
    rows = list(csv.reader(io.StringIO(text)))
    assert len(rows) == 1 + len(HOSTILE)
    for row in rows[1:]:
        assert [cell for cell in row if cell.lstrip(" ")[:1] in ("=", "+", "-", "@", "\uff1d")] == []


def test_hostile_names_come_through_json_unchanged_and_harmless() -> None:
    text = json_text(result_json(placed(*HOSTILE), ()))
    assert steers(text) == ""
    assert [one["endpoint"] for one in json.loads(text)["found"]] == list(HOSTILE)


def test_a_skeleton_of_hostile_names_is_valid_and_says_nothing_else(tmp_path: Path) -> None:
    text = skeleton(PLACEHOLDER, placed(*HOSTILE))
    assert steers(text) == ""
    (tmp_path / "site.toml").write_text(text)
    found = load(tmp_path / "site.toml")
    assert len(found.devices) == len(found.cameras) == len(HOSTILE)
    assert found.cameras[-1].camera.name == "大门 一号"


@given(st.lists(st.text(min_size=1, max_size=40).filter(lambda t: "\ud800" not in t), min_size=1, max_size=4))
@settings(max_examples=60)
def test_no_name_breaks_a_skeleton(names: list[str]) -> None:
    tables = tomli.loads(skeleton(PLACEHOLDER, placed(*names)))
    assert len(tables["device"]) == len(names)
    assert all(re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}", device["id"]) for device in tables["device"])


def test_a_second_device_at_the_same_address_is_a_remark_and_not_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text(skeleton(PLACEHOLDER, placed("a", "b", xaddr="http://192.0.2.1/onvif")))
    assert len(load(tmp_path / "site.toml").devices) == 1
    assert "# Another device answers as 192.0.2.1 port 80: b" in (tmp_path / "site.toml").read_text()


def test_a_login_in_an_address_is_not_shown() -> None:
    rows = placed("a", xaddr="http://admin:hunter2@192.0.2.{}/onvif")
    console = Console(file=io.StringIO(), width=200)
    console.print(result_table(rows, "en"))
    told = result_csv(rows) + json_text(result_json(rows, ())) + skeleton(PLACEHOLDER, rows)
    assert "hunter2" not in told + console.file.getvalue()  # type: ignore[attr-defined]


def test_what_is_made_harmless() -> None:
    assert printable("a\u3000b\u00a0c\td\u2028e") == "a b c\ufffdd\ufffde"
    assert [csv_cell(t) for t in ("=1", "a=1", "\t1", "-", "")] == ["'=1", "a=1", "'\ufffd1", "'-", ""]
    assert json_text("\U000e0041\x7f大") == r'"\udb40\udc41\u007f大"'


def test_progress_shows_after_two_seconds_and_not_before() -> None:
    asking = threading.Event()

    class Terminal(io.StringIO):
        def write(self, text: str) -> int:
            if "asking, 2 s of about 30 s" in text:
                asking.set()
            return super().write(text)

    console = Console(file=Terminal(), force_terminal=True, width=80)
    times = iter((0.0, 0.5, 1.9, 2.1))
    with progress_after(console, 30.0, "en", lambda: next(times)) as progress:
        progress()
        progress()
        assert "asking" not in console.file.getvalue()  # type: ignore[attr-defined]
        progress()
        assert asking.wait(PATIENCE_S)


def test_a_device_that_answers_rubbish_beside_a_good_one_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sock = bound()
    good = matches(("urn:uuid:1", "", "http://127.0.0.1:8001/"))
    with responder(sock, [b"\xff" * 60_000, good[:-9], good, b"<!DOCTYPE a [<!ENTITY b 'c'>]>" + good[21:]]):
        assert discover(tmp_path / "none.toml", "--json", "--address", f"127.0.0.1:{sock.getsockname()[1]}") == exits.OK
    assert len(json.loads(capsys.readouterr().out)["found"]) == 1

"""`camwarden discover` as its user meets it: plan first, one answer in four shapes, hostile names harmless in each."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import PATIENCE_S
from probe_matches import bound, matches, responder
from rich.console import Console
from vendor_answers import dahua, sadp

from agent.cli import main
from agent.commands.discover import progress_after
from agent.demo.onvif.announcing import Announcer
from agent.model import exits
from agent.site.config.load import load

HEAD = '[site]\nid = "datong017"\ncity = "datong"\ndivision = "140200"\n'


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


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "not activated: set a password in the maker's tool"), ("zh_CN", "尚未激活")],
)
def test_a_maker_s_own_search_shows_firmware_maker_and_that_a_password_is_missing(
    lang: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    new, nowhere = tmp_path / "new.toml", tmp_path / "site.toml"
    nowhere.write_text(f"{HEAD}[discovery]\nwait_s = 0.3\n")
    with contextlib.ExitStack() as stack:
        options = []
        for host, answer in (("127.9.4.2", sadp(activated="false")), ("127.9.4.3", dahua())):
            sock = bound(host)
            options += ["--address", f"{host}:{sock.getsockname()[1]}"]
            stack.enter_context(responder(sock, [answer]))
        assert discover(nowhere, *options, "--lang", lang, "--write", str(new)) == exits.OK
        text = capsys.readouterr().out
        assert discover(nowhere, *options, "--json") == exits.OK
        first, second = sorted(json.loads(capsys.readouterr().out)["found"], key=lambda one: one["address"])
    assert text.count(said) == 1 and "V5.7.3build 210706" in text and "Hikvision" in text
    assert [(one["address"], one["maker"], one["activated"], one["serial"]) for one in (first, second)] == [
        ("127.9.4.2:80", "Hikvision", False, "DS-2CD214320210706AAWR1"),
        ("127.9.4.3:80", "Dahua", True, "1F006E4PAX00001"),
    ]
    assert sorted((d.host, d.port, d.driver) for d in load(new).devices) == [
        ("127.9.4.2", 80, "hikvision"),
        ("127.9.4.3", 80, "dahua"),
    ]


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

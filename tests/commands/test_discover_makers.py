"""`camwarden discover` shows what devices say in their makers' own search, in the table, as JSON and as site.toml."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from probe_matches import bound, responder
from vendor_answers import dahua, sadp

from agent.cli import main
from agent.model import exits
from agent.site.config.load import load

HEAD = '[site]\nid = "datong017"\ncity = "datong"\ndivision = "140200"\n'


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
    where = ["--config", str(nowhere)]
    with contextlib.ExitStack() as stack:
        options = []
        for host, answer in (("127.9.4.2", sadp(activated="false")), ("127.9.4.3", dahua())):
            sock = bound(host)
            options += ["--address", f"{host}:{sock.getsockname()[1]}"]
            stack.enter_context(responder(sock, [answer]))
        assert main(["discover", *where, "--no-color", *options, "--lang", lang, "--write", str(new)]) == exits.OK
        text = capsys.readouterr().out
        assert main(["discover", *where, *options, "--json"]) == exits.OK
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

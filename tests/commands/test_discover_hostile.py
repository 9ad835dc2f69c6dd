"""Names of devices that are hostile: harmless in a table, in CSV, in JSON and in the skeleton of a site file."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import tomli
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from sites import camera, site

from agent.commands.discover import result_csv, result_json, result_table
from agent.observe.inventory.site_skeleton import PLACEHOLDER, skeleton
from agent.observe.inventory.stocktake import MatchedAnswer, take_stock
from agent.site.config.load import load
from agent.text.harmless import csv_cell, json_text, printable
from drivers.discovery.probe_match import Discovered

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
@settings(max_examples=60, deadline=None)
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

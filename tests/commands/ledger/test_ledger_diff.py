"""`ledger diff`: each difference between ledger, site file and devices is told once, with its cell and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ledgers import csv_text
from openpyxl import load_workbook

from agent.cli import main
from agent.model import exits

HEADINGS = ["摄像机名称", "国标编码", "IP地址", "型号", "序列号", "MAC地址"]
Diff = Callable[..., tuple[int, list[dict[str, Any]]]]


def row(n: int, **changes: str) -> list[str]:
    usual = {
        "name": f"摄像机{n}", "code": f"140213000013100000{n:02d}", "host": f"192.0.2.{n}", "model": "DS-2CD2T47",
        "serial": f"F1234567{n}", "mac": f"c0:56:e3:00:00:{n:02x}",
    }  # fmt: skip
    return list({**usual, **changes}.values())


def device(n: int, **changes: Any) -> dict[str, Any]:
    usual = {
        "id": f"device-{n}", "host": f"192.0.2.{n}", "port": 80, "model": "DS-2CD2T47", "channels": [], "maker": "",
        "serial": f"DS-2CD2T4720240101AAWRF1234567{n}", "macs": [f"c0:56:e3:00:00:{n:02x}"], "firmware": "V5",
    }  # fmt: skip
    return {**usual, **changes}


@pytest.fixture
def diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Diff:
    """Compare rows with a site of three cameras and with what their devices say."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    Path("first.csv").write_text(csv_text([row(n) for n in (1, 2, 3)], HEADINGS, ""), "utf-8")
    asked = ["ledger", "import", "first.csv", "--out", "site", "--site", "dt1", "--set", "city=datong", "-q"]
    assert main(asked) == exits.OK

    def compared(rows: list[list[str]], devices: list[dict[str, Any]] | None = None, *more: str, **result: Any) -> Any:
        Path("l.csv").write_text(csv_text(rows, HEADINGS, ""), "utf-8")
        arguments = ["ledger", "diff", "l.csv", "--config", "site/site.toml", *more]
        if devices is not None:
            seen = {"schema": "camwarden-check/1", "devices": devices, "undeclared": [], **result}
            Path("seen.json").write_text(json.dumps(seen))
            arguments += ["--seen", "seen.json"]
        capsys.readouterr()
        code = main([*arguments, "--json", "-q"])
        return code, json.loads(capsys.readouterr().out)["differences"]

    return compared


def told(found: list[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    return [(one["kind"], one["against"], one["subject"], one["cell"]) for one in found]


ROWS = [row(n) for n in (1, 2, 3)]
DEVICES = [device(n) for n in (1, 2, 3)]


def test_what_agrees_is_told_as_nothing(diff: Diff) -> None:
    """The label's serial number is the end of the one that the device says, and a MAC may be written in any way."""
    assert diff(ROWS) == (exits.OK, [])
    assert diff([row(1, mac="C056-E300-0001"), *ROWS[1:]], DEVICES) == (exits.OK, [])


def test_missing_extra_and_changed_against_the_site_file(diff: Diff) -> None:
    rows = [row(1, name="东门"), row(2, host="192.0.2.77"), row(9)]
    code, found = diff(rows)
    assert code == exits.FAILS
    assert told(found) == [
        ("differs", "site", "camera:cam-000001", "A2"),
        ("moved", "site", "device:device-2", "C3"),
        ("missing", "site", "camera:cam-000009", "4"),
        ("extra", "site", "camera:cam-000003", ""),
    ]
    assert (found[0]["key"], found[0]["ledger"], found[0]["other"]) == ("name", "东门", "摄像机1")


def test_other_model_serial_and_mac_against_what_devices_say(diff: Diff) -> None:
    devices = [device(1, model="DS-2CD9"), device(2, serial="G999999999"), device(3, macs=["c0:56:e3:00:00:aa"])]
    assert told(diff(ROWS, devices)[1]) == [
        ("differs", "seen", "camera:cam-000001", "D2"),
        ("differs", "seen", "camera:cam-000002", "E3"),
        ("differs", "seen", "camera:cam-000003", "F4"),
    ]


def test_two_cameras_that_were_exchanged_are_one_line(diff: Diff) -> None:
    one, other = (device(n, serial=f"F1234567{m}", macs=[f"c0:56:e3:00:00:0{m}"]) for n, m in ((1, 2), (2, 1)))
    devices = [one, other, device(3)]
    found = diff(ROWS, devices)[1]
    assert told(found) == [("swapped", "seen", "camera:cam-000001", "E2")] and found[0]["other"] == "cam-000002"


def test_a_camera_in_the_place_of_another_and_one_that_was_not_seen(diff: Diff) -> None:
    devices = [device(1, serial="F12345673", macs=["c0:56:e3:00:00:03"]), device(2)]
    assert [one[:3] for one in told(diff(ROWS, devices)[1])] == [
        ("moved", "seen", "camera:cam-000001"), ("missing", "seen", "camera:cam-000003"),
    ]  # fmt: skip


def test_what_answers_and_stands_nowhere_is_extra_and_a_known_mac_has_moved(diff: Diff) -> None:
    assert told(diff(ROWS, DEVICES, undeclared=["192.0.2.200:80"])[1]) == [("extra", "seen", "site", "")]
    found = {"schema": "camwarden-discover/1", "found": [
        {"address": "192.0.2.88:80", "standing": "undeclared", "mac": "c0:56:e3:00:00:02", "devices": []},
        {"address": "192.0.2.99:80", "standing": "undeclared", "mac": "", "devices": []},
        {"address": "192.0.2.1:80", "standing": "configured", "mac": "c0:56:e3:00:00:01", "devices": ["device-1"]},
        {"address": "192.0.2.3:80", "standing": "configured", "mac": "", "devices": ["device-3"]},
    ]}  # fmt: skip
    result = diff(ROWS, [], **found)[1]
    assert told(result) == [
        ("missing", "seen", "camera:cam-000002", "C3"),
        ("moved", "seen", "camera:cam-000002", "C3"),
        ("extra", "seen", "site", ""),
    ]
    assert result[1]["other"] == "192.0.2.88"


def test_what_stands_twice_in_the_ledger(diff: Diff) -> None:
    rows = [row(1), row(2, mac="c0:56:e3:00:00:01"), row(3, serial="F12345671"), row(4, host="192.0.2.1", code="")]
    assert {(one["kind"], one["cell"], one["key"]) for one in diff(rows)[1]} >= {
        ("duplicate", "F3", "mac"), ("duplicate", "E4", "serial"), ("refused", "C2", ""), ("refused", "C5", ""),
    }  # fmt: skip


def test_people_see_colour_and_words_and_a_workbook_with_coloured_cells(
    diff: Diff, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [row(1, name="[red]=1+1[/red]"), row(2), row(9, name="\x1b[2J新")]
    diff(rows, [device(1, model="=cmd()"), device(2)])
    asked = ["ledger", "diff", "l.csv", "--config", "site/site.toml", "--seen", "seen.json", "--lang", "zh_CN"]
    assert main([*asked, "--xlsx", "out.xlsx"]) == exits.FAILS
    shown = capsys.readouterr()
    assert "不一致" in shown.out and "台账外" in shown.out and "[red]=1+1[/red]" in shown.out
    assert "\x1b" not in shown.out + shown.err and "“型号”在台账中为" in shown.out.replace("\n", "")
    sheet = load_workbook("out.xlsx").active
    assert [cell.value for cell in sheet[1]] == ["站点编号", *HEADINGS]
    colours = {
        cell.coordinate: cell.fill.start_color.rgb
        for line in sheet.iter_rows(min_row=2)
        for cell in line
        if cell.comment
    }
    assert len(colours) >= 3 and all(colour != "00000000" for colour in colours.values())
    assert {cell.data_type for line in sheet.iter_rows() for cell in line if cell.value is not None} <= {"s", "n"}
    comments = " ".join(cell.comment.text for line in sheet.iter_rows(min_row=2) for cell in line if cell.comment)
    assert "设备实际为 =cmd()" in comments

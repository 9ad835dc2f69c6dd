"""`ledger export`: taken in again it changes nothing, no cell of it is a formula, and no login stands in it."""

from __future__ import annotations

import csv
import io
import json
import stat
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from sites import observed

from agent.cli import main
from agent.model import exits
from agent.model.errors import UsageError
from agent.observe.facts.facts import gather
from agent.observe.inventory.equipment import equipment_json
from agent.onsite.ledger import folder
from agent.onsite.ledger.changes import changes, new_declarations
from agent.onsite.ledger.columns import EXPORTED
from agent.onsite.ledger.export import cell, choices, heading, rows
from agent.onsite.ledger.files.csv_file import csv_bytes
from agent.onsite.ledger.rows import EMPTY, read
from agent.onsite.ledger.seen import NOTHING_SEEN, from_devices, parse_observed
from agent.onsite.ledger.sites import plan
from agent.site.config.load import load
from agent.site.config.tables import site_tables, toml_text
from agent.text.translate import LANGUAGES
from agent.text.workbook import Sheet, SheetColumn, workbook
from drivers.details import Interface, Interfaces
from drivers.footage import Channel, Channels
from drivers.model import Identity

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
TODAY = date(2026, 11, 25)
SECRET = "hunter2-very-secret"
SITE = """
[site]
id = "dt0001"
name = "学校"
city = "datong"
division = "140213"

[[device]]
id = "nvr"
host = "192.0.2.11"
credential = "cameras"

[[device]]
id = "roof"
host = "192.0.2.50"
port = 8080
driver = "hikvision"
credential = "cameras"

[[camera]]
id = "gate"
device = "nvr"
channel = 1
name = "=1+1"
code = "14021300001310000001"
recorded = true

[[camera]]
id = "yard"
device = "nvr"
channel = 2
name = "@SUM(A1)"

[[camera]]
id = "roof"
device = "roof"
name = "-1层"
in_use_since = 2024-03-01
retention_days = 90

[[declaration]]
duty = "zone-type"
value = "entrance"
by = "Li Na"
at = 2026-01-31
cameras = ["gate"]

[[declaration]]
duty = "linked"
value = true
by = "Li Na"
at = 2026-01-31
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "site.toml"
    path.write_text(SITE, "utf-8")
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(f'[credential.cameras]\nuser = "monitor-user"\npassword = "{SECRET}"\n')
    secrets.chmod(0o600)
    return path


def exported(tables: object, form: str, lang: str, seen: object = NOTHING_SEEN) -> bytes:
    """Return an export's bytes, made as the command makes them."""
    cells = [[cell(row.get(c.key), c, lang) for c in EXPORTED] for row in rows(tables, seen, TODAY)]  # type: ignore[arg-type]
    if form == "csv":
        return csv_bytes([heading(column, lang) for column in EXPORTED], cells)
    return workbook(Sheet("一机一档", [SheetColumn(heading(c, lang), "", choices(c, lang)) for c in EXPORTED], cells))


ODD = ["'x", "''", "'=1", "007", "1e5", '="1"', "无线AP", "a,b;c", "14021300001310000001"]
NAMES = (
    st.one_of(
        st.sampled_from([*(f"{start}x" for start in FORMULA_STARTS if start.isprintable()), *ODD]),
        st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=30),
    )
    .map(str.strip)
    .filter(lambda text: text.isprintable() and text not in EMPTY)
)
"""What sites are called; blanks at the ends of a name are kept by no cell, and a word for nothing names nothing."""


@st.composite
def configurations(draw: st.DrawFn) -> str:
    """Return a site.toml of recorders and single cameras, with whatever names people choose."""
    lines: dict[str, list[dict[str, object]]] = {"device": [], "camera": [], "declaration": []}
    number = 0
    for index in range(draw(st.integers(1, 3))):
        device: dict[str, object] = {"id": f"d{index}", "host": f"192.0.2.{index + 1}", "credential": "cameras"}
        device |= draw(st.sampled_from([{}, {"port": 8000}, {"tls": True}, {"rtsp_port": 554, "driver": "dahua"}]))
        lines["device"].append(device)
        for channel in range(1, draw(st.integers(1, 3)) + 1):
            number += 1
            camera: dict[str, object] = {"id": f"c{number}", "device": f"d{index}", "channel": channel}
            camera |= draw(st.fixed_dictionaries({}, optional={
                "name": NAMES, "placement": NAMES, "code": st.just(f"140213000013{number:08d}"),
                "recorded": st.booleans(), "retention_days": st.sampled_from([0, 30, 90]),
                "in_use_since": st.just("2024-02-29"),
            }))  # fmt: skip
            lines["camera"].append(camera)
            for duty, answers in (("zone-type", ["hall", "toilet"]), ("linked", [True, False]), ("height-m", [3, 3.5])):
                if draw(st.booleans()):
                    row = {"duty": duty, "value": draw(st.sampled_from(answers)), "by": "x", "at": "2026-01-01"}
                    lines["declaration"].append({**row, "cameras": [camera["id"]]})
    site = {"id": "dt1", "city": "datong", "division": "140213", "name": draw(NAMES)}
    return toml_text({"site": site, **lines})  # type: ignore[dict-item]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("lang", LANGUAGES)
@settings(max_examples=12)
@given(text=configurations())
def test_an_export_taken_in_again_is_the_identity(form: str, lang: str, text: str) -> None:
    with TemporaryDirectory() as name:
        home = Path(name)
        (home / "site.toml").write_text(text, "utf-8")
        tables = folder.existing(home)
        ledger = read(exported(tables, form, lang), {})
        assert ledger.problems == () and ledger.unknown == ()
        again = plan(ledger.entries, tables)
        assert again.problems == () and again.remarks == ()
        assert changes(again, tables) == () and new_declarations(again, tables, "x", TODAY) == ()
        fresh = plan(ledger.entries, {})
        folder.write(folder.draft(home / "new", fresh, {}, None, "x", TODAY))
        site = load(home / "new" / "site.toml")
        assert exported(site_tables(site), "csv", lang) == exported(tables, "csv", lang)
        secrets = home / "secrets.toml"
        secrets.write_text((home / "new/secrets.toml").read_text())
        secrets.chmod(0o600)
        before = load(home / "site.toml")
        assert site.devices == before.devices and site.cameras == before.cameras


def test_no_cell_of_a_workbook_is_a_formula_and_texts_stay_texts(config: Path) -> None:
    assert main(["ledger", "export", "--config", str(config), "--out", "l.xlsx"]) == exits.OK
    sheet = load_workbook("l.xlsx").active
    cells = {cell.coordinate: cell for row in sheet.iter_rows() for cell in row if cell.value is not None}
    assert {cell.data_type for cell in cells.values()} == {"s", "n"}
    names = [sheet.cell(n, _column(sheet, "name")) for n in (2, 3, 4)]
    assert [cell.value for cell in names] == ["=1+1", "@SUM(A1)", "-1层"]
    assert all(cell.quotePrefix and cell.number_format == "@" for cell in names)
    code = sheet.cell(2, _column(sheet, "code"))
    assert (code.value, code.data_type, code.number_format) == ("14021300001310000001", "s", "@")
    assert stat.S_IMODE(Path("l.xlsx").stat().st_mode) == 0o644


def _column(sheet: object, name: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == name)  # type: ignore[index,no-any-return]


def test_no_cell_of_a_csv_is_a_formula(config: Path) -> None:
    assert main(["ledger", "export", "--config", str(config), "--out", "l.csv"]) == exits.OK
    data = Path("l.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    cells = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row]
    assert [cell for cell in cells if cell.lstrip(" ").startswith(FORMULA_STARTS)] == []
    assert "'=1+1" in cells and "'14021300001310000001" in cells


@pytest.mark.parametrize("name", ["l.xlsx", "l.csv"])
def test_no_login_leaves_the_secrets_file_and_it_need_not_be_readable(name: str, config: Path) -> None:
    (config.parent / "secrets.toml").unlink()
    assert main(["ledger", "export", "--config", str(config), "--out", name]) == exits.OK
    (config.parent / "secrets.toml").write_text(f'[credential.cameras]\nuser = "u-1"\npassword = "{SECRET}"\n')
    assert main(["ledger", "export", "--config", str(config), "--out", f"2-{name}"]) == exits.OK
    for data in (Path(name).read_bytes(), Path(f"2-{name}").read_bytes()):
        whole = data if name.endswith("csv") else str(
            [cell.value for row in load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row]
        ).encode()  # fmt: skip
        assert SECRET.encode() not in whole and b"u-1" not in whole


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_workbook_helps_who_fills_it_in(lang: str, config: Path) -> None:
    assert main(["ledger", "export", "--config", str(config), "--out", "l.xlsx", "--lang", lang]) == exits.OK
    book = load_workbook("l.xlsx")
    sheet = book.active
    assert sheet.freeze_panes == "A2" and sheet.title == ("一机一档" if lang == "zh_CN" else "camera ledger")
    assert all(cell.comment is not None and cell.comment.text for cell in sheet[1])
    headings = [cell.value for cell in sheet[1]]
    assert ("IP地址" if lang == "zh_CN" else "address") in headings
    offered = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    letters = {area.split("2:")[0]: formula for area, formula in offered.items()}
    driver = sheet.cell(1, headings.index("接入方式" if lang == "zh_CN" else "driver") + 1).column_letter
    recorded = sheet.cell(1, headings.index("是否录像" if lang == "zh_CN" else "recorded") + 1).column_letter
    zone = sheet.cell(1, headings.index("安装场所类型" if lang == "zh_CN" else "zone type") + 1).column_letter
    assert letters[driver] == '"onvif,hikvision,dahua,uniview"'
    assert letters[recorded] == ('"是,否"' if lang == "zh_CN" else '"yes,no"')
    assert max(len(formula) for formula in letters.values()) <= 255 and zone in letters
    assert [name for name in book.sheetnames if book[name].sheet_state == "visible"] == [sheet.title]
    assert sheet.column_dimensions["C"].width and sheet.auto_filter.ref


def test_a_file_that_is_there_and_a_name_of_another_kind_are_refused(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("l.xlsx").write_text("mine")
    assert main(["ledger", "export", "--config", str(config), "--out", "l.xlsx"]) == exits.USAGE
    assert main(["ledger", "export", "--config", str(config), "--out", "l.ods"]) == exits.USAGE
    assert main(["ledger", "export", "--config", str(config), "--out", "none/l.csv"]) == exits.USAGE
    assert Path("l.xlsx").read_text() == "mine" and "must end in .xlsx or .csv" in capsys.readouterr().err


CHANNELS = Channels(
    tuple(
        Channel(
            n, "门", "online", host=f"192.0.2.10{n}", mac=f"c0:56:e3:00:00:0{n}", model=f"DS-2CD{n}", serial=f"F{n}"
        )
        for n in (1, 2)
    )
)
FACTS = gather(
    (
        *observed("device:nvr", Identity("Hikvision", "DS-7616", "V4.61", "NVR1"), CHANNELS),
        *observed("device:roof", Identity("=HYPERLINK(1)", "DS-2CD3\x1b[2J", "V5", "F3")),
        *observed("device:roof", Interfaces((Interface("eth0", "c0:56:e3:00:00:03", ()),))),
    )
)


def test_what_devices_say_of_themselves_is_filled_in(config: Path) -> None:
    site = load(config)
    result = {"schema": "camwarden-check/1", "devices": equipment_json(site, FACTS), "undeclared": []}
    Path("seen.json").write_text(json.dumps(result))
    asked = ["ledger", "export", "--config", str(config), "--seen", "seen.json", "--out", "l.csv"]
    assert main(asked) == exits.OK
    entries = read(Path("l.csv").read_bytes(), {}).entries
    found = [
        [entry.values.get(key) for key in ("recorder_address", "address", "model", "serial", "mac")]
        for entry in entries
    ]
    assert found == [
        ["192.0.2.11", "192.0.2.101", "DS-2CD1", "F1", "c0:56:e3:00:00:01"],
        ["192.0.2.11", "192.0.2.102", "DS-2CD2", "F2", "c0:56:e3:00:00:02"],
        [None, "192.0.2.50", "DS-2CD3\ufffd[2J", "F3", "c0:56:e3:00:00:03"],
    ]  # fmt: skip
    assert entries[2].values["maker"] == "=HYPERLINK(1)" and entries[2].values["firmware"] == "V5"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "other/1"}', "[" * 100_000])
def test_what_is_no_result_of_a_look_is_refused(text: str, config: Path) -> None:
    Path("seen.json").write_text(text)
    assert main(["ledger", "export", "--config", str(config), "--seen", "seen.json"]) == exits.USAGE


def test_a_result_without_what_identifies_devices_is_refused_with_what_to_do(config: Path) -> None:
    tables = site_tables(load(config))
    with pytest.raises(UsageError, match="--no-redact"):
        from_devices([{"id": "nvr", "host": "[address 1]"}], tables)


@pytest.mark.parametrize(
    "devices", [None, 1, [1], [{"id": 1}], [{"id": "nvr", "channels": 3, "macs": "x"}], [{"id": "roof", "model": []}]]
)
def test_a_result_of_any_other_shape_counts_as_not_seen(devices: object, config: Path) -> None:
    text = json.dumps({"schema": "camwarden-check/1", "devices": devices, "undeclared": [1, None, "192.0.2.9:80"]})
    seen = parse_observed(text, site_tables(load(config)))
    assert all(not one.model and not one.mac for one in seen.cameras.values())
    assert [one.address for one in seen.strangers] == ["192.0.2.9"]

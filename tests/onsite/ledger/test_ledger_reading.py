"""A ledger is read as its author meant it, or refused at the cell: encodings, titles, merged cells, Excel's numbers."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path

import pytest
from ledgers import HEADINGS, PASSWORD, csv_text, school, with_part
from openpyxl import Workbook, load_workbook

from agent.onsite.ledger.columns import COLUMNS
from agent.onsite.ledger.files.grid import Unreadable
from agent.onsite.ledger.headings import normal
from agent.onsite.ledger.rows import Ledger, read

FIXTURES = Path(__file__).parents[2] / "fixtures" / "ledgers"
FEW = "摄像机名称,国标编码,IP地址,通道号\n"


def saved(book: Workbook) -> bytes:
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def sheet(*rows: list[object]) -> bytes:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    return saved(book)


def wide(text: str) -> str:
    """Return a text as an input method for Chinese writes it by accident."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


def said(ledger: Ledger) -> list[tuple[str, str]]:
    return [(problem.where, str(problem.message)) for problem in ledger.problems]


def test_the_fixtures_are_what_their_script_writes_and_say_the_same() -> None:
    workbook, text = (FIXTURES / "school-40.xlsx").read_bytes(), (FIXTURES / "school-40-gb18030.csv").read_bytes()
    assert text == csv_text(school()).encode("gb18030")
    one, other = read(workbook, {}), read(text, {})
    assert (one.problems, other.problems) == ((), ())
    assert [entry.values for entry in one.entries] == [entry.values for entry in other.entries]
    assert len(one.entries) == 40 and one.sheet == "一机一档"
    assert (one.form, other.form) == ("XLSX", "CSV, GB18030, separated by ,")
    first = one.entries[0].values
    assert first["code"] == "14021300001310000001" and first["in_use_since"] == "2024-03-01"
    assert first["mac"] == "c0:56:e3:00:00:00" and first["recorder_address"] == "192.0.2.11"


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("utf-8", "UTF-8"),
        ("utf-8-sig", "UTF-8 with a byte-order mark"),
        ("gb18030", "GB18030"),
        ("gbk", "GB18030"),
        ("utf-16", "UTF-16"),
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_encoding_and_separator_are_found_and_told(encoding: str, told: str, separator: str) -> None:
    ledger = read(csv_text(school(4), separator=separator).encode(encoding), {})
    assert ledger.form == f"CSV, {told}, separated by {'TAB' if separator == chr(9) else separator}"
    assert [entry.values["name"] for entry in ledger.entries][:2] == ["东大门半球1", "西大门枪机1"]


def test_full_width_digits_punctuation_and_blank_cells_are_read() -> None:
    code, address, channel = (wide(text) for text in ("14021300001310000001", "192.0.2.9", "D3"))
    rows = f"\uff21口,\u3000{code} ,{address.replace(wide('.'), '。')},{channel}\n,,,\n门,/,192.0.2.8,-\n"
    ledger = read((FEW + rows).encode(), {})
    assert said(ledger) == []
    assert [e.values for e in ledger.entries] == [
        {"name": "\uff21口", "code": "14021300001310000001", "address": "192.0.2.9", "channel": 3},
        {"name": "门", "address": "192.0.2.8"},
    ]


def test_excel_keeps_no_code_as_a_number_and_none_is_guessed() -> None:
    ledger = read(
        sheet(
            ["摄像机名称", "国标编码", "IP地址", "序列号", "行政区划代码", "联系电话"],
            ["A", 14021300001310000001, "192.0.2.1", 12345678, 140213, 13812345678],
            ["B", 1.4021300001310000e19, "192.0.2.2", "F1", 40213, 3525550100],
        ),
        {},
    )
    problems = said(ledger)
    assert [where for where, _ in problems] == ["B2", "D2", "B3", "E3", "F3"]
    assert "keeps only 15 of its 20 digits: format the column as text" in problems[0][1]
    assert "drops leading zeros" in problems[1][1] and "drops leading zeros" in problems[4][1]
    assert [e.values.get("division") for e in ledger.entries] == ["140213", None]
    text = read((FEW + "A,1.40213E+19,192.0.2.1,\n").encode(), {})
    assert [where for where, _ in said(text)] == ["B2"] and "its last digits are lost" in said(text)[0][1]


@pytest.mark.parametrize(
    ("written", "day"),
    [
        (datetime(2024, 3, 1), "2024-03-01"),  # noqa: DTZ001  as a spreadsheet has it
        ("2024-3-1", "2024-03-01"),
        ("2024/03/01", "2024-03-01"),
        ("2024.3.1", "2024-03-01"),
        ("2024年3月1日", "2024-03-01"),
        ("2024/3/1 0:00:00", "2024-03-01"),
        ("20240301", "2024-03-01"),
        (20240301, "2024-03-01"),
        (45352, None),
        ("2024年3月", None),
        ("2024-02-30", None),
        ("3/1/2024", None),
    ],
)
def test_a_day_is_read_or_refused(written: object, day: str | None) -> None:
    ledger = read(sheet(["摄像机名称", "IP地址", "安装日期"], ["A", "192.0.2.1", written]), {})
    assert ledger.entries[0].values.get("in_use_since") == day
    assert [where for where, _ in said(ledger)] == ([] if day else ["C2"])


def test_titles_merged_cells_two_header_rows_hidden_rows_and_notes() -> None:
    book = Workbook()
    one = book.active
    assert one is not None
    for row in (
        ["XX小学一机一档"],
        ["填报单位:保卫科", None, None, None, "2025年"],
        ["序号", "摄像机名称", "网络信息", None, "录像机IP"],
        [None, None, "IP地址", "通道号", None],
        [1, "A", "192.0.2.1", 1, "192.0.2.9"],
        [2, "B", "192.0.2.2", 2, None],
        [],
        ["二、后院"],
        [3, "C", "192.0.2.3", 3, "192.0.2.9"],
        [4],
        ["合计", 3],
        ["注:以上由施工单位填写"],
    ):
        one.append(row)
    for area in ("A1:E1", "A3:A4", "B3:B4", "C3:D3", "E3:E4", "E5:E6", "A12:E12"):
        one.merge_cells(area)
    one.row_dimensions[6].hidden = True
    ledger = read(saved(book), {})
    assert said(ledger) == []
    assert [(e.row, e.values["name"], e.values["recorder_address"]) for e in ledger.entries] == [
        (5, "A", "192.0.2.9"), (6, "B", "192.0.2.9"), (9, "C", "192.0.2.9"),
    ]  # fmt: skip
    told = [str(remark) for remark in ledger.remarks]
    assert "rows that are no cameras (notes, totals, headings) were left out: 8, 10, 11, 12" in told
    assert "1 hidden rows were read like the others" in told


def test_a_row_with_a_name_and_nothing_else_between_cameras_is_no_note() -> None:
    ledger = read((FEW + "A,,192.0.2.1,\nlost,,,\nB,,192.0.2.2,\nbye,,,\n").encode(), {})
    assert [entry.row for entry in ledger.entries] == [2, 3, 4]


def test_formulas_count_by_their_stored_value_and_are_refused_without_one() -> None:
    data = sheet(["摄像机名称", "IP地址", "存储天数"], ["A", "192.0.2.1", "=15*2"], ["B", "192.0.2.2", "=15*2"])
    assert said(read(data, {})) == [
        (f"C{n}", "is a formula without a stored value: save the file in Excel once, or paste values only")
        for n in (2, 3)
    ]

    def calculated(name: str, part: bytes) -> bytes:
        part = part.replace(b"<f>15*2</f><v></v>", b"<f>15*2</f><v>30</v>", 1)
        return part.replace(b"<f>15*2</f><v />", b"<f>15*2</f><v>30</v>", 1)

    half = read(with_part(data, calculated), {})
    assert [where for where, _ in said(half)] == ["C3"] and half.entries[0].values["retention_days"] == 30
    wrong = load_workbook(io.BytesIO(data))
    wrong.active["C2"] = "#REF!"
    assert "#REF!" in said(read(saved(wrong), {}))[0][1]


def test_the_sheet_that_fits_is_taken_another_can_be_named_and_hidden_ones_are_not_read() -> None:
    book = Workbook()
    assert book.active is not None
    book.active.title = "说明"
    book.active.append(["本表填写说明"])
    full = book.create_sheet("东区")
    full.append(["摄像机名称", "IP地址", "通道号"])
    full.append(["A", "192.0.2.300", 1])
    small = book.create_sheet("西区")
    small.append(["摄像机名称", "IP地址"])
    small.append(["B", "192.0.2.2"])
    old = book.create_sheet("旧")
    old.append(["摄像机名称", "IP地址", "通道号", "型号"])
    old.sheet_state = "hidden"
    ledger = read(saved(book), {})
    assert ledger.sheet == "东区" and "西区" in str(ledger.remarks[0])
    assert said(ledger) == [("东区!B2", '"192.0.2.300" is no address: write it like 192.0.2.64')]
    assert read(saved(book), {}, "西区").entries[0].values["name"] == "B"
    with pytest.raises(Unreadable, match='no sheet "北区"; its sheets: 说明, 东区, 西区'):
        read(saved(book), {}, "北区")


def test_unknown_headings_are_listed_with_the_nearest_guess_and_a_word_settles_them() -> None:
    text = "摄像机名,IP地址,通道号,立杆编号\nA,192.0.2.1,1,G-7\n".encode()
    ledger = read(text, {})
    assert [(h.text, h.guess) for h in ledger.unknown] == [("摄像机名", "name"), ("立杆编号", "")]
    mapped = read(text, {normal("立杆编号"): "placement", normal("摄像机名"): "-"})
    assert [(h.text, h.key) for h in mapped.headings if h.remembered] == [("立杆编号", "placement")]
    assert mapped.entries[0].values == {"address": "192.0.2.1", "channel": 1, "placement": "G-7"}


def test_two_headings_for_one_column_are_refused_or_the_surer_one_is_taken() -> None:
    same = read("名称,名称,IP地址\nA,B,192.0.2.1\n".encode(), {})
    assert said(same)[0][0] == "B1" and "both mean" in said(same)[0][1]
    surer = read("名称,摄像机名称,IP地址\nX,A,192.0.2.1\n".encode(), {})
    assert surer.entries[0].values["name"] == "A" and [h.text for h in surer.unknown] == ["名称"]


@pytest.mark.parametrize("heading", ["密码", "登录密码", "Password", "用户名/密码", "口令 ", "设备密码(初始)", "PWD"])
def test_a_column_of_passwords_is_never_read(heading: str) -> None:
    ledger = read(f"摄像机名称,IP地址,{heading}\nA,192.0.2.1,{PASSWORD}\n".encode(), {})
    assert [h.text for h in ledger.headings if h.password] == [heading.strip()]
    assert PASSWORD not in repr(ledger) and PASSWORD not in repr([e.values for e in ledger.entries])


def test_a_login_inside_an_address_is_not_shown() -> None:
    ledger = read((FEW + "A,,rtsp://admin:pw-7@192.0.2.1/x,\nB,,admin@pw-7,\n").encode(), {})
    assert [where for where, _ in said(ledger)] == ["C2", "C3"] and "pw-7" not in repr(said(ledger))


def test_every_name_of_a_column_belongs_to_that_column_and_is_in_normal_form() -> None:
    names = [name for column in COLUMNS for name in column.names]
    assert [name for name in names if normal(name) != name] == []
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
    assert {normal(heading) for heading in HEADINGS} - set(names) == {"密码"}


@pytest.mark.parametrize(
    ("headings", "keys"),
    [
        (  # as Hikvision's SADP names what it found
            "ID,Device Type,Status,IPv4 Address,Port,Software Version,HTTP Port,Device Serial No.,MAC Address",
            ["number", "model", "", "address", "any_port", "firmware", "http_port", "serial", "mac"],
        ),
        (
            "序号,设备类型,状态,IPv4地址,端口,软件版本,HTTP端口,设备序列号,MAC地址",
            ["number", "kind", "", "address", "any_port", "firmware", "http_port", "serial", "mac"],
        ),
        # as Dahua's ConfigTool does
        ("No.,Type,Model,IP,MAC,Version,SN", ["number", "", "model", "address", "mac", "firmware", "serial"]),
    ],
)
def test_the_lists_that_makers_tools_export_are_understood(headings: str, keys: list[str]) -> None:
    ledger = read(f"{headings}\n{','.join('1' for _ in keys)}\n".encode(), {})
    assert [heading.key for heading in ledger.headings] == keys


def test_every_column_stands_in_the_readme_with_all_its_names() -> None:
    page = (Path(__file__).parents[3] / "agent/onsite/ledger/README.md").read_text("utf-8")
    rows = [f"| `{c.key}` | {' '.join(c.names)} | {c.told} | {c.place and f'`{c.place}`'} |" for c in COLUMNS]
    assert [row for row in rows if row not in page] == []

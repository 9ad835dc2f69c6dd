"""Ledgers as contractors keep them, made cell by cell: for tests, and the files in `fixtures/ledgers/`.

Run: python tests/support/ledgers.py DIR writes the two files of a school with 40 cameras.
"""

from __future__ import annotations

import csv
import io
import sys
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

TITLE = "大同市第一中学视频监控一机一档台账"
HEADINGS = (
    "序号", "摄像机名称", "国标编码", "安装位置", "IP地址", "录像机IP", "通道号", "品牌", "型号", "序列号",
    "MAC地址", "用户名", "密码", "存储天数", "安装时间", "维护单位", "联系电话", "备注",
)  # fmt: skip
PASSWORD = "Dt@2025#jk"
NOTE = "备注\uff1a本表由维保单位填写\uff0c每季度核对一次。"
PLACES = (
    "东大门", "西大门", "南门", "传达室", "教学楼一层大厅", "教学楼一层东走廊", "教学楼二层西走廊", "教学楼三层东走廊",
    "实验楼大厅", "图书馆阅览区", "食堂后厨", "食堂就餐区", "操场看台", "操场东北角", "停车场入口", "停车场出口",
    "宿舍楼门厅", "周界东段", "周界西段", "配电室门口",
)  # fmt: skip

Cell = str | int | float | date | None


def school(count: int = 40, recorders: int = 3) -> list[list[Cell]]:
    """Return rows in the order of `HEADINGS`: cameras behind recorders, the last four read by themselves."""
    rows: list[list[Cell]] = []
    alone = 4
    for n in range(count):
        place = PLACES[n % len(PLACES)]
        behind = n < count - alone
        number, channel = n % recorders, n // recorders + 1
        rows.append(
            [
                n + 1,
                f"{place}{'枪机' if n % 2 else '半球'}{n // len(PLACES) + 1}",
                f"1402130000131{n + 1:07d}",
                f"{place}\uff0c距地{3 + n % 3}米",
                f"192.0.2.{101 + n}",
                f"192.0.2.{11 + number}" if behind else None,
                channel if behind else None,
                "海康威视",
                "DS-2CD2T47G2-L" if n % 2 else "DS-2CD2347G2-LU",
                f"DS-2CD{n:02d}20240305AAWRF{10000000 + n}",
                f"C0-56-E3-00-{n // 256:02X}-{n % 256:02X}",
                "admin",
                PASSWORD,
                90 if place == "传达室" else 30,
                date(2024, 3, 1 + n % 28),
                "大同市安防工程有限公司",
                "0352-5550100",
                None,
            ]
        )
    return rows


def xlsx(
    rows: Sequence[Sequence[Cell]], headings: Sequence[str] = HEADINGS, title: str = TITLE, note: str = NOTE
) -> bytes:
    """Return a workbook with a merged title above the headings and a note below the rows."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "一机一档"
    if title:
        sheet.append([title])
        sheet.merge_cells(start_row=1, start_column=1, end_row=1, end_column=len(headings))
        sheet.cell(1, 1).font = Font(bold=True, size=16)
    sheet.append(list(headings))
    for row in rows:
        sheet.append(list(row))
    if note:
        sheet.append([note])
        last = sheet.max_row
        sheet.merge_cells(start_row=last, start_column=1, end_row=last, end_column=len(headings))
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def csv_text(
    rows: Sequence[Sequence[Cell]], headings: Sequence[str] = HEADINGS, title: str = TITLE, separator: str = ","
) -> str:
    """Return the same as Excel saves it as text: dates as 2024/3/1, codes kept by a tab in front."""
    written = io.StringIO()
    writer = csv.writer(written, delimiter=separator)
    if title:
        writer.writerow([title] + [""] * (len(headings) - 1))
    writer.writerow(headings)
    writer.writerows([[_text(value) for value in row] for row in rows])
    return written.getvalue()


def _text(value: Cell) -> str:
    if isinstance(value, datetime | date):
        return f"{value.year}/{value.month}/{value.day}"
    if isinstance(value, str) and value.isdigit() and len(value) > 15:
        return f"\t{value}"
    return "" if value is None else str(value)


def with_part(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """Return a workbook with each of its parts changed."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
    return written.getvalue()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    (folder / "school-40.xlsx").write_bytes(xlsx(school()))
    (folder / "school-40-gb18030.csv").write_bytes(csv_text(school()).encode("gb18030"))

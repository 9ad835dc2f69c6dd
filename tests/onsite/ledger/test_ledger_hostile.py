"""What is no ledger, or was made to fill the memory, is refused in one clear line before anything reads it in full."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable

import pytest
from ledgers import school, with_part, xlsx
from openpyxl import load_workbook

from agent.onsite.ledger.files.csv_file import ROWS_MAX
from agent.onsite.ledger.files.grid import Unreadable
from agent.onsite.ledger.rows import read

FEW = "摄像机名称,国标编码,IP地址,通道号\n"


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


def rows_of(count: int) -> Callable[[str, bytes], bytes]:
    rows = b"".join(b'<row r="%d"/>' % n for n in range(1, count + 1))

    def change(name: str, part: bytes) -> bytes:
        at = part.index(b"<sheetData>") + 11 if name == "xl/worksheets/sheet1.xml" else 0
        return part[:at] + rows + part[part.index(b"</sheetData>") :] if at else part

    return change


def planted(extra: bytes, part_name: str = "xl/worksheets/sheet1.xml") -> Callable[[str, bytes], bytes]:
    return lambda name, part: part.replace(b"</sheetData>", b"</sheetData>" + extra) if name == part_name else part


def zeros() -> bytes:
    written = io.BytesIO(xlsx(school(2)))
    with zipfile.ZipFile(written, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(60 * 1024 * 1024))
    return written.getvalue()


HOSTILE = {
    "empty": (lambda: b"", "is empty"),
    "old excel": (lambda: b"\xd0\xcf\x11\xe0" + bytes(600), "old .xls .* save it as .xlsx"),
    "a password": (
        lambda: b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
        "is locked: open it",
    ),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n\0\0\0", "neither"),
    "cut": (lambda: xlsx(school(4))[:3000], "is damaged"),
    "spoilt": (lambda: spoilt(xlsx(school(4))), "is damaged"),
    "zip": (lambda: zipped({"a.txt": b"x"}), "no workbook"),
    "ods": (lambda: zipped({"mimetype": b"x", "content.xml": b"<x/>"}), "OpenDocument"),
    "no sheets": (lambda: zipped({"[Content_Types].xml": b"<x/>"}), "is damaged"),
    "zip bomb": (zeros, "unpacks to 60 MiB"),
    "entities": (lambda: with_part(xlsx(school(2)), lambda n, p: BOMB + p if "sheet1" in n else p), "XML entities"),
    "entities in utf-16": (
        lambda: with_part(xlsx(school(2)), lambda n, p: BOMB.decode().encode("utf-16") if "styles" in n else p),
        "XML entities",
    ),
    "a million rows": (lambda: with_part(xlsx(school(2)), rows_of(1_000_000)), "more than 20000 rows"),
    "a merged world": (
        lambda: with_part(xlsx(school(2)), planted(b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')),
        "more than 600000 cells",
    ),
    "a linked world": (
        lambda: with_part(xlsx(school(2)), planted(b"<hyperlinks><hyperlink ref='A1:XFD1048576'/></hyperlinks>")),
        "more than 600000 cells",
    ),
    "a world behind a bracket": (
        lambda: with_part(
            xlsx(school(2)), planted(b"<hyperlinks><hyperlink display='>' ref = '&#65;$1:xfd1048576'/></hyperlinks>")
        ),
        "more than 600000 cells",
    ),
    "long text": (lambda: FEW.encode() + b"A,,192.0.2.1,\n" * (2 * ROWS_MAX + 1), "more than 20000 rows"),
    "a huge field": (lambda: FEW.encode() + b'A,"' + b"x" * 200_000 + b'",192.0.2.1,\n', "no separated text"),
    "latin-1": (lambda: "摄像机名称,IP地址\n".encode() + b"\xff\xff\xff,1\n", "line 2 is neither UTF-8 nor GB18030"),
    "no headings": (lambda: b"cam1,192.0.2.1,admin,S3cret\n", "no row of headings"),
}  # fmt: skip


def zipped(parts: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return written.getvalue()


def spoilt(data: bytes) -> bytes:
    """The packed bytes of the first part are no deflated ones any more; every header is as it was."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        first = archive.infolist()[0]
    at = first.header_offset + 30 + len(first.filename) + 4
    return data[:at] + b"\xff" * 16 + data[at + 16 :]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_ledger_is_refused_in_one_clear_line(name: str) -> None:
    make, what = HOSTILE[name]
    with pytest.raises(Unreadable, match=what) as caught:
        read(make(), {})
    assert "\n" not in str(caught.value) and "S3cret" not in str(caught.value)


def test_a_cell_in_the_last_corner_costs_nothing() -> None:
    book = load_workbook(io.BytesIO(xlsx(school(3))))
    book.active["XFD1048576"] = "x"
    written = io.BytesIO()
    book.save(written)
    assert len(read(written.getvalue(), {}).entries) == 3


@pytest.mark.parametrize("piece", [b"<mergeCell ", b"mergeCell ", b"<hyperlink ref='", b'<mergeCell ref="A', b"<x:y:"])
def test_a_sheet_that_begins_areas_without_end_is_looked_through_in_time_that_grows_as_it_does(piece: bytes) -> None:
    """5 KB of a packed workbook took half a minute, and each doubling of it four times as long."""
    sheet = piece * (600_000 // len(piece))

    def change(name: str, part: bytes) -> bytes:
        return part + sheet if name == "xl/worksheets/sheet1.xml" else part

    data = with_part(xlsx(school(2)), change)
    began_cpu_s = time.process_time()
    with pytest.raises(Unreadable, match="is damaged"):
        read(data, {})
    assert time.process_time() - began_cpu_s < 5

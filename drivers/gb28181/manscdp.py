"""Parses the XML bodies of GB/T 28181 (MANSCDP) into whitelisted values, and writes our queries. Pure.

A catalogue has passwords, addresses and coordinates in it: `answers.py` reads named fields alone, and no XML leaves
this module. Devices write characters that XML does not allow, and wrong names of encodings: such a body is mended once,
and what was odd is a word in `quirks`.

Source: GB/T 28181-2022, 6.10 and annex A.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from drivers.errors import Malformed
from drivers.gb28181.answers import READERS, Content
from drivers.gb28181.fields import number_of, text_of
from drivers.http.xml_answer import elements, name_of
from drivers.http.xml_answer import parse as parse_xml
from drivers.text import sanitize

CONTENT_TYPE: Final = "Application/MANSCDP+xml"

QUERIES: Final[Mapping[str, tuple[str, ...]]] = {
    "Catalog": (),
    "DeviceInfo": (),
    "DeviceStatus": (),
    "RecordInfo": ("StartTime", "EndTime", "Type", "Secrecy"),
    "ConfigDownload": ("ConfigType",),
    "SDCardStatus": (),
}
"""Everything that is ever asked, with its fields. None of it changes a device; what is not here cannot be written."""

WITHHELD: Final = ("Password", "Address", "IPAddress", "ContactInfo", "Longitude", "Latitude", "FilePath")
"""Leaves that nobody reads: cut out before a broken body is mended, as marks of XML stand raw in some of them."""

_DECLARATION: Final = re.compile(rb"<\?xml[^>]{0,200}\?>")
_UTF8: Final = re.compile(rb"<\?xml[^>]{0,100}encoding\s*=\s*[\"']utf-?8", re.IGNORECASE)
_RAW_AND: Final = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9A-Fa-f]{1,6});)")
_RAW_LESS: Final = re.compile(rb"<(?![A-Za-z/!?])")
_FIRST_OF_THREE: Final = "\u2000"
"""From here on UTF-8 has three bytes; below are letters that no Chinese name has, and pairs of GB18030 that read so."""


@dataclass(frozen=True, slots=True)
class Manscdp:
    """One body: a Notify or a Response to the query `number`, about `device`; `content` None: of a kind not read."""

    kind: str
    command: str
    number: int | None
    device: str
    content: Content | None
    quirks: frozenset[str] = field(default=frozenset())

    def answers(self, command: str, number: int) -> bool:
        """Tell whether it is a part of the answer to a query of ours."""
        return (self.kind, self.command, self.number) == ("Response", command, number)


def parse(data: bytes) -> Manscdp:
    """Parse a body. Raises Malformed, without a word of the body."""
    quirks: set[str] = set()
    root = _root(_as_utf8(data, quirks), quirks)
    command = text_of(root, "CmdType")
    if command and not any(name_of(one).lower() == "cmdtype" for one in elements(root)):
        quirks.add("fields-as-attributes")
    reader = READERS.get(command)
    return Manscdp(
        sanitize(name_of(root), 32),
        command if reader else sanitize(command, 32),
        number_of(root, "SN"),
        text_of(root, "DeviceID"),
        None if reader is None else reader(root, quirks),
        frozenset(quirks),
    )


def query(command: str, number: int, device: str, fields: Mapping[str, str] | None = None) -> bytes:
    """Write a query, in ASCII, so that its label is true for devices of every year.

    Raises:
        ValueError: It is none of `QUERIES`, or a value is not plain.
    """
    fields = fields or {}
    if command not in QUERIES or not fields.keys() <= set(QUERIES[command]):
        raise ValueError("no such query is ever sent")
    values = {"CmdType": command, "SN": str(number), "DeviceID": device, **fields}
    if not all(re.fullmatch(r"[0-9A-Za-z/:_-]{1,200}", value) for value in values.values()):
        raise ValueError("a value of a query is not plain")
    lines = "".join(f"<{name}>{value}</{name}>\r\n" for name, value in values.items())
    return f'<?xml version="1.0" encoding="GB2312"?>\r\n<Query>\r\n{lines}</Query>\r\n'.encode("ascii")


def _as_utf8(data: bytes, quirks: set[str]) -> bytes:
    """Return a body as UTF-8 without a declaration: its label is a hint, its bytes decide.

    A text that is labelled as Chinese and reads as UTF-8 of such characters alone is UTF-8: the other way round it
    would be characters that nobody writes.
    """
    data = data.strip(b"\x00\r\n\t ").removeprefix(b"\xef\xbb\xbf")
    told_utf8 = _UTF8.match(data) is not None
    try:
        strange = [character for character in data.decode("utf-8") if character >= "\x80"]
        reads_utf8 = told_utf8 or all(character >= _FIRST_OF_THREE for character in strange)
    except UnicodeDecodeError:
        strange, reads_utf8 = [], False
    if reads_utf8:
        if strange and not told_utf8 and _DECLARATION.match(data):
            quirks.add("other-encoding")
        return _DECLARATION.sub(b"", data, count=1)
    if told_utf8:
        quirks.add("other-encoding")
    try:
        return _DECLARATION.sub(b"", data, count=1).decode("gb18030").encode()
    except UnicodeDecodeError:
        # One broken character, as of a name that was cut, must not cost the list.
        quirks.add("broken-characters")
        return _DECLARATION.sub(b"", data, count=1).decode("gb18030", "replace").encode()


def _root(data: bytes, quirks: set[str]) -> etree._Element:
    try:
        return parse_xml(data)
    except Malformed:
        mended = _mended(data)
        if mended == data:
            raise
    quirks.add("raw-marks")
    return parse_xml(mended)


def _mended(data: bytes) -> bytes:
    """Return a body without the leaves that nobody reads, and with its raw marks written as XML has them."""
    for name in WITHHELD:
        data = _without(data, b"<%s>" % name.encode(), b"</%s>" % name.encode())
    return _RAW_LESS.sub(b"&lt;", _RAW_AND.sub(b"&amp;", data))


def _without(data: bytes, begin: bytes, end: bytes) -> bytes:
    """Cut everything between each pair of marks, in one pass."""
    parts, at = [], 0
    while (start := data.find(begin, at)) >= 0 and (stop := data.find(end, start)) >= 0:
        parts.append(data[at:start])
        at = stop + len(end)
    return b"".join([*parts, data[at:]])

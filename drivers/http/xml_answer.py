"""Parses XML that a device answered: complete or not at all, and by local names. Pure.

Makers mix up namespaces within one document, so that names count without them; the caller checks a required namespace.
"""

from __future__ import annotations

import re

from lxml import etree

from drivers.errors import Malformed

_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "cp936"})


def readable(data: bytes) -> bytes:
    """Return an answer for the parsers: without a byte order mark, and Chinese text as UTF-8.

    Devices write GB18030 (or its subsets) under the name of UTF-8, and under its own name. Its characters never hold a
    byte that is one of XML's marks, so that this changes texts and never the structure.
    """
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    declared = _DECLARED.match(data)
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name in ("utf-8", "utf8", "us-ascii"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            name = "gb18030"
    if name not in _CHINESE:
        return data
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return data
    return re.sub(r"^<\?xml[^>]*\?>", "", text, count=1).encode()


def parse(data: bytes) -> etree._Element:
    """Parse complete XML: no entities, no document type, no network, no recovery. Raises Malformed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=False, load_dtd=False, huge_tree=False)
    if b"<!DOCTYPE" in data[:4096]:
        raise Malformed("a document type is not accepted")
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise Malformed("not well-formed XML") from None
    # The test above does not see a document type in another encoding.
    if root.getroottree().docinfo.internalDTD is not None:
        raise Malformed("a document type is not accepted")
    return root


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the child elements of this local name, whatever their namespace."""
    return [child for child in elements(element) if name_of(child) == name]


def elements(element: etree._Element) -> list[etree._Element]:
    """Return the child elements, without comments and processing instructions."""
    return [child for child in element if isinstance(child.tag, str)]


def text_of(element: etree._Element, name: str) -> str:
    """Return the text of the first child of this local name; empty where there is none."""
    return next(((child.text or "").strip() for child in children(element, name)), "")


def name_of(element: etree._Element) -> str:
    """Return the local name of an element. By hand: QName refuses names that the parser has taken."""
    return str(element.tag).rpartition("}")[2]

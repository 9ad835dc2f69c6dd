"""Parses XML that a device answered: complete or not at all, and by local names. Pure.

Makers mix up namespaces within one document, so that names count without them; the caller checks a required namespace.
"""

import re

from lxml import etree

from drivers.errors import Malformed

_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_SKIPPED = "camwarden-skipped"
_LONGEST_NAME_CHARS = 60
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
    """Parse complete XML: no entities, no document type, no network, no recovery. Raises Malformed.

    Processing instructions of the device are dropped: those in the tree are ours (`set_aside`).
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, recover=False, load_dtd=False, huge_tree=False, remove_pis=True
    )
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
    return list(element.iterchildren("{*}" + name))


def elements(element: etree._Element) -> list[etree._Element]:
    """Return the child elements, without comments and processing instructions."""
    return [child for child in element if isinstance(child.tag, str)]


def known_rows(element: etree._Element, name: str) -> list[etree._Element]:
    """Return the rows of a list, and set aside elements of another name that stand among them.

    Newer firmware adds elements to its lists. What may be a row under another name is not set aside: one that is told
    in the words of the known rows, or stands where no known row does. Leaving it out would be a wrong statement.

    Raises:
        Malformed: Such an element.
    """
    found, others = children(element, name), [one for one in elements(element) if name_of(one) != name]
    if not others:
        return found
    words = {word for row in found for word in _words_of(row)}
    if not found or any(len(words & _words_of(one)) >= max(1, min(2, len(words))) for one in others):
        raise Malformed(f"the list holds something other than {name}")
    for one in others:
        set_aside(one)
    return found


def _words_of(row: etree._Element) -> set[str]:
    return {name_of(one) for one in elements(row)} | {"@" + str(word) for word in row.attrib}


def set_aside(element: etree._Element) -> None:
    """Take an unknown element out of its tree, and leave a note of its name there."""
    above = element.getparent()
    if above is not None:
        note = etree.ProcessingInstruction(_SKIPPED, name_of(element)[:_LONGEST_NAME_CHARS])
        note.tail = element.tail
        above.replace(element, note)


def skipped(root: etree._Element) -> tuple[str, ...]:
    """Return the names of the elements that were set aside."""
    return tuple(note.text or "" for note in root.iter(etree.PI))


def without_notes(element: etree._Element) -> bytes:
    """Return the whole document of an element as bytes, without elements that were set aside and their notes."""
    root = element.getroottree().getroot()
    etree.strip_tags(root, etree.PI)
    return etree.tostring(root)


def text_of(element: etree._Element, name: str) -> str:
    """Return the text of the first child of this local name; empty where there is none."""
    return next(((child.text or "").strip() for child in children(element, name)), "")


def name_of(element: etree._Element) -> str:
    """Return the local name of an element. By hand: QName refuses names that the parser has taken."""
    return str(element.tag).rpartition("}")[2]

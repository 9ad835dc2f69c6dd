"""Checks the raw bytes of a SOAP answer before anything decodes them. Pure.

A lenient decoder turns a cut-off or wrong answer into an empty list, and an empty list of masks would be a statement.
So an answer passes only if it is complete XML without a document type, no fault, and one answer to this operation.
"""

from __future__ import annotations

import re
from typing import NoReturn

from lxml import etree

from drivers.credentials import weigh
from drivers.errors import Busy, DeviceFault, Malformed, NotPermitted, Unsupported
from drivers.model import Reply
from drivers.text import told

_AUTH_CODES = frozenset(
    {"NotAuthorized", "SenderNotAuthorized", "FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken"}
)
_UNSUPPORTED_CODES = frozenset({"ActionNotSupported", "OptionalActionNotImplemented", "NoSuchService"})
_AUTH_TEXT = re.compile(r"not authori[sz]ed|unauthori[sz]ed|authentication fail|requires? authenti|authority", re.I)
_UNSUPPORTED_TEXT = re.compile(r"(?:action|operation|method|optional)[^.]{0,40}not (?:supported|implemented)", re.I)
_LONGEST_TEXT_CHARS = 160
_ONVIF = "http://www.onvif.org/"
_DECLARED = re.compile(rb"<\?xml[^>]{0,100}?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_CHINESE = frozenset({"gb2312", "gbk", "gb18030", "cp936"})


class LoginAsked(Exception):
    """The device answers that the sender is not authorised. `text` is what it said.

    Not a refusal by itself: whether the request carried the credential is known to the caller. `after_login` says
    that it came after the device had taken an HTTP login.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.after_login = False


def answer_element(reply: Reply, operation: str) -> etree._Element:
    """Return the response element of `operation`, or raise what the reply means instead.

    Raises:
        LoginAsked: The device wants a login, or does not take the one that was sent.
        Unsupported: The device says that it has no such operation, or nothing lives at this address.
        Busy: The device has no room.
        DeviceFault: Any other fault.
        Malformed: The bytes are not a whole answer to this operation.

    Source: SOAP 1.2 part 1 sections 5.4 and 6.4, SOAP 1.2 part 2 section 7.4.2; ONVIF Core Specification, fault codes.
    """
    try:
        root = parse(readable(reply.body))
    except Malformed as error:
        if b"NotAuthorized" in reply.body[:65536] and b"Fault" in reply.body[:65536]:
            # Devices write fault codes with prefixes that they never declare. A fault cannot become a list.
            raise LoginAsked("NotAuthorized") from None
        _raise_for_status(reply, operation)
        raise Malformed(f"{operation}: {error}, HTTP {reply.status} {told(reply.content_type, 40)}") from None
    bodies = children(root, "Body") if _name(root) == "Envelope" else []
    if len(bodies) != 1:
        _raise_for_status(reply, operation)
        raise Malformed(f"{operation}: the answer is no SOAP envelope with one body")
    inside = elements(bodies[0])
    first = inside[0] if inside else None
    if first is not None and _name(first) == "Fault":
        _raise_fault(first, operation)
    _raise_for_status(reply, operation)
    if first is None or _name(first) != f"{operation}Response":
        found = "nothing" if first is None else told(_name(first), 60)
        raise Malformed(f"{operation}: the answer holds {found} instead of {operation}Response")
    if not (etree.QName(first).namespace or "").startswith(_ONVIF):
        # The makers mix up ONVIF's own namespaces; another one, or none, may be anything.
        raise Malformed(f"{operation}: the answer is not in a namespace of ONVIF")
    if len(inside) > 1:
        raise Malformed(f"{operation}: the body holds {len(inside)} answers")
    if not 200 <= reply.status < 300:
        raise Malformed(f"{operation}: an answer under HTTP {reply.status}")
    return first


def readable(data: bytes) -> bytes:
    """Return an answer as the parsers can read it: without a byte order mark, and Chinese text as UTF-8.

    Devices write GB18030 (or its subsets) under the name of UTF-8, and under its own name. Its characters never hold a
    byte that is one of XML's marks, so that reading it so changes texts and never the structure.
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
    """Parse complete XML: no entities, no document type, no network, no recovery.

    Raises:
        Malformed: It is not that.
    """
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
    return [child for child in elements(element) if _name(child) == name]


def elements(element: etree._Element) -> list[etree._Element]:
    """Return the child elements, without comments and processing instructions."""
    return [child for child in element if isinstance(child.tag, str)]


def text_of(element: etree._Element, name: str) -> str:
    """Return the text of the first child of this local name; empty where there is none."""
    return next(((child.text or "").strip() for child in children(element, name)), "")


def _raise_fault(fault: etree._Element, operation: str) -> NoReturn:
    codes: set[str] = set()
    texts: list[str] = []
    for element in fault.iter():
        if not isinstance(element.tag, str) or not (element.text or "").strip():
            continue
        text = " ".join((element.text or "").split())
        if _name(element) in ("Value", "faultcode"):
            codes.add(text.rpartition(":")[2])
        elif _name(element) in ("Text", "faultstring"):
            texts.append(text)
    said = told("; ".join(texts), _LONGEST_TEXT_CHARS)
    if codes & _AUTH_CODES or _AUTH_TEXT.search(said):
        raise LoginAsked(said)
    if codes & _UNSUPPORTED_CODES or _UNSUPPORTED_TEXT.search(said):
        raise Unsupported(f"{operation}: {said or 'not supported'}")
    if weigh(said) == "busy":
        raise Busy(f"{operation}: {said}")
    shown = told(", ".join(sorted(told(code, 40) for code in codes)), _LONGEST_TEXT_CHARS)
    raise DeviceFault(f"{operation}: {shown}: {said}" if said else f"{operation}: {shown or 'a fault without a code'}")


def _raise_for_status(reply: Reply, operation: str) -> None:
    """Raise what an HTTP status means where no SOAP fault says it better."""
    if reply.status == 401:
        raise LoginAsked("HTTP 401")
    if reply.status in (404, 405, 501):
        raise Unsupported(f"{operation}: HTTP {reply.status}, nothing answers at this address")
    if 300 <= reply.status < 400:
        raise Malformed(f"{operation}: HTTP {reply.status}, a redirect is not followed")
    if reply.status == 403:
        raise NotPermitted(f"{operation}: HTTP 403, this login has not the right to ask it")


def _name(element: etree._Element) -> str:
    return etree.QName(element).localname

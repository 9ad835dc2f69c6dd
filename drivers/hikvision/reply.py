"""Parses the raw bytes of an ISAPI answer into its element, or into the error that it means. Pure.

Namespaces are ignored: several occur, even within one document. An answer counts only if it is complete XML with the
requested root: a page of a web server, or a piece of a list, never reads as an empty list.

Source: ISAPI, ResponseStatus; the forms of "not there" are field reports, named in `drivers/README.md`.
"""

import re
from typing import NoReturn

from lxml import etree

from drivers.errors import Busy, DeviceFault, DriverError, Malformed, NotPermitted, NotTried, Unsupported
from drivers.http.xml_answer import children, known_rows, name_of, parse, readable
from drivers.model import Reply
from drivers.text import sanitize

OK, BUSY, ERROR, INVALID_OPERATION, BAD_FORMAT, BAD_CONTENT = "1", "2", "3", "4", "5", "6"
"""`statusCode` of a ResponseStatus."""

_NO_RIGHT = frozenset({"lowprivilege", "nopermission", "notpermission", "insufficientprivilege"})
_NOT_THERE = frozenset({"notsupport", "notsupported", "methodnotallowed", "nosupport", "invalidoperation"})
_NUMBER = re.compile(r"-?[0-9]{1,15}")
_LONGEST_TEXT_CHARS = 120


def document(reply: Reply, *roots: str, guarded: bool = False, asks: bool = True) -> etree._Element:
    """Return the root element of an answer whose name is one of `roots`, or raise the error that the reply means.

    `asks`: the request was a GET. It has no content that could be wrong, so that an error about wrong content, or a
    bare device error, means that the thing does not exist. `guarded`: a refusal without a reason means a missing right.

    Raises:
        Unsupported: The device has no such thing: HTTP 403 notSupport (a camera's InputProxy), 400 (a third stream of a
            DVR), 500 deviceError (the same on V5.2.0), 404.
        NotPermitted: The login lacks the right.
        NotTried: The device asks for an unknown kind of login.
        Busy: The device reports that it is.
        DeviceFault: Any other error.
        Malformed: The bytes are not a whole answer to this request.
    """
    operation = reply.operation
    try:
        root = parse(readable(reply.body))
    except Malformed as error:
        _raise_for_status(reply, guarded, asks)
        raise Malformed(f"{operation}: {error}, HTTP {reply.status} {sanitize(reply.content_type, 40)}") from None
    name = name_of(root)
    if name == "ResponseStatus":
        _raise_for_words(reply, root, guarded, asks)
    _raise_for_status(reply, guarded, asks)
    if name not in roots:
        raise Malformed(f"{operation}: the answer is {sanitize(name, 60)} instead of {roots[0]}")
    return root


def plain_text(reply: Reply) -> str:
    """Return the text of an answer that is not XML, or raise what it means instead, like `document`."""
    if reply.body.lstrip().startswith(b"<"):
        document(reply, "")
    _raise_for_status(reply, guarded=False, asks=True)
    return sanitize(reply.body.decode("utf-8", "replace"))


def rows(element: etree._Element | None, name: str) -> list[etree._Element]:
    """Return the rows of a list, if there is one. Raises Malformed where one may have another name."""
    return [] if element is None else known_rows(element, name)


def child(element: etree._Element, name: str) -> etree._Element | None:
    """Return the one child of this name; None where there is none. Raises Malformed where there are several."""
    found = children(element, name)
    if len(found) > 1:
        raise Malformed(f"{name} stands there {len(found)} times")
    return found[0] if found else None


def need(element: etree._Element, name: str) -> etree._Element:
    """Return the one child of this name. Raises Malformed where there is none, or several."""
    found = child(element, name)
    if found is None:
        raise Malformed(f"there is no {name}")
    return found


def text_in(element: etree._Element | None, *path: str) -> str:
    """Return the text at a path of names below an element, as one harmless line; empty where there is none."""
    for name in path:
        element = None if element is None else child(element, name)
    return "" if element is None else sanitize(element.text)


def whole(text: str) -> int | None:
    """Read a whole number; None where it is none."""
    return int(text) if _NUMBER.fullmatch(text) else None


def count(text: str) -> int:
    """Read a number that is not negative and no nonsense; 0 where it is none."""
    number = whole(text)
    return number if number is not None and 0 <= number < 2**31 else 0


def truth(text: str) -> bool | None:
    """Read a boolean; None where it is none."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())


def _raise_for_words(reply: Reply, root: etree._Element, guarded: bool, asks: bool) -> NoReturn:
    code, sub, words = text_in(root, "statusCode"), text_in(root, "subStatusCode"), text_in(root, "statusString")
    shown = sanitize(sub or words or f"status {code}", _LONGEST_TEXT_CHARS)
    detail = text_in(root, "description") or text_in(root, "errorMsg")
    where = f"{reply.operation}: {shown}" + (f" ({sanitize(detail, _LONGEST_TEXT_CHARS)})" if detail else "")
    kind = sub.lower()
    if kind in _NO_RIGHT or (guarded and not kind and reply.status == 403):
        raise NotPermitted(f"{where}, this login has not the right to ask it")
    if code == OK and reply.status < 300:
        raise Malformed(f"{reply.operation}: the device says OK and nothing else")
    if kind in _NOT_THERE or reply.status in (404, 405, 501):
        raise Unsupported(where)
    if code == BUSY or kind == "devicebusy" or reply.status == 503:
        raise Busy(where)
    if kind == "notactivated":
        raise DeviceFault(f"{where}: the device was never activated")
    if asks and (code in (ERROR, INVALID_OPERATION, BAD_FORMAT, BAD_CONTENT) or reply.status in (400, 403)):
        raise Unsupported(where)
    raise DeviceFault(where)


def _raise_for_status(reply: Reply, guarded: bool, asks: bool) -> None:
    """Raise the error of an HTTP status, where the answer's own words do not name it better."""
    status, where = reply.status, f"{reply.operation}: HTTP {reply.status}"
    error: DriverError | None = None
    if 200 <= status < 300:
        return
    if status == 401:
        error = NotTried(f"{where}, the device asks for a login of a kind that is not known")
    elif status == 403 and guarded:
        error = NotPermitted(f"{where}, this login has not the right to ask it")
    elif status in (404, 405, 501) or (asks and status in (400, 403)):
        error = Unsupported(where)
    elif status == 503:
        error = Busy(where)
    elif 300 <= status < 400:
        error = Malformed(f"{where}, a redirect is not followed: set tls and port as the device has them")
    raise error or DeviceFault(where)

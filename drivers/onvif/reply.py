"""Validates the raw bytes of a SOAP answer before anything decodes them. Pure.

A lenient decoder turns a cut-off or wrong answer into an empty list, and an empty list of masks would be a statement.
So an answer must be complete XML without a document type, no fault, and one answer to this operation.
"""

import re
from contextlib import suppress
from types import MappingProxyType
from typing import Final, NoReturn

from lxml import etree

from drivers.errors import Busy, DeviceFault, Malformed, NotPermitted, Unsupported
from drivers.http.refusal import weigh
from drivers.http.xml_answer import children, elements, known_rows, name_of, parse, readable
from drivers.model import Reply
from drivers.text import sanitize

_AUTH_CODES = frozenset(
    {"NotAuthorized", "SenderNotAuthorized", "FailedAuthentication", "InvalidSecurity", "InvalidSecurityToken"}
)
_UNSUPPORTED_CODES = frozenset({"ActionNotSupported", "OptionalActionNotImplemented", "NoSuchService"})
_AUTH_TEXT = re.compile(r"not authori[sz]ed|unauthori[sz]ed|authentication fail|requires? authenti|authority", re.I)
_UNSUPPORTED_TEXT = re.compile(r"(?:action|operation|method|optional)[^.]{0,40}not (?:supported|implemented)", re.I)
_LONGEST_TEXT_CHARS = 160
_SEARCHES = frozenset({"GetRecordingSearchResults", "GetEventSearchResults"})
_ROWS: Final = MappingProxyType(
    {
        "GetServices": "Service",
        "GetNetworkInterfaces": "NetworkInterfaces",
        "GetNetworkProtocols": "NetworkProtocols",
        "GetUsers": "User",
        "GetStorageConfigurations": "StorageConfigurations",
        "GetProfiles": "Profiles",
        "GetMasks": "Masks",
        "GetMaskOptions": "Options",
        "GetOSDs": "OSDs",
        "GetVideoSourceConfigurations": "Configurations",
        "GetRecordings": "RecordingItem",
        "GetRecordingSearchResults": "RecordingInformation",
        "GetEventSearchResults": "Result",
    }
)
"""The lists among the answers, and what their rows are called."""

_ONVIF = "http://www.onvif.org/"


class LoginRequired(Exception):
    """The device answers that the sender is not authorised. `text` is its message.

    Not a refusal by itself: only the caller knows whether the credential was sent. `after_login`: an HTTP login was
    taken.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.after_login = False


def answer_element(reply: Reply, operation: str) -> etree._Element:
    """Return the response element of `operation`, or raise the error that the reply means.

    Raises:
        LoginAsked: The device wants a login, or does not take the one that was sent.
        Unsupported: The device reports no such operation, or nothing is at this address.
        Busy: Its connection limit is reached.
        DeviceFault: Any other fault.
        Malformed: The bytes are not a whole answer to this operation.

    Source: SOAP 1.2 part 1 sections 5.4 and 6.4, SOAP 1.2 part 2 section 7.4.2; ONVIF Core Specification, fault codes.
    """
    try:
        root = parse(readable(reply.body))
    except Malformed as error:
        if b"NotAuthorized" in reply.body[:65536] and b"Fault" in reply.body[:65536]:
            # Devices write fault codes with prefixes that they never declare. A fault cannot become a list.
            raise LoginRequired("NotAuthorized") from None
        _raise_for_status(reply, operation)
        raise Malformed(f"{operation}: {error}, HTTP {reply.status} {sanitize(reply.content_type, 40)}") from None
    bodies = children(root, "Body") if name_of(root) == "Envelope" else []
    if len(bodies) != 1:
        _raise_for_status(reply, operation)
        raise Malformed(f"{operation}: the answer is no SOAP envelope with one body")
    inside = elements(bodies[0])
    first = inside[0] if inside else None
    if first is not None and name_of(first) == "Fault":
        _raise_fault(first, operation)
    _raise_for_status(reply, operation)
    if first is None or name_of(first) != f"{operation}Response":
        found = "nothing" if first is None else sanitize(name_of(first), 60)
        raise Malformed(f"{operation}: the answer holds {found} instead of {operation}Response")
    if not str(first.tag).removeprefix("{").startswith(_ONVIF):
        # The makers mix up ONVIF's own namespaces; another one, or none, may be anything.
        raise Malformed(f"{operation}: the answer is not in a namespace of ONVIF")
    if len(inside) > 1:
        raise Malformed(f"{operation}: the body holds {len(inside)} answers")
    if not 200 <= reply.status < 300:
        raise Malformed(f"{operation}: an answer under HTTP {reply.status}")
    if operation in _ROWS:
        _without_unknown(first, operation)
    return first


def _without_unknown(answer: etree._Element, operation: str) -> None:
    """Set aside elements that no specification has among the rows of a list, before the decoder stumbles over them.

    Others stay, and the parser of the list refuses them: a list without a known row, or a row under another name.
    """
    lists = children(answer, "ResultList") if operation in _SEARCHES else [answer]
    for held in lists:
        state = children(held, "SearchState")
        with suppress(Malformed):
            for one in state:
                held.remove(one)
            known_rows(held, _ROWS[operation])
        for one in reversed(state):
            held.insert(0, one)


def _raise_fault(fault: etree._Element, operation: str) -> NoReturn:
    codes: set[str] = set()
    texts: list[str] = []
    for element in fault.iter():
        if not isinstance(element.tag, str) or not (element.text or "").strip():
            continue
        text = " ".join((element.text or "").split())
        if name_of(element) in ("Value", "faultcode"):
            codes.add(text.rpartition(":")[2])
        elif name_of(element) in ("Text", "faultstring"):
            texts.append(text)
    said = sanitize("; ".join(texts), _LONGEST_TEXT_CHARS)
    if codes & _AUTH_CODES or _AUTH_TEXT.search(said):
        raise LoginRequired(said)
    if codes & _UNSUPPORTED_CODES or _UNSUPPORTED_TEXT.search(said):
        raise Unsupported(f"{operation}: {said or 'not supported'}")
    if weigh(said) == "busy":
        raise Busy(f"{operation}: {said}")
    shown = sanitize(", ".join(sorted(sanitize(code, 40) for code in codes)), _LONGEST_TEXT_CHARS)
    raise DeviceFault(f"{operation}: {shown}: {said}" if said else f"{operation}: {shown or 'a fault without a code'}")


def _raise_for_status(reply: Reply, operation: str) -> None:
    """Raise the error of an HTTP status, where no SOAP fault names it better."""
    if reply.status == 401:
        raise LoginRequired("HTTP 401")
    if reply.status in (404, 405, 501):
        raise Unsupported(f"{operation}: HTTP {reply.status}, nothing answers at this address")
    if 300 <= reply.status < 400:
        raise Malformed(f"{operation}: HTTP {reply.status}, a redirect is not followed")
    if reply.status == 403:
        raise NotPermitted(f"{operation}: HTTP 403, this login has not the right to ask it")

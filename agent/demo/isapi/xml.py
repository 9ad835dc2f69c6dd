"""Parses and writes ISAPI's XML for a simulated device: documents, `ResponseStatus`, request bodies. No I/O.

Replies are `Markup` templates: `format` escapes every value. Two namespaces are in use, as in real fleets.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree
from markupsafe import Markup

from agent.demo.onvif.device_view import DeviceView

HIKVISION = "http://www.hikvision.com/ver20/XMLSchema"
ISAPI = "http://www.isapi.org/ver20/XMLSchema"
DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_URL_MAX_CHARS = 256

_STATUS = Markup(
    '<ResponseStatus version="2.0" xmlns="{namespace}"><requestURL>{url}</requestURL><statusCode>{code}</statusCode>'
    "<statusString>{text}</statusString><subStatusCode>{sub}</subStatusCode>{description}</ResponseStatus>"
)
_DESCRIPTION = Markup("<description>{text}</description>")
_DOCUMENT = Markup('<{name}{size} version="2.0" xmlns="{namespace}">{inner}</{name}>')
_SIZE = Markup(' size="{size}"')
_TEXTS = {
    2: "Device Busy",
    3: "Device Error",
    4: "Invalid Operation",
    5: "Invalid XML Format",
    6: "Invalid XML Content",
}


class IsapiError(Exception):
    """An error answer: HTTP status, ISAPI's `statusCode` and `subStatusCode`."""

    def __init__(self, status: int, code: int, sub: str, description: str = "") -> None:
        super().__init__(sub)
        self.status, self.code, self.sub, self.description = status, code, sub, description

    def body(self, path: str) -> bytes:
        """The complete document; `path` is that of the request."""
        description = _DESCRIPTION.format(text=self.description) if self.description else Markup("")
        url = path[:_URL_MAX_CHARS] if path.isprintable() else ""
        return (
            DECLARATION.encode()
            + _STATUS.format(
                namespace=ISAPI, url=url, code=self.code, text=_TEXTS[self.code], sub=self.sub, description=description
            ).encode()
        )


def not_supported() -> IsapiError:
    """The error for a part of the tree that a unit does not have."""
    return IsapiError(403, 4, "notSupport")


@dataclass(frozen=True, slots=True)
class IsapiRequest:
    """One request: the state of the device, the numbers in its path in order, and its body where it has one."""

    view: DeviceView
    numbers: tuple[int, ...]
    body: etree._Element | None = None

    def text(self, name: str) -> str:
        """The text of an element of the body (any depth, any namespace).

        Raises:
            IsapiError: It is missing or empty.
        """
        found = None if self.body is None else self.body.find(f".//{{*}}{name}")
        if found is None or not found.text or not found.text.strip():
            raise IsapiError(400, 6, "badXmlContent")
        return found.text.strip()

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number of the body, within bounds.

        Raises:
            IsapiError: It is missing, no number, or out of bounds.
        """
        return _number(self.text(name), least, most)

    def numbers_named(self, name: str, least: int, most: int) -> tuple[int, ...]:
        """The whole numbers of an element that may occur several times. Raises as `number` does."""
        found = () if self.body is None else tuple(self.body.iterfind(f".//{{*}}{name}"))
        if not found:
            raise IsapiError(400, 6, "badXmlContent")
        return tuple(_number((one.text or "").strip(), least, most) for one in found)


def _number(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or not least <= int(text) <= most:
        raise IsapiError(400, 6, "badXmlContent")
    return int(text)


Answer = Callable[[IsapiRequest], Markup]
"""Makes the document of one resource; raises IsapiError."""


def document(name: str, inner: Markup, namespace: str = HIKVISION, size: int | None = None) -> Markup:
    """Wrap the content of a document; `size` is the attribute that some lists carry."""
    attribute = Markup("") if size is None else _SIZE.format(size=size)
    return _DOCUMENT.format(name=name, size=attribute, namespace=namespace, inner=inner)


def parse(data: bytes, name: str) -> etree._Element:
    """Read the body of a POST, whose root must have this name.

    Raises:
        IsapiError: It is no XML, has a DOCTYPE, or is another document.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        raise IsapiError(400, 5, "badXmlFormat") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise IsapiError(400, 5, "badXmlFormat")
    if etree.QName(root).localname != name:
        raise IsapiError(400, 6, "badXmlContent")
    return root


def xml_boolean(value: bool) -> str:
    """A truth value as XML writes it."""
    return "true" if value else "false"

"""Parses and writes SOAP 1.2 envelopes and Faults for a simulated device. No I/O.

Replies are `Markup` templates: `format` escapes every value, so that no name can break out of its element.
"""

from dataclasses import dataclass
from typing import Literal

from lxml import etree
from markupsafe import Markup

from agent.demo.world.login import UsernameToken

ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
SCHEMA = "http://www.onvif.org/ver10/schema"
DEVICE = "http://www.onvif.org/ver10/device/wsdl"
MEDIA1 = "http://www.onvif.org/ver10/media/wsdl"
MEDIA2 = "http://www.onvif.org/ver20/media/wsdl"
RECORDING = "http://www.onvif.org/ver10/recording/wsdl"
SEARCH = "http://www.onvif.org/ver10/search/wsdl"
REPLAY = "http://www.onvif.org/ver10/replay/wsdl"
PREFIXES = {DEVICE: "tds", MEDIA1: "trt", MEDIA2: "tr2", RECORDING: "trc", SEARCH: "tse", REPLAY: "trp"}

_REPLY = Markup(
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<env:Envelope xmlns:env="{envelope}" xmlns:tt="{schema}" xmlns:{prefix}="{namespace}">'
    "<env:Body>{body}</env:Body></env:Envelope>"
)
_FAULT = Markup(
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<env:Envelope xmlns:env="{envelope}" xmlns:ter="http://www.onvif.org/ver10/error"><env:Body><env:Fault>'
    "<env:Code><env:Value>env:{side}</env:Value>{codes}</env:Code>"
    '<env:Reason><env:Text xml:lang="en">{text}</env:Text></env:Reason>'
    "</env:Fault></env:Body></env:Envelope>"
)
_SUBCODE = Markup("<env:Subcode><env:Value>ter:{code}</env:Value>{inner}</env:Subcode>")


class SoapFault(Exception):
    """An error answer. `codes` are ONVIF's subcodes, outer first."""

    def __init__(self, side: Literal["Sender", "Receiver"], codes: tuple[str, ...], text: str) -> None:
        super().__init__(text)
        self.side, self.codes, self.text = side, codes, text

    @property
    def status(self) -> int:
        """The HTTP status. Source: SOAP 1.2 part 2, table 20: 400 for Sender, 500 for Receiver."""
        return 400 if self.side == "Sender" else 500

    def body(self) -> bytes:
        """The complete envelope."""
        inner = Markup("")
        for code in reversed(self.codes):
            inner = _SUBCODE.format(code=code, inner=inner)
        return _FAULT.format(envelope=ENVELOPE, side=self.side, codes=inner, text=self.text).encode()


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the operation, its arguments, and the login it carries, if any."""

    namespace: str
    operation: str
    element: etree._Element
    token: UsernameToken | None

    def text(self, name: str) -> str | None:
        """The text of an argument (any depth, any namespace), or None where it is missing or empty."""
        found = self.element.find(f".//{{*}}{name}")
        return found.text.strip() if found is not None and found.text else None

    def texts(self, name: str) -> tuple[str, ...]:
        """The texts of an argument that may occur several times."""
        return tuple(found.text.strip() for found in self.element.iterfind(f".//{{*}}{name}") if found.text)


def parse(data: bytes) -> Call:
    """Read a request envelope.

    Raises:
        SoapFault: `ter:WellFormed` for what is no XML or has a DOCTYPE, `ter:TagMismatch` for what is no SOAP call.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise SoapFault("Sender", ("WellFormed",), f"not well-formed: {error.msg}") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise SoapFault("Sender", ("WellFormed",), "a document type is not allowed")
    body = root.find(f"{{{ENVELOPE}}}Body")
    if root.tag != f"{{{ENVELOPE}}}Envelope" or body is None or len(body) != 1 or not isinstance(body[0].tag, str):
        raise SoapFault("Sender", ("TagMismatch",), "a SOAP 1.2 envelope with one element in its body is expected")
    name = etree.QName(body[0])
    return Call(name.namespace or "", name.localname, body[0], _token(root))


def _token(root: etree._Element) -> UsernameToken | None:
    token = root.find(f"{{{ENVELOPE}}}Header/{{{WSSE}}}Security/{{{WSSE}}}UsernameToken")
    if token is None:
        return None
    password = token.find(f"{{{WSSE}}}Password")
    is_digest = password is not None and (password.get("Type") or "").endswith("#PasswordDigest")
    return UsernameToken(
        user=token.findtext(f"{{{WSSE}}}Username") or "",
        digest=(password.text or "") if password is not None and is_digest else "",
        nonce=token.findtext(f"{{{WSSE}}}Nonce") or "",
        created=token.findtext(f"{{{WSU}}}Created") or "",
    )


def envelope(namespace: str, body: Markup) -> bytes:
    """Wrap a reply element; its service's usual prefix and `tt` are declared."""
    return _REPLY.format(
        envelope=ENVELOPE, schema=SCHEMA, prefix=PREFIXES[namespace], namespace=namespace, body=body
    ).encode()


def join(parts: list[Markup]) -> Markup:
    """Put fragments one behind the other."""
    return Markup("").join(parts)

"""Plain SOAP over http.client for tests: says exactly what it is told to say, also what no library would."""

from __future__ import annotations

import base64
import hashlib
import http.client
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from lxml import etree
from patience import PATIENCE_S

ENV = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#"
NAMESPACES = {
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trp": "http://www.onvif.org/ver10/replay/wsdl",
    "tt": "http://www.onvif.org/ver10/schema",
    "env": ENV,
}


@dataclass(frozen=True)
class Answer:
    """One HTTP reply."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def xml(self) -> etree._Element:
        """The parsed body."""
        return etree.fromstring(self.body)

    def text(self, path: str) -> str | None:
        """The text of the first element at a path below any element."""
        return self.xml.findtext(f".//{path}", namespaces=NAMESPACES)

    def all(self, path: str) -> list[etree._Element]:
        """Every element at a path below any element."""
        return self.xml.findall(f".//{path}", namespaces=NAMESPACES)

    @property
    def fault_codes(self) -> list[str]:
        """The codes of a Fault, outermost first, without their prefixes."""
        return [(value.text or "").partition(":")[2] for value in self.all("env:Fault//env:Value")]


def token(
    user: str, password: str, created: datetime, nonce: bytes | None = None, *, kind: str = "PasswordDigest"
) -> str:
    """A Security header; `kind` PasswordText sends the password as it is."""
    nonce = secrets.token_bytes(16) if nonce is None else nonce
    stamp = created.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    digest = base64.b64encode(hashlib.sha1(nonce + stamp.encode() + password.encode(), usedforsecurity=False).digest())
    secret = digest.decode() if kind == "PasswordDigest" else password
    return (
        f'<w:Security xmlns:w="{WSSE}" xmlns:u="{WSU}"><w:UsernameToken><w:Username>{user}</w:Username>'
        f'<w:Password Type="{PROFILE}{kind}">{secret}</w:Password><w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce>'
        f"<u:Created>{stamp}</u:Created></w:UsernameToken></w:Security>"
    )


def envelope(body: str, header: str = "") -> bytes:
    declared = " ".join(f'xmlns:{prefix}="{namespace}"' for prefix, namespace in NAMESPACES.items())
    return (
        f"<env:Envelope {declared}><env:Header>{header}</env:Header><env:Body>{body}</env:Body></env:Envelope>".encode()
    )


def send(
    port: int,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    timeout_s: float = PATIENCE_S,
) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout_s)
    try:
        connection.request(method, path, body or None, dict(headers or {}))
        reply = connection.getresponse()
        return Answer(reply.status, dict(reply.getheaders()), reply.read())
    finally:
        connection.close()


def call(port: int, body: str, header: str = "", headers: Mapping[str, str] | None = None) -> Answer:
    return send(port, "POST", "/onvif/device_service", envelope(body, header), headers)

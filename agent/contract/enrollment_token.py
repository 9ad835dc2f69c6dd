"""Encodes and parses the enrollment token, the line of text that a person carries to a gateway. Pure.

It has the address of the hub's enrollment desk and the pin of its certificate, so that nothing is trusted on first use;
its site; and a secret that is valid once and for a short time, which the desk checks. Its last bytes are a digest of
the rest: a line that was cut or mistyped is refused before anything is sent.

    camwarden1.BASE64URL( JSON {"a": "host:port", "i": site, "e": end in s since 1970, "p": pin, "s": secret} | digest )
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from agent.contract.jwk import b64url, unb64url
from agent.contract.topics import SITE_ID
from agent.model.errors import UsageError
from agent.model.host_name import is_host

PREFIX: Final = "camwarden1."
"""Start of every token; the number changes with its form."""

SECRET_BYTES: Final = 32
PIN_BYTES: Final = 32
MAX_CHARS: Final = 1024

_CHECK_BYTES: Final = 4
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[^:\[\]]{1,253}):([0-9]{1,5})")
_END_OF_TIME_S: Final = 253_402_300_799  # 9999-12-31, the last day that datetime knows


@dataclass(frozen=True, slots=True)
class Token:
    """A parsed token: address of the desk, SHA-256 `pin` of its certificate (DER), and the bearer's `secret`."""

    host: str
    port: int
    site: str
    expires_at: datetime
    pin: bytes
    secret: bytes = field(repr=False)

    @property
    def name(self) -> str:
        """The token's name in lists and logs: it grants nothing."""
        return secret_digest(self.secret)[:8]


def secret_digest(secret: bytes) -> str:
    """Return what the desk stores of a secret: its SHA-256 in hex. It is random, so that no slow digest is needed."""
    return hashlib.sha256(secret).hexdigest()


def write_token(token: Token) -> str:
    """Return the token's line."""
    said = {
        "a": address_text(token.host, token.port),
        "i": token.site,
        "e": int(token.expires_at.timestamp()),
        "p": b64url(token.pin),
        "s": b64url(token.secret),
    }
    data = json.dumps(said, separators=(",", ":")).encode()
    return PREFIX + b64url(data + _check(data))


def read_token(text: str) -> Token:
    """Return a parsed line; whitespace around and within it, as mail and chats add it, is ignored.

    Raises:
        UsageError: It is no token of this form, or not the whole of one. The text is not repeated.
    """
    line = "".join(text[: 2 * MAX_CHARS].split())
    if not line.startswith(PREFIX):
        raise UsageError(
            "not an enrollment token, which begins with {prefix}; ask the hub's team for one", prefix=PREFIX
        )
    try:
        data = unb64url(line.removeprefix(PREFIX)) if len(line) <= MAX_CHARS else b""
    except ValueError:
        data = b""
    data, check = data[:-_CHECK_BYTES], data[-_CHECK_BYTES:]
    if not data or check != _check(data):
        raise UsageError("the enrollment token is not whole: copy all of it, from camwarden1. to its last character")
    try:
        return _token(json.loads(data))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UsageError(
            "the enrollment token is not of a form that is known here; ask the hub's team for a new one"
        ) from None


def address_text(host: str, port: int) -> str:
    """Return an address as text: IPv6 in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def read_address(text: str) -> tuple[str, int]:
    """Return host and port of `host:port`.

    Raises:
        ValueError: It is something else.
    """
    match = _ADDRESS.fullmatch(text)
    host = match[1].strip("[]") if match else ""
    if match is None or not is_host(host) or not 0 < int(match[2]) < 65536:
        raise ValueError("not a host and its port")
    return host, int(match[2])


def _token(said: object) -> Token:
    if not isinstance(said, dict):
        raise TypeError
    host, port = read_address(said["a"])
    site, ends_s, pin, secret = said["i"], said["e"], unb64url(said["p"]), unb64url(said["s"])
    if not SITE_ID.fullmatch(site) or type(ends_s) is not int or not 0 <= ends_s <= _END_OF_TIME_S:
        raise ValueError
    if len(pin) != PIN_BYTES or len(secret) != SECRET_BYTES:
        raise ValueError
    return Token(host, port, site, datetime.fromtimestamp(ends_s, UTC), pin, secret)


def _check(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()[:_CHECK_BYTES]

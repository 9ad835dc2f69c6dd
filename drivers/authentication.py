"""Parses HTTP login challenges, picks the one to answer, and computes the answer. No I/O.

HTTP and RTSP share these rules. `credentials.py` decides whether a credential may be tried at all.
"""

import hashlib
import re
import secrets
import unicodedata
from base64 import b64encode
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

from drivers.errors import NotTried
from drivers.model import Credential

HASHES: dict[str, Callable[[bytes], str]] = {
    # MD5 is what the protocol names (RFC 2617); it guards nothing of ours that a better hash could.
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}

_WORD = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_PARAMETER = re.compile(rf'\s*({_WORD})\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*)\s*(?:,|$)', re.DOTALL)
_SCHEME = re.compile(rf"\s*,?\s*({_WORD})(?:\s+|\s*,|$)")
_LONGEST_CHARS = 8192


@dataclass(frozen=True, slots=True)
class Challenge:
    """A login challenge. `qop`: offers `qop=auth`. `tells_stale`: without `stale=true` its nonce was still good.

    `encoding` is that of its own text, in which logins are answered; `utf8_told`: by its parameter `charset`.
    """

    scheme: str
    realm: str = ""
    nonce: str = field(default="", repr=False)
    algorithm: str = "MD5"
    opaque: str | None = None
    qop: bool = False
    stale: bool = False
    tells_stale: bool = False
    encoding: str = "utf-8"
    utf8_told: bool = False


def parse_challenges(headers: Iterable[str]) -> tuple[Challenge, ...]:
    """Parse WWW-Authenticate values, each byte a character (Latin-1), without challenges that cannot be answered.

    Source: RFC 7616 sections 3.3 and 4, RFC 7235 section 4.1; Chinese devices write realms in GBK without saying so.
    """
    found: list[Challenge] = []
    for header in headers:
        rest, encoding = _decoded(header[:_LONGEST_CHARS])
        while rest:
            scheme = _SCHEME.match(rest)
            if scheme is None:
                break
            values, rest = parameters(rest[scheme.end() :])
            challenge = _challenge(scheme[1].lower(), values, encoding)
            if challenge is not None:
                found.append(challenge)
    return tuple(found)


def parameters(text: str) -> tuple[dict[str, str], str]:
    """Parse the parameters that a challenge or its answer begins with, the first of each name; return the rest too.

    Source: RFC 7235 section 2.1.
    """
    values: dict[str, str] = {}
    while (parameter := _PARAMETER.match(text)) is not None:
        values.setdefault(parameter[1].lower(), _unquote(parameter[2]))
        text = text[parameter.end() :]
    return values, text


def choose(challenges: Iterable[Challenge]) -> Challenge | None:
    """Return the strongest challenge: Digest with SHA-256, then Digest with MD5, then Basic."""
    order = {("digest", "SHA-256"): 0, ("digest", "MD5"): 1}
    ranked = sorted(challenges, key=lambda one: order.get((one.scheme, one.algorithm.removesuffix("-sess")), 2))
    return ranked[0] if ranked else None


def authorization(challenge: Challenge, credential: Credential, method: str, uri: str, count: int, tls: bool) -> str:
    """Return the Authorization header that answers `challenge`, each of its bytes a character (Latin-1).

    `count` is how often its nonce was used, from 1. The login goes out in the encoding of the challenge: what its
    `charset` names, else that in which its own text is written, else UTF-8.

    Raises:
        NotTried: The answer would send the password readable, or cannot be written.

    Source: RFC 7616 sections 3.4 and 4, RFC 2617 section 3.2.2 (devices without qop), RFC 7617, RFC 8187.
    """
    if not credential.user.isprintable() or '"' in credential.user:
        raise NotTried("the user name holds characters that a login cannot carry")
    if challenge.scheme == "basic":
        if not tls:
            raise NotTried("the device offers only Basic without TLS: the password was not sent")
        return "Basic " + b64encode(_encoded(challenge, f"{credential.user}:{credential.password}")).decode()
    digest = HASHES[challenge.algorithm.removesuffix("-sess")]
    cnonce = secrets.token_hex(8)
    user, password = credential.user, credential.password
    if challenge.utf8_told:
        user, password = unicodedata.normalize("NFC", user), unicodedata.normalize("NFC", password)
    secret = digest(_encoded(challenge, f"{user}:{challenge.realm}:{password}"))
    if challenge.algorithm.endswith("-sess"):
        secret = digest(f"{secret}:{challenge.nonce}:{cnonce}".encode())
    request = digest(_encoded(challenge, f"{method}:{uri}"))
    extended = challenge.utf8_told and not user.isascii()
    fields = [
        f"username*=UTF-8''{quote(user, safe='')}" if extended else f'username="{user}"',
        f'realm="{_quote(challenge.realm)}"',
        f'nonce="{_quote(challenge.nonce)}"',
        f'uri="{uri}"',
    ]
    if challenge.qop:
        middle = f"{challenge.nonce}:{count:08x}:{cnonce}:auth"
        fields += ["qop=auth", f"nc={count:08x}", f'cnonce="{cnonce}"']
    else:
        middle = challenge.nonce
        if challenge.algorithm.endswith("-sess"):
            fields.append(f'cnonce="{cnonce}"')
    response = digest(f"{secret}:{middle}:{request}".encode())
    fields.append(f'response="{response}"')
    # Old devices reject the parameter where they did not send it; MD5 is what its absence means.
    if challenge.algorithm != "MD5":
        fields.append(f"algorithm={challenge.algorithm}")
    if challenge.opaque is not None:
        fields.append(f'opaque="{_quote(challenge.opaque)}"')
    return "Digest " + _encoded(challenge, ", ".join(fields)).decode("latin-1")


def _decoded(header: str) -> tuple[str, str]:
    """Return the text of a header and its encoding: that in which exactly its bytes are written."""
    try:
        data = header.encode("latin-1")
    except UnicodeEncodeError:
        return header, "utf-8"
    for encoding in ("utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            text = data.decode(encoding)
            if text.encode(encoding) == data:
                return text, encoding
    return header, "latin-1"


def _encoded(challenge: Challenge, text: str) -> bytes:
    try:
        return text.encode(challenge.encoding)
    except UnicodeEncodeError:
        raise NotTried("the login holds characters that the device's challenge has no encoding for") from None


def _challenge(scheme: str, values: dict[str, str], encoding: str) -> Challenge | None:
    utf8_told = values.get("charset", "").lower() == "utf-8"
    if scheme == "basic":
        return Challenge("basic", values.get("realm", ""), encoding=encoding, utf8_told=utf8_told)
    if scheme != "digest" or not values.get("nonce"):
        return None
    algorithm = values.get("algorithm", "MD5").upper()
    family = algorithm.removesuffix("-SESS")
    offered = [word.strip().lower() for word in values.get("qop", "").split(",") if word.strip()]
    if family not in HASHES or (offered and "auth" not in offered):
        return None
    return Challenge(
        scheme="digest",
        realm=values.get("realm", ""),
        nonce=values["nonce"],
        algorithm=family + ("-sess" if algorithm != family else ""),
        opaque=values.get("opaque"),
        qop="auth" in offered,
        stale=values.get("stale", "").lower() == "true",
        tells_stale="stale" in values,
        encoding=encoding,
        utf8_told=utf8_told,
    )


def _unquote(text: str) -> str:
    if text.startswith('"'):
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


def _quote(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')

"""Signs and verifies a hand-over report: one comment at the end of the file, over every byte before it.

A browser shows the file without any program of ours, and a printer prints it. Exact bytes are signed, so a report that
an editor, a mail filter or a browser saved anew no longer verifies. The comment carries the public key, so that a
change shows even to a reader who does not know the key; its owner must be known by other means. Pure; trust is decided
in `agent/verify/judge.py`.

    <!doctype html>
    <!-- camwarden hand-over report 1, site dt0001 -->
    ...
    </html>
    <!-- camwarden-signature
    {"crv":"P-256","kty":"EC","x":"...","y":"..."}
    eyJ...kid...In0..MEUC...
    -->

The second line of the comment is the public JWK with the members of its RFC 7638 thumbprint, the third the detached
JWS; nothing may come before, between or after them.

Source: RFC 7515 appendix F, RFC 7797, RFC 7638; HTML Living Standard, comments after the document element.
"""

import json
import re
from dataclasses import dataclass
from typing import Final

from agent.contract.envelope import HANDOVER_TYP, Header, read_header, sign_payload, verify
from agent.contract.signing_keys import PublicKey, Signer, public_key
from agent.model.errors import NotVerified

MARK: Final = b"<!doctype html>\n<!-- camwarden hand-over report 1, site "
MAX_BYTES: Final = 16 * 1024 * 1024
"""No report is larger: 64 cameras stay below 6 MB."""

_SIGNATURE: Final = b"<!-- camwarden-signature"
_NAMED: Final = re.compile(rb"<!doctype html>\n<!-- camwarden hand-over report 1, site ([0-9A-Za-z]{1,23}) -->\n")
_WHOLE: Final = re.compile(rb"<!-- camwarden-signature\n(\{[^\n]*\})\n([0-9A-Za-z._-]+)\n-->\n")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A report that claims `site`, its bytes signed with `key`; trust in that key is another question."""

    site: str
    key: PublicKey
    header: Header


def seal(html: str, signer: Signer) -> bytes:
    """Return a report with its signature.

    Args:
        html: The report, beginning with `opening` and ending with a line end.
        signer: The key.

    Raises:
        ValueError: The text is no report, or has a signature already.
        KeyUnavailable: The key is in a token that cannot be used now.
    """
    payload = html.encode()
    if not _NAMED.match(payload) or _SIGNATURE in payload or not payload.endswith(b"\n"):
        raise ValueError("not an unsigned hand-over report")
    return payload + _block(signer.public, sign_payload(payload, signer, HANDOVER_TYP))


def opening(site_id: str) -> str:
    """Return the first lines of a report of this site."""
    return f"{MARK.decode()}{site_id} -->\n"


def is_handover(data: bytes) -> bool:
    """Return whether bytes claim to be a hand-over report: by their beginning, or by their signature."""
    return data.startswith(MARK) or _SIGNATURE in data


def unseal(data: bytes) -> Sealed:
    """Return the signed claim of a report, if the signature fits every byte of the file.

    Raises:
        NotVerified: It does not; `reason` is one of `truncated`, `two-signatures`, `added`, `malformed`, `header`,
            `algorithm`, `typ`, `kid`, `signature`.
    """
    count = data.count(_SIGNATURE)
    if count > 1:
        raise NotVerified(
            "two-signatures", "it holds {count} signatures where one is due: it was put together", count=count
        )
    if not count:
        raise NotVerified("truncated", "its end with the signature is missing: cut off, or saved anew by a program")
    at = data.index(_SIGNATURE)
    payload, block = data[:at], data[at:]
    if b"-->" not in block:
        raise NotVerified("truncated", "its signature is cut off: get the whole file again")
    found = _WHOLE.match(block)
    if found is None:
        raise NotVerified("malformed", "its signature is not in the form of a report's: it was changed")
    if found.end() != len(block):
        raise NotVerified(
            "added", "{count} bytes stand behind its signature: they were added", count=len(block) - found.end()
        )
    key, jws = _key(found[1]), found[2].decode()
    header = read_header(jws)
    if header.kid != key.kid:
        raise NotVerified("kid", "the key that it shows is not the one that its signature names")
    try:
        verify(payload, jws, {key.kid: key}, HANDOVER_TYP)
    except NotVerified as error:
        if error.reason != "signature":
            raise
        raise NotVerified("signature", "the signature does not fit: the file was changed after it was signed") from None
    named = _NAMED.match(payload)
    if named is None or _block(key, jws) != block:
        raise NotVerified("malformed", "signed, but not in the form of a hand-over report")
    return Sealed(named[1].decode(), key, header)


def key_in(data: bytes) -> PublicKey | None:
    """Return the key that a report carries, unverified; None without one."""
    found = _WHOLE.search(data)
    try:
        return _key(found[1]) if found else None
    except NotVerified:
        return None


def _key(text: bytes) -> PublicKey:
    try:
        return public_key(json.loads(text))
    except (ValueError, RecursionError):
        raise NotVerified("malformed", "the key that it shows is none: it was changed") from None


def _block(key: PublicKey, jws: str) -> bytes:
    members = json.dumps(dict(sorted(key.jwk.items())), separators=(",", ":"))
    return f"{_SIGNATURE.decode()}\n{members}\n{jws}\n-->\n".encode()

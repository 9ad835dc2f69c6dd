"""Reads what a REGISTER shows of level A of GB 35114: scheme, certificate, and the signature over a challenge. Pure.

Nothing is proven by it: whether a signature is that of the certificate's key is calculated in `agent/verify`.

Source: GB 35114-2017, annex C: `Authorization: Capability ..., cnonce="devicecert:<base64>"`, then, to a challenge with
`random1`, `Unidirection` or `Bidirection` with `random1, random2, serverid, sign1`; GB/T 28181-2016 has `Asymmetric`.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Final

from drivers.authentication import parameters
from drivers.gb28181.sip_digest import CERTIFICATE_SCHEMES

LONGEST_CHARS: Final = 12_288
CERTIFICATE_MAX_BYTES: Final = 8192
SIGNATURE_MAX_CHARS: Final = 128
"""Two numbers of 32 bytes in DER are 72 bytes at most, 96 characters."""
RANDOM_BYTES: Final = 16
ALGORITHMS: Final = "A:SM2;H:SM3;S:SM4/OFB/PKCS5;SI:SM3-SM2"
_CERTIFICATE: Final = re.compile(r"devicecert\s*:\s*([A-Za-z0-9+/=\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one REGISTER showed: the scheme in capitals of the standard, and a certificate in PEM or DER, or nothing."""

    scheme: str
    certificate: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """An answer to a challenge: both random numbers, whom it names, and the signature (DER). `device` may be empty."""

    random1: bytes
    random2: bytes
    server: str
    device: str
    signature: bytes = field(repr=False)

    @property
    def messages(self) -> tuple[bytes, ...]:
        """What may be signed, ours in each of them: devices sign the random numbers in base64, or as bytes."""
        server = self.server.encode()
        written = base64.b64encode(self.random2) + base64.b64encode(self.random1)
        return written + server, self.random2 + self.random1 + server


def challenge(random1: bytes) -> str:
    """Return the value of WWW-Authenticate that asks a device to sign, and asks nothing of the device's own trust."""
    return f'Unidirection algorithm="{ALGORITHMS}", random1="{base64.b64encode(random1).decode()}"'


def signed_in(header: str) -> Signed | None:
    """Return the signature in a value of Authorization, None where there is none that can be one."""
    scheme, _, rest = header[:LONGEST_CHARS].strip().partition(" ")
    if scheme.lower() not in ("unidirection", "bidirection"):
        return None
    said, _ = parameters(rest)
    try:
        random1, random2 = (base64.b64decode(said[name], validate=True) for name in ("random1", "random2"))
        signature = base64.b64decode(said["sign1"][: SIGNATURE_MAX_CHARS + 1], validate=True)
        server = said["serverid"].encode("ascii").decode()
    except (KeyError, ValueError):  # UnicodeError and binascii.Error are values that are wrong
        return None
    if not (len(random1) == len(random2) == RANDOM_BYTES and signature):
        return None
    return Signed(random1=random1, random2=random2, server=server, device=said.get("deviceid", ""), signature=signature)


def shown_in(header: str) -> Shown | None:
    """Return what a value of Authorization shows, None where it is of no certificate's scheme."""
    scheme, _, rest = header[:LONGEST_CHARS].strip().partition(" ")
    if scheme.lower() not in CERTIFICATE_SCHEMES:
        return None
    said, _ = parameters(rest)
    found = _CERTIFICATE.fullmatch(said.get("cnonce", "").strip())
    try:
        certificate = base64.b64decode(re.sub(r"\s", "", found[1]), validate=True) if found else b""
    except binascii.Error:
        certificate = b""
    return Shown(scheme.capitalize(), certificate if len(certificate) <= CERTIFICATE_MAX_BYTES else b"")

"""Reads what a REGISTER shows of level A of GB 35114: its scheme, and the certificate that it carries. Pure.

Nothing is proven by it: who signs is shown by the answer to a challenge of SM2, which is not asked here.

Source: GB 35114-2017, annex C: `Authorization: Capability ..., cnonce="devicecert:<base64>"`, then `Unidirection` or
`Bidirection`; GB/T 28181-2016 has `Asymmetric`.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final

from drivers.authentication import parameters
from drivers.gb28181.sip_digest import CERTIFICATE_SCHEMES

LONGEST_CHARS: Final = 12_288
CERTIFICATE_MAX_BYTES: Final = 8192
_CERTIFICATE: Final = re.compile(r"devicecert\s*:\s*([A-Za-z0-9+/=\s]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shown:
    """What one REGISTER showed: the scheme in capitals of the standard, and a certificate in PEM or DER, or nothing."""

    scheme: str
    certificate: bytes = b""


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

"""Creates a certificate that lives for one run of a page, and whose fingerprint a person compares.

No authority vouches for it, so a browser warns; what makes the connection safe is that the person sees the same
fingerprint in the warning as in the terminal. Its key is never on disk in clear and ends with the process.

Source: RFC 5280, CA/Browser Forum baseline requirements 7.1 (an address stands in the alternative name).
"""

import ipaddress
import secrets
import ssl
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BACKDATED: Final = timedelta(hours=1)
"""It begins so long before it is made: a phone's clock is not exact."""


@dataclass(frozen=True, slots=True)
class Throwaway:
    """A server's certificate with its key, and the SHA-256 of its DER as browsers show it: `AB:CD:...`, 32 bytes."""

    context: ssl.SSLContext = field(repr=False)
    fingerprint: str
    pem: str


def make_throwaway(address: str, now: datetime, lasts: timedelta) -> Throwaway:
    """Return a certificate for a numeric IPv4 or IPv6 address, valid from `now` (aware) for so long.

    Side effects: for a moment an encrypted key lies in a private folder, since TLS takes keys from files only.

    Raises:
        ValueError: The address is none.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camwarden")])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lasts)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    password = secrets.token_bytes(32)
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.pem")
        path.write_bytes(sealed + pem)
        context.load_cert_chain(path, password=password)
    return Throwaway(context, certificate.fingerprint(hashes.SHA256()).hex(":").upper(), pem.decode())

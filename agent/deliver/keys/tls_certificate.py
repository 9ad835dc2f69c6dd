"""Creates the key and request for the site's TLS certificate, and decides whether a certificate fits.

This is not the report key: it authenticates the connection to a broker, is renewed often, and signs no report. Decides
when a certificate may be used, not who issues it or how the broker treats it.

Source: RFC 2986 (PKCS #10), RFC 5280.
"""

from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.contract.signing_keys import PrivateKey, create_key, load_private
from agent.model.errors import ConfigurationError, Forbidden, UsageError, os_words
from agent.model.finding import listed

FILE_MAX_BYTES: Final = 256 * 1024

READ_BY_GROUP_WRONG_BITS: Final = 0o037
"""The service reads a key in /etc through its group (systemd/README.md)."""


def certificate_request(key_path: Path, site: str) -> bytes:
    """Return a PKCS #10 request in PEM with CN = site; the key is made (0600) if there is none.

    Raises:
        Forbidden: The key is open to others, or this user may not read or make it.
        ConfigurationError: The file is no key of an accepted kind.
    """
    if not key_path.exists():
        create_key(key_path)
    key = load_private(key_path, READ_BY_GROUP_WRONG_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, site)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = request.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return signed.public_bytes(Encoding.PEM)


def fitting_certificate(
    data: bytes, key_path: Path, site: str, now: datetime, authorities: bytes | None
) -> tuple[bytes, datetime]:
    """Return a certificate and its chain in PEM, if the site can connect with it, and its end.

    Args:
        data: From the city's authority, PEM: the site's certificate first, then its chain.
        key_path: The private key that it must belong to.
        site: Its required CN.
        now: It must be valid at this time.
        authorities: PEM of accepted issuers, None: not checked.

    Raises:
        UsageError: It does not fit; the message has the cause.
        Forbidden, ConfigurationError: The key cannot be read.
    """
    if not key_path.exists():
        raise ConfigurationError(
            "{key_path}: there is no key yet; make it with `camwarden keys csr`", key_path=key_path
        )
    chain = _certificates(data, "the certificate")
    leaf = chain[0]
    if _public(leaf) != _public(load_private(key_path, READ_BY_GROUP_WRONG_BITS)):
        raise UsageError(
            "the certificate is for another key than {key_path}; ask for one with `camwarden keys csr`",
            key_path=key_path,
        )
    names = [str(name.value) for name in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    if names != [site]:
        shown = listed([ascii(name)[1:-1] for name in names] or ["none"])
        raise UsageError("the certificate's CN is {shown}, this site is {site}", shown=shown, site=site)
    begins, ends = leaf.not_valid_before_utc, leaf.not_valid_after_utc
    if now >= ends:
        raise UsageError("the certificate ended on {ends:%Y-%m-%d %H:%M} UTC; ask for a new one", ends=ends)
    if now < begins:
        raise UsageError(
            "the certificate begins on {begins:%Y-%m-%d %H:%M} UTC, and the clock here says "
            "{now:%Y-%m-%d %H:%M}; look at the clock, or wait",
            begins=begins,
            now=now,
        )
    if not _for_clients(leaf):
        raise UsageError("the certificate is not for TLS clients (extended key usage); ask for one that is")
    if authorities is not None and not _issued(chain, _certificates(authorities, "the --ca file")):
        raise UsageError("no authority of the --ca file issued the certificate, nor the chain that came with it")
    return b"".join(one.public_bytes(Encoding.PEM) for one in chain), ends


def certificates_alone(data: bytes, what: str) -> bytes:
    """Return the certificates of a PEM text without anything else in it, such as a private key.

    Args:
        data: The text.
        what: Its name in the message.

    Raises:
        UsageError: There is none in it.
    """
    return b"".join(one.public_bytes(Encoding.PEM) for one in _certificates(data, what))


def issued_by(data: bytes, authorities: bytes) -> bool:
    """Return whether a certificate and its chain come from one of some authorities, both PEM; its end does not matter.

    Raises:
        UsageError: Either is not PEM.
    """
    return _issued(_certificates(data, "the certificate"), _certificates(authorities, "the --ca file"))


def read_file(path: Path) -> bytes:
    """Return a file of certificates.

    Raises:
        Forbidden, UsageError: It cannot be read, or is no such file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(FILE_MAX_BYTES + 1)
    except PermissionError:
        raise Forbidden("{path}: this user may not read it; run as its owner", path=path) from None
    except OSError as error:
        raise UsageError(
            "{path}: cannot be read: {why}; give the certificate as a PEM file", path=path, why=os_words(error)
        ) from None
    if len(data) > FILE_MAX_BYTES:
        raise UsageError("{path}: too large for a certificate; give it as a PEM file", path=path)
    return data


def _certificates(data: bytes, what: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(data)
    except Exception:  # noqa: BLE001  the parser raises several kinds, all of which say: no certificate
        raise UsageError("{what} is not in PEM form (-----BEGIN CERTIFICATE-----)", what=what) from None


def _public(holder: x509.Certificate | PrivateKey) -> bytes:
    try:
        key = holder.public_key()
    except Exception:  # noqa: BLE001  an algorithm that nobody here knows, or a broken key
        raise UsageError("the certificate's key is of a kind that is not known here") from None
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _for_clients(leaf: x509.Certificate) -> bool:
    """Return whether its extended key usage, where it has one, includes TLS clients. Source: RFC 5280 4.2.1.12."""
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    except ValueError:
        raise UsageError("the certificate's extensions cannot be read") from None
    return ExtendedKeyUsageOID.CLIENT_AUTH in usage or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage


def _issued(chain: list[x509.Certificate], authorities: list[x509.Certificate]) -> bool:
    """Return whether each of the chain is issued by the next, up to one of the authorities."""
    for place, one in enumerate(chain):
        if any(_issued_by(one, authority) for authority in authorities):
            return True
        if place + 1 == len(chain) or not _issued_by(one, chain[place + 1]):
            return False
    return False


def _issued_by(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True

"""Issues and revokes certificates of sites and servers as a small, self-signed certificate authority. Pure.

Decides which request is good, and what a certificate contains: nothing of a request but its public key. Who may have
one is decided by `agent/hub/enroll/desk.py`; nothing here reads a file or a clock.

Source: RFC 5280 (certificates and revocation lists), RFC 2986 (requests).
"""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.contract.jwk import describe

CA_DAYS: Final = 3650
"""How long the authority and its servers' certificates last: ten years."""

SITE_DAYS: Final = 365
BACKDATED: Final = timedelta(hours=1)
"""A certificate begins so long before it is made: clocks of gateways are not exact."""

_NAME_MAX_CHARS: Final = 64

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


class BadRequest(ValueError):
    """A request for a certificate that is refused."""


@dataclass(frozen=True, slots=True)
class Authority:
    """An authority that can sign. `pem` is its certificate."""

    certificate: x509.Certificate
    _key: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def pem(self) -> bytes:
        """Its certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """Its private key in PEM, for its one file."""
        return _key_pem(self._key)


def new_authority(name: str, now: datetime) -> Authority:
    """Return a new authority; it signs end entities only."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name)
    builder = (
        _dated(x509.CertificateBuilder(subject, subject, key.public_key()), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def load_authority(certificate: bytes, key: bytes) -> Authority:
    """Return an authority of its two PEM files.

    Raises:
        ValueError: They are something else, or do not belong together.
    """
    loaded = serialization.load_pem_private_key(key, None)
    leaf = x509.load_pem_x509_certificate(certificate)
    if not isinstance(loaded, ec.EllipticCurvePrivateKey) or _der(leaf.public_key()) != _der(loaded.public_key()):
        raise ValueError("not an authority's certificate and its key")
    return Authority(leaf, loaded)


def asked_key(csr: str, site: str) -> PublicKey:
    """Return the public key of a request (PKCS #10 in PEM, as it came), if it is one that the site may send.

    Raises:
        BadRequest: It is no request, is not signed by its key, its subject is not the site's id alone, or its key is
            neither P-256 nor Ed25519.
    """
    try:
        request = x509.load_pem_x509_csr(csr.encode())
        names = [(str(each.oid.dotted_string), each.value) for each in request.subject]
        key, signed = request.public_key(), request.is_signature_valid
    except Exception:  # noqa: BLE001  the parser raises a dozen kinds, all of which say: not a request
        raise BadRequest("not a request for a certificate") from None
    if not isinstance(key, ed25519.Ed25519PublicKey) and not (
        isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    ):
        raise BadRequest("its key is of a kind that is not taken")
    if not signed:
        raise BadRequest("not signed by its own key")
    if names != [(NameOID.COMMON_NAME.dotted_string, site)]:
        raise BadRequest("its subject is not the site alone")
    return key


def key_name(key: PublicKey) -> str:
    """Return SHA-256 over the SubjectPublicKeyInfo of a public key, in hex, for comparison."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(_der(key))
    return digest.finalize().hex()


def certified_kid(certificate: str) -> str:
    """Return the thumbprint of the key of a certificate of ours, in PEM. Source: RFC 7638."""
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise ValueError("a key of another kind")
    return describe(key).kid


def site_certificate(authority: Authority, site: str, key: PublicKey, now: datetime, days: int = SITE_DAYS) -> bytes:
    """Return the certificate of a site in PEM: CN and DNS name are its id, for TLS clients alone."""
    alternative = x509.SubjectAlternativeName([x509.DNSName(site)])
    return _signed(authority, site, key, alternative, ExtendedKeyUsageOID.CLIENT_AUTH, now, days)


def client_pair(authority: Authority, name: str, now: datetime) -> tuple[bytes, bytes]:
    """Return certificate and key in PEM of a client that is no site: the hub itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = _signed(authority, name, key.public_key(), None, ExtendedKeyUsageOID.CLIENT_AUTH, now, CA_DAYS)
    return pem, _key_pem(key)


def server_pair(authority: Authority, hosts: Sequence[str], now: datetime) -> tuple[bytes, bytes]:
    """Return certificate and key in PEM of a server under its names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.SubjectAlternativeName([_host(host) for host in hosts])
    common = hosts[0][:_NAME_MAX_CHARS]
    pem = _signed(authority, common, key.public_key(), names, ExtendedKeyUsageOID.SERVER_AUTH, now, CA_DAYS)
    return pem, _key_pem(key)


def revocation_list(authority: Authority, revoked: Iterable[tuple[int, datetime]], now: datetime) -> bytes:
    """Return the list of revoked certificates (serial number and time) in PEM, for `crlfile` of mosquitto.

    It ends with the authority: a list that expires shuts every site of a broker out at once.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(now - BACKDATED)
        .next_update(authority.certificate.not_valid_after_utc)
        .add_extension(_issuer_id(authority), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
    )
    for serial, at in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(authority._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def serial_and_end(certificate: bytes) -> tuple[int, datetime]:
    """Return serial number and end of a certificate of ours."""
    loaded = x509.load_pem_x509_certificate(certificate)
    return loaded.serial_number, loaded.not_valid_after_utc


def pin_of(certificate: bytes) -> bytes:
    """Return SHA-256 over the DER of a certificate in PEM, which a token pins."""
    return x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256())


def _signed(
    authority: Authority,
    name: str,
    key: PublicKey,
    alternative: x509.SubjectAlternativeName | None,
    use: x509.ObjectIdentifier,
    now: datetime,
    days: int,
) -> bytes:
    builder = x509.CertificateBuilder(authority.certificate.subject, _name(name), key)
    builder = (
        _dated(builder, now, days, authority.certificate.not_valid_after_utc)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(_issuer_id(authority), critical=False)
    )
    if alternative is not None:
        builder = builder.add_extension(alternative, critical=False)
    return builder.sign(authority._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _dated(
    builder: x509.CertificateBuilder, now: datetime, days: int, latest: datetime | None = None
) -> x509.CertificateBuilder:
    ends = now + timedelta(days=days)
    ends = min(ends, latest) if latest is not None else ends
    serial = x509.random_serial_number()
    return builder.serial_number(serial).not_valid_before(now - BACKDATED).not_valid_after(ends)


def _usage(signs_certificates: bool) -> x509.KeyUsage:
    """Source: RFC 5280 section 4.2.1.3."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_id(authority: Authority) -> x509.AuthorityKeyIdentifier:
    key = authority._key.public_key()
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _der(key: object) -> bytes:
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        raise ValueError("a key of another kind")
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )

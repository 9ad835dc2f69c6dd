"""The authority: what its certificates say, which requests it answers, and that openssl agrees."""

from __future__ import annotations

import base64
import subprocess
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from agent.hub.enroll.authority import (
    Authority,
    BadRequest,
    asked_key,
    key_name,
    load_authority,
    new_authority,
    pin_of,
    revocation_list,
    serial_and_end,
    server_pair,
    site_certificate,
)

NOW = datetime.now(UTC).replace(microsecond=0)
KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority("test", NOW)


def csr(names: list[tuple[x509.ObjectIdentifier, str]], key: object = KEY, san: str = "") -> str:
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    if san:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(san)]), critical=False)
    signed = builder.sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    return signed.public_bytes(Encoding.PEM).decode()


CN = NameOID.COMMON_NAME


def test_a_site_s_certificate_names_the_site_and_is_for_clients_alone(authority: Authority) -> None:
    one = x509.load_pem_x509_certificate(site_certificate(authority, "S1", KEY.public_key(), NOW))
    assert [(a.oid, a.value) for a in one.subject] == [(CN, "S1")]
    assert one.extensions.get_extension_for_class(x509.SubjectAlternativeName).value == x509.SubjectAlternativeName(
        [x509.DNSName("S1")]
    )
    usage = one.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not one.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert one.not_valid_after_utc - NOW == timedelta(days=365)
    one.verify_directly_issued_by(authority.certificate)


def test_nothing_outlasts_the_authority(authority: Authority) -> None:
    late = NOW + timedelta(days=3600)
    _, ends = serial_and_end(site_certificate(authority, "S1", KEY.public_key(), late))
    assert ends == authority.certificate.not_valid_after_utc


def test_an_authority_comes_back_from_its_files_and_only_with_its_own_key(authority: Authority) -> None:
    again = load_authority(authority.pem, authority.key_pem)
    assert again.certificate == authority.certificate
    assert "PRIVATE" not in repr(again)
    with pytest.raises(ValueError, match="authority"):
        load_authority(authority.pem, new_authority("other", NOW).key_pem)


def test_openssl_accepts_the_chain_and_refuses_what_the_list_revokes(authority: Authority, tmp_path: Path) -> None:
    leaf = site_certificate(authority, "S1", KEY.public_key(), NOW)
    other = site_certificate(authority, "S2", KEY.public_key(), NOW)
    server, _ = server_pair(authority, ["hub.example.org", "192.0.2.7"], NOW)
    crl = revocation_list(authority, [(serial_and_end(leaf)[0], NOW)], NOW)
    for name, data in {"ca": authority.pem, "leaf": leaf, "other": other, "server": server, "crl": crl}.items():
        (tmp_path / name).write_bytes(data)

    def verdict(name: str, *words: str) -> str:
        command = ["openssl", "verify", "-x509_strict", "-CAfile", "ca", *words, name]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    checked = ("-crl_check", "-CRLfile", "crl", "-purpose", "sslclient")
    assert verdict("leaf", "-purpose", "sslclient") == "leaf: OK\n"
    assert verdict("other", *checked) == "other: OK\n"
    assert "certificate revoked" in verdict("leaf", *checked)
    for name in ("hostname hub.example.org", "ip 192.0.2.7"):
        assert verdict("server", "-purpose", "sslserver", *f"-verify_{name}".split()) == "server: OK\n"
    assert verdict("leaf", "-purpose", "sslserver") != "leaf: OK\n"


def test_the_list_lasts_as_long_as_the_authority(authority: Authority) -> None:
    crl = x509.load_pem_x509_crl(revocation_list(authority, [], NOW))
    assert crl.next_update_utc == authority.certificate.not_valid_after_utc


def test_a_pin_is_what_openssl_calls_the_fingerprint(authority: Authority) -> None:
    done = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256"], input=authority.pem, capture_output=True, check=True
    )
    assert done.stdout.decode().strip().partition("=")[2].replace(":", "").lower() == pin_of(authority.pem).hex()


@pytest.mark.parametrize("key", [KEY, ed25519.Ed25519PrivateKey.generate()], ids=["P-256", "Ed25519"])
def test_a_request_of_the_site_gives_its_key(key: ec.EllipticCurvePrivateKey) -> None:
    assert key_name(asked_key(csr([(CN, "S1")], key), "S1")) == key_name(key.public_key())


def test_names_that_a_request_wishes_for_do_not_come_into_the_certificate(authority: Authority) -> None:
    key = asked_key(csr([(CN, "S1")], san="camwarden-hub"), "S1")
    assert b"camwarden-hub" not in x509.load_pem_x509_certificate(
        site_certificate(authority, "S1", key, NOW)
    ).public_bytes(Encoding.DER)


def in_pem(der: bytes) -> str:
    body = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE REQUEST-----\n{body}-----END CERTIFICATE REQUEST-----\n"


def signed_otherwise(request: str) -> str:
    """Return a request that is whole but for its signature, which is still one in form."""
    der = x509.load_pem_x509_csr(request.encode()).public_bytes(Encoding.DER)
    return in_pem(der[:-1] + bytes([der[-1] ^ 1]))


HOSTILE = {
    "another site": csr([(CN, "S2")]),
    "the hub": csr([(CN, "camwarden-hub")]),
    "two names": csr([(CN, "S1"), (CN, "S2")]),
    "a further name": csr([(CN, "S1"), (NameOID.ORGANIZATION_NAME, "x")]),
    "no name": csr([]),
    "rsa": csr([(CN, "S1")], rsa.generate_private_key(65537, 2048)),
    "another curve": csr([(CN, "S1")], ec.generate_private_key(ec.SECP384R1())),
    "cut": csr([(CN, "S1")])[:200],
    "empty": "",
    "not ascii": "证书",
    "signature of another": signed_otherwise(csr([(CN, "S1")])),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_any_other_request_is_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        asked_key(HOSTILE[name], "S1")


def test_no_flipped_bit_of_a_request_gives_another_key_or_raises_anything_but_ours() -> None:
    good = x509.load_pem_x509_csr(csr([(CN, "S1")]).encode()).public_bytes(Encoding.DER)
    found = set()
    for place in range(len(good)):
        der = bytearray(good)
        der[place] ^= 1 << place % 8
        with suppress(BadRequest):
            found.add(key_name(asked_key(in_pem(bytes(der)), "S1")))
    assert found <= {key_name(KEY.public_key())}

"""Reads a certificate that a device shows (GB 35114, SM2), and verifies a signature by its key. Pure.

Nobody's word for whose certificate it is is believed here: its issuer is not verified. The library that reads
certificates does not know the curve, so that the key is cut out of it; the one that verifies SM2 is an extra (`gm`),
written in C: it is given numbers in their range and points on the curve, never bytes as a device wrote them.

Source: GM/T 0003.2-2012 (signature), GM/T 0009-2012 (its encoding, id of a signer), GM/T 0015-2012 (certificate).
"""

import contextlib
import os
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

try:
    import gmssl_pyx
except ImportError:
    gmssl_pyx = None

SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
"""Source: GM/T 0006-2012."""
ORDER: Final = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
"""Of the base point. Source: GM/T 0003.5-2012."""
_POINT: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
"""SubjectPublicKeyInfo of an uncompressed point of SM2, up to its 64 bytes. Source: RFC 5480; GM/T 0006-2012."""
_POINT_BYTES: Final = 64
_INDEX_OF_KEY: Final = 6
"""Of SubjectPublicKeyInfo within TBSCertificate, behind version, serial number, algorithm, issuer, validity, subject.
Source: RFC 5280, 4.1."""

Verify = Callable[[bytes, Sequence[bytes], bytes], bool]
"""Tells whether a signature (DER) over one of some messages is by a key of SM2."""


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """From when to when it is valid, whether the device's id stands in its subject, and whether it is signed by SM2.

    `key`: a point of SM2; empty where the certificate is for another curve.
    """

    valid_from: datetime
    valid_until: datetime
    names_device: bool
    is_sm2: bool
    key: bytes = field(default=b"", repr=False)


def read_device_certificate(data: bytes, device_id: str) -> DeviceCertificate | None:
    """Return a certificate in PEM or DER, None where it is none that can be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of odd serial numbers and the like: a device writes nothing to our terminal
            return _read(data, device_id)
    except (ValueError, TypeError, x509.InvalidVersion):
        return None


def sm2_verify() -> Verify | None:
    """Return what verifies a signature of SM2; None where the extra is not installed."""
    if gmssl_pyx is None:
        return None

    def verify(key: bytes, messages: Sequence[bytes], signature: bytes) -> bool:
        try:
            numbers = decode_dss_signature(signature)
            point = gmssl_pyx.normalize_sm2_public_key(key)
        except (ValueError, gmssl_pyx.GmsslInnerError):
            return False
        if not all(0 < number < ORDER for number in numbers):
            return False
        with _without_stderr():
            return any(gmssl_pyx.sm2_verify(point, one, encode_dss_signature(*numbers)) for one in messages)

    return verify


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    """Keep what the library writes by itself of a signature that does not hold off the terminal."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)


def _read(data: bytes, device_id: str) -> DeviceCertificate:
    is_pem = data.lstrip().startswith(b"-----BEGIN")
    found = x509.load_pem_x509_certificate(data) if is_pem else x509.load_der_x509_certificate(data)
    subject = found.subject.rfc4514_string()
    return DeviceCertificate(
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        re.search(rf"(?<![0-9]){re.escape(device_id)}(?![0-9])", subject) is not None,
        found.signature_algorithm_oid.dotted_string == SM2_WITH_SM3,
        _point(found.tbs_certificate_bytes),
    )


def _point(tbs: bytes) -> bytes:
    """Return the point in the key of a certificate of version 3, empty where it is none of SM2."""
    start, end = _inner(tbs, 0)
    for _ in range(_INDEX_OF_KEY):
        start = _inner(tbs, start)[1]
    key = tbs[start : _inner(tbs, start)[1]]
    is_point = start < end and key.startswith(_POINT) and len(key) == len(_POINT) + _POINT_BYTES
    return key[len(_POINT) :] if is_point else b""


def _inner(der: bytes, start: int) -> tuple[int, int]:
    """Return where the content of an element begins and ends. Raises ValueError where there is none."""
    if start + 2 > len(der):
        raise ValueError("no element is there")
    first, begins = der[start + 1], start + 2
    if first < 0x80:
        return begins, begins + first
    begins += first & 0x7F
    return begins, begins + int.from_bytes(der[start + 2 : begins], "big")

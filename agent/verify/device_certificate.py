"""Reads the dates of a certificate that a device shows (GB 35114, SM2), without believing whose it is. Pure.

The library reads such a certificate and cannot verify it: its curve is not known there.
"""

import warnings
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509

SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
"""Source: GM/T 0006-2012."""


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """From when to when it is valid, whether the device's id stands in its subject, and whether it is signed by SM2."""

    valid_from: datetime
    valid_until: datetime
    names_device: bool
    is_sm2: bool


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


def _read(data: bytes, device_id: str) -> DeviceCertificate:
    is_pem = data.lstrip().startswith(b"-----BEGIN")
    found = x509.load_pem_x509_certificate(data) if is_pem else x509.load_der_x509_certificate(data)
    return DeviceCertificate(
        found.not_valid_before_utc,
        found.not_valid_after_utc,
        device_id in found.subject.rfc4514_string(),
        found.signature_algorithm_oid.dotted_string == SM2_WITH_SM3,
    )

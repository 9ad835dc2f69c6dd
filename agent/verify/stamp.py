"""Requests time stamps and verifies them: that bytes existed at a time, by a believed authority. Pure.

A signed checkpoint shows what a hub's log was; when it was so is the hub's own word. An authority that stamps time saw
its digest at the time that it signs, and knows nothing else of it. Who is believed is said by root certificates;
whether one of the authority's certificates was revoked later is not asked.

The library is loaded with this module alone: it is an extra (`stamps`), and few need it.

Source: RFC 3161 (request, response, token), RFC 5816, RFC 5035 (signing certificate).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from agent.model.errors import NotVerified

STAMP_MAX_BYTES: Final = 64 * 1024

Roots = Sequence[x509.Certificate]
"""Certificates that are believed."""

_SHA256: Final = x509.ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_GRANTED: Final = 0
_CERTIFICATES: Final = 0xA0
"""Tag of the certificates in SignedData. Source: RFC 5652, 5.1."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a stamp proves: the bytes existed at `at`, as `authority` (the subject of its certificate) signed."""

    at: datetime
    authority: str


@dataclass(frozen=True, slots=True)
class StampRequest:
    """A request as it is sent, and the number by which its answer is told from an older one."""

    data: bytes
    nonce: int


def new_request(data: bytes) -> StampRequest:
    """Return a request for a stamp over the SHA-256 of some bytes, with the authority's certificates in it."""
    built = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).cert_request(cert_request=True)
    request = built.nonce(nonce=True).build()
    return StampRequest(request.as_bytes(), request.nonce or 0)


def read_roots(data: bytes) -> list[x509.Certificate]:
    """Return the certificates of a PEM file. Raises ValueError where there is none, or one cannot be read."""
    return x509.load_pem_x509_certificates(data)


def read_stamp(response: bytes, data: bytes, roots: Roots, nonce: int | None = None) -> Stamp:
    """Return what a response of an authority proves about some bytes, by the certificates that are believed.

    Raises:
        NotVerified: `malformed`: it is no response with a stamp; `stamp-refused`: the authority gave none;
            `stamp-other`: it is of other bytes, or answers another request; `stamp-authority`: its signature does not
            fit, or does not lead to a believed certificate for stamping time, which was valid then.
    """
    found = _granted(response)
    told = found.tst_info
    is_sha256 = told.message_imprint.hash_algorithm == _SHA256
    if not is_sha256 or told.message_imprint.message != hashlib.sha256(data).digest():
        raise NotVerified("stamp-other", "the stamp is of something else")
    if nonce is not None and told.nonce != nonce:
        raise NotVerified("stamp-other", "the stamp answers another request")
    try:
        VerifierBuilder(roots=list(roots)).build().verify(found, told.message_imprint.message)
        return Stamp(told.gen_time, _subject(found))
    except (VerificationError, ValueError):  # its words are OpenSSL's, and say less
        raise NotVerified(
            "stamp-authority", "the stamp was changed, or is not by an authority for time stamps that you believe"
        ) from None


def _granted(response: bytes) -> TimeStampResponse:
    """Return a response that has a stamp."""
    try:
        found = decode_timestamp_response(_in_order(response))
        if found.status != _GRANTED:
            raise NotVerified("stamp-refused", "the authority gave no stamp (status {status})", status=found.status)
        found.tst_info.gen_time  # noqa: B018  read here, where it may be malformed
    except ValueError:
        raise NotVerified("malformed", "not a response with a time stamp") from None
    return found


def _subject(found: TimeStampResponse) -> str:
    """Return the name of who signed, of the certificate that the signature names. Raises ValueError."""
    (signer,) = found.signed_data.signer_infos
    for one in map(x509.load_der_x509_certificate, found.signed_data.certificates):
        if (one.issuer, one.serial_number) == (signer.issuer, signer.serial_number):
            return one.subject.rfc4514_string()
    raise ValueError


def _in_order(response: bytes) -> bytes:
    """Return a response with its certificates in the order of DER, as the library wants them.

    OpenSSL's own authority writes them in the order of its files. They are not signed, and no length changes.
    Raises ValueError where it is no response with a signed token.
    """
    try:
        (whole,) = _parts(response, 0, len(response))
        token = _parts(response, *whole[1:])[1]
        signed = _parts(response, *_parts(response, *token[1:])[1][1:])[0]
        _, first, end = next(part for part in _parts(response, *signed[1:]) if response[part[0]] == _CERTIFICATES)
        certificates = sorted(response[part[0] : part[2]] for part in _parts(response, first, end))
    except (IndexError, StopIteration):
        return response
    return response[:first] + b"".join(certificates) + response[end:]


def _parts(data: bytes, begin: int, end: int) -> list[tuple[int, int, int]]:
    """Return of each element of DER between two places where it begins, where its content does, and its end."""
    found = []
    while begin < end:
        first, length = begin + 2, data[begin + 1]
        if length & 0x80:
            count = length & 0x7F
            first, length = first + count, int.from_bytes(data[first : first + count])
        if first + length > end:
            raise ValueError
        found.append((begin, first, first + length))
        begin = first + length
    return found

"""Classifies why a TLS handshake with a device failed: too old, no TLS at all, or a certificate nobody vouches for.

Source: OpenSSL 3, `ERR_reason_error_string` (the names of `ssl.SSLError.reason`); RFC 8446 section 6.2 (alerts).
"""

import ssl
from collections.abc import Iterable

from drivers.errors import ProtocolBroken, TlsTooOld, Unreachable, Untrusted

_TOO_OLD = frozenset(
    {
        "UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE", "VERSION_TOO_LOW",
        "UNSAFE_LEGACY_RENEGOTIATION_DISABLED", "DH_KEY_TOO_SMALL", "EE_KEY_TOO_SMALL", "CA_KEY_TOO_SMALL",
        "EE_MD_TOO_WEAK", "CA_MD_TOO_WEAK", "BAD_DH_VALUE", "MODULUS_TOO_SMALL",
        # An alert without a version: both sides speak TLS and have no cipher in common.
        "SSLV3_ALERT_HANDSHAKE_FAILURE", "TLSV1_ALERT_INSUFFICIENT_SECURITY", "NO_SHARED_CIPHER",
        "WRONG_SIGNATURE_TYPE", "NO_SUITABLE_SIGNATURE_ALGORITHM", "LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED",
        "WRONG_CIPHER_RETURNED", "UNSUPPORTED_ELLIPTIC_CURVE", "WRONG_CURVE",
    }
)  # fmt: skip


def tls_failure(operation: str, causes: Iterable[BaseException]) -> Unreachable | None:
    """Return the error that failed TLS means, if it was TLS that failed; the first that is recognized counts."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            # OpenSSL's security level speaks up while it verifies: key too small, digest too weak.
            weak = any(word in (cause.verify_message or "") for word in ("too small", "too weak"))
            words = f"{operation}: {cause.verify_message or cause.strerror or cause}"
            return TlsTooOld(words) if weak else Untrusted(words)
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError):
            return ProtocolBroken(f"{operation}: the device ended the TLS connection")
        if isinstance(cause, ssl.SSLError) and cause.reason:
            words = f"{operation}: TLS: {cause.reason.lower().replace('_', ' ')}"
            return TlsTooOld(words) if cause.reason in _TOO_OLD else ProtocolBroken(words)
    return None

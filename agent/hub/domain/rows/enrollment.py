"""Defines tokens and certificates of the enrollment desk, as its port hands them out. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token that was made. Times are RFC 3339 in UTC; empty: not happened. `serial`: of its certificate."""

    digest: str
    site: str
    made_at: str
    expires_at: str
    revoked_at: str = ""
    used_at: str = ""
    serial: str = ""


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """A certificate that was issued. `serial` in hex; `tls_key` names its public key, `kid` the report key."""

    serial: str
    site: str
    tls_key: str
    kid: str
    pem: str
    issued_at: str
    not_after: str
    revoked_at: str = ""

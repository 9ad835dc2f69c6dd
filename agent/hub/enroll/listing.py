"""Encodes the tokens and certificates of an enrollment desk as JSON, for `hub enroll list`. Reads only."""

from datetime import datetime
from typing import Final

from agent.hub.domain.rows.enrollment import CertificateRow, TokenRow
from agent.hub.ports.enroll import EnrollStore
from agent.model.finding import Json

SCHEMA: Final = "camwarden-hub-enroll/1"


def write_enrollments(store: EnrollStore, now: datetime) -> dict[str, list[dict[str, Json]]]:
    """Return every token, without its secret, and every certificate, by site."""
    return {
        "tokens": [token_json(one, now) for one in store.tokens()],
        "certificates": [certificate_json(one) for one in store.certificates()],
    }


def token_state(token: TokenRow, now: datetime) -> str:
    """Return what became of a token: revoked, used, expired or unused."""
    if token.revoked_at:
        return "revoked"
    if token.used_at:
        return "used"
    return "expired" if now >= datetime.fromisoformat(token.expires_at) else "unused"


def token_json(token: TokenRow, now: datetime) -> dict[str, Json]:
    """Return a token as `--json` prints it."""
    told: dict[str, Json] = {"name": token.digest[:8], "site": token.site, "state": token_state(token, now)}
    times = {"made_at": token.made_at, "expires_at": token.expires_at, "used_at": token.used_at or None}
    return {**told, **times, "revoked_at": token.revoked_at or None, "serial": token.serial or None}


def certificate_json(one: CertificateRow) -> dict[str, Json]:
    """Return a certificate as `--json` prints it."""
    told: dict[str, Json] = {"site": one.site, "serial": one.serial, "kid": one.kid, "issued_at": one.issued_at}
    return {**told, "not_after": one.not_after, "revoked_at": one.revoked_at or None}

"""Signs messages to webhooks, those of a site and those of a hub. Pure, but for the secret that is made.

Source: Standard Webhooks 1.0 (standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`, base64, behind `v1,`; a
secret is `whsec_` and the base64 of 24 to 64 bytes; while a secret is exchanged, both sign.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final

WHSEC: Final = "whsec_"
"""Before the base64 of a secret; one without it is taken as it is."""

MADE_BYTES: Final = 32


def made_secret() -> str:
    """Return a new secret that nobody can guess."""
    return WHSEC + base64.b64encode(secrets.token_bytes(MADE_BYTES)).decode()


def standard_headers(
    signed_with: Sequence[str], message_id: str, timestamp_s: int, data: bytes
) -> list[tuple[str, str]]:
    """Return the headers that sign a message with each of these secrets."""
    signed = f"{message_id}.{timestamp_s}.".encode() + data
    return [
        ("webhook-id", message_id),
        ("webhook-timestamp", str(timestamp_s)),
        ("webhook-signature", " ".join(f"v1,{hmac_base64(_key(secret), signed)}" for secret in signed_with)),
    ]


def hmac_base64(key: bytes, said: bytes) -> str:
    """Return HMAC-SHA256 in base64, as chat robots want it too."""
    return base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    try:
        return (
            base64.b64decode(secret.removeprefix(WHSEC), validate=True) if secret.startswith(WHSEC) else secret.encode()
        )
    except binascii.Error:
        return secret.encode()

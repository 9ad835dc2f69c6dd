"""Verifies an ID token: its signature by a key of the provider, then whom it is from, for whom, for which log-in.

Pure: keys, nonce and time are given. A token without a signature, or signed with a secret, is none; so is one that is
for somebody else beside us, unless it says that it was issued to us.

Source: OpenID Connect Core 1.0 section 3.1.3.7; RFC 8725 (JSON Web Token Best Current Practices).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from agent.model.finding import Message

SKEW_S: Final = 60
ALGORITHMS: Final = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures of a private key alone: with HS256, whoever knows the client's secret could write tokens."""

TOKEN_MAX_CHARS: Final = 64 * 1024


class BadSignature(Exception):
    """No key that is known here has signed it: the provider may have others by now."""


class Unacceptable(Exception):
    """It is signed, or was meant to be, and all the same not what was asked for; `why` says it."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


def keys_of(told: object) -> KeySet:
    """Return the keys of a provider's answer, those that sign. Raises ValueError."""
    found = told.get("keys") if isinstance(told, Mapping) else None
    if not isinstance(found, list) or len(found) > 100:
        raise ValueError("no list of keys")
    usable = [one for one in found if isinstance(one, dict) and one.get("kty") in ("RSA", "EC", "OKP")]
    try:
        keys = KeySet.import_key_set({"keys": [one for one in usable if one.get("use", "sig") == "sig"]})
    except (JoseError, ValueError, TypeError, KeyError):
        raise ValueError("a key that cannot be read") from None
    if not keys.keys:
        raise ValueError("no key that signs")
    return keys


def verified_claims(
    text: str, keys: KeySet, issuer: str, client_id: str, nonce: str, now: datetime, access_token: str = ""
) -> dict[str, Any]:
    """Return the claims of an ID token.

    Args:
        text: As it came from the provider's token endpoint.
        keys: Of the provider.
        issuer: Whom it has to name.
        client_id: For whom it has to be.
        nonce: Of this log-in.
        now: Aware UTC; other clocks may differ by a minute.
        access_token: That came with it; its digest is compared where the token has one.

    Raises:
        BadSignature: None of these keys has signed it.
        Unacceptable: Something in it is wrong.
    """
    if len(text) > TOKEN_MAX_CHARS:
        raise Unacceptable(_UNREADABLE)
    try:
        token = jwt.decode(text, keys, algorithms=ALGORITHMS)
    except (JoseError, ValueError, TypeError, KeyError, UnicodeError):
        raise BadSignature from None
    claims = CodeIDToken(
        token.claims,
        token.header,
        {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        {"nonce": nonce, "client_id": client_id, "access_token": access_token},
    )
    try:
        claims.validate(int(now.timestamp()), SKEW_S)
    except JoseError as error:
        raise Unacceptable(_why(error)) from None
    except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
        raise Unacceptable(_UNREADABLE) from None
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise Unacceptable(_UNREADABLE)
    return dict(claims)


_UNREADABLE: Final = Message("it cannot be read")
_WRONG: Final = {
    "iss": Message("it is of another provider"),
    "aud": Message("it is for another program"),
    "azp": Message("it was issued to another program"),
    "nonce": Message("it is of another log-in"),
    "exp": Message("it has expired"),
    "nbf": Message("it is not valid yet: compare the clocks"),
    "iat": Message("it was made in the future: compare the clocks"),
    "at_hash": Message("it belongs to another access token"),
}


def _why(error: JoseError) -> Message:
    """Return which claim is wrong, in words."""
    if error.error == "expired_token":
        return _WRONG["exp"]
    claim = str(getattr(error, "claim", ""))
    return _WRONG.get(claim, Message("its claim {claim} is missing or wrong", {"claim": claim[:40] or "-"}))

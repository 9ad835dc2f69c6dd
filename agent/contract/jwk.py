"""Parses public keys (JWK), names them by RFC 7638 thumbprint, and verifies signatures with them.

Decides which kinds of keys the contract accepts. Private keys are in `agent/contract/signing_keys.py`; the binding of
keys to sites is in `agent/hub/stores/trust.py`.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from agent.model.errors import ConfigurationError, Forbidden, os_words

ALGORITHMS: Final = ("ES256", "Ed25519")
"""Source: RFC 7518 section 3.4, RFC 9864 section 2.2 (`EdDSA` is deprecated and refused)."""

COORDINATE_BYTES: Final = 32
"""Of P-256 numbers, and of an Ed25519 public key."""

_ES256: Final = ec.ECDSA(hashes.SHA256())
_ES256_OF_DIGEST: Final = ec.ECDSA(Prehashed(hashes.SHA256()))


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that verifies signatures. `jwk` holds only the members of its thumbprint."""

    kid: str
    alg: str
    jwk: Mapping[str, str]
    _key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey = field(repr=False, compare=False)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Return whether `signature` (JWS form: raw, 64 bytes) is this key's over `message`."""
        if self.alg == "ES256":  # asking the key for its type takes a tenth of verifying with it
            return self._verifies(hashlib.sha256(message).digest(), signature, _ES256_OF_DIGEST)
        try:
            cast(ed25519.Ed25519PublicKey, self._key).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def verifies_digest(self, digest: bytes, signature: bytes) -> bool:
        """Return the same for a message's SHA-256; always False for Ed25519, which cannot."""
        return self._verifies(digest, signature, _ES256_OF_DIGEST)

    def _verifies(self, message: bytes, signature: bytes, algorithm: ec.ECDSA) -> bool:
        if len(signature) != 2 * COORDINATE_BYTES or self.alg != "ES256":
            return False
        r, s = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
        try:
            cast(ec.EllipticCurvePublicKey, self._key).verify(encode_dss_signature(r, s), message, algorithm)
        except InvalidSignature:
            return False
        return True


def b64url(data: bytes) -> str:
    """Return base64url without padding. Source: RFC 7515 section 2."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    """Return the bytes of canonical base64url without padding.

    Raises:
        ValueError: The text is padded, or has other characters or stray bits at its end.
    """
    data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the SHA-256 thumbprint of a public JWK of exactly its required members. Source: RFC 7638."""
    canonical = json.dumps(dict(sorted(jwk.items())), separators=(",", ":"))
    return b64url(hashlib.sha256(canonical.encode()).digest())


def public_key(jwk: object) -> PublicKey:
    """Return the key of a decoded JWK; members outside its thumbprint are dropped.

    Raises:
        ValueError: It is not an EC P-256 or Ed25519 public key, its members disagree, or it carries a private part.

    Source: RFC 7517, RFC 7518 section 6.2, RFC 8037 section 2.
    """
    if not isinstance(jwk, dict):
        raise ValueError("a JWK is a JSON object")
    if "d" in jwk:
        raise ValueError("it carries a private key")
    kind = (jwk.get("kty"), jwk.get("crv"))
    if kind not in (("EC", "P-256"), ("OKP", "Ed25519")):
        raise ValueError("only EC P-256 and OKP Ed25519 keys are accepted")
    x = coordinate(jwk, "x")
    key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
    if kind[0] == "EC":
        y = coordinate(jwk, "y")
        key = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    else:
        key = ed25519.Ed25519PublicKey.from_public_bytes(x)
    described = describe(key)
    if jwk.get("alg", described.alg) != described.alg:
        raise ValueError(f"a key of this type is used with {described.alg}")
    if jwk.get("kid", described.kid) != described.kid:
        raise ValueError("its kid is not its RFC 7638 thumbprint")
    return described


def load_jwks(path: Path) -> Mapping[str, PublicKey]:
    """Return the keys of a JWK set file (or of a single JWK) by their kid.

    Raises:
        Forbidden: This user may not read the file.
        ConfigurationError: The file is missing, or not a set of at least one accepted public key.

    Source: RFC 7517 section 5.
    """
    try:
        document = json.loads(path.read_bytes())
    except PermissionError:
        raise Forbidden("{path}: this user may not read the key set; chmod it or run as its owner", path=path) from None
    except OSError as error:
        raise ConfigurationError(
            "{path}: the key set cannot be read: {why}; write it with `camwarden hub jwks`",
            path=path,
            why=os_words(error),
        ) from None
    except (ValueError, RecursionError):
        raise ConfigurationError("{path}: not JSON; write it with `camwarden hub jwks`", path=path) from None
    listed = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        raise ConfigurationError(
            "{path}: not a JWK set with at least one key; write it with `camwarden hub jwks`", path=path
        )
    keys = []
    for number, jwk in enumerate(listed, 1):
        try:
            keys.append(public_key(jwk))
        except ValueError as error:
            raise ConfigurationError("{path}: key {number}: {error}", path=path, number=number, error=error) from None
    return {key.kid: key for key in keys}


def load_shown_key(path: Path) -> PublicKey:
    """Return the public key in a file of `camwarden keys show --json`, or a bare JWK.

    Raises:
        Forbidden: This user may not read the file.
        ConfigurationError: The file is missing, or holds no accepted public key.
    """
    try:
        document = json.loads(path.read_bytes())
        return public_key(document.get("jwk", document))
    except PermissionError:
        raise Forbidden("{path}: this user may not read it; run as the hub's user", path=path) from None
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be read: {why}; give what `camwarden keys show --json` prints at the site",
            path=path,
            why=os_words(error),
        ) from None
    except (ValueError, AttributeError, RecursionError):
        raise ConfigurationError(
            "{path}: no public key; take what `camwarden keys show --json` prints at the site", path=path
        ) from None


def jwk_set(keys: Mapping[str, PublicKey]) -> dict[str, list[dict[str, str]]]:
    """Return the JWK set that `load_jwks` reads back. Source: RFC 7517 section 5."""
    return {"keys": [{**key.jwk, "kid": key.kid, "alg": key.alg, "use": "sig"} for key in keys.values()]}


def coordinate(jwk: Mapping[str, object], name: str) -> bytes:
    """Return a member of 32 bytes.

    Raises:
        ValueError: It is missing or something else.
    """
    value = jwk.get(name)
    try:
        data = unb64url(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != COORDINATE_BYTES:
        raise ValueError(f"its member {name} is not base64url of {COORDINATE_BYTES} bytes")
    return data


def describe(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> PublicKey:
    """Return a public key with its thumbprint."""
    if isinstance(key, ed25519.Ed25519PublicKey):
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        jwk, alg = {"crv": "Ed25519", "kty": "OKP", "x": b64url(raw)}, "Ed25519"
    else:
        numbers = key.public_numbers()
        x, y = numbers.x.to_bytes(COORDINATE_BYTES), numbers.y.to_bytes(COORDINATE_BYTES)
        jwk, alg = {"crv": "P-256", "kty": "EC", "x": b64url(x), "y": b64url(y)}, "ES256"
    return PublicKey(thumbprint(jwk), alg, jwk, key)

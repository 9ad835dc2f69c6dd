"""The keys that sign and verify: made once, kept in files that nobody else can read, named by their thumbprint.

Decides what a usable key is. What is signed with it, and how, is `agent/envelope.py`'s; which key belongs to which
site is `agent/hub/trust.py`'s. A private key never leaves the file and the `Signer`: neither shows in a repr.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from agent.errors import ConfigurationError, Forbidden

REPORT_KEY_NAME: Final = "report-key.pem"
"""File name of a site's report key in its state directory."""

ALGORITHMS: Final = ("ES256", "Ed25519")
"""Source: RFC 7518 section 3.4, RFC 9864 section 2.2 (`EdDSA` is deprecated and refused)."""

_COORDINATE_BYTES = 32  # P-256, and Ed25519's public key
_KEY_FILE_MAX_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with. `jwk` holds only the members that its thumbprint is made of."""

    kid: str
    alg: str
    jwk: Mapping[str, str]
    _key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey = field(repr=False, compare=False)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Say whether `signature` (JWS form: raw, 64 bytes) is this key's over `message`."""
        if len(signature) != 2 * _COORDINATE_BYTES:
            return False
        try:
            if isinstance(self._key, ed25519.Ed25519PublicKey):
                self._key.verify(signature, message)
            else:
                r, s = (int.from_bytes(half) for half in (signature[:32], signature[32:]))
                self._key.verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key that can be used but not looked at. `kid` is its RFC 7638 thumbprint, `jwk` its public half."""

    kid: str
    alg: str
    jwk: Mapping[str, str]
    _key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = field(repr=False, compare=False)

    def sign(self, message: bytes) -> bytes:
        """Return the JWS signature over `message`: 64 bytes.

        ES256 is deterministic, so that a weak random generator at first boot cannot give the key away.

        Source: RFC 7518 section 3.4 (r and s as 32 bytes each), RFC 6979, RFC 8032.
        """
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(message)
        r, s = decode_dss_signature(self._key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(_COORDINATE_BYTES) + s.to_bytes(_COORDINATE_BYTES)

    @property
    def public(self) -> PublicKey:
        """The key that others verify with."""
        return PublicKey(self.kid, self.alg, self.jwk, self._key.public_key())


def b64url(data: bytes) -> str:
    """Return base64url without padding. Source: RFC 7515 section 2."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    """Return the bytes of canonical base64url without padding.

    Raises:
        ValueError: The text is anything else: padded, with other characters, or with stray bits at its end.
    """
    data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if b64url(data) != text:
        raise ValueError("not canonical base64url")
    return data


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the SHA-256 thumbprint of a public JWK that holds exactly its required members. Source: RFC 7638."""
    canonical = json.dumps(dict(sorted(jwk.items())), separators=(",", ":"))
    return b64url(hashlib.sha256(canonical.encode()).digest())


def public_key(jwk: object) -> PublicKey:
    """Return the key that a decoded JWK describes; members that its thumbprint leaves out are dropped.

    Raises:
        ValueError: It is not an EC P-256 or Ed25519 public key, says otherwise, or carries a private part.

    Source: RFC 7517, RFC 7518 section 6.2, RFC 8037 section 2.
    """
    if not isinstance(jwk, dict):
        raise ValueError("a JWK is a JSON object")
    if "d" in jwk:
        raise ValueError("it carries a private key")
    kind = (jwk.get("kty"), jwk.get("crv"))
    if kind not in (("EC", "P-256"), ("OKP", "Ed25519")):
        raise ValueError("only EC P-256 and OKP Ed25519 keys are accepted")
    x = _coordinate(jwk, "x")
    key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
    if kind[0] == "EC":
        y = _coordinate(jwk, "y")
        key = ec.EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), ec.SECP256R1()).public_key()
    else:
        key = ed25519.Ed25519PublicKey.from_public_bytes(x)
    described = _describe(key)
    if jwk.get("alg", described.alg) != described.alg:
        raise ValueError(f"a key of this type is used with {described.alg}")
    if jwk.get("kid", described.kid) != described.kid:
        raise ValueError("its kid is not its RFC 7638 thumbprint")
    return described


def signer_from_jwk(jwk: Mapping[str, str]) -> Signer:
    """Return the signer of a private JWK: for published test vectors, and for keys brought from elsewhere.

    Raises:
        ValueError: It is not an EC P-256 or Ed25519 private key, or its halves do not belong together.
    """
    public = public_key({name: value for name, value in jwk.items() if name != "d"})
    d = _coordinate(jwk, "d")
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
    if public.alg == "ES256":
        key = ec.derive_private_key(int.from_bytes(d), ec.SECP256R1())
    else:
        key = ed25519.Ed25519PrivateKey.from_private_bytes(d)
    signer = _signer(key)
    if signer.kid != public.kid:
        raise ValueError("its private and public halves do not belong together")
    return signer


def load_or_create_signer(path: Path) -> Signer:
    """Return the key in `path`, made now (EC P-256, mode 0600) if there is none. Two first starts agree on one key.

    Raises:
        Forbidden: The file is open to others, or this user may not read or write it.
        ConfigurationError: The file is not an unencrypted private key of an accepted kind.
    """
    if not path.exists():
        _create(path)
    return load_signer(path)


def load_signer(path: Path) -> Signer:
    """Return the key in `path`; like `load_or_create_signer`, but a missing file is an error.

    Raises:
        Forbidden: The file is open to others, or this user may not read it.
        ConfigurationError: There is no such file, or it is not an unencrypted private key of an accepted kind.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            data = file.read(_KEY_FILE_MAX_BYTES)
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: there is no key; `camwarden run` makes it at its first start") from None
    except PermissionError:
        raise Forbidden(f"{path}: this user may not read the key; run as its owner or as root") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: the key cannot be read: {error.strerror}") from None
    if mode & 0o077:
        raise Forbidden(f"{path}: mode {mode:04o} opens the private key to others; chmod 600 it, or make a new key")
    try:
        key = load_pem_private_key(data, password=None)
    except Exception:  # noqa: BLE001  the parser raises a dozen kinds, all of which say: not a key for us
        raise ConfigurationError(f"{path}: not an unencrypted private key in PEM form; restore it") from None
    if isinstance(key, ed25519.Ed25519PrivateKey) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    ):
        return _signer(key)
    raise ConfigurationError(f"{path}: only EC P-256 and Ed25519 keys sign reports; restore the right key")


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
        raise Forbidden(f"{path}: this user may not read the key set; chmod it or run as its owner") from None
    except OSError as error:
        raise ConfigurationError(
            f"{path}: the key set cannot be read: {error.strerror}; write it with `camwarden hub jwks`"
        ) from None
    except ValueError:
        raise ConfigurationError(f"{path}: not JSON; write it with `camwarden hub jwks`") from None
    listed = document.get("keys", [document]) if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        raise ConfigurationError(f"{path}: not a JWK set with at least one key; write it with `camwarden hub jwks`")
    keys = []
    for number, jwk in enumerate(listed, 1):
        try:
            keys.append(public_key(jwk))
        except ValueError as error:
            raise ConfigurationError(f"{path}: key {number}: {error}") from None
    return {key.kid: key for key in keys}


def jwk_set(keys: Mapping[str, PublicKey]) -> dict[str, list[dict[str, str]]]:
    """Return the JWK set that `load_jwks` reads back. Source: RFC 7517 section 5."""
    return {"keys": [{**key.jwk, "kid": key.kid, "alg": key.alg, "use": "sig"} for key in keys.values()]}


def _coordinate(jwk: Mapping[str, object], name: str) -> bytes:
    value = jwk.get(name)
    try:
        data = unb64url(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != _COORDINATE_BYTES:
        raise ValueError(f"its member {name} is not base64url of {_COORDINATE_BYTES} bytes")
    return data


def _describe(key: ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey) -> PublicKey:
    if isinstance(key, ed25519.Ed25519PublicKey):
        raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        jwk, alg = {"crv": "Ed25519", "kty": "OKP", "x": b64url(raw)}, "Ed25519"
    else:
        numbers = key.public_numbers()
        x, y = numbers.x.to_bytes(_COORDINATE_BYTES), numbers.y.to_bytes(_COORDINATE_BYTES)
        jwk, alg = {"crv": "P-256", "kty": "EC", "x": b64url(x), "y": b64url(y)}, "ES256"
    return PublicKey(thumbprint(jwk), alg, jwk, key)


def _signer(key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey) -> Signer:
    public = _describe(key.public_key())
    return Signer(public.kid, public.alg, public.jwk, key)


def _new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key whose thumbprint does not begin with a dash.

    One in 64 would, and `hub trust add SITE -...` would read it as an option.
    """
    while True:
        key = ec.generate_private_key(ec.SECP256R1())
        if not _signer(key).kid.startswith("-"):
            return key


def _create(path: Path) -> None:
    pem = _new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(pem)
                file.flush()
                os.fsync(file.fileno())
            os.link(temporary, path)  # unlike rename, never replaces a key that another first start has just made
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except PermissionError:
        raise Forbidden(f"{path}: this user may not make the key here; run as the service's user") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: the key cannot be made: {error.strerror}") from None

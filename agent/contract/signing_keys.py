"""Creates, loads and protects the private keys that sign, named by their thumbprint.

A `Signer` is all that the rest of camwarden gets of a private key, wherever it is stored: in a file (here), in a
credential of systemd (`agent/deliver/keys/place.py`, read here too) or in a token (`agent/deliver/keys/pkcs11.py`).
Decides what a usable key file is. Signing is in `agent/contract/envelope.py`, public keys in `agent/contract/jwk.py`.
A private key never leaves its file and the `Signer`: neither shows in a repr.
"""

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from agent.contract.jwk import (
    ALGORITHMS,
    COORDINATE_BYTES,
    PublicKey,
    b64url,
    coordinate,
    describe,
    jwk_set,
    load_jwks,
    public_key,
    thumbprint,
    unb64url,
)
from agent.host.files import SECRET_WRONG_BITS, sync_directory
from agent.host.users import wrong_rights
from agent.model import exits
from agent.model.errors import AgentError, ConfigurationError, Forbidden, os_words

__all__ = [
    "ALGORITHMS", "REPORT_KEY_NAME", "KeyUnavailable", "PublicKey", "Signer", "b64url", "create_key", "jwk_set",
    "load_jwks", "load_or_create_signer", "load_signer", "public_key", "signer_from_jwk", "thumbprint", "unb64url",
]  # fmt: skip

REPORT_KEY_NAME: Final = "report-key.pem"
"""File name of a site's report key in its state directory."""


_KEY_FILE_MAX_BYTES = 65_536
# Deterministic, so that a weak random generator at first boot cannot give the key away. Source: RFC 6979.
_ES256: Final = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)

PrivateKey = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


class KeyUnavailable(AgentError):
    """The key's token is gone or does not answer. Nothing was signed."""

    exit_code = exits.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key (`kid`: thumbprint, `jwk`: public half) for any thread. `may_fail`: may raise `KeyUnavailable`."""

    kid: str
    alg: str
    jwk: Mapping[str, str]
    _sign: Callable[[bytes], bytes] = field(repr=False, compare=False)
    may_fail: bool = field(default=False, compare=False)

    def sign(self, message: bytes) -> bytes:
        """Return the JWS signature over `message`: 64 bytes.

        Raises:
            KeyUnavailable: The key is in a token that cannot be used now.

        Source: RFC 7518 section 3.4 (r and s as 32 bytes each), RFC 8032.
        """
        return self._sign(message)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return public_key(dict(self.jwk))


def signer_from_jwk(jwk: Mapping[str, str]) -> Signer:
    """Return the signer of a private JWK: for published test vectors, and for imported keys.

    Raises:
        ValueError: It is not an EC P-256 or Ed25519 private key, or its halves do not match.
    """
    public = public_key({name: value for name, value in jwk.items() if name != "d"})
    d = coordinate(jwk, "d")
    key: PrivateKey
    if public.alg == "ES256":
        key = ec.derive_private_key(int.from_bytes(d), ec.SECP256R1())
    else:
        key = ed25519.Ed25519PrivateKey.from_private_bytes(d)
    signer = _signer(key)
    if signer.kid != public.kid:
        raise ValueError("its private and public halves do not belong together")
    return signer


def load_or_create_signer(path: Path) -> Signer:
    """Return the key in `path`, created (EC P-256, mode 0600) if there is none. Concurrent first starts get one key.

    Raises:
        Forbidden: The file is open to others, or this user may not read or write it.
        ConfigurationError: The file is not an unencrypted private key of an accepted kind.
    """
    if not path.exists():
        create_key(path)
    return load_signer(path)


def load_signer(path: Path, wrong_bits: int = SECRET_WRONG_BITS) -> Signer:
    """Return the key in `path`.

    Args:
        path: The file.
        wrong_bits: Permission bits that it must not have.

    Raises:
        Forbidden: The file is open to others, or this user may not read it.
        ConfigurationError: There is no such file, or it is not an unencrypted private key of an accepted kind.
    """
    return _signer(load_private(path, wrong_bits))


def load_private(path: Path, wrong_bits: int = SECRET_WRONG_BITS) -> PrivateKey:
    """Return the private key itself, for what a `Signer` cannot do (a certificate for TLS); raises as `load_signer`."""
    try:
        with path.open("rb") as file:
            mode = wrong_rights(os.fstat(file.fileno()), wrong_bits)
            data = file.read(_KEY_FILE_MAX_BYTES)
    except FileNotFoundError:
        raise ConfigurationError(
            "{path}: there is no key; `camwarden run` makes it at its first start", path=path
        ) from None
    except PermissionError:
        raise Forbidden("{path}: this user may not read the key; run as its owner or as root", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: the key cannot be read: {why}", path=path, why=os_words(error)) from None
    if mode is not None:
        raise Forbidden(
            "{path}: mode {mode:04o} opens the private key to others; chmod 600 it, or make a new key",
            path=path,
            mode=mode,
        )
    try:
        key = load_pem_private_key(data, password=None)
    except Exception:  # noqa: BLE001  the parser raises a dozen kinds, all of which say: not a key for us
        raise ConfigurationError("{path}: not an unencrypted private key in PEM form; restore it", path=path) from None
    if isinstance(key, ed25519.Ed25519PrivateKey) or (
        isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    ):
        return key
    raise ConfigurationError("{path}: only EC P-256 and Ed25519 keys sign reports; restore the right key", path=path)


def create_key(path: Path, key: PrivateKey | None = None) -> None:
    """Create a key (EC P-256, unless `key` is another) in `path`, mode 0600, unless there is one; fsynced.

    Raises:
        Forbidden: This user may not write there.
        ConfigurationError: There is no such place, or the disk refuses.
    """
    pem = (key or _new_key()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
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
        sync_directory(path.parent)
    except PermissionError:
        raise Forbidden("{path}: this user may not make the key here; run as the service's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: the key cannot be made: {why}", path=path, why=os_words(error)) from None


def _signer(key: PrivateKey) -> Signer:
    public = describe(key.public_key())
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return Signer(public.kid, public.alg, public.jwk, key.sign)

    def sign(message: bytes, key: ec.EllipticCurvePrivateKey = key) -> bytes:
        r, s = decode_dss_signature(key.sign(message, _ES256))
        return r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES)

    return Signer(public.kid, public.alg, public.jwk, sign)


def _new_key() -> ec.EllipticCurvePrivateKey:
    """Return a key whose thumbprint begins with no dash (one in 64): `hub trust add SITE -...` would be an option."""
    while True:
        key = ec.generate_private_key(ec.SECP256R1())
        if not describe(key.public_key()).kid.startswith("-"):
            return key

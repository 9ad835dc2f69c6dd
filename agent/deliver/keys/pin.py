"""Remembers which PIN a token has refused, so that no restart, timer or command tries it a second time.

A token locks itself after a few wrong PINs, and unlocking takes somebody with the other PIN at the gateway. Stored is
a salted scrypt digest of the last refused PIN, in a file of mode 0600.
"""

import hashlib
import hmac
import json
import os
from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.model.errors import ConfigurationError, Forbidden, os_words

NAME: Final = "pin-refused.json"

_SALT_BYTES = 16


def was_refused(directory: Path, token: str, pin: str) -> bool:
    """Return whether this PIN of this token was refused before. An illegible file counts as a refusal.

    Raises:
        Forbidden, ConfigurationError: The file cannot be read: then the PIN must not be tried either.
    """
    path = directory / NAME
    try:
        said = json.loads(path.read_bytes())
        of = said["token"]
        if not isinstance(of, str):
            return True
        return of == token and hmac.compare_digest(
            bytes.fromhex(said["digest"]), _digest(token, pin, bytes.fromhex(said["salt"]))
        )
    except FileNotFoundError:
        return False
    except PermissionError:
        raise Forbidden("{path}: this user may not read it; run as the service's user", path=path) from None
    except OSError as error:
        raise ConfigurationError("{path}: cannot be read: {why}", path=path, why=os_words(error)) from None
    except (ValueError, TypeError, KeyError, RecursionError):
        return True


def note_refusal(directory: Path, token: str, pin: str) -> None:
    """Store that this PIN was refused.

    Raises:
        OSError: It cannot be written.
    """
    salt = os.urandom(_SALT_BYTES)
    kept = {"token": token, "salt": salt.hex(), "digest": _digest(token, pin, salt).hex()}
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomic(directory / NAME, json.dumps(kept).encode() + b"\n", 0o600)


def _digest(token: str, pin: str, salt: bytes) -> bytes:
    """Return a digest that takes some 50 ms: PINs are short, and a fast one could be brute-forced."""
    return hashlib.scrypt(f"{token}\0{pin}".encode(), salt=salt, n=2**14, r=8, p=1)

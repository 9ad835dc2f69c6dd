"""Verifies passwords against Argon2id hashes, and makes both.

A name that nobody has costs as much as a wrong password, so that the time of an answer tells no names.

Source: RFC 9106 section 4 (second recommended option: 64 MiB, three passes); NIST SP 800-63B section 5.1.1.2 (length
over rules of composition).
"""

import secrets
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.profiles import RFC_9106_LOW_MEMORY

from agent.model.errors import UsageError

CHARS_LEAST: Final = 12
CHARS_MOST: Final = 256
MADE_BYTES: Final = 15

_HASHER: Final = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def made() -> str:
    """Return a new password: 120 random bits, 20 signs."""
    return secrets.token_urlsafe(MADE_BYTES)


def hashed(password: str) -> str:
    """Return the hash of a password, with its own salt. Raises UsageError for one that is too short or too long."""
    if not CHARS_LEAST <= len(password) <= CHARS_MOST:
        raise UsageError("a password has {least} to {most} signs; write a sentence", least=CHARS_LEAST, most=CHARS_MOST)
    return _HASHER.hash(password)


def is_right(stored: str, password: str) -> bool:
    """Return whether it is the password of a stored hash; an empty hash is never right, and takes as long."""
    try:
        return _HASHER.verify(stored or _nobodys(), password[: CHARS_MOST + 1]) and bool(stored)
    except (Argon2Error, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Return whether a hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobodys() -> str:
    return _HASHER.hash(made())

"""The digest of a paper: all that is ever kept of its content."""

from __future__ import annotations

import hashlib
from pathlib import Path


class PaperUnreadable(ValueError):
    """A file cannot be read; the message says which and why."""


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, hex.

    Raises:
        PaperUnreadable: It is none, or may not be read.
    """
    try:
        if not path.is_file():
            raise PaperUnreadable(f"{path} is not there or is no file")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PaperUnreadable(f"{path} cannot be read: {error.strerror}") from None

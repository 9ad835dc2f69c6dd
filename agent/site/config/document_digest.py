"""Calculates the digest of a document: all that is ever stored of its content."""

from __future__ import annotations

import hashlib
from pathlib import Path

from agent.model.errors import UsageError, os_words
from agent.model.finding import Message


class PaperUnreadable(UsageError):
    """A file cannot be read; the message has its path and the cause."""


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, hex.

    Raises:
        PaperUnreadable: It is no file, or may not be read.
    """
    try:
        if not path.is_file():
            raise PaperUnreadable(Message("{path} is not there or is no file: correct the path", {"path": path}))
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise PaperUnreadable(Message("{path} cannot be read: {why}", {"path": path, "why": os_words(error)})) from None

"""Writes and verifies the statement by which a restored hub begins another life of its log. Pure.

A hub that was restored from a backup has forgotten what it had accepted since. Without a word that cannot be told from
a hub that drops reports on purpose; so a person states it, by name and with a reason, and the hub's key signs it with
the size and root at which the log goes on. Whoever follows the log takes such a statement once, and reports it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from agent.contract.jwk import PublicKey
from agent.contract.signing_keys import Signer
from agent.model.errors import NotVerified, UsageError
from agent.verify.checkpoint import b64, origin_of, sign_note, split_note, unb64, verify_note
from agent.verify.merkle import HASH_BYTES, SIZE_MAX

WORD: Final = "camwarden-log-restored/1"
TEXT_MAX_CHARS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The log `before` goes on as `origin`, from `size` entries with `root`; `by` a person's name, `why` the reason."""

    origin: str
    before: str
    size: int
    root: bytes
    by: str
    why: str

    @property
    def head(self) -> tuple[int, bytes]:
        """Size and root at which the log goes on."""
        return self.size, self.root


def write_restored(before: str, head: tuple[int, bytes], by: str, why: str, signer: Signer, now: datetime) -> str:
    """Return the signed statement.

    Raises:
        UsageError: Name or reason is empty, too long or has line breaks; or the clock is behind the life before.
    """
    for text in (by, why):
        if not text.strip() or len(text) > TEXT_MAX_CHARS or not text.isprintable():
            raise UsageError("name and reason are one line each, of 1 to {most} characters", most=TEXT_MAX_CHARS)
    origin = origin_of(signer.kid, now)
    if origin.rpartition("/")[2] <= before.rpartition("/")[2]:
        raise UsageError("this clock is not after the time at which the log began: set it right, then try again")
    size, root = head
    return sign_note(f"{origin}\n{WORD}\n{before}\n{size}\n{b64(root)}\n{by}\n{why}\n", origin, signer)


def read_restored(note: str, keys: Mapping[str, PublicKey]) -> Restored:
    """Return a statement that a believed hub has signed.

    Raises:
        UnknownKey: The hub's key is none of `keys`.
        NotVerified: It is no such statement, or the signature is not that key's.
    """
    text, origin = split_note(note)
    lines = text.split("\n")
    if len(lines) != 8 or lines[1] != WORD or not (lines[3].isascii() and lines[3].isdecimal()) or len(lines[3]) > 16:
        raise NotVerified("malformed", "not a statement that a log goes on after a restore")
    root, size = unb64(lines[4]), int(lines[3])
    if len(root) != HASH_BYTES or size > SIZE_MAX or origin.rpartition("/")[2] <= lines[2].rpartition("/")[2]:
        raise NotVerified("malformed", "not a statement that a log goes on after a restore")
    verify_note(note, origin, keys)
    return Restored(origin=origin, before=lines[2], size=size, root=root, by=lines[5], why=lines[6])

"""Loads the stamped checkpoints that `hub log stamp` wrote into a folder, and selects the earliest that has an entry.

The stamps themselves are not verified here: whoever reads a case does that, by the authority that he believes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from agent.contract.jwk import PublicKey
from agent.hub.log.mirror import read_note
from agent.model.errors import ConfigurationError, NotVerified, UsageError, os_words
from agent.verify.checkpoint import Checkpoint, read_checkpoint

STAMP_MAX_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class StampedCheckpoint:
    """A checkpoint of this hub, and the answer of the authority over it, as it came."""

    checkpoint: Checkpoint
    response: bytes = field(repr=False)


def read_stamped(folder: Path, keys: Mapping[str, PublicKey]) -> list[StampedCheckpoint]:
    """Return the stamped checkpoints of a folder, the smallest first.

    Raises:
        UsageError: There is none.
        ConfigurationError: A file cannot be read, or is no checkpoint of this hub.
        Forbidden: This user may not read one.
    """
    found = []
    for path in folder.glob("*.tsr"):
        note = path.with_suffix(".checkpoint")
        try:
            with path.open("rb") as file:
                response = file.read(STAMP_MAX_BYTES + 1)
            found.append(StampedCheckpoint(read_checkpoint(read_note(note), keys), response))
        except OSError as error:
            raise ConfigurationError("{path}: cannot be read: {why}", path=path, why=os_words(error)) from None
        except NotVerified:
            raise ConfigurationError("{path}: not a checkpoint of this hub; name another folder", path=note) from None
        if len(response) > STAMP_MAX_BYTES:
            raise ConfigurationError("{path}: too large for a time stamp", path=path)
    if not found:
        raise UsageError("{path}: no time stamp is there; write one with `camwarden hub log stamp`", path=folder)
    return sorted(found, key=lambda one: one.checkpoint.size)


def earliest_over(stamped: Sequence[StampedCheckpoint], index: int) -> StampedCheckpoint | None:
    """Return the smallest checkpoint that has the entry `index` (0 for the first); None: it came after all of them."""
    return next((one for one in stamped if one.checkpoint.size > index), None)

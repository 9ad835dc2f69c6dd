"""Signs a hub's checkpoints as a witness: a mirror at another office, with a key of its own.

Reads a folder as `agent/hub/log/mirror.py` writes it, wherever that was copied from, believes nothing in it but the
hub's signature, and holds one checkpoint in its own folder. What does not continue that one is refused, and the one
that is held stays, as the proof.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.contract.jwk import PublicKey
from agent.contract.signing_keys import Signer, create_key, load_signer
from agent.host.files import write_atomic
from agent.hub.domain.tree import Tree
from agent.hub.log import mirror
from agent.model.errors import ConfigurationError, Forbidden, NotVerified, os_words
from agent.verify.checkpoint import Checkpoint, read_checkpoint
from agent.verify.cosignature import cosign
from agent.verify.log_follower import Step, follow

KEY_NAME: Final = "witness-key.pem"
HELD_NAME: Final = "checkpoint"
"""The newest cosigned checkpoint in a witness's folder: what it holds, and what it gives to others."""

_PUBLIC: Final = 0o644


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What a witness did: the step, and whether it was one (False: nothing new)."""

    step: Step
    is_new: bool


def witness_signer(folder: Path) -> Signer:
    """Return the witness's key, Ed25519, created at its first start. Raises as `load_signer`."""
    path = folder / KEY_NAME
    if not path.exists():
        create_key(path, Ed25519PrivateKey.generate())
    return load_signer(path)


def witness(log: Path, folder: Path, keys: Mapping[str, PublicKey], now: datetime) -> Witnessed:
    """Hold the checkpoint of the log's folder against the held one; cosign and store it where it continues that.

    Raises:
        UnknownKey: Another hub signed it.
        NotVerified: It is refused, for a reason of `agent.verify.log_follower.follow`; what is held stays.
        ConfigurationError: A file is missing, or cannot be read or written.
    """
    signer = witness_signer(folder)
    held = _held(folder, keys)
    note = mirror.read_checkpoint_file(log)
    shown = read_checkpoint(note, keys)
    step = follow(held, note, mirror.read_statements(log), partial(_prove, log, shown.size), keys)
    if held is not None and (held.origin, held.head) == (shown.origin, shown.head):
        return Witnessed(step, is_new=False)
    _require_root(log, shown)
    try:
        write_atomic(folder / HELD_NAME, cosign(_bare(note), signer, now).encode(), _PUBLIC)
    except PermissionError:
        raise Forbidden("{path}: this user may not write there; choose another place", path=folder) from None
    except OSError as error:
        raise ConfigurationError(
            "{path}: cannot be written: {why}; name another folder or file", path=folder, why=os_words(error)
        ) from None
    return Witnessed(step, is_new=True)


def _held(folder: Path, keys: Mapping[str, PublicKey]) -> Checkpoint | None:
    """Return the checkpoint that is held; a file that cannot be believed is no beginning anew."""
    path = folder / HELD_NAME
    if not path.exists():
        return None
    try:
        return read_checkpoint(mirror.read_checkpoint_file(folder), keys)
    except NotVerified as error:
        raise ConfigurationError("{path}: what was held cannot be used: {why}", path=path, why=error.message) from None


def _prove(log: Path, shown: int, old: int, new: int) -> Sequence[bytes]:
    """Return the proof between two sizes, made of the folder's tiles, which nobody has verified yet."""
    return Tree(new, partial(mirror.read_tile, log, shown)).consistency(old)


def _require_root(log: Path, shown: Checkpoint) -> None:
    """Raise NotVerified where the folder's tiles do not give the root that was signed, as behind half a copy."""
    if Tree(shown.size, partial(mirror.read_tile, log, shown.size)).root() != shown.root:
        raise NotVerified("log-tiles", "the folder's tiles do not give the root that the hub has signed")


def _bare(note: str) -> str:
    """Return a note with the signatures that its own log made, and no cosignature of others."""
    text, _, signatures = note.rpartition("\n\n")
    origin = text.partition("\n")[0]
    own = [line for line in signatures.splitlines() if line.startswith(f"\u2014 {origin} ")]
    return f"{text}\n\n" + "".join(f"{line}\n" for line in own)

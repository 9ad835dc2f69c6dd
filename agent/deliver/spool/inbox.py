"""Receives notes of people for a spool that a running service holds: files in a folder, read at its next cycle.

    ack-*.json    a carried watermark
    sent-*.json   ids of reports that were written into a batch
    flush         send everything now that waits

Only the service's own user can write there. A watermark is verified like one from the broker. An unusable or unreadable
note is logged and removed: it would be there again in every cycle. Folders are no notes.
"""

import hashlib
import json
import logging
from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Final

from agent.contract.envelope import unflatten
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.contract.signing_keys import PublicKey
from agent.contract.watermark import Watermark, read_watermark
from agent.deliver.spool.confirm import Outcome
from agent.deliver.spool.spool import Spool
from agent.host.files import write_atomic
from agent.model.errors import NotVerified

LOG = logging.getLogger("camwarden.spool")

INBOX_NAME: Final = "inbox"
"""The folder's name in the state directory."""

_FLUSH: Final = "flush"
_AT_ONCE: Final = 100
_MARKED_AT_ONCE: Final = 1000
_NOTE_MAX_BYTES: Final = 16 * PAYLOAD_MAX_BYTES  # ids of a million reports


def read_ack(data: bytes, keys: Mapping[str, PublicKey], site: str) -> Watermark:
    """Return the watermark of a flattened JWS.

    Raises:
        NotVerified: It is none that a pinned hub signed for this site.
    """
    payload, jws = unflatten(data)
    return read_watermark(payload, jws, keys, site)


def leave_ack(directory: Path, data: bytes) -> str:
    """Leave a watermark for the running service; return the note's name. Raises OSError."""
    return _leave(directory, f"ack-{hashlib.sha256(data).hexdigest()[:16]}.json", data)


def leave_sent(directory: Path, ids: Collection[int]) -> str:
    """Leave a note that reports were written into a batch; return its name. Raises OSError."""
    data = json.dumps(sorted(ids)).encode()
    return _leave(directory, f"sent-{hashlib.sha256(data).hexdigest()[:16]}.json", data)


def leave_flush(directory: Path) -> str:
    """Ask the running service to send everything that waits; return the note's name. Raises OSError."""
    return _leave(directory, _FLUSH, b"")


def take_up(
    spool: Spool, directory: Path, keys: Mapping[str, PublicKey], site: str, now: datetime
) -> Mapping[str, Outcome | str]:
    """Process the notes in the folder; return the outcome of each, by its name.

    Args:
        spool: The open spool.
        directory: The folder; may be missing.
        keys: The pinned keys of the hub.
        site: Its watermarks are accepted.
        now: The time of this cycle.

    Raises:
        SpoolFailed: The disk refuses; unprocessed notes stay for the next cycle.
    """
    became: dict[str, Outcome | str] = {}
    try:
        paths = sorted(islice((path for path in directory.iterdir() if _is_note(path)), _AT_ONCE))
    except OSError:  # mostly there is none
        return became
    for path in paths:
        try:
            if path.is_symlink() or not path.is_file():
                raise NotVerified("not-a-note", "not a file")
            with path.open("rb") as file:
                data = file.read(_NOTE_MAX_BYTES + 1)
            became[path.name] = _taken(spool, path.name, data, keys, site, now)
        except NotVerified as error:
            became[path.name] = error.reason
            LOG.error("%s: not taken up and removed: %s", path, error)
        except OSError as error:
            became[path.name] = "unreadable"
            LOG.error("%s: cannot be read and is removed: %s", path, error.strerror)
        try:
            path.unlink()
        except OSError as error:
            LOG.error("%s: taken up, but it cannot be removed: %s", path, error.strerror)
    return became


def _taken(
    spool: Spool, name: str, data: bytes, keys: Mapping[str, PublicKey], site: str, now: datetime
) -> Outcome | str:
    if name == _FLUSH:
        spool.requeue()
        return "flushed"
    if name.startswith("ack-"):
        outcome = spool.confirm(read_ack(data, keys, site), now)
        if outcome not in ("confirmed", "nothing-new"):
            LOG.error("the watermark %s was not taken: %s", name, outcome)
        return outcome
    if name.startswith("sent-"):
        try:
            ids = json.loads(data)
            if not all(isinstance(number, int) and 0 < number < 2**63 for number in ids):
                raise ValueError
        except (ValueError, TypeError, RecursionError):
            raise NotVerified("malformed", "not a list of reports") from None
        for start in range(0, len(ids), _MARKED_AT_ONCE):
            spool.mark_sent(ids[start : start + _MARKED_AT_ONCE], now)
        return "sent"
    raise NotVerified("not-a-note", "nothing that is taken up here")


def _is_note(path: Path) -> bool:
    return not path.name.startswith(".") and (path.is_symlink() or not path.is_dir())


def _leave(directory: Path, name: str, data: bytes) -> str:
    directory.mkdir(mode=0o700, exist_ok=True)
    write_atomic(directory / name, data, 0o600)
    return name

"""Records who opened what is stored of people: one line for each opening, in a file whose old lines expire.

The name is the one that the operating system gives, not one that somebody types. A line is written under a lock and
synced to disk before the command goes on; one that cannot be written is logged, and the log then is the record.

Source: State Council Order 799, article 16(2), register of viewings; PIPL article 56, records are kept for three years.
"""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.host.users import is_root, login_name
from drivers.file_lock import open_private, wait_for_lock

NAME: Final = "opened.jsonl"
KEPT: Final = timedelta(days=3 * 365 + 1)
"""Source: PIPL article 56, second sentence: at least three years."""

MAX_BYTES: Final = 16 * 1024 * 1024
"""So much is read; a register that is larger shows its newest lines."""

log = logging.getLogger("camwarden.register")


@dataclass(frozen=True, slots=True)
class Opening:
    """Somebody opened something: aware UTC time, user, command, `what` of `WHAT`, and the file that was written."""

    at: datetime
    user: str
    command: str
    what: str
    file: str = ""


WHAT: Final = {
    "pictures": "pictures of cameras, private zones blackened",
    "bare-pictures": "pictures of cameras as they are, on the local page",
    "equipment": "names, addresses and serial numbers",
    "reports": "signed reports, with names of persons",
    "support": "an archive for support, without pictures and names of logins",
    "register": "this register",
}
"""Everything that may be opened, in words."""


def note_opening(directory: Path, command: str, what: str, now: datetime, file: str = "") -> None:
    """Append a line; a failure is logged. Raises KeyError for what is not in `WHAT`."""
    WHAT[what]
    user = _user()
    row = json.dumps(
        {"at": now.isoformat(timespec="seconds"), "user": user, "command": command, "what": what, "file": file},
        ensure_ascii=False,
    )
    path = directory / NAME
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(path), open(path, "a+b", opener=lambda name, flags: os.open(name, flags, 0o600)) as register:
            register.seek(-1 if register.tell() else 0, os.SEEK_END)
            cut_off = register.read(1) not in (b"\n", b"")
            register.write(b"\n" * cut_off + row.encode("utf-8", "backslashreplace") + b"\n")
            register.flush()
            os.fsync(register.fileno())
    except OSError as error:
        log.warning("%s: not noted that %s opened %s with %s: %s", path, user, what, command, error.strerror)


def read_openings(directory: Path) -> tuple[Opening, ...]:
    """Return what was opened, oldest first; a damaged line is left out. Raises OSError, not for no file."""
    path = directory / NAME
    try:
        with path.open("rb") as register:
            register.seek(max(0, path.stat().st_size - MAX_BYTES))
            lines = register.read(MAX_BYTES).splitlines()
    except FileNotFoundError:
        return ()
    return tuple(found for line in lines if (found := _opening(line)) is not None)


def expire_openings(directory: Path, now: datetime) -> None:
    """Remove lines that are older than `KEPT`. Raises OSError."""
    path = directory / NAME
    if not path.exists():
        return
    with _locked(path):
        there = read_openings(directory)
        kept = [one for one in there if now - one.at <= KEPT]
        if len(kept) < len(there):
            rows = ({**asdict(one), "at": one.at.isoformat(timespec="seconds")} for one in kept)
            text = "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
            write_atomic(path, text.encode("utf-8", "backslashreplace"), 0o600)


def _opening(line: bytes) -> Opening | None:
    try:
        row = json.loads(line)
        at = datetime.fromisoformat(row["at"])
        words = [row[name] for name in ("user", "command", "what", "file")]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if at.tzinfo is None or not all(isinstance(word, str) for word in words):
        return None
    return Opening(at, *words)


def _user() -> str:
    """Return the login of who runs this; behind sudo, of who called it."""
    called = os.environ.get("SUDO_USER", "") if is_root() else ""
    return called or login_name()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = open_private(path.with_name(path.name + ".lock"))
    if descriptor is None:
        raise PermissionError(13, "the register cannot be locked")
    try:
        wait_for_lock(descriptor)
        yield
    finally:
        os.close(descriptor)

"""Probes the hub's data folder, its key, its process, and the machine: clock, room on the disk."""

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

from agent.contract.signing_keys import load_signer
from agent.host.health import clock_synced, judge_room
from agent.host.lock import holder
from agent.hub.doctor.model import NO_HUB, Situation
from agent.hub.ports.files import Files
from agent.hub.stores.engines import files_of, log_beside
from agent.hub.stores.signing_key import KEY_NAME
from agent.model.errors import ConfigurationError
from agent.model.finding import Message, listed
from agent.model.outcome import Outcome, found, not_due, passed

FILES_MAX: Final = 5000
SHOWN_MAX: Final = 3

_CLOSED: Final = 0o077
_NO_WRITE: Final = 0o022
_KEYS: Final = (".pem", ".key")


def data(situation: Situation) -> Outcome:
    """Judge whether the data folder is there, closed to others, and belongs to one user."""
    directory = situation.directory
    try:
        owner = directory.stat().st_uid
    except FileNotFoundError:
        what = Message("{path} is not there", {"path": str(directory)})
        return found("fail", "not-there", what, Message("check --data, or start the hub: it makes the folder"))
    wrong = [*_wrong(directory, owner)]
    if wrong:
        shown = listed(f"{path} ({why})" for path, why, _ in wrong[:SHOWN_MAX])
        what = Message("{count} have a wrong mode or owner: {shown}", {"count": len(wrong), "shown": shown})
        step = Message("as root: {command}", {"command": wrong[0][2]})
        return found("fail", "wrong-modes", what, step, paths=[str(path) for path, _, _ in wrong])
    if not situation.has_run:
        return found("warn", "no-hub", NO_HUB, Message("start it: systemctl start camwarden-hub"))
    return passed(Message("files and folders belong to whom they must, and are closed to others"))


def _wrong(directory: Path, owner: int) -> Iterator[tuple[Path, str, str]]:
    """Yield what others may read, or another user owns: the path, why, and the command that corrects it."""
    files = files_of(directory)
    for path in (directory, *islice(directory.rglob("*"), FILES_MAX)):
        try:
            status = path.lstat()
        except FileNotFoundError:  # gone meanwhile: the hub works here
            continue
        mode = stat.S_IMODE(status.st_mode)
        if status.st_uid != owner:
            yield path, f"uid {status.st_uid}", f"chown -R {owner} {directory}"
        elif mode & (forbidden := _forbidden(path, status.st_mode, files)):
            yield path, f"{mode:04o}", f"chmod {mode & ~forbidden:04o} {path}"


def _forbidden(path: Path, mode: int, files: Files) -> int:
    """Return the bits that a file or folder of the hub must not have."""
    if stat.S_ISLNK(mode):
        return 0
    is_secret = path.suffix in _KEYS or files.is_secret(path.name)
    return _CLOSED if stat.S_ISREG(mode) and is_secret else _NO_WRITE


def key(situation: Situation) -> Outcome:
    """Judge whether the hub's key can be used, and is the one that its log is signed with."""
    path = situation.directory / KEY_NAME
    if not os.path.lexists(path) and not situation.has_run:
        return not_due("no-key", Message("there is no key yet; the hub makes it at its first start"))
    lost = Message("restore {path} from a backup: sites believe that key only", {"path": str(path)})
    if not os.path.lexists(path):
        return found("fail", "lost", Message("the hub's key is gone, and its database knows sites"), lost)
    try:
        signer = load_signer(path)
    except ConfigurationError as error:
        return found("fail", "unusable", Message("{why}", {"why": error.message}), lost)
    with log_beside(situation.directory) as log:
        state = log.state() if log is not None else None
    of_log = state.origin.split("/")[1] if state is not None and state.origin.count("/") == 2 else signer.kid
    if of_log != signer.kid:
        what = Message("the hub's key is {kid}, its log is signed by {other}", {"kid": signer.kid, "other": of_log})
        return found("fail", "another-key", what, lost, kid=signer.kid)
    return passed(Message("the hub's key can be used; its thumbprint is {kid}", {"kid": signer.kid}), kid=signer.kid)


def running(situation: Situation) -> Outcome:
    """Judge whether a hub runs on this data, by its lock."""
    locks = sorted(situation.directory.glob("hub*.lock")) if situation.directory.exists() else []
    numbers = [number for path in locks if (number := holder(path.with_suffix(""))) is not None]
    if not numbers:
        step = Message("start it: systemctl start camwarden-hub; what it says: journalctl -u camwarden-hub -n 50")
        return found("fail", "not-running", Message("no hub runs on this data: nothing is confirmed to sites"), step)
    if len(numbers) > 1:
        return passed(Message("hubs that run on this data: {count}", {"count": len(numbers)}), processes=list(numbers))
    return passed(Message("process {number} is the hub", {"number": numbers[0]}))


def clock(situation: Situation) -> Outcome:
    """Judge whether the machine's clock can be believed. Source: adjtimex(2)."""
    if clock_synced():
        return passed(Message("the kernel says that the clock is synchronised"))
    what = Message("the clock is not synchronised: nobody can say when a report came, or is late")
    return found("fail", "not-synchronised", what, Message("set up NTP on this machine: timedatectl set-ntp true"))


def room(situation: Situation) -> Outcome:
    """Judge what is free on the disk of the data: bytes, inodes, and whether the database fits a second time."""
    taken = files_of(situation.directory).store_bytes(situation.directory) if situation.directory.exists() else 0
    judged = judge_room(situation.directory, taken)
    return replace(judged, evidence={**judged.evidence, "database_bytes": taken})

"""Validates the configuration, and the owners and modes of files."""

import os
import stat
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from agent.contract.signing_keys import REPORT_KEY_NAME
from agent.deliver.keys.place import place_of
from agent.deliver.keys.rotate import SPOOL_NAME
from agent.host.paths import CREDENTIALS_NAME
from agent.model.errors import Forbidden
from agent.model.finding import Message, listed
from agent.model.outcome import Outcome, found, not_due, passed
from agent.onsite.doctor.model import Situation, site_of
from agent.site.config.load import secrets_path

FILES_MAX: Final = 5000
"""How many files of the state directory are looked at."""
SHOWN_MAX: Final = 3

_CLOSED: Final = 0o077
"""Bits that a file for its owner alone must not have."""
_NO_WRITE: Final = 0o022
_FROM_SYSTEMD: Final = 0o037
_OTHERS: Final = 0o007

_NO_KEY = Message("there is no report key yet; the service makes it at its first start")


def configuration(situation: Situation) -> Outcome:
    """Judge whether the configuration can be used."""
    site, problems = situation.site, situation.problems
    if problems and situation.forbidden:
        what = Message("this user may not read all of it: {first}", {"first": str(problems[0])})
        return found("unknown", "forbidden", what, Message("run doctor as root"))
    if problems or site is None:
        first = str(problems[0]) if problems else str(situation.config)
        what = Message("{count} mistakes, the first: {first}", {"count": len(problems), "first": first})
        return found("fail", "not-valid", what, Message("correct it; all of them: camwarden config validate"))
    values: dict[str, str | int | float] = {"site": site.id, "devices": len(site.devices), "cameras": len(site.cameras)}
    return passed(Message("valid: site {site}, {devices} devices, {cameras} cameras", values))


def permissions(situation: Situation) -> Outcome:
    """Judge modes and owners of everything that holds secrets, or that the service must be able to write."""
    directory = situation.storage.directory
    try:
        owner = directory.stat().st_uid
    except FileNotFoundError:
        what = Message("{path} is not there yet", {"path": str(directory)})
        return found("warn", "not-there", what, Message("start the service; it makes the folder"))
    wrong = [*_wrong_modes(situation), *_wrong_owners(directory, owner)]
    if not wrong:
        return passed(Message("files and folders belong to whom they must, and are closed to others"))
    shown = listed(f"{path} ({why})" for path, why, _ in wrong[:SHOWN_MAX])
    what = Message("{count} have a wrong mode or owner: {shown}", {"count": len(wrong), "shown": shown})
    step = Message("as root: {command}", {"command": wrong[0][2]})
    return found("fail", "wrong-modes", what, step, paths=[str(path) for path, _, _ in wrong])


def _wrong_modes(situation: Situation) -> Iterator[tuple[Path, str, str]]:
    """Yield what is more open than it may be: the path, why, and the command that corrects it."""
    for path, forbidden in _closed_paths(situation):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        mode = stat.S_IMODE(status.st_mode)
        if mode & forbidden:
            better = mode & ~forbidden
            yield path, f"{mode:04o}", f"chmod {better:04o} {path}"


def _closed_paths(situation: Situation) -> Iterator[tuple[Path, int]]:
    """Yield each path with the mode bits that it must not have."""
    directory, site = situation.storage.directory, situation.site
    secrets, from_systemd = secrets_path(situation.config)
    yield directory, _CLOSED
    yield situation.storage.runtime, _OTHERS
    yield situation.config, _NO_WRITE
    yield secrets, _FROM_SYSTEMD if from_systemd else _CLOSED
    for name in (REPORT_KEY_NAME, "report-key.next.pem", SPOOL_NAME, CREDENTIALS_NAME, "desired.json", "orders.json"):
        yield directory / name, _CLOSED
    for broker in (site.hub, *site.mirrors) if site else ():
        if broker is not None and broker.key is not None:
            yield broker.key, _CLOSED


def _wrong_owners(directory: Path, owner: int) -> Iterator[tuple[Path, str, str]]:
    """Yield what in the service's folder has another owner: the service could not write it.

    A command that was run as root by hand leaves such files, and the service fails at its next start.
    """
    for path in islice(directory.rglob("*"), FILES_MAX):
        try:
            status = path.lstat()
        except FileNotFoundError:  # gone meanwhile: the service works here
            continue
        if status.st_uid != owner and path.name != "lost+found":
            yield path, f"uid {status.st_uid}", f"chown -R {owner} {directory}"


def report_key(situation: Situation) -> Outcome:
    """Judge whether the key that signs reports can be used. No PIN is tried."""
    site = site_of(situation)
    if site.key.source == "systemd" and not situation.environ.get("CREDENTIALS_DIRECTORY"):
        what = Message("systemd hands the report key to the service alone")
        return found("unknown", "not-for-us", what, Message("look at the service's log: journalctl -u camwarden"))
    path = site.storage.directory / REPORT_KEY_NAME
    if site.key.source == "file" and not os.path.lexists(path) and not _is_hidden(path.parent):
        return not_due("no-key", _NO_KEY)
    try:
        with closing(place_of(site, situation.environ)) as place:
            key, _ = place.shown()
    except Forbidden:
        if not os.access(path, os.R_OK):
            raise
        what = Message("the report key is open to others, so it is not used")
        return found("unknown", "too-open", what, Message("see the row of permissions"))
    if key is None:
        return not_due("no-key", _NO_KEY)
    return passed(Message("the report key can be used; its thumbprint is {kid}", {"kid": key.kid}), kid=key.kid)


def _is_hidden(folder: Path) -> bool:
    """Return whether this user cannot list a folder."""
    return folder.exists() and not os.access(folder, os.X_OK)

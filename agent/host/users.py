"""Resolves users and their rights of files, as far as the system has them: Windows has access lists instead.

There nobody is root, each file counts as one's own, and no rights are judged: a file of secrets is protected by the
folder that it lies in, which is a user's own under their profile.
"""

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

if sys.platform != "win32":
    import pwd


def is_root() -> bool:
    """Return whether this process is root."""
    return sys.platform != "win32" and os.geteuid() == 0


def become_caller(environ: Mapping[str, str]) -> None:
    """Give up root for good where sudo gave it; root itself stays root. Raises OSError."""
    user, group = (environ.get(name, "") for name in ("SUDO_UID", "SUDO_GID"))
    if sys.platform == "win32" or os.geteuid() != 0 or not (user.isdecimal() and group.isdecimal() and int(user)):
        return
    os.setgroups([])
    os.setresgid(int(group), int(group), int(group))
    os.setresuid(int(user), int(user), int(user))


def own_id() -> int | None:
    """Return this process's user; None where users have no number."""
    return None if sys.platform == "win32" else os.geteuid()


def wrong_rights(status: os.stat_result, wrong_bits: int) -> int | None:
    """Return the permission bits of a file with any of `wrong_bits`; None where it has none, or knows no bits."""
    mode = stat.S_IMODE(status.st_mode)
    return mode if sys.platform != "win32" and mode & wrong_bits else None


def name_of_user(number: int) -> str:
    """Return a user's name. Raises KeyError where it is not known."""
    if sys.platform == "win32":
        raise KeyError(number)
    return pwd.getpwuid(number).pw_name


def owner_of(path: Path) -> int:
    """Return the number of the user that a file or folder belongs to, 0 where users have none. Raises OSError."""
    return path.stat().st_uid


def login_name() -> str:
    """Return the name of the user that this process was started as; the number where it has none."""
    if sys.platform == "win32":
        return os.environ.get("USERNAME", "")
    number = os.getuid()
    try:
        return name_of_user(number)
    except KeyError:
        return str(number)


def account(name: str) -> tuple[int, int] | None:
    """Return a user's number and group; None where there is no such user."""
    if sys.platform == "win32":
        return None
    try:
        user = pwd.getpwnam(name)
    except KeyError:
        return None
    return user.pw_uid, user.pw_gid

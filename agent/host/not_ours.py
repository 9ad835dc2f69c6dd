"""Explains who owns a file that this user may not use, and how to proceed: nobody needs root for an own site."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from agent.host.paths import CONFIG, RUNTIME, STATE
from agent.host.users import name_of_user, own_id
from agent.model.errors import Forbidden, os_words

OF_SERVICE: Final = (STATE, RUNTIME, CONFIG.parent)


def forbidden(path: Path, error: OSError) -> Forbidden:
    """Return the error for a file that this user may not use (`path` where the error names none): owner, what to do."""
    path = _path(path, error)
    other = owned_by_other(path, error)
    if other is not None:
        return other
    if _is_of_service(path):
        return service_only(path, error)
    own = _values(path, error)
    return Forbidden("{path}: {why}; name a folder of your own with [storage] in site.toml", **own)


def require_readable(folder: Path) -> None:
    """Validate that a folder can be listed, so that what lies in it is not taken for missing.

    Raises Forbidden where it is there and this user may not list it.
    """
    try:
        next(folder.iterdir(), None)
    except PermissionError as error:
        raise forbidden(folder, error) from None
    except OSError:
        return


def owned_by_other(path: Path, error: OSError) -> Forbidden | None:
    """Return who owns a file and how to get it back; None where it is the service's or this user's own."""
    path = _path(path, error)
    there = next((one for one in (path, *path.parents) if os.access(one, os.F_OK)), Path("/"))
    if _is_of_service(path) or there == Path("/"):
        return None
    with suppress(OSError, KeyError):
        values: dict[str, Any] = {**_values(path, error), "there": there}
        owner, own = there.stat().st_uid, own_id()
        if own is not None and owner != own:
            values |= {"user": name_of_user(owner), "me": name_of_user(own)}
            return Forbidden("{path}: {why}; {there} is in the hands of {user}: sudo chown -R {me} {there}", **values)
    return None


def service_only(path: Path, error: OSError) -> Forbidden:
    """Return who may use the service's files; on Windows, what else keeps a file from being used."""
    values = _values(_path(path, error), error)
    if sys.platform == "win32":
        return Forbidden("{path}: {why}; close it in other programs, or choose a folder of your own", **values)
    return Forbidden("{path}: {why}; run as root or as the user camwarden", **values)


def _path(path: Path, error: OSError) -> Path:
    return Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else path


def _values(path: Path, error: OSError) -> dict[str, Any]:
    return {"path": path, "why": os_words(error)}


def _is_of_service(path: Path) -> bool:
    return not path.is_absolute() or any(path.is_relative_to(one) for one in OF_SERVICE)

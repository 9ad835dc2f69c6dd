"""Says whose a file is that this user may not use, and what to do: nobody needs to be root for a site of his own."""

from __future__ import annotations

import os
import pwd
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from agent.errors import Forbidden, os_words
from agent.model import Message
from agent.paths import CONFIG, RUNTIME, STATE

OF_SERVICE: Final = (STATE, RUNTIME, CONFIG.parent)


def not_ours(path: Path, error: OSError) -> Forbidden:
    """Return what to tell whoever may not use a file: which one, whose it is, what to do.

    Args:
        path: Which one, where the error does not say.
        error: What the system said.
    """
    path = Path(os.fsdecode(error.filename)) if isinstance(error.filename, str | bytes) else path
    values: dict[str, Any] = {"path": path, "why": os_words(error)}
    if not path.is_absolute() or any(path.is_relative_to(one) for one in OF_SERVICE):
        return Forbidden(Message("{path}: {why}; run as root or as the user camwarden", values))
    there = next((one for one in (path, *path.parents) if os.access(one, os.F_OK)), Path("/"))
    with suppress(OSError, KeyError):
        values |= {"there": there, "user": pwd.getpwuid(there.stat().st_uid).pw_name}
        values |= {"me": pwd.getpwuid(os.geteuid()).pw_name}
        if values["user"] != values["me"]:
            return Forbidden(
                Message("{path}: {why}; {there} is in the hands of {user}: sudo chown -R {me} {there}", values)
            )
    return Forbidden(Message("{path}: {why}; name a folder of your own with [storage] in site.toml", values))

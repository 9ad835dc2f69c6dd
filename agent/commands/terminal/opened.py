"""Records in the register of a site or hub that this user opened something, and expires this user's own state."""

import os
from pathlib import Path

from agent.host.access_register import note_opening
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.host.health import moment
from agent.host.paths import own_state
from agent.service.cycle.expire import expire_own


def note_opened(folder: Path, command: str, what: str, file: Path | None = None) -> None:
    """Write the line into the folder's register, or into this user's own where the folder is not his to write."""
    state = own_state(folder, os.environ)
    path = str(file.absolute()) if file is not None else ""
    with as_owner_of(state):
        note_opening(state, command, what, utc_now(), path)
    expire_own_state(folder)


def expire_own_state(folder: Path) -> None:
    """Remove what is over from this user's own state; of a folder that is his to write the service takes care."""
    state = own_state(folder, os.environ)
    if state != folder:
        expire_own(state, moment(utc_now()))

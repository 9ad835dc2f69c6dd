"""Records each opening of a bare picture: who, which camera, when; in the journal and in the register of the site.

A picture that is looked at again and again, as a live one is, is one opening for as long as nobody looks away for a
minute.

Source: State Council Order 799, article 16(2), register of viewings.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.host.access_register import note_opening
from agent.host.files import as_owner_of
from agent.host.log_kinds import about

AGAIN_AFTER_S: Final = 60.0
WHAT: Final = "bare-pictures"

log = logging.getLogger("camwarden.ui")


class Openings:
    """Notes openings of one person into the register below `directory`. Thread-safe."""

    def __init__(self, directory: Path, by: str, clock: Callable[[], datetime]) -> None:
        self._directory, self._by, self._clock = directory, by, clock
        self._lock = threading.Lock()
        self._last: dict[str, datetime] = {}

    def note(self, camera: str, path: str) -> None:
        """Note that a bare picture of a camera's path is shown."""
        now, key = self._clock(), f"camera:{camera}/{path}"
        with self._lock:
            new, self._last = is_new(self._last, key, now), {**self._last, key: now}
        if new:
            with as_owner_of(self._directory):
                note_opening(self._directory, "ui", WHAT, now, key)
            log.info("%s opened the bare picture of camera %s, path %s", self._by, camera, path,
                     extra=about("bare-picture", camera=(camera,)))  # fmt: skip


def is_new(last: Mapping[str, datetime], key: str, now: datetime) -> bool:
    """Tell whether a picture that is shown now is an opening of its own. Pure."""
    before = last.get(key)
    return before is None or (now - before).total_seconds() > AGAIN_AFTER_S

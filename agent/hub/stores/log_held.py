"""Stores how much of the hub's log each site holds, by its reports: from there its next receipt needs a proof.

Only a hint, taken from health reports at intake, so that the log reads no body: a proof from a size that a site does
not hold moves nothing there.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from agent.verify.members import dict_of

STEP: Final = """
CREATE TABLE IF NOT EXISTS log_held (site TEXT PRIMARY KEY, size INTEGER NOT NULL) WITHOUT ROWID
"""

SIZE_MOST: Final = 2**53


def keep(run: Callable[..., int], site: str, data: Mapping[str, Any]) -> None:
    """Store what a health report says of it, 0 where it says nothing, within the caller's transaction."""
    size = dict_of(data.get("body")).get("log_size")
    is_size = isinstance(size, int) and not isinstance(size, bool) and 0 <= size < SIZE_MOST
    run("INSERT OR REPLACE INTO log_held VALUES (?, ?)", site, size if is_size else 0)

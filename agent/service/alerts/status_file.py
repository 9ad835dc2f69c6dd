"""Writes and reads the daemon's status file, which `camwarden status` shows; decides whether it is stale.

`status.json` lies in the runtime folder, mode 0640, and is replaced as a whole after every cycle. It is one JSON
object: `schema`, `at` and `next_due_at` (UTC, RFC 3339), `site`, `counts` by status, `pass_by_level`, `cameras`,
`open`, `queue`, `hub`; `agent/service/daemon/status_text.py` decides its content.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.model import exits
from agent.model.errors import AgentError, Forbidden, os_words
from agent.model.finding import Json, Message

SCHEMA: Final = "camwarden-status/1"
NAME: Final = "status.json"
MODE: Final = 0o640
MAX_BYTES: Final = 4 * 1024 * 1024

GRACE: Final = timedelta(seconds=120)
GRACE_RATIO: Final = 0.1
"""How late the next status may come: the daemon spreads its periods by 5 %, and a cycle itself takes time."""
CLOCK_STEP: Final = timedelta(seconds=60)


log = logging.getLogger("camwarden.status")


class NoStatus(AgentError):
    """The status file is missing or cannot be parsed."""

    exit_code = exits.UNCHECKED


@dataclass(frozen=True, slots=True)
class StatusRead:
    """A parsed status: `content` is the whole object, `age` how long ago it was written.

    `stale`: the next one is overdue, or the clock was set back, so that this one is no evidence of the present.
    """

    content: Mapping[str, Json] = field(repr=False)
    at: datetime
    next_due_at: datetime
    age: timedelta
    stale: bool


def write(runtime: Path, content: Mapping[str, Json]) -> bool:
    """Replace the status file and return whether that worked; a failure is logged, for the daemon has other duties.

    `runtime` is its folder, made where it is missing; `content` the object without `schema`.
    """
    data = json.dumps({"schema": SCHEMA, **content}, ensure_ascii=False, separators=(",", ":"))
    try:
        runtime.mkdir(mode=0o750, parents=True, exist_ok=True)
        write_atomic(runtime / NAME, data.encode("utf-8", "backslashreplace") + b"\n", MODE)
    except OSError as error:
        log.error("%s cannot be written: %s", runtime / NAME, error.strerror)
        return False
    return True


def read(runtime: Path, now: datetime) -> StatusRead:
    """Parse the status file and judge its age.

    Raises:
        NoStatus: It is missing, or not of a version known here.
        Forbidden: This user may not read it.
    """
    path = runtime / NAME
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NoStatus(
            "{path}: no status yet: no look at this site was kept. On a gateway see systemctl status camwarden; "
            "elsewhere camwarden run --once looks once and keeps it",
            path=path,
        ) from None
    except PermissionError:
        raise Forbidden(
            "{path}: this user may not read it; join the group camwarden or run as root", path=path
        ) from None
    except OSError as error:
        raise NoStatus("{path}: cannot be read: {why}", path=path, why=os_words(error)) from None
    return _parse(path, raw, now)


def _parse(path: Path, raw: bytes, now: datetime) -> StatusRead:
    damaged = Message("{path}: not a status of this version of camwarden; restart the service", {"path": path})
    try:
        content = json.loads(raw)
        if not isinstance(content, dict) or content.get("schema") != SCHEMA:
            raise NoStatus(damaged)
        at = datetime.fromisoformat(content["at"])
        next_due_at = datetime.fromisoformat(content["next_due_at"])
        age = now - at
        late = now - next_due_at
    except (ValueError, KeyError, TypeError, RecursionError):
        raise NoStatus(damaged) from None
    allowed = GRACE + GRACE_RATIO * (next_due_at - at)
    return StatusRead(content, at, next_due_at, age, stale=late > allowed or age < -CLOCK_STEP)

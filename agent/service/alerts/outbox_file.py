"""Stores the outbox of each receiver, delivered and waiting notices, in a file below the state directory.

It is written before each try and after it: a crash or a full disk may delay a message or repeat one, never lose what
it is about, since that follows from the memory that was committed with the reports.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, get_args

from agent.host.files import write_atomic
from agent.host.log_kinds import about
from agent.model.finding import Json, Message, Severity, values_from
from agent.service.alerts.notices import Change, Notice, Outbox, Told

log = logging.getLogger("camwarden.notify")

FOLDER: Final = "notify"
SCHEMA: Final = "camwarden-outbox/1"
MAX_BYTES: Final = 32 * 1024 * 1024
UNDELIVERED: Final = about("notice-undelivered")


def path_of(directory: Path, name: str) -> Path:
    """Return the file of a receiver; `name` is one of the configuration, which has no slash."""
    return directory / FOLDER / f"{name}.json"


def read(path: Path) -> Outbox:
    """Return a stored outbox, an empty one where there is none or it cannot be used: rather told twice than never.

    Raises PermissionError where this user may not read it.
    """
    try:
        with path.open("rb") as file:
            return from_data(json.loads(file.read(MAX_BYTES)))
    except FileNotFoundError:
        return Outbox()
    except PermissionError:
        raise
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        words = "%s cannot be used (%s): its receiver is told anew of everything that is open"
        log.error(words, path, type(error).__name__, extra=UNDELIVERED)
        return Outbox()


def write(path: Path, box: Outbox) -> bool:
    """Write an outbox and return whether that worked; a failure is logged."""
    data = json.dumps(to_data(box), ensure_ascii=False, separators=(",", ":"))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomic(path, data.encode("utf-8", "backslashreplace"), 0o600)
    except OSError as error:
        log.error("%s cannot be written: %s", path, error.strerror, extra=UNDELIVERED)
        return False
    return True


def to_data(box: Outbox) -> dict[str, Json]:
    """Encode an outbox as JSON."""
    return {
        "schema": SCHEMA,
        "told": {
            key: [one.severity, one.since.isoformat(), one.count, one.at.isoformat()] for key, one in box.told.items()
        },
        "waiting": [
            [
                one.key, one.change, one.severity, one.since.isoformat(), _text(one.until), one.count, one.explains,
                one.name, one.words,
            ]
            for one in box.waiting.values()
        ],
        "tries": box.tries,
        "next_at": _text(box.next_at),
        "recent": [at.isoformat() for at in box.recent],
        "delivered_at": _text(box.delivered_at),
        "why": [box.why.template, box.why.plain_values(), box.why.next_step] if box.why else None,
    }  # fmt: skip


def from_data(data: Mapping[str, Any]) -> Outbox:
    """Decode what `to_data` wrote. Raises ValueError, KeyError, TypeError or AttributeError for anything else."""
    if data.get("schema") != SCHEMA:
        raise ValueError("not of this version")
    waiting = [_notice(*row) for row in data["waiting"]]
    why = data["why"]
    return Outbox(
        told={
            str(key): Told(_one_of(severity, Severity), datetime.fromisoformat(since), int(count), _time(at))
            for key, (severity, since, count, at) in data["told"].items()
        },
        waiting={one.key: one for one in waiting},
        tries=int(data["tries"]),
        next_at=_time_or_none(data["next_at"]),
        recent=tuple(_time(at) for at in data["recent"]),
        delivered_at=_time_or_none(data["delivered_at"]),
        why=Message(str(why[0]), values_from(why[1]), str(why[2])) if why else None,
    )


def _notice(
    key: str, change: str, severity: str, since: str, until: str | None, count: int, explains: int, *words: str
) -> Notice:
    name, said = words
    return Notice(
        key=str(key),
        change=_one_of(change, Change),
        severity=_one_of(severity, Severity),
        since=_time(since),
        until=_time_or_none(until),
        count=int(count),
        explains=int(explains),
        name=str(name),
        words=str(said),
    )


def _one_of(word: str, words: Any) -> Any:
    if word not in get_args(words):
        raise ValueError("an unknown word")
    return word


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at


def _time_or_none(text: str | None) -> datetime | None:
    return _time(text) if text is not None else None

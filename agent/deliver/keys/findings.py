"""Reports faults of the report key as findings, and stores since when it cannot be used.

Events about the key are made here and not by a check: they must be sent before anything else that the key signs.
"""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.host.files import write_atomic
from agent.model.finding import Finding, Json, Message, Source

log = logging.getLogger("camwarden.keys")

CHECK_ID: Final = "agent-key"
OUTAGE_NAME: Final = "key-outage.json"

KEY_MESSAGES: Final = {
    "key-replaced": Message(
        "the report key was replaced without a rotation: find out who did it, and have the hub trust the new key"
    ),
    "key-unavailable": Message("the report key could not be used for a time: no reports were made in it"),
}


def key_finding(reason: str, evidence: Mapping[str, Json]) -> Finding:
    """Return a fault of the key: `key-replaced` with `from` and `to`, or `key-unavailable` with `since` and `until`."""
    source = Source("camwarden", "promise 5: nothing committed is lost")
    return Finding(CHECK_ID, "site", "fail", "major", KEY_MESSAGES[reason], source, reason, dict(evidence))


def note_outage(directory: Path, now: datetime) -> None:
    """Store since when the key cannot be used; the first time counts. A failed write is logged."""
    path = directory / OUTAGE_NAME
    if path.exists():
        return
    try:
        write_atomic(path, json.dumps({"since": now.isoformat()}).encode() + b"\n", 0o600)
    except OSError as error:
        log.error("%s: since when the report key cannot be used is not kept: %s", path, error.strerror)


def outage_since(directory: Path) -> str:
    """Return since when the key could not be used; empty: no outage; `unknown`: the file is not legible."""
    try:
        since = json.loads((directory / OUTAGE_NAME).read_bytes())["since"]
        return datetime.fromisoformat(since).isoformat(timespec="seconds").replace("+00:00", "Z")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return "unknown"


def forget_outage(directory: Path) -> None:
    """Delete the note, once reported. After a crash before this it is reported twice."""
    try:
        (directory / OUTAGE_NAME).unlink(missing_ok=True)
    except OSError as error:
        log.error("%s cannot be removed: %s; it will be told again", directory / OUTAGE_NAME, error.strerror)

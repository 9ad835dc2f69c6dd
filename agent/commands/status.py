"""Shows how the running service is doing, from the file that it writes after each cycle. Imports nothing heavy.

Exit code: 3 where the status is stale, for then nothing is known about now; else what the last cycle found.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from agent import exits, paths
from agent.config import Storage
from agent.config_load import load_storage
from agent.model import Json
from agent.status_file import StatusRead, read
from agent.text import translate

SCHEMA = "camwarden-status/1"
STATUSES = ("fail", "warn", "unknown", "pass", "not_applicable")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of this command."""


def run(args: argparse.Namespace) -> int:
    """Print the status with its age and return the exit code."""
    # Without a site file the service may still run with another one; its usual folder is the place to look.
    missing = args.config == paths.CONFIG and not args.config.exists()
    storage = Storage() if missing else load_storage(args.config)
    status = read(storage.runtime, datetime.now(UTC))
    if args.json:
        told = {**status.content, "age_s": round(status.age.total_seconds(), 1), "stale": status.stale}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    elif not args.quiet:
        sys.stdout.write("\n".join(lines(status, args.lang)) + "\n")
    return exit_code(status)


def exit_code(status: StatusRead) -> int:
    """Return 3 for a stale status, else 1 where something fails, 3 where something is unknown, 0 otherwise."""
    if status.stale:
        return exits.UNCHECKED
    counts = _mapping(status.content.get("counts"))
    refused = counts.get("refused", 0)
    return exits.worst(bool(counts.get("fail")), bool(refused), bool(counts.get("unknown")))


def lines(status: StatusRead, lang: str) -> Iterable[str]:
    """Return the status as lines of text. What is missing in it is left out, for it may be of another version."""
    content = status.content
    age = _age(status.age)
    yield f"{_clean(content.get('site'))}: " + translate("seen {age} ago", lang).format(age=age)
    if status.stale:
        yield translate("STALE: the next look is overdue: systemctl status camwarden", lang)
    counts = _mapping(content.get("counts"))
    if counts:
        yield ", ".join(f"{_clean(counts.get(name, 0))} {translate(name, lang)}" for name in STATUSES)
    cameras = content.get("cameras")
    for camera in cameras if isinstance(cameras, list) else []:
        row = _mapping(camera)
        checks = row.get("not_pass")
        open_checks = ", ".join(_clean(check) for check in checks) if isinstance(checks, list) else ""
        online = translate(_clean(row.get("online")), lang)
        yield f"  {_clean(row.get('id'))}  {_clean(row.get('name'))}  {online}  {open_checks}".rstrip()
    queue = _mapping(content.get("queue"))
    if queue:
        numbers = ", ".join(f"{_clean(value)} {translate(key, lang)}" for key, value in queue.items())
        yield translate("reports", lang) + ": " + numbers
    hub = content.get("hub")
    if isinstance(hub, Mapping):
        yield translate("hub", lang) + ": " + _told(hub)
    else:
        yield translate("hub", lang) + ": " + translate("not configured", lang)
    mirrors = content.get("mirrors")
    for mirror in mirrors if isinstance(mirrors, list) else []:
        yield translate("mirror", lang) + ": " + _told(_mapping(mirror))


def _told(values: Mapping[str, Json]) -> str:
    """Return names and values on one line, without those that say nothing: empty, or none of them."""
    return ", ".join(
        f"{_clean(name)} {_clean(value)}" for name, value in values.items() if value not in (None, "", 0, {})
    )


def _mapping(value: object) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _clean(value: object) -> str:
    """Return a value for the terminal: a name that a device gave must not steer it."""
    text = "" if value is None else str(value)
    return text if text.isprintable() else ascii(text)[1:-1]


def _age(age: timedelta) -> str:
    """Return an age as people say it: 45 s, 12 min, 3 h, 2 d."""
    seconds = age.total_seconds()
    for unit, length, until in (("s", 1, 120), ("min", 60, 120), ("h", 3600, 48)):
        if abs(seconds) < length * until:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"

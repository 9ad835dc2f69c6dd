"""Reads the health of this host's disks through `smartctl`, where it is installed.

It leaves sleeping disks asleep and changes nothing. A disk that it may not open, or a missing smartctl, is a reason and
no judgement. Source: smartctl(8), exit status and JSON output.
"""

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import datetime
from typing import Any

from drivers.footage import Disk, Disks
from drivers.model import Observation, Unavailable
from drivers.text import sanitize

TIMEOUT_S = 10.0
DISKS_MAX = 32
SUBJECT = "site"
_OPEN_FAILED, _DISK_FAILING = 0x02, 0x08

Run = Callable[[list[str]], bytes | None]
"""Runs a command and returns its standard output; None where it could not be run or took too long."""


def read(now: datetime, run: Run | None = None) -> Observation:
    """Ask every disk of this host once. The subject of the answer is the site: its gateway."""
    run = run or run_smartctl
    listed = _object(run(["--scan", "--json"]))
    if listed is None:
        missing = Unavailable("disks", "unsupported", "smartctl is not installed, or could not be run")
        return Observation(SUBJECT, missing, now, "smartctl")
    found: list[Disk] = []
    refused = 0
    for device in _rows(listed.get("devices"))[:DISKS_MAX]:
        name, kind = device.get("name"), device.get("type")
        if not isinstance(name, str) or not isinstance(kind, str) or not name.startswith("/dev/"):
            continue
        printed = run(["--json", "--info", "--health", "--nocheck=standby", f"--device={kind}", name])
        if printed is None:
            # A disk that hangs costs its time limit once a cycle, and not once for each disk behind it.
            refused += 1
            break
        told_of = _object(printed)
        disk = disk_of(name, told_of) if told_of is not None else None
        if disk is None:
            refused += 1
        else:
            found.append(disk)
    if refused and not found:
        return Observation(SUBJECT, Unavailable("disks", "refused", "no disk may be opened"), now, "smartctl")
    return Observation(SUBJECT, Disks(tuple(found)), now, "smartctl")


def disk_of(name: str, told_of: dict[str, Any]) -> Disk | None:
    """Parse smartctl's answer for a disk, or None; `failing`: its overall verdict or an NVMe critical warning."""
    exit_status = _number(_inner(told_of, "smartctl").get("exit_status"))
    passed = _inner(told_of, "smart_status").get("passed")
    warning = _number(_inner(told_of, "nvme_smart_health_information_log").get("critical_warning"))
    if exit_status & _OPEN_FAILED or (passed is None and not warning and not exit_status & _DISK_FAILING):
        return None
    failing = passed is False or bool(warning) or bool(exit_status & _DISK_FAILING)
    capacity = _number(_inner(told_of, "user_capacity").get("bytes"))
    return Disk(
        name=sanitize(name.removeprefix("/dev/")),
        kind="disk",
        state="failing" if failing else "ok",
        word="failed its own test" if failing else "passed its own test",
        capacity_bytes=capacity or None,
        model=sanitize(told_of.get("model_name")),
        serial=sanitize(told_of.get("serial_number")),
    )


def run_smartctl(arguments: list[str]) -> bytes | None:
    """Run smartctl without a shell. Its exit status is in what it prints."""
    program = shutil.which("smartctl", path="/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout


def _object(printed: bytes | None) -> dict[str, Any] | None:
    try:
        value = json.loads(printed or b"null")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _inner(value: dict[str, Any], key: str) -> dict[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}


def _rows(value: object) -> list[dict[str, Any]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0

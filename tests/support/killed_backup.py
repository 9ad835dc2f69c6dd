"""Ends a backup with SIGKILL before one line of its code after the other, and says what is left, and what comes then.

Run as a program: `killed_backup.py DATA HOME`. Prints one JSON object for each line that was come to: `line`, whether a
backup was `named` at its place, `whole` if so; then of the next run: `rows` of reports in it, how many files were
`kept` of those that were `ready`, and `others`: what else lies there. The last object has `line` 0: it was not ended.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from agent.hub.stores.keeping import backup
from agent.model.errors import ConfigurationError

NOW = datetime(2026, 11, 24, 15, 4, tzinfo=UTC)
TRACED = {backup.__file__}
STEP = 3
"""Of the lines as they are run, loops included, each third: every file is met in other places of the loop."""


def killed_before(point: int, act: Callable[[], object]) -> bool:
    """Run `act` in a child that is ended before its line number `point`, counted as run; return whether it was."""
    child = os.fork()
    if not child:
        left = point

        def trace(frame: FrameType, event: str, _: object) -> Any:
            nonlocal left
            if frame.f_code.co_filename not in TRACED:
                return None
            if event == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        sys.settrace(trace)
        act()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def left_by(data: Path, out: Path, point: int) -> dict[str, Any]:
    """Return what a backup left that was ended before a line, and what the next one made of it."""
    part = out.with_name(f"{out.name}.part")
    was_killed = killed_before(point, lambda: backup.back_up(data, out, NOW))
    told: dict[str, Any] = {"line": point if was_killed else 0, "named": out.exists(), "whole": _is_whole(out)}
    ready = {path.name: path.stat().st_ino for path in part.iterdir() if (part / "begun.json").exists()} \
        if part.exists() else {}  # fmt: skip
    if not told["named"]:
        backup.back_up(data, out, NOW)
    with closing(sqlite3.connect(out / "hub.db")) as db:
        told["rows"] = db.execute("SELECT count(*) FROM report").fetchone()[0]
    backup.verify_backup(out)
    names = [name for name in ready if name.endswith((".db", ".pem"))]
    told |= {"ready": len(names), "kept": sum((out / name).stat().st_ino == ready[name] for name in names)}
    told["others"] = sorted(path.name for path in out.parent.iterdir() if path != out)
    shutil.rmtree(out)
    return told


def _is_whole(out: Path) -> bool:
    try:
        backup.verify_backup(out)
    except ConfigurationError:
        return False
    return True


if __name__ == "__main__":
    for number in range(1, 100_000, STEP):
        found = left_by(Path(sys.argv[1]), Path(sys.argv[2]) / "copy", number)
        print(json.dumps(found), flush=True)
        if not found["line"]:
            break

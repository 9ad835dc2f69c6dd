"""Another process that changes a database and closes it, or reads it: what SQLite's locks are for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import json, sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
print(json.dumps(db.execute(sys.argv[2]).fetchall()))
db.close()
"""


def other_process(path: Path, statement: str) -> list[list[object]]:
    """Run one statement in a process of its own, which then closes the file; return the rows."""
    words = [sys.executable, "-IS", "-c", _SCRIPT, str(path), statement]
    rows: list[list[object]] = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)
    return rows


def comes_and_goes(path: Path) -> None:
    """Have another process change the file and close it, as a command beside the service does."""
    other_process(path, "CREATE TABLE IF NOT EXISTS of_a_command (x)")

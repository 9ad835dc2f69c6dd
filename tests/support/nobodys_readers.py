"""Reads stores in processes without rights, as the service is one: what may not be entered or read is refused there."""

from __future__ import annotations

import json
import select
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

from patience import PATIENCE_S

from drivers.footage import StoreTask

ROOT = Path(__file__).resolve().parents[2]
READERS = """
import json, os, sys, datetime, pathlib
from drivers.footage import Store, StoreTask
from drivers.registry import load_store
reads = {kind: load_store(kind) for kind in ("segments", "frigate")}
for line in sys.stdin:
    if os.fork():
        if os.wait()[1]:
            print("failed", flush=True)
        continue
    said = json.loads(line)
    store = Store("disk", said["kind"], pathlib.Path(said["path"]), said["pattern"], "UTC")
    now = datetime.datetime.fromisoformat(said["now"])
    if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)
    asked = StoreTask(store, (("gate", "gate"),), pathlib.Path(said["index"]), now, frozenset({"gate"}))
    values = [one.value for one in reads[said["kind"]](asked)[0]]
    why = {v.fact: [v.reason, v.detail] for v in values if hasattr(v, "reason")}
    kinds = {t.kind: t.times for v in values if hasattr(v, "troubles") for t in v.troubles}
    listed = [len(v.listed) for v in values if hasattr(v, "listed")]
    days = [len(v.days) for v in values if hasattr(v, "days")]
    print(json.dumps({"why": why, "troubles": kinds, "listed": listed, "days": days}), flush=True)
    os._exit(0)
"""


@cache
def _readers() -> subprocess.Popen[str]:
    """A process that forks one for each store: an interpreter of its own would cost more than what it reads."""
    command = [sys.executable, "-c", READERS]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def as_nobody(asked: StoreTask) -> dict[str, Any]:
    """Read a store as nobody; return why not, what troubles, and its spans."""
    store, running = asked.store, _readers()
    said = {"kind": store.kind, "path": str(store.path), "pattern": store.pattern, "now": asked.now.isoformat()}
    assert running.stdin is not None and running.stdout is not None
    print(json.dumps({**said, "index": str(asked.index)}), file=running.stdin, flush=True)
    assert select.select([running.stdout], [], [], PATIENCE_S)[0], "no answer"
    return dict(json.loads(running.stdout.readline()))


def end_readers() -> None:
    """End the process that forks them, where one was begun; for the end of a test file."""
    if _readers.cache_info().currsize:
        _readers().communicate()
        _readers.cache_clear()

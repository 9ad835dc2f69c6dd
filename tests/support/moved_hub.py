"""A hub of files that has lived, and its move to a server that is ended before one line of the code after the other."""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Collection
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from caseside import at, event, told_day
from delivery import NOW, Maker, site
from every_command import run
from hubdesk import Desk, chain_of

from agent.hub.stores.engines import migrate
from agent.hub.stores.orders.upgrades import _TABLES as UPGRADES
from agent.hub.stores.postgres.moving import move, reports, tables, target
from agent.hub.stores.telling.tables import TABLES as WEBHOOKS

PLAIN = (*tables.BEFORE_REPORTS, *tables.BEHIND_REPORTS)
TRACED = {module.__file__ for module in (move, reports, tables, target)}
BY = ("--by", "Li", "--why", "x")
WORDS = (
    ("hold", "S1", "--from", "2026-11-24", "--to", "2026-11-25", "--until", "2031-01-02", *BY),
    ("operator", "S1", "Datong Edu", "--by", "Li"),
    ("place", "S1", "--division", "140202", *BY),
    ("report-now", "S1"),
    ("comment", "S1", "camera-online", "camera:c1", "seen", "--by", "Li"),
    ("webhook", "add", "tickets", "--url", "https://tickets.test/"),
)
"""What people order of it and say."""


def lived(folder: Path, home: Path) -> Path:
    """Make a hub with two sites, one of them unknown, a hole, dropped bodies, a deleted report, and words."""
    desk = Desk(folder)
    with closing(desk.store):
        day = told_day(desk, Maker(home / "S1"))
        day.report(at(24), event("camera:c0", "pass", "fail"))  # which the hub never gets
        desk.send(day.report(at(25), event("camera:c1", "pass", "fail"))[0], at=NOW + timedelta(days=100))
        desk.look(at(26))
        maker = Maker(home / "S2", site("S2"))
        desk.birth(maker, "e1")
        for one in chain_of(maker, 2):
            desk.send(one, "S2")  # nobody has vouched for its key yet
        for number in (5, 7):
            desk.store.bodies.drop([number])
        desk.store.expiry.delete_report(9)
    for words in WORDS:
        code, _, err = run(["hub", *words, "--data", str(folder)], "en")
        assert code == 0, (words, err)
    return folder


def fill(folder: Path) -> None:
    """Store a row in each table that has none, also in those that are made when something is ordered."""
    with closing(sqlite3.connect(folder / "hub.db", isolation_level=None)) as db:
        for statement in (*UPGRADES, *WEBHOOKS):
            db.execute(statement)
        for name in PLAIN:
            if not db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]:  # noqa: S608
                put_row(db, name)


def put_row(db: sqlite3.Connection, name: str) -> None:
    """Store a row of any values in a table."""
    of = {"TEXT": f"a {name} 中文 \t\\N", "INTEGER": 3, "BLOB": b"\x00\xff\\x"}
    values = [of[kind] for _, _, kind, *_ in db.execute(f"PRAGMA table_info({name})")]
    db.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608


def nothing(name: str, done: int, of: int) -> None:
    """Take note of nothing."""


def killed_at(point: int, folder: Path, conninfo: Path, within: Collection[str] = ()) -> bool:
    """Move a hub in a child that is ended before its line number `point`, counted as run; return whether it was.

    `within`: of these functions alone.
    """
    child = os.fork()
    if not child:
        left = point

        def trace(frame: FrameType, kind: str, _: object) -> Any:
            nonlocal left
            if frame.f_code.co_filename not in TRACED or (within and frame.f_code.co_name not in within):
                return None
            if kind == "line":
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        try:
            sys.settrace(trace)
            migrate(folder, conninfo, nothing)
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert ended in (0, -signal.SIGKILL), ended
    return ended != 0

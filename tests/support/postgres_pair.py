"""Two real PostgreSQL servers, of which one writes and the other has all before it is confirmed; each may take over.

What is done to them is what `agent/hub/README.md` has in its runbook, "A standby takes over".
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path
from typing import Any, Final

import psycopg
from patience import PATIENCE_S, waits
from postgres import SETTINGS, programs, server_user

_PORTS: Final = 5432, 5433
_SAID: Final = (
    "synchronous_standby_names = '*'", "synchronous_commit = on", "wal_log_hints = on", "wal_keep_size = 128MB",
)  # fmt: skip
"""As in the runbook; the rest is the test's own."""


class PostgresPair:
    """Both servers, each in a folder below one; use as a context manager. `primary`: which one writes, 0 or 1."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        for folder in (directory, self.disk(0), self.disk(1)):
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
            self._as = server_user(folder)
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self.primary = 0

    def __enter__(self) -> PostgresPair:
        self._run("initdb", "-D", self.data(0), "-U", "hub", "--auth=trust", "--locale=C.UTF-8", "-E", "UTF8")
        with (self.data(0) / "postgresql.conf").open("a") as file:
            file.write("\n".join(["", *_SAID, ""]))
        self._start(0)
        source = ("-h", self.directory, "-p", _PORTS[0], "-U", "hub")
        self._run("pg_basebackup", *source, "-D", self.data(1), "-R", "-X", "stream", "-c", "fast")
        self._start(1)
        self.awaits_standby()
        return self

    def __exit__(self, *_: object) -> None:
        for number in (0, 1):
            self.kill(number)

    @property
    def standby(self) -> int:
        """Which one follows."""
        return 1 - self.primary

    def data(self, number: int) -> Path:
        """Return the folder of one's data."""
        return self.disk(number) / "data"

    def disk(self, number: int) -> Path:
        """Return the folder of one's data and nothing else: a disk may be mounted there."""
        return self.directory / f"server-{number}"

    def conninfo(self, *numbers: int, path: str = "public") -> str:
        """Return what names these servers, in this order, in libpq's form."""
        hosts = ",".join(str(self.directory) for _ in numbers)
        ports = ",".join(str(_PORTS[number]) for number in numbers)
        return f"host={hosts} port={ports} dbname=postgres user=hub options='-c search_path={path}'"

    def name(self, hub: Path) -> None:
        """Have a hub's folder name both."""
        (hub / "postgres.conninfo").write_text(f"{self.conninfo(0, 1)}\n")

    def kill(self, number: int) -> None:
        """End one as a power cut does, with all its processes; nothing where it does not run."""
        if (parent := self._running.pop(number, None)) is None:
            return
        children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
        parent.kill()  # first: it would start others
        for one in map(int, children):
            _kill(one)
        parent.wait(PATIENCE_S)
        waits(lambda: all(_is_over(int(one)) for one in children))

    def revive(self) -> None:
        """Start the one that writes where it has ended by itself, and wait until it takes statements."""

        def answers() -> bool:
            if self._running[self.primary].poll() is not None:
                self._start(self.primary)
            return self._answers(self.primary)

        waits(answers, told=lambda: self.log(self.primary)[-1000:])

    def promote(self) -> None:
        """Have the standby write, by itself until the other is there again."""
        self.primary = self.standby
        self.query("SELECT pg_promote()")
        self._set("SET synchronous_standby_names = ''")

    def rejoin(self) -> None:
        """Have the one that was killed follow the one that writes now, and wait for it again at each commit."""
        source = f"host={self.directory} port={_PORTS[self.primary]} user=hub dbname=postgres"
        self.query("CHECKPOINT")  # before PostgreSQL 16 pg_rewind sees only then that this one was promoted
        self._run("pg_rewind", "-D", self.data(self.standby), f"--source-server={source}", "-R")
        self._start(self.standby)
        self.awaits_standby("async")
        self._set("RESET synchronous_standby_names")
        self.awaits_standby()

    def awaits_standby(self, state: str = "sync") -> None:
        """Wait until the other follows, so that a commit waits for it (`sync`) or does not."""
        followers = "SELECT state, sync_state FROM pg_stat_replication"
        waits(lambda: self.query(followers) == [("streaming", state)], told=lambda: self.log(self.standby)[-1000:])

    def awaits_copy(self) -> None:
        """Wait until readers of the standby see all that was written so far."""
        ((written,),) = self.query("SELECT pg_current_wal_lsn()::text")
        self.awaits_on_standby(f"SELECT pg_last_wal_replay_lsn() >= '{written}'")

    def awaits_on_standby(self, statement: str) -> None:
        """Wait until a statement is true there."""
        waits(lambda: self.query(statement, self.standby) == [(True,)], told=lambda: self.log(self.standby)[-1000:])

    def query(self, statement: str, number: int | None = None) -> list[tuple[Any, ...]]:
        """Run a statement on the one that writes, or on another; return its rows."""
        place = {"host": str(self.directory), "port": _PORTS[self.primary if number is None else number]}
        with psycopg.connect(dbname="postgres", user="hub", autocommit=True, **place) as db:  # type: ignore[arg-type]
            done = db.execute(statement)  # type: ignore[arg-type]  # a test's own words
            return done.fetchall() if done.description else []

    def _set(self, what: str) -> None:
        self.query(f"ALTER SYSTEM {what}")
        self.query("SELECT pg_reload_conf()")

    def _start(self, number: int) -> None:
        settings = (*SETTINGS, f"port={_PORTS[number]}", f"unix_socket_directories={self.directory}")
        words = [word for one in settings for word in ("-c", one)]
        with (self.directory / f"log-{number}").open("ab") as log:  # no pg_ctl: a child of ours is seen to be gone
            self._running[number] = subprocess.Popen(
                [programs() / "postgres", "-D", self.data(number), *words], stdout=log, stderr=log, **self._as
            )  # type: ignore[call-overload]
        server = self._running[number]
        waits(lambda: server.poll() is not None or self._answers(number), told=lambda: self.log(number)[-1000:])
        assert server.poll() is None, self.log(number)[-1000:]

    def _answers(self, number: int) -> bool:
        try:
            return bool(self.query("SELECT 1", number))
        except psycopg.OperationalError:
            return False

    def log(self, number: int) -> str:
        """Return what one has said so far."""
        return (self.directory / f"log-{number}").read_text(errors="replace")

    def _run(self, program: str, *arguments: object) -> None:
        with (self.directory / "programs.log").open("ab") as log:
            subprocess.run(
                [programs() / program, *map(str, arguments)], check=True, cwd=self.directory, timeout=2 * PATIENCE_S,
                stdout=log, stderr=log, **self._as,
            )  # type: ignore[call-overload]  # fmt: skip


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        """It has seen that its parent is gone."""


def _is_over(process: int) -> bool:
    """Return whether it has ended, and only nobody has asked after it."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True

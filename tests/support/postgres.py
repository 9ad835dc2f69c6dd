"""A real PostgreSQL in a folder of its own, on a Unix socket alone, as a user who is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from patience import PATIENCE_S

SETTINGS = (
    "listen_addresses=", "max_connections=50", "shared_buffers=16MB",
)  # fmt: skip
NAPTIME_S = {False: 86_400, True: 15}
"""How often it looks what to vacuum and analyze: never in a test; as a loaded server does in a bench."""


def programs() -> Path:
    """Return the folder of the newest server programs: Debian keeps them out of a user's PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    assert found, "the tests need PostgreSQL: sudo apt install postgresql"
    return found[-1].parent


def server_user(directory: Path) -> dict[str, object]:
    """Return as whom a server's programs run, and give that user a folder: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    os.chown(directory, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class PostgresServer:
    """One server; each `place` is a schema of its own in it. Use as a context manager."""

    def __init__(self, durable: bool = False) -> None:
        self._durable = durable
        self.directory = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._as = server_user(self.directory)
        self.directory.chmod(0o755)
        self._places = 0

    def __enter__(self) -> PostgresServer:
        data = self.directory / "data"
        self._run("initdb", "-D", data, "-U", "hub", "--auth=trust", "--locale=C.UTF-8", "-E", "UTF8", "--no-sync")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "stop", "-D", self.directory / "data", "-m", "immediate", "-w")
        shutil.rmtree(self.directory)

    def start(self) -> None:
        """Start it and wait until it answers."""
        settings = " ".join(
            f"-c {one}"
            for one in (
                *SETTINGS, f"fsync={self._durable}", f"unix_socket_directories={self.directory}",
                f"autovacuum_naptime={NAPTIME_S[self._durable]}s",
            )
        )  # fmt: skip
        log = self.directory / "server.log"
        self._run("pg_ctl", "start", "-D", self.directory / "data", "-w", "-l", log, "-o", settings)

    def stop(self, mode: str = "immediate") -> None:
        """End it; `immediate` is as a power cut, `fast` in good order."""
        self._run("pg_ctl", "stop", "-D", self.directory / "data", "-m", mode, "-w")

    def place(self, directory: Path) -> int:
        """Have the hub's folder name an empty schema; return its number."""
        self._places += 1
        self.query(f"CREATE SCHEMA place{self._places}")
        self.name(directory, self._places)
        return self._places

    def name(self, directory: Path, place: int) -> None:
        """Have the hub's folder name the schema of a place."""
        directory.mkdir(parents=True, exist_ok=True)
        options = f"options='-c search_path=place{place}'"
        (directory / "postgres.conninfo").write_text(f"host={self.directory} dbname=postgres user=hub {options}\n")

    def create(self, name: str, how: str) -> None:
        """Create another database."""
        with psycopg.connect(host=str(self.directory), dbname="postgres", user="hub", autocommit=True) as db:
            db.execute(f"CREATE DATABASE {name} {how}")  # type: ignore[arg-type]  # a test's own words

    @contextmanager
    def passwords(self, user: str, password: str) -> Iterator[None]:
        """Ask this user for a password while the block runs."""
        rules = self.directory / "data" / "pg_hba.conf"
        before = rules.read_text()
        self.query(f"ALTER USER {user} PASSWORD '{password}'")
        self._change_rules(rules, f"local all {user} scram-sha-256\n{before}", lets_in=False)
        try:
            yield
        finally:
            self._change_rules(rules, before, lets_in=True)

    def _change_rules(self, rules: Path, text: str, lets_in: bool) -> None:
        rules.write_text(text)
        self._run("pg_ctl", "reload", "-D", self.directory / "data")
        until_s = time.monotonic() + PATIENCE_S
        while self._lets_in() != lets_in:  # it reads them when it comes to it
            assert time.monotonic() < until_s
            time.sleep(0.01)

    def _lets_in(self) -> bool:
        try:
            self.connected().close()
        except psycopg.OperationalError:
            return False
        return True

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement beside the hub, in the schema of the last place; return its rows."""
        with self.connected() as db:
            done = db.execute(statement)
            return done.fetchall() if done.description else []

    def connected(self, place: int = 0) -> psycopg.Connection[Any]:
        """Connect beside the hub, in the schema of a place; 0: of the last one."""
        path = f"-c search_path=place{place or self._places}"
        return psycopg.connect(host=str(self.directory), dbname="postgres", user="hub", options=path, autocommit=True)

    def _run(self, program: str, *arguments: object) -> None:
        """Run a program of the server's, as its user; a server that it starts must not hold a pipe of ours open."""
        subprocess.run(
            [programs() / program, *map(str, arguments)], check=True, cwd=self.directory, timeout=2 * PATIENCE_S,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **self._as,
        )  # type: ignore[call-overload]  # fmt: skip

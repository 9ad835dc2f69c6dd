"""The far side of the fleet: mosquitto and `camwarden hub run` as processes, one trust file, and what the hub has."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.stores import trust
from agent.verify.bindings import Binding, file_text

ROOT: Final = Path(__file__).resolve().parent.parent.parent
sys.path.append(
    str(ROOT / "tests" / "support")
)  # what benches take from there finds its neighbours by their bare names
_READY_WITHIN_S: Final = 120.0  # a second on a machine that rests
MOSQUITTO: Final = (
    "allow_anonymous true",
    "persistence true",
    "max_packet_size 262144",
    "max_inflight_messages 20",
    "max_queued_messages 100000",
    "max_connections -1",
    "log_type error",
    "log_type warning",
)
"""The limits of the sample configuration. What is kept is written at a clean end only: a kill loses it."""


def trust_all(directory: Path, kids: Mapping[str, str]) -> None:
    """Write one trust file for many sites (site to kid), as `hub trust export` does; the hub takes it over."""
    entries = [Binding(kid, site, utc_text(datetime.now(UTC))) for site, kid in kids.items()]
    directory.mkdir(parents=True, exist_ok=True)
    (directory / trust.FILE).write_text(file_text(entries))
    if len(trust.load(directory).bindings) != len(kids):
        raise RuntimeError("the trust file does not say what was written")


class HubProcess:
    """`camwarden hub run` as a process; it can be killed and started again. Without --json it tells no report."""

    def __init__(self, directory: Path, port: int, words: tuple[str, ...] = (), nice: int = 0) -> None:
        self.directory = directory
        self.told: Counter[str] = Counter()
        self.lines: list[str] = []
        self._command = [sys.executable, "-P", "-m", "agent", "hub", "run", "--data", str(directory)]
        self._command += ["--port", str(port), *words]
        self._nice = nice
        self._child: subprocess.Popen[str] | None = None
        self._ready = threading.Event()

    def start(self) -> None:
        """Start it and wait until it is subscribed.

        Raises:
            RuntimeError: It ended, or did not become ready.
        """
        self.begin()
        if not self._ready.wait(_READY_WITHIN_S) or not self.running:
            raise RuntimeError(f"the hub did not start: {(self.directory / 'hub.log').read_text()[-1000:]}")

    def begin(self) -> None:
        """Start it, and do not wait."""
        self._ready = threading.Event()  # a new one: of a hub before this one the listener may still have to end
        with (self.directory / "hub.log").open("ab") as log:
            self._child = subprocess.Popen(
                self._command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment()
            )
        threading.Thread(target=self._listen, args=(self._child, self._ready), daemon=True).start()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End it; with SIGKILL as a power cut does."""
        if self._child is not None:
            self._child.send_signal(number)
            try:
                self._child.wait(20)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
            self._child = None

    @property
    def running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._child is not None and self._child.poll() is None

    @property
    def is_ready(self) -> bool:
        """Whether it is subscribed."""
        return self.running and self._ready.is_set()

    @property
    def code(self) -> int | None:
        """With which code it ended by itself; None while it runs, or where it was ended."""
        return self._child.poll() if self._child is not None else None

    def ends_within(self, seconds: float) -> bool:
        """Wait so long for it to end by itself; return whether it did."""
        with suppress(subprocess.TimeoutExpired):
            return self._child is None or self._child.wait(seconds) is not None
        return False

    def cpu_s(self) -> float:
        """Return its user and system time so far."""
        if self._child is None:
            return 0.0
        fields = Path(f"/proc/{self._child.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def pss_mb(self) -> float:
        """Return its share of memory now, 10^6 bytes."""
        if self._child is None:
            return 0.0
        lines = Path(f"/proc/{self._child.pid}/smaps_rollup").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:"))

    def _listen(self, child: subprocess.Popen[str], ready: threading.Event) -> None:
        if child.stdout is None:
            return
        with child.stdout:
            for line in child.stdout:
                kind = line.partition(":")[0]
                self.told[kind] += 1
                if kind == "ready":
                    ready.set()
                elif len(self.lines) < 1000:
                    self.lines.append(line.rstrip())
        ready.set()


def environment() -> dict[str, str]:
    """Return what every child gets."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join((str(ROOT / "tests" / "bench"), str(ROOT)))}


@contextmanager
def hub_database(directory: Path) -> Iterator[sqlite3.Connection]:
    """Open the hub's database to read."""
    connection = sqlite3.connect(f"{(directory / 'hub.db').as_uri()}?mode=ro", uri=True, timeout=10)
    try:
        yield connection
    finally:
        connection.close()


def reports_stored(connection: sqlite3.Connection) -> int:
    """Return how many different reports the hub has verified and stored: it deletes none."""
    with suppress(sqlite3.OperationalError):  # not laid out yet
        return int(connection.execute("SELECT ifnull(max(id), 0) FROM report_row").fetchone()[0])
    return 0

"""Starts what is measured, and the devices it is measured on, as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent.parent
STARTS_WITHIN_S = 60.0


@dataclass(frozen=True)
class Run:
    """What a program cost from its start to its end, import included, and the JSON that it printed."""

    cpu_s: float
    wall_s: float
    said: Any


def run(
    client: str,
    asked: dict[str, Any],
    python: str = sys.executable,
    timeout_s: float = 600.0,
    environment: dict[str, str] | None = None,
) -> Run:
    """Run `clients/CLIENT.py` with a JSON object on its standard input; count its user and system time to its end.

    `environment` is added to what every program gets.

    Raises:
        RuntimeError: It failed, or said that it did not do what it was asked to do.
    """
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(json.dumps(asked).encode())
        given.seek(0)
        begun = time.monotonic()
        child = subprocess.Popen(
            [python, "-P", "-m", f"clients.{client}"],
            stdin=given,
            stdout=out,
            stderr=err,
            env=program_environment() | (environment or {}),
        )
        timer = threading.Timer(timeout_s, child.kill)
        timer.start()
        # The standard library's own wait keeps the times of all children together; this one tells them apart.
        _, status, usage = os.wait4(child.pid, 0)
        wall_s = time.monotonic() - begun
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        printed, complaints = out.read(), err.read().decode("utf-8", "replace")
    if child.returncode:
        raise RuntimeError(f"{client} ended with {child.returncode}: {complaints[-2000:]}")
    return Run(usage.ru_utime + usage.ru_stime, wall_s, json.loads(printed))


@contextmanager
def stub_devices(kinds: list[str], ahead: Path | None = None) -> Iterator[list[dict[str, int]]]:
    """Start one process with a stub device of each of `kinds`; yield their ports, in the same order.

    `ahead` is a file with the seconds by which their clocks are ahead of ours.
    """
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "stubs.serve", json.dumps(kinds), *([str(ahead)] if ahead else [])],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=program_environment(),
    )
    try:
        yield json.loads(first_line(child))
    finally:
        child.kill()
        child.communicate()


def traffic(http_port: int) -> int:
    """Return how many bytes the stub devices of one process have taken and given, by the HTTP port of any of them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{http_port}/stub-traffic") as answer:
        return int(answer.read())


@contextmanager
def simulated_site(directory: Path, healthy: int) -> Iterator[dict[str, Any]]:
    """Start one process with a simulated site, four dead devices included; yield what it says of itself."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "stubs.simulated_site", str(directory), str(healthy)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=program_environment(),
    )
    try:
        yield json.loads(first_line(child))
    finally:
        child.kill()
        child.communicate()


def service_environment() -> dict[str, str]:
    """Return what the service's unit file sets for the daemon."""
    unit = (ROOT / "systemd" / "camwarden.service").read_text().splitlines()
    words = [word for line in unit if line.startswith("Environment=") for word in line.partition("=")[2].split()]
    return dict(word.split("=", 1) for word in words)


def first_line(child: subprocess.Popen[bytes]) -> bytes:
    """Return the line that a process of devices prints when they answer.

    Raises:
        RuntimeError: It did not start.
    """
    timer = threading.Timer(STARTS_WITHIN_S, child.kill)
    timer.start()
    try:
        line = child.stdout.readline() if child.stdout else b""
    finally:
        timer.cancel()
    if not line:
        raise RuntimeError("the stub devices did not start")
    return line


def program_environment() -> dict[str, str]:
    """Return what a bench's programs get: the checkout that the bench stands in is measured, whatever is installed."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join((str(BENCH), str(ROOT)))}

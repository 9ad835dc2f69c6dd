"""Starts the service itself on a written site, as its unit does: notify socket, environment, SIGTERM at its end."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from measure.processes import BENCH, ROOT, service_environment

ENDS_WITHIN_S = 20.0
READY_WITHIN_S = 120.0


class ServiceProcess:
    """A running service. What it notifies is noted by when it came, on the monotonic clock."""

    def __init__(self, child: subprocess.Popen[bytes], log: Path, begun_mono: float) -> None:
        self.child, self.begun_mono = child, begun_mono
        self._log = log
        self.told: list[tuple[float, str]] = []

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.child.pid

    def wait_for(self, what: str) -> float:
        """Return how many seconds after its start it notified so; an error where it ends before, or says nothing."""
        until = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < until and self.child.poll() is None:
            for at, text in list(self.told):
                if what in text.splitlines():
                    return at - self.begun_mono
            time.sleep(0.005)
        raise SystemExit(
            f"the service did not notify {what}, ended with {self.child.poll()}: {self._log.read_text()[-2000:]}"
        )

    def looks_s(self) -> list[float]:
        """Return how long each look took so far, by the service's own log."""
        return [float(seconds) for seconds in re.findall(r"cycle of ([0-9.]+) s", self._log.read_text())]

    def watchdog_gap_s(self) -> float:
        """Return the longest time between two signs of life so far, the time since the last one included."""
        fed = [at for at, text in list(self.told) if "WATCHDOG=1" in text or "READY=1" in text]
        return max(after - before for before, after in zip(fed, [*fed[1:], time.monotonic()], strict=True))


LOGIN = {"user": "admin", "password": "bench-Pa55"}


def write_site(directory: Path, http_ports: Sequence[int], broker: int, jwks: Path, period_s: int) -> Path:
    """Write a site with one camera and one declared zone on each port, as an operator would; return site.toml."""
    directory.mkdir()
    state = directory / "state"
    tables = [
        '[site]\nid = "bench1"\nname = "bench"\ncity = "140200"\ndivision = "140213"\n'
        f'period_s = {period_s}\nin_use_since = "2024-09-01"',
        f'[storage]\ndirectory = "{state}"\nruntime = "{directory / "runtime"}"',
        f'[metrics]\nlisten = "127.0.0.1:{_free_port()}"',
        f'[hub]\nhost = "127.0.0.1"\nport = {broker}\ntls = false\njwks = "{jwks}"',
    ]
    for number, port in enumerate(http_ports):
        tables += [
            f'[[device]]\nid = "d{number}"\nhost = "127.0.0.1"\nport = {port}\ndriver = "onvif"\ncredential = "all"',
            f'[[camera]]\nid = "c{number}"\ndevice = "d{number}"\nchannel = 1\nrecorded = true',
            '[[camera.private_zone]]\nname = "house opposite"\neffect = "color"\n'
            "polygon = [[0.58, 0.20], [0.76, 0.06], [0.94, 0.20], [0.94, 0.56], [0.58, 0.56]]",
        ]
    (directory / "runtime").mkdir(exist_ok=True)
    secrets = directory / "secrets.toml"
    secrets.write_text(f'[credential.all]\nuser = "{LOGIN["user"]}"\npassword = "{LOGIN["password"]}"\n')
    secrets.chmod(0o600)
    config = directory / "site.toml"
    config.write_text("\n\n".join(tables) + "\n")
    return config


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def service(config: Path, enter: Callable[[], None] | None = None) -> Iterator[ServiceProcess]:
    """Run the service; `enter` is called in the child before it becomes the service (a control group).

    Raises SystemExit where it does not end in good order.
    """
    notify = config.parent / "notify"
    notify.unlink(missing_ok=True)
    log = config.parent / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard, log.open("wb") as written:
        heard.bind(str(notify))
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": str(notify)}
        begun = time.monotonic()
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "agent", "run", "--config", str(config)],
            env=environment | service_environment(), stdout=written, stderr=written, preexec_fn=enter,
        )  # fmt: skip
        running = ServiceProcess(child, log, begun)

        def listen() -> None:
            while data := heard.recv(4096):
                running.told.append((time.monotonic(), data.decode()))

        threading.Thread(target=listen, daemon=True).start()
        try:
            yield running
            child.send_signal(signal.SIGTERM)
            if child.wait(ENDS_WITHIN_S):
                raise SystemExit(f"the service ended with {child.returncode}: {log.read_text()[-2000:]}")
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.sendto(b"", str(notify))


class ConfirmingHub:
    """The process of a hub that confirms everything; `reports` are its lines so far."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child
        self.reports: list[dict[str, Any]] = []

    def listen(self, ready: threading.Event) -> None:
        """Note its lines until it ends."""
        for line in self._child.stdout or ():
            if line.strip() == "ready":
                ready.set()
            else:
                self.reports.append(json.loads(line))

    def wait_for(self, stream: str, after_mono: float, within_s: float) -> dict[str, Any]:
        """Return the first report of a stream that came after a time; an error where none does."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            for one in list(self.reports):
                if one["stream"] == stream and one["at_mono"] > after_mono:
                    return one
            time.sleep(0.01)
        raise SystemExit(f"no {stream} report came within {within_s:.0f} s")


@contextmanager
def confirming_hub(directory: Path, broker: int) -> Iterator[ConfirmingHub]:
    """Run the hub; its key set lies in the directory once this yields."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", "stubs.confirming_hub", str(directory), str(broker)],
        stdout=subprocess.PIPE,
        text=True,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join((str(BENCH), str(ROOT)))},
    )
    hub, ready = ConfirmingHub(child), threading.Event()
    threading.Thread(target=hub.listen, args=(ready,), daemon=True).start()
    try:
        if not ready.wait(30.0):
            raise SystemExit("the hub did not start")
        yield hub
    finally:
        child.kill()
        child.wait()

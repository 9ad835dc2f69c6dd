"""A real mosquitto as a child process on 127.0.0.1, that can be stopped, killed and started again."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

from patience import PATIENCE_S

SAMPLE = Path(__file__).parents[2] / "packaging" / "mosquitto"
PASSWORDS = {"S1": "one", "S2": "two", "camwarden-hub": "hub"}


def free_port() -> int:
    """Return a port on which nobody listens, and which the system gives to nobody else while this process lives.

    It stays bound without listening: who says SO_REUSEADDR, as servers do, may listen there all the same.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
        held.detach()
        return port


def mosquitto_program() -> str:
    """Return the path of mosquitto: Debian keeps it out of a user's PATH."""
    return next((p for p in ("/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto") if os.access(p, os.X_OK)), "mosquitto")


class Broker:
    """One broker; `port` stays the same over restarts. Use as a context manager."""

    def __init__(
        self, directory: Path, lines: Sequence[str] = ("allow_anonymous true",), listener: bool = True
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)
        self.directory = directory
        self.port = free_port()
        self._ports = [self.port]
        self._lines = list(lines)
        self._listener = listener
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Broker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What the broker has said so far."""
        return (self.directory / "mosquitto.log").read_text()

    def start(self) -> None:
        """Start it and wait until each of its listeners accepts: mosquitto opens them one after another."""
        config = self.directory / "mosquitto.conf"
        head = [f"listener {self.port} 127.0.0.1"] if self._listener else []
        # As root mosquitto would become another user, who may not enter the folder of a test.
        user = ["user root"] if os.geteuid() == 0 else []
        config.write_text("\n".join([*user, *head, *self._lines]) + "\n")
        with (self.directory / "mosquitto.log").open("ab") as log:
            self._child = subprocess.Popen(
                [mosquitto_program(), "-c", str(config), "-v"], stdout=log, stderr=subprocess.STDOUT
            )
        for port in self._ports:
            self._wait_for_accept(port)

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def reload(self) -> None:
        """Have it read its files again."""
        assert self._child is not None
        self._child.send_signal(signal.SIGHUP)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._child is not None:
            self._child.send_signal(number)
            self._child.wait(PATIENCE_S)
            self._child = None

    def _wait_for_accept(self, port: int) -> None:
        assert self._child is not None
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if self._child.poll() is not None:
                raise RuntimeError(f"mosquitto ended at once: {self.log}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                with suppress(subprocess.TimeoutExpired):
                    self._child.wait(0.01)  # its end is told at once; while it lives, it is tried again
            else:
                return
        raise RuntimeError(f"mosquitto does not accept: {self.log}")


@cache
def _hashed_passwords() -> bytes:
    """Return the file of passwords as the broker's own program makes it: it is started for each of them."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "passwords"
        path.touch(0o600)
        for user, password in PASSWORDS.items():
            subprocess.run(["mosquitto_passwd", "-b", str(path), user, password], check=True)
        return path.read_bytes()


class SampleBroker(Broker):
    """Mosquitto with the shipped files; only paths, ports and the bind address are changed.

    `files` holds ca.crt, broker.crt and broker.key; with `revocations` also ca.crl.
    """

    def __init__(self, directory: Path, files: Path, revocations: bool = False) -> None:
        shutil.copy(SAMPLE / "acl", files / "acl")
        passwords = files / "passwords"
        passwords.touch(0o600)
        passwords.write_bytes(_hashed_passwords())
        (files / "acl").chmod(0o600)
        self.password_port = free_port()
        text = (SAMPLE / "mosquitto.conf").read_text()
        super().__init__(directory, listener=False)
        self._ports.append(self.password_port)
        text = text.replace("/etc/mosquitto/camwarden", str(files))
        text = text.replace("/var/lib/mosquitto/", f"{directory}/")
        text = text.replace("listener 8883", f"listener {self.port} 127.0.0.1")
        text = text.replace("listener 8884", f"listener {self.password_port} 127.0.0.1")
        if revocations:
            text = text.replace("# crlfile", "crlfile")
        self._lines = text.splitlines()

"""A real RabbitMQ node on 127.0.0.1 with its MQTT plugin, that can be stopped, killed and started again.

It has a folder and an epmd of its own, and runs as whoever runs the tests: no RabbitMQ of the machine is used.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mosquitto import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
STARTS_WITHIN_S = 120.0  # it takes 6 s on a machine that rests
PASSWORD = "right"
EVERYTHING = ".*"


class RabbitNode:
    """One node; its port stays the same over restarts. Use as a context manager.

    `writes`: by user, a pattern of the topics (with dots) that he may publish; all may read everything.
    """

    def __init__(self, directory: Path, writes: Mapping[str, str]) -> None:
        self.directory = directory
        self.port, self._amqp, self._dist, self._epmd_port = free_port(), free_port(), free_port(), free_port()
        directory.mkdir(parents=True)
        (directory / "home").mkdir()
        (directory / "definitions.json").write_text(json.dumps(_definitions(writes)))
        (directory / "plugins").write_text("[rabbitmq_mqtt].\n")
        # else a user name with a colon, as "city:site", is read as vhost and user
        (directory / "advanced.config").write_text("[{rabbitmq_mqtt,[{ignore_colons_in_username,true}]}].\n")
        (directory / "rabbitmq.conf").write_text(
            f"""listeners.tcp.1 = 127.0.0.1:{self._amqp}
mqtt.listeners.tcp.1 = 127.0.0.1:{self.port}
mqtt.allow_anonymous = false
mqtt.durable_queue_type = quorum
mqtt.max_packet_size_authenticated = 262144
load_definitions = {directory}/definitions.json
"""
        )
        self._environment = {
            **os.environ,
            "HOME": str(directory / "home"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._epmd_port),
            "RABBITMQ_NODENAME": "camwarden@localhost",
            "RABBITMQ_DIST_PORT": str(self._dist),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(directory / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "plugins"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none",
        }
        self._epmd: subprocess.Popen[bytes] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self.took_s = 0.0

    @property
    def log(self) -> str:
        """What the node has said so far."""
        return (self.directory / "node.log").read_text(errors="replace")

    def start(self) -> None:
        """Start it and wait until it accepts MQTT: it opens that listener last."""
        began = time.monotonic()
        with (self.directory / "node.log").open("ab") as log:
            self._child = subprocess.Popen(
                [SERVER], env=self._environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        while time.monotonic() < began + STARTS_WITHIN_S:
            if self._child.poll() is not None:
                raise RuntimeError(f"RabbitMQ ended at once: {self.log[-2000:]}")
            if self._accepts():
                self.took_s = time.monotonic() - began
                return
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(0.05)  # its end is told at once; while it lives, it is tried again
        raise RuntimeError(f"RabbitMQ does not accept: {self.log[-2000:]}")

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        if self._child is None:
            return
        with suppress(ProcessLookupError):
            if number == signal.SIGKILL:
                os.killpg(self._child.pid, number)
            else:
                self._child.send_signal(number)
        self._child.wait(STARTS_WITHIN_S)
        self._child = None
        until = time.monotonic() + STARTS_WITHIN_S
        while self._accepts():  # the child is a script; the machine below it ends a moment later
            assert time.monotonic() < until, self.log[-2000:]

    def _accepts(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
            return True
        return False

    def __enter__(self) -> RabbitNode:
        self._epmd = subprocess.Popen(["epmd"], env=self._environment)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()


def _definitions(writes: Mapping[str, str]) -> dict[str, object]:
    """Return users, and what each may publish; passwords are salt and SHA-256. Source: RabbitMQ, Passwords."""
    salt = b"salt"
    digest = base64.b64encode(salt + hashlib.sha256(salt + PASSWORD.encode()).digest()).decode()
    hashing = "rabbit_password_hashing_sha256"
    everything = {"configure": EVERYTHING, "write": EVERYTHING, "read": EVERYTHING}
    return {
        "vhosts": [{"name": "/"}],
        "users": [{"name": user, "password_hash": digest, "hashing_algorithm": hashing, "tags": []} for user in writes],
        "permissions": [{"user": user, "vhost": "/", **everything} for user in writes],
        "topic_permissions": [
            {"user": user, "vhost": "/", "exchange": "amq.topic", "write": pattern, "read": EVERYTHING}
            for user, pattern in writes.items()
        ],
    }

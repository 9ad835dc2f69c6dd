"""Starts a broker for the demo, on 127.0.0.1 and a free port, with one user and a password that is new each time.

`embedded_broker` needs only the package iotcore (rumqttd in a wheel); `mosquitto_broker` needs the program. Both run as
a child process that ends with `stop`. Neither has an access list, which belongs to a real hub.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import iotcore
import psutil

from agent.demo.onvif.device_view import HOST
from agent.host.files import write_atomic
from agent.host.users import is_root

USER = "demo"
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 20.0
PACKET_MAX_BYTES = 256 * 1024
ATTEMPTS = 5
"""A port that was free may be taken before the child binds it; then the next is tried."""

_RUMQTTD = """\
id = 0

[router]
id = 0
max_connections = 64
max_outgoing_packet_count = 200
max_segment_size = 16777216
max_segment_count = 10

[v5.1]
name = "demo"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 10000
max_payload_size = {packet_max_bytes}
max_inflight_count = 100
dynamic_filters = true

[v5.1.connections.auth]
{user} = "{password}"
"""
_MOSQUITTO = """\
listener {port} {host}
allow_anonymous false
password_file {passwords}
persistence false
max_packet_size {packet_max_bytes}
log_type error
{user}
"""


class BrokerFailed(Exception):
    """The broker did not start; the message has the cause and the next step."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker. `stop` ends it and removes the files that hold its password."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    pid: int
    stop: Callable[[], None] = field(repr=False)


def embedded_broker(directory: Path) -> Broker:
    """Start iotcore's broker with MQTT 5; only this user can read its configuration file in the existing `directory`.

    Raises:
        BrokerFailed: It did not start.
    """
    password = secrets.token_urlsafe(18)
    config = directory / "broker.toml"
    for _ in range(ATTEMPTS):
        port = _free_port()
        text = _RUMQTTD.format(host=HOST, port=port, user=USER, password=password, packet_max_bytes=PACKET_MAX_BYTES)
        write_atomic(config, text.encode(), 0o600)
        broker = iotcore.Broker(config_path=str(config))
        before = _children()  # it keeps its process to itself
        try:
            broker.start(timeout=READY_WITHIN_S)
        except (OSError, RuntimeError):
            continue
        break
    else:
        config.unlink(missing_ok=True)
        raise BrokerFailed("the embedded broker does not start: try --broker mosquitto")

    def stop() -> None:
        broker.stop(timeout=STOP_WITHIN_S)
        config.unlink(missing_ok=True)

    return Broker(HOST, port, USER, password, min(_children() - before), stop)


def mosquitto_broker(directory: Path) -> Broker:
    """Start mosquitto; only this user can read its configuration and password file in the existing `directory`.

    Raises:
        BrokerFailed: It is not installed, or did not start.
    """
    program = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None or shutil.which("mosquitto_passwd") is None:
        raise BrokerFailed("mosquitto is not installed: apt install mosquitto, or use the embedded broker")
    password = secrets.token_urlsafe(18)
    passwords, config = directory / "mosquitto.passwords", directory / "mosquitto.conf"
    write_atomic(passwords, f"{USER}:{password}\n".encode(), 0o600)
    subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, capture_output=True)
    for _ in range(ATTEMPTS):
        port = _free_port()
        text = _MOSQUITTO.format(
            host=HOST,
            port=port,
            passwords=passwords,
            packet_max_bytes=PACKET_MAX_BYTES,
            user="user root" if is_root() else "",  # otherwise it could not read its own password file
        )
        write_atomic(config, text.encode(), 0o600)
        silence = subprocess.DEVNULL
        child = subprocess.Popen(
            [program, "-c", str(config)], stdin=silence, stdout=silence, stderr=silence, start_new_session=True
        )
        if _answers(port, child):
            break
        _end(child)
    else:
        passwords.unlink(missing_ok=True)
        raise BrokerFailed(f"mosquitto does not start: see what it says with {program} -c {config}")

    def stop() -> None:
        _end(child)
        for file in (passwords, config):
            file.unlink(missing_ok=True)

    return Broker(HOST, port, USER, password, child.pid, stop)


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children()}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _answers(port: int, child: subprocess.Popen[bytes]) -> bool:
    """Wait until the child accepts connections; False when it ended or took too long."""
    give_up_at = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < give_up_at and child.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((HOST, port), timeout=0.2):
            return True
        time.sleep(0.02)
    return False


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(STOP_WITHIN_S)

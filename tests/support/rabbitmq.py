"""Real RabbitMQ nodes with the MQTT plugin, that can be stopped, killed and started again.

They run on 127.0.0.1, or each in a network of its own (`cluster_network.py`). They have a folder and an epmd of their
own, and run as whoever runs the tests: no RabbitMQ of the machine is used.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from cluster_network import Spot
from mosquitto import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
SAMPLE = Path(__file__).parents[2] / "packaging" / "rabbitmq"
STARTS_WITHIN_S = 120.0  # it takes 6 s on a machine that rests
PASSWORD = "right"
EVERYTHING = ".*"
HERE = Spot()


def plain_lines(mqtt: int, amqp: int, numbers: int, address: str) -> list[str]:
    """Return the configuration of a node without TLS."""
    return [
        f"listeners.tcp.1 = {address}:{amqp}",
        f"mqtt.listeners.tcp.1 = {address}:{mqtt}",
        "mqtt.allow_anonymous = false",
        "mqtt.durable_queue_type = quorum",
        "mqtt.max_packet_size_authenticated = 262144",
        "disk_free_limit.absolute = 50MB",
        "prometheus.tcp.ip = 127.0.0.1",
        f"prometheus.tcp.port = {numbers}",
    ]


def shipped_lines(mqtt: int, amqp: int, numbers: int, certificates: Path) -> list[str]:
    """Return the shipped configuration; only paths, ports, the bind address, room on the disk and peers are changed."""
    text = (SAMPLE / "rabbitmq.conf").read_text()
    text = text.replace("/etc/rabbitmq/camwarden", str(certificates)).replace("= 8883", f"= 127.0.0.1:{mqtt}")
    text = text.replace("= 5671", f"= 127.0.0.1:{amqp}").replace("= 5GB", "= 50MB")
    text = text.replace("= 15692", f"= {numbers}")
    return [line for line in text.splitlines() if not line.startswith("cluster_")]


class Epmd:
    """The names of nodes on a port of its own, in each network, and the home with the cookie that they share."""

    def __init__(self, home: Path, spots: Sequence[Spot] = (HERE,)) -> None:
        self.home, self.port, self._spots = home, free_port(), spots
        home.mkdir(parents=True)
        cookie = home / ".erlang.cookie"  # nodes that start together would else read one that another is writing
        cookie.touch(0o600)
        cookie.write_text(secrets.token_hex(16))
        names = home / "inetrc"  # who is called what, in Erlang's own words
        hosts = [f"{{host, {_as_tuple(one.between)}, [{json.dumps(one.host)}]}}." for one in spots]
        names.write_text("\n".join([*hosts, "{lookup, [file, native]}.", ""]))
        self.environment = {
            **os.environ, "HOME": str(home), "ERL_EPMD_PORT": str(self.port), "ERL_INETRC": str(names),
            "ERL_CRASH_DUMP": str(home / "erl_crash.dump"),
        }  # fmt: skip
        self._children: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Epmd:
        for one in self._spots:
            environment = {**self.environment, "ERL_EPMD_ADDRESS": one.between}
            self._children.append(subprocess.Popen([*one.within, "epmd"], env=environment))
            until_s = time.monotonic() + STARTS_WITHIN_S  # a node that finds none starts one that outlives it
            while subprocess.run([*one.within, "epmd", "-names"], env=environment, capture_output=True).returncode:
                assert time.monotonic() < until_s
        return self

    def __exit__(self, *_: object) -> None:
        for child in self._children:
            child.kill()
            child.wait()


class RabbitNode:
    """One node; its ports stay the same over restarts. Needs `epmd` to run.

    `cluster`: the names of all nodes of its cluster with their hosts, its own among them.
    """

    def __init__(
        self,
        directory: Path,
        epmd: Epmd,
        name: str = "camwarden",
        cluster: Sequence[str] = (),
        certificates: Path | None = None,
        spot: Spot = HERE,
    ) -> None:
        self.directory, self.name, self.spot = directory, f"{name}@{spot.host}", spot
        self.port, self.amqp, self._dist = free_port(), free_port(), free_port()
        directory.mkdir(parents=True, exist_ok=True)  # a disk of its own may be mounted there
        ports = self.port, self.amqp, free_port()
        lines = plain_lines(*ports, spot.address) if certificates is None else shipped_lines(*ports, certificates)
        peers = [f"cluster_formation.classic_config.nodes.{n} = {one}" for n, one in enumerate(cluster, 1)]
        if peers:
            peers += ["cluster_formation.peer_discovery_backend = classic_config"]
            peers += ["cluster_partition_handling = pause_minority"]
        (directory / "rabbitmq.conf").write_text("\n".join([*lines, *peers, ""]))
        plugins = shutil.copy(SAMPLE / "enabled_plugins", directory / "plugins")
        self._environment = {
            **epmd.environment,
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(self._dist),
            "RABBITMQ_MNESIA_BASE": str(directory / "data"),
            "RABBITMQ_LOG_BASE": str(directory / "log"),
            "RABBITMQ_CONFIG_FILE": str(directory / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(SAMPLE / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {_as_tuple(spot.between)}"
            " +S 2:2 +sbwt none",
        }
        self._child: subprocess.Popen[bytes] | None = None
        self.took_s = 0.0

    @property
    def log(self) -> str:
        """What the node has said so far."""
        return (self.directory / "node.log").read_text(errors="replace")

    def begin(self) -> None:
        """Start it without waiting: nodes of one cluster wait for each other."""
        self._began_s = time.monotonic()
        with (self.directory / "node.log").open("ab") as log:
            self._child = subprocess.Popen(
                [*self.spot.within, SERVER], env=self._environment, stdout=log, stderr=subprocess.STDOUT,
                start_new_session=True, cwd=self.directory,
            )  # fmt: skip

    def start(self) -> None:
        """Start it and wait until it accepts MQTT."""
        self.begin()
        self.wait()

    def wait(self) -> None:
        """Wait until it accepts MQTT and AMQP."""
        assert self._child is not None
        while time.monotonic() < self._began_s + STARTS_WITHIN_S:
            if self._child.poll() is not None:
                raise RuntimeError(f"RabbitMQ ended at once: {self.log[-2000:]}")
            if self.accepts():
                self.took_s = time.monotonic() - self._began_s
                return
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(0.05)  # its end is told at once; while it lives, it is tried again
        raise RuntimeError(f"RabbitMQ does not accept: {self.log[-2000:]}")

    def ctl(self, *words: str, program: str = "rabbitmqctl") -> str:
        """Run `rabbitmqctl`, or another program of RabbitMQ's, on it."""
        command = [*self.spot.within, SERVER.with_name(program), "-n", self.name, "-q", *words]
        return subprocess.run(command, env=self._environment, check=True, capture_output=True, text=True).stdout

    def members_gone(self) -> list[tuple[str, str]]:
        """Return of which queues which nodes' members do not run, though all nodes should."""
        told = json.loads(self.ctl("list_queues", "name", "members", "online", "--formatter=json"))
        return [(one["name"], node) for one in told for node in {*(one["members"] or ())} - {*(one["online"] or ())}]

    def make_anew(self, queue: str, node: str) -> None:
        """Make a queue's member on a node anew from the others, as the runbook says."""
        for verb in ("delete_member", "add_member"):
            self.ctl(verb, queue, node, program="rabbitmq-queues")

    def take(self, definitions: Mapping[str, object]) -> None:
        """Import definitions, as whoever runs the cluster does."""
        path = self.directory / "definitions.json"
        path.write_text(json.dumps(definitions))
        self.ctl("import_definitions", str(path))

    def stop(self) -> None:
        """End it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does."""
        self._end(signal.SIGKILL)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of it."""
        assert self._child is not None
        os.killpg(self._child.pid, number)

    def accepts(self) -> bool:
        """Return whether it takes connections of sites and of workers."""
        return self._accepts(self.port) and self._accepts(self.amqp)

    @property
    def process(self) -> int:
        """The number of the machine below the script."""
        assert self._child is not None
        for path in Path("/proc").glob("[0-9]*/stat"):
            name, _, rest = path.read_text().rpartition(")")
            if name.endswith("(beam.smp") and int(rest.split()[3]) == self._child.pid:
                return int(path.parent.name)
        raise ProcessLookupError(self.name)

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
        while self._accepts(self.port):  # the child is a script; the machine below it ends a moment later
            assert time.monotonic() < until, self.log[-2000:]

    def _accepts(self, port: int) -> bool:
        with suppress(OSError), socket.create_connection((self.spot.address, port), timeout=1):
            return True
        return False


@contextmanager
def rabbit_node(
    directory: Path, definitions: Mapping[str, object], certificates: Path | None = None
) -> Iterator[RabbitNode]:
    """Run one node; with a folder of certificates, of the shipped configuration."""
    with Epmd(directory / "home") as epmd:
        node = RabbitNode(directory / "node", epmd, certificates=certificates)
        try:
            node.start()
            node.take(definitions)
            yield node
        finally:
            node.kill()


@contextmanager
def rabbit_cluster(
    directory: Path, definitions: Mapping[str, object], spots: Sequence[Spot] = (HERE, HERE, HERE)
) -> Iterator[list[RabbitNode]]:
    """Run a cluster with a node at each spot, in the folders `r1` and on."""
    names = {f"r{number}": spot for number, spot in enumerate(spots, 1)}
    all_names = [f"{name}@{spot.host}" for name, spot in names.items()]
    with Epmd(directory / "home", sorted(set(spots), key=lambda one: one.host)) as epmd:
        nodes = [RabbitNode(directory / name, epmd, name, all_names, spot=spot) for name, spot in names.items()]
        try:
            for node in nodes:
                node.begin()
            for node in nodes:
                node.wait()
            nodes[0].take(definitions)  # now: a queue gets members on the nodes that are there
            yield nodes
        finally:
            for node in nodes:
                node.kill()


def with_passwords(definitions: Mapping[str, object]) -> dict[str, object]:
    """Return definitions whose users have a password: `PASSWORD`. Source: RabbitMQ, Passwords."""
    salt = b"salt"
    digest = base64.b64encode(salt + hashlib.sha256(salt + PASSWORD.encode()).digest()).decode()
    hashing = {"password_hash": digest, "hashing_algorithm": "rabbit_password_hashing_sha256"}
    return {
        **definitions,
        "users": [{**user, **hashing} for user in cast(list[dict[str, object]], definitions["users"])],
    }


def _as_tuple(address: str) -> str:
    """Return an address as Erlang writes it."""
    return "{" + address.replace(".", ",") + "}"


def allowing(writes: Mapping[str, str]) -> dict[str, object]:
    """Return users with a pattern of the topics (with dots) that each may publish; all may read everything."""
    everything = {"configure": EVERYTHING, "write": EVERYTHING, "read": EVERYTHING}
    return with_passwords(
        {
            "vhosts": [{"name": "/"}],
            "users": [{"name": user, "tags": []} for user in writes],
            "permissions": [{"user": user, "vhost": "/", **everything} for user in writes],
            "topic_permissions": [
                {"user": user, "vhost": "/", "exchange": "amq.topic", "write": pattern, "read": EVERYTHING}
                for user, pattern in writes.items()
            ],
        }
    )

"""A province on one machine: a RabbitMQ cluster, PostgreSQL with a standby, workers of the hub, and replayed sites.

It is on loopback; or apart: each node has a network and a small disk of its own, and each database a disk. That
needs root, and namespaces of the process's own (`unshare --net --mount`).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cluster_network import lay
from fleet_parts import HubProcess, trust_all
from fleet_reports import CITY, Life, bodies, new_signer
from fleet_site import FleetSite, Totals
from postgres_pair import PostgresPair
from rabbitmq import HERE, PASSWORD, RabbitNode, rabbit_cluster, with_passwords
from small_disk import small_disk

from agent.contract.signing_keys import PublicKey, load_or_create_signer
from agent.deliver.publish.pace import Pace
from agent.hub.stores import signing_key
from agent.hub.transport.topology import HUB_USER, definitions
from agent.site.config.site import Credential, Hub, Site

QUEUES: Final = 8
PACE: Final = replace(Pace(), reconnect_most_s=4.0, backlog_per_s=20.0, resend_s=20.0)
"""The agent's own rules; a site that was refused comes back within seconds, so that a round of a fault is short."""

_NODES: Final = 3
_DISK_MB: Final = 1500

_EPOCH: Final = "0123456789abcdef"
_LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """What runs. `hub` is the data folder of the workers; `servers` is their database."""

    nodes: Sequence[RabbitNode]
    servers: PostgresPair
    workers: Sequence[HubProcess]
    sites: Sequence[FleetSite]
    totals: Totals
    hub: Path
    hub_key: PublicKey


@contextmanager
def province(directory: Path, sites: int, workers: int = 4, is_apart: bool = False) -> Iterator[Province]:
    """Start nodes, databases and workers below a folder that is empty; the sites wait for an event loop.

    `is_apart`: each node with a network, and each node and database with a disk of its own.
    """
    ids = [f"S{number}" for number in range(sites)]
    hub, rabbit, postgres = directory / "hub", directory / "rabbit", directory / "postgres"
    hub.mkdir(parents=True)
    directory.chmod(0o755)  # the user of the database goes through
    key = load_or_create_signer(hub / signing_key.KEY_NAME).public
    password = directory / "password"
    password.touch(0o600)
    password.write_text(PASSWORD)
    with ExitStack() as running:
        if is_apart:
            for number in range(_NODES):
                running.enter_context(small_disk(rabbit / f"r{number + 1}", _DISK_MB))
            for number in (0, 1):
                running.enter_context(small_disk(postgres / f"server-{number}", _DISK_MB))
        servers = running.enter_context(PostgresPair(postgres))
        servers.name(hub)
        imported = with_passwords(definitions(QUEUES, ids))
        spots = lay(_NODES) if is_apart else [HERE] * _NODES
        nodes = running.enter_context(rabbit_cluster(rabbit, imported, spots))
        totals = Totals()
        made = [_site(one, nodes, totals) for one in ids]
        trust_all(hub, {one.life.site.id: one.life.signer.kid for one in made})
        working = [_worker(hub, nodes, password, number, workers) for number in range(1, workers + 1)]
        for worker in working:
            running.callback(worker.stop)
            worker.start()
        yield Province(
            nodes=nodes, servers=servers, workers=working, sites=made, totals=totals, hub=hub, hub_key=key
        )  # fmt: skip


def _worker(hub: Path, nodes: Sequence[RabbitNode], password: Path, number: int, of: int) -> HubProcess:
    """Return the worker of this number; each begins with another node."""
    turned = [*nodes[number % len(nodes) :], *nodes[: number % len(nodes)]]
    also = [word for node in turned[1:] for word in ("--also", f"{node.spot.address}:{node.amqp}")]
    login = ("--user", HUB_USER, "--password-file", str(password))
    words = ("--host", turned[0].spot.address, "--worker", f"w{number}", "--amqp", f"{number}/{of}", *also, *login)
    return HubProcess(hub, turned[0].amqp, words)


def _site(name: str, nodes: Sequence[RabbitNode], totals: Totals) -> FleetSite:
    brokers = [(node.spot.address, node.port) for node in nodes]
    random.shuffle(brokers)
    pinned = Hub(*brokers[0], tls=False, credential=Credential("hub", name, PASSWORD))
    life = Life(Site(name, CITY, "140200", hub=pinned, digest="c" * 64), new_signer(), _EPOCH)
    return FleetSite(life, PACE, brokers, totals, time.monotonic)


async def connect(running: Province, within_s: float = 120.0) -> None:
    """Connect every site, some each second: a session takes the cluster 40 ms to make."""
    for number, one in enumerate(running.sites):
        one.connect_after(number * 0.04)
    await until(lambda: running.totals.connected == len(running.sites), within_s)


def report(sites: Sequence[FleetSite]) -> None:
    """Have these sites make a health report and an event each."""
    health, event = bodies()
    at = datetime.now(UTC)
    for one in sites:
        one.commit([event, health], at, live=True)


async def until(condition: Callable[[], bool], within_s: float) -> float:
    """Wait for a condition; return how long. Raises TimeoutError."""
    began_s = time.monotonic()
    while not condition():
        if time.monotonic() - began_s > within_s:
            raise TimeoutError(f"not within {within_s:.0f} s")
        await asyncio.sleep(_LOOK_S)
    return time.monotonic() - began_s


async def keep_alive(running: Province) -> None:
    """Have sites ping while nothing else is said."""
    while True:
        await asyncio.sleep(2)
        for one in running.sites:
            one.keep_alive(time.monotonic())

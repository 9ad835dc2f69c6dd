"""A province on loopback: a RabbitMQ cluster, PostgreSQL, workers of the hub, and replayed sites."""

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

from fleet_parts import HubProcess, trust_all
from fleet_reports import CITY, Life, bodies, new_signer
from fleet_site import FleetSite, Totals
from postgres import PostgresServer
from rabbitmq import PASSWORD, RabbitNode, rabbit_cluster, with_passwords

from agent.contract.signing_keys import PublicKey, load_or_create_signer
from agent.deliver.publish.pace import Pace
from agent.hub.stores import signing_key
from agent.hub.transport.topology import HUB_USER, definitions
from agent.site.config.site import Credential, Hub, Site

QUEUES: Final = 8
PACE: Final = replace(Pace(), reconnect_most_s=4.0, backlog_per_s=20.0, resend_s=20.0)
"""The agent's own rules; a site that was refused comes back within seconds, so that a round of a fault is short."""

_EPOCH: Final = "0123456789abcdef"
_LOOK_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Province:
    """What runs. `hub` is the data folder of the workers."""

    nodes: Sequence[RabbitNode]
    workers: Sequence[HubProcess]
    sites: Sequence[FleetSite]
    totals: Totals
    hub: Path
    hub_key: PublicKey


@contextmanager
def province(directory: Path, sites: int, workers: int = 4) -> Iterator[Province]:
    """Start nodes, database and workers below a folder that is empty; the sites wait for an event loop."""
    ids = [f"S{number}" for number in range(sites)]
    hub = directory / "hub"
    hub.mkdir(parents=True)
    key = load_or_create_signer(hub / signing_key.KEY_NAME).public
    password = directory / "password"
    password.touch(0o600)
    password.write_text(PASSWORD)
    with ExitStack() as running:
        server = running.enter_context(PostgresServer(durable=True))
        server.place(hub)
        running.enter_context(server.standby())
        imported = with_passwords(definitions(QUEUES, ids))
        nodes = running.enter_context(rabbit_cluster(directory / "rabbit", imported))
        totals = Totals()
        made = [_site(one, nodes, totals) for one in ids]
        trust_all(hub, {one.life.site.id: one.life.signer.kid for one in made})
        working = [_worker(hub, nodes, password, number, workers) for number in range(1, workers + 1)]
        for worker in working:
            running.callback(worker.stop)
            worker.start()
        yield Province(nodes=nodes, workers=working, sites=made, totals=totals, hub=hub, hub_key=key)


def _worker(hub: Path, nodes: Sequence[RabbitNode], password: Path, number: int, of: int) -> HubProcess:
    """Return the worker of this number; each begins with another node."""
    ports = [node.amqp for node in nodes]
    first, *others = ports[number % len(ports) :] + ports[: number % len(ports)]
    also = [word for port in others for word in ("--also", f"127.0.0.1:{port}")]
    login = ("--user", HUB_USER, "--password-file", str(password))
    return HubProcess(hub, first, ("--worker", f"w{number}", "--amqp", f"{number}/{of}", *also, *login))


def _site(name: str, nodes: Sequence[RabbitNode], totals: Totals) -> FleetSite:
    ports = [node.port for node in nodes]
    random.shuffle(ports)
    pinned = Hub("127.0.0.1", ports[0], tls=False, credential=Credential("hub", name, PASSWORD))
    life = Life(Site(name, CITY, "140200", hub=pinned, digest="c" * 64), new_signer(), _EPOCH)
    return FleetSite(life, PACE, ports, totals, time.monotonic)


async def connect(running: Province, within_s: float = 120.0) -> None:
    """Connect every site, some each second: a session takes the cluster 40 ms to make."""
    for number, one in enumerate(running.sites):
        one.connect_after(number * 0.04)
    await until(lambda: running.totals.connected == len(running.sites), within_s)


def report(running: Province, events: int = 1) -> None:
    """Have every site make a health report and so many events."""
    health, event = bodies()
    at = datetime.now(UTC)
    for one in running.sites:
        one.commit([event] * events + [health], at, live=True)


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

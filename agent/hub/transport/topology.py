"""Defines what a RabbitMQ cluster has between sites and workers, and who may do what there. Pure.

Sites publish by MQTT to `amq.topic`. From there an exchange that hashes the header `source` gives all of a site to one
queue, and each queue gives to one worker at a time. So the order of a site is kept, over a change of the worker too.

Source: RabbitMQ 4.0, Consistent Hash Exchange, Quorum Queues, MQTT Plugin, Definition Export and Import.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, get_args

from agent.contract.topics import FROM_HUB, Kind, topic

FROM_SITE: Final[tuple[Kind, ...]] = tuple(kind for kind in get_args(Kind) if kind not in FROM_HUB)

SITES_EXCHANGE: Final = "amq.topic"
"""Where the MQTT plugin publishes, and where it subscribes for sites."""

EXCHANGE: Final = "camwarden.reports"
HUB_USER: Final = "camwarden-hub"
QUEUES_MOST: Final = 64

_NOTHING: Final = "^$"
_SESSIONS: Final = "^mqtt-subscription-[0-9A-Za-z]+qos[01]$"
_SESSION_MOST: Final = 100  # messages for a site that is away: a watermark or a policy replaces the one before


@dataclass(frozen=True, slots=True)
class Part:
    """Which of so many parts of the queues a worker prefers: `number` from 1 to `of`."""

    number: int = 1
    of: int = 1

    def has(self, queue: int) -> bool:
        """Return whether the queue of this number, from 1, is in it."""
        return (queue - self.number) % self.of == 0


def queue_name(number: int) -> str:
    """Return the name of a queue; the first is 1."""
    return f"{EXCHANGE}.{number}"


def definitions(queues: int, sites: Iterable[str], vhost: str = "/") -> dict[str, Any]:
    """Return what RabbitMQ imports: so many queues with the user of the hub's workers, and a user for each site.

    What is there already and is not named stays; a user who is named again loses his password. Without `queues` it is
    the sites alone.
    """
    names = [queue_name(number) for number in range(1, queues + 1)]
    rights = {
        **({HUB_USER: _hub_rights()} if names else {}),
        **{site: _site_rights(site) for site in sorted(set(sites))},
    }
    place = {"vhost": vhost}
    users = {
        "users": [{"name": user, "tags": []} for user in rights],
        "permissions": [{"user": user, **place, **one.objects} for user, one in rights.items()],
        "topic_permissions": [
            {"user": user, **place, "exchange": SITES_EXCHANGE, **one.topics} for user, one in rights.items()
        ],
    }
    return {"vhosts": [{"name": vhost}], **users, **(_between(names, vhost) if names else {})}


def _between(names: list[str], vhost: str) -> dict[str, Any]:
    """Return exchange, queues, bindings and policy."""
    lasting = {"vhost": vhost, "durable": True, "auto_delete": False}
    hashing = {"type": "x-consistent-hash", "internal": False, "arguments": {"hash-header": "source"}}
    sessions = {"max-length": _SESSION_MOST, "overflow": "drop-head", "delivery-limit": -1}
    return {
        "exchanges": [{"name": EXCHANGE, **lasting, **hashing}],
        "queues": [{"name": name, **lasting, "arguments": QUEUE_ARGUMENTS} for name in names],
        "bindings": [
            *(_binding(vhost, SITES_EXCHANGE, EXCHANGE, "exchange", key) for key in site_keys()),
            *(_binding(vhost, EXCHANGE, name, "queue", "1") for name in names),
        ],
        "policies": [
            {
                "name": "camwarden-sessions",
                "vhost": vhost,
                "pattern": _SESSIONS,
                "apply-to": "queues",
                "priority": 1,
                "definition": sessions,
            }
        ],
    }


QUEUE_ARGUMENTS: Final = {
    "x-queue-type": "quorum",
    "x-single-active-consumer": True,
    "x-delivery-limit": -1,  # else a report is dropped, silently, when its worker has died 21 times
    "x-queue-leader-locator": "balanced",
}


def site_keys() -> list[str]:
    """Return the routing keys of what sites send; a worker's queues have nothing else."""
    return [topic("*", "*", kind, "*").replace("/", ".") for kind in FROM_SITE]


@dataclass(frozen=True, slots=True)
class _Rights:
    """What a user may do: with which objects, and on which topics; patterns of `configure`, `write` and `read`."""

    objects: dict[str, str]
    topics: dict[str, str]


def _hub_rights() -> _Rights:
    """Return the rights of a worker: it reads its queues, and writes what the hub says to sites."""
    queues = "^" + re.escape(EXCHANGE) + r"\.[0-9]+$"
    return _Rights(
        {"configure": _NOTHING, "write": r"^amq\.topic$", "read": queues},
        {"write": _topics("[^.]+", sorted(FROM_HUB)), "read": _NOTHING},
    )


def _site_rights(site: str) -> _Rights:
    """Return the rights of a site: its own session, and its own topics of any city, as the sample for mosquitto has."""
    session = f"^mqtt-(subscription|will)-{site}(qos[01])?$"
    used = rf"{session}|^amq\.topic$"
    return _Rights(
        {"configure": session, "write": used, "read": used},
        {"write": _topics(site, FROM_SITE), "read": _topics(site, ("state", *sorted(FROM_HUB)))},
    )


def _topics(site: str, kinds: Iterable[Kind]) -> str:
    return "|".join(f"^{topic('[^.]+', site, kind, '[^.]+')}$".replace("/", "\\.") for kind in kinds)


def _binding(vhost: str, source: str, destination: str, kind: str, key: str) -> dict[str, Any]:
    return {
        "source": source,
        "vhost": vhost,
        "destination": destination,
        "destination_type": kind,
        "routing_key": key,
        "arguments": {},
    }

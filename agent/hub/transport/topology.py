"""Defines what a RabbitMQ cluster has between sites and workers, and who may do what there. Pure.

Sites publish by MQTT to `amq.topic`. From there an exchange that hashes the header `source` gives all of a site to one
queue, and each queue gives to one worker at a time. So the order of a site is kept, over a change of the worker too.

Source: RabbitMQ 4.0, Consistent Hash Exchange, Quorum Queues, MQTT Plugin, Definition Export and Import.
"""

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
    """Return what RabbitMQ imports: so many queues, the user of the hub's workers, and one for each of these sites.

    No user has a password here: each comes with a certificate, or is given one by whoever runs the cluster. What is
    there already stays, passwords too, so that the same is imported again for further sites or queues.
    """
    names = [queue_name(number) for number in range(1, queues + 1)]
    ids = sorted(set(sites))
    place = {"vhost": vhost}
    return {
        "vhosts": [{"name": vhost}],
        "users": [{"name": name, "tags": []} for name in (HUB_USER, *ids)],
        "permissions": [
            {"user": HUB_USER, **place, "configure": "^$", "write": "^amq\\.topic$", "read": _literal(EXCHANGE + ".")},
            *({"user": one, **place, **_site_permission(one)} for one in ids),
        ],
        "topic_permissions": [
            {"user": HUB_USER, **place, "exchange": SITES_EXCHANGE, **_hub_topics()},
            *({"user": one, **place, "exchange": SITES_EXCHANGE, **_site_topics(one)} for one in ids),
        ],
        "exchanges": [
            {
                "name": EXCHANGE,
                **place,
                "type": "x-consistent-hash",
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {"hash-header": "source"},
            }
        ],
        "queues": [
            {"name": name, **place, "durable": True, "auto_delete": False, "arguments": QUEUE_ARGUMENTS}
            for name in names
        ],
        "bindings": [
            *(_binding(vhost, SITES_EXCHANGE, EXCHANGE, "exchange", key) for key in site_keys()),
            *(_binding(vhost, EXCHANGE, name, "queue", "1") for name in names),
        ],
        "policies": [
            {
                "name": "camwarden-sessions",
                **place,
                "pattern": _SESSIONS,
                "apply-to": "queues",
                "priority": 1,
                "definition": {"max-length": _SESSION_MOST, "overflow": "drop-head", "delivery-limit": -1},
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


def _site_permission(site: str) -> dict[str, str]:
    """Return what a site may do: have its own session, and use the exchange of all topics."""
    session = f"^mqtt-(subscription|will)-{site}(qos[01])?$"
    return {
        "configure": session,
        "write": f"{session}|^amq\\.topic$",
        "read": f"{session}|^amq\\.topic$",
    }


def _site_topics(site: str) -> dict[str, str]:
    """Return the topics that a site may write and read, of any city: as the sample for mosquitto."""
    return {"write": _topics(site, FROM_SITE), "read": _topics(site, ("state", *sorted(FROM_HUB)))}


def _hub_topics() -> dict[str, str]:
    """Return the topics that the hub may write; it reads its queues alone."""
    return {"write": _topics("[^.]+", sorted(FROM_HUB)), "read": "^$"}


def _topics(site: str, kinds: Iterable[Kind]) -> str:
    return "|".join(f"^{topic('[^.]+', site, kind, '[^.]+')}$".replace("/", "\\.") for kind in kinds)


def _literal(start: str) -> str:
    return "^" + start.replace(".", "\\.")


def _binding(vhost: str, source: str, destination: str, kind: str, key: str) -> dict[str, Any]:
    return {
        "source": source,
        "vhost": vhost,
        "destination": destination,
        "destination_type": kind,
        "routing_key": key,
        "arguments": {},
    }

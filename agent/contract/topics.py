"""Defines topics and message labels, the same for both ends of the wire. Pure.

Topics are `vss/v1/{city}/{site}/...`; the site is one fixed level, so that one pattern of the broker's access list
covers all sites. Labels are MQTT 5 user properties: the attributes of CloudEvents, and `jws`. They are for routing
only: one that the signed payload does not repeat must not be trusted.

Source: CloudEvents 1.0.2 MQTT binding section 3.1 (binary mode), MQTT 5.0 section 3.3.2.3.7.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from agent.model.finding import StreamName

PREFIX: Final = "vss/v1"
CONTENT_TYPE: Final = "application/json"
JWS_PROPERTY: Final = "jws"
SITE_ID: Final = re.compile(r"[0-9A-Za-z]{1,23}")
CITY: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")

COMMAND_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")

Kind = Literal[
    "state", "health", "config", "event", "gap", "ack", "cmd", "cmd-result", "desired", "reported", "receipt", "names",
]  # fmt: skip

FROM_HUB: Final[frozenset[Kind]] = frozenset({"ack", "cmd", "desired", "receipt"})
"""Sent by the hub only; all others by a site."""

_TAILS: Final[dict[Kind, str]] = {
    "state": "state",
    "health": "report/health",
    "config": "report/config",
    "event": "event",
    "gap": "gap",
    "ack": "ack",
    "cmd": "cmd/{id}",
    "cmd-result": "cmd-result/{id}",
    "desired": "config/desired",
    "reported": "config/reported",
    "receipt": "receipt",
    "names": "names",
}
_KINDS: Final = {tail: kind for kind, tail in _TAILS.items()}
_ENDS_FROM_HUB: Final = tuple(f"/{_TAILS[kind]}" for kind in FROM_HUB if "{" not in _TAILS[kind])


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed topic. `command_id` names the command of a `cmd` and of its `cmd-result`."""

    city: str
    site: str
    kind: Kind
    command_id: str = ""


def topic(city: str, site: str, kind: Kind, command_id: str = "") -> str:
    """Return the topic of a kind of message of a site; a `command_id` of `+` matches every command."""
    return f"{PREFIX}/{city}/{site}/{_TAILS[kind].replace('{id}', command_id)}"


@lru_cache(maxsize=1024)  # a topic is a report's address at several steps, and sites send on few
def read_topic(name: str) -> Address | None:
    """Parse a topic of this contract; None for any other."""
    parts = name.split("/", 4)
    if len(parts) != 5 or f"{parts[0]}/{parts[1]}" != PREFIX:
        return None
    city, site, tail = parts[2:]
    head, _, command_id = tail.partition("/")
    if COMMAND_ID.fullmatch(command_id) and f"{head}/{{id}}" in _KINDS:
        tail = f"{head}/{{id}}"
    else:
        command_id = ""
    kind = _KINDS.get(tail) if "{" not in tail or command_id else None
    if kind is None or not CITY.fullmatch(city) or not SITE_ID.fullmatch(site):
        return None
    return Address(city, site, kind, command_id)


def is_from_hub(name: str) -> bool:
    """Return whether a topic is of a kind that the hub sends; cheap for those of a site's reports."""
    if not name.endswith(_ENDS_FROM_HUB) and "/cmd/" not in name:
        return False
    address = read_topic(name)
    return address is not None and address.kind in FROM_HUB


def is_shared(pattern: str) -> bool:
    """Return whether a subscription is one of several clients, each of which gets a part. Source: MQTT 5.0, 4.8.2."""
    return pattern.startswith("$share/")


def schema_id(kind: Kind) -> str:
    """Return the `$id` of the JSON Schema of a kind of payload: a name, not an address."""
    return f"https://camwarden.example/contract/1/{kind}.schema.json"


def source(city: str, site: str) -> str:
    """Return the CloudEvents source of a site's messages: what a broker can distribute them by."""
    return f"/{PREFIX}/{city}/{site}"


def report_labels(city: str, site: str, stream: StreamName, epoch: str, seq: int, at: str) -> list[tuple[str, str]]:
    """Return the CloudEvents attributes of a report. Its id is unique within its source."""
    return _labels(city, site, stream, f"{epoch}:{stream}:{seq}", at)


def state_labels(city: str, site: str, epoch: str, connection_no: int, status: str, at: str) -> list[tuple[str, str]]:
    """Return the CloudEvents attributes of a birth, a will or a farewell."""
    return _labels(city, site, "state", f"{epoch}:state:{connection_no}:{status}", at)


def _labels(city: str, site: str, kind: Kind, event_id: str, at: str) -> list[tuple[str, str]]:
    return [
        ("specversion", "1.0"),
        ("id", event_id),
        ("source", source(city, site)),
        ("type", f"vss.{kind}.v1"),
        ("time", at),
        ("dataschema", schema_id(kind)),
    ]

"""Translates messages between MQTT 5 and AMQP 0-9-1 as RabbitMQ's MQTT plugin does. Pure.

A level of a topic ends with a dot, a user property is a header of its name, Content Type stays, and delivery mode 2
is QoS 1. There is no retain and no expiry on the way to a site: what it needs is published again at each birth.

Source: RabbitMQ 4.0, MQTT Plugin, Protocol Interoperability; MQTT 5.0 section 3.3.2.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from agent.contract.topics import CONTENT_TYPE, JWS_PROPERTY
from agent.deliver.publish.messages import Message
from agent.deliver.publish.packet import Received

QOS_1: Final = 2
"""AMQP's delivery mode of what survives its broker."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What AMQP publishes for a message."""

    key: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str]
    content_type: str = CONTENT_TYPE


def as_topic(key: str) -> str:
    """Return the topic of a routing key: no level of ours has a dot."""
    return key.replace(".", "/")


def as_received(key: str, headers: Mapping[str, Any] | None, body: bytes) -> Received:
    """Return what came by AMQP as MQTT 5 has it; a header that is no text, which no site can send, is left out."""
    user = []
    for name, value in (headers or {}).items():
        if isinstance(value, str):
            user.append((name.encode(), value.encode()))
        elif isinstance(value, bytes):
            user.append((name.encode(), value))
    return Received(as_topic(key), 1, 0, tuple(user), body)


def as_outgoing(message: Message, flat: bool) -> Outgoing:
    """Return a message to a site, flattened where it has no user properties."""
    key = message.topic.replace("/", ".")
    if flat:
        return Outgoing(key=key, body=message.flattened(), headers={})
    signed = {JWS_PROPERTY: message.jws} if message.jws else {}
    return Outgoing(key=key, body=message.payload, headers={**dict(message.labels), **signed})

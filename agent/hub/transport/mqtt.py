"""Receives by MQTT: one subscription to everything, or, as one of several workers, its part of what sites send.

Workers share subscriptions (MQTT 5): the broker gives each message to one of them. Births and goodbyes go to each, for
those that are retained are given to no shared one, and say which keys sites have; what order they come in matters not.
A worker's session ends with its connection: a broker would go on to give it a part that nobody takes meanwhile.
"""

import socket
from collections.abc import Sequence
from typing import Final

from agent.contract.topics import PREFIX, Kind, is_shared, topic
from agent.deliver.publish.connection import SESSION_S, Link
from agent.deliver.publish.messages import DecodedMessage, Message
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.protocol import Dialect
from agent.hub.transport.carrier import Connect
from agent.model.errors import HubUnavailable
from agent.site.config.site import Hub

CLIENT_ID: Final = "camwarden-hub"  # the hyphen keeps it apart from every site id
SUBSCRIPTION: Final = f"{PREFIX}/+/+/#"
GROUP: Final = f"$share/{CLIENT_ID}"
_SHARED: Final[tuple[Kind, ...]] = ("health", "config", "event", "gap", "cmd-result", "reported", "names")

_IN_FLIGHT_MOST: Final = 512  # the next batch comes while one is committed


def subscriptions(worker: str) -> tuple[str, ...]:
    """Return the topics of one of several workers; with no name, of the only hub."""
    if not worker:
        return (SUBSCRIPTION,)
    return (topic("+", "+", "state"), *(f"{GROUP}/{topic('+', '+', kind, '+')}" for kind in _SHARED))


def connector(worker: str = "") -> Connect:
    """Return what connects; it remembers over connections which version the broker speaks. `worker`: its name."""
    dialect, topics = Dialect(), subscriptions(worker)
    name, session_s = (f"{CLIENT_ID}-{worker}", 0) if worker else (CLIENT_ID, SESSION_S)

    def connect(broker: Hub, pace: Pace) -> MqttCarrier:
        link = Link(name, broker, pace.keepalive_s, pace.connect_timeout_s, dialect, _IN_FLIGHT_MOST, session_s)
        return MqttCarrier(link, topics)

    return connect


class MqttCarrier:
    """A connection by MQTT 5, or 3.1.1."""

    def __init__(self, link: Link, topics: Sequence[str] = (SUBSCRIPTION,)) -> None:
        self._link, self._topics = link, topics
        self._asked = False
        self._wake, self._waker = socket.socketpair()  # nobody wakes the hub; a link wants one

    @property
    def ready(self) -> bool:
        """Whether the broker has granted the subscription."""
        return self._link.events.subscribed

    @property
    def lost(self) -> str:
        """The broker's or system's words about its end."""
        return self._link.events.lost

    def open(self) -> None:
        """Connect."""
        self._link.open(None)

    def step(self, timeout_s: float) -> None:
        """Exchange with the broker; subscribe once it has let us in."""
        self._link.step(timeout_s, self._wake)
        events = self._link.events
        if events.failure is not None:
            raise events.failure
        if events.refused:
            raise HubUnavailable(events.refused)
        if events.unsubscribed:
            raise HubUnavailable(events.unsubscribed[0])
        if events.granted is not None and not self._asked:
            is_part = any(map(is_shared, self._topics))
            if is_part and not (events.granted.shares and events.granted.version == "5"):
                raise HubUnavailable("the broker shares no subscriptions: leave --worker out, or use --amqp")
            self._link.subscribe(*self._topics)
            self._asked = True
        events.acks.clear()

    def take(self) -> list[DecodedMessage]:
        """Return what has come."""
        taken, self._link.events.messages = self._link.events.messages, []
        return taken

    def unheard(self) -> list[str]:
        """Return nothing: such a broker retains what nobody is there for."""
        return []

    def publish(self, message: Message) -> None:
        """Send to a site."""
        self._link.publish(message)

    def acknowledge(self) -> None:
        """Send PUBACK for all that has come."""
        self._link.acknowledge()

    def close(self) -> None:
        """Disconnect."""
        self._link.close()

    def drop(self) -> None:
        """Close the sockets."""
        self._link.drop()
        for one in (self._wake, self._waker):
            one.close()

"""Receives by MQTT: the hub's one subscription at a broker that gives everything to one client."""

import socket
from typing import Final

from agent.contract.topics import PREFIX
from agent.deliver.publish.connection import Link
from agent.deliver.publish.messages import DecodedMessage, Message
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.protocol import Dialect
from agent.hub.transport.carrier import Connect
from agent.model.errors import HubUnavailable
from agent.site.config.site import Hub

CLIENT_ID: Final = "camwarden-hub"  # the hyphen keeps it apart from every site id
SUBSCRIPTION: Final = f"{PREFIX}/+/+/#"

_IN_FLIGHT_MOST: Final = 512  # the next batch comes while one is committed


def connector() -> Connect:
    """Return what connects; it remembers over connections which version the broker speaks."""
    dialect = Dialect()

    def connect(broker: Hub, pace: Pace) -> MqttCarrier:
        return MqttCarrier(Link(CLIENT_ID, broker, pace.keepalive_s, pace.connect_timeout_s, dialect, _IN_FLIGHT_MOST))

    return connect


class MqttCarrier:
    """A connection by MQTT 5, or 3.1.1."""

    def __init__(self, link: Link) -> None:
        self._link = link
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
        if events.granted is not None and not self._asked:
            self._link.subscribe(SUBSCRIPTION)
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

"""Defines what the hub needs of a connection to a broker, whatever protocol it speaks."""

from collections.abc import Callable
from typing import Protocol

from agent.deliver.publish.messages import DecodedMessage, Message
from agent.deliver.publish.pace import Pace
from agent.site.config.site import Hub


class Carrier(Protocol):
    """One connection, driven by one thread: `open`, then `step` repeatedly, then `close`; and `drop` in any case."""

    @property
    def ready(self) -> bool:
        """Whether it receives."""

    @property
    def lost(self) -> str:
        """The broker's or system's words about its end; empty while it lives."""

    def open(self) -> None:
        """Connect; raises OSError or HubUnavailable, here or in a `step`."""

    def step(self, timeout_s: float) -> None:
        """Send what waits, wait for something at most so long, and receive.

        Raises:
            OSError: There is no connection.
            HubUnavailable: The broker refuses us.
        """

    def take(self) -> list[DecodedMessage]:
        """Return what `step` has received, in its order, once."""

    def unheard(self) -> list[str]:
        """Return topics of messages that the broker had nobody to give to, once; empty where it does not tell."""

    def publish(self, message: Message) -> None:
        """Send to a site. Raises OSError where the connection is gone."""

    def acknowledge(self) -> None:
        """Acknowledge all that was taken: the broker forgets it."""

    def close(self) -> None:
        """End it in good order: what was published is sent, and what was not acknowledged comes again in its order."""

    def drop(self) -> None:
        """Close the socket. May be called again."""


Connect = Callable[[Hub, Pace], Carrier]
"""Makes a connection that is not open yet."""

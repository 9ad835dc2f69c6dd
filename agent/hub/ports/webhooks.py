"""Defines the port of endpoints of other systems, and of what waits for them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from agent.hub.domain.rows.webhooks import Delivery, Happening, Hook, LateRepair, Progress, Waiting


class Webhooks(Protocol):
    """Stores endpoints, what happened since they were last looked after, and the messages that wait for them.

    What a report changes is stored by intake in the transaction that commits it, as long as there is an endpoint.
    """

    def keep(self, hook: Hook) -> None:
        """Store an endpoint, new or changed; how it answers stays as it was."""

    def remove(self, name: str) -> None:
        """Delete an endpoint, and what waits for it."""

    def listed(self) -> list[Hook]:
        """Return all endpoints, by name."""

    def progress(self, name: str) -> Progress:
        """Return how an endpoint answers; one that has not been tried: as it is made."""

    def keep_progress(self, name: str, progress: Progress) -> None:
        """Store how an endpoint answers."""

    def note(self, happening: Happening) -> None:
        """Store what happened, once by its id as long as it waits."""

    def happened(self, most: int) -> list[Happening]:
        """Return what happened and no message was made of yet, oldest first, at most so much."""

    def forget(self, up_to: int) -> None:
        """Delete what happened, up to a number."""

    def next_number(self, name: str) -> int:
        """Return the number of the next message of an endpoint; each is given once."""

    def queue(self, delivery: Delivery) -> None:
        """Store a message that waits, new or tried."""

    def drop(self, name: str, no: int) -> None:
        """Delete a message."""

    def due(self, name: str, now: datetime) -> Delivery | None:
        """Return the first message of an endpoint that may be tried now."""

    def waiting(self, name: str) -> Waiting:
        """Return how much waits for an endpoint."""

    def oldest(self, name: str, spare: int) -> list[int]:
        """Return the numbers of the oldest waiting messages of an endpoint but for the `spare` newest."""

    def states(self) -> Mapping[str, str] | None:
        """Return what was so when it was last looked, and since when; None: nobody has looked yet."""

    def keep_states(self, begun: Mapping[str, str], over: Collection[str]) -> None:
        """Store what has begun to be so, and that other things are over; from now on somebody has looked."""

    def forget_states(self) -> None:
        """Delete what was so: nobody looks any more."""

    def late_repairs(self, today: str) -> list[LateRepair]:
        """Return the open findings whose repair was due before a day."""

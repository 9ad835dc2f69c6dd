"""Simulates the slots for upper platforms of a device, which a person fills in and empties, and lists that lie. Pure.

Source of the lies: field reports of flags that outlast a session, pages that show what was saved last, and devices that
leave their factory with the examples of the trade.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

PLATFORM: Final = "14020000002000000001"
"""The upper platform that the recorder is set up to register at."""
SLOT_PASSWORD: Final = "kept-slot-password"  # noqa: S105 - it stands in answers, and nobody may read it on
EXAMPLE_CENTRE: Final = "34020000"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSlot:
    """One slot. `registered` None: the device does not tell."""

    enabled: bool = False
    registered: bool | None = None
    server_id: str = ""
    host: str = ""
    port: int = 5060
    device_id: str = ""
    local_port: int = 5060
    expires_s: int = 3600
    heartbeat_s: int = 60
    misses: int = 3
    retry_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotLies:
    """What a list of slots does not tell as it is, each a switch.

    `off_but_online`: the flag of a session that has ended. `yesterday`: what was listed first, for ever. `half`: every
    second list ends after its first slot. `first_for_all`: the first slot's answer in each place. `examples`: the codes
    of the factory. `one_port`: every slot on one local port.
    """

    off_but_online: bool = False
    yesterday: bool = False
    half: bool = False
    first_for_all: bool = False
    examples: bool = False
    one_port: bool = False


@dataclass(slots=True)
class SlotTable:
    """The slots of one device as they are, and how it lies of them."""

    slots: list[DemoSlot]
    lies: SlotLies = field(default=SlotLies())
    _asked: int = 0
    _first: tuple[DemoSlot, ...] = ()

    def fill(self, number: int, slot: DemoSlot) -> None:
        """Do as when a person saves a slot, by its number from 1."""
        self.slots[number - 1] = slot

    def listed(self) -> tuple[DemoSlot, ...]:
        """Return what the device lists this time."""
        self._asked += 1
        slots = tuple(self.slots)
        self._first = self._first or slots
        if self.lies.yesterday:
            slots = self._first
        if self.lies.half and self._asked % 2 == 0:
            slots = slots[:1]
        if self.lies.first_for_all:
            slots = slots[:1] * len(slots)
        return tuple(_bent(one, self.lies) for one in slots)


def two_slots(serial: str) -> SlotTable:
    """Return one slot that is registered at the platform, and one that is free."""
    own = int(hashlib.sha256(serial.encode()).hexdigest(), 16) % 10000
    used = DemoSlot(
        enabled=True, registered=True, server_id=PLATFORM, host="127.0.0.1", device_id=f"{PLATFORM[:10]}118000{own:04d}"
    )
    return SlotTable([used, DemoSlot(local_port=5061)])


def example(code: str) -> str:
    """Return a code as a factory leaves it."""
    return EXAMPLE_CENTRE + code[8:]


def codes_of(codes: Iterable[str], lies: SlotLies) -> list[str]:
    """Return the codes of channels as a device tells them."""
    return [example(code) if lies.examples else code for code in codes]


def _bent(slot: DemoSlot, lies: SlotLies) -> DemoSlot:
    if lies.off_but_online and slot.server_id:
        slot = replace(slot, enabled=False, registered=True)
    if lies.examples and slot.device_id:
        slot = replace(slot, device_id=example(slot.device_id))
    return replace(slot, local_port=5060) if lies.one_port else slot

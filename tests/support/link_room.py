"""A platform and a simulated device in one room: no sockets, and a clock that jumps to whatever comes next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent.demo.gb28181.device import SimulatedDevice, Slot
from agent.demo.gb28181.habits import Habits
from agent.model.finding import Message
from agent.onsite.link.flow import run_test
from agent.onsite.link.plan import Plan
from agent.onsite.link.play import Eye
from agent.onsite.link.result import LinkResult
from agent.onsite.link.slots import Slots
from drivers.gb28181.sip import Sip, parse, render
from drivers.gb28181.wire import Dropped, Flow, Incoming

BEGAN = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
DEVICE_ID = "14021300001180000001"
PLAN = Plan(device_id=DEVICE_ID, platform_id="14021300002000123456", password="only-for-this-test")
HOST = "192.0.2.64"
OFF_WORDS = "now switch the slot off"


@dataclass
class Room:
    """The wire of the platform, with the device at its other end. `sent`: every byte of the platform."""

    device: SimulatedDevice | None = None
    now_s: float = 0.0
    local: str = "192.0.2.1"
    port: int = 5060
    dropped: Dropped = field(default_factory=Dropped)
    sent: list[bytes] = field(default_factory=list)
    waiting: list[bytes] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def next(self, within_s: float) -> Incoming | None:
        until_s = self.now_s + within_s
        while not self.waiting:
            due_s = self.device.due_s() if self.device else float("inf")
            if due_s > until_s or self.device is None:
                self.now_s = until_s
                return None
            self.now_s = max(self.now_s, due_s)
            self.waiting += self.device.tick(self.now_s)
        transport, port = (self.device.transport, self.device.port) if self.device else ("UDP", 5060)
        number = 1 if transport == "TCP" else 0
        flow = Flow("TCP" if transport == "TCP" else "UDP", HOST, port, number)
        return Incoming(parse(self.waiting.pop(0)), flow)

    def send(self, flow: Flow, message: Sip) -> bool:
        data = render(message)
        self.sent.append(data)
        if self.device is not None:
            self.waiting += self.device.take(data, self.now_s)
        return True

    def wall(self) -> datetime:
        return BEGAN + timedelta(seconds=self.now_s)

    def tell(self, message: Message) -> None:
        self.told.append(str(message))
        if self.device is not None and str(message).startswith(OFF_WORDS):
            self.device.switch_off(self.now_s)


def room_with(habits: Habits, plan: Plan = PLAN, transport: str = "UDP") -> Room:
    """Return a room with one device that a person has set up for the plan."""
    room = Room()
    slot = Slot(
        device_id=plan.device_id, platform_id=plan.platform_id, password=plan.password, host=room.local, port=room.port
    )
    beijing: Callable[[], datetime] = lambda: (room.wall() + timedelta(hours=8)).replace(tzinfo=None)  # noqa: E731
    room.device = SimulatedDevice(slot, habits, HOST, 5060, transport, beijing)
    return room


def whole_test(room: Room, plan: Plan = PLAN, eye: Eye | None = None, slots: Slots | None = None) -> LinkResult:
    """Run the whole test in a room, with a picture where there is an eye for it."""
    return run_test(plan, room, HOST, lambda: room.now_s, room.wall, room.tell, eye, slots)

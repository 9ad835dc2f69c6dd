"""A platform and a simulated device in one room: no sockets, and a clock that jumps to whatever comes next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agent.demo.gb28181.device import SimulatedDevice, Slot
from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.pictures import rtp_packets
from agent.model.finding import Message
from agent.onsite.link.flow import run_test
from agent.onsite.link.plan import Plan
from agent.onsite.link.play import Eye, MediaPort
from agent.onsite.link.result import LinkResult
from agent.onsite.link.slots import Slots
from agent.verify.device_certificate import Verify
from drivers.gb28181.invitation import Way
from drivers.gb28181.sip import Sip, parse, render
from drivers.gb28181.wire import Dropped, Flow, Incoming
from drivers.rtsp.rtp import Packet, parse_packet
from masking.model import Job, Judged, WorkerError

BEGAN = datetime(2026, 11, 29, 4, 0, tzinfo=UTC)
DEVICE_ID = "14021300001180000001"
PLAN = Plan(device_id=DEVICE_ID, platform_id="14021300002000123456", password="only-for-this-test")
HOST = "192.0.2.64"
MOVED = "192.0.2.65"
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
        if self.device is not None and self.now_s > self.device.habits.moves_after_s:
            self.waiting.clear()
            self.dropped.strangers, self.dropped.last_stranger = self.dropped.strangers + 1, MOVED
            return None
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


@dataclass
class Port:
    """The port of a picture in a room: it has what the device would send, once the device was called."""

    room: Room
    habits: Habits
    port: int = 30000
    came_bytes: int = 0
    raises: Exception | None = None
    last_stranger: str = ""
    connected_to: int = 0
    next_at_s: float = 0.0
    began_s: float | None = None

    def connect(self, port: int) -> None:
        self.connected_to = port

    def packets(self) -> list[Packet]:
        assert self.room.device is not None
        if self.raises is not None:
            raise self.raises
        if self.room.device.media_to is None or self.room.now_s < self.next_at_s:
            return []
        self.began_s = self.room.now_s if self.began_s is None else self.began_s
        self.next_at_s = self.room.now_s + 1.0
        keyless = self.room.now_s - self.began_s < self.habits.key_after_s
        sent = rtp_packets(self.habits, 1, keyless=keyless)
        found = [one for data in sent if (one := parse_packet(data)) is not None]
        self.came_bytes += sum(len(one.payload) for one in found)
        return found


@dataclass
class Watching:
    """An eye in a room: the ports it opened, and the jobs it was given."""

    room: Room
    habits: Habits
    raises: Exception | None = None
    error: WorkerError | None = None
    sends_over: frozenset[Way] | None = None
    opened: list[Way] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)

    @contextmanager
    def open_port(self, way: Way) -> Iterator[MediaPort]:
        self.opened.append(way)
        self.ports.append(Port(self.room, self.habits, raises=self.raises))
        if self.sends_over is not None and way not in self.sends_over:
            self.ports[-1].next_at_s = float("inf")
        yield self.ports[-1]

    def judge(self, job: Job) -> Judged:
        self.jobs.append(job)
        if self.error is not None:
            raise self.error
        return Judged(320, 180, 100.0, 40.0)


def room_with(habits: Habits, plan: Plan = PLAN, transport: str = "UDP") -> Room:
    """Return a room with one device that a person has set up for the plan."""
    room = Room()
    slot = Slot(
        device_id=plan.device_id, platform_id=plan.platform_id, password=plan.password, host=room.local, port=room.port
    )
    beijing: Callable[[], datetime] = lambda: (room.wall() + timedelta(hours=8)).replace(tzinfo=None)  # noqa: E731
    room.device = SimulatedDevice(slot, habits, HOST, 5060, transport, beijing)
    return room


def whole_test(
    room: Room, plan: Plan = PLAN, eye: Eye | None = None, slots: Slots | None = None, verify: Verify | None = None
) -> LinkResult:
    """Run the whole test in a room, with a picture where there is an eye for it."""
    return run_test(plan, room, HOST, lambda: room.now_s, room.wall, room.tell, eye, slots, verify)

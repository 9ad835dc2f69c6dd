"""A person at a simulated device who types in what a self-test shows, for tests and `make link-demo`."""

from __future__ import annotations

import io
import socket
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field

from agent.cli import main
from agent.demo.gb28181.device import Slot
from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.serve import RunningDevice

DEVICE_ID = "14021300001180000001"
QUICK = Habits(heartbeat_s=0.5)
SWITCH_OFF = ("now switch the slot off", "现在请在设备上关闭该接入")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])


@dataclass(eq=False)
class Person(io.StringIO):
    """Who reads standard error and types what stands there into a device, and switches its slot off when told to."""

    habits: Habits
    transport: str
    typo: str = ""
    running: RunningDevice | None = None
    rows: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def write(self, text: str) -> int:
        if text.startswith("  "):
            self.rows.append(text.split()[-1].rpartition("\uff1a")[2])
        elif len(self.rows) == 9 and self.running is None:
            host, port, platform_id, _, device_id, _, password, *_ = self.rows
            slot = Slot(
                device_id=device_id, platform_id=platform_id, password=password + self.typo, host=host, port=int(port)
            )
            self.running = RunningDevice(slot, self.habits, self.transport)
            self.running.__enter__()
        if self.running is not None and any(words in text for words in SWITCH_OFF):
            self.running.switch_off()
        return super().write(text)


def link_test(
    *options: str, habits: Habits = QUICK, transport: str = "UDP", typo: str = "",
    device: tuple[str, ...] = ("--host", "127.0.0.1"),
) -> tuple[int, str, Person]:  # fmt: skip
    """Run the command with a person at a device of this machine; return exit code, output, and the person."""
    person, out = Person(habits, transport, typo), io.StringIO()
    words = ["link", "test", *device, "--id", DEVICE_ID, "--port", str(free_port()), "--free-slot"]
    try:
        with redirect_stdout(out), redirect_stderr(person):
            code = main([*words, "--quiet-after", "2", *options])
    finally:
        if person.running is not None:
            person.running.__exit__(None, None, None)
    return code, out.getvalue(), person

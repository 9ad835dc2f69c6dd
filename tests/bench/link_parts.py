"""Measures on real sockets for the bench `link`: key pictures, strangers who flood the port, secrets of a catalogue."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from link_site import write_link_site

from agent.demo.gb28181.bodies import SECRETS
from agent.demo.gb28181.device import Slot
from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.serve import RunningDevice
from agent.onsite.link.flow import run_test
from agent.onsite.link.plan import Plan
from agent.onsite.link.play import Eye
from agent.onsite.link.result import LinkResult
from drivers.gb28181.invitation import Way
from drivers.gb28181.media import Media
from drivers.gb28181.wire import Wire
from masking.worker.client import Worker
from measure.processes import BENCH, ROOT

HERE, STRANGERS = "127.0.0.1", "127.0.0.2"
DEVICE_ID, PLATFORM_ID = "14021300001180000001", "14021300002000123456"
OFF_WORDS = "now switch the slot off"
PER_S = 10_000
MORE_MB = 10.0
LATER_S = 5.0
"""By how much a test under a flood may end later than one without."""


def keyframes_s(ways: tuple[Way, ...], transport: str) -> Iterator[float]:
    """Yield how long a live and a recorded picture took over each way, from the call to the whole picture."""
    for way in ways:
        plan = Plan(
            device_id=DEVICE_ID, platform_id=PLATFORM_ID, password="only-for-this-test", heartbeat_s=1, quiet_after_s=1
        )
        with Wire(HERE, 0, HERE) as wire, Worker() as worker:
            eye = Eye(lambda asked: Media(asked, HERE, HERE), worker.judge, (way,), plays_back=True)
            result = _tested(plan, wire, eye, Habits(heartbeat_s=0.3), transport)
        for name in ("picture", "playback"):
            step = next((one for one in result.steps if one.name == name), None)
            if step is None or step.status != "seen":
                raise RuntimeError(f"{way}: {name}: {step}")
            yield float(str(step.evidence["after_s"]))


def _tested(plan: Plan, wire: Wire, eye: Eye, habits: Habits, transport: str) -> LinkResult:
    slot = Slot(
        device_id=plan.device_id, platform_id=plan.platform_id, password=plan.password, host=HERE, port=wire.port
    )
    with RunningDevice(slot, habits, transport) as device:

        def tell(message: object) -> None:
            if str(message).startswith(OFF_WORDS):
                device.switch_off()

        return run_test(plan, wire, HERE, time.monotonic, lambda: datetime.now(UTC), tell, eye)


def flooded(seconds: float, heartbeat_s: int, quiet_s: float) -> dict[str, Any]:
    """Test one device beside a flood of strangers, and one without; return what came of both."""
    with ExitStack() as both:
        without = both.enter_context(_client(heartbeat_s, quiet_s))
        beside = both.enter_context(_client(heartbeat_s, quiet_s))
        asked = {"source": STRANGERS, "port": beside[1].device.slot.port, "per_s": PER_S, "seconds": seconds}
        flood = both.enter_context(_child("clients.link_flood", asked))
        with ThreadPoolExecutor() as readers:
            told = list(readers.map(lambda one: _followed(*one), (without, beside)))
        sent = json.loads(flood.readline())
    return {"without": told[0], "beside": told[1], "flood": sent}


def is_flood_survived(both: dict[str, Any]) -> bool:
    """Whether the test beside a flood ended as the one without, in its time, and with little more memory."""
    without, beside = both["without"], both["beside"]
    return bool(
        beside["steps"] == without["steps"]
        and beside["took_s"] <= without["took_s"] + LATER_S
        and beside["peak_mb"] <= without["peak_mb"] + MORE_MB
    )


@contextmanager
def _client(
    heartbeat_s: int, quiet_s: float, habits: Habits | None = None, transport: str = "UDP"
) -> Iterator[tuple[IO[str], RunningDevice]]:
    """Start a platform in a process of its own, and a device that registers there."""
    asked = {
        "device_id": DEVICE_ID, "platform_id": PLATFORM_ID, "password": "only-for-this-test",
        "heartbeat_s": heartbeat_s, "quiet_after_s": quiet_s, "secrets": [one[::-1] for one in SECRETS],
    }  # fmt: skip
    with _child("clients.link", asked) as out:
        port = json.loads(out.readline())["port"]
        slot = Slot(device_id=DEVICE_ID, platform_id=PLATFORM_ID, password=asked["password"], host=HERE, port=port)  # type: ignore[arg-type]
        with RunningDevice(slot, habits or Habits(heartbeat_s=heartbeat_s), transport) as device:
            yield out, device


@contextmanager
def _child(module: str, asked: dict[str, Any]) -> Iterator[IO[str]]:
    """Run a client in a process of its own, tell it what is asked, and yield what it says; it is ended afterwards."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(),
        text=True,
    )
    try:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(json.dumps(asked) + "\n")
        child.stdin.flush()
        yield child.stdout
    finally:
        child.kill()
        child.communicate()


def _followed(out: IO[str], device: RunningDevice) -> dict[str, Any]:
    """Do what a person does who reads along; return the end."""
    for line in out:
        said: dict[str, Any] = json.loads(line)
        if str(said.get("told", "")).startswith(OFF_WORDS):
            device.switch_off()
        if "took_s" in said:
            return said
    raise RuntimeError("the test ended without a result")


def kept_secrets(cameras: int) -> dict[str, int]:
    """Run the command on a device whose catalogue is full of secrets; return how many bytes of them are where."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        config = write_link_site(home, "14021300001320000001")
        words = [
            sys.executable, "-P", "-m", "agent", "link", "test", "nvr", "--config", str(config), "--id", DEVICE_ID,
            "--free-slot", "--picture", "--playback", "--json", "--quiet-after", "1", "--port", "0",
        ]  # fmt: skip
        environment = os.environ | {"PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True
        )
        try:
            told, memory = _typed_in(child, cameras)
            result = child.stdout.read() if child.stdout else ""
        finally:
            child.kill()
            child.communicate()
        files = b"".join(one.read_bytes() for one in sorted(home.rglob("*")) if one.is_file() and one != config)
        if '"picture"' not in result or "link-tests.json" not in {one.name for one in home.rglob("*")}:
            raise RuntimeError(f"no whole test: {told}")
        return {
            "result": _secret_bytes(result.encode()), "log": _secret_bytes(told.encode()),
            "files": _secret_bytes(files), "held": _held(cameras), "let_go": memory,
        }  # fmt: skip


def _held(cameras: int) -> int:
    """Count the bytes of secrets in what a platform still holds at the end of a test."""
    with _client(1, 1.0, Habits(heartbeat_s=0.3, cameras=cameras, items_in_message=100), "TCP") as client:
        held: list[int] = _followed(*client)["held"]
    return held[0]


def _typed_in(child: subprocess.Popen[str], cameras: int) -> tuple[str, int]:
    """Type what the command shows into a device; return all that it told, and the secrets in its memory afterwards."""
    rows: list[str] = []
    told, memory = "", -1
    habits = Habits(heartbeat_s=0.3, cameras=cameras, items_in_message=100)
    with ExitStack() as opened:
        device = None
        for line in child.stderr or ():
            told += line
            if line.startswith("  "):
                rows.append(line.split()[-1])
            if len(rows) == 9 and device is None:
                host, port, platform_id, _, device_id, _, password, *_ = rows
                slot = Slot(device_id=device_id, platform_id=platform_id, password=password, host=host, port=int(port))
                device = opened.enter_context(RunningDevice(slot, habits, "TCP"))
            if OFF_WORDS in line and device is not None:
                memory = _secret_bytes_in_memory(child.pid)
                device.switch_off()
    return told, memory


def _secret_bytes(data: bytes) -> int:
    return sum(len(form) * data.count(form) for one in SECRETS for form in _forms(one))


def _forms(secret: str) -> set[bytes]:
    """How a text may stand in a file or in memory: as it came, and as Python holds it."""
    return {secret.encode("gb18030"), secret.encode(), secret.encode("utf-16-le")}


def _secret_bytes_in_memory(pid: int) -> int:
    """Count the secrets in all that a process may write to, whether it still holds them or has let them go."""
    found = 0
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if "w" not in rights or "[v" in line:
                continue
            start, end = (int(one, 16) for one in span.split("-"))
            try:
                memory.seek(start)
                found += _secret_bytes(memory.read(end - start))
            except (OSError, ValueError):
                continue
    return found


def _environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join((str(BENCH), str(ROOT)))}

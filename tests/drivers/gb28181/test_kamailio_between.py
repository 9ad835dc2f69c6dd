"""A foreign proxy, kamailio, between the device and us: registration, queries and calls go through it."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patience import PATIENCE_S, waits

from agent.demo.gb28181.device import Slot
from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.serve import RunningDevice
from agent.model.finding import Message
from agent.onsite.link.flow import run_test
from agent.onsite.link.plan import Plan
from agent.onsite.link.play import WAYS, Eye
from agent.onsite.link.result import LinkResult
from drivers.gb28181.invitation import Way
from drivers.gb28181.media import Media
from drivers.gb28181.wire import Wire
from masking.model import Judged

CONFIG = Path(__file__).parents[2] / "fixtures/gb28181/kamailio.cfg"
PROXY, DEVICE = "127.0.0.3", "127.0.0.1"
PLAN = Plan(
    device_id="14021300001180000001", platform_id="14021300002000123456", password="only-for-this-test",
    lasts_s=PATIENCE_S, quiet_after_s=1.0, heartbeat_s=1,
)  # fmt: skip


@contextmanager
def proxied(platform_port: int, device_port: int, folder: Path) -> Iterator[int]:
    """Start kamailio between two ports; yield its own."""
    with closing(socket.create_server((PROXY, 0))) as probe:
        port = int(probe.getsockname()[1])
    text = CONFIG.read_text("ascii").replace("PROXY", f"{PROXY}:{port}").replace("HOST", PROXY)
    config = folder / "kamailio.cfg"
    config.write_text(text.replace("PLATFORM_PORT", str(platform_port)).replace("DEVICE_PORT", str(device_port)))
    words = ["/usr/sbin/kamailio", "-DD", "-E", "-f", config, "-Y", folder, "-m", "32", "-M", "4", "-w", folder]
    with (folder / "log").open("wb") as log, subprocess.Popen(words, stdout=log, stderr=log) as proxy:
        try:
            yield _listening(port, proxy, folder / "log")
        finally:
            proxy.terminate()


def _listening(port: int, proxy: subprocess.Popen[bytes], log: Path) -> int:
    def answers() -> bool:
        assert proxy.poll() is None, log.read_text("utf-8", "replace")
        with socket.socket() as one:
            return one.connect_ex((PROXY, port)) == 0

    waits(answers, PATIENCE_S)
    return port


def through_proxy(
    transport: str, media_peer: str, folder: Path, ways: tuple[Way, ...] = WAYS
) -> tuple[LinkResult, str]:
    told: list[str] = []
    with Wire("127.0.0.1", 0, PROXY) as wire:
        slot = Slot(
            device_id=PLAN.device_id, platform_id=PLAN.platform_id, password=PLAN.password, host=PROXY, port=wire.port
        )
        device = RunningDevice(slot, Habits(heartbeat_s=0.3), transport)
        with proxied(wire.port, device.device.port, folder) as port:
            device.proxy_port = port
            with device:

                def tell(message: Message) -> None:
                    told.append(str(message))
                    if str(message).startswith("now switch the slot off"):
                        device.switch_off()

                eye = Eye(
                    lambda way: Media(way, "127.0.0.1", media_peer), lambda job: Judged(320, 180, 100.0, 40.0), ways
                )
                result = run_test(PLAN, wire, PROXY, time.monotonic, lambda: datetime.now(UTC), tell, eye)
    assert device.device.media_to is None, "the end of the call reached the device"
    return result, "\n".join([*told, (folder / "log").read_text("utf-8", "replace")])


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_a_device_behind_a_proxy_is_tested_and_calls_stay_on_its_way(transport: str, tmp_path: Path) -> None:
    result, log = through_proxy(transport, DEVICE, tmp_path)
    assert {one.name: one.status for one in result.steps} == {
        "register": "seen", "catalog": "told", "device-info": "told", "device-status": "told", "records": "told",
        "configuration": "told", "cards": "told", "picture": "seen", "heartbeat": "seen", "off": "seen",
    }, log  # fmt: skip
    picture = result.step("picture")
    assert picture is not None
    assert picture.evidence["hung_up"] is True
    assert "bye-unanswered" not in result.quirks


def test_a_picture_that_comes_past_the_proxy_is_unknown_and_no_failure(tmp_path: Path) -> None:
    """The device sends it from its own address, which nobody named: whose it is, is not known."""
    result, log = through_proxy("UDP", PROXY, tmp_path, ("UDP",))
    picture = result.step("picture")
    assert picture is not None
    assert (picture.status, picture.reason) == ("unknown", "other-address"), log
    assert DEVICE in str(picture.what)
    assert result.outcome is None

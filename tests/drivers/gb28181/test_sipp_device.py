"""A foreign program, sipp, registers as a device by its own SIP and digest, answers queries and takes calls.

A call plays recorded packets over UDP.
"""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from patience import PATIENCE_S

from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.pictures import rtp_packets
from agent.model.finding import Message
from agent.onsite.link.flow import run_test
from agent.onsite.link.plan import Plan
from agent.onsite.link.play import Eye
from drivers.gb28181.media import Media
from drivers.gb28181.sip_digest import Algorithm
from drivers.gb28181.wire import Wire
from masking.model import Judged

SCENES = Path(__file__).parents[2] / "fixtures/gb28181"
PLAY = """
import socket, sys
data = open("recorded.rtp", "rb").read()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
    while data:
        size = int.from_bytes(data[:2], "big")
        media.sendto(data[2 : 2 + size], ("127.0.0.1", int(sys.argv[1])))
        data = data[2 + size :]
"""
DEVICE_ID = "14021300001180000001"


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_sipp_is_tested_as_a_device(transport: str, algorithm: Algorithm, tmp_path: Path) -> None:
    plan = Plan(
        device_id=DEVICE_ID, platform_id="14021300002000123456", password="only-for-this-test", algorithm=algorithm,
        lasts_s=PATIENCE_S, quiet_after_s=1.0,
    )  # fmt: skip
    login = f"[authentication username={DEVICE_ID} password={plan.password}]"
    (tmp_path / "values.csv").write_text(f"SEQUENTIAL\n{plan.domain};{DEVICE_ID};{login}\n", "ascii")
    packets = list(rtp_packets(Habits(), 1))
    (tmp_path / "recorded.rtp").write_bytes(b"".join(len(one).to_bytes(2, "big") + one for one in packets))
    (tmp_path / "play.sh").write_text(f"exec '{sys.executable}' -I -c '{PLAY}' $1\n", "ascii")
    told: list[str] = []

    def tell(message: Message) -> None:
        told.append(str(message))

    eye = Eye(
        lambda way: Media(way, "127.0.0.1", "127.0.0.1"), lambda job: Judged(320, 180, 100.0, 40.0), ("UDP",), True
    )
    with Wire("127.0.0.1", 0, "127.0.0.1") as wire:
        words = [
            "sipp", f"127.0.0.1:{wire.port}", "-i", "127.0.0.1", "-t", "u1" if transport == "UDP" else "t1", "-m", "1",
            "-sf", SCENES / "sipp_device.xml", "-oocsf", SCENES / "sipp_answers.xml", "-inf", "values.csv",
            "-s", plan.platform_id, "-nostdin", "-timeout", "50", "-trace_err",
        ]  # fmt: skip
        with subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as sipp:
            try:
                result = run_test(plan, wire, "127.0.0.1", time.monotonic, lambda: datetime.now(UTC), tell, eye)
            finally:
                sipp.kill()
    errors = "".join(one.read_text("utf-8", "replace") for one in tmp_path.glob("*errors.log"))
    assert {one.name: one.status for one in result.steps} == {
        "register": "seen", "catalog": "told", "device-info": "told", "device-status": "told", "records": "told",
        "configuration": "told", "cards": "told", "picture": "seen", "playback": "unknown", "heartbeat": "seen",
        "off": "seen",
    }, f"{told}\n{errors}"  # fmt: skip
    assert result.steps[0].evidence["transport"] == transport
    assert {one.name: one.reason for one in result.steps if one.reason} == {"playback": "no-times"}, (
        "it lists the same hour for each day, and what was not asked for is not played"
    )

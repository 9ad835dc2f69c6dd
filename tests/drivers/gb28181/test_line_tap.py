"""Packets of one port as they pass on a line: on lo, and on an interface to which all of it is foreign."""

from __future__ import annotations

import socket
import subprocess
import sys
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from drivers.gb28181.frames import parse_packet
from drivers.gb28181.tap import Tap, interfaces

ROOT = Path(__file__).parents[3]
MIRROR = """
import socket, subprocess, sys
sys.path[:0] = [{tests!r}, {root!r}]
from line import packet, segment
from drivers.gb28181.tap import Tap
for words in ("link add mirror type veth peer name switch", "link set mirror up", "link set switch up"):
    subprocess.run(["ip", *words.split()], check=True)
ethernet = bytes.fromhex("02aabbccdd01 02aabbccdd02".replace(" ", ""))
tagged = ethernet + bytes.fromhex("8100 0014 0800".replace(" ", ""))
with Tap("mirror", 5060) as tap, socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as switch:
    switch.bind(("switch", 0))
    fragment = packet(b"fragment")
    fragment = fragment[:6] + bytes((0x20, 0x10)) + fragment[8:]
    other, platform = ("192.0.2.1", 9), ("192.0.2.2", 5060)
    no_protocol = packet(b"x")[:9] + bytes((1,)) + packet(b"x")[10:]
    back = packet(b"back", platform, other)
    elsewhere = packet(b"x", other, ("192.0.2.2", 5061))
    for one in (packet(b"one"), elsewhere, segment(b"two", 1), fragment, back, no_protocol):
        switch.send(ethernet + bytes.fromhex("0800") + one)
    switch.send(tagged + packet(b"in a vlan"))
    six = packet(b"six", ("2001:db8::1", 1), ("2001:db8::2", 5060))
    switch.send(ethernet + bytes.fromhex("86dd") + six)
    switch.send(ethernet + bytes.fromhex("86dd") + packet(b"x", ("2001:db8::1", 1), ("2001:db8::2", 2)))
    switch.send(ethernet + bytes.fromhex("0806") + bytes(28))
    switch.send(ethernet + bytes.fromhex("0800") + b"\\x45")
    switch.send(ethernet + bytes.fromhex("0800") + b"\\x4f" + b"\\xff" * 30)
    found = []
    while (passed := tap.next(0.5)) is not None:
        found.append(passed.packet)
        assert 0 <= passed.ago_s < 60
    assert found == [packet(b"one"), segment(b"two", 1), back, packet(b"in a vlan"), six], found
    assert tap.lost == 0
    for _ in range(8000):
        switch.send(ethernet + bytes.fromhex("0800") + packet(b"x" * 1000))
    lost = tap.lost
    assert lost > 0 and tap.lost == lost, "what found no room is counted"
"""


def udp(stack: ExitStack) -> socket.socket:
    sock = stack.enter_context(closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)))
    sock.bind(("127.0.0.1", 0))
    return sock


def test_on_lo_each_packet_of_the_port_comes_once_and_no_other() -> None:
    with ExitStack() as stack:
        here, there, other = udp(stack), udp(stack), udp(stack)
        tap = stack.enter_context(Tap("lo", there.getsockname()[1]))
        other.sendto(b"to another port", here.getsockname())
        here.sendto(b"there", there.getsockname())
        there.sendto(b"and back", here.getsockname())
        found = [parse_packet(passed.packet) for _ in range(6) if (passed := tap.next(0.2)) is not None]
        assert [one.data for one in found if one is not None] == [b"there", b"and back"]


def test_what_a_switch_mirrors_is_heard_though_it_is_addressed_to_others() -> None:
    script = MIRROR.format(tests=str(ROOT / "tests" / "support"), root=str(ROOT))
    words = ["unshare", "--map-root-user", "--net", sys.executable, "-P", "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_who_has_no_right_hears_nothing() -> None:
    script = "import os, sys; sys.path[:0] = [sys.argv[1]]; from drivers.gb28181.tap import Tap\n"
    script += (
        "os.geteuid() or os.setresuid(65534, 65534, 65534)\ntry: Tap('lo', 5060)\nexcept PermissionError: sys.exit(7)"
    )
    done = subprocess.run([sys.executable, "-P", "-c", script, str(ROOT)], timeout=60, check=False)
    assert done.returncode == 7


def test_an_interface_that_is_not_there_is_an_error_of_the_system() -> None:
    assert "lo" in interfaces()
    with pytest.raises(OSError, match=r"interface|device"):
        Tap("none0", 5060)


def test_it_sends_nothing() -> None:
    assert not {name for name in vars(Tap) if "send" in name or "write" in name}
    assert "send" not in (ROOT / "drivers" / "gb28181" / "tap.py").read_text("utf-8").replace("sends nothing", "")

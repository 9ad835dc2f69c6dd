"""Makers' own searches over real sockets: what is sent is what the table lists, and answers come back on either way."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from own_network import own_network
from patience import PATIENCE_S
from probe_matches import responder, until
from vendor_answers import dahua, sadp

from drivers.discovery import network_sweep
from drivers.discovery.answer import Sweep
from drivers.discovery.network_sweep import sweep
from drivers.discovery.plan import plan_of
from drivers.discovery.protocols import PROTOCOLS
from drivers.discovery.sadp import SADP

ROOT = Path(__file__).resolve().parents[3]
WORDS = {"SADP": sadp(), "DHDiscover": dahua()}


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Ask and answer where no other test binds the makers' ports."""
    with own_network():
        yield


def in_group(group: str, port: int) -> socket.socket:
    """Return the socket of a device on loopback that listens to a group."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((group, port))
    sock.setsockopt(
        socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("127.0.0.1")
    )
    return sock


def asks_of(datagram: bytes) -> str:
    """Return what a datagram asks, in the words of the table; fails for one of unknown shape."""
    if datagram[4:8] == b"DHIP":
        head = int.from_bytes(datagram[:4], "little")
        assert (head, len(datagram) - head) == (32, int.from_bytes(datagram[16:20], "little"))
        assert datagram[16:20] == datagram[24:28]
        body = json.loads(datagram[head:])
        assert body["params"] == {"mac": "", "uni": 1}
        return str(body["method"])
    root = etree.fromstring(datagram)
    if root.tag == "Probe":
        assert [child.tag for child in root] == ["Uuid", "Types"]
        assert re.fullmatch(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", root.findtext("Uuid") or "")
        return str(root.findtext("Types"))
    return f"Probe {root.findtext('.//{*}Types')}"


def test_the_only_messages_of_makers_searches_are_the_two_questions() -> None:
    """Both protocols also set addresses and passwords: no such message is there to be sent."""
    assert {one.name: [asks_of(question) for question in one.questions()] for one in PROTOCOLS} == {
        one.name: list(one.asks) for one in PROTOCOLS
    }
    assert {one.name: one.asks for one in PROTOCOLS[1:]} == {"SADP": ("inquiry",), "DHDiscover": ("DHDiscover.search",)}


@pytest.mark.parametrize("protocol", PROTOCOLS[1:], ids=lambda one: one.name)
def test_each_group_is_asked_from_the_given_interface_and_an_answer_to_the_asker_is_read(protocol) -> None:  # type: ignore[no-untyped-def]
    with responder(in_group(protocol.group, protocol.port), [b"rubbish", WORDS[protocol.name]]) as asked:
        heard = sweep(plan_of(("127.0.0.1",), (), ()), PATIENCE_S, clock=until(lambda: len(asked) >= 2))
    assert {asks_of(data) for data in asked} == set(protocol.asks)
    assert [(one.address, one.told.driver) for one in heard.found if one.told] == [
        ("127.0.0.1", "hikvision" if protocol is SADP else "dahua")
    ]
    assert heard.failed == ()


class ToGroup(socket.socket):
    """The socket of a device that answers to the group and its port instead of the asker, and not to answers."""

    def recvfrom(self, size: int, flags: int = 0) -> tuple[bytes, tuple[str, int]]:
        while b"<Probe>" not in (heard := super().recvfrom(size, flags))[0]:
            pass
        return heard

    def sendto(self, data: bytes, _: object) -> int:  # type: ignore[override]
        self.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        return super().sendto(data, (SADP.group, SADP.port))


def test_an_answer_to_the_group_is_read_as_well() -> None:
    device = ToGroup(fileno=in_group(SADP.group, SADP.port).detach())
    with responder(device, [sadp(serial="TO-ALL")]) as asked:
        heard = sweep(plan_of(("127.0.0.1",), (), ()), PATIENCE_S, clock=until(lambda: len(asked) >= 2))
    assert [one.told.serial for one in heard.found if one.told] == ["TO-ALL"]


def test_a_port_that_somebody_else_holds_is_said_and_the_rest_is_asked() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as selfish:
        selfish.bind(("", SADP.port))
        heard = sweep(plan_of(("127.0.0.1",), (), ()), 0.1)
    assert heard == Sweep((), ("SADP, UDP port 37020",))


def test_a_single_host_is_asked_at_the_port_of_each_protocol() -> None:
    with contextlib.ExitStack() as stack:
        asked = {}
        for one in PROTOCOLS:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind(("127.9.2.1", one.port))
            asked[one.name] = stack.enter_context(responder(sock, [WORDS.get(one.name, b"")]))
        clock = until(lambda: all(asked.values()))
        heard = sweep(plan_of((), ("127.9.2.1",), ()), PATIENCE_S, clock=clock)
    assert {name: {asks_of(data) for data in questions} for name, questions in asked.items()} == {
        one.name: set(one.asks) for one in PROTOCOLS
    }
    assert sorted((one.address, one.told.model) for one in heard.found if one.told) == [
        ("127.9.2.1", "DS-2CD2143"),
        ("127.9.2.1", "IPC-HDW5421S"),
    ], "two MACs are two devices"


CARDS = """
for each in cams:192.0.2.9 office:198.51.100.9; do
  ip link add ${each%%:*} type veth peer name ${each%%:*}-far && ip addr add ${each##*:}/24 dev ${each%%:*} || exit 9
  ip link set ${each%%:*} up && ip link set ${each%%:*}-far up || exit 9
done
exec "$@"
"""
ON_THE_WIRE = """
import collections, json, socket
from drivers.discovery.plan import plan_of
from drivers.discovery.network_sweep import sweep
wires = {name: socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800)) for name in ("cams", "office")}
for name, wire in wires.items():
    wire.bind((name + "-far", 0x0800))
    wire.setblocking(False)
failed = sweep(plan_of(("192.0.2.9",), (), ()), 0.2).failed
def udp(wire):
    while True:
        try:
            packet = wire.recv(65535)
        except BlockingIOError:
            return
        head = 4 * (packet[0] & 15)
        if packet[9] == socket.IPPROTO_UDP:
            where = int.from_bytes(packet[head + 2 : head + 4], "big")
            yield " ".join([socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20]), str(where)])
print(json.dumps([failed, {name: collections.Counter(udp(wire)) for name, wire in wires.items()}]))
"""


def test_everything_goes_into_the_network_of_the_given_interface_and_nothing_into_another() -> None:
    """Read off the wires of a machine of its own with two cards."""
    own = ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    done = subprocess.run(
        [*own, "sh", "-c", CARDS, "sh", sys.executable, "-P", "-c", ON_THE_WIRE],
        capture_output=True, text=True, timeout=PATIENCE_S, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    failed, wires = json.loads(done.stdout)
    ways = [(one, to) for one in PROTOCOLS for to in (one.group, network_sweep.BROADCAST)[: 1 + one.broadcast]]
    assert failed == []
    assert wires == {
        "cams": {f"192.0.2.9 {to} {one.port}": 2 * len(one.asks) for one, to in ways},
        "office": {},
    }

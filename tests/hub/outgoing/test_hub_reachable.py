"""The hub connects to no network that a name may not lead to, and to nothing but the address that was judged."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from web_page import page, running

from agent.host.web_bounds import WebBounds
from agent.hub.outgoing.exchange import NoAnswer, exchange
from agent.hub.outgoing.reachable import is_public, is_public_or_private
from agent.model.web_address import Address

PUBLIC = ("8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1")
PRIVATE = (
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "127.0.0.1", "127.255.0.9", "::1",
    "fd00::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "64:ff9b::7f00:1", "2002:a00:1::1",
    "::10.0.0.1", "::ffff:0:10.0.0.1",
    "2002:7f00:1::1",
)  # fmt: skip
NEVER = (
    "0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.1.1.1", "240.0.0.1",  # noqa: S104
    "255.255.255.255",
    "192.0.2.1", "198.18.0.1", "203.0.113.9", "::", "fe80::1", "fe80::1%eth0", "ff02::1", "2001:db8::1", "100::1",
    "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "64:ff9b:1::a00:1",
    "::a9fe:a9fe", "::169.254.169.254", "::ffff:0:169.254.169.254", "fec0::1", "feff::1", "2001:0:4136:e378::1", "",
    "localhost", "1.2.3",
)  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_connected_to(address: str) -> None:
    assert is_public(address) and is_public_or_private(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_network_or_this_machine_only_where_somebody_said_so(address: str) -> None:
    assert not is_public(address)
    assert is_public_or_private(address)


@pytest.mark.parametrize("address", NEVER)
def test_link_local_multicast_reserved_and_what_is_no_address_never(address: str) -> None:
    assert not is_public(address)
    assert not is_public_or_private(address)


def test_a_name_that_leads_to_this_machine_is_not_connected_to() -> None:
    with running(page(), WebBounds()) as one:
        assert exchange(Address("127.0.0.1", one.port, False, "/"), "GET", {}).status == 200
        with pytest.raises(NoAnswer, match="may not lead to"):
            exchange(Address("localhost", one.port, False, "/"), "GET", {}, may_connect=is_public)
        with pytest.raises(NoAnswer, match="may not lead to"):
            exchange(Address("127.0.0.1", one.port, False, "/"), "GET", {}, may_connect=is_public)


def test_a_name_that_changes_between_two_look_ups_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks up once to judge, and once more to connect, connects to what the second answer says."""
    resolved, connected = [], []

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        resolved.append(host)
        place = "8.8.8.8" if len(resolved) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))]

    def connect(place: tuple[str, int], timeout: float = 0) -> socket.socket:
        connected.append(place[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NoAnswer, match="Connection refused"):
        exchange(Address("turns.test", 443, True, "/"), "GET", {}, may_connect=is_public)
    assert (resolved, connected) == (["turns.test"], ["8.8.8.8"])


def test_of_several_addresses_only_those_that_may_be_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    connected = []

    def resolve(host: str, port: int, **_: object) -> list[Any]:
        places = ("127.0.0.1", "8.8.8.8", "10.0.0.1", "169.254.169.254")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port)) for place in places]

    def connect(place: tuple[str, int], timeout: float = 0) -> socket.socket:
        connected.append(place[0])
        raise ConnectionRefusedError(111, "Connection refused")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    for may_connect, expected in (
        (is_public, ["8.8.8.8"]),
        (is_public_or_private, ["127.0.0.1", "8.8.8.8", "10.0.0.1"]),
    ):
        connected.clear()
        with pytest.raises(NoAnswer):
            exchange(Address("many.test", 443, True, "/"), "GET", {}, may_connect=may_connect)
        assert connected == expected

"""Plans what discovery will send, and how fast, before the first datagram. Pure.

Source: WS-Discovery (April 2005) section 2.4 (port 3702); ONVIF Core Specification, Device discovery (types).
"""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

PORT = 3702

PER_SECOND = 50
"""How many datagrams a second go to ranges: a router or an old switch must not notice them."""
RANGE_ADDRESSES_MAX = 1024
"""The most addresses in all ranges together: one /22."""

TYPES = ("dn:NetworkVideoTransmitter", "tds:Device")
"""The kinds of device that are asked for, one probe each: old devices answer to the first only, recorders to either."""

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """Probes: `multicast` from own addresses, `asked` at once, `paced` slowly: configured names with addresses."""

    multicast: tuple[str, ...] = ()
    asked: tuple[tuple[str, Address], ...] = ()
    paced: tuple[tuple[str, Address], ...] = ()

    @property
    def datagrams(self) -> int:
        """How many datagrams are sent: each kind of device twice, in ranges once."""
        return len(TYPES) * (2 * len(self.multicast) + 2 * len(self.asked) + len(self.paced))

    @property
    def sending_s(self) -> float:
        """How long sending takes, without the wait for the last answers."""
        return len(TYPES) * len(self.paced) / PER_SECOND


def plan_of(interfaces: Sequence[str], addresses: Sequence[str], ranges: Sequence[str]) -> Plan:
    """Return what a round will send: to the networks of own IPv4 addresses, to responders, to all hosts of ranges.

    An address is a host, or `host:port` where the responder listens on another port. No address is asked twice, no name
    resolved.

    Raises:
        ValueError: A range is no IPv4 network, or all of them are larger than `RANGE_ADDRESSES_MAX`.
    """
    asked = {_responder(address): address for address in reversed(addresses)}
    paced: dict[Address, str] = {}
    networks = [ipaddress.IPv4Network(text) for text in ranges]
    if sum(network.num_addresses for network in networks) > RANGE_ADDRESSES_MAX:
        raise ValueError(f"ranges hold more than {RANGE_ADDRESSES_MAX} addresses")
    for text, network in zip(ranges, networks, strict=True):
        for host in network.hosts():
            if (str(host), PORT) not in asked:
                paced.setdefault((str(host), PORT), text)
    return Plan(
        tuple(dict.fromkeys(interfaces)),
        tuple((text, address) for address, text in reversed(asked.items())),
        tuple((text, address) for address, text in paced.items()),
    )


def _responder(address: str) -> Address:
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.startswith("[")):
        return host.strip("[]"), int(port)
    return address.strip("[]"), PORT

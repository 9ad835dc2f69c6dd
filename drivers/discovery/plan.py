"""Plans what discovery will send, and how fast, before the first datagram. Pure.

`protocols.py` lists the questions; each place is asked all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.discovery.protocols import PROTOCOLS
from drivers.discovery.ranges import hosts_of
from drivers.discovery.ws_probe import WS_DISCOVERY

PER_SECOND = 50
"""How many datagrams a second go to ranges: a router or an old switch must not notice them."""

Address = tuple[str, int | None]
"""A host, and the port where all questions go; None: each goes to the port of its protocol."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Questions: `multicast` from own addresses, `asked` at once, `paced` slowly: configured names with addresses."""

    multicast: tuple[str, ...] = ()
    asked: tuple[tuple[str, Address], ...] = ()
    paced: tuple[tuple[str, Address], ...] = ()

    @property
    def datagrams(self) -> int:
        """How many datagrams are sent: each question twice, in ranges once."""
        to_all = sum(len(one.asks) * (2 if one.broadcast else 1) for one in PROTOCOLS)
        return 2 * to_all * len(self.multicast) + _to_one() * (2 * len(self.asked) + len(self.paced))

    @property
    def sending_s(self) -> float:
        """How long sending takes, without the wait for the last answers."""
        return _to_one() * len(self.paced) / PER_SECOND


def plan_of(interfaces: Sequence[str], addresses: Sequence[str], ranges: Sequence[str]) -> Plan:
    """Return what a round will send: to the networks of own IPv4 addresses, to responders, to all hosts of ranges.

    An address is a host, or `host:port` where the responder listens on another port: it is asked everything there. No
    address is asked twice, no name resolved.

    Raises:
        ValueError: A range is no IPv4 network, or all of them are larger than `RANGE_ADDRESSES_MAX`.
    """
    asked = {_responder(address): address for address in reversed(addresses)}
    paced: dict[Address, str] = {}
    for text, host in hosts_of(ranges):
        if (host, None) not in asked:
            paced.setdefault((host, None), text)
    return Plan(
        tuple(dict.fromkeys(interfaces)),
        tuple((text, address) for address, text in reversed(asked.items())),
        tuple((text, address) for address, text in paced.items()),
    )


def _to_one() -> int:
    return sum(len(one.asks) for one in PROTOCOLS)


def _responder(address: str) -> Address:
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.startswith("[")):
        return host.strip("[]"), int(port) if int(port) != WS_DISCOVERY.port else None
    return address.strip("[]"), None

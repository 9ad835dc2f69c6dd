"""Lists the hosts of address ranges, at most so many. Pure."""

import ipaddress
from collections.abc import Sequence

RANGE_ADDRESSES_MAX = 1024
"""The most addresses in all ranges together: one /22."""


def hosts_of(ranges: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return each range with each of its hosts.

    Raises:
        ValueError: A range is no IPv4 network, or all of them are larger than `RANGE_ADDRESSES_MAX`.
    """
    networks = [ipaddress.IPv4Network(text) for text in ranges]
    if sum(network.num_addresses for network in networks) > RANGE_ADDRESSES_MAX:
        raise ValueError(f"ranges hold more than {RANGE_ADDRESSES_MAX} addresses")
    return tuple((text, str(host)) for text, one in zip(ranges, networks, strict=True) for host in one.hosts())

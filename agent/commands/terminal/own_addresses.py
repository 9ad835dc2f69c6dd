"""Lists the addresses of this machine that a local network reaches."""

import ipaddress

import psutil


def own_addresses() -> tuple[str, ...]:
    """Return this host's IPv4 addresses but those of loopback: from there a site's network may be asked."""
    found = []
    for each in psutil.net_if_addrs().values():
        for one in each:
            try:
                address = ipaddress.IPv4Address(one.address)
            except ValueError:
                continue
            found += [] if address.is_loopback else [one.address]
    return tuple(found)

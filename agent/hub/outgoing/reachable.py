"""Decides which network addresses the hub may connect to on behalf of a name that a person wrote. Pure.

A name is resolved anew for each request, by whoever owns it: yesterday's ticket system may be this machine, a camera,
or a cloud's metadata today. So each address is judged once it is resolved, and that same address is connected to.

Source: IANA special-purpose address registries (RFC 6890), as `ipaddress` has them; RFC 1918, RFC 6598 and RFC 4193
(private networks); RFC 6052 section 2.1 and RFC 8215 (NAT64); RFC 3056 section 2 (6to4);
RFC 4291 section 2.5.5 (IPv4-compatible); RFC 2765 section 2.1 (IPv4-translated); RFC 3879 (site-local).
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

_CARRIERS: Final = tuple(IPv6Network(text) for text in ("64:ff9b::/96", "::/96", "::ffff:0:0:0/96"))
"""Their last 32 bits are an IPv4 address: NAT64, IPv4-compatible, IPv4-translated."""
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")
"""Where the IPv4 address stands in it, its network alone knows; Python 3.11 holds it for public."""
_LOW_32: Final = 0xFFFFFFFF
_PRIVATE: Final = tuple(
    ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7")
)


def is_public(text: str) -> bool:
    """Return whether an address is one of the public internet, and no way around into another network."""
    address = _inner(text)
    return address is not None and address.is_global and not address.is_multicast


def is_public_or_private(text: str) -> bool:
    """Return whether an address is public, of a private network or of this machine; never link-local or multicast.

    Link-local is where clouds tell whoever asks the machine's own secrets (169.254.169.254).
    """
    address = _inner(text)
    return is_public(text) or any(address in network for network in _PRIVATE if address is not None)


def _inner(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a packet ends at: that within an IPv6 one which only carries an IPv4 one."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv4Address):
        return address
    if not address.is_loopback and any(address in network for network in _CARRIERS):
        return IPv4Address(int(address) & _LOW_32)
    if address in _NAT64_LOCAL or address.is_site_local or address.teredo is not None:
        return None
    return address.ipv4_mapped or address.sixtofour or address

"""Decides whether a request was meant for this listener, by the name in its `Host`. Pure.

A page in a browser may resolve its own name to our address (DNS rebinding) and read the answers as those of its own
site. But the browser still sends that name. An address needs no list: a page whose name is our address came from us.

Source: RFC 9110 sections 7.2 and 15.5.20, RFC 9112 section 3.2.
"""

import ipaddress
import re
from collections.abc import Collection, Sequence

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9A-Za-z_.-]+))(?::[0-9]{0,5})?")


def is_own_host(said: Sequence[str], names: Collection[str], own: str) -> bool:
    """Return whether a request is for this listener: it has one `Host`, a loopback name or address, or one of ours.

    `said`: its `Host` headers; `own`: the address at which the connection arrived.
    """
    match = _HOST.fullmatch(said[0].strip()) if len(said) == 1 else None
    if match is None:
        return False
    name = (match[1] or match[2]).lower().removesuffix(".")
    if name == "localhost" or name in {one.lower().removesuffix(".") for one in names}:
        return True
    asked, ours = _address(name), _address(own)
    return asked is not None and (asked.is_loopback or asked == ours)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found

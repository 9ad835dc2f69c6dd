"""Decides whether a text is the name or address of a host. Pure."""

import ipaddress
import re

_LABEL = r"(?!-)[0-9A-Za-z_-]{1,63}(?<!-)"
_HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
_DOTTED_NUMBER = re.compile(r"[0-9.]+")


def is_host(text: str) -> bool:
    """Return whether a text is an IP address or a DNS name. Source: RFC 1123 section 2.1."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        # What looks like an IPv4 address and is none must not pass as a name.
        return bool(_HOST_NAME.fullmatch(text)) and not _DOTTED_NUMBER.fullmatch(text) and len(text) <= 253
    return True

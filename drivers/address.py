"""Rewrites addresses that devices give: same path and query, the configured host, no credentials.

A device may name a private, wrong or foreign host; that host is reported and never contacted.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from drivers.errors import Malformed
from drivers.model import Device

_DEFAULT_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}
_SECRET = re.compile(r"((?:user(?:name)?|usr|pass(?:word|wd)?|pwd|auth|token|key)=)[^&/;]*", re.IGNORECASE)
_LONGEST_CHARS = 2048
_TWO_PORTS = re.compile(
    r"^(rtsps?://(?:[^/?#]*@)?(?:\[[^\]/]*\]|[^:/@?#\[\]]+)):\d{1,5}(:\d{1,5})(?=[/?#]|$)", re.IGNORECASE
)
"""`rtsp://10.0.0.9:80:554/`, as cameras write it that put the port of RTSP behind their web address."""


@dataclass(frozen=True, slots=True)
class HostAddress:
    """An address on the configured host: `target` is path and query, `named_host` the host in the device's address."""

    scheme: str
    port: int
    target: str
    named_host: str


def parse_address(url: str, device: Device, own_hosts: Collection[str] = ()) -> HostAddress:
    """Parse an address that a device gave, for use on the device's configured host.

    `own_hosts` are further names and numeric addresses of the configured host. The port of the address counts where it
    names that host; another host means address translation, and the configured port counts.

    Raises:
        Malformed: Not an address of a supported scheme.
    """
    text = _TWO_PORTS.sub(r"\1\2", url.strip()[: _LONGEST_CHARS + 1])
    if len(text) > _LONGEST_CHARS or not text.isprintable() or " " in text or '"' in text:
        raise Malformed("the device gave an address that cannot be used")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Malformed("the device gave an address that cannot be read") from None
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS or not host:
        raise Malformed(f"the device gave an address of the unknown kind {scheme[:16]!r}")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    port = port or _DEFAULT_PORTS[scheme]
    ours = {device.host.lower().strip("[]"), *own_hosts}
    if scheme.startswith("rtsp"):
        port = device.rtsp_port or port
    elif host.lower() not in ours or (scheme == "https") != device.tls:
        port = device.port
    return HostAddress(scheme, port, target, host)


def is_foreign(where: HostAddress, device: Device, own_hosts: Collection[str]) -> bool:
    """Return whether the device named a host other than the configured one."""
    return where.named_host.lower() not in {device.host.lower().strip("[]"), *own_hosts}


def own_web_address(url: str, device: Device, own_hosts: Collection[str] = ()) -> HostAddress | None:
    """Parse a web address, whole or relative, for a request to the device alone; None: another host, port or device.

    Behind one router several devices share a host, and differ by the port.

    Raises:
        Malformed: Not a web address.
    """
    root = f"{'https' if device.tls else 'http'}://{authority(device.host, device.port)}/"
    try:
        joined = urljoin(root, url.strip()[: _LONGEST_CHARS + 1])
    except ValueError:
        raise Malformed("the device gave an address that cannot be read") from None
    where = parse_address(joined, device, own_hosts)
    if where.scheme not in ("http", "https"):
        raise Malformed(f"the device gave an address of the kind {where.scheme} for a picture")
    return None if is_foreign(where, device, own_hosts) or where.port != device.port else where


def url_on(device: Device, where: HostAddress) -> str:
    """Write the address of `where` on the device's configured host, without credentials."""
    scheme = where.scheme if where.scheme.startswith("rtsp") else ("https" if device.tls else "http")
    return f"{scheme}://{authority(device.host, where.port)}{where.target}"


def authority(host: str, port: int) -> str:
    """Write host and port as an address carries them."""
    bare = host.strip("[]")
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


def without_secrets(target: str) -> str:
    """Blank possible logins inside a path or query, for records and messages."""
    return _SECRET.sub(r"\1-", target)

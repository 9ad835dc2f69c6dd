"""Finds a device's services: a table keyed by namespace, from GetServices or, on old devices, GetCapabilities.

Of the addresses only the path is used; the host is the configured one.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lxml import etree

from drivers.address import is_foreign, parse_address
from drivers.errors import DriverError, Malformed, Unsupported
from drivers.http.xml_answer import children
from drivers.model import Device
from drivers.onvif import documents
from drivers.onvif.asks import DEVICE_PATH
from drivers.text import sanitize

_CAPABILITIES = {
    "Media": documents.MEDIA1,
    "Recording": documents.RECORDING,
    "Search": documents.SEARCH,
    "Replay": documents.REPLAY,
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One service on the configured host."""

    namespace: str
    path: str
    port: int


@dataclass(frozen=True, slots=True)
class ServiceTable:
    """The services that a device offers, in its order, and the other hosts that it named."""

    endpoints: tuple[Endpoint, ...]
    foreign_hosts: tuple[str, ...] = ()

    def find(self, namespace: str) -> Endpoint | None:
        """Return the service of this namespace, if the device has it."""
        return next((one for one in self.endpoints if one.namespace == namespace), None)

    def require(self, namespace: str, name: str) -> Endpoint:
        """Return the service of this namespace. Raises Unsupported where the device does not list it."""
        found = self.find(namespace)
        if found is None:
            raise Unsupported(f"the device offers no {name} service")
        return found


def device_endpoint(device: Device) -> Endpoint:
    """Return the entry point of every ONVIF device.

    Source: ONVIF Core Specification, Device service: the entry point is fixed to /onvif/device_service.
    """
    return Endpoint(documents.DEVICE, DEVICE_PATH, device.port)


def from_services(rows: Iterable[Any], device: Device, own_hosts: Collection[str]) -> ServiceTable:
    """Build the table from the decoded rows of a GetServices answer. Raises Malformed without any service."""
    named = ((sanitize(one.Namespace), one.XAddr) for one in rows)
    return _table(named, device, own_hosts)


def from_capabilities(element: etree._Element, device: Device, own_hosts: Collection[str]) -> ServiceTable:
    """Build the table from a raw GetCapabilities: zeep's wildcard takes Extension's. Raises Malformed for none."""
    return _table(_capabilities(element), device, own_hosts)


def _capabilities(element: etree._Element) -> Iterator[tuple[str, str | None]]:
    for capabilities in children(element, "Capabilities"):
        for part in (capabilities, *children(capabilities, "Extension")):
            for name, namespace in _CAPABILITIES.items():
                for xaddr in (one for named in children(part, name) for one in children(named, "XAddr")):
                    yield namespace, xaddr.text


def _table(named: Iterator[tuple[str, str | None]], device: Device, own_hosts: Collection[str]) -> ServiceTable:
    endpoints: dict[str, Endpoint] = {}
    foreign: dict[str, None] = {}
    for namespace, xaddr in named:
        try:
            where = parse_address(xaddr or "", device, own_hosts)
        except DriverError:
            continue
        if is_foreign(where, device, own_hosts):
            foreign[where.named_host] = None
        endpoints.setdefault(namespace, Endpoint(namespace, where.target, where.port))
    if not endpoints:
        raise Malformed("the device lists no service")
    return ServiceTable(tuple(endpoints.values()), tuple(foreign))

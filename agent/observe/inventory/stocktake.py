"""Matches the configuration with discovery: devices present, configured, ignored or unknown. Pure.

What a device says of itself is a claim: nothing here trusts it further than to know it again. A device that does not
want to be found by discovery is not found by it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from agent.model.host_name import is_host
from agent.observe.facts.facts import Around, Facts
from agent.observe.facts.sightings import Remembered, Sighting, counted, digest, remembered, window
from agent.observe.inventory.owners import proven_marks
from agent.site.config.site import Ignored, Site
from drivers.discovery.probe_match import Discovered, mac_of
from drivers.discovery.ws_discovery import Sweep
from drivers.footage import Channels
from drivers.model import Observation, Streams

Standing = Literal["configured", "behind", "ignored", "undeclared"]

TWO_BOXES = "two-devices-at-address"
ONE_BOX = "one-device-at-several"


@dataclass(frozen=True, slots=True)
class Placed:
    """A device that answered, and how it stands to the configuration.

    `address` is where it is best reached, `host:port`, or its host alone where it names no readable service address;
    `tls` says whether it asks for HTTPS there. `devices` are the ids it answers for; `reason` says why it is ignored.
    """

    found: Discovered
    address: str
    tls: bool
    standing: Standing
    devices: tuple[str, ...] = ()
    reason: str = ""


def take_stock(
    site: Site,
    found: Iterable[Discovered],
    names: Mapping[str, tuple[str, ...]] | None = None,
    behind: frozenset[str] = frozenset(),
) -> tuple[Placed, ...]:
    """Say of every device that answered how it stands to the configuration, in the order of the answers.

    A device is a configured one when a service address of it, or a port of it at the address that it answered from,
    is a configured host and port; also when it alone answers from the host of only one configured device, since the
    port that devices name is often wrong.

    Args:
        site: The configuration.
        found: What answered, merged.
        names: Addresses of configured hosts that are names.
        behind: Hosts and MACs of cameras that stand among the channels of a configured recorder, as `behind` gives.
    """
    found = tuple(found)
    hosts = {device.id: {device.host.lower(), *(names or {}).get(device.host, ())} for device in site.devices}
    ports = {device.id: device.port for device in site.devices}
    at = {id_: {joined(host, ports[id_]) for host in hosts[id_]} for id_ in hosts}
    answering = Counter(sender for one in found for sender in one.senders)
    placed = []
    for one in found:
        services = _services(one)
        named = {joined(host, port) for host, port, _ in services}
        devices = _matching(at, named)
        devices = devices or _matching(at, {joined(s, port) for s in one.senders for _, port, _ in services})
        if not devices and all(answering[sender] == 1 for sender in one.senders):
            candidates = _matching(hosts, set(one.senders))
            devices = candidates if len(candidates) == 1 else ()
        marks = {*one.senders, *(host for host, _, _ in services), *named, mac_of(one)} - {""}
        address, tls = _best(one, services)
        ignored = next((i for i in site.discovery.ignore if _is_ignored(i, one, marks)), None)
        if devices:
            placed.append(Placed(one, address, tls, "configured", devices))
        elif ignored:
            placed.append(Placed(one, address, tls, "ignored", reason=ignored.reason))
        else:
            placed.append(Placed(one, address, tls, "undeclared" if behind.isdisjoint(marks) else "behind"))
    return tuple(placed)


def doubled(placed: Iterable[Placed]) -> dict[str, str]:
    """Return, by device id, why its address is not that of exactly one box: two boxes at one, or one box at several."""
    reasons: dict[str, str] = {}
    answers: Counter[str] = Counter()
    for one in placed:
        answers.update(one.devices)
        if len(one.devices) > 1:
            reasons |= dict.fromkeys(one.devices, ONE_BOX)
    return reasons | {device: TWO_BOXES for device, count in answers.items() if count > 1}


def behind(observations: Iterable[Observation]) -> frozenset[str]:
    """Return hosts and MACs of the cameras that recorders list as theirs, whether they are connected or not.

    A MAC is written as `mac_of` writes it, however the recorder does.
    """
    channels = [channel for o in observations if isinstance(o.value, Channels) for channel in o.value.channels]
    macs = [re.sub(r"[^0-9a-f]", "", channel.mac.lower()) for channel in channels]
    hosts = {channel.host.lower() for channel in channels if channel.host}
    return frozenset(hosts | {":".join(mac[n : n + 2] for n in range(0, 12, 2)) for mac in macs if len(mac) == 12})


def empty_channels(site: Site, facts: Facts, device: str) -> tuple[str, ...]:
    """Return the cameras of a device whose channel has no video source: an empty channel is not a camera."""
    ids = [c.camera.id for c in site.cameras if c.camera.device == device]
    return tuple(id_ for id_ in ids if (s := facts.one(f"camera:{id_}", Streams)) is not None and not s.streams)


def look_around(
    site: Site,
    heard: Sweep,
    observations: tuple[Observation, ...],
    sightings: tuple[Sighting, ...],
    identities: Mapping[str, Remembered],
    now: datetime,
) -> tuple[Around, tuple[Sighting, ...], Mapping[str, Remembered]]:
    """Join one round of discovery and the devices' identities with what is remembered.

    Cameras that a configured recorder lists among its channels belong to it.

    While a configured host name has no address nobody is a stranger yet: it may be that device under its number.
    """
    placed = take_stock(site, heard.found, heard.names, behind(observations))
    nameless = tuple(name for name, addresses in heard.names.items() if not addresses)
    unknown = [_sighting(one, now) for one in placed if one.standing == "undeclared" and not nameless]
    settled = {mark for one in placed if one.standing != "undeclared" for mark in _sighting(one, now).marks}
    settled |= {joined(device.host.lower(), device.port) for device in site.devices}
    sightings = counted(sightings, unknown, frozenset(settled), now, window(site.period_s))
    ids = {device.id for device in site.devices} | {f"camera:{one.camera.id}" for one in site.cameras}
    known = {device: box for device, box in identities.items() if device in ids}
    seen = proven_marks(site, observations)
    around = Around(
        failed=heard.failed + nameless,
        strangers=tuple(s for s in sightings if s.counts),
        newcomers=tuple(s for s in sightings if not s.counts and s.last_at == now),
        ignored=sum(one.standing == "ignored" for one in placed),
        doubled=doubled(placed),
        remembered=known,
    )
    return around, sightings, remembered(known, seen, now)


def joined(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _matching(places: Mapping[str, set[str]], wanted: set[str]) -> tuple[str, ...]:
    return tuple(id_ for id_, ours in places.items() if not ours.isdisjoint(wanted))


def _is_ignored(ignored: Ignored, one: Discovered, marks: set[str]) -> bool:
    if ignored.endpoint:
        return ignored.endpoint.lower() == one.endpoint.lower()
    return ignored.address.lower() in marks


def _sighting(one: Placed, now: datetime) -> Sighting:
    return Sighting(one.address, digest(one.found.endpoint.lower()), digest(mac_of(one.found)), now, (now,))


def _services(one: Discovered) -> tuple[tuple[str, int, bool], ...]:
    """Return host, port and TLS of every service address that can be read; a device may name any nonsense as one."""
    services = []
    for xaddr in one.xaddrs:
        try:
            parts = urlsplit(xaddr)
            tls = parts.scheme == "https"
            port = parts.port or (443 if tls else 80)
        except ValueError:
            continue
        if parts.hostname and is_host(parts.hostname):
            services.append((parts.hostname, port, tls))
    return tuple(services)


def _best(one: Discovered, services: tuple[tuple[str, int, bool], ...]) -> tuple[str, bool]:
    """Return the service at an address that it really answered from, else the first, else that address alone."""
    for host, port, tls in [*(service for service in services if service[0] in one.senders), *services]:
        return joined(host, port), tls
    return one.address, False

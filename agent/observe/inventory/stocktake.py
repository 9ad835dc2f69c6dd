"""Matches the configuration with discovery: devices present, configured, ignored or unknown. Pure.

What a device reports of itself is a claim, trusted only to recognize it. A device that hides from discovery is not
found by it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from urllib.parse import urlsplit

from agent.model.host_name import is_host
from agent.observe.facts.facts import Facts, NetworkFacts
from agent.observe.facts.sightings import KnownBox, Sighting, digest
from agent.site.config.site import CameraConfig, Ignored, Site
from drivers.discovery.answer import Discovered, Sweep, mac_of
from drivers.footage import Channel, Channels
from drivers.model import Observation
from drivers.picture import Streams

Match = Literal["configured", "behind", "ignored", "undeclared"]

TWO_BOXES = "two-devices-at-address"
ONE_BOX = "one-device-at-several"


@dataclass(frozen=True, slots=True)
class MatchedAnswer:
    """A device that answered, matched with the configuration.

    `address` is where it is best reached, `host:port`, or its host alone where it names no readable service address;
    `tls`: it asks for HTTPS there. `devices` are the ids it answers for; `reason`: why it is ignored.
    """

    found: Discovered
    address: str
    tls: bool
    standing: Match
    devices: tuple[str, ...] = ()
    reason: str = ""


def take_stock(
    site: Site,
    found: Iterable[Discovered],
    names: Mapping[str, tuple[str, ...]] | None = None,
    behind: frozenset[str] = frozenset(),
) -> tuple[MatchedAnswer, ...]:
    """Match every device that answered with the configuration, in the order of the answers.

    A device is a configured one when one of its service addresses, or one of its ports at the address that it answered
    from, is a configured host and port; also when it alone answers from the host of only one configured device, since
    the port that devices name is often wrong.

    `names`: addresses of configured host names. `behind`: result of `hosts_behind`.
    """
    found = tuple(found)
    places = _Configured.of(site, names or {}, found)
    return tuple(_matched(one, places, site.discovery.ignore, behind) for one in found)


@dataclass(frozen=True, slots=True)
class _Configured:
    """Places of the configured devices, by id: their hosts, each `host:port`; and the number of answers by address."""

    hosts: Mapping[str, set[str]]
    at: Mapping[str, set[str]]
    answering: Counter[str]

    @classmethod
    def of(cls, site: Site, names: Mapping[str, tuple[str, ...]], found: Iterable[Discovered]) -> _Configured:
        hosts = {device.id: {device.host.lower(), *names.get(device.host, ())} for device in site.devices}
        at = {device.id: {host_port(host, device.port) for host in hosts[device.id]} for device in site.devices}
        return cls(hosts, at, Counter(sender for one in found for sender in one.senders))

    def answered(self, one: Discovered, services: tuple[tuple[str, int, bool], ...]) -> tuple[str, ...]:
        """Return the ids of the devices that one answer is of; none for a stranger."""
        named = _matching(self.at, {host_port(host, port) for host, port, _ in services})
        named = named or _matching(self.at, {host_port(s, port) for s in one.senders for _, port, _ in services})
        if named or any(self.answering[sender] != 1 for sender in one.senders):
            return named
        candidates = _matching(self.hosts, set(one.senders))
        return candidates if len(candidates) == 1 else ()


def _matched(one: Discovered, places: _Configured, ignore: Iterable[Ignored], behind: frozenset[str]) -> MatchedAnswer:
    services = _services(one)
    address, tls = _best(one, services)
    devices = places.answered(one, services)
    if devices:
        return MatchedAnswer(one, address, tls, "configured", devices)
    named = {host_port(host, port) for host, port, _ in services}
    marks = {*one.senders, *(host for host, _, _ in services), *named, mac_of(one)} - {""}
    ignored = next((i for i in ignore if _is_ignored(i, one, marks)), None)
    if ignored:
        return MatchedAnswer(one, address, tls, "ignored", reason=ignored.reason)
    return MatchedAnswer(one, address, tls, "undeclared" if behind.isdisjoint(marks) else "behind")


def ambiguous(placed: Iterable[MatchedAnswer]) -> dict[str, str]:
    """Return, by device id, why its address is not that of exactly one box: two at one, or one at several."""
    reasons: dict[str, str] = {}
    answers: Counter[str] = Counter()
    for one in placed:
        answers.update(one.devices)
        if len(one.devices) > 1:
            reasons |= dict.fromkeys(one.devices, ONE_BOX)
    return reasons | {device: TWO_BOXES for device, count in answers.items() if count > 1}


def hosts_behind(observations: Iterable[Observation]) -> frozenset[str]:
    """Return hosts and MACs of the cameras that recorders list as theirs, connected or not.

    MACs are in the notation of `mac_of`.
    """
    channels = [channel for o in observations if isinstance(o.value, Channels) for channel in o.value.channels]
    macs = [re.sub(r"[^0-9a-f]", "", channel.mac.lower()) for channel in channels]
    hosts = {channel.host.lower() for channel in channels if channel.host}
    return frozenset(hosts | {":".join(mac[n : n + 2] for n in range(0, 12, 2)) for mac in macs if len(mac) == 12})


def empty_channels(site: Site, facts: Facts, device: str) -> tuple[str, ...]:
    """Return the cameras of a device whose channel has no video source: an empty channel is not a camera.

    Not those that are lost, or without a signal: a camera was there.
    """
    ours = (one for one in site.cameras if one.camera.device == device)
    ids = [one.camera.id for one in ours if without_signal(facts, one) is None]
    found = ((id_, facts.one(f"camera:{id_}", Streams)) for id_ in ids)
    return tuple(id_ for id_, streams in found if streams is not None and not streams.streams and not streams.lost)


def without_signal(facts: Facts, camera: CameraConfig) -> Channel | None:
    """Return the analogue input of a camera that has no signal; None for all others, also where that is not told.

    Source: Hikvision ISAPI, VideoInputChannel: `resDesc` is `NO VIDEO` for an input of its own without a signal.
    """
    channels = facts.one(f"device:{camera.camera.device}", Channels)
    own = (one for one in channels.channels if one.number == camera.camera.channel) if channels is not None else ()
    return next((one for one in own if one.state == "empty" and "NO VIDEO" in one.word.upper()), None)


@dataclass(frozen=True, slots=True)
class Stock:
    """The answers to discovery of one look, matched with the configuration.

    `strangers`: undeclared ones; `settled`: marks of what is declared or ignored. `failed` names what could not be
    asked or heard.
    """

    placed: tuple[MatchedAnswer, ...] = ()
    strangers: tuple[Sighting, ...] = ()
    settled: frozenset[str] = frozenset()
    failed: tuple[str, ...] = ()


NO_ANSWERS: Final = Stock()


def stock_of(site: Site, heard: Sweep, observations: Iterable[Observation], now: datetime) -> Stock:
    """Match the answers of one round of discovery.

    Cameras among the channels of a configured recorder belong to it. While a configured host name has no address nobody
    is a stranger: it may be that device under its number.
    """
    placed = take_stock(site, heard.found, heard.names, hosts_behind(observations))
    nameless = tuple(name for name, addresses in heard.names.items() if not addresses)
    strangers = tuple(_sighting(one, now) for one in placed if one.standing == "undeclared" and not nameless)
    settled = {mark for one in placed if one.standing != "undeclared" for mark in _sighting(one, now).marks}
    settled |= {host_port(device.host.lower(), device.port) for device in site.devices}
    return Stock(placed, strangers, frozenset(settled), heard.failed + nameless)


def network_facts(
    stock: Stock, sightings: Iterable[Sighting], known: Mapping[str, KnownBox], now: datetime
) -> NetworkFacts:
    """Return the network's facts.

    `sightings` of strangers include this look; `known` are the boxes that belonged to the configured devices before it.
    """
    sightings = tuple(sightings)
    return NetworkFacts(
        failed=stock.failed,
        strangers=tuple(s for s in sightings if s.counts),
        newcomers=tuple(s for s in sightings if not s.counts and s.last_at == now),
        ignored=sum(one.standing == "ignored" for one in stock.placed),
        doubled=ambiguous(stock.placed),
        remembered=known,
    )


def configured_boxes(site: Site, identities: Mapping[str, KnownBox]) -> dict[str, KnownBox]:
    """Return the boxes of configured devices and cameras."""
    ids = {device.id for device in site.devices} | {f"camera:{one.camera.id}" for one in site.cameras}
    return {device: box for device, box in identities.items() if device in ids}


def host_port(host: str, port: int) -> str:
    """Return `host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _matching(places: Mapping[str, set[str]], wanted: set[str]) -> tuple[str, ...]:
    return tuple(id_ for id_, ours in places.items() if not ours.isdisjoint(wanted))


def _is_ignored(ignored: Ignored, one: Discovered, marks: set[str]) -> bool:
    if ignored.endpoint:
        return ignored.endpoint.lower() == one.endpoint.lower()
    return ignored.address.lower() in marks


def _sighting(one: MatchedAnswer, now: datetime) -> Sighting:
    return Sighting(one.address, digest(one.found.endpoint.lower()), digest(mac_of(one.found)), now, (now,))


def _services(one: Discovered) -> tuple[tuple[str, int, bool], ...]:
    """Return host, port and TLS of every readable service address; a device may name any nonsense as one.

    One that answered its maker's search alone is at the HTTP port that it names there.
    """
    if one.told and one.told.http_port and not one.xaddrs:
        return ((one.address, one.told.http_port, False),)
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
    """Return a service at an address that it answered from, else the first, else that address alone."""
    for host, port, tls in [*(service for service in services if service[0] in one.senders), *services]:
        return host_port(host, port), tls
    return one.address, False

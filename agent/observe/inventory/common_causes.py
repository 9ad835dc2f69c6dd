"""Infers the common cause of devices that vanished together, and who must repair it. Pure.

Nothing is asked for it: a recorder and its cameras, the devices of one network, all devices and the gateway's own boot
are enough. The rest is `unknown`, with the reason. The class is a hint for the repairer; no status depends on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from ipaddress import IPv4Address, ip_network
from typing import Final, Literal

from agent.model.finding import Finding, Json
from agent.observe.facts.facts import Facts
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day, standing
from drivers.details import Host
from drivers.footage import Channels
from drivers.model import Device, Identity, Reason, Services

FaultClass = Literal["power", "network-group", "recorder", "disk", "camera", "credential", "agent", "unknown"]
Responsible = Literal["operator", "maintainer", "carrier"]

SHARED_ID: Final = "shared-fault"
ONLINE_ID: Final = "camera-online"

BOOTED_WITHIN_PERIODS: Final = 2
"""A gateway that booted within so many periods went down with what vanished, or was restarted because of it."""

_NETWORK_BITS: Final = 24
_SILENT: Final[frozenset[Reason]] = frozenset({"unreachable", "deadline"})
_LOGIN: Final[frozenset[str]] = frozenset({"refused", "not-tried"})

_OF_CHECK: Final[Mapping[str, tuple[FaultClass, Responsible, str]]] = {
    "storage-health": ("disk", "maintainer", "the recorder tells of its disk"),
    "gateway-health": ("agent", "maintainer", "the gateway tells of itself"),
    "hub-delivery": ("agent", "carrier", "the site's own devices answer, the way to the hub does not"),
    "hub-certificate": ("agent", "operator", "the certificate lies on the gateway"),
}

_MENDS: Final[Mapping[FaultClass, Responsible]] = {"power": "operator", "credential": "operator", "unknown": "operator"}
"""Who mends what is nobody else's; the rest is the maintainer's."""


@dataclass(frozen=True, slots=True)
class Group:
    """What vanished together: keys of the single findings, and the inferred cause."""

    fault_class: FaultClass
    where: str
    members: tuple[str, ...]
    why: str


def vanished_groups(site: Site, facts: Facts) -> tuple[Group, ...]:
    """Return what vanished together, each member in one group only.

    All devices of a site; else all devices of a network, while others answer; else all cameras behind a recorder.
    """
    silent = [device for device in site.devices if is_silent(facts, device)]
    if len(silent) > 1 and len(silent) == len(site.devices):
        keys = tuple(online_key(site, device) for device in silent)
        host = facts.one("site", Host)
        if host is not None and host.uptime_s <= BOOTED_WITHIN_PERIODS * site.period_s:
            return (Group("power", "site", keys, "all devices vanished and the gateway has just booted"),)
        return (Group("network-group", "site", keys, "all devices vanished while the gateway ran on"),)
    found = []
    for network, devices in _networks(site).items():
        if len(devices) > 1 and all(device in silent for device in devices):
            keys = tuple(online_key(site, device) for device in devices)
            found.append(Group("network-group", network, keys, "all devices of one network vanished, others answer"))
    for device in site.devices:
        lost = _lost_behind(site, facts, device)
        if len(lost) > 1:
            found.append(Group("network-group", device.id, lost, "the recorder answers and has lost every camera"))
    return tuple(found)


def attribute_common_causes(
    site: Site, facts: Facts, findings: tuple[Finding, ...], now: datetime
) -> tuple[Finding, ...]:
    """Attribute what vanished together to one finding, and add class and repairer to every cause."""
    shared = {key: group for group in vanished_groups(site, facts) for key in group.members}
    told = any(one.check == SHARED_ID and one.status == "fail" for one in findings)
    return tuple(_attributed(site, one, shared if told else {}, now) for one in findings)


def is_silent(facts: Facts, device: Device) -> bool:
    """Tell whether a device did not answer at all; one that refuses a login has answered."""
    subject = f"device:{device.id}"
    if facts.one(subject, Identity) is not None or facts.one(subject, Services) is not None:
        return False
    return facts.why_not(subject, "identity").reason in _SILENT


def online_key(site: Site, device: Device) -> str:
    """Return the key of the finding that a device, or its only camera, does not answer."""
    cameras = [one.camera.id for one in site.cameras if one.camera.device == device.id]
    return f"{ONLINE_ID} camera:{cameras[0]}" if len(cameras) == 1 else f"{ONLINE_ID} device:{device.id}"


def _attributed(site: Site, finding: Finding, shared: Mapping[str, Group], now: datetime) -> Finding:
    if finding.status in ("pass", "not_applicable") or finding.caused_by:
        return finding
    if finding.key in shared:
        return replace(finding, caused_by=f"{SHARED_ID} site")
    found = _class_of(site, finding)
    if found is None:
        return finding
    fault_class, role, why = found
    evidence: dict[str, Json] = {"fault_class": fault_class, "fault_why": why, "responsible": role}
    name = _responsible_name(site, finding, role, now)
    evidence |= {"responsible_name": name} if name else {}
    return replace(finding, evidence={**finding.evidence, **evidence})


def _class_of(site: Site, finding: Finding) -> tuple[FaultClass, Responsible, str] | None:
    if finding.check in _OF_CHECK:
        return _OF_CHECK[finding.check]
    if finding.check == SHARED_ID:
        kind: FaultClass = "power" if finding.reason == "power" else "network-group"
        return kind, _MENDS.get(kind, "maintainer"), str(finding.evidence.get("why", ""))
    if finding.check != ONLINE_ID:
        return None
    if finding.reason in _LOGIN:
        return "credential", "operator", "it answers and refuses the login"
    if finding.reason == "channel-offline":
        return "camera", "maintainer", "its recorder answers, and other cameras behind it or none were lost"
    if finding.reason in _SILENT and finding.subject.startswith("device:"):
        return "recorder", "maintainer", "the recorder is silent, and nothing else vanished with it"
    if finding.reason in _SILENT:
        return "camera", "maintainer", "the camera is silent, and nothing else vanished with it"
    if finding.reason == "dark":
        return "camera", "maintainer", "it delivers a picture that shows nothing"
    return "unknown", "operator", f"nothing else vanished with it, and it says {finding.reason}"


def _responsible_name(site: Site, finding: Finding, role: Responsible, now: datetime) -> str:
    """Return the one declared person in this role for the finding's cameras, else empty."""
    if role == "carrier":
        return ""
    duty = "maintainer" if role == "maintainer" else "owner"
    kind, _, name = finding.subject.partition(":")
    own = {"camera": {name}, "device": {c.camera.id for c in site.cameras if c.camera.device == name}}
    cameras = own.get(kind, {c.camera.id for c in site.cameras})
    today = local_day(site, now)
    names = {str(standing(site, duty, today, camera).value or "") for camera in cameras}
    return names.pop() if len(names) == 1 else ""


def _networks(site: Site) -> dict[str, list[Device]]:
    found: dict[str, list[Device]] = {}
    for device in site.devices:
        try:
            address = IPv4Address(device.host)
        except ValueError:
            continue
        network = str(ip_network((address, _NETWORK_BITS), strict=False))
        found.setdefault(network, []).append(device)
    return found


def _lost_behind(site: Site, facts: Facts, device: Device) -> tuple[str, ...]:
    """Return the keys of all cameras behind a recorder that has lost every one of them, else nothing."""
    channels = facts.one(f"device:{device.id}", Channels)
    states = {one.number: one.state for one in channels.channels} if channels else {}
    cameras = [one.camera for one in site.cameras if one.camera.device == device.id]
    if any(states.get(camera.channel) != "offline" for camera in cameras):
        return ()
    return tuple(f"{ONLINE_ID} camera:{camera.id}" for camera in cameras)

"""Builds the site of a single address, without a file: one device, and the channels that it has. Pure.

Nothing is declared of it, so that only what it shows by itself is judged.
"""

import re
from dataclasses import replace
from pathlib import Path
from typing import Final

from agent.model.finding import Finding
from agent.observe.facts.facts import Facts
from agent.site.config.site import CameraConfig, Site, Storage
from agent.text.harmless import printable
from drivers.details import VideoSources
from drivers.footage import Channels
from drivers.model import Camera, Device, Recordings

CHANNELS_MAX = 256
NAME_CHARS_MAX = 64
OF_HOST: Final = ("privacy-mask-present", "clock-offset", "osd-compliant", "osd-label-unique", "facts-unread")
"""Checks whose finding on the site is about the host too; all others are about a site that is not there."""


def site_of(device: Device, directory: Path) -> Site:
    """Return a site of one device with one camera; the device's id is set from its host.

    `directory` is for the files of the look.
    """
    named = replace(device, id=id_of(device.host))
    camera = CameraConfig(Camera("camera-1", named.id))
    storage = Storage(directory, directory)
    return Site("check", "none", "000000", named.host, devices=(named,), cameras=(camera,), storage=storage)


def id_of(host: str) -> str:
    """Return an id made of a host name or address."""
    return f"device-{re.sub(r'[^0-9a-z]+', '-', host.lower()).strip('-')}"[:NAME_CHARS_MAX]


def with_channels(site: Site, facts: Facts) -> Site:
    """Return the site of `site_of` with a camera for each channel of its device, and whether it records them."""
    (device,) = site.devices
    subject = f"device:{device.id}"
    recorder, sources = facts.one(subject, Channels), facts.one(subject, VideoSources)
    named: dict[int, str] = {}
    if recorder is not None:
        named = {one.number: one.name for one in recorder.channels if one.state != "empty"}
    elif sources is not None:
        named = {one.channel: one.name for one in sources.sources}
    recorded = any(
        held.spans for camera in site.cameras for held in facts.all(f"camera:{camera.camera.id}", Recordings)
    )
    cameras = tuple(
        CameraConfig(Camera(f"camera-{number}", device.id, printable(name), channel=number), recorded=recorded)
        for number, name in sorted(named.items())[:CHANNELS_MAX]
    )
    return replace(site, cameras=cameras or tuple(replace(camera, recorded=recorded) for camera in site.cameras))


def of_host(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Return the findings that judge the host and its channels, without those on papers, hub and service of a site."""
    return tuple(
        one for one in findings if one.subject != "site" or (one.check in OF_HOST and one.status != "not_applicable")
    )

"""Reads devices for the page: a look at cameras with all their pictures, and one fresh picture of one path.

Sends what the service's own look sends, and nothing else. One session for each device at a time, also beside a running
service, is the transport's rule (`drivers/http/one_session.py`).
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from agent.judge.wording.picture_words import path_word
from agent.observe.probe.devices import probe
from agent.observe.probe.fan_out import FanOut, Task, Watch
from agent.observe.probe.stores import read_stores
from agent.onsite.masks_look.look import LIVE, ORDER
from agent.onsite.ui.refusals import NotFound, NotGranted
from agent.site.config.site import Site
from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.exchange import Transport
from drivers.model import Camera, Device, Observation, Observations, Picture, Reason, Unavailable
from drivers.picture import PathName

LIVE_WITHIN_S: Final = 20.0
"""So long one fresh picture may take, however long a look may: a person waits, and the page's answer has its time."""

Seen = tuple[Observations, tuple[Picture, ...]]


def part_of(site: Site, ids: Collection[str]) -> Site:
    """Return the site with these cameras alone, and the devices that they are read through; all where none is named.

    Raises NotFound for a camera that the site does not have.
    """
    if not ids:
        return site
    if not set(ids) <= {one.camera.id for one in site.cameras}:
        raise NotFound("site.toml has no such camera")
    cameras = tuple(one for one in site.cameras if one.camera.id in ids)
    needed = {one.camera.device for one in cameras}
    return replace(site, cameras=cameras, devices=tuple(one for one in site.devices if one.id in needed))


def look(
    site: Site,
    credentials: Credentials,
    clock: Callable[[], datetime],
    progress: Callable[[], None],
    arrived: Callable[[str], None],
) -> Seen:
    """Read every device of a site, and its stores. `arrived` is called with the id of each device that is back."""
    probed = probe(site, credentials, clock, progress, arrived=arrived)
    every = {one.camera.id: frozenset(ORDER) for one in site.cameras}
    stored = read_stores(site, every, clock(), progress)
    return stored.observations + probed.observations, stored.pictures + probed.pictures


def fresh_picture(
    site: Site,
    camera: Camera,
    path: PathName,
    told: Observations,
    credentials: Credentials,
    clock: Callable[[], datetime],
) -> Picture:
    """Fetch one picture of one live path, as the last look found it. Raises NotGranted with the reason."""
    if path not in LIVE:
        raise NotGranted(
            "{path} is a recording: only live paths can be looked at again by themselves", path=path_word(path)
        )
    device = next(one for one in site.devices if one.id == camera.device)
    own = tuple(one for one in told if one.subject == f"camera:{camera.id}")
    if not own:
        raise NotGranted("this camera was not looked at yet: look again")

    def read(transport: Transport) -> Seen:
        pictures, more = fetch_pictures((camera,), own, transport, {camera.id: (path,)})
        return more, pictures

    def missing(reason: Reason, detail: str) -> Seen:
        return (Observation(f"camera:{camera.id}", Unavailable("picture", reason, detail, path), clock(), "live"),), ()

    more, pictures = _one_device(device, min(site.probe.deadline_s, LIVE_WITHIN_S), read, missing, credentials, clock)
    found = next((one for one in pictures if one.path == path), None)
    if found is None:
        why = (one.value for one in more if isinstance(one.value, Unavailable) and one.value.path == path)
        reason = next((one.reason for one in why), "not-looked-at")
        raise NotGranted("no picture came on path {path}: {reason}", path=path_word(path), reason=reason)
    return found


def _one_device(
    device: Device,
    deadline_s: float,
    read: Callable[[Transport], Seen],
    missing: Callable[[Reason, str], Seen],
    credentials: Credentials,
    clock: Callable[[], datetime],
) -> Seen:
    running: FanOut[Seen] = FanOut(1, credentials, clock, Watch(), "looking")
    running.start([Task(device, deadline_s, read, missing)])
    return next(iter(running.arrivals()))[1]

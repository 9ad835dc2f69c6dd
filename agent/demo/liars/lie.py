"""Defines a lie: its world, what it fakes, how a device lies, and which findings would be wrong after it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from agent.demo.onvif.device_view import DeviceView
from agent.demo.rtsp.target import Target
from agent.demo.world.cameras import DemoCamera, DemoDevice
from agent.demo.world.lying import HONEST, Lying
from agent.model.finding import Message

WorldName = Literal["onvif", "hikvision", "dahua", "store"]
Allowed = tuple[str, ...]

NOT_PASS: Allowed = ("fail", "warn", "unknown")
"""What a lie must not turn into a pass, where the product may know or may not."""
UNKNOWN: Allowed = ("unknown",)
"""Neither pass nor fail would be true."""
NOT_FAIL: Allowed = ("pass", "unknown", "not_applicable")
"""What is well all the same: a finding that it is not would be as false."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How a world lies: by what a device says and streams, by other rows, by files of its store.

    `files` is called with the store's folder and the time of each look, after the honest recorder has written.
    """

    lying: Lying = HONEST
    rows: tuple[DemoCamera | DemoDevice, ...] = ()
    files: Callable[[Path, datetime], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lie:
    """One lie. `makes` is called anew for each run, so that a lie may remember what it has told.

    `fakes` is what it makes look true, in a few words. `right` maps the key of a finding (check and subject) to the
    statuses that are true after it; all other findings may be what they are. `looks`: how many looks it is told for.
    """

    name: str
    world: WorldName
    fakes: Message
    makes: Callable[[], Telling]
    right: Mapping[str, Allowed] = field(default_factory=dict)
    looks: int = 1


def says(change: Callable[[str, bytes], bytes]) -> Telling:
    """Return a telling that changes what the device says."""
    return Telling(lying=Lying(says=change))


def changed(asked: str, pattern: str, to: str | Callable[[re.Match[str]], str]) -> Callable[[str, bytes], bytes]:
    """Return what changes every match in the answers to what was asked (in any case)."""

    def change(what: str, body: bytes) -> bytes:
        if asked.lower() not in what.lower():
            return body
        return re.sub(pattern, to, body.decode(), flags=re.DOTALL).encode()

    return change


def noted(lying: Lying, told: list[str]) -> Lying:
    """Return the same lie, which adds what was asked to `told` each time that it differs from the truth."""

    def say(asked: str, body: bytes) -> bytes:
        try:
            said = lying.says(asked, body)
        except Exception:
            told.append(asked)
            raise
        told.extend([asked] if said != body else [])
        return said

    def aim(target: Target, view: DeviceView) -> Target | None:
        aimed = lying.aims(target, view)
        told.extend([target.path] if aimed != target else [])
        return aimed

    def show(camera: DemoCamera) -> DemoCamera:
        shown = lying.shows(camera)
        told.extend([camera.id] if shown != camera else [])
        return shown

    def describe(text: str) -> str:
        described = lying.sdp(text)
        told.extend(["DESCRIBE"] if described != text else [])
        return described

    def opens(url: str) -> bool:
        opened = lying.opens(url)
        told.extend([url] if opened else [])
        return opened

    return Lying(says=say, aims=aim, shows=show, sdp=describe, opens=opens, tells=lying.tells)

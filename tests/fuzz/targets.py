"""The table of fuzzing targets: every parser that reads bytes from a device, a broker, a disk, or another program."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from fuzz.target import Target

TARGETS: Final[Mapping[str, str]] = {
    "reading": "fuzz.of_devices:DEVICES",
    "onvif": "fuzz.of_devices:DEVICES",
    "isapi": "fuzz.of_devices:DEVICES",
    "cgi": "fuzz.of_devices:DEVICES",
    "rtsp": "fuzz.of_streams:STREAMS",
    "http": "fuzz.of_streams:STREAMS",
    "link-sip": "fuzz.of_links:LINKS",
    "link-bodies": "fuzz.of_links:LINKS",
    "link-pictures": "fuzz.of_links:LINKS",
    "link-line": "fuzz.of_links:LINKS",
    "link-certificate": "fuzz.of_links:LINKS",
    "mqtt": "fuzz.of_messages:MESSAGES",
    "signed": "fuzz.of_messages:MESSAGES",
    "hub": "fuzz.of_messages:MESSAGES",
    "views": "fuzz.of_views:VIEWS",
    "enroll": "fuzz.of_enrollment:ENROLLMENT",
    "config": "fuzz.of_files:FILES",
    "ledger": "fuzz.of_files:FILES",
    "carried": "fuzz.of_carried:CARRIED",
    "store": "fuzz.of_carried:CARRIED",
    "container": "fuzz.of_containers:CONTAINERS",
    "units": "fuzz.of_bitstreams:BITSTREAMS",
    "jpeg": "fuzz.of_bitstreams:BITSTREAMS",
    "picture": "fuzz.of_worker:WORKER",
}
"""Where each stands. Only the module of the one that runs is loaded: instrumenting the whole product takes a minute."""


def load(name: str) -> Target:
    """Return a target by its name."""
    module, _, table = TARGETS[name].partition(":")
    found: Target = getattr(import_module(module), table)[name]
    return found

"""Prints the card of a zone: the masks that a person draws on the device's own page. `camwarden masks card`.

The device is read as in a look, without pictures; where it does not answer, the card says what is unknown. Nothing is
written to it.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from dataclasses import replace

from agent.commands.terminal.progress_line import progress_line
from agent.host.clock import utc_now
from agent.host.files import as_owner_of
from agent.host.not_ours import require_readable
from agent.host.paths import credentials_file
from agent.model import exits
from agent.model.errors import UsageError
from agent.model.finding import Json, Message, listed
from agent.observe.facts.facts import Facts, gather
from agent.observe.probe.devices import probe
from agent.onsite.cards.card import card
from agent.onsite.cards.encode import card_json, card_lines
from agent.onsite.cards.known import known_of
from agent.site.config.load import load
from agent.site.config.site import CameraConfig, PrivateZone, Site
from agent.text.harmless import json_text, printable
from drivers.credentials import Credentials

SCHEMA = "camwarden-masks-card/1"


def run(args: argparse.Namespace) -> int:
    """Print the card; exit code 1 where the zone cannot be drawn, or no mask is free.

    Raises:
        UsageError: There is no such camera or zone, or the number of free masks is none.
    """
    site = load(args.config)
    require_readable(site.storage.directory)
    camera = next((one for one in site.cameras if one.camera.id == args.camera), None)
    if camera is None:
        raise UsageError("site.toml has no camera {camera!r}", camera=printable(args.camera))
    preset, zone = _zone_of(camera, args.zone)
    beside = [one for at, one in _zones(camera) if at == preset and one is not zone]
    known = known_of(site, camera, _read(site, camera, args))
    made = card(zone, known, beside=beside, free=args.free, rectangles=args.rectangles, preset=preset)
    if args.json:
        named: dict[str, Json] = {"schema": SCHEMA, "camera": camera.camera.id, "zone": zone.name}
        sys.stdout.write(json_text({**named, **card_json(made, "en")}) + "\n")
    elif not args.quiet:
        sys.stdout.write("".join(f"{line}\n" for line in card_lines(made, args.lang)))
    return exits.FAILS if made.refusal is not None else exits.OK


def _zones(camera: CameraConfig) -> Iterator[tuple[str, PrivateZone]]:
    """Yield every zone of a camera with its preset, empty where it is of the fixed picture."""
    yield from (("", zone) for zone in camera.zones)
    yield from ((preset.name, zone) for preset in camera.presets for zone in preset.zones)


def _zone_of(camera: CameraConfig, name: str) -> tuple[str, PrivateZone]:
    """Return a zone by its name, or by PRESET/NAME, and its preset. Raises UsageError: none has it, or several have."""
    found = [(at, zone) for at, zone in _zones(camera) if name in (zone.name, f"{at}/{zone.name}")]
    if len(found) == 1:
        return found[0]
    names = listed(printable(f"{at}/{zone.name}" if at else zone.name) for at, zone in _zones(camera)) or "none"
    if found:
        raise UsageError(
            "camera {camera} has several zones {zone!r}; write PRESET/NAME: {names}",
            camera=camera.camera.id,
            zone=printable(name),
            names=names,
        )
    raise UsageError(
        "camera {camera} has no private zone {zone!r}; it has: {names}",
        camera=camera.camera.id,
        zone=printable(name),
        names=names,
    )


def _read(site: Site, camera: CameraConfig, args: argparse.Namespace) -> Facts:
    """Read the camera's device, without any picture."""
    devices = tuple(one for one in site.devices if one.id == camera.camera.device)
    part = replace(site, cameras=(camera,), devices=devices)
    reading = Message("device {device} is read", {"device": camera.camera.device})
    with as_owner_of(site.storage.directory):
        remembered = credentials_file(site.storage.directory, os.environ)
        remembered.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with progress_line(args, reading):
            read = probe(part, Credentials(remembered), utc_now, paths={camera.camera.id: ()})
    return gather(read.observations)

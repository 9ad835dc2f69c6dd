"""Defines what is remembered of a site from one look to the next, as one frozen value."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.observe.facts.assessed_days import DayAssessed
from agent.observe.facts.restarts import RunningDevice
from agent.observe.facts.sightings import KnownBox, Sighting
from agent.observe.footage.bare import Bare
from agent.observe.footage.days import Footage
from agent.observe.footage.outages import Outage
from agent.observe.inventory.listings import Listings
from agent.observe.inventory.owners import Owners
from agent.observe.inventory.unconfigured import NOTHING_YET, Inventory
from agent.observe.pictures.framings import Framings
from agent.observe.pictures.moments import Moments, without
from agent.observe.pictures.preset_verdicts import Presets
from agent.observe.pictures.sensitivities import Sensitivities
from agent.observe.pictures.turns import PathResult
from agent.observe.pictures.view_memory import Quality, Views
from agent.observe.pictures.zone_verdicts import CameraVerdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The memory, one member for each area of the table (`table.py`).

    `sightings`: undeclared devices; `identities`: the box of each device id; `looked`: the last results of paths in
    rotation. `footage`: each camera's days; `outages` of cameras, devices and disks. `views` and `quality` of each
    camera's picture, by camera id; a camera without an approved view is not in `views`. `pooled`: which of its
    private zones failed; `presets`: the results of each preset of one that turns. `assessed`: the counts of municipal
    assessment, day by day. `running`: devices that report their uptime, by device id; `logs`: the oldest entry ever
    seen in each log, by subject. `inventory`: video sources, and what is not configured. `owners`: box and place of all
    memory of a camera, by camera id; `voided`: by camera id, the digest of an approval that names no box and was given
    for a replaced one. `bare`: when private zones were seen bare, by camera id, while the footage of it is there.
    `listings`: what each device lists by name, by subject and kind.
    `moments`: those that two cameras, or a camera and its footage, showed alike. `framings`: how each path of a camera
    frames its approved view, by camera id and path. `sensitivity`: the smallest faults that would have been found in
    each zone, by camera id.
    """

    sightings: tuple[Sighting, ...] = ()
    identities: Mapping[str, KnownBox] = field(default_factory=dict)
    looked: tuple[PathResult, ...] = ()
    footage: Footage = field(default_factory=dict)
    outages: tuple[Outage, ...] = ()
    views: Views = field(default_factory=dict)
    quality: Quality = field(default_factory=dict)
    pooled: tuple[CameraVerdicts, ...] = ()
    presets: Presets = field(default_factory=dict)
    assessed: tuple[DayAssessed, ...] = ()
    running: Mapping[str, RunningDevice] = field(default_factory=dict)
    logs: Mapping[str, datetime] = field(default_factory=dict)
    inventory: Inventory = NOTHING_YET
    owners: Owners = field(default_factory=dict)
    voided: Mapping[str, str] = field(default_factory=dict)
    bare: Bare = field(default_factory=dict)
    listings: Listings = field(default_factory=dict)
    moments: Moments = ()
    framings: Framings = field(default_factory=dict)
    sensitivity: Sensitivities = field(default_factory=dict)


EMPTY = Remembered()
"""The memory before the first look, or without a store."""


def without_pictures(remembered: Remembered, cameras: Collection[str]) -> Remembered:
    """Return the memory without any picture results of these cameras.

    When zones were bare stays: a fault that ended is no result of now, and nobody must be able to have it forgotten.
    """
    return replace(
        remembered,
        looked=tuple(one for one in remembered.looked if one.camera_id not in cameras),
        pooled=tuple(one for one in remembered.pooled if one.camera_id not in cameras),
        views={name: one for name, one in remembered.views.items() if name not in cameras},
        quality={name: one for name, one in remembered.quality.items() if name not in cameras},
        presets={name: one for name, one in remembered.presets.items() if name not in cameras},
        sensitivity={name: one for name, one in remembered.sensitivity.items() if name not in cameras},
        moments=without(remembered.moments, cameras),
        framings={key: one for key, one in remembered.framings.items() if key[0] not in cameras},
    )

"""Defines what is remembered of a site from one look to the next, as one frozen value."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from agent.observe.facts.assessed_days import DayAssessed
from agent.observe.facts.restarts import Running
from agent.observe.facts.sightings import KnownBox, Sighting
from agent.observe.footage.days import Footage
from agent.observe.footage.outages import Outage
from agent.observe.inventory.owners import Owners
from agent.observe.pictures.preset_verdicts import Presets
from agent.observe.pictures.turns import Looked
from agent.observe.pictures.view_memory import Quality, Views
from agent.observe.pictures.zone_verdicts import CameraGlances


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What is remembered, a member for each area of the table (`table.py`).

    `sightings` are devices that nobody declared; `identities` says which box belongs to which device id; `looked` is
    what was last seen on paths that are looked at in turn. `footage` is what each camera's days held; `outages` say
    when which camera, device or disk was not well. `views` and `quality` are what is known of each camera's picture, by
    camera id; a camera whose view nobody approved is not in `views`. `pooled`: what its last looks said of private
    zones; `presets`: the same of each preset of one that turns. `assessed`: what looks have counted for the city's
    assessment, day by day. `running`: what is known of devices that tell how long they have been up, by device id;
    `logs`: from when on the log of each subject was ever seen to reach. `owners`: which box and place all that is
    remembered of a camera is of, by camera id; `voided`: by camera id, the digest of an approval that names no box and
    was given for one that stands there no more.
    """

    sightings: tuple[Sighting, ...] = ()
    identities: Mapping[str, KnownBox] = field(default_factory=dict)
    looked: tuple[Looked, ...] = ()
    footage: Footage = field(default_factory=dict)
    outages: tuple[Outage, ...] = ()
    views: Views = field(default_factory=dict)
    quality: Quality = field(default_factory=dict)
    pooled: tuple[CameraGlances, ...] = ()
    presets: Presets = field(default_factory=dict)
    assessed: tuple[DayAssessed, ...] = ()
    running: Mapping[str, Running] = field(default_factory=dict)
    logs: Mapping[str, datetime] = field(default_factory=dict)
    owners: Owners = field(default_factory=dict)
    voided: Mapping[str, str] = field(default_factory=dict)


EMPTY = Remembered()
"""What is remembered before the first look, and where nothing is kept."""


def without_pictures(remembered: Remembered, cameras: Collection[str]) -> Remembered:
    """Return what is remembered without anything that was seen in pictures of these cameras."""
    return replace(
        remembered,
        looked=tuple(one for one in remembered.looked if one.camera_id not in cameras),
        pooled=tuple(one for one in remembered.pooled if one.camera_id not in cameras),
        views={name: one for name, one in remembered.views.items() if name not in cameras},
        quality={name: one for name, one in remembered.quality.items() if name not in cameras},
        presets={name: one for name, one in remembered.presets.items() if name not in cameras},
    )

"""Defines the memory that one cycle leaves for the next: one frozen value, committed with the reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from agent.judge.memory import episodes
from agent.judge.memory.episodes import Known
from agent.observe.facts import assessed_days, log_reach, restarts
from agent.observe.facts.assessed_days import DayAssessed
from agent.observe.facts.restarts import Running
from agent.observe.facts.sightings import Remembered, Sighting
from agent.observe.footage import compact, outages
from agent.observe.footage.days import Footage
from agent.observe.footage.outages import Outage
from agent.observe.inventory.owners import Owners, mark_data, mark_from, owner_data, owner_from
from agent.observe.pictures import compact as sight_text
from agent.observe.pictures import preset_verdicts as presets
from agent.observe.pictures import zone_verdicts as pooled
from agent.observe.pictures.preset_verdicts import Presets
from agent.observe.pictures.turns import Looked
from agent.observe.pictures.turns import from_data as look_from
from agent.observe.pictures.turns import to_data as look_data
from agent.observe.pictures.view_memory import Quality, Views
from agent.observe.pictures.zone_verdicts import CameraGlances

SCHEMA = "camwarden-memory/1"


@dataclass(frozen=True, slots=True)
class Memory:
    """State between cycles: what is known by finding key, which configuration report was sent when, and what was seen.

    `config_digest` is SHA-256 over what the last config report said, so that an unchanged one is sent once a day.
    `sightings` are devices that nobody declared; `identities` says which box belongs to which device id; `looked` is
    what was last seen on paths that are looked at in turn. `footage` is what each camera's days held; `outages` say
    when which camera, device or disk was not well. `views` and `quality` are what is known of each camera's picture, by
    camera id; `pooled` what its last looks said of private zones; `presets` the same of each preset of one that turns.
    `assessed`: what looks have counted for the city's assessment, day by day. `running`: what is known of devices that
    tell how long they have been up, by device id; `logs`: from when on the log of each subject was ever seen to reach.
    `site`: whose memory it is; `owners`: which box and place all that is remembered of a camera is of, by camera id.
    `voided`: by camera id, the digest of an approval that names no box and was given for one that stands there no more.
    """

    known: Mapping[str, Known] = field(default_factory=dict)
    config_digest: str = ""
    config_sent_at: datetime | None = None
    sightings: tuple[Sighting, ...] = ()
    identities: Mapping[str, Remembered] = field(default_factory=dict)
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
    site: str = ""
    owners: Owners = field(default_factory=dict)
    voided: Mapping[str, str] = field(default_factory=dict)


NOTHING = Memory()
"""What a look remembers that is the first one, or that keeps no memory."""


def to_json(memory: Memory) -> str:
    """Return the memory as the text that the spool keeps."""
    return json.dumps(
        {
            "schema": SCHEMA,
            "known": {key: episodes.to_data(known) for key, known in memory.known.items()},
            "config_digest": memory.config_digest,
            "config_sent_at": _text(memory.config_sent_at),
            "sightings": [
                [s.address, s.endpoint, s.mac, s.first_at.isoformat(), [at.isoformat() for at in s.times]]
                for s in memory.sightings
            ],
            "identities": {
                device: [mark_data(r.mark), mark_data(r.other), _text(r.since), _text(r.seen_at)]
                for device, r in memory.identities.items()
            },
            "looked": [look_data(look) for look in memory.looked],
            "footage": [compact.to_data(one) for one in memory.footage.values()],
            "outages": [outages.to_data(one) for one in memory.outages],
            "views": {name: sight_text.view_data(one) for name, one in memory.views.items()},
            "quality": {name: sight_text.quality_data(one) for name, one in memory.quality.items()},
            "pooled": [pooled.to_data(one) for one in memory.pooled],
            "presets": [presets.to_data(one) for one in memory.presets.values()],
            "assessed": [assessed_days.to_data(one) for one in memory.assessed],
            "running": restarts.to_data(memory.running),
            "logs": log_reach.to_data(memory.logs),
            "site": memory.site,
            "owners": {name: owner_data(one) for name, one in memory.owners.items()},
            "voided": dict(memory.voided),
        },
        ensure_ascii=False,
    )


def from_json(text: str | None) -> Memory:
    """Return the memory that `to_json` wrote; an empty one for None and for a text of another schema.

    A text of an older version lacks what was added since: that is empty then.
    An unreadable memory costs repeated events, never a report: so it is forgotten rather than fatal.
    """
    try:
        data = json.loads(text or "null")
        if not isinstance(data, dict) or data.get("schema") != SCHEMA:
            return Memory()
        return Memory(
            {key: episodes.from_data(row) for key, row in data["known"].items()},
            data["config_digest"],
            _time(data["config_sent_at"]),
            tuple(
                Sighting(
                    str(address), str(endpoint), str(mac), datetime.fromisoformat(first),
                    tuple(datetime.fromisoformat(at) for at in times),
                )
                for address, endpoint, mac, first, times in data.get("sightings", [])
                if times
            ),
            {
                device: Remembered(known, mark_from(other), _time(since), *(_time(at) for at in seen_at))
                for device, (mark, other, since, *seen_at) in data.get("identities", {}).items()
                if (known := mark_from(mark)) is not None
            },
            tuple(look_from(look) for look in data.get("looked", [])),
            {one["id"]: compact.from_data(one) for one in data.get("footage", [])},
            tuple(outages.from_data(one) for one in data.get("outages", [])),
            {name: sight_text.view_from(one) for name, one in data.get("views", {}).items()},
            {name: sight_text.quality_from(one) for name, one in data.get("quality", {}).items()},
            tuple(pooled.from_data(one) for one in data.get("pooled", [])),
            {one["id"]: presets.from_data(one) for one in data.get("presets", [])},
            tuple(assessed_days.from_data(one) for one in data.get("assessed", [])),
            restarts.from_data(data.get("running", {})),
            log_reach.from_data(data.get("logs", {})),
            str(data.get("site", "")),
            {str(name): owner_from(one) for name, one in data.get("owners", {}).items()},
            {str(name): str(digest) for name, digest in data.get("voided", {}).items()},
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        return Memory()


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

"""Defines attestations: a person has looked at a zone that pictures cannot prove, and declares it hidden for a time.

Pure. An attestation is of one zone as it is drawn, of one box, and ends. It is a word of level `declared`: it holds no
obligation (`agent/judge/verdict.py`), so that the zone stays unknown and the word is shown apart.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from agent.model.finding import Json, utc_text
from agent.observe.inventory.owners import NOBODY, Owner, Owners, is_another
from agent.site.config.site import CameraConfig, PrivateZone


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """`by` looked at zone `zone` of `subject` (`camera:ID`) at `at`; it counts before `until`. Aware UTC.

    `drawn`: the digest of the zone's polygon then.
    """

    subject: str
    zone: str
    drawn: str
    by: str
    at: datetime
    until: datetime
    why: str
    owner: Owner = NOBODY


def drawn(zone: PrivateZone) -> str:
    """Return the digest of a zone as it is drawn: a zone of another shape is another one."""
    return hashlib.sha256(json.dumps(zone.polygon).encode()).hexdigest()[:16]


def in_force(
    words: Iterable[Attestation], cameras: Iterable[CameraConfig], boxes: Owners, now: datetime
) -> Mapping[str, Mapping[str, Attestation]]:
    """Return the attestations that count now, by camera id and zone; of two on one zone the later one."""
    zones = {(c.camera.id, zone.name): drawn(zone) for c in cameras for zone in c.zones}
    found: dict[str, dict[str, Attestation]] = {}
    for one in sorted(words, key=lambda one: one.at):
        camera = one.subject.removeprefix("camera:")
        stands = one.at <= now < one.until and zones.get((camera, one.zone)) == one.drawn
        if stands and not is_another(one.owner, boxes.get(camera, NOBODY)):
            found.setdefault(camera, {})[one.zone] = one
    return found


def attestation_json(one: Attestation) -> dict[str, Json]:
    """Return an attestation as the evidence of a finding has it."""
    return {"zone": one.zone, "by": one.by, "at": utc_text(one.at), "until": utc_text(one.until), "level": "declared"}

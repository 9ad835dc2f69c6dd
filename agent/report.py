"""Build the bodies of the reports from facts and findings. Pure; linking and signing come after.

Three streams: `event` for each transition, `config` when something in it changed, once a day and when a hub asks,
`health` every cycle and always last, so that it can carry the heads of the others. No picture, secret or address of a
stream goes in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from agent.assessed_days import count_json, last_whole_day, repaired_json
from agent.baselines import approval_json, approvals_digest
from agent.config import CameraConfig, Site
from agent.declarations import local_day, standing
from agent.episodes import flapping, open_episodes, times_json
from agent.events import Transition
from agent.facts import Facts
from agent.finding_notes import Plan
from agent.footage_gaps import LISTING_GRACE
from agent.looks import masks_digest
from agent.model import Draft, Finding, Json, Message, Source, utc_text
from agent.policy_bounds import PERIOD, RULES
from agent.recorded_seconds import recorded_by_camera
from agent.report_health import agent_json, counts, health_body
from agent.report_noted import noted_json
from agent.rules.floors import floors
from agent.rules.pack import Pack, digest_of, from_hub_json
from agent.spot_check import NOTHING_ASKED, Asked
from agent.state import Memory
from agent.timeline_days import timeline_of
from agent.timeline_wire import row_json
from drivers.model import Identity, Masks, Recordings

__all__ = ["build_reports", "counts", "finding_json", "parse_finding"]

CONFIG_AT_LEAST_EVERY = timedelta(days=1)
"""A look before that is over, so that no day is left without one: a hub counts cameras by the report of the day."""
UNDECLARED_MAX = 64
"""How many undeclared devices a report names: a network that is flooded must not flood the hub."""


def build_reports(
    site: Site,
    facts: Facts,
    findings: tuple[Finding, ...],
    changed: tuple[Transition, ...],
    memory: Memory,
    now: datetime,
    queue: dict[str, Json],
    asked: Asked = NOTHING_ASKED,
    plans: Iterable[Plan] = (),
) -> tuple[tuple[Draft, ...], Memory]:
    """Return this cycle's drafts in the order in which they are linked, and the memory that knows of them."""
    drafts = [_event(site, transition) for transition in changed if transition.told]
    plans = tuple(plans)
    noted = noted_json(site, plans, open_episodes(memory.known), now)
    noted |= repaired_json(last_whole_day(facts.assessed, local_day(site, now)))
    config = _config(site, facts, findings, now, asked, _recorded(site, facts, plans, now)) | noted
    digest = hashlib.sha256(json.dumps(_steady(config), sort_keys=True).encode()).hexdigest()
    sent_at, period = memory.config_sent_at, timedelta(seconds=site.period_s)
    is_due = digest != memory.config_digest or sent_at is None or now - sent_at > CONFIG_AT_LEAST_EVERY - period
    if is_due or asked.commands:
        drafts.append(Draft("config", config))
        memory = replace(memory, config_digest=digest, config_sent_at=now)
    drafts.append(Draft("health", health_body(site, facts, findings, now, queue, flapping(memory.known))))
    return tuple(drafts), memory


def finding_json(finding: Finding) -> dict[str, Json]:
    """Return a finding as reports and `check --json` write it, message in English."""
    return {
        "check": finding.check,
        "subject": finding.subject,
        "status": finding.status,
        "severity": finding.severity,
        "reason": finding.reason,
        "message": str(finding.message),
        "source": {"document": finding.source.document, "article": finding.source.article},
        "evidence": dict(finding.evidence),
        "caused_by": finding.caused_by,
    }


def parse_finding(data: Mapping[str, Any]) -> Finding:
    """Return the finding that `finding_json` wrote. Its message is the English sentence, no longer a template."""
    message = Message("{text}", {"text": data["message"]})
    source = Source(data["source"]["document"], data["source"]["article"])
    return Finding(
        data["check"], data["subject"], data["status"], data["severity"], message, source, data["reason"],
        data["evidence"], data["caused_by"],
    )  # fmt: skip


def _recorded(site: Site, facts: Facts, plans: tuple[Plan, ...], now: datetime) -> dict[str, Json]:
    """Return the seconds of each camera on the newest day whose segments should be listed by now."""
    day = local_day(site, now - LISTING_GRACE) - timedelta(days=1)
    counted = recorded_by_camera(site, facts, plans, day)
    return {name: {"day": day.isoformat(), "seconds": count_json(one)} for name, one in counted.items()}


def _config(
    site: Site,
    facts: Facts,
    findings: tuple[Finding, ...],
    now: datetime,
    asked: Asked,
    recorded: Mapping[str, Json],
) -> dict[str, Json]:
    footage = timeline_of(site, facts, findings, now)
    rows = {row.camera_id: row_json(row, footage.days[-1]) for row in footage.rows}
    return {
        "division": site.division,
        "agent": agent_json(facts),
        "devices": [
            {"id": d.id, "driver": d.driver, "identity": _identity(facts.one(f"device:{d.id}", Identity))}
            for d in site.devices
        ],
        "undeclared": sorted(s.address for s in facts.around.strangers)[:UNDECLARED_MAX],
        "cameras": [
            {
                **_camera(facts, camera, rows.get(camera.camera.id), recorded.get(camera.camera.id)),
                **_maintainer(site, camera.camera.id, now),
            }
            for camera in site.cameras
        ],
        "findings": [finding_json(f) for f in findings],
        "digests": {
            "config": site.digest,
            "approvals": approvals_digest(facts.approvals),
            "desired": asked.desired or None,
            "rules": digest_of(site.packs),
        },
        "rules": _rules(site, now),
        "policy": {PERIOD: site.period_s} | {name: getattr(site.policy, name) for name in RULES if name != PERIOD},
        "answers": asked.answers(),
    }


def _rules(site: Site, now: datetime) -> dict[str, Json]:
    """Return which packs of rules count, and which obligation sets which figure of the policy."""
    return {
        "profile": site.rules.profile,
        "packs": [_pack(pack) for pack in site.packs],
        "floors": [
            {"name": floor.name, "value": floor.value, "obligation": floor.obligation}
            for floor in floors(site, local_day(site, now))
        ],
    }


def _pack(pack: Pack) -> dict[str, Json]:
    told: dict[str, Json] = {"id": pack.id, "version": pack.version, "digest": pack.digest}
    return {**told, "from_hub": from_hub_json(pack)} if pack.signed_by else told


def _event(site: Site, transition: Transition) -> Draft:
    finding = transition.finding
    body: dict[str, Json] = {
        "division": site.division,
        "check": finding.check,
        "subject": finding.subject,
        "from": transition.before,
        "to": finding.status,
        "finding": finding_json(finding),
    }
    if transition.episode is not None:
        body["episode"] = times_json(transition.episode)
    return Draft("event", body)


def _steady(config: dict[str, Json]) -> Json:
    """Return the part of a config report whose change is worth a new one: not the measured numbers of each cycle."""
    findings = config["findings"]
    assert isinstance(findings, list)  # noqa: S101 - built above
    return {
        **{key: value for key, value in config.items() if key not in ("findings", "cameras", "answers")},
        "cameras": [{k: v for k, v in c.items() if k != "retention"} for c in _dicts(config["cameras"])],
        "findings": [[f["check"], f["subject"], f["status"], f["reason"]] for f in _dicts(findings)],
    }


def _dicts(value: Json) -> list[dict[str, Json]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _camera_id(camera: CameraConfig) -> dict[str, Json]:
    """Return the camera's ids; one without a 20-digit code is provisional. Source: GB/T 28181-2016 annex D."""
    code = camera.camera.code
    return {"id": camera.camera.id, "code": code or None, "provisional": not code}


def _camera(facts: Facts, camera: CameraConfig, timeline: Json, recorded: Json) -> dict[str, Json]:
    subject = f"camera:{camera.camera.id}"
    masks = facts.one(subject, Masks)
    recordings = facts.one(subject, Recordings)
    spans = recordings.spans if recordings else ()
    footage = facts.footage.get(camera.camera.id)
    approval = facts.approvals.get(camera.camera.id)
    return {
        **_camera_id(camera),
        "name": camera.camera.name,
        "device": camera.camera.device,
        "channel": camera.camera.channel,
        "masks_digest": masks_digest(masks.masks) if masks else None,
        "approval": approval_json(approval) if approval else None,
        "retention": {
            "oldest_at": utc_text(spans[0].start_at) if spans else None,
            "spans": len(spans),
            "sealed_days": footage.sealed_days if footage else 0,
            "sealed_head": (footage.sealed_head or None) if footage else None,
            "timeline": timeline,
            **({"recorded": recorded} if recorded else {}),
        },
    }


def _maintainer(site: Site, camera_id: str, now: datetime) -> dict[str, Json]:
    """Return who mends a camera, where that is declared."""
    word = standing(site, "maintainer", local_day(site, now), camera_id).declaration
    return {"maintainer": str(word.value)} if word else {}


def _identity(identity: Identity | None) -> dict[str, Json] | None:
    if identity is None:
        return None
    return {
        "manufacturer": identity.manufacturer,
        "model": identity.model,
        "firmware": identity.firmware,
        "serial": identity.serial,
    }

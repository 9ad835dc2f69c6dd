"""Builds the body of a config report: the site's inventory, the rules it is judged by, and findings. Pure.

Limits its size; `agent/report/config_findings.py` decides how findings are encoded. No picture, secret or stream
address goes in.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from agent.judge.memory.disputes import Contested, contested_row
from agent.judge.memory.drills import Drill, drill_json
from agent.judge.memory.episodes import Episode, open_episodes
from agent.judge.memory.memory import Memory
from agent.judge.memory.notes import Acknowledgement, Plan, planned_subjects
from agent.model.finding import NOTHING_KNOWN, Basis, Finding, Json, utc_text
from agent.observe.approvals.approvals import approval_json, approvals_digest
from agent.observe.facts.assessed_days import count_json, last_whole_day, repaired_json
from agent.observe.facts.facts import Facts
from agent.observe.footage.gaps import LISTING_GRACE
from agent.observe.pictures.turns import masks_digest
from agent.report.config_findings import SubjectIds, encoded, write_findings
from agent.report.health import agent_json
from agent.report.plain_findings import objects_of
from agent.report.recorded_seconds import recorded_by_camera
from agent.report.spot_check import HubRequests
from agent.report.timeline_compact import row_json
from agent.report.timeline_days import timeline_of
from agent.site.config.site import CameraConfig, Site
from agent.site.declarations.standing import local_day, standing
from agent.site.duties.figures import PERIOD, RULES
from agent.site.duties.floors import floors
from agent.site.rules.pack import Pack, digest_of, from_hub_json
from drivers.model import Identity, Masks, Recordings

CAMERA_BYTES: Final = 2048
"""What a report may have for each camera: 128 KiB for 64, 512 KiB for 256."""
LEAST_CAMERAS, MOST_CAMERAS = 64, 256
"""Smaller sites may have as much as the one, larger ones no more than the other."""
CHAIN_BYTES: Final = 1024
"""What is put around a body: numbers, digests, times."""
UNDECLARED_MAX = 64
"""How many undeclared devices a report names: a network that is flooded must not flood the hub."""


def config_body(
    site: Site,
    facts: Facts,
    findings: tuple[Finding, ...],
    memory: Memory,
    now: datetime,
    asked: HubRequests,
    plans: Iterable[Plan],
    drills: Iterable[Drill] = (),
    contested: Iterable[Contested] = (),
) -> dict[str, Json]:
    """Return the body without findings; `with_findings` adds them once it is certain to be sent."""
    plans = tuple(plans)
    body = _config(site, facts, findings, now, asked, _recorded(site, facts, plans, now))
    body |= notes_json(site, plans, open_episodes(memory.known), now) | drills_json(drills, now)
    body |= contested_in(contested)
    return body | repaired_json(last_whole_day(facts.remembered.assessed, local_day(site, now)))


def with_findings(
    body: dict[str, Json], site: Site, findings: Iterable[Finding], rests_on: Mapping[str, Basis]
) -> dict[str, Json]:
    """Return the body with its findings, limited to the bytes that the rest leaves."""
    names = SubjectIds(tuple(one.camera.id for one in site.cameras), tuple(one.id for one in site.devices))
    room_bytes = limit_bytes(len(names.cameras)) - CHAIN_BYTES - len(encoded(body))
    return body | write_findings(findings, names, room_bytes, rests_on)


def limit_bytes(cameras: int) -> int:
    """Return the size limit of the payload for a number of cameras. A bare list of the findings may exceed it."""
    return CAMERA_BYTES * min(max(cameras, LEAST_CAMERAS), MOST_CAMERAS)


def steady_digest(body: Mapping[str, Json], findings: Iterable[Finding], rests_on: Mapping[str, Basis]) -> str:
    """Return a digest over what makes a new report due when it changes, measured numbers excluded.

    The level of evidence is included, its age, which grows in each cycle, is not.
    """
    steady: dict[str, Json] = {
        **{key: value for key, value in body.items() if key not in ("cameras", "answers")},
        "cameras": [{k: v for k, v in c.items() if k != "retention"} for c in objects_of(body["cameras"])],
        "findings": [
            [one.check, one.subject, one.status, one.reason, rests_on.get(one.key, NOTHING_KNOWN).level]
            for one in findings
        ],
    }
    return hashlib.sha256(json.dumps(steady, sort_keys=True).encode()).hexdigest()


def _recorded(site: Site, facts: Facts, plans: tuple[Plan, ...], now: datetime) -> dict[str, Json]:
    """Return the recorded seconds of each camera on the newest day whose segments should be listed by now."""
    day = local_day(site, now - LISTING_GRACE) - timedelta(days=1)
    counted = recorded_by_camera(site, facts, plans, day)
    return {name: {"day": day.isoformat(), "seconds": count_json(one)} for name, one in counted.items()}


def _config(
    site: Site,
    facts: Facts,
    findings: tuple[Finding, ...],
    now: datetime,
    asked: HubRequests,
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
    """Return the rule packs in force, and the obligation behind each figure of the policy."""
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


PLANS_MOST: Final = 64
ACKNOWLEDGED_MOST: Final = 256
DRILLS_MOST: Final = 32
DISPUTED_MOST: Final = 32


def notes_json(site: Site, plans: Iterable[Plan], episodes: Iterable[Episode], now: datetime) -> dict[str, Json]:
    """Return `planned` and `acknowledged` of a config report, each where there is any.

    A hub needs them to distinguish a planned outage. Plans that are over are left out, the next ones come first.
    `episodes` are the open ones, worst first.
    """
    ahead = sorted((one for one in plans if now < one.until), key=lambda one: (one.start_at, one.subject))
    planned: list[Json] = [_plan(site, one) for one in ahead[:PLANS_MOST]]
    known: list[Json] = [_acknowledged(one, one.acknowledged) for one in episodes if one.acknowledged is not None]
    told: dict[str, Json] = {"planned": planned} if planned else {}
    return told | ({"acknowledged": known[:ACKNOWLEDGED_MOST]} if known else {})


def drills_json(drills: Iterable[Drill], now: datetime) -> dict[str, Json]:
    """Return `drills` of a config report, where there are any: of the last month, the newest first."""
    known = sorted(drills, key=lambda one: (one.start_at, one.subject), reverse=True)
    told: list[Json] = [*(drill_json(one, now) for one in known if one.start_at <= now)]
    return {"drills": told[:DRILLS_MOST]} if told else {}


def contested_in(known: Iterable[Contested]) -> dict[str, Json]:
    """Return `disputed` of a config report, where there is any: the newest first. Reasons stand in the events."""
    told: list[Json] = [contested_row(one) for one in known]
    return {"disputed": told[:DISPUTED_MOST]} if told else {}


def _acknowledged(episode: Episode, word: Acknowledgement) -> dict[str, Json]:
    return {
        "check": episode.check,
        "subject": episode.subject,
        "by": word.by,
        "at": utc_text(word.at),
        "until": utc_text(word.until),
        "why": word.why,
    }


def _plan(site: Site, plan: Plan) -> dict[str, Json]:
    told: dict[str, Json] = {
        "subject": plan.subject,
        "from": utc_text(plan.start_at),
        "until": utc_text(plan.until),
        "by": plan.by,
        "said_at": utc_text(plan.at),
        "why": plan.why,
    }
    behind = [name.removeprefix("camera:") for name in planned_subjects(site, plan) if name.startswith("camera:")]
    return {**told, "cameras": list(behind)} if plan.subject.startswith("device:") else told


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
    word = standing(site, "maintainer", local_day(site, now), camera_id).declaration
    return {"maintainer": str(word.value)} if word else {}


def _identity(identity: Identity | None) -> dict[str, Json] | None:
    names = ("manufacturer", "model", "firmware", "serial")
    return {name: getattr(identity, name) for name in names} if identity else None

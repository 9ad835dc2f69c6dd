"""Builds the content of the status file after a cycle. `agent/service/alerts/status_file.py` writes it."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from agent.contract.repair_counts import repairs_json, summed
from agent.judge.checks.known import level_of
from agent.judge.memory.disputes import Contested, beside, contested_json
from agent.judge.memory.episodes import Episode, open_episodes
from agent.model.exits import refused
from agent.model.finding import Finding, Json, utc_text
from agent.model.matters import Matter, counts, matters, shown
from agent.observe.facts.assessed_days import last_whole_day, rates_json
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.report.levels import counted
from agent.service.cycle.cycle import CycleResult
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from masking.model import Confinement

OPEN_MAX: Final = 40
"""Matters with their sentences: more than a person reads at once, and the file stays small."""


def status_content(
    site: Site,
    seen: CycleResult,
    queue: Mapping[str, Json],
    delivery: DeliveryStatus | None,
    confinement: Confinement | None,
    orders: Mapping[str, Json],
    at: datetime,
    contested: tuple[Contested, ...] = (),
) -> dict[str, Json]:
    """Return the content of the status file.

    `site` is under the policy in force. `queue` has the rows of the spool by state; `delivery` is None where nothing is
    delivered, `confinement` where the picture worker has not worked. `orders` are the hub's: `policy_version` and
    `policy` in force, how many `ignored` by reason. The cycle ran `at`. `contested`: the disputes, the newest first.
    """
    online = {f.subject: f.status for f in seen.findings if f.check == "camera-online"}
    open_: dict[str, list[Json]] = {}
    for one in shown(seen.findings):
        for finding in one.found:
            open_.setdefault(finding.subject, []).append(finding.check)
    cameras: list[Json] = [
        {
            "id": camera.camera.id,
            "name": camera.camera.name,
            "online": online.get(f"camera:{camera.camera.id}", "unknown"),
            "not_pass": open_.get(f"camera:{camera.camera.id}", []),
        }
        for camera in site.cameras
    ]
    day = last_whole_day(seen.facts.remembered.assessed, local_day(site, at))
    levels = counted(level_of(one) for one in seen.findings if one.status == "pass")
    return {
        "at": utc_text(at),
        "site": site.id,
        "next_due_at": utc_text(at + timedelta(seconds=site.period_s)),
        "counts": {
            **counts(seen.findings),
            "refused": len(refused(seen.findings)),
            "quiet": sum(bool(one.quiet) for one in matters(seen.findings)),
        },
        "pass_by_level": {level: count for level, count in levels.items()},
        "cameras": cameras,
        "rates": rates_json(day) if day else None,
        "repairs": repairs_json(summed(one.repairs for one in seen.facts.remembered.assessed)),
        **open_rows(site, seen.findings, {one.key: one for one in open_episodes(seen.memory.known)}, contested),
        "queue": queue,
        "hub": _delivery(delivery) if delivery else None,
        "orders": orders,
        "worker_limits": list(confinement.limits) if confinement else [],
        "worker_open": list(confinement.open_ways) if confinement else [],
    }


def open_rows(
    site: Site,
    findings: tuple[Finding, ...],
    episodes: Mapping[str, Episode] = MappingProxyType({}),
    contested: tuple[Contested, ...] = (),
) -> dict[str, Json]:
    """Return the open matters, the worst first, and how many rows found no room.

    A row has the sentence of its first subject, and how many are `alike`.

    Messages keep their placeholders, so that a reader can render them in another language. `episodes`: the open ones of
    the look before, by key; a dispute is of one of them.
    """
    names = {f"camera:{camera.camera.id}": camera.camera.name for camera in site.cameras}
    found = shown(findings)
    rows: list[Json] = [
        {
            "status": f.status,
            "check": f.check,
            "subject": f.subject,
            "name": names.get(f.subject, ""),
            "message": f.message.template,
            "values": f.message.plain_values(),
            "next_step": f.message.next_step,
            **({"alike": len(one.found)} if len(one.found) > 1 else {}),
            **_disputed(one, episodes, contested),
        }
        for one in found[:OPEN_MAX]
        for f in one.found[:1]
    ]
    return {"open": rows, "open_more": len(found) - len(rows)}


def _disputed(
    one: Matter[Finding], episodes: Mapping[str, Episode], contested: tuple[Contested, ...]
) -> dict[str, Json]:
    """Return the first dispute of a matter's findings, if there is any."""
    known = (episodes[finding.key] for finding in one.found if finding.key in episodes)
    words = (beside(contested, episode.key, episode.detected_at) for episode in known)
    return next(({"disputed": contested_json(word)} for word in words if word), {})


def _delivery(status: DeliveryStatus) -> dict[str, Json]:
    return {name: utc_text(v) if isinstance(v, datetime) else v for name, v in asdict(status).items()}

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
from agent.model.finding import Finding, Json, is_item, is_quiet, utc_text
from agent.observe.facts.assessed_days import last_whole_day, rates_json
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.report.build import counts
from agent.report.levels import counted
from agent.service.cycle.cycle import CycleResult
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from masking.model import Confinement

OPEN_MAX: Final = 40
"""Findings with their sentences: more than a person reads at once, and the file stays small."""

_ORDER = ("fail", "warn", "unknown")
_SEVERITIES = ("critical", "major", "minor", "info")


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
    online = {f.subject: f for f in seen.findings if f.check == "camera-online"}
    cameras: list[Json] = []
    for camera in site.cameras:
        finding = online.get(f"camera:{camera.camera.id}")
        own = [f for f in seen.findings if f.subject == f"camera:{camera.camera.id}" and not f.caused_by]
        cameras.append(
            {
                "id": camera.camera.id,
                "name": camera.camera.name,
                "online": finding.status if finding else "unknown",
                "not_pass": [f.check for f in own if is_item(f)],
            }
        )
    day = last_whole_day(seen.facts.remembered.assessed, local_day(site, at))
    levels = counted(level_of(one) for one in seen.findings if one.status == "pass")
    return {
        "at": utc_text(at),
        "site": site.id,
        "next_due_at": utc_text(at + timedelta(seconds=site.period_s)),
        "counts": {
            **counts(seen.findings),
            "refused": len(refused(seen.findings)),
            "quiet": sum(is_quiet(one) and not one.caused_by for one in seen.findings),
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
    """Return what is not in order, worst first, each cause once, and how many rows found no room.

    Messages keep their placeholders, so that a reader can render them in another language. `episodes`: the open ones of
    the look before, by key; a dispute is of one of them.
    """
    names = {f"camera:{camera.camera.id}": camera.camera.name for camera in site.cameras}
    found = [f for f in findings if is_item(f)]
    found.sort(key=lambda f: (_ORDER.index(f.status), _SEVERITIES.index(f.severity)))
    rows: list[Json] = [
        {
            "status": f.status,
            "check": f.check,
            "subject": f.subject,
            "name": names.get(f.subject, ""),
            "message": f.message.template,
            "values": f.message.plain_values(),
            "next_step": f.message.next_step,
            **_disputed(episodes.get(f.key), contested),
        }
        for f in found[:OPEN_MAX]
    ]
    return {"open": rows, "open_more": len(found) - len(rows)}


def _disputed(episode: Episode | None, contested: tuple[Contested, ...]) -> dict[str, Json]:
    word = beside(contested, episode.key, episode.detected_at) if episode else None
    return {"disputed": contested_json(word)} if word else {}


def _delivery(status: DeliveryStatus) -> dict[str, Json]:
    return {name: utc_text(v) if isinstance(v, datetime) else v for name, v in asdict(status).items()}

"""Builds the report bodies from facts and findings. Pure; linking and signing come after.

Three streams: `event` for each transition and each new dispute; `config` on change, once a day and when a hub requests
it; `health` every cycle and last, so that it carries the heads of the others. No picture, secret or stream address goes
in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from agent.contract.disputes import Disputed, disputed_json
from agent.judge.memory.disputes import Contested
from agent.judge.memory.drills import Drill
from agent.judge.memory.episodes import flapping_episodes, times_json
from agent.judge.memory.memory import Memory
from agent.judge.memory.notes import Plan
from agent.judge.memory.transitions import Transition
from agent.model.finding import Draft, Finding, Json, Message, Source
from agent.observe.approvals.approvals import Approval
from agent.observe.facts.facts import Facts
from agent.report.authors import NOBODYS, Ids, anonymous, without_people
from agent.report.basis import bases
from agent.report.config import config_body, steady_digest, with_findings
from agent.report.health import health_body
from agent.report.secret_names import secret_names, without_said
from agent.report.spot_check import NO_REQUESTS, HubRequests
from agent.site.config.site import Site
from agent.site.declarations.secret import nameless
from agent.site.declarations.standing import local_day

__all__ = ["build_reports", "finding_json", "parse_finding"]

CONFIG_AT_LEAST_EVERY = timedelta(days=1)
"""Reduced by one period, so that no day lacks one: a hub counts cameras by the report of the day."""


def build_reports(
    site: Site,
    facts: Facts,
    findings: tuple[Finding, ...],
    changed: tuple[Transition, ...],
    memory: Memory,
    now: datetime,
    queue: dict[str, Json],
    asked: HubRequests = NO_REQUESTS,
    plans: Iterable[Plan] = (),
    drills: Iterable[Drill] = (),
    contested: tuple[Contested, ...] = (),
    ids: Ids | None = None,
) -> tuple[tuple[Draft, ...], Memory]:
    """Return this cycle's drafts in the order of linking, and the updated memory; secret cameras are nameless.

    `ids` stand for people (`agent/report/authors.py`); None: they keep their names, for what does not leave the site.
    """
    today = local_day(site, now)
    secret = secret_names(site, facts, today)
    site, findings = nameless(site, today), tuple(anonymous(without_said(one, secret), ids) for one in findings)
    changed = tuple(replace(one, finding=without_said(one.finding, secret)) for one in changed)
    drafts = [_event(site, transition, ids) for transition in changed if transition.told]
    said = {one.dispute.said.id: one.dispute.said for one in reversed(contested)}
    drafts += [_dispute(site, one) for name, one in said.items() if name not in memory.disputed]
    memory = replace(memory, disputed=tuple(said))
    facts = replace(facts, approvals={name: _approved(one, ids) for name, one in facts.approvals.items()})
    config = without_people(config_body(site, facts, findings, memory, now, asked, plans, drills, contested), ids)
    rests_on = bases(site, facts, findings, now)
    digest = steady_digest(config, findings, rests_on)
    sent_at, period = memory.config_sent_at, timedelta(seconds=site.period_s)
    is_due = digest != memory.config_digest or sent_at is None or now - sent_at > CONFIG_AT_LEAST_EVERY - period
    if is_due or asked.commands:
        drafts.append(Draft("config", with_findings(config, site, findings, rests_on)))
        memory = replace(memory, config_digest=digest, config_sent_at=now)
    health = health_body(site, facts, findings, now, queue, flapping_episodes(memory.known))
    drafts.append(Draft("health", without_people(health, ids)))
    return tuple(drafts), memory


def finding_json(finding: Finding) -> dict[str, Json]:
    """Return a finding as in reports and `check --json`, its message in English."""
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
    """Return the finding that `finding_json` wrote. Its message is the English sentence, not a template."""
    message = Message("{text}", {"text": data["message"]})
    source = Source(data["source"]["document"], data["source"]["article"])
    return Finding(
        data["check"], data["subject"], data["status"], data["severity"], message, source, data["reason"],
        data["evidence"], data["caused_by"],
    )  # fmt: skip


def _dispute(site: Site, said: Disputed) -> Draft:
    return Draft("event", {"division": site.division, "dispute": disputed_json(said)})


def _approved(approval: Approval, ids: Ids | None) -> Approval:
    """Return an approval whose digest shows nobody's name to whoever tries some."""
    return approval if ids is None else replace(approval, by=ids.get(approval.by, NOBODYS))


def _event(site: Site, transition: Transition, ids: Ids | None) -> Draft:
    finding = anonymous(transition.finding, ids)
    body: dict[str, Json] = {
        "division": site.division,
        "check": finding.check,
        "subject": finding.subject,
        "from": transition.before,
        "to": finding.status,
        "finding": finding_json(finding),
    }
    if transition.episode is not None:
        body["episode"] = without_people(times_json(transition.episode), ids)
    return Draft("event", body)

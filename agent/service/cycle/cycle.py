"""Runs the flow on one screen: discover, probe, look, check, report, sign, spool. Publishing has its own beat.

    Device -> Reply -> Picture -> Observation -> Finding -> Report -> Envelope -> spool

Nothing flows back: a check cannot probe, and nothing after the spool can change a report.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from agent.contract.chain import link
from agent.contract.envelope import sign
from agent.contract.signing_keys import Signer
from agent.deliver.keys.own_certificate import look_at_delivery
from agent.deliver.spool.spool import Spool
from agent.host.health import look_at_host, look_at_worker
from agent.judge.checks.table import run_checks
from agent.judge.memory import flapping
from agent.judge.memory import memory as state
from agent.judge.memory.history import keep_history, oldest_kept
from agent.judge.memory.memory import NOTHING, Memory
from agent.judge.memory.notes import read_notes, settled_changes, standing
from agent.judge.memory.transitions import incident_told, transitions
from agent.model.finding import Envelope, Finding, Moment
from agent.observe.approvals.approvals import in_force, read_approvals
from agent.observe.facts import log_reach, restarts
from agent.observe.facts.factory_logins import known_tries
from agent.observe.facts.facts import Facts, gather
from agent.observe.facts.filed_file import read_filed
from agent.observe.footage import outages
from agent.observe.footage.join import remember, settled
from agent.observe.footage.requests import wanted
from agent.observe.inventory.owners import owners_now
from agent.observe.inventory.stocktake import look_around
from agent.observe.pictures.approved_views import approved_views
from agent.observe.pictures.derived_views import Derived, keep_derived, proved, read_derived
from agent.observe.pictures.turns import due, join
from agent.observe.probe.devices import Reading, discover
from agent.observe.probe.stores import read_stores
from agent.report.assessment import assessed
from agent.report.build import build_reports
from agent.report.spot_check import NOTHING_ASKED, ROUNDS, Asked, forgotten, recalled
from agent.service.cycle.environment import Rim
from agent.service.cycle.kept_for import (
    approved_here,
    approved_still,
    begun_anew,
    kept_for,
    of_others,
    of_site,
    taken_over,
    told_of_others,
)
from agent.service.cycle.rounds import look_in_rounds
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.site.duties.floors import with_floors
from drivers.http.samples import Sample, write

log = logging.getLogger("camwarden.cycle")


@dataclass(frozen=True, slots=True)
class Seen:
    """What a cycle saw and concluded, the memory that knows of it, and answers that nobody understood.

    `asked` is what a hub asked this cycle for, with the times of the look that answers it. `derived` are references
    made in it, `held` the cameras of which earlier ones hold.
    """

    facts: Facts
    findings: tuple[Finding, ...]
    memory: Memory = NOTHING
    samples: tuple[Sample, ...] = ()
    derived: tuple[Derived, ...] = ()
    asked: Asked = NOTHING_ASKED
    held: frozenset[str] = frozenset()


def see(
    site: Site, rim: Rim, moment: Moment, memory: Memory = NOTHING, rounds: int = 1, asked: Asked = NOTHING_ASKED
) -> Seen:
    """Look at the site and judge it; nothing is kept or sent. `memory` is what looks before this one left.

    `rounds`: in how many rounds, some seconds apart, cameras are looked at about which one picture says too little.
    `asked`: which cameras a hub wants to be looked at afresh, on every path and without what is remembered of them.
    """
    afresh = asked.cameras(site)
    given = read_approvals(site.storage.directory, site.id)
    stood = of_site(memory, site.id)
    memory = taken_over(stood, site, owners_now(site, {}, stood.identities, source=True), rim.previous)
    before, memory = memory, forgotten(memory, afresh)
    rounds = max(rounds, ROUNDS if afresh else 1)
    declared = with_floors(site, local_day(site, moment.at))
    approvals, _ = approved_here(given, stood, memory)
    site = in_force(declared, approvals)
    heard = discover(site, rim.progress)
    paths = due(site, memory.looked, moment.at)
    of_footage = wanted(site, memory.footage, moment.at)
    reading = Reading(site, rim.credentials, rim.clock, rim.watch)
    reading.ask(site, paths, of_footage)
    stored = read_stores(site, paths, moment.at, rim.progress, rim.stop)
    held = read_derived(site.storage.directory, site.id, approvals)
    known = approved_views(approvals, held)
    fetched, looked, memory = look_in_rounds(site, rim, reading, stored, memory, known, moment.at, rounds)
    approvals, memory = approved_still(given, approvals, stood, memory)
    site = in_force(declared, approvals)
    derived = proved(rim.previous.take_found(), approvals, memory.views, moment.at)
    host = look_at_host(site.storage.directory, moment.at) + look_at_worker(rim.confinement(), moment.at)
    observations = fetched.observations + looked + host
    observations, in_turn = join(site, observations, memory.looked, moment.at)
    trusted = moment.clock_synced or site.policy.own_clock == "trusted"
    around, sightings, identities = look_around(
        site, heard, observations, memory.sightings, memory.identities, moment.at
    )
    memory = replace(memory, sightings=sightings, identities=identities)
    footage = settled(memory.footage, settled_changes(read_notes(site.storage.directory, site.id)))
    begun = begun_anew(before.footage, footage)
    footage, _ = remember(site, told_of_others(observations, begun), footage, moment.at, trusted)
    unwell = outages.remembered(site, observations, memory.outages, moment.at)
    pictured = (memory.views, memory.quality, memory.presets)
    facts = gather(observations, around, trusted, of_others(footage, begun), unwell, approvals, *pictured)
    filed = read_filed(site.storage.directory, site.id)
    delivery = look_at_delivery(site, rim.delivery, rim.not_renewed)
    facts = replace(facts, delivery=delivery, filed=filed, assessed=memory.assessed)
    running = restarts.remembered(site, observations, memory.running, moment.at, trusted)
    own_from = oldest_kept(site.storage.directory)
    logs = log_reach.remembered(site, observations, own_from, memory.logs, moment.at)
    facts = replace(facts, own_reports=rim.reports, running=running, own_log_from=own_from, logs=logs)
    facts = replace(facts, factory=known_tries(site.storage.directory, site.id))
    memory = replace(memory, looked=in_turn, footage=footage, outages=unwell, running=running, logs=logs)
    findings = run_checks(site, facts, moment.at)
    memory = recalled(kept_for(before, site, memory.owners), memory, afresh)
    return Seen(
        facts, findings, memory, fetched.samples, derived, asked.looked(moment.at, rim.clock()), frozenset(held)
    )


def tell(site: Site, seen: Seen, spool: Spool, signer: Signer, moment: Moment) -> tuple[Envelope, ...]:
    """Report what was seen: link, sign and commit it together with the memory, in one transaction.

    `seen` must come from a look that was given the memory of this spool.
    """
    site = with_floors(site, local_day(site, moment.at))
    incidents = spool.begin(moment.at)
    boxes = owners_now(site, {}, seen.memory.identities)
    noted = standing(site, read_notes(site.storage.directory, site.id), moment.at, boxes)
    changed, memory = transitions(seen.findings, seen.memory, moment.at, noted)
    closed = [one.episode for one in changed if one.episode is not None]
    days = assessed(site, seen.facts, seen.findings, noted, memory.assessed, moment.at, closed)
    memory = replace(memory, assessed=days)
    changed = (*(incident_told(one.kind, one.detail) for one in incidents), *seen.asked.told, *changed)
    counts = spool.counts()
    findings = flapping.marked(seen.findings, memory.known)
    drafts, memory = build_reports(
        site, seen.facts, findings, changed, memory, moment.at, counts, seen.asked, noted.plans
    )
    reports, _ = link(drafts, spool.heads(), spool.epoch, site.origin, moment)
    envelopes = tuple(sign(report, signer) for report in reports)
    spool.commit(envelopes, state.to_json(memory), moment.at, incidents)
    keep_history(site.storage, changed, moment.at)
    keep_samples(site, seen.samples, moment.at)
    keep_derived(site.storage.directory, site.id, seen.derived, seen.held)
    return envelopes


def keep_samples(site: Site, samples: tuple[Sample, ...], now: datetime) -> None:
    """Keep what could not be understood for a support archive; that it cannot be kept is no reason to stop."""
    try:
        write(site.storage.directory / "samples", samples, now)
    except OSError as error:
        log.warning("samples of malformed answers cannot be kept: %s", error.strerror)

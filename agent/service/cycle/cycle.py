"""Runs the flow on one screen: discover, probe, look, check, report, sign, spool. Publishing has its own beat.

    Device -> Reply -> Picture -> Observation -> Finding -> Report -> Envelope -> spool

Nothing flows back: a check cannot probe, and nothing after the spool can change a report.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime

from agent.contract.chain import link
from agent.contract.envelope import sign
from agent.contract.signing_keys import Signer
from agent.deliver.keys.own_certificate import delivery_facts
from agent.deliver.spool.spool import Spool
from agent.host.health import observe_host, observe_worker
from agent.judge.checks.table import run_checks
from agent.judge.memory import flapping
from agent.judge.memory import memory as state
from agent.judge.memory.authors import author_key, ids_of, store_names
from agent.judge.memory.drills import set_aside
from agent.judge.memory.episodes import open_episodes
from agent.judge.memory.history import store_history
from agent.judge.memory.hub_words import pinned_keys
from agent.judge.memory.memory import EMPTY_MEMORY, Memory
from agent.judge.memory.notes import active_notes, drills_of, read_notes
from agent.judge.memory.transitions import spool_incident, transitions
from agent.model.finding import Envelope, Finding, Moment
from agent.observe.approvals.approvals import with_approvals
from agent.observe.approvals.attested import in_force
from agent.observe.facts.facts import Facts, gather
from agent.observe.footage.bare import waiting
from agent.observe.footage.openings import unopened_moments, with_openings
from agent.observe.footage.requests import footage_requests
from agent.observe.inventory.known_sources import with_sources
from agent.observe.inventory.owners import owners_now
from agent.observe.inventory.stocktake import configured_boxes, network_facts, stock_of
from agent.observe.pictures.clock_looks import with_clock_looks
from agent.observe.pictures.derived_views import DerivedReference, approved_views, proven_references, store_derived
from agent.observe.pictures.moments import suspected
from agent.observe.pictures.turns import due, not_rejuvenated, stamped, with_playback
from agent.observe.pictures.turns import with_cached as recall_turns
from agent.observe.probe.devices import Reading, discover
from agent.observe.probe.stores import read_stores
from agent.observe.remembered.look import Look
from agent.observe.remembered.table import IN_TURN, OBSERVED, fold
from agent.observe.remembered.value import Remembered
from agent.report.assessment import add_look
from agent.report.authors import people_in
from agent.report.build import build_reports
from agent.report.secret_names import secret_names, without_said
from agent.report.spot_check import NO_REQUESTS, ROUNDS, HubRequests, forget_pictures, restore_pictures
from agent.service.cycle import kept_for
from agent.service.cycle.environment import Environment
from agent.service.cycle.expire import expire
from agent.service.cycle.read_kept import DiskState, read_disk
from agent.service.cycle.renamed import renamed
from agent.service.cycle.rounds import look_in_rounds
from agent.site.config.site import Site
from agent.site.declarations.standing import local_day
from agent.site.duties.floors import with_floors
from drivers.discovery.answer import Sweep
from drivers.http.samples import Sample, write
from drivers.model import Observations

log = logging.getLogger("camwarden.cycle")


@dataclass(frozen=True, slots=True)
class CycleResult:
    """A cycle's facts and findings, its memory, and samples of malformed answers.

    `asked` is what a hub requested of this cycle, with the times of the look that answers it. `derived` are the
    references made in it, `held` the cameras that have earlier ones.
    """

    facts: Facts
    findings: tuple[Finding, ...]
    memory: Memory = EMPTY_MEMORY
    samples: tuple[Sample, ...] = ()
    derived: tuple[DerivedReference, ...] = ()
    asked: HubRequests = NO_REQUESTS
    held: frozenset[str] = frozenset()


def see(
    site: Site,
    env: Environment,
    moment: Moment,
    memory: Memory = EMPTY_MEMORY,
    rounds: int = 1,
    asked: HubRequests = NO_REQUESTS,
) -> CycleResult:
    """Look at the site and judge it; nothing is stored or sent. `memory` is that of the looks before this one.

    `rounds`: how many rounds, some seconds apart, cameras get whose zones or views one picture does not settle.
    `asked`: the cameras that a hub wants looked at afresh, on every path and without their memory.
    """
    # read what is kept
    kept, afresh, now = read_disk(site), asked.cameras(site), moment.at
    memory = renamed(kept_for.memory_of_site(memory, site.id), site)
    stood = replace(memory.remembered, looked=not_rejuvenated(memory.remembered.looked, moment))
    before = kept_for.forget_replaced(stood, site, owners_now(site, {}, stood.identities, source=True), env.previous)
    remembered = forget_pictures(before, afresh)
    declared = with_sources(with_floors(site, local_day(site, now)), remembered.inventory.sources)
    approvals, _ = kept_for.valid_approvals(kept.approvals, stood, remembered)
    derived = {name: ones for name, ones in kept.derived.items() if name in approvals}
    site = with_approvals(declared, approvals)
    # ask devices
    heard = discover(site, env.progress)
    reasons = suspected(remembered.moments), waiting(site, remembered.bare, now)
    paths = with_playback(due(site, remembered.looked, now), reasons, remembered.looked, now)
    paths = with_clock_looks(paths, env.previous.clocks.begin_cycle(site))
    reading = Reading(site, env.credentials, env.clock, env.watch)
    wanted = with_openings(
        site,
        footage_requests(site, remembered.footage, now),
        remembered.footage,
        remembered.bare,
        paths,
        now,
        unopened_moments(site, remembered.looked),
    )
    reading.ask(site, paths, wanted)
    stored = read_stores(site, paths, now, env.progress, env.stop, wanted=wanted)
    # look at pictures
    known = approved_views(approvals, derived)
    rounds = max(rounds, ROUNDS if afresh else 1)
    aside = env.previous.looks.set_aside(afresh)
    fetched, looked, remembered = look_in_rounds(site, env, reading, stored, remembered, known, now, rounds)
    env.previous.looks.put_back(afresh, aside)
    env.previous.clocks.end_cycle()
    approvals, remembered = kept_for.still_valid_approvals(kept.approvals, approvals, stood, remembered)
    site = with_approvals(declared, approvals)
    host = observe_host(site.storage.directory, now) + observe_worker(env.confinement(), now)
    # remember
    trusted = moment.clock_synced or site.policy.own_clock == "trusted"
    begun = kept_for.restarted_footage(before.footage, remembered.footage)
    observed = fetched.observations + looked + host
    boxes = configured_boxes(site, remembered.identities)
    remembered = fold(IN_TURN, remembered, Look(site=site, now=now, told=observed))
    remembered = replace(remembered, looked=stamped(remembered.looked, moment))
    look = _look_for_areas(site, observed, remembered, heard, kept, now, trusted=trusted, begun=begun)
    remembered = fold(OBSERVED, remembered, look)
    # gather facts
    seen_around = network_facts(look.stock, remembered.sightings, boxes, now)
    facts = _facts(site, env, kept, gather(look.told, seen_around, trusted, remembered, approvals), begun, now)
    # judge
    secret = secret_names(site, facts, local_day(site, now))
    findings = tuple(without_said(one, secret) for one in run_checks(site, facts, now))
    after = restore_pictures(kept_for.memory_of_boxes(before, site, remembered.owners), remembered, afresh)
    made = proven_references(env.previous.take_found(), approvals, remembered.views, now)
    answered = asked.looked(now, env.clock(), site.policy.own_clock == "trusted")
    return CycleResult(
        facts, findings, replace(memory, remembered=after), fetched.samples, made, answered, frozenset(derived)
    )


def _look_for_areas(
    site: Site,
    observed: Observations,
    remembered: Remembered,
    heard: Sweep,
    kept: DiskState,
    now: datetime,
    *,
    trusted: bool,
    begun: frozenset[str],
) -> Look:
    """Return what areas learn from; a remembered look is used for a path without a turn."""
    told = recall_turns(site, observed, remembered.looked)
    return Look(
        site=site,
        now=now,
        told=told,
        trusted=trusted,
        stock=stock_of(site, heard, told, now),
        begun=begun,
        acknowledged=kept.acknowledged,
        own_log_from=kept.own_log_from,
    )


def _facts(site: Site, env: Environment, kept: DiskState, facts: Facts, begun: frozenset[str], now: datetime) -> Facts:
    """Add what this gateway has of itself and on its disk."""
    return replace(
        facts,
        begun=begun,
        delivery=delivery_facts(site, env.delivery, env.not_renewed),
        filed=kept.filed,
        own_reports=env.reports,
        own_log_from=kept.own_log_from,
        factory=kept.factory,
        link_tests=kept.link_tests,
        platform_told=kept.platform_told,
        attested=in_force(kept.attested, site.cameras, owners_now(site, {}, facts.remembered.identities), now),
    )


def set_drills_aside(site: Site, seen: CycleResult, began_at: datetime, ended_at: datetime) -> CycleResult:
    """Return a cycle's result with what drills provoked as not due (`agent/judge/memory/drills.py`)."""
    drills = drills_of(read_notes(site.storage.directory, site.id))
    if not any(one.lasts(began_at, ended_at) for one in drills):
        return seen
    open_keys = frozenset(one.key for one in open_episodes(seen.memory.known))
    return replace(seen, findings=set_aside(seen.findings, drills, open_keys, began_at, ended_at))


def tell(site: Site, seen: CycleResult, spool: Spool, signer: Signer, moment: Moment) -> tuple[Envelope, ...]:
    """Report a cycle: link, sign and commit it together with the memory, in one transaction.

    `seen` must come from a look that was given the memory of this spool.
    """
    site = with_floors(site, local_day(site, moment.at))
    incidents = spool.begin(moment.at)
    boxes = owners_now(site, {}, seen.memory.remembered.identities)
    noted = active_notes(site, read_notes(site.storage.directory, site.id), moment.at, boxes, pinned_keys(site))
    changed, memory = transitions(seen.findings, seen.memory, moment.at, noted)
    closed = [one.episode for one in changed if one.episode is not None]
    days = add_look(site, seen.facts, seen.findings, noted, memory.remembered.assessed, moment.at, closed)
    memory = replace(memory, remembered=replace(memory.remembered, assessed=days))
    changed = (*(spool_incident(one.kind, one.detail) for one in incidents), *seen.asked.told, *changed)
    counts = spool.counts()
    findings = flapping.mark_flapping(seen.findings, memory.known)
    people = people_in(findings, changed, seen.facts.approvals, memory.known, noted)
    ids = ids_of(author_key(site.storage.directory), site.id, people)
    drafts, memory = build_reports(
        site, seen.facts, findings, changed, memory, moment.at, counts, seen.asked, noted.plans, noted.drills,
        noted.contested, ids,
    )  # fmt: skip
    reports, _ = link(drafts, spool.heads(), spool.epoch, site.origin, moment)
    store_names(site.storage.directory, ids, reports)
    envelopes = tuple(sign(report, signer) for report in reports)
    spool.commit(envelopes, state.to_json(memory), moment.at, incidents)
    store_history(site.storage, changed, moment.at)
    keep_samples(site, seen.samples, moment.at)
    store_derived(site.storage.directory, site.id, seen.derived, seen.held)
    expire(site, moment)
    return envelopes


def keep_samples(site: Site, samples: tuple[Sample, ...], now: datetime) -> None:
    """Store malformed answers for a support archive; a failure is logged, and stops nothing."""
    try:
        write(site.storage.directory / "samples", samples, now)
    except OSError as error:
        log.warning("samples of malformed answers cannot be kept: %s", error.strerror)

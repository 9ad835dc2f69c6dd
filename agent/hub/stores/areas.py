"""Connects each method of a port to the function that has its SQL, and to one open database."""

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from agent.hub.domain.rows.keeping import Room
from agent.hub.ports.keeping import Months
from agent.hub.stores import city, disputes, evidence, findings, trust, words
from agent.hub.stores.database import Database
from agent.hub.stores.intake import accepted, before, epochs, holes, places, refusals
from agent.hub.stores.keeping import authors, bodies, disk_sizes, expiry, holds, payloads
from agent.hub.stores.orders import commands, policies, upgrades
from agent.hub.stores.page import city_map
from agent.hub.stores.reading import city_now, logged, of_finding, orders, queries, scoped, signed, sites

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


def on(first: T, function: Callable[Concatenate[T, P], R]) -> Callable[P, R]:
    """Return a function of stores without its first argument, the open database or the hub's folder."""
    return partial(function, first)


class Findings:
    """See `agent/hub/ports/findings.py`."""

    def __init__(self, db: Database) -> None:
        self.page = on(db, findings.findings)
        self.total = on(db, findings.total)
        self.fleet = on(db, findings.fleet)
        self.repaired = on(db, findings.repaired)
        self.site = on(db, findings.site_facts)
        self.history = on(db, findings.history)


class Words:
    """See `agent/hub/ports/findings.py`."""

    def __init__(self, db: Database) -> None:
        self.keep = on(db, words.keep)
        self.of_site = on(db, words.words_of)
        self.planned = on(db, words.planned_between)
        self.keep_operator = on(db, words.keep_operator)


class Disputes:
    """See `agent/hub/ports/findings.py`."""

    def __init__(self, db: Database) -> None:
        self.take = on(db, disputes.take)
        self.decide = on(db, disputes.decide)
        self.listed = on(db, disputes.disputes)
        self.open_counts = on(db, disputes.open_dispute_counts)
        self.find = on(db, disputes.find)


class Sites:
    """See `agent/hub/ports/sites.py`."""

    def __init__(self, db: Database) -> None:
        self.rows = on(db, queries.site_rows)
        self.chains = on(db, queries.chain_rows)
        self.waiting = on(db, queries.waiting_rows)
        self.waiting_reports = on(db, queries.waiting_reports)
        self.missing_runs = on(db, queries.missing_runs)
        self.gaps = on(db, queries.gap_rows)
        self.absent = on(db, queries.absent_rows)
        self.counts = on(db, queries.counts)
        self.confirmed_counts = on(db, queries.confirmed_counts)
        self.chains_with_holes = on(db, queries.chains_with_holes)
        self.epochs = on(db, queries.epochs)
        self.page = on(db, city.site_page)
        self.contacts = on(db, city.site_contacts)
        self.counts_summed = on(db, city.counts_summed)
        self.lags = on(db, city.lags)
        self.first_contacts = on(db, epochs.first_contacts)


class Places:
    """See `agent/hub/ports/places.py`."""

    def __init__(self, db: Database) -> None:
        self.say = on(db, places.say)
        self.differing = on(db, places.differing)


class Seen:
    """See `agent/hub/ports/seen.py`."""

    def __init__(self, db: Database) -> None:
        self.may_see = on(db, scoped.may_see)
        self.may_see_finding = on(db, scoped.may_see_finding)
        self.place = on(db, scoped.place_of_site)
        self.sites = on(db, scoped.sites_seen)
        self.listed = on(db, sites.sites_listed)
        self.counted = on(db, sites.sites_counted)
        self.divisions = on(db, city_now.division_of_sites)
        self.open_by_division = on(db, city_now.open_by_division)
        self.open_by_site = on(db, city_now.open_by_site)
        self.open_by_age = on(db, city_now.open_by_age)
        self.assigned = on(db, city_now.assigned)
        self.repaired_between = on(db, city_now.repaired_between)


class Envelopes:
    """See `agent/hub/ports/seen.py`."""

    def __init__(self, db: Database) -> None:
        self.judged = on(db, of_finding.judged)
        self.newest = on(db, of_finding.newest_envelopes)
        self.of_finding = on(db, of_finding.envelopes_of)
        self.stretches = on(db, of_finding.stretches_of)


class Reports:
    """See `agent/hub/ports/reports.py`."""

    def __init__(self, db: Database) -> None:
        self.times = on(db, queries.report_times)
        self.stored = on(db, queries.stored_reports)
        self.for_case = on(db, queries.case_rows)
        self.checks = on(db, queries.checks_reported)
        self.id_at = on(db, queries.report_id_at)
        self.digest_of = on(db, queries.digest_by_id)
        self.config_ends = on(db, queries.config_ends)
        self.newest_config = on(db, queries.newest_config)
        self.accepted_after = on(db, logged.accepted_after)
        self.count_after = on(db, logged.count_after)
        self.newest_id = on(db, logged.newest_id)
        self.signed_after = on(db, signed.signed_after)
        self.check_after = on(db, evidence.check_after)
        self.check = on(db, evidence.check)


class Epochs:
    """See `agent/hub/ports/gaps.py`."""

    def __init__(self, db: Database) -> None:
        self.verdict = on(db, epochs.verdict_on)
        self.keep_verdict = on(db, epochs.keep_verdict)
        self.unexplained = on(db, epochs.unexplained)
        self.raise_connection = on(db, epochs.raise_connection)
        self.others = on(db, epochs.other_epochs)
        self.versions_at = on(db, epochs.versions_at)
        self.signer_of_state = on(db, epochs.signer_of_state)


class Holes:
    """See `agent/hub/ports/gaps.py`."""

    def __init__(self, db: Database) -> None:
        self.quiet_sites = on(db, holes.quiet_sites)
        self.note_search = on(db, holes.note_search)
        self.known = on(db, holes.known_holes)
        self.keep = on(db, holes.keep_holes)
        self.absent_of = on(db, holes.absent_of)


class AcceptedLosses:
    """See `agent/hub/ports/gaps.py`."""

    def __init__(self, db: Database) -> None:
        self.keep = on(db, accepted.keep_accepted)
        self.within = on(db, accepted.accepted_within)
        self.of_site = on(db, accepted.accepted)
        self.unseen = on(db, accepted.unseen)
        self.take_unseen = on(db, accepted.take_unseen)
        self.through = on(db, accepted.accepted_through)
        self.first_behind = on(db, accepted.first_behind)


class LostRuns:
    """See `agent/hub/ports/gaps.py`."""

    def __init__(self, db: Database) -> None:
        self.digests_of = on(db, before.digests_of)
        self.ending_at = on(db, before.run_ending_at)
        self.delete = on(db, before.delete_run)
        self.reports_downwards = on(db, before.reports_downwards)
        self.given_up_to = on(db, before.given_up_to)


class Refusals:
    """See `agent/hub/ports/intake.py`."""

    def __init__(self, db: Database) -> None:
        self.others = on(db, refusals.refused_others)
        self.keep = on(db, refusals.keep_refused)
        self.newest = on(db, refusals.newest_refused)
        self.drop = on(db, refusals.drop_refused)
        self.keep_key = on(db, refusals.keep_refused_key)
        self.key = on(db, refusals.refused_key)
        self.drop_key = on(db, refusals.drop_refused_key)


class Commands:
    """See `agent/hub/ports/orders.py`."""

    def __init__(self, db: Database) -> None:
        self.keep = on(db, commands.keep_command)
        self.unsent = on(db, commands.unsent_commands)
        self.mark_sent = on(db, commands.mark_command_sent)
        self.renew = on(db, commands.renew_commands)
        self.find = on(db, commands.find_command)
        self.keep_result = on(db, commands.keep_result)
        self.keep_status = on(db, commands.keep_status)
        self.waiting = on(db, commands.waiting_commands)
        self.open_resends = on(db, commands.open_resends)
        self.expired_decisions = on(db, commands.expired_decisions)
        self.open_counts = on(db, commands.open_command_counts)
        self.given = on(db, orders.given_orders)
        self.count = on(db, orders.count_orders)


class Policies:
    """See `agent/hub/ports/orders.py`."""

    def __init__(self, db: Database) -> None:
        self.highest_version = on(db, policies.highest_version)
        self.keep_desired = on(db, policies.keep_desired)
        self.desired = on(db, policies.desired_payload)
        self.unsent = on(db, policies.unsent_policies)
        self.mark_sent = on(db, policies.mark_policy_sent)
        self.renew = on(db, policies.renew_policy)
        self.renew_all = on(db, policies.renew_policies)
        self.reported = on(db, policies.reported_payload)
        self.keep_reported = on(db, policies.keep_reported)
        self.shown = on(db, orders.policies_shown)


class Upgrades:
    """See `agent/hub/ports/upgrades.py`."""

    def __init__(self, db: Database) -> None:
        self.begin = on(db, upgrades.begin)
        self.newest = on(db, upgrades.newest)
        self.keep_state = on(db, upgrades.keep_state)
        self.keep_verdict = on(db, upgrades.keep_verdict)
        self.keep_word = on(db, upgrades.keep_word)
        self.words = on(db, upgrades.words)
        self.members = on(db, upgrades.members)
        self.bad_counts = on(db, upgrades.bad_counts)
        self.sites = on(db, upgrades.sites)
        self.step_counts = on(db, upgrades.step_counts)
        self.at_step = on(db, upgrades.at_step)
        self.begin_wave = on(db, upgrades.begin_wave)
        self.begin_again = on(db, upgrades.begin_again)
        self.mark_named = on(db, upgrades.mark_named)
        self.mark_runs = on(db, upgrades.mark_runs)
        self.mark_refused = on(db, upgrades.mark_refused)
        self.mark_tried = on(db, upgrades.mark_tried)
        self.mark_taken_back = on(db, upgrades.mark_taken_back)
        self.withdraw = on(db, upgrades.withdraw)
        self.newest_health = on(db, upgrades.newest_health)
        self.refusals = on(db, upgrades.refusals)


class Holds:
    """See `agent/hub/ports/keeping.py`."""

    def __init__(self, db: Database) -> None:
        self.keep = on(db, holds.keep_hold)
        self.release = on(db, holds.release)
        self.listed = on(db, holds.holds)
        self.held = on(db, holds.held)


class Bodies:
    """See `agent/hub/ports/keeping.py`. `drop`: of an engine that stores bodies in a way of its own."""

    def __init__(self, db: Database, drop: Callable[[Database, Collection[int]], None] = bodies.drop) -> None:
        self.after = on(db, bodies.bodies_after)
        self.held_before = on(db, bodies.held_before)
        self.needed = on(db, payloads.needed)
        self.drop = on(db, drop)
        self.leave = on(db, bodies.leave)
        self.forget = on(db, bodies.forget)
        self.place = on(db, bodies.place)
        self.go_on = on(db, bodies.go_on)
        self.newest_arrival = on(db, bodies.newest_arrival)


class Expiry:
    """See `agent/hub/ports/keeping.py`. The functions that delete are of the engine, where it has its own."""

    def __init__(
        self, db: Database, delete_report: Callable[[Database, int], None] = expiry.delete_report,
        months: Months | None = None,
    ) -> None:  # fmt: skip
        """`months`: of an engine that stores reports apart by the month of their arrival."""
        self.newest_made_at = on(db, expiry.newest_made_at)
        self.reports_after = on(db, expiry.reports_after)
        self.delete_report = on(db, delete_report)
        self.delete_untold_findings = on(db, expiry.delete_untold_findings)
        self.delete_beside = on(db, expiry.delete_beside)
        self.months = months


class Disk:
    """See `agent/hub/ports/keeping.py`."""

    def __init__(self, db: Database, measure: Callable[[Database], Room] = disk_sizes.measure) -> None:
        """`measure`: how the engine tells its room."""
        self.measure = on(db, measure)
        self.sizes = on(db.directory, disk_sizes.read_sizes)
        self.keep_size = on(db.directory, disk_sizes.keep_size)


class CityMaps:
    """See `agent/hub/ports/city_map.py`."""

    def __init__(self, db: Database) -> None:
        self.read = on(db.directory, city_map.read)
        self.keep = on(db.directory, city_map.keep)


class Authors:
    """See `agent/hub/ports/authors.py`."""

    def __init__(self, directory: Path) -> None:
        self.take = on(directory, authors.take)
        self.of_site = on(directory, authors.of_site)
        self.listed = on(directory, authors.listed)
        self.erase = on(directory, authors.erase)
        self.expire = on(directory, authors.expire)


class TrustStore:
    """See `agent/hub/ports/trust.py`."""

    def __init__(self, directory: Path) -> None:
        self.where = directory / trust.NAME
        self.load = on(directory, trust.load)
        self.of_key = on(directory, trust.of_key)
        self.of_sites = on(directory, trust.of_sites)
        self.add = on(directory, trust.add)
        self.rotate = on(directory, trust.rotate)
        self.revoke = on(directory, trust.revoke)
        self.revoke_site = on(directory, trust.revoke_site)
        self.mark = on(directory, trust.mark)

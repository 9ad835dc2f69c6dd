"""Schedules cycles, stops on signals, and notifies systemd. The only place below `cli` that reads a clock.

One thread does in turn: the hub's orders, cycle, status file, watchdog; publisher, mirrors, notices and the daily
digest have threads of their own. Signals and orders only set flags and end its sleep. The watchdog is fed by progress:
while every device is inside its deadline, after each judged picture, and while the publisher's loop beats.
"""

import logging
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from agent.contract.signing_keys import KeyUnavailable
from agent.deliver.keys.rotate import SPOOL_NAME, can_sign, has_waiting_key, note_unusable
from agent.deliver.spool.inbox import INBOX_NAME, take_up
from agent.host import sd_notify
from agent.host.clock import nearest
from agent.host.health import moment, release_memory
from agent.host.log_kinds import About, about
from agent.judge.memory import memory
from agent.judge.memory.notes import contested_of, read_notes
from agent.model import exits
from agent.model.errors import SpoolCorrupt, SpoolFailed
from agent.model.finding import Envelope, Json, Moment
from agent.model.matters import counts, shown
from agent.observe.pictures.clock_looks import ClockLooks
from agent.observe.pictures.learned_clocks import store_clocks
from agent.service.alerts import status_file
from agent.service.alerts.metrics import Cycle
from agent.service.cycle.cycle import CycleResult, see, set_drills_aside, tell
from agent.service.cycle.environment import Environment
from agent.service.daemon.parts import Parts, parts_of
from agent.service.daemon.read_back import read_own
from agent.service.daemon.signals import Signals
from agent.service.daemon.status_text import status_content
from agent.site.config.load import load
from agent.site.config.site import Site
from agent.site.declarations.secret import nameless
from agent.site.declarations.standing import local_day
from agent.site.toml.problems import ConfigError

log = logging.getLogger("camwarden.daemon")

PERIOD_JITTER_RATIO = 0.05
"""How far a period may be stretched or shortened, so that a city's sites do not move in step."""
IDLE_TICK_S = 5.0
"""How late a note in the inbox may be taken up. What the hub orders, and signals, end a rest at once."""
PUBLISHER_STALLED_S = 90.0
"""How old the publisher's heartbeat may be before the watchdog is no longer fed."""
CONFIRM_WITHIN_S = 60.0
"""How long `run --once` waits for the hub's confirmation."""
RENEWAL_WITHIN_S = 35.0
"""How long it waits for a certificate that is being renewed, before it looks: longer than a desk may take."""
DIGEST_WITHIN_S = 10.0
"""How long it waits for a daily digest that is on its way: longer than one may take, but for a name without answer."""
NOTICES_WITHIN_S = 20.0
"""The same for what is told at once, where a mail takes longer."""


class Stopped(Exception):
    """SIGTERM or Ctrl-C arrived in the middle of a cycle."""


def run_once(site: Site, clock: Callable[[], datetime]) -> tuple[CycleResult, bool]:
    """Run one cycle, wait for its confirmation, and return its result and whether everything is confirmed.

    Without a hub, and with `confirm = "file"`, being in the spool counts as confirmed. The hub's orders of the meantime
    are decided at the end; a look that it asks for is the next run's.
    """
    with parts_of(site, clock) as parts:
        _take_orders(site, parts, clock)
        parts.renewals.begin()
        parts.renewals.wait(RENEWAL_WITHIN_S)
        started_at_mono = time.monotonic()
        seen, committed = _look_and_report(site, parts, clock)
        took_s = time.monotonic() - started_at_mono
        confirmed = committed > 0 and (parts.publisher is None or parts.publisher.drained(CONFIRM_WITHIN_S))
        _take_orders(site, parts, clock)
        _export_cycle(site, seen, parts, clock(), took_s, committed)
        parts.notices.wait(NOTICES_WITHIN_S)
        parts.digests.wait(DIGEST_WITHIN_S)
        return seen, confirmed


def serve(config: Path, site: Site, clock: Callable[[], datetime]) -> int:
    """Run until SIGTERM: a cycle each period, reload on SIGHUP, status file and watchdog in between."""
    with Signals() as signals, ExitStack() as opened:
        parts = opened.enter_context(parts_of(site, clock, signals.ring))
        sd_notify.ready()
        due_at_mono = time.monotonic()
        period_s, reported = site.period_s, True
        while not signals.stop:
            if signals.reload:
                signals.reload = False
                site = _reloaded(config, site)
            wanted_s = _take_orders(site, parts, clock)
            if wanted_s < period_s:  # a shorter period does not wait for the end of a longer one
                due_at_mono = min(due_at_mono, time.monotonic() + wanted_s)
            period_s = wanted_s
            if (parts.desk.waits and reported) or time.monotonic() >= due_at_mono:
                due_at_mono = _next_due(min(due_at_mono, time.monotonic()), period_s)
                due_at_mono = _steered(due_at_mono, period_s, site, parts.previous.clocks, clock())
                if has_waiting_key(parts.keys, parts.signer):
                    opened.close()
                    parts = opened.enter_context(parts_of(site, clock, signals.ring))
                try:
                    reported = _cycle(site, parts, signals, clock)
                except Stopped:
                    break
                except SpoolCorrupt:  # a new start sets the file aside
                    raise
                except SpoolFailed as error:  # a full or failing disk: what was seen is told by the next cycle
                    log.error("nothing of this cycle could be kept: %s", error, extra=about("nothing-kept"))
                    reported = False
                release_memory()  # here, where nothing refers to what was seen any more
            _feed_watchdog(parts)
            signals.rest(min(IDLE_TICK_S, max(0.0, due_at_mono - time.monotonic())))
        sd_notify.stopping()
    return exits.OK


def _cycle(site: Site, parts: Parts, signals: Signals, clock: Callable[[], datetime]) -> bool:
    """Run one cycle with one log line about it, and return whether it was reported."""

    def progress() -> None:
        if signals.stop:
            raise Stopped
        _feed_watchdog(parts)

    def wait(seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            progress()
            signals.rest(min(IDLE_TICK_S, left))

    started_at_mono = time.monotonic()
    seen, committed = _look_and_report(site, parts, clock, progress, wait)
    took_s = time.monotonic() - started_at_mono
    _export_cycle(site, seen, parts, clock(), took_s, committed)
    said = ", ".join(f"{count} {status}" for status, count in counts(seen.findings).items() if count)
    sd_notify.status(said)
    log.info("cycle of %.1f s: %s; %d reports committed", took_s, said, committed, extra=_log_fields(site, seen))
    return committed > 0


def _log_fields(site: Site, seen: CycleResult) -> dict[str, About]:
    """Return the log fields of a cycle: everything that is not well."""
    unwell = [f for one in shown(seen.findings) if not one.quiet for f in one.found]
    named = [f.subject.partition(":")[::2] for f in unwell]
    cameras = [name for kind, name in named if kind == "camera"]
    behind = [c.camera.device for c in site.cameras if c.camera.id in cameras]
    devices = [name for kind, name in named if kind == "device"]
    return about("cycle", device=devices + behind, camera=cameras, check=[f.check for f in unwell])


def _look_and_report(
    site: Site,
    parts: Parts,
    clock: Callable[[], datetime],
    progress: Callable[[], None] = lambda: None,
    wait: Callable[[float], None] = time.sleep,
) -> tuple[CycleResult, int]:
    """Look, report, commit, and answer orders; return also the number of reports."""
    now = moment(clock())
    standing = parts.desk.in_force(site, now)
    asked = parts.desk.asked(standing)
    stands = parts.publisher.status() if parts.publisher is not None else None
    parts.renewals.begin()
    reports = read_own(site.storage.directory / SPOOL_NAME, parts.signer.public, standing.site)
    env = Environment(
        parts.credentials,
        parts.worker.judge,
        clock,
        progress,
        parts.previous,
        wait,
        delivery=stands,
        not_renewed=parts.renewals.trouble,
        reports=reports,
        confinement=lambda: parts.worker.confinement,
    )
    clocks = parts.previous.clocks
    learned_before = clocks.known
    try:
        seen = see(standing.site, env, now, memory.from_json(parts.spool.read_memory()), asked=asked)
    finally:
        parts.worker.rest()
    store_clocks(standing.site.storage.directory, standing.site.id, learned_before, clocks.known)
    seen = set_drills_aside(standing.site, seen, now.at, clock())
    envelopes = _report_cycle(standing.site, seen, parts, now)
    if envelopes:
        parts.desk.answer(asked, envelopes, moment(clock()))
    for mirror in parts.mirrors:
        mirror.offer(envelopes, now.at)
    if parts.publisher is not None:
        parts.names.tell(parts.publisher.status().connects, now.at)
        parts.publisher.wake()
    return seen, len(envelopes)


def _export_cycle(site: Site, seen: CycleResult, parts: Parts, at: datetime, took_s: float, committed: int) -> None:
    """Export a cycle: status file, metrics, the digest where it is due."""
    standing = parts.desk.in_force(site, moment(at))
    told = nameless(standing.site, local_day(site, at))  # what follows is read by others: secret cameras have no name
    delivery = parts.publisher.status() if parts.publisher is not None else None
    orders: dict[str, Json] = {
        "policy_version": standing.version,
        "policy": dict(standing.policy),
        "ignored": parts.desk.ignored(),
    }
    queue = parts.spool.counts()
    content = status_content(
        told, seen, queue, delivery, parts.worker.confinement, orders, seen.asked.looked_from or at,
        contested_of(read_notes(site.storage.directory, site.id), site.id, parts.hub_keys),
    )  # fmt: skip
    content["mirrors"] = [asdict(mirror.status()) for mirror in parts.mirrors]
    status_file.write(site.storage.runtime, content)
    due_at = at + timedelta(seconds=standing.site.period_s)
    parts.telemetry.cycle_done(site, seen, Cycle(at, took_s, committed, due_at))
    if committed:  # what was not kept is seen anew
        known = cache(lambda: memory.from_json(parts.spool.read_memory()).known)
        site = nameless(site, local_day(site, at))
        parts.notices.cycle_done(site, seen.findings, known)
        parts.digests.cycle_done(site, seen.findings, known)


def _report_cycle(site: Site, seen: CycleResult, parts: Parts, now: Moment) -> tuple[Envelope, ...]:
    """Report a cycle; where its reports cannot be signed, nothing: the next one reports what has changed since."""
    try:
        if can_sign(site, parts.spool, parts.signer, now):
            return tell(site, seen, parts.spool, parts.signer, now)
    except KeyUnavailable as error:
        note_unusable(site, error, now)
    return ()


def _take_orders(site: Site, parts: Parts, clock: Callable[[], datetime]) -> int:
    """Take up what lies in the inbox, decide the hub's orders, and return the period then in force."""
    now = moment(clock())
    connects = parts.publisher.status().connects if parts.publisher is not None else 0
    try:
        notes = take_up(parts.spool, site.storage.directory / INBOX_NAME, parts.hub_keys, site.id, now.at)
        if notes and parts.publisher is not None:
            parts.publisher.wake()
        parts.desk.take(site, now, connects)
    except SpoolCorrupt:
        raise
    except SpoolFailed as error:
        log.error("%s; tried again", error)
    return parts.desk.in_force(site, now).site.period_s


def _feed_watchdog(parts: Parts) -> None:
    """Feed the watchdog, unless the publisher's loop has stalled."""
    publisher = parts.publisher
    if publisher is None or time.monotonic() - publisher.beat_at_mono < PUBLISHER_STALLED_S:
        sd_notify.watchdog()


def _reloaded(config: Path, site: Site) -> Site:
    """Load the configuration anew; return the one in force where the new one is wrong."""
    sd_notify.reloading()
    try:
        fresh = load(config)
    except ConfigError as error:
        refused = about("configuration-refused")
        log.error("the new configuration is wrong, the old one stays in force:\n%s", error, extra=refused)
        fresh = site
    if _needing_restart(fresh) != _needing_restart(site):
        log.error(
            "site id, [hub], [[mirror]], [metrics] listen, [key] and [storage] change only with a restart; the old "
            "configuration stays in force",
            extra=about("configuration-refused"),
        )
        fresh = site
    sd_notify.ready()
    return fresh


def _needing_restart(site: Site) -> tuple[object, ...]:
    """Return what only a restart changes."""
    return site.id, site.city, site.hub, site.mirrors, site.metrics.listen, site.key, site.storage


def _next_due(due_at_mono: float, period_s: float) -> float:
    """Return when the next cycle is due; a missed one is not caught up with."""
    jitter = random.uniform(1 - PERIOD_JITTER_RATIO, 1 + PERIOD_JITTER_RATIO)  # noqa: S311 - spreads load, no secret
    return max(due_at_mono, time.monotonic() - period_s) + period_s * jitter


def _steered(due_at_mono: float, period_s: float, site: Site, clocks: ClockLooks, now: datetime) -> float:
    """Return a moment in the last third before a cycle is due at which clocks that are learned show new digits."""
    left_s = max(due_at_mono - time.monotonic(), 0.0)
    early_s = min(period_s / 3, left_s)
    wall = now.astimezone(ZoneInfo(site.time_zone)) + timedelta(seconds=left_s - early_s)
    return due_at_mono - early_s + clocks.best_wait_s(wall, early_s)


def utc_now() -> datetime:
    """Return the wall clock, at the nearest time that a report may carry."""
    return nearest(datetime.now(UTC))

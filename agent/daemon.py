"""The daemon: when to look, how to stop, and what to tell systemd. The only place below `cli` that reads a clock.

One thread does everything in turn: cycle, status file, watchdog. Signals only set flags. The watchdog is fed by
progress: while every device is inside its deadline, after each judged picture, and while the publisher's loop beats.
"""

from __future__ import annotations

import logging
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from agent import exits, notify, state, status_file
from agent.config import Site
from agent.config_load import load
from agent.config_table import ConfigError
from agent.cycle import Seen, seal_for, see, tell
from agent.host import give_back_memory, moment
from agent.keys import REPORT_KEY_NAME, Signer, load_jwks, load_or_create_signer
from agent.model import Json, utc_text
from agent.paths import CREDENTIALS_NAME
from agent.previous import Previous
from agent.publish import Publisher
from agent.publish_status import DeliveryStatus
from agent.report import counts
from agent.rim import Rim
from agent.spool import Spool
from agent.verdict import refused
from drivers.credentials import Credentials
from masking.worker import Worker

log = logging.getLogger("camwarden.daemon")

PERIOD_JITTER_RATIO = 0.05
"""How far a period may be stretched or shortened, so that a city's sites do not move in step."""
IDLE_TICK_S = 1.0
PUBLISHER_STALLED_S = 90.0
"""How old the publisher's heartbeat may be before the watchdog is no longer fed."""
STOP_S = 4.0
"""What is left for a clean end; systemd and people expect SIGTERM to be done within 5 s."""
CONFIRM_WITHIN_S = 60.0
"""How long `run --once` waits for the hub's confirmation."""


class Stopped(Exception):
    """SIGTERM or Ctrl-C arrived in the middle of a cycle."""


@dataclass(slots=True)
class Signals:
    """What signals asked for. Handlers set these flags and do nothing else."""

    stop: threading.Event = field(default_factory=threading.Event)
    reload: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Parts:
    """The long-lived parts of a running agent."""

    spool: Spool
    signer: Signer
    credentials: Credentials
    worker: Worker
    publisher: Publisher | None
    previous: Previous = field(default_factory=Previous)


@contextmanager
def parts_of(site: Site, clock: Callable[[], datetime]) -> Iterator[Parts]:
    """Open the spool, keys and worker, and start the publisher; close all of them in reverse order.

    Raises:
        AgentError: The spool is in use, a key is unusable, or a pinned file cannot be read.
    """
    directory = site.storage.directory
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        signer = load_or_create_signer(directory / REPORT_KEY_NAME)
        seal = seal_for(site, signer, clock)
        spool = Spool.open(directory / "spool.db", site.storage.spool_max_bytes, now=clock(), seal=seal)
        stack.callback(spool.close)
        credentials = Credentials(directory / CREDENTIALS_NAME)
        worker = stack.enter_context(Worker())
        publisher = None
        if site.hub is not None and site.hub.confirm != "file":
            hub_keys = load_jwks(site.hub.jwks) if site.hub.jwks else {}
            publisher = Publisher(site, spool, signer, hub_keys, clock)
            publisher.start()
            stack.callback(publisher.stop, STOP_S)
        yield Parts(spool, signer, credentials, worker, publisher)


def run_once(site: Site, clock: Callable[[], datetime]) -> tuple[Seen, bool]:
    """Run one cycle, wait for its confirmation, and return what was seen and whether everything is confirmed.

    Without a hub, and with `confirm = "file"`, being in the spool is all that can be had, and counts.
    """
    with parts_of(site, clock) as parts:
        rim = Rim(parts.credentials, parts.worker.judge, clock)
        now = moment(clock())
        seen = see(site, rim, now, state.from_json(parts.spool.read_memory()))
        tell(site, seen, parts.spool, parts.signer, now)
        give_back_memory()
        confirmed = True
        if parts.publisher is not None:
            parts.publisher.wake()
            confirmed = parts.publisher.drained(CONFIRM_WITHIN_S)
        status_file.write(site.storage.runtime, _status(site, seen, parts, now.at))
        return seen, confirmed


def serve(config: Path, site: Site, clock: Callable[[], datetime]) -> int:
    """Run until SIGTERM: a cycle each period, reload on SIGHUP, status file and watchdog in between."""
    signals = Signals()
    _install(signals)
    with parts_of(site, clock) as parts:
        if parts.worker.limits:
            log.warning("the picture worker could not give up: %s", ", ".join(parts.worker.limits))
        notify.ready()
        due_at_mono = time.monotonic()
        while not signals.stop.is_set():
            if signals.reload.is_set():
                signals.reload.clear()
                site = _reloaded(config, site)
            if time.monotonic() >= due_at_mono:
                due_at_mono = _next(due_at_mono, site.period_s)
                try:
                    _cycle(site, parts, signals, clock)
                except Stopped:
                    break
            _beat(parts)
            signals.stop.wait(min(IDLE_TICK_S, max(0.0, due_at_mono - time.monotonic())))
        notify.stopping()
    return exits.OK


def _cycle(site: Site, parts: Parts, signals: Signals, clock: Callable[[], datetime]) -> None:
    """Run one cycle and write the status file; one log line says how it went."""

    def progress() -> None:
        if signals.stop.is_set():
            raise Stopped
        _beat(parts)

    started_at = time.monotonic()
    now = moment(clock())
    rim = Rim(parts.credentials, parts.worker.judge, clock, progress, parts.previous)
    seen = see(site, rim, now, state.from_json(parts.spool.read_memory()))
    envelopes = tell(site, seen, parts.spool, parts.signer, now)
    give_back_memory()
    if parts.publisher:
        parts.publisher.wake()
    summary = counts(seen.findings)
    status_file.write(site.storage.runtime, _status(site, seen, parts, now.at))
    took_s = time.monotonic() - started_at
    said = ", ".join(f"{count} {status}" for status, count in summary.items() if count)
    notify.status(said)
    log.info("cycle of %.1f s: %s; %d reports committed", took_s, said, len(envelopes))


def _status(site: Site, seen: Seen, parts: Parts, at: datetime) -> dict[str, Json]:
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
                "not_pass": [f.check for f in own if f.status not in ("pass", "not_applicable")],
            }
        )
    return {
        "at": utc_text(at),
        "site": site.id,
        "next_due_at": utc_text(at + timedelta(seconds=site.period_s)),
        "counts": {**counts(seen.findings), "refused": len(refused(seen.findings))},
        "cameras": cameras,
        "queue": parts.spool.counts(),
        "hub": _delivery(parts.publisher.status()) if parts.publisher else None,
        "worker_limits": list(parts.worker.limits),
    }


def _delivery(status: DeliveryStatus) -> dict[str, Json]:
    return {name: utc_text(v) if isinstance(v, datetime) else v for name, v in asdict(status).items()}


def _beat(parts: Parts) -> None:
    """Feed the watchdog, unless the publisher's loop has stopped moving."""
    publisher = parts.publisher
    if publisher is None or time.monotonic() - publisher.beat_at_mono < PUBLISHER_STALLED_S:
        notify.watchdog()


def _reloaded(config: Path, site: Site) -> Site:
    """Return the configuration as it now stands, or the one in force where the new one is wrong."""
    notify.reloading()
    try:
        fresh = load(config)
    except ConfigError as error:
        log.error("the new configuration is wrong, the old one stays in force:\n%s", error)
        fresh = site
    if (fresh.hub, fresh.storage, fresh.id, fresh.city) != (site.hub, site.storage, site.id, site.city):
        log.error("site id, [hub] and [storage] change only with a restart; the old configuration stays in force")
        fresh = site
    notify.ready()
    return fresh


def _next(due_at_mono: float, period_s: float) -> float:
    """Return when the next cycle is due; one that was missed is not caught up with."""
    jitter = random.uniform(1 - PERIOD_JITTER_RATIO, 1 + PERIOD_JITTER_RATIO)  # noqa: S311 - spreads load, no secret
    return max(due_at_mono, time.monotonic() - period_s) + period_s * jitter


def _install(signals: Signals) -> None:
    signal.signal(signal.SIGTERM, lambda *_: signals.stop.set())
    signal.signal(signal.SIGINT, lambda *_: signals.stop.set())
    signal.signal(signal.SIGHUP, lambda *_: signals.reload.set())


def utc_now() -> datetime:
    """Return the wall clock."""
    return datetime.now(UTC)

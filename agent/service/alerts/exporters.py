"""Exports metrics of a running agent: its page for Prometheus, and the file for node_exporter.

An address in use, a missing folder or a reader that hangs costs a line of the log, never the agent. The numbers are
decided in `metrics.py`.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime

from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.spool import Spool
from agent.host.files import write_atomic
from agent.host.health import own_load
from agent.host.log_kinds import about
from agent.host.prometheus import serving
from agent.judge.memory.episodes import flapping_episodes
from agent.model.errors import ConfigurationError, SpoolFailed
from agent.service.alerts.metrics import Cycle, Live, cycle_metrics, live_metrics
from agent.service.cycle.cycle import CycleResult
from agent.site.config.site import Metrics, Site
from masking.worker.client import Worker

log = logging.getLogger("camwarden.telemetry")

UNSERVED = about("metrics-unserved")

TEXTFILE_MODE = 0o644
"""node_exporter runs as another user."""


class Telemetry:
    """The numbers of a running agent; `text` from any thread."""

    def __init__(
        self, spool: Spool, publisher: Publisher | None, worker: Worker, clock: Callable[[], datetime]
    ) -> None:
        self._spool = spool
        self._publisher = publisher
        self._worker = worker
        self._clock = clock
        self._cycle = ""

    def text(self) -> str:
        """Render the page: the last cycle, and the process now. Raises SpoolFailed."""
        resident_bytes, cpu_s = own_load()
        live = Live(
            queue=self._spool.counts(),
            waiting_since=self._spool.waiting_since(),
            heads=self._spool.heads(),
            delivery=self._publisher.status() if self._publisher is not None else None,
            worker_starts=self._worker.starts,
            resident_bytes=resident_bytes,
            cpu_s=cpu_s,
        )
        return self._cycle + live_metrics(live, self._clock())

    def cycle_done(self, site: Site, seen: CycleResult, cycle: Cycle) -> None:
        """Take over a cycle's numbers, and write the file where one is configured; a failure is logged."""
        self._cycle = cycle_metrics(
            site, seen.findings, cycle, seen.facts.remembered.assessed, flapping_episodes(seen.memory.known)
        )
        path = site.metrics.textfile
        if path is None:
            return
        try:
            write_atomic(path, self.text().encode(), TEXTFILE_MODE)
        except OSError as error:
            log.error("%s cannot be written: %s; let the service write there", path, error.strerror, extra=UNSERVED)
        except SpoolFailed as error:
            log.error("%s is not written: %s", path, error, extra=UNSERVED)


@contextmanager
def listening(metrics: Metrics, text: Callable[[], str]) -> Iterator[None]:
    """Serve the page while the block runs, where `[metrics] listen` is set and the address is free."""
    with ExitStack() as stack:
        host, _, port = metrics.listen.rpartition(":")
        if host:
            try:
                stack.enter_context(serving((host.strip("[]"), int(port)), text, "[metrics] listen"))
            except ConfigurationError as error:
                log.error("%s; the agent goes on without this page", error, extra=UNSERVED)
        yield

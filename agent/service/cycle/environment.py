"""Defines the environment of a cycle, which the daemon, a command or a test passes in."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from agent.model.errors import ProgramMissing
from agent.observe.facts.delivery import NotRenewed, OwnReports
from agent.observe.facts.delivery_status import DeliveryStatus
from agent.observe.pictures.judge import Judge
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.observe.probe.fan_out import NO_WATCH, Stage, Watch
from agent.site.config.site import Site
from drivers.credentials import Credentials
from masking.model import Confinement
from masking.worker.client import Worker


def worker_of(site: Site) -> Worker:
    """Return a picture worker under a site's rules; none of its processes runs yet.

    Raises ProgramMissing where no such process can be confined: on Windows.
    """
    if sys.platform == "win32":
        raise ProgramMissing(
            "pictures are judged on Linux alone: repeat this command on the gateway, or here under WSL with the word "
            "wsl before it"
        )
    return Worker(accept_unconfined=site.worker.unconfined == "accept")


@dataclass(frozen=True, slots=True)
class Environment:
    """Refused credentials, the picture worker, the clock of the network side, and pictures of the cycle before.

    `confinement`: how far the worker's children are confined; None before one has judged anything. `progress`, `wait`,
    `stop` and `stage` are those of `Watch`; with only one round `wait` is not called. `delivery`: None where this
    process delivers nothing; `not_renewed`: why its certificate is not renewed, None where nothing prevents it;
    `reports`: what the newest reports are, None where this process reports nothing.
    """

    credentials: Credentials
    judge: Judge
    clock: Callable[[], datetime]
    progress: Callable[[], None] = NO_WATCH.progress
    previous: PreviousPictures = field(default_factory=PreviousPictures)
    wait: Callable[[float], None] = NO_WATCH.wait
    delivery: DeliveryStatus | None = None
    not_renewed: NotRenewed | None = None
    reports: OwnReports | None = None
    confinement: Callable[[], Confinement | None] = lambda: None
    stop: Callable[[], bool] = NO_WATCH.stop
    stage: Callable[[str, Stage], None] = NO_WATCH.stage

    @property
    def watch(self) -> Watch:
        """Who follows the reading of devices."""
        return Watch(self.progress, self.wait, self.stop, self.stage)

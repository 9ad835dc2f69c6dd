"""Defines the input of a probe of `camwarden doctor`, and a row of its table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.model.outcome import Outcome
from agent.service.alerts.status_file import StatusRead
from agent.site.config.site import Site, Storage
from agent.site.toml.problems import Problem


@dataclass(frozen=True, slots=True)
class Situation:
    """The state before anything is probed.

    `site` None: the site file cannot be used; `problems` has the reasons. A site beside problems has no logins:
    secrets.toml cannot be used, or (`forbidden`) not by this user. `storage` is set even then, at worst to its default.
    `status` None: the service has left none, or none that can be read. `holder`: the process that holds the spool, None
    where none does, 0 where this user cannot see it.
    """

    config: Path
    now: datetime
    storage: Storage
    site: Site | None = None
    problems: tuple[Problem, ...] = ()
    forbidden: bool = False
    status: StatusRead | None = None
    holder: int | None = None
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def has_logins(self) -> bool:
        """Whether the site's logins could be read."""
        return self.site is not None and not self.problems

    @property
    def is_running(self) -> bool:
        """Whether a service works here: it holds the spool."""
        return bool(self.holder)

    @property
    def may_be_running(self) -> bool:
        """Whether a service could work here that must not be disturbed: in doubt, as in another container, it does."""
        return self.holder is not None or (self.status is not None and not self.status.stale)


@dataclass(frozen=True, slots=True)
class Probe:
    """One row of the table: `run` measures and judges; it may raise OSError and AgentError, which mean unknown."""

    id: str
    title: str
    run: Callable[[Situation], Outcome]
    limit_s: float = 5.0


def site_of(situation: Situation) -> Site:
    """Return the site, for probes that need one. Raises NoSite."""
    if situation.site is None:
        raise NoSite
    return situation.site


class NoSite(Exception):
    """A probe needs the configuration, and that cannot be used."""

"""Runs all probes side by side; one that breaks becomes `unknown`."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from agent.deliver.keys.rotate import SPOOL_NAME
from agent.host.lock import holder
from agent.host.time_limited import Task, run_limited
from agent.model.errors import AgentError
from agent.model.finding import Json, Message, utc_text
from agent.model.outcome import Outcome, found, of_broken, rows
from agent.onsite.doctor.model import NoSite, Probe, Situation
from agent.service.alerts import status_file
from agent.site.config.load import load, load_declared
from agent.site.config.site import Site, Storage
from agent.site.toml.problems import ConfigError, ConfigForbidden, Problem
from agent.site.toml.storage import load_storage

WITHIN_S: Final = 13.0
"""For all probes together; the command as a whole is to end within 15 s."""
SCHEMA: Final = "camwarden-doctor/1"


def survey(config: Path, now: datetime, environ: Mapping[str, str]) -> Situation:
    """Read the state before anything is probed. Never raises for what is wrong at the site."""
    site, problems, forbidden = _site(config)
    storage = site.storage if site is not None else _storage(config)
    status = None
    with suppress(AgentError):
        status = status_file.read(storage.runtime, now)
    try:
        held_by = holder(storage.directory / SPOOL_NAME)
    except PermissionError:
        held_by = 0  # somebody, perhaps: nothing may disturb it
    return Situation(config, now, storage, site, problems, forbidden, status, held_by, environ)


def _site(config: Path) -> tuple[Site | None, tuple[Problem, ...], bool]:
    """Return the site, without logins that cannot be read; its problems; and whether this user may not read it."""
    try:
        return load(config), (), False
    except ConfigError as error:
        problems, forbidden = error.problems, isinstance(error, ConfigForbidden)
    with suppress(ConfigError):
        return load_declared(config), problems, forbidden
    return None, problems, forbidden


def _storage(config: Path) -> Storage:
    with suppress(ConfigError):
        return load_storage(config)
    return Storage()


def examine(
    situation: Situation, probes: Sequence[Probe], told: Callable[[str], None] = lambda probe: None
) -> dict[str, Outcome]:
    """Run every probe and return its outcome, in the order of the table.

    `told` is called with the id of each probe as it ends.
    """
    tasks = [Task(probe.id, partial(probe.run, situation), probe.limit_s) for probe in probes]
    ended: dict[str, Outcome] = {}
    for name, result in run_limited(tasks, WITHIN_S):
        ended[name] = result if isinstance(result, Outcome) else _unknown(result)
        told(name)
    return {probe.id: ended[probe.id] for probe in probes}


def _unknown(error: Exception) -> Outcome:
    """Return the outcome of a probe that broke."""
    if isinstance(error, NoSite):
        what = Message("needs the configuration, which cannot be used")
        return found("unknown", "no-configuration", what, Message("correct the configuration first"))
    return of_broken(error, Message("report it, with: camwarden bundle"))


def as_json(situation: Situation, outcomes: Mapping[str, Outcome]) -> dict[str, Json]:
    """Encode the outcomes for scripts; sentences in English."""
    return {
        "schema": SCHEMA,
        "at": utc_text(situation.now),
        "site": situation.site.id if situation.site else None,
        "running": situation.is_running,
        "probes": rows(outcomes),
    }

"""Defines the input of a probe of `camwarden hub doctor`, a row of its table, and runs all of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

from agent.host.time_limited import Task, run_limited
from agent.hub.ports.store import Store
from agent.hub.stores.engines import files_of, open_store
from agent.model.finding import Json, Message, utc_text
from agent.model.outcome import Outcome, of_broken, rows
from agent.site.config.site import Hub

SCHEMA: Final = "camwarden-hub-doctor/1"
WITHIN_S: Final = 40.0
"""For all probes together."""

NO_HUB: Final = Message("no hub has run here yet")


@dataclass(frozen=True, slots=True)
class Situation:
    """The hub that is asked about: its data, its backups, and the broker that it is to use.

    `broker` None: none is named; `broker_wrong`: what is wrong with the options that name one.
    """

    directory: Path
    backups: Path
    now: datetime
    broker: Hub | None = None
    broker_wrong: Message | None = None

    @property
    def has_run(self) -> bool:
        """Whether a hub has made its database here. Raises OSError where this user may not look."""
        return files_of(self.directory).has_store(self.directory)

    @contextmanager
    def reading(self) -> Iterator[Store]:
        """Open the database for reading. Raises AgentError."""
        with closing(open_store(self.directory, read_only=True)) as store:
            yield store


@dataclass(frozen=True, slots=True)
class Probe:
    """One row of the table: `run` measures and judges; it may raise OSError and AgentError, which mean unknown.

    `too_long`: the next step where it exceeds its limit, unless the machine's load is the cause to look at.
    """

    id: str
    title: str
    run: Callable[[Situation], Outcome]
    limit_s: float = 5.0
    too_long: Message | None = None


def examine(situation: Situation, probes: Sequence[Probe]) -> dict[str, Outcome]:
    """Run every probe side by side and return its outcome, in the order of the table; one that breaks is unknown."""
    tasks = [Task(probe.id, partial(probe.run, situation), probe.limit_s) for probe in probes]
    by_id = {probe.id: probe for probe in probes}
    ended = {name: _outcome(by_id[name], result) for name, result in run_limited(tasks, WITHIN_S)}
    return {probe.id: ended[probe.id] for probe in probes}


def _outcome(probe: Probe, result: Outcome | Exception) -> Outcome:
    if isinstance(result, Outcome):
        return result
    broken = of_broken(result, Message("look at the hub's log: journalctl -u camwarden-hub"))
    return replace(broken, next_step=probe.too_long or broken.next_step) if isinstance(result, TimeoutError) else broken


def as_json(situation: Situation, outcomes: dict[str, Outcome]) -> dict[str, Json]:
    """Encode the outcomes for scripts; sentences in English."""
    return {
        "schema": SCHEMA,
        "at": utc_text(situation.now),
        "data": str(situation.directory),
        "probes": rows(outcomes),
    }

"""Imports a carried batch of signed reports from files, through the same intake as what comes over MQTT.

A batch is a folder or ZIP of flattened JWS, as `camwarden queue export` writes it; `state.json` shows the site's key.
The whole batch is validated before the first report is accepted: a container that cannot be unpacked, or a file in it
that is no signed report, refuses all of it. After that each report is judged by itself, as over MQTT: one that is not
verified is logged and counted, the others are accepted. To import a batch twice changes nothing.

Works beside a running hub: both only write in short transactions of the database, and each waits for the other.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from agent.contract.envelope import flatten, unflatten
from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.hub.ports.store import Store
from agent.hub.workers.answers import write_ack
from agent.hub.workers.intake import Event, Intake
from agent.model.errors import ConfigurationError, NotVerified, UsageError
from agent.verify.archive import Container, open_container
from agent.verify.manifest import is_case
from agent.verify.message import read_payload

_AT_ONCE: Final = 256  # messages in one transaction: the running hub waits no longer than for one batch of its own


@dataclass(frozen=True, slots=True)
class Imported:
    """Result of a batch: the one site that it is from, events by kind, and those worth a line."""

    site: str
    files: int
    counts: Counter[str]
    told: tuple[Event, ...]
    ack: bytes | None
    epochs: tuple[str, ...]

    @property
    def faults(self) -> int:
        """Return how many messages were not accepted as good."""
        return sum(self.counts[kind] for kind in ("rejected", "fork", "tamper", "untrusted"))


@dataclass(frozen=True, slots=True)
class _BatchFile:
    """A file of a batch whose form is good: its name, and the MQTT topic of its message."""

    name: str
    site: str
    epoch: str
    topic: str
    order: tuple[bool, str, str, int]


def take_batch(path: Path, store: Store, intake: Intake, signer: Signer, now: datetime) -> Imported:
    """Import a batch; return its result and the watermark that goes back with it, flattened.

    Raises:
        UsageError: It is a case, is empty, or is of several sites. Nothing was accepted.
        ConfigurationError, Forbidden: It cannot be read, or a file in it is no signed report. Nothing was accepted.
        StoreFailed: The database failed; earlier transactions stay, and the batch can be imported again.
    """
    with open_container(path, ".json") as container:
        letters = _batch_files(container)
        (site,) = {letter.site for letter in letters}
        counts: Counter[str] = Counter()
        told: list[Event] = []
        for start in range(0, len(letters), _AT_ONCE):
            with store.transaction():
                for letter in letters[start : start + _AT_ONCE]:
                    payload, jws = unflatten(container.read(letter.name))
                    _count(counts, told, intake.take(letter.topic, flatten(payload, jws), "", now))
                for event in (*(intake.retry() if intake.news else ()), *intake.settle()):
                    if event.get("site") == site:
                        _count(counts, told, event)
    return Imported(
        *(site, len(letters), counts, tuple(told), _back(store, signer, site, now)),
        tuple(sorted({letter.epoch for letter in letters if letter.epoch})),
    )


def _count(counts: Counter[str], told: list[Event], event: Event) -> None:
    counts[str(event["event"])] += 1
    if event["event"] not in ("verified", "duplicate", "state", "stale-state") or event.get("new_epoch"):
        told.append(event)


def _batch_files(container: Container) -> list[_BatchFile]:
    """Return the files of a batch in the order of intake: the state first, then along the chains."""
    if is_case(container):
        raise UsageError("{path}: a case, not a batch; `camwarden verify` reads it", path=container.path)
    letters = []
    for name in container.names:
        if not name.endswith(".json"):
            raise ConfigurationError(
                "{path}: {name}: not a file of a batch; nothing of it was used", path=container.path, name=name
            )
        try:
            letters.append(_batch_file(name, *unflatten(container.read(name))))
        except NotVerified as error:
            raise ConfigurationError(
                "{path}: {name}: {error}; nothing of it was used", path=container.path, name=name, error=error
            ) from None
    sites = {letter.site for letter in letters}
    if not letters:
        raise UsageError(
            "{path}: no signed report is in it; name what `camwarden queue export` wrote", path=container.path
        )
    if len(sites) > 1:
        values = {"path": container.path, "count": len(sites)}
        raise UsageError("{path}: reports of {count} sites are in it; bring each site's by itself", **values)
    return sorted(letters, key=lambda letter: letter.order)


def _batch_file(name: str, payload: bytes, jws: str) -> _BatchFile:
    """Return a file of a batch whose form is good. Raises NotVerified."""
    claim = read_payload(payload, jws)
    site, city = claim.address.site, claim.address.city
    order = claim.stream is not None, claim.epoch, claim.address.kind, claim.seq
    return _BatchFile(name, site, claim.epoch, topic(city, site, claim.address.kind), order)


def _back(store: Store, signer: Signer, site: str, now: datetime) -> bytes | None:
    """Return what goes back with a batch, flattened: the watermark of the site's epoch; None: nothing is confirmed."""
    with store.transaction():
        epoch = store.epoch_of(site)
        ack = write_ack(store, signer, site, epoch, now) if epoch is not None else None
    return flatten(ack.payload, ack.jws) if ack is not None else None

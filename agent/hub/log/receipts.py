"""Writes receipts: for any report that the log has, and for a run of entries that were just appended.

A receipt holds what `agent/verify/receipt.py` needs, and nothing of any other report.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from agent.hub.log.sequencer import Entry
from agent.hub.log.store import LogStore, State
from agent.hub.stores.store import Store
from agent.model.errors import ConfigurationError
from agent.verify.checkpoint import Checkpoint
from agent.verify.merkle import leaf_hash
from agent.verify.receipt import entry_of, write_proof


@dataclass(frozen=True, slots=True)
class Place:
    """Which report a person means: the newest of a number, in the epoch where the site lives unless one is named."""

    site: str
    stream: str
    seq: int
    epoch: str = ""


def receipt(log: LogStore, store: Store, place: Place, under: Checkpoint | None = None) -> str:
    """Return the receipt of one report under the newest checkpoint, or an earlier one, such as a cosigned one.

    Raises:
        ConfigurationError: The hub has no such report, the log has it not yet, or has another in its place; or the
            checkpoint is not of this log.
    """
    rows = store.all(
        "SELECT id, digest FROM report WHERE site = ? AND stream = ? AND seq = ? AND fork = 0"
        " AND epoch = coalesce(nullif(?, ''), (SELECT epoch FROM site WHERE site = report.site))",
        *(place.site, place.stream, place.seq, place.epoch),
    )
    if not rows:
        raise ConfigurationError(
            "the hub has no {stream} report {seq} of site {site}", stream=place.stream, seq=place.seq, site=place.site
        )
    (report_id, digest), state = rows[0], log.state()
    leaf = log.leaf_of(report_id) if state is not None and report_id <= state.last_id else None
    if state is None or leaf is None:
        raise ConfigurationError("the log does not have this report yet: see that the hub runs, and try in a minute")
    index, salt = leaf
    if log.leaf_hash(index) != leaf_hash(entry_of(salt, digest)):
        raise ConfigurationError(
            "entry {index} of the log is of another report than hub.db has in its place: one of the two was changed",
            index=index,
        )
    size, note = (state.size, state.note) if under is None else (under.size, under.note)
    if under is not None and (size > state.size or log.tree(size).root() != under.root):
        raise ConfigurationError("this checkpoint is not of the hub's log")
    if index >= size:
        raise ConfigurationError("this checkpoint is older than the report's place in the log: take a newer one")
    (path,) = log.tree(size).inclusion(index, index + 1)
    return f"{write_proof(salt, digest, index, path)}{note}"


def proofs(log: LogStore, state: State, entries: Sequence[Entry]) -> list[str]:
    """Return the receipts, up to their checkpoint, of a run of neighbouring entries."""
    if not entries:
        return []
    paths = log.tree(state.size).inclusion(entries[0].n, entries[-1].n + 1)
    return [write_proof(entry.salt, entry.row[5], entry.n, path) for entry, path in zip(entries, paths, strict=True)]

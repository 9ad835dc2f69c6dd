"""Writes receipts: for any report that the log has, and for a run of entries that were just appended.

A receipt holds what `agent/verify/receipt.py` needs, and nothing of any other report.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from agent.hub.domain.tree import Tree
from agent.hub.log.sequencer import Entry
from agent.hub.ports.log import LogStore
from agent.hub.ports.store import Store
from agent.model.errors import ConfigurationError
from agent.verify.checkpoint import Checkpoint
from agent.verify.merkle import leaf_hash
from agent.verify.receipt import entry_of, write_proof

Under = Callable[[int], Checkpoint | None]
"""Names the checkpoint, such as a cosigned or stamped one, for an entry of the log; None: the newest."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which report a person means: the newest of a number, in the epoch where the site lives unless one is named."""

    site: str
    stream: str
    seq: int
    epoch: str = ""


class NotLogged(ConfigurationError):
    """The log does not have this report, or not yet."""


def receipt(log: LogStore, store: Store, place: Place, under: Under = lambda index: None) -> str:
    """Return the receipt of one report under the newest checkpoint, or the one that `under` names for its entry.

    Raises:
        NotLogged: The log has it not yet.
        ConfigurationError: The hub has no such report, or the log has another in its place; or the checkpoint is not of
            this log.
    """
    stored = store.reports.id_at(place.site, place.epoch, place.stream, place.seq)
    if stored is None:
        raise ConfigurationError(
            "the hub has no {stream} report {seq} of site {site}", stream=place.stream, seq=place.seq, site=place.site
        )
    (report_id, digest), state = stored, log.state()
    leaf = log.leaf_of(report_id) if state is not None and report_id <= state.last_id else None
    if state is None or leaf is None:
        raise NotLogged("the log does not have this report yet: see that the hub runs, and try in a minute")
    index, salt = leaf
    if log.leaf_hash(index) != leaf_hash(entry_of(salt, digest)):
        raise ConfigurationError(
            "entry {index} of the log is of another report than hub.db has in its place: one of the two was changed",
            index=index,
        )
    named = under(index)
    size, note = (state.size, state.note) if named is None else (named.size, named.note)
    if named is not None and (size > state.size or log.tree(size).root() != named.root):
        raise ConfigurationError("this checkpoint is not of the hub's log")
    if index >= size:
        raise ConfigurationError("this checkpoint is older than the report's place in the log: take a newer one")
    (path,) = log.tree(size).inclusion(index, index + 1)
    return f"{write_proof(entry_of(salt, digest), index, path)}{note}"


def receipts_of(
    log: LogStore | None, store: Store, places: Iterable[Place], under: Under = lambda index: None
) -> dict[Place, str]:
    """Return the receipts, as `receipt`, of those of some reports that the log has; none where there is no log.

    Raises:
        ConfigurationError: The log has another report in the place of one.
    """
    found: dict[Place, str] = {}
    if log is None:
        return found
    for place in places:
        with suppress(NotLogged):
            found[place] = receipt(log, store, place, under)
    return found


def proofs(tree: Tree, entries: Sequence[Entry]) -> list[str]:
    """Return the receipts, up to their checkpoint, of a run of neighbouring entries of a tree."""
    if not entries:
        return []
    paths = tree.inclusion(entries[0].n, entries[-1].n + 1)
    return [write_proof(entry.data, entry.n, path) for entry, path in zip(entries, paths, strict=True)]

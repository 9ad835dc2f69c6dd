"""Adds what the hub has accepted to its log, and signs the checkpoint: the only one who does either.

Reads reports in the order of their ids in `hub.db`, which is the order of their commits. What was confirmed to a site
is in `hub.db` first and in the log soon after: a watermark never waits for the log. A `hub.db` that is behind the log,
or has another report where the log has one, was restored or replaced: then nothing is appended until a person has
stated that (`hub log restored`), since a past that changes without a word is what the log is to show.
"""

import os
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from agent.contract.signing_keys import Signer
from agent.hub.domain.rows.log import RESTORED, State
from agent.hub.domain.tree import appended
from agent.hub.ports.log import LogStore
from agent.hub.ports.store import Store
from agent.model.errors import UsageError
from agent.verify.checkpoint import origin_of, write_checkpoint
from agent.verify.members import time_of
from agent.verify.merkle import EMPTY_ROOT, leaf_hash
from agent.verify.receipt import SALT_BYTES

AT_ONCE: Final = 4096
"""So many reports are appended in one transaction; what waits is taken with the next."""


class LogBehind(UsageError):
    """hub.db lacks what is in the log: it was restored, or replaced. Nothing was appended."""


class Entry(NamedTuple):
    """A report in the log: `n` is its place, `data` its salt and digest, `row` site, city, epoch, stream, seq, digest.

    `held`: the size of the log that its site says it holds, 0 for none.
    """

    n: int
    data: bytes
    row: tuple[str, str, str, str, int, str]
    held: int = 0


def append(
    log: LogStore, store: Store, signer: Signer, now: datetime, at_once: int = AT_ONCE
) -> tuple[State, list[Entry]]:
    """Append the next accepted reports and sign the checkpoint over them; return the state and the new entries.

    Raises:
        LogBehind: hub.db is not the one that the log continues.
        StoreFailed: A file failed; nothing was appended.
    """
    state = log.state()
    if state is None:
        state = _begin(log, signer, now)
    _hold_against(store, state)
    rows = store.reports.accepted_after(state.last_id, at_once)
    if not rows:
        return state, []
    salts = os.urandom(SALT_BYTES * len(rows))
    entries = [
        Entry(
            state.size + at,
            salts[at * SALT_BYTES : (at + 1) * SALT_BYTES] + bytes.fromhex(one.digest),
            (one.site, one.city, one.epoch, one.stream, one.seq, one.digest),
            one.held,
        )
        for at, one in enumerate(rows)
    ]
    hashes = [leaf_hash(entry.data) for entry in entries]
    after = replace(state, size=state.size + len(rows), last_id=rows[-1].id, last_digest=rows[-1].digest)
    with log.transaction():
        if log.state() != state:  # another hub led meanwhile, and has appended these
            return state, []
        leaves = [(entry.n, row.id, entry.data[:SALT_BYTES]) for entry, row in zip(entries, rows, strict=True)]
        log.keep_leaves(leaves, appended(state.size, log.tile, hashes))
        signed = replace(after, note=write_checkpoint(after.origin, after.size, log.tree(after.size).root(), signer))
        log.keep_state(signed)
    return signed, entries


@dataclass(frozen=True, slots=True)
class Lag:
    """How many accepted reports are not in the log yet, and when the first of them came; None where there is none.

    `continues` False: the database is not the one that the log continues, and nothing is appended.
    """

    count: int
    oldest_at: datetime | None
    continues: bool = True


def lag(log_state: State | None, store: Store) -> Lag:
    """Return how far the log is behind what was accepted."""
    last_id = log_state.last_id if log_state else 0
    count, first_at = store.reports.count_after(last_id)
    continues = True
    if log_state is not None:
        try:
            _hold_against(store, log_state)
        except LogBehind:
            continues = False
    return Lag(count, time_of(first_at), continues)


def _begin(log: LogStore, signer: Signer, now: datetime) -> State:
    origin = origin_of(signer.kid, now)
    note = write_checkpoint(origin, 0, EMPTY_ROOT, signer)
    state = State(origin=origin, size=0, last_id=0, last_digest="", sent=0, note=note)
    with log.transaction():
        log.begin_life(origin.rpartition("/")[2], 0, "")
        log.keep_state(state)
    return state


def _hold_against(store: Store, state: State) -> None:
    """Raise LogBehind where both were copied back, hub.db ends before the log, or has another report at its end."""
    digest = store.reports.digest_of(state.last_id)
    is_other = digest not in ("", state.last_digest)
    if state.last_digest == RESTORED or store.reports.newest_id() < state.last_id or is_other:
        raise LogBehind(
            "hub.db is not the one that the log continues: if it was restored from a backup, state that with "
            "`camwarden hub log restored`"
        )

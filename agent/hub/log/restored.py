"""Starts another life of the log, after a person has stated that the hub was restored from a backup.

The tree is continued, never cut: what is in it stays, and what `hub.db` lost comes again from the sites' queues as far
as they still have it, and is then appended once more.
"""

from dataclasses import replace
from datetime import datetime

from agent.contract.signing_keys import Signer
from agent.hub.domain.rows.log import State
from agent.hub.ports.log import LogStore
from agent.hub.ports.store import Store
from agent.model.errors import ConfigurationError
from agent.verify.checkpoint import write_checkpoint
from agent.verify.log_life import read_restored, write_restored
from agent.verify.merkle import leaf_hash
from agent.verify.receipt import entry_of

_AT_ONCE = 1000


def begin_anew(log: LogStore, store: Store, signer: Signer, by: str, why: str, now: datetime) -> State:
    """Sign the statement, and go on behind what `hub.db` has and the log has too; return the state.

    Raises:
        ConfigurationError: There is no log yet.
        UsageError: Name, reason or clock cannot be used.
        StoreFailed: A file failed; nothing was begun.
    """
    state = log.state()
    if state is None:
        raise ConfigurationError("there is no log yet, so none can go on: start the hub")
    root = log.tree(state.size).root()
    statement = write_restored(state.origin, (state.size, root), by, why, signer, now)
    origin = read_restored(statement, {signer.kid: signer.public}).origin
    last_id, last_digest = _last_in_both(log, store, state)
    after = replace(
        state,
        origin=origin,
        last_id=last_id,
        last_digest=last_digest,
        sent=state.size,
        note=write_checkpoint(origin, state.size, root, signer),
    )
    with log.transaction():
        log.begin_life(origin.rpartition("/")[2], state.size, statement)
        log.keep_state(after)
    return after


def _last_in_both(log: LogStore, store: Store, state: State) -> tuple[int, str]:
    """Return id and digest of the last report of hub.db that the log has in its place; 0 where there is none.

    Walks back from the end, so it costs what was lost.
    """
    end = state.size
    while end > 0:
        first = max(0, end - _AT_ONCE)
        for n, report_id, salt in reversed(log.leaves(first, end)):
            digest = store.reports.digest_of(report_id)
            if digest and leaf_hash(entry_of(salt, digest)) == log.leaf_hash(n):
                return report_id, digest
        end = first
    return 0, ""

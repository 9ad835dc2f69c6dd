"""Re-anchors report chains after the hub lost its database, and links older reports back to them.

A site deletes what is confirmed, so a hub that lost its database begins where the site saw itself confirmed: that run
is `confirmed-before`. The hub requests what the site still has of it. What comes back is linked backwards: the
confirmed head names the digest of the last report, each report that of the one before. So the run shrinks from its end,
and only by reports that are proved to be the confirmed ones. A watermark never goes back over any of this.

Reads and writes within the caller's transaction.
"""

from agent.contract.chain import GENESIS
from agent.hub.domain.rows.gaps import CONFIRMED_BEFORE
from agent.hub.domain.rows.intake import Key
from agent.hub.ports.store import Store
from agent.model.finding import Head
from agent.verify.message import Chain, Gap

_ANY = ""  # the digest before a run that a gap record names: nobody says it
_AT_ONCE = 1000


def begin_at(store: Store, key: Key, head: Head) -> tuple[bool, bool]:
    """Begin a chain at the head that its site saw confirmed, where this hub has lost what lies before.

    Returns whether the chain has moved, and whether another report has that number: then nothing has changed.
    """
    site, epoch, stream = key
    chain = store.chains.get(key)
    if chain.position.seq >= head.seq or store.report_at(*key, chain.position.seq + 1):
        return False, False
    here = store.lost_runs.digests_of(key, head.seq)
    if here and head.digest not in here:
        return False, True
    first = chain.position.seq + 1
    lost = Gap(epoch, stream, first, head.seq, head.seq - first + 1, CONFIRMED_BEFORE, head.digest)
    store.keep_gap(site, lost)
    store.chains.keep(key, Chain(head, head, chain.broken))
    return True, link_back(store, key, head.seq)


def link_back(store: Store, key: Key, seq: int) -> bool:
    """Shrink the confirmed-before run that ends with a number as far as the stored reports prove it.

    For each number, below a chain's position, that has come or was explained. Returns whether something signed by the
    site contradicts what was confirmed; then the run is not changed there.
    """
    run = store.lost_runs.ending_at(key, seq)
    if run is None:
        return False
    first, last, due = run
    end, contradicted = last, False
    while end >= first:
        linked, end, due, contradicted = _linked(store, key, first, end, due)
        explained = None if contradicted else store.lost_runs.given_up_to(key, end, due)
        if explained is not None:
            end, due = max(explained - 1, first - 1), _ANY
        elif not linked or contradicted:
            break
    if end < first and not contradicted:
        contradicted = not _continues(store, key, first - 1, due)
    if end == last:
        return contradicted
    store.lost_runs.delete(key, last)
    if end >= first:
        site, epoch, stream = key
        store.keep_gap(site, Gap(epoch, stream, first, end, end - first + 1, CONFIRMED_BEFORE, due))
    return contradicted


def _linked(store: Store, key: Key, first: int, end: int, due: str) -> tuple[bool, int, str, bool]:
    """Follow the stored reports downwards as long as each has the digest that is due.

    Returns whether any linked, where it ended, the digest due there, and whether only others are there.
    """
    rows = store.lost_runs.reports_downwards(key, first, end, _AT_ONCE)
    if len(rows) == _AT_ONCE and rows[0][0] != rows[-1][0]:
        rows = [row for row in rows if row[0] != rows[-1][0]]  # of that number there may be more
    moved, place = False, 0
    while place < len(rows) and rows[place][0] == end:
        several = []
        while place < len(rows) and rows[place][0] == end:
            several.append(rows[place])
            place += 1
        fits = next((row for row in several if due in (row[1], _ANY)), None)
        if len(several) > 1 or fits is None or fits[3]:
            store.count_first(key, end, fits[1] if fits else "")
        if fits is None:
            return moved, end, due, True
        moved, end, due = True, end - 1, fits[2]
    return moved, end, due, False


def _continues(store: Store, key: Key, seq: int, due: str) -> bool:
    """Return whether the first report of the run continues what lies before it; true where that is not here."""
    if due == _ANY:
        return True
    if seq == 0:
        return due == GENESIS.digest
    earlier = store.report_at(*key, seq)
    return earlier is None or earlier[0] == due

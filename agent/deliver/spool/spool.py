"""Stores every committed report until the hub has confirmed it, or names it in a signed gap record.

One SQLite file (WAL, `synchronous=FULL`, capped). A cycle's reports, the memory for the next cycle and the heads are
committed in one transaction: a reader never finds one without the others. States of a row:

    pending -> sent -> confirmed -> removed after 24 h
       |  ^      |
       |  +------+  no confirmation after 120 s, then after twice as long each time; all at a new connection
       +-> parked   the broker refuses it; tried again at a new connection

    dropped: no room, or damaged on disk. Its digest stays until the watermark passes it; a gap record names it.

When full, confirmed rows go first (the hub has them), then the oldest health reports, then config, then events; gap
records never. The daemon's thread commits, the publisher's thread reads and marks: every method takes one lock.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from agent.contract.orders import Range
from agent.contract.watermark import Watermark
from agent.deliver.spool import capacity
from agent.deliver.spool.confirm import Outcome, confirm, confirmed_ms, expire_confirmed
from agent.deliver.spool.database import PAGE_BYTES, Database, open_database
from agent.deliver.spool.packed import pack, unpack
from agent.deliver.spool.queue import RETRY_AFTER_AT_MOST, PendingRow, rows_to_send
from agent.deliver.spool.resend import Resent, resend
from agent.deliver.spool.schema import MEMORY, ms_of
from agent.host.lock import lock
from agent.host.log_kinds import about
from agent.model.errors import SpoolFull
from agent.model.finding import Envelope, Head, Json, StreamName

LOG = logging.getLogger("camwarden.spool")

RETRY_AFTER: Final = timedelta(seconds=120)

_LOG: Final = "hub_log"
_REQUEUE_AT_ONCE = 1000
_DROP_AT_LEAST = 8
_DROP_SHARE = 32  # one part of so many: fewer, longer runs and so fewer gap records
_MS = timedelta(milliseconds=1)
Done = TypeVar("Done")


class Spool:
    """The open spool of a site, for one process at a time."""

    def __init__(self, database: Database, held: int, seal: capacity.Seal) -> None:
        self._db = database
        self._held = held
        self._seal = seal

    @classmethod
    def open(cls, path: Path, max_bytes: int, *, now: datetime, seal: capacity.Seal) -> Spool:
        """Lock and open the spool; a missing file is created, a damaged one set aside (`begin` reports it).

        Raises:
            Locked: Another process has it open.
            Forbidden: This user may not write there.
            ConfigurationError: There is no such place, or a newer camwarden wrote the file.
            SpoolFailed: The disk refuses.
        """
        held = lock(path)
        try:
            return cls(open_database(path, max_bytes, now), held, seal)
        except BaseException:
            os.close(held)
            raise

    def close(self) -> None:
        """Close the file and release the lock."""
        self._db.close()
        os.close(self._held)

    @property
    def epoch(self) -> str:
        """The epoch of new reports. Only `begin` changes it."""
        return self._db.meta("epoch")

    def heads(self) -> dict[StreamName, Head]:
        """Return the newest report of every stream of this epoch."""
        return capacity.heads_in(self._db)

    def confirmed(self) -> dict[StreamName, Head]:
        """Return how far the hub has confirmed every stream of this epoch."""
        return capacity.confirmed_in(self._db)

    def read_memory(self) -> str | None:
        """Return the memory of the last commit, None if there is none."""
        return unpack(self._db.meta(MEMORY)) or None

    def begin(self, now: datetime) -> tuple[capacity.Incident, ...]:
        """Start a cycle: new epoch where due, expiry; return unreported incidents, for `commit` with their events."""
        self._db.tidy()
        self._again(lambda: self._begin(now))
        rows = self._db.all("SELECT id, kind, detail, at FROM incident ORDER BY id")
        return tuple(
            capacity.Incident(number, kind, detail, datetime.fromisoformat(at)) for number, kind, detail, at in rows
        )

    def _begin(self, now: datetime) -> None:
        with self._db.transaction():
            if detail := self._db.meta("restored"):
                capacity.renew_epoch(self._db, self._seal, detail, now)
            capacity.record_full_disk(self._db, now)
        expire_confirmed(self._db, now)

    def _again(self, work: Callable[[], Done]) -> Done:
        """Retry once where it failed because the disk is full, and the ballast has made room since."""
        relieved = self._db.relieved
        try:
            return work()
        except SpoolFull:
            if self._db.relieved == relieved:
                raise
        return work()

    def commit(
        self, envelopes: Sequence[Envelope], memory_json: str, now: datetime, told: Iterable[capacity.Incident] = ()
    ) -> None:
        """Store a cycle's reports and memory, all or nothing; when this returns they survive a power cut.

        A report that is too large for any hub is evicted at once: a signed gap record names it.

        Args:
            envelopes: In the order of their chain, continuing `heads()` in `epoch`.
            memory_json: Read back by the next cycle.
            now: When the cycle ran.
            told: Incidents that these reports contain.

        Raises:
            ChainBroken: A report does not continue its stream.
            SpoolFull: Nothing more may be evicted and there is still no room.
            SpoolFailed: The disk refuses, or the file is damaged.
        """
        handled, memory = [(incident.id,) for incident in told], pack(memory_json)
        with self._db.lock:
            room, droppable, relieved = 0, 0, self._db.relieved
            while True:
                try:
                    with self._db.transaction(reserved=room == 0):
                        capacity.make_room(self._db, self._seal, room, now)
                        capacity.insert(self._db, envelopes, now)
                        capacity.evict_too_large(self._db, self._seal, envelopes, now)
                        self._db.set_meta(**{MEMORY: memory})
                        if handled:
                            self._db.run_many("DELETE FROM incident WHERE id = ?", handled)
                    return
                except SpoolFull:
                    if self._db.relieved > relieved:
                        relieved = self._db.relieved
                        continue
                    if not room:
                        if not self._db.on_a_full_disk and self._db.spare_pages() > _pages_of(envelopes, memory):
                            raise  # it is not the cap that refuses: dropping reports would not help
                        ((droppable,),) = self._db.all("SELECT count(*) FROM report WHERE stream <> 'gap'")
                    if room >= droppable:
                        raise
                    # On a full disk few at a time: each page that they leave needs room in the log first.
                    share = 0 if self._db.on_a_full_disk else droppable // _DROP_SHARE
                    room = max(_DROP_AT_LEAST, share, room * 2)

    def pending(self, limit: int, now: datetime, skip: Collection[int] = ()) -> tuple[PendingRow, ...]:
        """Return up to `limit` rows to send now: live ones first, then the backlog, oldest first.

        A row whose payload no longer has its digest is evicted and named in a gap record.

        Args:
            limit: How many at most.
            now: Rows whose retry is due are included.
            skip: Ids that are in flight.

        Raises:
            SpoolCorrupt: Not only a payload is damaged.
            SpoolFailed: The disk refuses.
        """
        with self._db.lock:
            rows, damaged = rows_to_send(self._db, limit, now, skip)
            if damaged:
                words = "%s: %d reports are damaged; a gap record names them"
                LOG.error(words, self._db.path, len(damaged), extra=about("spool-damaged"))
                self.evict(damaged, "damaged", now)
            return rows

    def mark_sent(self, ids: Collection[int], now: datetime, retry_after: timedelta = RETRY_AFTER) -> None:
        """Mark rows that the broker has acknowledged; without a watermark they become due again."""
        step, most = retry_after // _MS, RETRY_AFTER_AT_MOST // _MS
        with self._db.transaction(durable=False):  # a mark that is lost costs a duplicate, nothing else
            self._db.run_many(
                # What the hub had confirmed before it asked for it again needs no second word from it.
                "UPDATE report SET state = iif(confirmed_ms, ?, ?), attempts = attempts + 1,"
                " retry_ms = iif(confirmed_ms, confirmed_ms, ? + min(? << min(attempts, 12), ?))"
                " WHERE id = ? AND state IN (?, ?)",
                [
                    (capacity.CONFIRMED, capacity.SENT, ms_of(now), step, most, number, capacity.PENDING, capacity.SENT)
                    for number in ids
                ],
            )

    def park(self, number: int, reason: str) -> None:
        """Set a row aside that the broker refuses; it is tried again at the next connection."""
        with self._db.transaction(durable=False):
            self._db.run(
                "UPDATE report SET state = ?, attempts = attempts + 1, reason = ? WHERE id = ? AND state IN (?, ?)",
                *(capacity.PARKED, reason, number, capacity.PENDING, capacity.SENT),
            )

    def requeue(self) -> None:
        """Make every sent and parked row pending: a new connection may lead to a broker that has none of them."""
        ((first, last),) = self._db.all(
            "SELECT min(id), max(id) FROM report WHERE state IN (?, ?)", capacity.SENT, capacity.PARKED
        )
        # Some at a time: a hub that was away for weeks leaves a million, and the log on disk would hold them all.
        for start in range(first or 0, (last or -1) + 1, _REQUEUE_AT_ONCE):
            with self._db.transaction(durable=False):
                self._db.run(
                    "UPDATE report SET state = ?, retry_ms = 0, reason = ''"
                    " WHERE id >= ? AND id < ? AND +state IN (?, ?)",
                    *(capacity.PENDING, start, start + _REQUEUE_AT_ONCE, capacity.SENT, capacity.PARKED),
                )

    def confirm(self, mark: Watermark, now: datetime) -> Outcome:
        """Apply the hub's watermark, if it fits this spool's own reports; see `Outcome`."""
        with self._db.lock:
            return self._again(lambda: confirm(self._db, mark, now))

    def evict_refused(self, mark: Watermark, now: datetime) -> bool:
        """Evict the report that the hub refuses, if it is one of this spool's own; see `refused.py`."""
        with self._db.lock:
            if mark.rejected is None or mark.epoch != self._db.meta("epoch"):
                return False
            return capacity.evict_refused(self._db, self._seal, mark.epoch, mark.rejected, now)

    def refused(self) -> dict[str, str | int]:
        """Return the hub's last refusal: `report`, `reason`, `at`, `count`; empty where there was none."""
        return capacity.last_refused(self._db.meta(capacity.META))

    def read_log(self) -> str:
        """Return the checkpoint that is held of the hub's log, as a signed note; empty: none."""
        return self._db.meta(_LOG)

    def keep_log(self, note: str) -> None:
        """Store the checkpoint that is held of the hub's log."""
        with self._db.transaction(durable=False):
            self._db.set_meta(**{_LOG: note})

    def has_report(self, digest: str) -> bool:
        """Return whether a report of this digest is here; a confirmed one is for a day."""
        # From the newest on: a receipt is of one of the last minutes, and an index would cost every report a page.
        return bool(self._db.all("SELECT 1 FROM report WHERE digest = ? ORDER BY id DESC LIMIT 1", digest))

    def resend(self, asked: Range) -> Resent:
        """Send the reports of a range again, whatever epoch; heads and confirmations stay. See `resend.py`."""
        with self._db.lock:
            return resend(self._db, asked)

    def confirm_rows(self, ids: Collection[int], now: datetime) -> None:
        """Confirm rows by the broker's PUBACK: only with `confirm = "broker"`."""
        now_ms = confirmed_ms(now)
        with self._db.transaction(durable=False):
            self._db.run_many(
                "UPDATE report SET state = ?, confirmed_ms = iif(confirmed_ms, confirmed_ms, ?),"
                " retry_ms = iif(confirmed_ms, confirmed_ms, ?) WHERE id = ? AND state < ?",
                [(capacity.CONFIRMED, now_ms, now_ms, number, capacity.CONFIRMED) for number in ids],
            )

    def evict(self, ids: Collection[int], reason: str, now: datetime) -> None:
        """Evict rows and name them in signed gap records, in one transaction."""
        with self._db.transaction(reserved=False):
            rows = [
                self._db.all("SELECT id, epoch, stream, seq, digest FROM report WHERE id = ?", number)[0]
                for number in ids
            ]
            capacity.evict(self._db, self._seal, rows, reason, now)

    def evict_parked(self, reason: str, word: str, before: datetime, now: datetime) -> int:
        """Evict, with gap records of reason `word`, rows parked for a reason since before a time; return how many."""
        with self._db.lock:
            ids = self._db.all(
                "SELECT id FROM report WHERE state = ? AND reason = ? AND committed_ms < ?",
                *(capacity.PARKED, reason, ms_of(before)),
            )
            if ids:
                self.evict([number for (number,) in ids], word, now)
            return len(ids)

    def next_connection_no(self) -> int:
        """Return a connection number that this spool never used. It is on disk before it is used."""
        with self._db.transaction():
            number = int(self._db.meta("connection_no") or 0) + 1
            self._db.set_meta(connection_no=number)
        return number

    def pass_connection_no(self, used: int) -> None:
        """Note that a connection number was used without this spool: the next one is above it. It is on disk then."""
        with self._db.transaction():
            self._db.set_meta(connection_no=max(used, int(self._db.meta("connection_no") or 0)))

    def counts(self) -> dict[str, Json]:
        """Return how many rows are in each state; `dropped` counts all that this spool ever evicted."""
        states = dict(self._db.all("SELECT state, count(*) FROM report GROUP BY state"))
        named = {name: states.get(state, 0) for state, name in capacity.STATES.items()}
        return {**named, "dropped": int(self._db.meta("dropped") or 0)}

    def waiting_since(self) -> datetime | None:
        """Return the commit time of the oldest unconfirmed report, None without one."""
        ((oldest_ms,),) = self._db.all("SELECT min(committed_ms) FROM report WHERE state < ?", capacity.CONFIRMED)
        return None if oldest_ms is None else datetime.fromtimestamp(oldest_ms / 1000, UTC)

    def drained(self) -> bool:
        """Return whether every report is confirmed."""
        return not self._db.all("SELECT 1 FROM report WHERE state < ? LIMIT 1", capacity.CONFIRMED)


def _pages_of(envelopes: Sequence[Envelope], memory: str) -> int:
    """Return how many pages a commit takes at most: half-filled ones, and some of each index."""
    size = len(memory) + sum(len(one.report.payload) + PAGE_BYTES for one in envelopes)
    return 2 * size // PAGE_BYTES + 16

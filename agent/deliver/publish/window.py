"""Tracks what is in flight to the broker, and selects what goes next. Marks rows of the spool; sends nothing itself.

    ready -> in flight -> acknowledged -> marked in the spool

Rows are read and marked in batches, because each transaction costs as much as a row does. An unmarked row is pending
again at the next connection, as everything unconfirmed is. A fresh row never waits behind the ready ones: they are read
again when the spool has new rows, and every second. What nobody was subscribed to is sent again, however the broker's
word counts.
"""

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from agent.contract.watermark import Watermark
from agent.deliver.publish.pace import Bucket, Pace
from agent.deliver.publish.suspects import Suspects
from agent.deliver.spool.queue import PendingRow
from agent.deliver.spool.spool import Spool

_READY_WINDOWS: Final = 3  # so many windows are read from the spool at once
_MARK_AT_ONCE: Final = 64
_STALE_S: Final = 1.0
_OVERSIZE_LOOKS: Final = 1440  # while a report that is too large is kept: once a minute of a day

TOO_LARGE: Final = "packet too large for the broker"
"""Reason of a parked row that exceeds the broker's Maximum Packet Size."""

LOG = logging.getLogger("camwarden.publish")


class Window:
    """The rows of one connection between spool and broker. One thread uses it."""

    def __init__(self, spool: Spool, pace: Pace, clock: Callable[[], datetime], broker_confirms: bool) -> None:
        self._spool = spool
        self._pace = pace
        self._clock = clock
        self._broker_confirms = broker_confirms
        self._bucket = Bucket(pace.backlog_per_s, pace.backlog_burst, pace.backlog_burst)
        self._suspects = Suspects(pace.resend_s)
        self._oversize_look_at_s = 0.0
        self.begin(1)

    def begin(self, receive_maximum: int) -> None:
        """Begin a connection: nothing is in flight, and the broker takes so many at once."""
        self._limit = min(self._pace.window, receive_maximum)
        self._ready: deque[PendingRow] = deque()
        self._read_at_s = float("-inf")
        self._in_flight: dict[int, PendingRow] = {}
        self._sizes: dict[int, int] = {}
        self._acknowledged: list[int] = []
        self._unheard: list[int] = []

    def renew(self) -> None:
        """Read the spool again before the next row is taken: it has new rows."""
        self._read_at_s = float("-inf")

    def room(self, others: int) -> int:
        """Return how many more may be sent, with `others` in flight that are no rows; none beside a suspect."""
        if any(row.id in self._suspects for row in self._in_flight.values()):
            return 0
        return self._limit - len(self._in_flight) - others

    def rows(self, now_s: float, others: int = 0) -> list[PendingRow]:
        """Return the rows to send now, for `sent` or parking; none until half the window is free: batches cost less."""
        room = self.room(others)
        if room < max(1, self._limit // 2):
            return []
        self._bucket.refill(now_s)
        self._give_up_oversize(now_s)
        if not self._ready or now_s - self._read_at_s > _STALE_S:
            marked = (*self._acknowledged, *self._unheard, *self._suspects.waiting(now_s))
            away = {row.id for row in self._in_flight.values()}.union(marked)
            self._ready = deque(self._spool.pending(self._limit * _READY_WINDOWS, self._clock(), away))
            self._read_at_s = now_s
        taken: list[PendingRow] = []
        while self._ready and len(taken) < room:
            suspected = self._ready[0].id in self._suspects
            if suspected and (taken or self._in_flight or others):
                break  # it goes alone
            if not (self._ready[0].live or self._bucket.take()):
                break
            taken.append(self._ready.popleft())
            if suspected:
                break
        return taken

    def _give_up_oversize(self, now_s: float) -> None:
        """Evict, with a gap record, what has been too large for the broker for long: it would block its stream."""
        if now_s < self._oversize_look_at_s:
            return
        kept = timedelta(seconds=self._pace.oversize_kept_s)
        self._oversize_look_at_s = now_s + kept.total_seconds() / _OVERSIZE_LOOKS
        now = self._clock()
        given_up = self._spool.evict_parked(TOO_LARGE, "too-large", now - kept, now)
        if given_up:
            self.renew()
            LOG.error("%d reports were too large for the broker for too long; gap records name them", given_up)

    def sent(self, mid: int, row: PendingRow, carried_bytes: int = 0) -> None:
        """Note that a row was sent under a packet id, with a payload of this size on the wire."""
        self._in_flight[mid] = row
        self._sizes[mid] = carried_bytes

    def largest_bytes(self) -> int:
        """Return the size of the largest payload in flight, 0 where there is none."""
        return max(self._sizes.values(), default=0)

    def is_idle(self) -> bool:
        """Return whether no row is in flight, and none that goes alone is next: what is sent now would hold it up."""
        return not self._in_flight and not (self._ready and self._ready[0].id in self._suspects)

    def ended(self, others: int, now_s: float) -> PendingRow | None:
        """Note that the connection ended; return the row in flight on which it ends again and again, if that shows."""
        rows = {row.id: row for row in self._in_flight.values()}
        shown = self._suspects.ended(rows.keys(), len(rows) + others == 1, now_s)
        return next(iter(rows.values())) if shown else None

    def acknowledged(self, mid: int) -> PendingRow | None:
        """Remove and return the row in flight of a packet id, None where there is none."""
        row = self._in_flight.pop(mid, None)
        self._sizes.pop(mid, None)
        if row is not None:
            self._suspects.clear(row.id)
        return row

    def taken(self, row: PendingRow) -> None:
        """Note that the broker has acknowledged a row, for `mark`."""
        self._acknowledged.append(row.id)

    def unheard(self, row: PendingRow) -> None:
        """Note that the broker has acknowledged a row to which nobody was subscribed, for `mark`: it has it no more."""
        self._unheard.append(row.id)

    def mark(self, quiet: bool) -> bool:
        """Mark acknowledged rows once worth a transaction, or `quiet`: nothing came just now.

        Returns:
            Whether some were marked that somebody receives.
        """
        enough = quiet or not self._in_flight or len(self._acknowledged) + len(self._unheard) >= _MARK_AT_ONCE
        if not enough:
            return False
        heard, self._acknowledged = self._acknowledged, []
        unheard, self._unheard = self._unheard, []
        if self._broker_confirms:
            confirmed, sent = heard, unheard
        else:
            confirmed, sent = [], [*heard, *unheard]
        if confirmed:
            self._spool.confirm_rows(confirmed, self._clock())
        if sent:
            self._spool.mark_sent(sent, self._clock(), timedelta(seconds=self._pace.resend_s))
        return bool(heard)

    def confirmed(self, mark: Watermark) -> None:
        """Leave out what a watermark covers: it need not be sent again."""
        upto = {stream: head.seq for stream, head in mark.streams.items()}
        self._ready = deque(row for row in self._ready if row.epoch != mark.epoch or row.seq > upto.get(row.stream, 0))

    def wait_s(self) -> float:
        """Return for how long the token bucket allows nothing to be sent; 0: only the network decides."""
        full = len(self._in_flight) > self._limit // 2
        return 0.0 if full else self._bucket.wait_s()

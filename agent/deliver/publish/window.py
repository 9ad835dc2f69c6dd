"""Tracks what is in flight to the broker, and selects what goes next. Marks rows of the spool; sends nothing itself.

    ready -> in flight -> acknowledged -> marked in the spool

Rows are read and marked in batches, because each transaction costs as much as a row does. An unmarked row is pending
again at the next connection, as everything unconfirmed is. A fresh row never waits behind the ready ones: they are read
again when the spool has new rows, and every second.
"""

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from agent.contract.watermark import Watermark
from agent.deliver.publish.pace import Bucket, Pace
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
        self._oversize_look_at_s = 0.0
        self.begin(1)

    def begin(self, receive_maximum: int) -> None:
        """Begin a connection: nothing is in flight, and the broker takes so many at once."""
        self._limit = min(self._pace.window, receive_maximum)
        self._ready: deque[PendingRow] = deque()
        self._read_at_s = float("-inf")
        self._in_flight: dict[int, PendingRow] = {}
        self._acknowledged: list[int] = []

    def renew(self) -> None:
        """Read the spool again before the next row is taken: it has new rows."""
        self._read_at_s = float("-inf")

    def room(self, others: int) -> int:
        """Return how many more may be sent, with `others` in flight that are no rows."""
        return self._limit - len(self._in_flight) - others

    def rows(self, now_s: float, others: int = 0) -> list[PendingRow]:
        """Return the rows to send now, for `sent` or parking; none until half the window is free: batches cost less."""
        room = self.room(others)
        if room < max(1, self._limit // 2):
            return []
        self._bucket.refill(now_s)
        self._give_up_oversize(now_s)
        if not self._ready or now_s - self._read_at_s > _STALE_S:
            away = {row.id for row in self._in_flight.values()}.union(self._acknowledged)
            self._ready = deque(self._spool.pending(self._limit * _READY_WINDOWS, self._clock(), away))
            self._read_at_s = now_s
        taken: list[PendingRow] = []
        while self._ready and len(taken) < room and (self._ready[0].live or self._bucket.take()):
            taken.append(self._ready.popleft())
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

    def sent(self, mid: int, row: PendingRow) -> None:
        """Note that a row was sent under a packet id."""
        self._in_flight[mid] = row

    def largest(self) -> PendingRow | None:
        """Return the largest row in flight, None where none is."""
        return max(self._in_flight.values(), key=lambda row: len(row.payload), default=None)

    def acknowledged(self, mid: int) -> PendingRow | None:
        """Remove and return the row in flight of a packet id, None where there is none."""
        return self._in_flight.pop(mid, None)

    def taken(self, row: PendingRow) -> None:
        """Note that the broker has acknowledged a row, for `mark`."""
        self._acknowledged.append(row.id)

    def mark(self, quiet: bool) -> bool:
        """Mark acknowledged rows once worth a transaction (or `quiet`: nothing came just now); return if it did."""
        enough = quiet or not self._in_flight or len(self._acknowledged) >= _MARK_AT_ONCE
        if not self._acknowledged or not enough:
            return False
        ids, self._acknowledged = self._acknowledged, []
        if self._broker_confirms:
            self._spool.confirm_rows(ids, self._clock())
        else:
            self._spool.mark_sent(ids, self._clock(), timedelta(seconds=self._pace.resend_s))
        return True

    def confirmed(self, mark: Watermark) -> None:
        """Leave out what a watermark covers: it need not be sent again."""
        upto = {stream: head.seq for stream, head in mark.streams.items()}
        self._ready = deque(row for row in self._ready if row.epoch != mark.epoch or row.seq > upto.get(row.stream, 0))

    def wait_s(self) -> float:
        """Return for how long the token bucket allows nothing to be sent; 0: only the network decides."""
        full = len(self._in_flight) > self._limit // 2
        return 0.0 if full else self._bucket.wait_s()

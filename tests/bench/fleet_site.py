"""One simulated site: the agent's rules of delivery on a light connection, thousands of them in one event loop.

The rules are those of `agent/deliver/publish/publisher.py` and `agent/deliver/publish/window.py` with the agent's own
`Pace`, `Bucket` and `reconnect_delay_s`: full jitter, birth first, what is fresh before the backlog, the backlog by
token bucket, a window of at most 20 that is filled when half of it is free, a row again after 120 s without a
watermark, everything unconfirmed again at a new connection. What it leaves out: the disk, and checking the signature of
each watermark (the last one of every site is checked at the end).
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle
from typing import Any, Final

import fleet_mqtt as wire
from fleet_reports import Life, make

from agent.contract.presence import Presence
from agent.contract.topics import JWS_PROPERTY, topic
from agent.deliver.publish.messages import state_message
from agent.deliver.publish.pace import Bucket, Pace, reconnect_delay_s
from agent.deliver.publish.packet import read_publish
from agent.model.finding import Draft, StreamName

_LIVE_FOR_S: Final = 60.0
_RETRY_MOST_S: Final = 3600.0
_JWS: Final = JWS_PROPERTY.encode()


@dataclass(slots=True)
class Row:
    """A report that waits for the hub's word. `head` and `rest` are its packet without the packet id."""

    stream: StreamName
    seq: int
    digest: str
    head: bytes = field(repr=False)
    rest: bytes = field(repr=False)
    live_until_s: float = 0.0
    attempts: int = 0
    retry_at_s: float = 0.0
    confirmed: bool = False


@dataclass(slots=True)
class Totals:
    """What all sites together have done. `offered` counts a report when it is published for the first time."""

    offered: int = 0
    resent: int = 0
    connected: int = 0
    lost_connections: int = 0
    refused: int = 0
    live_offered: list[tuple[float, str, StreamName, int]] = field(default_factory=list)


class FleetSite:
    """A site: an asyncio protocol that reconnects by itself, to one broker after the other. One event loop uses it."""

    def __init__(
        self,
        life: Life,
        pace: Pace,
        brokers: Sequence[tuple[str, int]],
        totals: Totals,
        clock_s: Callable[[], float],
    ) -> None:
        self.life = life
        self.made: dict[tuple[StreamName, int], str] = {}
        self.sent: dict[tuple[StreamName, int], int] = {}  # the how-manieth it was, the time that it was acknowledged
        self.last_mark: tuple[bytes, str] | None = None
        self.away = False  # an outage that the bench counts out: it reconnects when it is told to
        self._pace, self._brokers, self._totals, self._clock_s = pace, cycle(brokers), totals, clock_s
        self._ack_topic = topic(life.site.city, life.site.id, "ack")
        self._bucket = Bucket(pace.backlog_per_s, pace.backlog_burst, pace.backlog_burst, clock_s())
        self._unconfirmed: dict[tuple[StreamName, int], Row] = {}
        self._live: deque[Row] = deque()
        self._backlog: deque[Row] = deque()
        self._in_flight: dict[int, Row | None] = {}
        self._confirmed: dict[StreamName, int] = {}
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._number = self._attempt = self._mid = self._ack_no = self._sent = 0
        self._window = 0
        self._written_s = self._connected_s = 0.0
        self._pump_at: asyncio.TimerHandle | None = None
        self._retry_at: asyncio.TimerHandle | None = None

    @property
    def drained(self) -> bool:
        """Whether every report is confirmed."""
        return not self._unconfirmed

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted it."""
        return self._window > 0

    def commit(self, drafts: list[Draft], at: datetime, live: bool, now: bool = True) -> None:
        """Make reports and keep them; live ones go ahead of all others. `now`: send what may be sent."""
        now_s = self._clock_s()
        for stream, seq, digest, message in make(self.life, drafts, at):
            head, rest = wire.publish(message)
            row = Row(stream, seq, digest, head, rest, now_s + _LIVE_FOR_S if live else 0.0)
            self.made[stream, seq] = digest
            self._unconfirmed[stream, seq] = row
            (self._live if live else self._backlog).append(row)
        if now:
            self.pump()

    def connect_after(self, delay_s: float) -> None:
        """Connect after a while."""
        asyncio.get_running_loop().call_later(delay_s, self._connect)

    def return_after_outage(self, outage_s: float, dice: random.Random) -> float:
        """Connect when the agent would: it has tried, with full jitter, since the outage began. Return in how long."""
        at_s, self._attempt, self.away = -outage_s, 0, False
        while at_s < 0:
            self._attempt += 1
            at_s += reconnect_delay_s(self._pace, self._attempt, False, dice.random())
        self.connect_after(at_s)
        return at_s

    def leave(self) -> None:
        """Say farewell."""
        self.away = True
        for timer in (self._pump_at, self._retry_at):
            if timer is not None:
                timer.cancel()
        if self._transport is not None:
            self._transport.write(wire.LEAVE)
            self._transport.close()

    def keep_alive(self, now_s: float) -> None:
        """Say something if nothing was said for long."""
        if self._transport is not None and now_s - self._written_s > self._pace.keepalive_s * 0.8:
            self._write([wire.PING])

    # What asyncio calls.

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._buffer.clear()
        self._number += 1
        now = datetime.now(UTC)
        will = state_message(self._presence(), "lost", self.life.signer, now)
        hub = self.life.site.hub
        login = hub.credential if hub is not None else None
        self._write([wire.connect(self.life.site.id, self._pace.keepalive_s, will, login)])

    def connection_lost(self, error: Exception | None) -> None:
        settled = self.connected and self._clock_s() - self._connected_s > self._pace.settled_s
        if self.connected:
            self._totals.connected -= 1
            self._totals.lost_connections += 1
        self._transport, self._window = None, 0
        self._again(settled)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies: list[bytes] = []
        for first, body in wire.packets(self._buffer):
            kind = first & 0xF0
            if kind == wire.PUBACK:
                self._acknowledged(int.from_bytes(body[:2]), len(body) > 2 and body[2] >= wire.REFUSED)
            elif kind == wire.PUBLISH:
                message = read_publish(first, body)
                replies.append(wire.puback(message.mid))
                if message.topic == self._ack_topic:
                    self._take_mark(message.payload, dict(reversed(message.user)).get(_JWS, b"").decode())
            elif kind == wire.CONNACK:
                self._welcome(body)
            elif kind == wire.SUBACK and body[-1] >= wire.REFUSED:
                self._totals.refused += 1
        if replies:
            self._write(replies)
        self.pump()

    def eof_received(self) -> bool:
        return False

    def pause_writing(self) -> None:
        """Nothing: the window limits what waits."""

    def resume_writing(self) -> None:
        """Nothing."""

    def _presence(self) -> Presence:
        life = self.life
        return Presence(
            origin=life.site.origin,
            confirm=life.site.confirm,
            epoch=life.epoch,
            connection_no=self._number,
            jwk=life.signer.jwk,
            heads=life.heads,
            confirmed={},
        )

    def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_connection(lambda: self, *next(self._brokers)))  # type: ignore[arg-type,return-value]
        task.add_done_callback(lambda done: self._again(False) if done.exception() else None)

    def _again(self, settled: bool) -> None:
        self._attempt = 1 if settled else self._attempt + 1
        if not self.away:
            self.connect_after(reconnect_delay_s(self._pace, self._attempt, False, random.random()))

    def _welcome(self, body: bytes) -> None:
        code, maximum = wire.read_connack(body)
        if code >= wire.REFUSED:
            self._totals.refused += 1
            return
        self._totals.connected += 1
        self._connected_s = self._clock_s()
        self._window = min(self._pace.window, maximum)
        self._in_flight.clear()
        self._live.clear()
        self._backlog.clear()
        for row in self._unconfirmed.values():
            row.retry_at_s = 0.0
            fresh = not row.attempts and row.live_until_s > self._connected_s
            (self._live if fresh else self._backlog).append(row)
        head, rest = wire.publish(state_message(self._presence(), "ready", self.life.signer, datetime.now(UTC)))
        mid = self._next_mid()
        self._in_flight[mid] = None
        self._write([wire.subscribe(self._next_mid(), self._ack_topic), head, mid.to_bytes(2), rest])

    def pump(self) -> None:
        """Send what may be sent now."""
        room = self._window - len(self._in_flight)
        if not self._window or room < max(1, self._window // 2) or not (self._live or self._backlog):
            return
        now_s = self._clock_s()
        self._bucket.refill(now_s)
        out: list[bytes] = []
        while room:
            if self._live:
                row = self._live.popleft()
            elif self._backlog and (self._backlog[0].confirmed or self._bucket.take()):
                row = self._backlog.popleft()
            else:
                break
            if row.confirmed:
                continue
            if row.attempts or row.retry_at_s:
                self._totals.resent += 1
            else:
                self._totals.offered += 1
                if row.live_until_s:
                    self._totals.live_offered.append((now_s, self.life.site.id, row.stream, row.seq))
            row.retry_at_s = float("inf")
            if not row.attempts:
                self.sent[row.stream, row.seq] = self._sent = self._sent + 1
            mid = self._next_mid()
            self._in_flight[mid] = row
            out += (row.head, mid.to_bytes(2), row.rest)
            room -= 1
        if out:
            self._write(out)
        if room and self._backlog and self._pump_at is None:
            self._pump_at = asyncio.get_running_loop().call_later(self._bucket.wait_s(), self._pump_later)

    def _pump_later(self) -> None:
        self._pump_at = None
        self.pump()

    def _acknowledged(self, mid: int, refused: bool) -> None:
        row = self._in_flight.pop(mid, None)
        if refused:
            self._totals.refused += 1
        if row is None or row.confirmed:
            return
        row.retry_at_s = self._clock_s() + min(self._pace.resend_s * 2.0 ** min(row.attempts, 12), _RETRY_MOST_S)
        row.attempts += 1
        if self._retry_at is None:
            self._wait_for_retry()

    def _wait_for_retry(self) -> None:
        times = [row.retry_at_s for row in self._unconfirmed.values() if 0 < row.retry_at_s < float("inf")]
        wait_s = max(0.1, min(times) - self._clock_s()) if times else 0.0
        self._retry_at = asyncio.get_running_loop().call_later(wait_s, self._retry) if times else None

    def _retry(self) -> None:
        now_s = self._clock_s()
        for row in self._unconfirmed.values():
            if 0 < row.retry_at_s <= now_s:
                row.retry_at_s = 0.0
                self._backlog.append(row)
        self._wait_for_retry()
        self.pump()

    def _take_mark(self, payload: bytes, jws: str) -> None:
        mark = json.loads(payload)
        if mark["epoch"] != self.life.epoch or mark["ack_no"] < self._ack_no:
            return  # of several workers an older one may come last
        self._ack_no = mark["ack_no"]
        self.last_mark = payload, jws
        for stream, head in mark["streams"].items():
            for seq in range(self._confirmed.get(stream, 0) + 1, head["seq"] + 1):
                row = self._unconfirmed.pop((stream, seq), None)
                if row is not None:
                    row.confirmed, row.head, row.rest = True, b"", b""
            self._confirmed[stream] = max(self._confirmed.get(stream, 0), head["seq"])

    def _next_mid(self) -> int:
        self._mid = self._mid % 65_535 + 1
        return self._mid

    def _write(self, parts: list[bytes]) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(parts))
            self._written_s = self._clock_s()

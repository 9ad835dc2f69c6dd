"""Evicts and inserts spool rows under the size limit; each eviction writes a signed gap record.

Every function here runs inside a transaction of `agent/deliver/spool/spool.py`, but for `evict_refused`: a refusal
counts only for the digest of our own row, and not for what the hub has confirmed. A gap record is not evicted for it:
another would replace it, and be refused as well.
"""

import itertools
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from agent.contract.chain import GENESIS, STREAMS, Heads
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.contract.watermark import Rejected
from agent.deliver.spool.database import Database
from agent.deliver.spool.schema import ROW_COLUMNS, crc, ms_of, new_epoch
from agent.host.log_kinds import about
from agent.model.errors import ChainBroken
from agent.model.finding import Draft, Envelope, Head, Json, StreamName, utc_text

LOG = logging.getLogger("camwarden.spool")

PENDING, SENT, PARKED, CONFIRMED = range(4)
STATES: Final = {PENDING: "pending", SENT: "sent", PARKED: "parked", CONFIRMED: "confirmed"}

Seal = Callable[[Draft, Heads, str], Envelope]
"""Links and signs one draft that continues `Heads` in an epoch, for gap records."""

Victim = tuple[int, str, StreamName, int, str]
"""Id, epoch, stream, seq and digest of a row to evict."""


@dataclass(frozen=True, slots=True)
class Incident:
    """A fault of the spool to report in an event. `kind`: `spool-corrupt`, `spool-restored`, `disk-full`."""

    id: int
    kind: str
    detail: str
    at: datetime


_DROP_ORDER: Final[tuple[StreamName, ...]] = ("health", "config", "event")


def heads_in(database: Database) -> dict[StreamName, Head]:
    """Return the newest report of every stream of the current epoch."""
    with database.lock:
        return {cast(StreamName, name): row.head for name, row in database.streams().items()}


def confirmed_in(database: Database) -> dict[StreamName, Head]:
    """Return how far the hub has confirmed every stream of the current epoch."""
    with database.lock:
        return {cast(StreamName, name): row.confirmed for name, row in database.streams().items()}


def insert(database: Database, envelopes: Sequence[Envelope], now: datetime) -> None:
    """Add reports and make the last of each stream its head.

    Raises:
        ChainBroken: One does not continue its stream.
    """
    heads, epoch = heads_in(database), database.meta("epoch")
    committed_ms = ms_of(now)
    rows: list[tuple[object, ...]] = []
    after: dict[StreamName, Head] = {}
    for envelope in envelopes:
        report = envelope.report
        head = after.get(report.stream) or heads[report.stream]
        if (report.epoch, report.seq) != (epoch, head.seq + 1):
            raise ChainBroken(
                "{stream}:{seq} of epoch {epoch} does not continue {seq2} of epoch {epoch2}",
                stream=report.stream,
                seq=report.seq,
                epoch=report.epoch,
                seq2=head.seq,
                epoch2=epoch,
            )
        guarded = (report.epoch, report.stream, report.seq, report.digest, committed_ms, envelope.jws)
        rows.append((*guarded, crc(*guarded), PENDING, report.payload))
        after[report.stream] = Head(report.seq, report.digest)
    database.run_many(
        f"INSERT INTO report ({ROW_COLUMNS}, crc, state, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        rows,
    )
    for stream, head in after.items():
        database.set_stream(stream, head=head)


def make_room(database: Database, seal: Seal, rows: int, now: datetime) -> None:
    """Evict `rows` rows: confirmed ones silently, the hub has them; then each stream's oldest, with gap records."""
    if not rows:
        return
    rows -= database.run(
        "DELETE FROM report WHERE id IN (SELECT id FROM report WHERE state = ? ORDER BY retry_ms, id LIMIT ?)",
        *(CONFIRMED, rows),
    )
    confirmed = confirmed_in(database)
    for stream in STREAMS:  # what the hub asked for again; no gap record either
        if rows > 0:
            rows -= database.run(
                "DELETE FROM report WHERE id IN (SELECT id FROM report WHERE epoch = ? AND stream = ?"
                " AND seq <= ? ORDER BY seq LIMIT ?)",
                *(database.meta("epoch"), stream, confirmed[stream].seq, rows),
            )
    victims: list[Victim] = []
    for stream in _DROP_ORDER:
        victims += database.all(
            "SELECT id, epoch, stream, seq, digest FROM report WHERE epoch = ? AND stream = ? AND state < ?"
            " AND seq > ? ORDER BY seq LIMIT ?",
            *(database.meta("epoch"), stream, CONFIRMED, confirmed[stream].seq, max(0, rows - len(victims))),
        )
    evict(database, seal, victims, "spool-full", now)


def evict(database: Database, seal: Seal, rows: Sequence[Victim], reason: str, now: datetime) -> None:
    """Evict rows and write a gap record for each unbroken run of them.

    Their digests stay until the watermark passes them: it may be on its way and name one of them. Rows are deleted,
    not emptied: SQLite frees pages only for the former.
    """
    epoch = database.meta("epoch")
    ordered = sorted(rows, key=lambda row: row[1:4])
    for _, group in itertools.groupby(enumerate(ordered), lambda item: (*item[1][1:3], item[1][3] - item[0])):
        run = [row for _, row in group]
        (_, of_epoch, stream, first, _), (_, _, _, last, digest) = run[0], run[-1]
        body: dict[str, Json] = {
            "stream": stream,
            "epoch": of_epoch,
            "from_seq": first,
            "to_seq": last,
            "count": len(run),
            "reason": reason,
            "last_digest": digest,
        }
        database.run_many(
            "INSERT INTO dropped VALUES (?, ?, ?, ?)",
            [(of_epoch, stream, seq, row_digest) for *_, seq, row_digest in run],
        )
        database.run_many("DELETE FROM report WHERE id = ?", [(number,) for number, *_ in run])
        insert(database, (seal(Draft("gap", body), heads_in(database), epoch),), now)
    if rows:
        database.set_meta(dropped=int(database.meta("dropped") or 0) + len(rows))


def evict_too_large(database: Database, seal: Seal, envelopes: Sequence[Envelope], now: datetime) -> None:
    """Evict just inserted reports that are larger than any hub takes: they would be refused for ever."""
    for report in (one.report for one in envelopes if len(one.report.payload) > PAYLOAD_MAX_BYTES):
        rows = database.all(
            "SELECT id, epoch, stream, seq, digest FROM report WHERE epoch = ? AND stream = ? AND seq = ?",
            *(report.epoch, report.stream, report.seq),
        )
        words = "%s: %s report %d has %d bytes, more than a hub takes; a gap record names it: divide the site in two"
        told = (database.path, report.stream, report.seq, len(report.payload))
        LOG.error(words, *told, extra=about("report-too-large"))
        evict(database, seal, rows, "too-large", now)


def renew_epoch(database: Database, seal: Seal, detail: str, now: datetime) -> None:
    """Start a new epoch in a restored copy; unconfirmed rows get gap records: the hub has others of their numbers."""
    old = database.meta("epoch")
    database.set_meta(epoch=new_epoch(), restored="")
    for stream in STREAMS:
        database.set_stream(stream, head=GENESIS, confirmed=GENESIS)
    unconfirmed = database.all(
        "SELECT id, epoch, stream, seq, digest FROM report WHERE epoch = ? AND state < ? AND confirmed_ms = 0",
        *(old, CONFIRMED),
    )
    evict(database, seal, unconfirmed, "spool-restored", now)
    database.run("DELETE FROM report WHERE epoch = ?", old)
    database.run("DELETE FROM dropped WHERE epoch = ?", old)
    database.run("INSERT INTO incident (kind, detail, at) VALUES ('spool-restored', ?, ?)", detail, now.isoformat())
    words = "%s: the hub has reports that this spool never made (%s): new epoch"
    LOG.error(words, database.path, detail, extra=about("spool-restored"))


def record_full_disk(database: Database, now: datetime) -> None:
    """Record a full disk as an incident, once until it has room again."""
    full = "yes" if database.on_a_full_disk else ""
    if full == database.meta("disk_full"):
        return
    database.set_meta(disk_full=full)
    if full:
        where = str(database.path.parent)
        database.run("INSERT INTO incident (kind, detail, at) VALUES ('disk-full', ?, ?)", where, now.isoformat())


WORD: Final = "refused"
"""Reason in the gap record."""

META: Final = "refused"
"""The spool's value for the last refusal: JSON with `report`, `reason`, `at` and their count."""


def evict_refused(database: Database, seal: Seal, epoch: str, rejected: Rejected, now: datetime) -> bool:
    """Evict a report that the hub refuses; return whether it was ours, and here."""
    rows = database.all(
        "SELECT id, epoch, stream, seq, digest FROM report"
        " WHERE epoch = ? AND stream = ? AND seq = ? AND digest = ? AND state < ? AND stream <> 'gap'",
        *(epoch, rejected.stream, rejected.seq, rejected.digest, CONFIRMED),
    )
    if not rows:
        return False
    before = last_refused(database.meta(META))
    told = {
        "report": f"{rejected.stream} {rejected.seq}",
        "reason": rejected.reason,
        "at": utc_text(now),
        "count": int(before["count"]) + 1 if before else 1,
    }
    with database.transaction(reserved=False):
        evict(database, seal, rows, WORD, now)
        database.set_meta(**{META: json.dumps(told)})
    return True


def last_refused(text: str) -> dict[str, str | int]:
    """Parse the value of `evict_refused`; empty where nothing was ever refused."""
    return dict(json.loads(text)) if text else {}

"""Defines the memory of each camera's footage, day by day: frozen values and their measures. Pure.

All moments of footage are by the recorder's own clock, and local days of its own zone, so that a day is the same day
after that clock is corrected. What is due now is therefore asked in the recorder's time: `CameraFootage.there` is our
time plus the offset of its clock (`clock_offset_s`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from agent.site.config.site import CameraConfig, Site
from drivers.footage import Schedule
from drivers.model import Clock, Span
from drivers.spans import Spans, days_of

Level = Literal["segments", "day"]
"""How a day is known: by its segments, listed one by one, or only as a whole."""

ChangeKind = Literal["vanished", "changed", "formatted", "oldest-jumped", "newest-back", "in-future"]
"""What a later look contradicts.

`vanished`: a sealed day has less; `changed`: as much, in other segments. `formatted`: nothing is left; `oldest-jumped`:
much of the oldest went at once. `newest-back`: the newest is gone, or the clock was set back; `in-future`: footage of a
future time, so the clock was set.
"""

SWEEPING: frozenset[ChangeKind] = frozenset({"formatted", "oldest-jumped", "newest-back", "in-future"})
"""The kinds that are of a camera's footage as a whole, not of one sealed day."""

GAPS_PER_DAY = 8
MARGIN_DAYS = 2
"""How many days before the window that is due are remembered as well, so that an expiry is seen as one."""

BEGINNING, END = datetime(1971, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Between what moments a recorder's word is taken for one; the calendar has an end, and days are counted."""

OFFSET_MAX_S = 70 * 365.25 * 86_400
"""The most that a recorder's clock is taken to be off: one without a battery begins in 1970."""

CLOCK_STEADY_S = 600.0
"""Largest change of a recorder's clock between two looks that is no jump, in seconds. House rule."""

FUTURE_SLACK = timedelta(minutes=10)
"""How far ahead of a recorder's clock footage may be dated. House rule: recorders close a file ahead of its end."""


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """The footage of one local day of a camera.

    `recorded_s` counts the whole day; `gaps` are its longest holes, at most `GAPS_PER_DAY`, as seconds since the day
    began, `gap_count` their number. A day of level `day` with footage claims all time outside its gaps. `digest` is the
    start of the store's own (24 hex digits) and `size_bytes` its size, empty and 0 where there is none. `read_at`, our
    clock, to the minute: when its segments were last listed or requested in vain; None: never. `sealed`: complete when
    listed, and in the hash chain.
    """

    day: date
    recorded_s: int
    gaps: tuple[tuple[int, int], ...] = ()
    gap_count: int = 0
    level: Level = "day"
    digest: str = ""
    size_bytes: int = 0
    read_at: datetime | None = None
    sealed: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether the recorder reports no footage for this day."""
        return self.recorded_s == 0 and self.gap_count > 0

    @property
    def is_untold(self) -> bool:
        """Whether nothing at all is known of it."""
        return self.recorded_s == 0 and self.gap_count == 0


@dataclass(frozen=True, slots=True)
class Change:
    """Footage that is gone or changed.

    Days are the recorder's, both included. `lost_s` is the missing recorded time. `before` and `after` are evidence:
    recorded seconds, digests, or moments. `found_at` is our clock.
    """

    kind: ChangeKind
    found_at: datetime
    from_day: date
    until_day: date
    before: str
    after: str
    lost_s: int = 0

    def id_of(self, camera_id: str) -> str:
        """Return the id by which a person acknowledges this change."""
        named = f"{camera_id} {self.kind} {self.from_day} {self.until_day} {self.before}"
        return hashlib.sha256(named.encode()).hexdigest()[:8]

    def is_same(self, other: Change) -> bool:
        """Tell whether two looks found the same: of the whole footage, or of one day."""
        return self.kind == other.kind and (self.kind in SWEEPING or self.from_day == other.from_day)


@dataclass(frozen=True, slots=True)
class MonthAsked:
    """When the recorded days of a month were last requested. Our clock."""

    year: int
    month: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class DatedValue:
    """A number first seen on a local day, in force from then on."""

    day: date
    value: int


@dataclass(frozen=True, slots=True)
class CameraFootage:
    """The memory of one camera's footage.

    `source` names recorder, channel and zone: another one starts anew. `read_at` is the last look at it,
    `first_seen_at` the first, `oldest_moved_at` the last at which its oldest moment had changed: our clock. `oldest_at`
    and `newest_at` are its ends; `earliest_at` is the oldest moment that ever existed. `offset_s` is the recorder's
    clock minus ours, `clock_moved_at` the last look that found it to have jumped.

    `anchor` is the hash chain over sealed days that have left the table, `sealed_gone` their number, `sealed_head` the
    chain over all. `read_again_at`: when a sealed day was last read again. `changes` were seen twice in a row;
    `suspected` once.

    `bitrates` are those of its main encoder, in kbit/s, sound included, where file sizes are unknown; `capacities` the
    bytes of its recorder's disks. Neither is of recorded footage, so neither is sealed.

    `plan_cut_at`, our clock: when the recorder's plan was first seen to record less of the week than before; None: it
    does not.

    `run_at` is the start of the footage that reaches to now, by the recorder's clock, where older clips stand alone
    before it (`runs.py`); `run_moved_at`, our clock, when it was last recorded over. None: no clip stands alone.
    """

    camera_id: str
    source: str
    read_at: datetime
    first_seen_at: datetime
    oldest_moved_at: datetime
    days: tuple[RecordedDay, ...] = ()
    oldest_at: datetime | None = None
    newest_at: datetime | None = None
    earliest_at: datetime | None = None
    offset_s: float = 0.0
    months: tuple[MonthAsked, ...] = ()
    schedule: Schedule | None = None
    anchor: str = ""
    sealed_gone: int = 0
    sealed_head: str = ""
    read_again_at: datetime | None = None
    changes: tuple[Change, ...] = ()
    suspected: tuple[Change, ...] = ()
    bitrates: tuple[DatedValue, ...] = ()
    capacities: tuple[DatedValue, ...] = ()
    clock_moved_at: datetime | None = None
    run_at: datetime | None = None
    run_moved_at: datetime | None = None
    plan_cut_at: datetime | None = None

    @property
    def sealed_days(self) -> int:
        """The number of days in the hash chain."""
        return self.sealed_gone + sum(day.sealed for day in self.days)

    def there(self, now: datetime) -> datetime:
        """Return what the recorder's clock shows at our `now`."""
        return now + timedelta(seconds=self.offset_s)


Footage = Mapping[str, CameraFootage]
"""What is remembered of every camera whose recordings were ever read, by its id."""

Changes = Mapping[str, tuple[Change, ...]]
"""Changes that this look has confirmed, by camera id."""


def zone_of(site: Site, camera: CameraConfig) -> ZoneInfo:
    """Return the zone of a camera's recorded days: that of its store, else of its device."""
    if camera.store:
        return ZoneInfo(next((s.time_zone for s in site.stores if s.id == camera.store), site.time_zone))
    return ZoneInfo(next((d.time_zone for d in site.devices if d.id == camera.camera.device), site.time_zone))


def recorder_of(camera: CameraConfig) -> str:
    """Return the subject that records a camera: its store or its device."""
    return f"device:{camera.store or camera.camera.device}"


def source_of(site: Site, camera: CameraConfig) -> str:
    """Return the place of a camera's footage; at another one, earlier days are void."""
    place = camera.store_name if camera.store else str(camera.camera.channel)
    return f"{recorder_of(camera)} {place} {zone_of(site, camera).key}"


def floor_of(site: Site, camera: CameraConfig) -> timedelta:
    """Return the retention floor of this camera's footage."""
    return timedelta(days=camera.retention_days or site.policy.retention_floor_days)


def window_days(there: datetime, floor: timedelta, zone: ZoneInfo) -> tuple[tuple[date, Span], ...]:
    """Return the local days to remember: the due window, a margin before it, and today."""
    return days_of(Span(there - floor - timedelta(days=MARGIN_DAYS), there), zone)


def clock_offset_s(clock: Clock | None, newest_at: datetime | None, now: datetime, last_s: float = 0.0) -> float:
    """Return by how many seconds a recorder's clock is taken to be ahead of ours.

    The measured offset counts where it exceeds its uncertainty; the last known one where it was not read. A device that
    reports local time as UTC may still date its recordings correctly: the offset counts only where the newest footage
    would be in the future without it.
    """
    if clock is None:
        return last_s
    if clock.local_time_as_utc and (newest_at is None or newest_at <= now + FUTURE_SLACK):
        return 0.0
    if abs(clock.offset_s) <= clock.uncertainty_s:
        return 0.0
    return round(max(-OFFSET_MAX_S, min(OFFSET_MAX_S, clock.offset_s)), 1)


def chain_head(anchor: str, days: Iterable[RecordedDay]) -> str:
    """Return the head of the hash chain after these sealed days, hex.

    Each link is SHA-256 over the bytes of the link before and the day's canonical bytes: a JSON array without spaces
    of day, recorded seconds, number of gaps, digest and size.
    """
    head = anchor
    for day in days:
        told = [day.day.isoformat(), day.recorded_s, day.gap_count, day.digest, day.size_bytes]
        canonical = json.dumps(told, separators=(",", ":")).encode()
        head = hashlib.sha256(bytes.fromhex(head) + canonical).hexdigest()
    return head


def first_anchor(camera_id: str) -> str:
    """Return the start of a camera's hash chain."""
    return hashlib.sha256(f"camwarden-sealed/1 {camera_id}".encode()).hexdigest()


def absolute_gaps(row: RecordedDay, day: Span) -> Spans:
    """Return the holes of a remembered day as spans."""
    start = day.start_at
    return tuple(Span(start + timedelta(seconds=a), start + timedelta(seconds=b)) for a, b in row.gaps)


def to_the_minute(at: datetime) -> datetime:
    """Return a moment without its seconds, as it is remembered."""
    return at.astimezone(UTC).replace(second=0, microsecond=0)

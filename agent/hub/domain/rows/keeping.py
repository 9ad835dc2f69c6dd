"""Defines holds, reports by age, and room on the disk, as ports hand them to housekeeping. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from agent.contract.chain import utc_text
from agent.hub.domain.people_text import TEXT_MAX_CHARS

Kind = Literal["person", "case", "fail", "dispute"]

HELD_FOR_CASE: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A time of a site that is held. `number` 0: it holds by itself. `until`: last day; empty: as long as it lasts.

    `why`: what a person wrote; of open fails how many there are, of a dispute the begin of its name.
    """

    number: int
    site: str
    from_at: str
    to_at: str
    kind: Kind
    held_by: str
    why: str
    at: str
    until: str


def case_hold(site: str, start: datetime, end: datetime, now: datetime, what: str) -> Hold:
    """Return the hold of a case that is handed out: what it was made of stays for a year."""
    shown = "".join(sign if sign.isprintable() else " " for sign in what)[:TEXT_MAX_CHARS]
    return Hold(
        number=0, site=site, from_at=utc_text(start), to_at=utc_text(end), kind="case", held_by="camwarden hub case",
        why=shown, at=utc_text(now), until=(now + HELD_FOR_CASE).date().isoformat(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOfAge:
    """A stored report by its age. Times are RFC 3339 in UTC, `made_at` empty where it is not known.

    `is_spare`: a newer one of its chain is confirmed.
    """

    id: int
    site: str
    arrived_at: str
    made_at: str
    is_spare: bool


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes that the hub's data take, that can still be written, and of the whole disk; None: nobody here can tell."""

    used_bytes: int
    free_bytes: int | None
    capacity_bytes: int | None


@dataclass(frozen=True, slots=True)
class Server:
    """What a database server says: its release, the newest migration of its tables, whether this hub needs more.

    `counts_rows`: autovacuum is on, by which it learns how many rows its tables have.
    """

    release: str
    migration: str
    is_current: bool
    used_bytes: int
    counts_rows: bool


@dataclass(frozen=True, slots=True)
class Altered:
    """A report that differs from what was stored. `what`: `payload`, `row`, or `seal` where it has none."""

    site: str
    epoch: str
    stream: str
    seq: int
    what: str


WhyElsewhere = Literal["", "no-answer", "no-standby", "another-hub", "far-behind", "no-primary"]


@dataclass(frozen=True, slots=True)
class ReadFrom:
    """Which of two servers views read from. `lag_s`: how far that is behind; None: it is the primary, or not known.

    `why`: what is wrong with the standby, so that views read from the primary; or that does not answer either.
    """

    is_standby: bool
    lag_s: float | None
    why: WhyElsewhere


@dataclass(frozen=True, slots=True)
class Migrated:
    """A hub that was moved to a server. `aside`: where its old database is now. `rows`: how many, by table.

    They were counted and compared; none where only the last step of an earlier try was left.
    """

    aside: Path
    rows: Mapping[str, int]

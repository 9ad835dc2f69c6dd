"""Decides whether footage that vanished between two looks was overwritten in order, or swept away. Pure.

A full recorder drops its oldest footage as new comes in: its oldest moment advances with time. Only losses within the
due window count; older footage may be deleted at any time.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from agent.model.finding import utc_text
from agent.observe.footage.days import FUTURE_SLACK, CameraFootage, Change, ChangeKind, RecordedDay, absolute_gaps
from agent.observe.footage.gaps import PLAN_SLACK_S, covered_s
from drivers.footage import Schedule
from drivers.model import Span
from drivers.spans import clipped, day_of, day_span, seconds, total_s

JUMP_SLACK = timedelta(days=1)
"""How much more than the elapsed time may go at once. House rule: some recorders and stores delete by whole days."""

GONE_SLACK = timedelta(hours=1)
"""The same where nothing is left of what there was."""


def footage_contradictions(
    known: CameraFootage,
    oldest: datetime | None,
    newest: datetime | None,
    due_from: datetime,
    now: datetime,
    there: datetime | None,
    zone: ZoneInfo,
) -> tuple[Change, ...]:
    """Return what a look contradicts of a camera's footage as a whole.

    `oldest` and `newest` are the ends of this look's footage, None where there is none. `due_from` is the start of the
    due window, by the recorder's clock, `now` our clock, `there` the recorder's; None where neither is reliable.
    """
    found: list[Change] = []
    if known.oldest_at is not None and known.newest_at is not None:
        gone = _lost(known, known.newest_at, oldest, due_from, now, zone)
        if gone is not None:
            found.append(gone)
        elif newest is not None and newest < known.newest_at - FUTURE_SLACK:
            lost_s = round(_recorded_s(known.days, newest, known.newest_at, zone))
            found.append(
                _change("newest-back", now, (newest, known.newest_at), (known.newest_at, newest), lost_s, zone)
            )
    if newest is not None and there is not None and newest > there + FUTURE_SLACK:
        found.append(_change("in-future", now, (there, newest), (there, newest), 0, zone))
    return tuple(found)


def _lost(
    known: CameraFootage, ended_at: datetime, oldest: datetime | None, due_from: datetime, now: datetime, zone: ZoneInfo
) -> Change | None:
    everything = oldest is None or oldest >= ended_at - FUTURE_SLACK
    until = ended_at if everything or oldest is None else oldest
    begins = max(due_from, known.oldest_at or due_from)
    lost_s = _recorded_s(known.days, begins, until, zone)
    elapsed = max(now - known.read_at, timedelta())
    if timedelta(seconds=lost_s) <= elapsed + (GONE_SLACK if everything else JUMP_SLACK):
        return None
    kind: ChangeKind = "formatted" if everything else "oldest-jumped"
    return _change(kind, now, (begins, until), (known.oldest_at, oldest), round(lost_s), zone)


def plan_cut_at(known: CameraFootage, plan: Schedule | None, now: datetime) -> datetime | None:
    """Return since when the recorder's plan records less than before, such as on motion only; None once it is raised.

    A plan that was not told changes nothing.
    """
    if plan is None or known.schedule is None:
        return known.plan_cut_at
    more_s = covered_s(plan) - covered_s(known.schedule)
    if abs(more_s) <= PLAN_SLACK_S:
        return known.plan_cut_at
    return now if more_s < 0 else None


def is_restored(change: Change, oldest: datetime | None) -> bool:
    """Tell whether footage that was swept away is there again, as after a disk was mounted again."""
    if change.kind not in ("formatted", "oldest-jumped") or oldest is None:
        return False
    return oldest <= datetime.fromisoformat(change.before) + timedelta(seconds=change.lost_s) / 2


def _change(
    kind: ChangeKind,
    now: datetime,
    lost: tuple[datetime, datetime],
    moments: tuple[datetime | None, datetime | None],
    lost_s: int,
    zone: ZoneInfo,
) -> Change:
    first, last = (day_of(moment, zone) for moment in lost)
    before, after = (utc_text(moment) if moment else "" for moment in moments)
    return Change(kind, now, first, last, before, after, lost_s)


def _recorded_s(days: Iterable[RecordedDay], begins: datetime, until: datetime, zone: ZoneInfo) -> float:
    """Return how much footage the remembered days have between two moments, at most, in seconds."""
    total = 0.0
    for row in days:
        whole = day_span(row.day, zone)
        for piece in clipped((whole,), Span(begins, until)):
            total += min(row.recorded_s, seconds(piece) - total_s(clipped(absolute_gaps(row, whole), piece)))
    return total

"""Calculates the status of a check over time from the reports of a site: the calculation in a case. Pure.

Decides nothing about the site: it only lines up what was reported. Where nothing was reported, or reports are missing,
the status is `unknown`; it is never filled in from what came before or after.

The rules, in the order of the site's own times:

- a config report has the status of every subject; an event that of one, from its time on;
- a subject that a config report does not name any more is unknown;
- where event reports are missing, and where the site began a new epoch, everything is unknown until it is reported;
- from the time at which a health report was due until the next one, everything is unknown if that one came more than
  one period late.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from agent.contract.watermark import SEQ_MAX
from agent.hub.domain.rows.reports import Finding
from agent.model.finding import StreamName
from agent.verify.message import Gap

_ORDER: Final[Mapping[StreamName, int]] = {"event": 0, "config": 1, "health": 2, "gap": 3}  # as a cycle links them


@dataclass(frozen=True, slots=True)
class CheckReport:
    """A verified report: its position in the chains, the site's time of it, and its findings of one check.

    `epoch_no` is the order in which the hub met the epochs; `due_at` and `event_head` are a health report's, or None.
    """

    epoch_no: int
    epoch: str
    stream: StreamName
    seq: int
    at: datetime
    clock_synced: bool
    due_at: datetime | None = None
    event_head: int | None = None
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    @property
    def id(self) -> str:
        """The name of the report in its labels."""
        return f"{self.epoch}:{self.stream}:{self.seq}"


@dataclass(frozen=True, slots=True)
class StatusSpan:
    """One stretch of time of one subject. `told_by`: the reports that it rests on, by id; may be empty.

    `reason` is that of the finding, or where nothing was reported one of `not-told-yet`, `no-longer-told`, `silent`,
    `reports-missing`, `new-epoch`. `clock_unsure`: by one of its reports the clock was not synchronised. `document` and
    `article` are the rules that the finding names.
    """

    subject: str
    from_at: datetime
    to_at: datetime
    status: str
    reason: str
    message: str = ""
    evidence: str = ""
    told_by: tuple[str, ...] = ()
    clock_unsure: bool = False
    document: str = ""
    article: str = ""


@dataclass(frozen=True, slots=True)
class _Change:
    at: datetime
    status: str
    reason: str
    message: str = ""
    evidence: str = ""
    told_by: str = ""
    unsure: bool = False
    document: str = ""
    article: str = ""


def history(
    reports: Iterable[CheckReport], missing: Sequence[Gap], check: str, start: datetime, end: datetime
) -> tuple[StatusSpan, ...]:
    """Return the rows of every subject of a check from `start` (included) to `end`, by subject and time.

    `reports` are those of the span and of some time before; `missing` the runs that the hub lacks, explained or not.
    """
    ordered = sorted(reports, key=lambda told: (told.at, told.epoch_no, _ORDER[told.stream], told.seq))
    changes: dict[str, list[_Change]] = {}
    lost = _lost(ordered, missing)
    epoch_no: int | None = None
    for told in ordered:
        if epoch_no is not None and told.epoch_no > epoch_no:
            _forget(changes, told.at, "new-epoch")
        epoch_no = told.epoch_no if epoch_no is None else max(epoch_no, told.epoch_no)
        for subject, finding in _findings(told, check, changes):
            changes.setdefault(subject, []).append(_change(told, finding))
        if told.id in lost:
            _forget(changes, told.at, "reports-missing")
    silences = _silences([told for told in ordered if told.stream == "health"], start, end)
    return tuple(row for subject in sorted(changes) for row in _rows(subject, changes[subject], silences, start, end))


def durations(rows: Iterable[StatusSpan]) -> dict[str, dict[str, float]]:
    """Return how many seconds each subject had each status."""
    summed: dict[str, dict[str, float]] = {}
    for row in rows:
        of = summed.setdefault(row.subject, {})
        of[row.status] = of.get(row.status, 0.0) + (row.to_at - row.from_at).total_seconds()
    return summed


def _findings(
    told: CheckReport, check: str, known: Mapping[str, Sequence[_Change]]
) -> Iterator[tuple[str, Finding | None]]:
    """Yield subject and finding of a report about a check; None for a subject that it leaves out."""
    named = {subject: one for one in told.findings if one.check == check for subject in one.names()}
    yield from named.items()
    if told.stream == "config":
        yield from [(subject, None) for subject in known if subject not in named]


def _change(told: CheckReport, finding: Finding | None) -> _Change:
    if finding is None:
        return _Change(told.at, "unknown", "no-longer-told", told_by=told.id, unsure=not told.clock_synced)
    return _Change(
        *(told.at, finding.status, finding.reason, finding.message, finding.evidence, told.id),
        unsure=not told.clock_synced,
        document=finding.document,
        article=finding.article,
    )


def _forget(changes: Mapping[str, list[_Change]], at: datetime, reason: str) -> None:
    for known in changes.values():
        known.append(_Change(at, "unknown", reason))


def _lost(ordered: Sequence[CheckReport], missing: Sequence[Gap]) -> set[str]:
    """Return the ids of the reports from which on event reports are missing: the last ones known to lie before them.

    Each health report has the head of the event stream, which dates a hole more closely than its neighbours there.
    """
    lows: dict[str, list[tuple[int, str]]] = {}
    for told in reversed(ordered):
        number = told.seq if told.stream == "event" else _event_head(told)
        of_epoch = lows.setdefault(told.epoch, [])
        if not of_epoch or number < of_epoch[-1][0]:  # the last report from behind that lies before so low a number
            of_epoch.append((number, told.id))
    begins: set[str] = set()
    for gap in missing:
        if gap.stream == "event" and ordered:
            of_epoch = lows.get(gap.epoch, [])
            place = bisect_right(of_epoch, -gap.from_seq, key=lambda low: -low[0])
            begins.add(of_epoch[place][1] if place < len(of_epoch) else ordered[0].id)
    return begins


def _event_head(told: CheckReport) -> int:
    """Return how many events there were when a health report was made; a large number where it has none."""
    return SEQ_MAX if told.stream != "health" or told.event_head is None else told.event_head


def _silences(health: Sequence[CheckReport], start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
    """Return when the site was silent, by its health reports."""
    silences = [(start, health[0].at if health else end)]
    for number, told in enumerate(health):
        due = _due(told)
        following = health[number + 1].at if number + 1 < len(health) else None
        # One period late is weather: the look may simply have taken longer.
        if (following or end) > due + (due - told.at):
            silences.append((due, following or end))
    return [(max(first, start), min(last, end)) for first, last in silences if max(first, start) < min(last, end)]


def _due(told: CheckReport) -> datetime:
    """Return when the next health report was due; its own time where it has none."""
    return told.due_at if told.due_at is not None and told.due_at > told.at else told.at


def _rows(
    subject: str,
    changes: Sequence[_Change],
    silences: Sequence[tuple[datetime, datetime]],
    start: datetime,
    end: datetime,
) -> list[StatusSpan]:
    rows: list[StatusSpan] = []
    ordered = [_Change(start, "unknown", "not-told-yet"), *changes]
    for number, change in enumerate(ordered):
        following = ordered[number + 1].at if number + 1 < len(ordered) else end
        first, last = max(change.at, start), min(following, end)
        if first < last:
            told_by = (change.told_by,) if change.told_by else ()
            rows.append(
                StatusSpan(
                    *(subject, first, last, change.status, change.reason, change.message),
                    *(change.evidence, told_by, change.unsure, change.document, change.article),
                )
            )
    for silence in silences:
        rows = [piece for row in rows for piece in _cut(row, *silence)]
    return _joined(rows)


def _cut(row: StatusSpan, first: datetime, last: datetime) -> list[StatusSpan]:
    if last <= row.from_at or first >= row.to_at:
        return [row]
    inside = StatusSpan(row.subject, max(first, row.from_at), min(last, row.to_at), "unknown", "silent")
    pieces = [replace(row, to_at=inside.from_at), inside, replace(row, from_at=inside.to_at)]
    return [piece for piece in pieces if piece.from_at < piece.to_at]


def _result(row: StatusSpan) -> tuple[str, ...]:
    """Return what neighbours share: a status by another rule is another result."""
    return row.status, row.reason, row.document, row.article


def _joined(rows: Sequence[StatusSpan]) -> list[StatusSpan]:
    """Join neighbours with the same result; evidence and sentence are those of the first."""
    joined: list[StatusSpan] = []
    for row in rows:
        last = joined[-1] if joined else None
        if last is not None and _result(last) == _result(row):
            told_by = (*last.told_by, *(name for name in row.told_by if name not in last.told_by))
            unsure = last.clock_unsure or row.clock_unsure
            joined[-1] = replace(last, to_at=row.to_at, told_by=told_by, clock_unsure=unsure)
        else:
            joined.append(row)
    return joined

"""Extracts the columns that a case needs from a report, once: at intake or when an older database is migrated.

From a health report: when the next one was due and how many events there were; from a configuration report or an event:
the findings. Findings that differ only in their subject share a row, and a repeated row is stored once: a site that
reports the same every day costs a few numbers a day. A report that cannot be read leaves an empty row.

`evidence` is stored as the hub's own JSON, for a case to hand out; nothing is decided by it. `keep` writes within the
caller's transaction; the others are pure.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import attrgetter
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.domain import view_columns
from agent.hub.domain.rows.reports import BETWEEN, FINDINGS_MOST, SENTENCE_MAX_CHARS, Finding
from agent.hub.domain.view_columns import seal_of
from agent.hub.stores.database import Connection
from agent.hub.stores.keeping.rows import ReportRow
from agent.model.finding import StreamName
from agent.report.plain_findings import plain_findings
from agent.verify.members import dict_of, time_of
from agent.verify.message import Claim, read_head

FINDINGS_MOST_CHARS: Final = 4 * 1024 * 1024
"""Of them together: a short report can name each of its cameras again and again."""

WORD_MAX_CHARS: Final = 200
EVIDENCE_MAX_CHARS: Final = 8_192
"""Of longer evidence only its length is kept: the signed report has it."""

FINDING: Final = "check_id, subjects, status, reason, message, evidence, document, article"
"""Columns of a finding, in the order of `Finding`."""

_ROW: Final = attrgetter("check", "subjects", "status", "reason", "message", "evidence", "document", "article")
_TOLD: Final = ("check", "status", "reason", "message")
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), sort_keys=True)
_BETWEEN: Final = "\n"  # stands in no subject that is kept


@dataclass(frozen=True, slots=True)
class CaseColumns:
    """The columns of a report for cases. `due_at`: when the next health report was due, RFC 3339 in UTC, or empty.

    `event_head`: how many events there were when a health report was made; None: not reported.
    """

    clock_synced: bool = False
    due_at: str = ""
    event_head: int | None = None
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    def told(self) -> tuple[int, str, int | None]:
        """Return what is stored in the row of the report."""
        return int(self.clock_synced), self.due_at, self.event_head


def of_data(stream: StreamName, data: Mapping[str, Any]) -> CaseColumns:
    """Return the columns of a payload; empty ones where its time is no valid date."""
    if time_of(data.get("ts")) is None:
        return CaseColumns()
    synced, body = data.get("clock_synced") is True, dict_of(data.get("body"))
    if stream == "health":
        due_at = time_of(body.get("next_due_at"))
        return CaseColumns(synced, utc_text(due_at) if due_at else "", _event_head(body))
    if stream == "config":
        return CaseColumns(synced, findings=_grouped(islice(plain_findings(body), FINDINGS_MOST)))
    finding = dict_of(body.get("finding"))
    if stream == "event" and finding and finding.get("check") == body.get("check"):
        return CaseColumns(synced, findings=_grouped([finding]))
    return CaseColumns(synced)


def named(site: str, telling: CaseColumns) -> dict[str, tuple[str, ...]]:
    """Return the findings of a report as they are stored, by their digests."""
    rows = map(_ROW, telling.findings)
    return {seal_of((site, *row)): row for row in rows}


def row_of(claim: Claim, now: datetime) -> tuple[ReportRow, dict[str, tuple[str, ...]]]:
    """Return the row of a verified report as it is to be stored, and its findings as `named` returns them."""
    assert claim.stream is not None  # noqa: S101  a state message is no report
    of_views, of_cases = view_columns.of_data(claim.stream, claim.data), of_data(claim.stream, claim.data)
    found = named(claim.address.site, of_cases)
    row = ReportRow(
        site=claim.address.site, epoch=claim.epoch, stream=claim.stream, seq=claim.seq, digest=claim.digest,
        prev=claim.prev, city=claim.address.city, kid=claim.kid, arrived_at=utc_text(now), jws=claim.jws,
        said=(of_views.made_at, of_views.config, *of_cases.told()), named=tuple(found),
    )  # fmt: skip
    return row, found


def keep(db: Connection, report_id: int, site: str, found: Mapping[str, tuple[str, ...]]) -> None:
    """Store the findings of the report with this id, as `named` returned them."""
    if not found:
        return
    db.executemany(
        f"INSERT INTO finding (site, digest, {FINDING}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",  # noqa: S608
        [(site, name, *row) for name, row in found.items()],
    )
    db.executemany(
        "INSERT INTO telling_finding SELECT ?, id FROM finding WHERE site = ? AND digest = ? ON CONFLICT DO NOTHING",
        [(report_id, site, name) for name in found],
    )


def _event_head(body: Mapping[str, Any]) -> int | None:
    of_events = dict_of(dict_of(body.get("heads")).get("event"))
    if (known := read_head(of_events)) is not None:
        return known.seq
    return 0 if of_events.get("seq") == 0 else None


def _grouped(found: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    """Group findings that differ only in the subject. Of two about the same subject the last one counts."""
    last: dict[tuple[str, str], tuple[str, ...]] = {}
    known: dict[tuple[Any, ...], tuple[str, ...]] = {}
    for one in found:
        told = tuple(map(one.get, _TOLD))
        source = dict_of(one.get("source"))
        key = *told, source.get("document"), source.get("article"), _evidence(one.get("evidence"))
        try:
            columns = known.get(key)
        except TypeError:  # of a member that is no text
            columns = _columns(*key)
        if columns is None:
            columns = known[key] = _columns(*key)
        subject = _short(one.get("subject"))
        last[columns[0], subject if subject.isprintable() else " ".join(subject.split())] = columns
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for (_, subject), columns in last.items():
        groups[columns].append(subject)
    return tuple(_findings(groups))


def _columns(*told: Any) -> tuple[str, ...]:
    """Return the columns of a finding but its subject: many of a report differ in nothing else."""
    check, status, reason, message, document, article, evidence = told
    texts = _short(check), _short(status) or "unknown", _short(reason), _cut(message, SENTENCE_MAX_CHARS)
    return (*texts, evidence, _short(document), _short(article))


def _findings(groups: Mapping[tuple[str, ...], list[str]]) -> Iterator[Finding]:
    room = FINDINGS_MOST_CHARS
    for (check, *rest), subjects in groups.items():
        names = BETWEEN.join(sorted(subjects))
        if (room := room - sum(map(len, (check, names, *rest)))) < 0:
            return
        yield Finding(check, names, *rest)


def _evidence(value: object) -> str:
    text = _ENCODER.encode(value) if value and isinstance(value, dict) else ""
    return text if len(text) <= EVIDENCE_MAX_CHARS else f'{{"not_kept_chars":{len(text)}}}'


def _short(value: object) -> str:
    return _cut(value, WORD_MAX_CHARS)


def _cut(value: object, most: int) -> str:
    """Return a text cut to length that a database takes, an empty one for anything else."""
    if not isinstance(value, str):
        return ""
    cut = value[:most]
    return cut if cut.isprintable() else cut.encode(errors="replace").decode().replace("\x00", " ")

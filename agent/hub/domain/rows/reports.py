"""Defines stored reports and their columns, as ports hand them to views, cases and the log. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from agent.model.finding import StreamName
from agent.verify.members import dict_of

BETWEEN: Final = "\n"
"""Between the subjects of a finding; it stands in none that is kept."""

FINDINGS_MOST: Final = 65_536
"""Findings of one report that are kept; a site of 1,000 cameras has some 50,000. Of the others nothing is told."""

SENTENCE_MAX_CHARS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding of a report. `subjects`: one a line; `evidence`: JSON, as `evidence_of` reads it."""

    check: str
    subjects: str
    status: str
    reason: str
    message: str
    evidence: str
    document: str
    article: str

    def names(self) -> list[str]:
        """Return the subjects."""
        return self.subjects.split(BETWEEN)


def evidence_of(text: str) -> Mapping[str, Any]:
    """Parse the evidence that `of_data` wrote."""
    return dict_of(json.loads(text)) if text else {}


@dataclass(frozen=True, slots=True)
class StoredReport:
    """A report as it is stored. `fork`: another one came first under its number."""

    epoch: str
    stream: StreamName
    seq: int
    digest: str
    fork: bool
    kid: str
    arrived_at: str
    jws: str = field(repr=False)
    payload: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CaseRow:
    """The columns of a report for cases (`agent/hub/stores/case_columns.py`), with its findings of one check."""

    seq: int
    made_at: str
    clock_synced: bool
    due_at: str
    event_head: int | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfigRow:
    """The columns of a configuration report; `said` empty: it cannot be read (`agent/hub/domain/view_columns.py`)."""

    epoch: str
    made_at: str
    said: str


class AcceptedReport(NamedTuple):
    """A stored report. `held`: the size of the log that its site says it holds, 0 for none."""

    id: int
    site: str
    city: str
    epoch: str
    stream: str
    seq: int
    digest: str
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReport:
    """A stored report. `has_before`, `fits`: whether one with the number before is here, and is that of `prev`."""

    id: int
    site: str
    epoch: str
    stream: str
    seq: int
    digest: str
    prev: str
    kid: str
    jws: str = field(repr=False)
    arrived_at: str
    has_body: bool
    payload: bytes = field(repr=False)
    fits: bool
    has_before: bool

"""Defines disputes of findings and the hub's decisions on them, as the site stores and shows them. Pure.

A dispute is a person's word, a decision the hub's. Neither changes the status of a check, an episode or an exit code.
Both stay for a year. Of two decisions on one dispute the later one counts, by the hub's own time.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agent.contract.disputes import TEXT_MAX_CHARS, Decided, Disputed, Outcome, decided_json, disputed_json
from agent.judge.wording.dispute_words import words_of
from agent.model.finding import Json, Message, Status, utc_text
from agent.observe.inventory.owners import NOBODY, Owner
from agent.text.within import bounded

KEPT_FOR: Final = timedelta(days=366)
"""How long a dispute and a decision stay after they were made."""
ROW_NAME_MAX_CHARS: Final = 100

CODE_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Source: Crockford's base 32, which has no I, L, O and U."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """`by` says at `at` that the finding `key` is wrong: the episode detected at `detected_at`. Aware UTC.

    `author`: the id by which the hub is told who; empty in a note of an earlier version, which told the name.
    """

    key: str
    detected_at: datetime
    status: Status
    reason: str
    by: str
    at: datetime
    why: str
    repaired_at: datetime | None = None
    author: str = ""
    owner: Owner = NOBODY

    @property
    def said(self) -> Disputed:
        """The dispute as the hub is told: by an id, also where its author names himself in the reason."""
        check, _, subject = self.key.partition(" ")
        is_named = self.author and len(self.by) > 1
        why = re.sub(bounded(self.by), self.author, self.why)[:TEXT_MAX_CHARS] if is_named else self.why
        return Disputed(
            check=check, subject=subject, status=self.status, reason=self.reason, detected_at=self.detected_at,
            repaired_at=self.repaired_at, by=self.author or self.by, at=self.at, why=why,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The hub has decided at `at`, by `by`, on the dispute `dispute` of `key`; `command`: the order that said so.

    `payload` and `jws` are that order as the hub signed it; only what they say counts (`hub_words.py`).
    """

    key: str
    dispute: str
    outcome: Outcome
    by: str
    at: datetime
    why: str
    command: str
    payload: str = ""
    jws: str = ""
    owner: Owner = NOBODY

    @property
    def said(self) -> Decided:
        """The decision as the hub has told it."""
        check, _, subject = self.key.partition(" ")
        return Decided(
            dispute=self.dispute, check=check, subject=subject, outcome=self.outcome, by=self.by, why=self.why,
            at=self.at,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Contested:
    """A dispute with its decision, None where there is none yet."""

    dispute: Dispute
    decision: Decision | None = None


def contested(disputes: Iterable[Dispute], decisions: Iterable[Decision]) -> tuple[Contested, ...]:
    """Return every dispute with its decision, the newest first."""
    decided = {one.dispute: one for one in sorted(decisions, key=lambda one: one.at)}
    found = [Contested(one, decided.get(one.said.id)) for one in disputes]
    return tuple(sorted(found, key=lambda one: (one.dispute.at, one.dispute.key), reverse=True))


def beside(known: Iterable[Contested], key: str, detected_at: datetime | None = None) -> Contested | None:
    """Return what stands beside a finding: the newest dispute of its episode, or of any where none is named."""
    return next(
        (one for one in known if one.dispute.key == key and detected_at in (None, one.dispute.detected_at)), None
    )


def finding_code(site: str, key: str, detected_at: datetime) -> str:
    """Return the code by which a paper names a finding: three groups of four, without letters that look alike."""
    said = json.dumps([site, key, utc_text(detected_at)])
    digits = int.from_bytes(hashlib.sha256(said.encode()).digest()[:8])
    letters = [CODE_LETTERS[digits >> 5 * place & 31] for place in range(12)]
    return "-".join("".join(letters[start : start + 4]) for start in (0, 4, 8))


def contested_json(one: Contested) -> dict[str, Json]:
    """Return a dispute with its decision as `--json` has it."""
    told = {**disputed_json(one.dispute.said), "by": one.dispute.by, "why": one.dispute.why}
    return {**told, "decision": decided_json(one.decision.said) if one.decision else None}


def contested_row(one: Contested) -> dict[str, Json]:
    """Return a dispute with its decision as a config report has it, names cut: it has room for more than one."""
    said, decision = one.dispute.said, one.decision
    return {
        "id": said.id,
        "check": said.check,
        "subject": said.subject,
        "detected_at": utc_text(said.detected_at),
        "by": said.by[:ROW_NAME_MAX_CHARS],
        "at": utc_text(said.at),
        "outcome": decision.outcome if decision else None,
        "decided_by": decision.by[:ROW_NAME_MAX_CHARS] if decision else None,
        "decided_at": utc_text(decision.at) if decision else None,
    }


def contested_words(one: Contested) -> Message:
    """Return what is said beside the finding."""
    decision = one.decision
    decided = (decision.outcome, decision.by, decision.why) if decision else None
    return words_of(one.dispute.by, utc_text(one.dispute.at)[:10], one.dispute.why, decided)

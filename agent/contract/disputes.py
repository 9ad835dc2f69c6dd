"""Defines a dispute of a finding and the hub's decision on it, as both ends of the wire exchange them. Pure.

    event {dispute}            somebody says by name that a finding is wrong     site -> hub
    cmd/{id} decide            upheld, overturned or remedied, by name           hub -> site
    config report {disputed}   what stands beside which finding                  site -> hub

A dispute has no status of a check, and neither has a decision: both are words beside a finding. The id of a dispute is
a digest over all that it says, so that a decision names exactly one, and nobody can alter what was decided on.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal, get_args

from agent.contract.payload_bounds import read_time
from agent.model.errors import NotVerified
from agent.model.finding import Json, Status, utc_text

Outcome = Literal["upheld", "overturned", "remedied"]
"""`upheld`: the finding was right. `overturned`: it was wrong. `remedied`: it was right, and is mended since."""

DUE_WITHIN: Final = timedelta(days=15)
"""How long a hub takes for a decision, unless it says otherwise."""

TEXT_MAX_CHARS: Final = 500
"""Of a name or a reason."""

ID: Final = re.compile(r"[0-9a-f]{32}")
_WORD: Final = re.compile(r"[0-9A-Za-z._-]{1,64}")
_SUBJECT: Final = re.compile(r"site|(?:camera|device):[^\x00-\x20\x7f]{1,128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """`by` disputes at `at` the finding of `check` on `subject`, not well since `detected_at`. Times are aware UTC.

    `status`, `reason`: those of the finding then. `repaired_at`: since when it had been seen well again, None: it had
    not.
    """

    check: str
    subject: str
    status: Status
    reason: str
    detected_at: datetime
    repaired_at: datetime | None
    by: str
    at: datetime
    why: str

    @property
    def id(self) -> str:
        """Identify the dispute by all that it says."""
        said = json.dumps(_members(self), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The hub's decision on the dispute `dispute` of `check` on `subject`: `by` decided it at `at`. Aware UTC."""

    dispute: str
    check: str
    subject: str
    outcome: Outcome
    by: str
    why: str
    at: datetime


def disputed_json(said: Disputed) -> dict[str, Json]:
    """Return a dispute as an event and a config report have it."""
    return {"id": said.id, **_members(said)}


def read_disputed(data: Mapping[str, Any]) -> Disputed:
    """Return what `disputed_json` wrote.

    Raises:
        NotVerified: `dispute`: it is malformed, or its id is not that of what it says.
    """
    try:
        repaired_at = data["repaired_at"]
        said = Disputed(
            check=_matching(data["check"], _WORD),
            subject=_matching(data["subject"], _SUBJECT),
            status=_one_of(data["status"], get_args(Status)),
            reason=_text(data["reason"]),
            detected_at=read_time(data["detected_at"]),
            repaired_at=None if repaired_at is None else read_time(repaired_at),
            by=_named(data["by"]),
            at=read_time(data["at"]),
            why=_text(data["why"]),
        )
    except (ValueError, TypeError, KeyError):
        raise NotVerified("dispute", "a dispute without the members of one") from None
    if data.get("id") != said.id:
        raise NotVerified("dispute", "a dispute whose id is not that of what it says")
    return said


def decided_json(word: Decided) -> dict[str, Json]:
    """Return a decision as a command and a config report have it."""
    return {
        "dispute": word.dispute,
        "check": word.check,
        "subject": word.subject,
        "outcome": word.outcome,
        "by": word.by,
        "why": word.why,
        "decided_at": utc_text(word.at),
    }


def read_decided(data: Mapping[str, Any]) -> Decided:
    """Return what `decided_json` wrote. Raises ValueError, TypeError, KeyError or NotVerified for anything else."""
    return Decided(
        dispute=_matching(data["dispute"], ID),
        check=_matching(data["check"], _WORD),
        subject=_matching(data["subject"], _SUBJECT),
        outcome=_one_of(data["outcome"], get_args(Outcome)),
        by=_named(data["by"]),
        why=_text(data["why"]),
        at=read_time(data["decided_at"]),
    )


def _members(said: Disputed) -> dict[str, Json]:
    return {
        "check": said.check,
        "subject": said.subject,
        "status": said.status,
        "reason": said.reason,
        "detected_at": utc_text(said.detected_at),
        "repaired_at": utc_text(said.repaired_at) if said.repaired_at else None,
        "by": said.by,
        "at": utc_text(said.at),
        "why": said.why,
    }


def _matching(value: object, like: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not like.fullmatch(value):
        raise ValueError
    return value


def _one_of(value: Any, words: tuple[Any, ...]) -> Any:
    return words[words.index(value)]


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > TEXT_MAX_CHARS:
        raise ValueError
    return value


def _named(value: object) -> str:
    if not _text(value).strip():
        raise ValueError
    return str(value)

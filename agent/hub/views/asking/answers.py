"""Renders the answer to a question over all sites, for people and programs: what was counted, and on what it rests."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.asking.question import Answer, Question
from agent.hub.domain.asking.words import conditions
from agent.hub.domain.figures import CHINA
from agent.model.finding import Json, Message
from agent.text.site_time import local

SCHEMA: Final = "camwarden-hub-ask/1"

COUNTED: Final[Mapping[str, str]] = {
    "findings-open": "open findings",
    "sites": "sites",
    "sites-with-box": "sites with such a box",
    "sites-with-finding": "sites with such an open finding",
    "cameras": "cameras",
    "cameras-of-box": "cameras on such boxes",
    "cameras-with-finding": "cameras with such an open finding",
    "camera-days-bad": "bad camera-days",
}
"""What each subject is called; all msgids."""

HEADINGS: Final[Mapping[str, str]] = {
    "division": "division",
    "operator": "operator",
    "site": "site",
    "model": "model",
    "firmware": "firmware",
    "maintainer": "maintainer",
    "check": "check",
    "status": "status",
    "day": "date",
}
"""What each name is called that a question groups by; all msgids."""


def answer_json(asked: Question, answer: Answer, now: datetime) -> dict[str, Json]:
    """Return what `hub ask --json` and the interface for programs tell."""
    basis = answer.basis
    return {
        "schema": SCHEMA,
        "as_of": utc_text(now),
        "counts": answer.subject,
        "by": list(asked.by),
        "where": {name: list(values) for name, values in asked.where.items()},
        "from": asked.first.isoformat() if asked.first else None,
        "to": asked.last.isoformat() if asked.last else None,
        "total": answer.total,
        "groups": [
            {**dict(zip(asked.by, row.names, strict=True)), "count": row.count} for row in answer.rows
        ],
        "is_more": answer.is_more,
        "basis": {
            "of": basis.of, "unknown": basis.unknown, "oldest_at": basis.oldest_at, "newest_at": basis.newest_at,
            "cut": basis.cut,
        },
    }  # fmt: skip


def lines(asked: Question, answer: Answer, now: datetime) -> Iterator[Message]:
    """Yield the total, and what the numbers rest on."""
    basis = answer.basis
    told = {"what": Message(COUNTED[answer.subject]), "total": answer.total, "at": local(now, CHINA)}
    if where := conditions(asked):
        yield Message("{what} ({conditions}), as of {at}: {total}", {**told, "conditions": where})
    else:
        yield Message("{what}, as of {at}: {total}", told)
    values = {"of": basis.of, "unknown": basis.unknown, "cut": basis.cut}
    if asked.counted == "camera-days":
        days = {"first": str(asked.first), "last": str(asked.last)}
        yield Message("as sites reported the days {first} to {last}, without later decisions", days)
        if basis.unknown:
            yield Message("unknown: of {unknown} of {of} site-days nothing was reported", values)
        if basis.cut:
            yield Message("{cut} site-days list only a part of what was bad: there may be more", values)
        return
    if basis.newest_at:
        times = {"oldest": _local(basis.oldest_at), "newest": _local(basis.newest_at)}
        yield Message("by the newest configuration report of each site: {oldest} to {newest}", times)
    if basis.unknown:
        yield Message("unknown: of {unknown} of {of} sites no configuration report counts", values)


def _local(at: str) -> str:
    return local(datetime.fromisoformat(at), CHINA)

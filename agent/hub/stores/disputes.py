"""Stores the disputes that sites have signed, and what was decided on them, each once by its id.

The first arrival counts: a dispute that comes again, in another report or another epoch, moves neither its due date nor
its decision. Reads and writes within the caller's transaction.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from agent.contract.chain import utc_text
from agent.contract.disputes import Decided, Disputed, Outcome, read_disputed
from agent.hub.domain.rows.disputes import DisputeRow
from agent.hub.stores.database import Database
from agent.hub.stores.dispute_columns import insert
from agent.model.errors import NotVerified, UsageError
from agent.model.finding import Json, Status
from agent.verify.members import dict_of, text_of, time_of

OF_SITE_MOST: Final = 1000
"""Disputes of one site that are kept; of what comes beyond only the signed report is."""


def take(store: Database, site: str, body: Mapping[str, Any], now: datetime) -> list[dict[str, Json]]:
    """Store what the first event report under its number says of a dispute; return the events to log.

    An event about the end of an episode ends what is disputed of it.
    """
    if "dispute" not in body:
        _end(store, site, body)
        return []
    try:
        said = read_disputed(dict_of(body["dispute"]))
    except NotVerified as error:
        return [{"event": "dispute-not-taken", "site": site, "reason": error.reason, "why": str(error)}]
    told: dict[str, Json] = {"site": site, "id": said.id, "check": said.check, "subject": said.subject}
    if store.all("SELECT 1 FROM dispute WHERE site = ? AND id = ?", site, said.id):
        return [{"event": "dispute-repeated", **told}]
    if store.all("SELECT count(*) FROM dispute WHERE site = ?", site)[0][0] >= OF_SITE_MOST:
        return [{"event": "dispute-not-taken", "site": site, "reason": "too-many", "why": "more than are kept"}]
    insert(store.run, site, said, now)
    return [{"event": "disputed", **told}]


def _end(store: Database, site: str, body: Mapping[str, Any]) -> None:
    episode = dict_of(body.get("episode"))
    detected_at, repaired_at = time_of(episode.get("detected_at")), time_of(episode.get("repaired_at"))
    if detected_at is not None and repaired_at is not None:
        store.run(
            "UPDATE dispute SET ended_at = ?"
            " WHERE site = ? AND check_id = ? AND subject = ? AND detected_at = ? AND ended_at = ''",
            *(utc_text(repaired_at), site, text_of(body.get("check")), text_of(body.get("subject"))),
            utc_text(detected_at),
        )


def decide(store: Database, site: str, word: Decided, command: str) -> None:
    """Store a decision and the command that carries it."""
    store.run(
        "UPDATE dispute SET outcome = ?, decided_by = ?, decided_why = ?, decided_at = ?, command = ?"
        " WHERE site = ? AND id = ?",
        *(word.outcome, word.by, word.why, utc_text(word.at), command, site, word.dispute),
    )


def disputes(store: Database, site: str | None = None) -> list[DisputeRow]:
    """Return the disputes of a site, or of all, in the order in which they came."""
    rows = store.all(
        "SELECT site, id, check_id, subject, status, reason, detected_at, repaired_at, disputed_by, at, why,"
        " arrived_at, ended_at, outcome, decided_by, decided_why, decided_at, command"
        " FROM dispute WHERE ? IN ('', site) ORDER BY arrived_at, site, id",
        site or "",
    )
    return [_row(*one) for one in rows]


def open_dispute_counts(store: Database) -> dict[str, int]:
    """Return how many disputes of each site have no decision yet."""
    return dict(store.all("SELECT site, count(*) FROM dispute WHERE outcome = '' GROUP BY site"))


def find(store: Database, site: str, begin: str) -> DisputeRow:
    """Return the one dispute of a site whose id begins so. Raises UsageError where there is none, or several."""
    found = [one for one in disputes(store, site) if begin and one.said.id.startswith(begin)]
    if len(found) != 1:
        raise UsageError(
            "site {site} has {count} disputes with the number {begin!r}; see `camwarden hub disputes {site}`",
            site=site,
            count=len(found),
            begin=begin,
        )
    return found[0]


def _row(
    site: str,
    dispute: str,
    check: str,
    subject: str,
    status: Status,
    reason: str,
    detected_at: str,
    repaired_at: str,
    by: str,
    at: str,
    why: str,
    arrived_at: str,
    ended_at: str,
    outcome: Outcome | Literal[""],
    decided_by: str,
    decided_why: str,
    decided_at: str,
    command: str,
) -> DisputeRow:
    said = Disputed(
        check=check, subject=subject, status=status, reason=reason, detected_at=datetime.fromisoformat(detected_at),
        repaired_at=_time(repaired_at), by=by, at=datetime.fromisoformat(at), why=why,
    )  # fmt: skip
    decision = None
    if outcome:
        decision = Decided(
            dispute=dispute, check=check, subject=subject, outcome=outcome, by=decided_by, why=decided_why,
            at=datetime.fromisoformat(decided_at),
        )  # fmt: skip
    return DisputeRow(
        site=site, said=said, arrived_at=datetime.fromisoformat(arrived_at), ended_at=_time(ended_at),
        decision=decision, command=command,
    )  # fmt: skip


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None

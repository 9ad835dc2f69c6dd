"""Stores commands to sites, whether they were sent, and what became of them. Decides nothing.

`status`: empty while no answer is here, `waits` while the report is not here that the answer names, then `answered`,
`refused` or `answer-refused`. All but the counts read and write within the caller's transaction.
"""

from collections.abc import Sequence, Set
from datetime import datetime

from agent.contract.chain import utc_text
from agent.contract.orders import Command, Result
from agent.hub.domain.rows.orders import GivenCommand, Status, UnsentCommand
from agent.hub.stores.database import Database

_GIVEN = "site, id, name, status, payload, coalesce(result_payload, CAST('' AS BLOB))"
"""The columns of a command, as `GivenCommand` has them."""


def keep_command(store: Database, command: Command, payload: bytes, jws: str) -> None:
    """Store a signed command."""
    store.run(
        "INSERT INTO command (id, site, name, created_at, expires_at, payload, jws) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(command.id, command.site, command.name, utc_text(command.at), utc_text(command.expires_at), payload, jws),
    )


def unsent_commands(store: Database, now: datetime, most: int) -> list[UnsentCommand]:
    """Return unexpired commands that are to be published, oldest first."""
    rows = store.all(
        "SELECT site, id, city, payload, jws, expires_at FROM command JOIN site USING (site)"
        " WHERE sent_at = '' AND expires_at > ? ORDER BY created_at LIMIT ?",
        *(utc_text(now), most),
    )
    return [
        UnsentCommand(
            site=site, id=number, city=city, payload=payload, jws=jws, expires_at=datetime.fromisoformat(expires_at)
        )
        for site, number, city, payload, jws, expires_at in rows
    ]


def mark_command_sent(store: Database, command_id: str, now: datetime) -> None:
    """Store that a command was published."""
    store.run("UPDATE command SET sent_at = ? WHERE id = ?", utc_text(now), command_id)


def renew_commands(store: Database, now: datetime, site: str | None = None) -> None:
    """Have unexpired commands without an answer published again, of a site or of all."""
    open_ones = "UPDATE command SET sent_at = '' WHERE status = '' AND expires_at > ?"
    if site is None:
        store.run(open_ones, utc_text(now))
    else:
        store.run(f"{open_ones} AND site = ?", utc_text(now), site)


def find_command(store: Database, command_id: str, site: str) -> GivenCommand | None:
    """Return a command that was given to a site."""
    rows = store.all(f"SELECT {_GIVEN} FROM command WHERE id = ? AND site = ?", command_id, site)  # noqa: S608
    return GivenCommand(*rows[0]) if rows else None


def keep_result(
    store: Database, result: Result, status: Status, reason: str, payload: bytes, jws: str, now: datetime
) -> None:
    """Store the first answer to a command, with what became of it."""
    store.run(
        "UPDATE command SET status = ?, reason = ?, result_at = ?, result_payload = ?, result_jws = ? WHERE id = ?",
        *(status, reason, utc_text(now), payload, jws, result.id),
    )


def keep_status(store: Database, command_id: str, status: Status, reason: str) -> None:
    """Store what became of a command whose answer is here."""
    store.run("UPDATE command SET status = ?, reason = ? WHERE id = ?", status, reason, command_id)


def waiting_commands(store: Database, sites: Set[str]) -> list[GivenCommand]:
    """Return the answered commands of these sites whose report was not here yet."""
    waiting = [site for (site,) in store.all("SELECT DISTINCT site FROM command WHERE status = 'waits'")]
    return [
        GivenCommand(*row)
        for site in waiting
        if site in sites
        for row in store.all(f"SELECT {_GIVEN} FROM command WHERE status = 'waits' AND site = ?", site)  # noqa: S608
    ]


def open_resends(store: Database, site: str, now: datetime) -> int:
    """Return how many requests for missing reports a site has not answered, without expired ones."""
    ((number,),) = store.all(
        "SELECT count(*) FROM command WHERE site = ?1 AND status = '' AND name = 'resend' AND expires_at > ?2"
        " AND created_at <= ?2",
        *(site, utc_text(now)),
    )
    return int(number)


def expired_decisions(store: Database, since: datetime, now: datetime) -> Sequence[tuple[str, str]]:
    """Return site and id of the disputes whose decision was ordered after `since` and expired unanswered."""
    return store.all(
        "SELECT dispute.site, dispute.id FROM dispute JOIN command ON command.id = dispute.command"
        " WHERE command.status = '' AND command.expires_at <= ? AND command.created_at > ?",
        *(utc_text(now), utc_text(since)),
    )


def open_command_counts(store: Database) -> dict[str, int]:
    """Return how many commands of each site have no settled answer yet, expired ones too."""
    return dict(store.all("SELECT site, count(*) FROM command WHERE status IN ('', 'waits') GROUP BY site"))

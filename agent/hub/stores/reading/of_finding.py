"""Queries results of checks of one site: those of its newest configuration report, and the envelopes of one finding.

Reads columns only, never a body.
"""

from typing import Final

from agent.hub.domain.rows.findings import Stretch
from agent.hub.domain.rows.seen import LOOKED_AT_MOST, EnvelopeRow, Judged
from agent.hub.stores.database import Database

_ENVELOPE: Final = "r.epoch, r.stream, r.seq, r.digest, r.kid, r.arrived_at, coalesce(r.made_at, ''), r.fork"
_CONFIRMED: Final = (
    "coalesce((SELECT c.seq FROM chain c WHERE c.site = r.site AND c.epoch = r.epoch AND c.stream = r.stream), 0)"
)


def judged(store: Database, site: str) -> list[Judged]:
    """Return what the newest configuration report of a site's present epoch says, checks that pass too."""
    rows = store.all(
        "SELECT f.check_id, f.subjects, f.status FROM site_now n"
        " JOIN report r ON r.site = n.site AND r.epoch = n.epoch AND r.stream = 'config'"
        " AND r.seq = n.seq AND r.fork = 0"
        " JOIN telling_finding t ON t.report_id = r.id JOIN finding f ON f.id = t.finding_id"
        " WHERE n.site = ? ORDER BY f.check_id, f.id",
        site,
    )
    return [Judged(*row) for row in rows]


def newest_envelopes(store: Database, site: str, most: int) -> list[EnvelopeRow]:
    """Return the reports of a site that came last, the newest first."""
    rows = store.all(
        f"SELECT {_ENVELOPE}, {_CONFIRMED} FROM ({_newest('')}) n JOIN report r ON r.id = n.id ORDER BY r.id DESC",  # noqa: S608
        *(site, most),
    )
    return [_envelope(*row) for row in rows]


def envelopes_of(store: Database, site: str, check: str, subject: str) -> list[EnvelopeRow]:
    """Return the reports that said something of one finding, the newest first."""
    rows = store.all(
        f"SELECT {_ENVELOPE}, {_CONFIRMED}, f.status, f.reason, f.message"  # noqa: S608
        f" FROM ({_newest(' AND r.stream <> ?')}) n CROSS JOIN telling_finding t ON t.report_id = n.id"
        " CROSS JOIN finding f ON f.id = t.finding_id CROSS JOIN report r ON r.id = n.id"
        " WHERE f.check_id = ? AND instr('\n' || f.subjects || '\n', ?) > 0"
        " ORDER BY r.id DESC",
        *(site, "health", LOOKED_AT_MOST, check, f"\n{subject}\n"),
    )
    return [_envelope(*row) for row in rows]


def stretches_of(store: Database, site: str, check: str, subject: str) -> list[Stretch]:
    """Return the times in which a finding was open, the newest first."""
    rows = store.all(
        "SELECT check_id, subject, status, reason, from_at, to_at FROM finding_history"
        " WHERE site = ? AND check_id = ? AND subject = ? ORDER BY to_at <> '', from_at DESC, id DESC",
        *(site, check, subject),
    )
    return [Stretch(*row) for row in rows]


def _newest(more: str) -> str:
    return f"SELECT r.id FROM report r WHERE r.site = ?{more} ORDER BY r.id DESC LIMIT ?"  # noqa: S608  our own columns


def _envelope(
    epoch: str, stream: str, seq: int, digest: str, kid: str, arrived_at: str, made_at: str, fork: int, confirmed: int,
    status: str = "", reason: str = "", message: str = "",
) -> EnvelopeRow:  # fmt: skip
    return EnvelopeRow(
        epoch=epoch, stream=stream, seq=seq, digest=digest, kid=kid, arrived_at=arrived_at, made_at=made_at,
        fork=bool(fork), confirmed=not fork and seq <= confirmed, status=status, reason=reason, message=message,
    )  # fmt: skip

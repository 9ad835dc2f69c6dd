"""Stores which times of a site are held against deletion, and derives those that hold by themselves.

A person's hold, and that of a case that was handed out, is a row with author, reason and last day. An open fail and a
dispute hold without a row, as long as they last: `agent/hub/domain/retention.py` lists the rules.
"""

from collections.abc import Iterable
from datetime import datetime

from agent.contract.chain import utc_text
from agent.hub.domain.people_text import refuse_text
from agent.hub.domain.retention import AFTER_DECISION, BEFORE_FAIL, Held
from agent.hub.domain.rows.keeping import Hold
from agent.hub.stores.database import Database
from agent.model.errors import UsageError
from agent.verify.members import time_of


def keep_hold(store: Database, hold: Hold) -> int:
    """Store a hold; return its number.

    Raises:
        UsageError: The site is not known here, the time is empty, or a text is empty or too long.
        StoreFailed: Nothing has changed.
    """
    if hold.from_at >= hold.to_at:
        raise UsageError("--from must be before --to")
    for text in (hold.held_by, hold.why):
        refuse_text(text)
    with store.transaction():
        if not store.all("SELECT 1 FROM site WHERE site = ?", hold.site):
            raise UsageError("no verified report of site {site!r} is here; see `camwarden hub status`", site=hold.site)
        ((number,),) = store.all(
            "INSERT INTO hold (site, from_at, to_at, kind, held_by, why, at, until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
            " RETURNING id",
            *(hold.site, hold.from_at, hold.to_at, hold.kind, hold.held_by, hold.why, hold.at, hold.until),
        )
    return int(number)


def release(store: Database, number: int, by: str, why: str, now: datetime) -> None:
    """End a hold before its last day; who, when and why stay. Raises UsageError, StoreFailed."""
    for text in (by, why):
        refuse_text(text)
    ended = store.run(
        "UPDATE hold SET ended_by = ?, ended_why = ?, ended_at = ? WHERE id = ? AND ended_at = ''",
        *(by, why, utc_text(now), number),
    )
    if not ended:
        raise UsageError("there is no hold {number}; see `camwarden hub holds`", number=number)


def holds(store: Database, today: str, site: str | None = None, by_fails: bool = True) -> list[Hold]:
    """Return what holds on a day (2026-11-24), of a site or of all: rows first, then what holds by itself.

    `by_fails`: also by open fails, which are looked for in all that is open.
    """
    rows = store.all(
        "SELECT id, site, from_at, to_at, kind, held_by, why, at, until FROM hold"
        " WHERE ended_at = '' AND until >= ?1 AND ?2 IN ('', site) ORDER BY site, id",
        *(today, site or ""),
    )
    found = [
        Hold(number=number, site=of, from_at=first, to_at=last, kind=kind, held_by=by, why=why, at=at, until=until)
        for number, of, first, last, kind, by, why, at, until in rows
    ]
    fails = "SELECT site, min(since), count(*) FROM finding_now WHERE status = 'fail' AND ? IN ('', site) GROUP BY site"
    for of, since, count in store.all(fails, site or "") if by_fails else ():
        found.append(
            Hold(
                number=0, site=of, from_at=_earlier(since), to_at="", kind="fail", held_by="", why=str(count),
                at=since, until="",
            )
        )  # fmt: skip
    disputed = store.all(
        "SELECT site, detected_at, coalesce(nullif(repaired_at, ''), ended_at), id, arrived_at FROM dispute"
        " WHERE (decided_at = '' OR decided_at >= ?) AND ? IN ('', site) ORDER BY site, arrived_at",
        *(utc_text(datetime.fromisoformat(f"{today}T00:00:00+00:00") - AFTER_DECISION), site or ""),
    )
    for of, detected_at, ended_at, name, arrived_at in disputed:
        found.append(
            Hold(
                number=0, site=of, from_at=_earlier(detected_at), to_at=ended_at, kind="dispute", held_by="",
                why=name[:8], at=arrived_at, until="",
            )
        )  # fmt: skip
    return found


def held(store: Database, sites: Iterable[str], today: str, by_fails: bool = True) -> dict[str, list[Held]]:
    """Return the held times of some sites; without those of open fails where the last limit for reports is over.

    A site that fell silent with a fail would else be stored for ever.
    """
    found: dict[str, list[Held]] = {site: [] for site in sites}
    for one in holds(store, today, by_fails=by_fails) if found else ():
        if one.site in found:
            found[one.site].append(Held(one.from_at, one.to_at))
    return found


def _earlier(at: str) -> str:
    """Return a moment some time before; the beginning of time for one that cannot be read: then everything is held."""
    found = time_of(at)
    return utc_text(found - BEFORE_FAIL) if found is not None else ""

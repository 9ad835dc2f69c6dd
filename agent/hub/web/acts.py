"""Stores what people do on the page: acknowledge, assign, plan, comment; each act is one row of the audit log.

The row is committed only when the act is: an act that fails leaves none, and none goes by without one.
"""

from contextlib import closing
from datetime import date
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.figures import CHINA
from agent.hub.domain.rows.words import Kind, Word
from agent.hub.stores.engines import open_store
from agent.hub.web.asked import Asked, Missing, Reply, own_path, see_other
from agent.hub.web.audit.row import AuditRow
from agent.hub.web.people.store import People
from agent.model.errors import UsageError

FINDINGS: Final = "/findings"


def acknowledge(asked: Asked) -> Reply:
    """Keep that somebody knows of a finding: `until` a day, `why`."""
    return _keep(asked, "acknowledged", until=_day(asked, "until"), text=asked.form.get("why", ""))


def assign(asked: Asked) -> Reply:
    """Keep who is to mend a finding: `to`, by the day `due`; `why` may be empty."""
    to = asked.form.get("to", "").strip()
    return _keep(asked, "assigned", until=_day(asked, "due"), text=asked.form.get("why", ""), assignee=to)


def plan(asked: Asked) -> Reply:
    """Keep that the repair of a finding is planned: `until` a day, `why`."""
    return _keep(asked, "planned", until=_day(asked, "until"), text=asked.form.get("why", ""))


def comment(asked: Asked) -> Reply:
    """Keep a comment on a finding: `text`."""
    return _keep(asked, "comment", text=asked.form.get("text", ""))


def record(asked: Asked, people: People, act: str, what: str) -> None:
    """Append an act of the person who asks to the audit log."""
    who = asked.person.name if asked.person else ""
    people.record(AuditRow(utc_text(asked.place.clock()), who, act, what, "ok", asked.address))


def _keep(asked: Asked, kind: Kind, until: str = "", text: str = "", assignee: str = "") -> Reply:
    """Store a word, and its row. Raises Missing, UsageError."""
    finding = (asked.form.get("site", ""), asked.form.get("check", ""), asked.form.get("subject", ""))
    if asked.person is None or not asked.store.seen.may_see_finding(asked.scope, finding):
        raise Missing("there is no such finding")
    site, check, subject = finding
    word = Word(
        site=site, check=check, subject=subject, kind=kind, said_by=asked.person.name, at=utc_text(asked.place.clock()),
        assignee=assignee, until=until, text=text.strip(),
    )  # fmt: skip
    what = " ".join(part for part in (*finding, assignee, until) if part)
    directory = asked.place.directory
    with closing(People(directory)) as people, people.changing():
        record(asked, people, kind, what)
        with closing(open_store(directory)) as store:
            store.words.keep(word)
    return see_other(own_path(asked.form.get("back", ""), FINDINGS))


def _day(asked: Asked, name: str) -> str:
    """Return a day that is not over. Raises UsageError."""
    text = asked.form.get(name, "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UsageError("{text!r} is no day; write it as 2026-11-24", text=text[:40]) from None
    if day < asked.now.astimezone(CHINA).date():
        raise UsageError("{day} is over; name today or a day to come", day=day.isoformat())
    return day.isoformat()

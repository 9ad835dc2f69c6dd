"""Lists what people did on the page, the newest first, as `hub audit` does.

A row names sites: who may not see all of them sees the rows of its own acts alone.
"""

from contextlib import closing
from dataclasses import dataclass
from typing import Final

from agent.hub.domain.people.audit import AuditRow
from agent.hub.ports.people import PeopleStore
from agent.hub.stores.engines import open_people
from agent.hub.web.asked import Asked, Reply
from agent.hub.web.pages.shown import shown
from agent.model.errors import UsageError
from agent.model.finding import Message

SHOWN_MOST: Final = 100

ACTS: Final = {
    "log-in": Message("log-in"),
    "log-out": Message("log-out"),
    "password": Message("password changed"),
    "acknowledged": Message("acknowledged"),
    "assigned": Message("assigned"),
    "planned": Message("repair planned"),
    "comment": Message("comment"),
    "export": Message("export"),
    "api": Message("a program read"),
    "token-make": Message("token made"),
    "token-revoke": Message("token revoked"),
    "user-add": Message("person added or changed"),
    "user-password": Message("person got another password"),
    "user-disable": Message("person disabled"),
    "name-erase": Message("name erased"),
    "webhook-add": Message("endpoint added"),
    "webhook-test": Message("endpoint tried"),
    "webhook-secret": Message("endpoint got another secret"),
    "webhook-disable": Message("endpoint disabled"),
    "webhook-enable": Message("endpoint enabled"),
    "webhook-remove": Message("endpoint removed"),
}
"""What the acts of rows are called."""

OUTCOMES: Final = {"ok": Message("done"), "wrong": Message("wrong")}


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Rows of the audit log. `next`: before which number the next page begins, None: this is the last one."""

    rows: tuple[AuditRow, ...]
    next: int | None


def read_audit(people: PeopleStore, who: str = "", before: int | None = None) -> AuditPage:
    """Return a page of the rows of somebody, or of everybody: an empty name."""
    found = people.audit(before, SHOWN_MOST + 1, who)
    is_more = len(found) > SHOWN_MOST
    return AuditPage(tuple(found[:SHOWN_MOST]), found[SHOWN_MOST - 1].no if is_more else None)


def answer(asked: Asked) -> Reply:
    """Return the page of the audit log. Raises UsageError."""
    text = asked.query.get("before", "")
    if text and not (text.isascii() and text.isdecimal() and len(text) < 16):
        raise UsageError("before {text!r}: a number of a row", text=text[:40])
    who = asked.person.name if asked.person and not asked.scope.everything else asked.query.get("who", "").strip()
    with closing(open_people(asked.place.directory, read_only=True)) as people:
        found = read_audit(people, who, int(text) if text else None)
    return shown(asked, "audit.html.j2", p=found, who=who, acts=ACTS, outcomes=OUTCOMES)

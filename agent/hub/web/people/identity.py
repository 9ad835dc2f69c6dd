"""Identifies who sends a request: by a session's cookie, a token for programs, or the header of the proxy in front.

The header counts from the proxy's own address only, once, and for people who are known here: it names nobody new. The
database is open for reading; only a use that has to be noted opens it to change it.
"""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.people.audit import AuditRow
from agent.hub.domain.people.person import Person, person_name
from agent.hub.ports.people import PeopleStore
from agent.hub.stores.engines import open_people
from agent.hub.web.people.sessions import NOTED_EACH, TOKEN_PREFIX, is_good, is_live, secret_digest
from agent.model.errors import UsageError

TOKEN_NOTED_EACH: Final = timedelta(hours=1)

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sends a request; `form_of`: what its form tokens are bound to, empty where it can post no form."""

    person: Person | None = None
    session: str = ""
    form_of: str = ""


NOBODY: Final = Caller()


def values_of(headers: Headers, name: str) -> list[str]:
    """Return every value of a header, by its name in small letters."""
    return [value for other, value in headers if other == name]


def client_address(headers: Headers, peer: str, proxy: str) -> str:
    """Return whose request it is: the last address that our proxy has put down, else the other end's."""
    told = values_of(headers, "x-forwarded-for")
    if not proxy or peer != proxy or not told:
        return peer
    return told[-1].rpartition(",")[2].strip()[:64] or peer


def by_cookie(people: PeopleStore, secret: str, now: datetime) -> Caller:
    """Return whose session a cookie is of, and note that it was used."""
    digest = secret_digest(secret)
    session = people.session(digest) if secret else None
    if session is None or not is_live(session, now):
        return NOBODY
    person = _enabled(people, session.person)
    if person is None:
        return NOBODY
    if now - datetime.fromisoformat(session.seen_at) >= NOTED_EACH:
        with closing(open_people(people.directory)) as changed:
            changed.note_session(digest, utc_text(now))
    return Caller(person, digest, digest)


def by_header(people: PeopleStore, told: list[str]) -> Caller:
    """Return whom the proxy names; nobody where it names several, or somebody who is not known here."""
    if len(told) != 1:
        return NOBODY
    try:
        name = person_name(told[0].encode("latin-1").decode("utf-8"))
    except (UsageError, UnicodeError):
        return NOBODY
    person = _enabled(people, name)
    return NOBODY if person is None else Caller(person, "", f"header\0{name}")


def by_token(people: PeopleStore, authorization: str, address: str, now: datetime) -> Caller:
    """Return whose token it is, and record its first use within each hour."""
    scheme, _, secret = authorization.partition(" ")
    if scheme.lower() != "bearer" or not secret.startswith(TOKEN_PREFIX):
        return NOBODY
    token = people.token(secret_digest(secret))
    person = _enabled(people, token.person) if token is not None and is_good(token, now) else None
    if token is None or person is None:
        return NOBODY
    if not token.used_at or now - datetime.fromisoformat(token.used_at) >= TOKEN_NOTED_EACH:
        with closing(open_people(people.directory)) as changed, changed.changing():
            changed.note_token(token.id, utc_text(now))
            changed.record(AuditRow(utc_text(now), person.name, "api", f"token {token.id}", "ok", address))
    return Caller(person)


def _enabled(people: PeopleStore, name: str) -> Person | None:
    row = people.person(name)
    return row.person() if row is not None and not row.disabled_at else None

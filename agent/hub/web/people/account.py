"""Answers a person's own page: password, and tokens for programs, which see what the person may see."""

import math
import secrets
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.people.person import Person
from agent.hub.domain.people.rows import TokenRow
from agent.hub.domain.people_text import NAME_MAX_CHARS, refuse_text
from agent.hub.stores.engines import open_people
from agent.hub.web.acts import record
from agent.hub.web.asked import Asked, Missing, Refused, Reply, see_other
from agent.hub.web.people import passwords
from agent.hub.web.people.entrance import BUSY, BUSY_AFTER_S, TOO_MANY
from agent.hub.web.people.sessions import TOKEN_PREFIX, new_secret, secret_digest
from agent.hub.web.people.turnstile import Busy
from agent.hub.web.rendering import page
from agent.model.errors import UsageError
from agent.model.finding import Message

DAYS_MOST: Final = 366
TOKENS_MOST: Final = 20
HERE: Final = "/account"


def show(asked: Asked) -> Reply:
    """Return the person's page."""
    return _page(asked, made="")


def make_token(asked: Asked) -> Reply:
    """Make a token: `label`, good for `days`. It is shown in this answer, and never again."""
    person, label, days = _person(asked), asked.form.get("label", "").strip(), asked.form.get("days", "")
    refuse_text(label, NAME_MAX_CHARS)
    if not (days.isascii() and days.isdecimal() and 1 <= int(days[:5]) <= DAYS_MOST):
        raise UsageError("{days!r}: a token is good for 1 to {most} days", days=days[:20], most=DAYS_MOST)
    secret = TOKEN_PREFIX + new_secret()
    now = asked.place.clock()
    row = TokenRow(
        secrets.token_hex(4), person.name, label, utc_text(now), utc_text(now + timedelta(days=int(days))), "", ""
    )  # fmt: skip
    with closing(open_people(asked.place.directory)) as people, people.changing():
        if sum(1 for one in people.tokens(person.name) if not one.revoked_at) >= TOKENS_MOST:
            raise UsageError("you have {most} tokens already: revoke one first", most=TOKENS_MOST)
        people.keep_token(row, secret_digest(secret))
        record(asked, people, "token-make", f"{row.id} {label}")
    return _page(asked, made=secret)


def revoke_token(asked: Asked) -> Reply:
    """Revoke a token of one's own: `id`. Raises Missing."""
    person, id = _person(asked), asked.form.get("id", "")
    with closing(open_people(asked.place.directory)) as people, people.changing():
        if not people.revoke_token(person.name, id, utc_text(asked.place.clock())):
            raise Missing("there is no such token")
        record(asked, people, "token-revoke", id)
    return see_other(HERE)


def change_password(asked: Asked) -> Reply:
    """Give oneself another password: `old`, and `new` twice; every session ends. Raises UsageError, Refused."""
    person, new = _person(asked), asked.form.get("new", "")
    if new != asked.form.get("again", ""):
        raise UsageError("the two new passwords differ: type both again")
    place = asked.place
    with closing(open_people(place.directory)) as people:
        row = people.person(person.name)
        if row is None:
            raise Missing("there is no such person")
        waits_s = place.limiter.take(asked.address, person.name, True, place.mono())
        if waits_s:
            raise Refused(TOO_MANY, 429, math.ceil(waits_s), seconds=math.ceil(waits_s))
        try:
            with place.turnstile.turn(True, asked.address):
                if not passwords.is_right(row.password, asked.form.get("old", "")):
                    raise UsageError("the password that you have now is another one")
                stored = passwords.hashed(new)
        except Busy:
            raise Refused(BUSY, 503, BUSY_AFTER_S) from None
        with people.changing():
            people.keep_person(replace(row, password=stored))
            people.end_sessions(person.name)
            record(asked, people, "password", "")
    return see_other("/login")


def _page(asked: Asked, made: str) -> Reply:
    person = _person(asked)
    with closing(open_people(asked.place.directory)) as people:
        tokens, row = people.tokens(person.name), people.person(person.name)
    return page(
        asked,
        "account.html.j2",
        words=WORDS,
        person=person,
        role=ROLE_WORDS[person.role],
        tokens=tokens,
        now=utc_text(asked.now),
        made=made,
        has_password=bool(row and row.password),
    )


def _person(asked: Asked) -> Person:
    if asked.person is None:
        raise Missing("there is no such page")
    return asked.person


ROLE_WORDS: Final = {
    "viewer": Message("viewer: looks"),
    "maintainer": Message("maintainer: looks and comments"),
    "operator": Message("operator: acknowledges and assigns too"),
    "supervisor": Message("supervisor: sees the audit log too"),
    "administrator": Message("administrator"),
}

WORDS: Final = {
    "role": Message("Role"),
    "sees": Message("May see"),
    "everything": Message("everything"),
    "divisions": Message("Divisions"),
    "operators": Message("Operators"),
    "maintainers": Message("Maintainers"),
    "tokens": Message("Tokens for programs"),
    "tokens_what": Message("A program that sends a token sees what you may see. The interface: /api/v1/openapi.json"),
    "label": Message("What it is for"),
    "days": Message("Good for days"),
    "make": Message("Make a token"),
    "made": Message("This token is shown once. Copy it now:"),
    "revoke": Message("Revoke"),
    "revoked": Message("revoked"),
    "expired": Message("expired"),
    "until": Message("Good until"),
    "used": Message("Used last"),
    "never": Message("never"),
    "change": Message("Change the password"),
    "old": Message("Password now"),
    "new": Message("New password (12 signs or more)"),
    "again": Message("New password again"),
}

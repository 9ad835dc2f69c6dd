"""Answers log-in and log-out: a name and a password for a session.

Whatever was wrong, the answer is the same. Each password that was hashed is a row of the audit log; who tries too often
is told when to try again, before anything is hashed, and leaves no row.
"""

import math
from contextlib import closing
from typing import Final

from agent.contract.chain import utc_text
from agent.hub.domain.people.audit import AuditRow
from agent.hub.domain.people.person import person_name
from agent.hub.ports.people import PeopleStore
from agent.hub.stores.engines import open_people
from agent.hub.web.asked import Asked, Refused, Reply, own_path, see_other
from agent.hub.web.people import passwords
from agent.hub.web.people.sessions import IDLE, LASTS, cookie_name, new_secret, secret_digest, set_cookie
from agent.hub.web.people.turnstile import Busy
from agent.hub.web.rendering import page
from agent.model.errors import UsageError
from agent.model.finding import Message

BUSY_AFTER_S: Final = 2
BUSY: Final = Message("many people log in at this moment: try again in a few seconds").template
TOO_MANY: Final = Message("too many tries: wait {seconds} s").template

_WRONG: Final = Message("name or password is wrong")


def show(asked: Asked) -> Reply:
    """Return the form; who has come in already goes on."""
    if asked.person is not None:
        return see_other(own_path(asked.query.get("next", "")))
    return _form(asked, 200, None)


def enter(asked: Asked) -> Reply:
    """Check name and password, and begin a session. Raises Refused for too many tries, or too many people at once."""
    password = asked.form.get("password", "")
    try:
        name = person_name(asked.form.get("name", ""))
    except UsageError:
        return _form(asked, 422, _WRONG)
    place, address = asked.place, asked.address
    with closing(open_people(place.directory)) as people:
        is_known = people.is_known(name, address)
        waits_s = place.limiter.take(address, name, is_known, place.mono())
        if waits_s:
            raise Refused(TOO_MANY, 429, math.ceil(waits_s), seconds=math.ceil(waits_s))
        try:
            with place.turnstile.turn(is_known, asked.address):
                row = people.person(name)
                stored = row.password if row is not None and not row.disabled_at else ""
                is_right = passwords.is_right(stored, password)
        except Busy:
            place.limiter.give_back(address, name, is_known, place.mono())
            raise Refused(BUSY, 503, BUSY_AFTER_S) from None
        at = utc_text(place.clock())
        if not is_right:
            who = name if row is not None else ""  # where nobody has that name, it may be a password in the wrong field
            people.record(AuditRow(at, who, "log-in", "", "wrong", address))
            return _form(asked, 422, _WRONG)
        place.limiter.give_back(address, name, is_known, place.mono())
        cookie = begin_session(asked, people, name, "")
    return see_other(own_path(asked.form.get("next", "")), {"Set-Cookie": cookie})


def begin_session(asked: Asked, people: PeopleStore, name: str, how: str) -> str:
    """Begin a session, record how it was come by, and return its Set-Cookie; the one before it ends."""
    secret, at, is_secure = new_secret(), utc_text(asked.place.clock()), asked.place.is_secure
    with people.changing():
        people.drop_sessions(utc_text(asked.now - LASTS), utc_text(asked.now - IDLE))
        if asked.session:
            people.end_session(asked.session)
        people.keep_session(secret_digest(secret), name, asked.address, at)
        people.record(AuditRow(at, name, "log-in", how, "ok", asked.address))
    return set_cookie(cookie_name(is_secure), secret, is_secure, LASTS)


def leave(asked: Asked) -> Reply:
    """End the session."""
    name = asked.person.name if asked.person else ""
    with closing(open_people(asked.place.directory)) as people, people.changing():
        people.end_session(asked.session)
        people.record(AuditRow(utc_text(asked.now), name, "log-out", "", "ok", asked.address))
    return see_other(
        "/login", {"Set-Cookie": set_cookie(cookie_name(asked.place.is_secure), "", asked.place.is_secure, LASTS * 0)}
    )


def _form(asked: Asked, status: int, wrong: Message | None) -> Reply:
    goes_on = own_path(asked.form.get("next", "") or asked.query.get("next", ""))
    label = {"label": asked.place.oidc.settings.label if asked.place.oidc else ""}
    return page(
        asked, "login.html.j2", status, wrong=wrong, name=asked.form.get("name", "")[:64], goes_on=goes_on,
        oidc_in=Message("Log in by {label}", label), oidc_out=Message("Log out of {label}", label),
    )  # fmt: skip

"""Answers log-in by a city's own login: sends the browser there, and takes it in when it comes back with a code.

What binds the answer to the browser that asked is one random seed in a signed cookie: state, nonce and PKCE verifier
are derived from it, each with the page's key, so that nothing is stored and no other browser has it. Coming back is a
navigation from another page, so the cookie is Lax; the session's is Strict, and the next page is loaded by this one.

Source: OpenID Connect Core 1.0 section 3.1; RFC 7636 (PKCE); RFC 9207 (issuer of the answer); RFC 9700 section 4.
"""

import hashlib
import hmac
import logging
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from agent.contract.chain import utc_text
from agent.hub.domain.people.audit import AuditRow
from agent.hub.domain.people.rows import PersonRow
from agent.hub.stores.engines import open_people
from agent.hub.web.asked import Asked, Refused, Reply, own_path, see_other
from agent.hub.web.people.entrance import BUSY, BUSY_AFTER_S, begin_session
from agent.hub.web.people.oidc.mapping import name_of, rule_of
from agent.hub.web.people.oidc.provider import AGAIN_S, NoLogin, Provider
from agent.hub.web.people.oidc.settings import Rule
from agent.hub.web.people.oidc.token import BadSignature, Unacceptable, verified_claims
from agent.hub.web.people.sessions import new_secret, set_cookie
from agent.hub.web.rendering import page
from agent.model.errors import UsageError
from agent.model.finding import Message

BACK: Final = "/login/oidc/back"
LASTS: Final = timedelta(minutes=10)

_OTHER_BROWSER: Final = "this answer is of another log-in, or too old: begin again at {url}/login"
_REFUSED: Final = "the answer of the login {label} was refused: {why}"

_NO_ANSWER: Final = "the login {label} does not answer: {why}; use a password of this page, or try again later"

log = logging.getLogger("camwarden.hub.web")


@dataclass(frozen=True, slots=True)
class Begun:
    """A log-in that was begun in a browser: the seed of all its secrets, and the page that it is to end on."""

    seed: str = field(repr=False)
    goes_on: str

    def secret(self, key: bytes, use: str) -> str:
        """Return the secret for one use: `state`, `nonce` or `verifier`."""
        return hmac.new(key, f"oidc-{use}\0{self.seed}".encode(), hashlib.sha256).hexdigest()


def begin(asked: Asked) -> Reply:
    """Send the browser to the provider. Raises Refused where that does not answer."""
    place, provider = asked.place, _provider(asked)
    begun = Begun(new_secret(), own_path(asked.query.get("next", "")))
    state, nonce, verifier = (begun.secret(place.form_key, use) for use in ("state", "nonce", "verifier"))
    with _answering(provider):
        there = provider.begin(provider.offered(place.mono()), state, nonce, verifier, place.url + BACK)
    cookie = set_cookie(_cookie(asked), _sealed(begun, asked), place.is_secure, LASTS, "Lax")
    return see_other(there, {"Set-Cookie": cookie, "Cache-Control": "no-store"})


def finish(asked: Asked) -> Reply:
    """Take a person in who comes back from the provider. Raises Refused, UsageError."""
    place, provider = asked.place, _provider(asked)
    begun = _begun(asked)
    state = begun.secret(place.form_key, "state") if begun else ""
    if begun is None or not hmac.compare_digest(state.encode(), asked.query.get("state", "").encode()):
        raise Refused(_OTHER_BROWSER, 403, url=place.url)
    with _answering(provider):
        offered = provider.offered(place.mono())
    issuer = asked.query.get("iss", "" if offered.names_issuer else provider.settings.issuer)
    if issuer != provider.settings.issuer:
        raise _not_taken(asked, provider, Message("it is of another provider"))
    if "code" not in asked.query:
        raise _not_taken(asked, provider, Message("nobody was logged in there"))
    with _answering(provider):
        claims = _claims(asked, provider, begun)
    name = name_of(claims, provider.settings)
    rule = rule_of(claims, provider.settings)
    if rule is None:
        _note(asked, name, "no role")
        raise Refused("{label} knows you as {name}, but no group of yours may use this page; ask whoever runs it", 403,
                      label=provider.settings.label, name=name)  # fmt: skip
    return _entered(asked, provider, begun, (str(claims["sub"]), name, rule))


def leave(asked: Asked) -> Reply:
    """Send the browser to the provider to log out there too; to the form where it has no such page."""
    place, provider = asked.place, _provider(asked)
    with _answering(provider):
        offered = provider.offered(place.mono())
    return see_other(provider.leave(offered, f"{place.url}/login") or "/login")


def _claims(asked: Asked, provider: Provider, begun: Begun) -> dict[str, Any]:
    """Return the claims of the token that the provider gives for the code. Raises Refused."""
    place, settings = asked.place, provider.settings
    verifier, nonce = (begun.secret(place.form_key, use) for use in ("verifier", "nonce"))
    tokens = provider.trade(asked.query["code"], verifier, place.url + BACK, place.mono())
    if tokens is None:
        raise _not_taken(asked, provider, Message("its code was used before, or is too old"))
    for fresh in (False, True):
        keys = provider.keys(place.mono(), fresh)
        try:
            return verified_claims(
                tokens.id_token, keys, settings.issuer, settings.client_id, nonce, asked.now, tokens.access_token
            )
        except BadSignature:
            continue
        except Unacceptable as error:
            raise _not_taken(asked, provider, error.why) from None
    raise _not_taken(asked, provider, Message("it is signed by no key of the provider"))


def _entered(asked: Asked, provider: Provider, begun: Begun, who: tuple[str, str, Rule]) -> Reply:
    """Store who it is, begin a session, and have the browser go on from a page of ours. Raises Refused."""
    subject, told, rule = who
    issuer, why = provider.settings.issuer, None
    with closing(open_people(asked.place.directory)) as people, people.changing():
        name = people.account(issuer, subject)
        row = people.person(name or told)
        if row is not None and not name:
            why = Message("the name {name} is of somebody else here", {"name": told})
        elif row is not None and row.disabled_at:
            why = Message("{name} may use the hub's page no more", {"name": row.name})
        else:
            made = row or PersonRow(name=told, role=rule.role, password="", made_at=utc_text(asked.place.clock()))
            people.keep_person(_with_role(made, rule))
            people.keep_account(issuer, subject, made.name)
            cookie = begin_session(asked, people, made.name, "oidc")
    if why is not None:
        raise _not_taken(asked, provider, why)
    reply = page(asked, "entered.html.j2", goes_on=begun.goes_on)
    return Reply(reply.status, reply.kind, reply.body, {**reply.headers, "Set-Cookie": cookie})


def _with_role(row: PersonRow, rule: Rule) -> PersonRow:
    """Return a person with the role and bindings of a rule, and no others."""
    return replace(
        row, role=rule.role, divisions=rule.divisions, operators=rule.operators, maintainers=rule.maintainers
    )


@contextmanager
def _answering(provider: Provider) -> Iterator[None]:
    """Tell the browser when to try again where the provider gives no answer within the block. Raises Refused."""
    try:
        yield
    except NoLogin as error:
        if error.why is None:
            raise Refused(BUSY, 503, BUSY_AFTER_S) from None
        raise Refused(_NO_ANSWER, 503, round(AGAIN_S), label=provider.settings.label, why=error.why) from None


def _not_taken(asked: Asked, provider: Provider, why: Message) -> Refused:
    """Return what is answered to whom the provider's answer does not let in; it is logged, without the answer."""
    log.warning("oidc: an answer was refused: %s", why)
    _note(asked, "", str(why))
    return Refused(_REFUSED, 403, label=provider.settings.label, why=why)


def _note(asked: Asked, name: str, outcome: str) -> None:
    with closing(open_people(asked.place.directory)) as people:
        people.record(AuditRow(utc_text(asked.place.clock()), name, "log-in", "oidc", outcome, asked.address))


def _provider(asked: Asked) -> Provider:
    if asked.place.oidc is None:
        raise UsageError("this page has no other log-in than its own")
    return asked.place.oidc


def _cookie(asked: Asked) -> str:
    return "__Host-camwarden-oidc" if asked.place.is_secure else "camwarden-hub-oidc"


def _sealed(begun: Begun, asked: Asked) -> str:
    """Return what the cookie holds of a log-in: seed, time and page, signed."""
    page_of = urlsafe_b64encode(begun.goes_on.encode()).decode().rstrip("=")
    told = f"{begun.seed}.{int(asked.now.timestamp())}.{page_of}"
    return f"{told}.{_mark(asked, told)}"


def _begun(asked: Asked) -> Begun | None:
    """Return the log-in that this browser has begun within the last minutes; None for none."""
    cookies = (one.strip().partition("=") for one in asked.headers.get("cookie", "").split(";"))
    sealed = next((value for name, _, value in cookies if name == _cookie(asked)), "")
    told, _, mark = sealed.rpartition(".")
    if not hmac.compare_digest(_mark(asked, told).encode(), mark.encode()):
        return None
    seed, begun_s, page_of = told.split(".")
    if not 0 <= asked.now.timestamp() - int(begun_s) <= LASTS.total_seconds():
        return None
    return Begun(seed, own_path(urlsafe_b64decode(page_of + "=" * (-len(page_of) % 4)).decode()))


def _mark(asked: Asked, told: str) -> str:
    return hmac.new(asked.place.form_key, f"oidc-cookie\0{told}".encode(), hashlib.sha256).hexdigest()

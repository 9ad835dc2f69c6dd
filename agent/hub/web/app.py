"""Answers requests by the table of routes: who asks, with which role, from a page of ours; then the answer itself.

Thin on purpose: no decision is here but access, and that is the same for every route. Answers run on threads; hosts,
deadlines and sizes are bounded below (`agent/host/web.py`).
"""

import json
import logging
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route as At

from agent.hub.domain.people.person import is_at_least
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.web.asked import Asked, Missing, Refused, Reply, Route, see_other
from agent.hub.web.people.identity import Caller, by_cookie, by_header, by_token, client_address, values_of
from agent.hub.web.people.sessions import (
    cookie_name,
    form_token,
    is_own_form,
    is_right_token,
    set_cookie,
)
from agent.hub.web.place import Place
from agent.hub.web.rendering import page
from agent.hub.web.routes import ROUTES
from agent.model.errors import ConfigurationError, Forbidden, StoreFailed, UsageError
from agent.model.finding import Message
from agent.text.translate import LANGUAGES, choose_lang, render

API: Final = "/api/"
FIELDS_MOST: Final = 100
LANG_COOKIE: Final = "camwarden-lang"

log = logging.getLogger("camwarden.hub.web")


def app(place: Place, routes: tuple[Route, ...] = ROUTES) -> Starlette:
    """Return the application of one hub's page."""

    def at(route: Route) -> At:
        async def endpoint(request: Request) -> Response:
            body = await request.body() if route.method == "POST" else b""
            return _response(await run_in_threadpool(answered, place, route, request, body))

        return At(route.path, endpoint, methods=[route.method])

    async def missing(request: Request, error: Exception) -> Response:
        return _response(await run_in_threadpool(answered, place, _NOWHERE, request, b""))

    return Starlette(routes=[at(route) for route in routes], exception_handlers={404: missing, 405: missing})


def answered(place: Place, route: Route, request: Request, body: bytes) -> Reply:
    """Answer one request."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.scope["headers"]]
    peer = request.client.host if request.client is not None else ""
    address, now = client_address(headers, peer, place.proxy), place.clock()
    is_api = request.url.path.startswith(API)
    try:
        with place.readers.lent(place.directory) as (people, store):
            if is_api and values_of(headers, "authorization"):
                caller = by_token(people, values_of(headers, "authorization")[0], address, now)
            elif place.trust_header and peer == place.proxy and (told := values_of(headers, place.trust_header)):
                caller = by_header(people, told)
            else:
                caller = by_cookie(people, request.cookies.get(cookie_name(place.is_secure), ""), now)
            asked = _asked(place, store, caller, request, dict(headers), body, address)
            try:
                reply = _refused(asked, route, caller, is_api) or route.answer(asked)
            except UsageError as error:
                reply = _told(asked, error, is_api)
            return _with_lang(asked, reply)
    except (StoreFailed, ConfigurationError, Forbidden) as error:
        log.error("%s: %s", route.name, error)  # it names files of this machine, so it is told here alone
        return _problem(503, "unavailable", "the hub's data cannot be read: try again later", {"Retry-After": "5"})


def _asked(
    place: Place, store: Store, caller: Caller, request: Request, headers: dict[str, str], body: bytes, address: str
) -> Asked:
    query = dict(request.query_params)
    form: dict[str, str] = {}
    if headers.get("content-type", "").partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        try:
            form = dict(
                parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MOST, errors="strict")
            )
        except (ValueError, UnicodeError):
            form = {}
    return Asked(
        store=store,
        person=caller.person,
        scope=caller.person.scope if caller.person else Scope(),
        lang=_lang(request, query, headers, place.lang),
        path=request.url.path,
        query=query,
        path_values={name: str(value) for name, value in request.path_params.items()},
        form=form,
        now=place.clock(),
        address=address,
        place=place,
        session=caller.session,
        form_token=form_token(place.form_key, caller.form_of) if caller.form_of else "",
        headers=headers,
    )


def _refused(asked: Asked, route: Route, caller: Caller, is_api: bool) -> Reply | None:
    """Return what is answered before a route is asked; None where it may be. Raises Refused."""
    if route.method == "POST" and not is_own_form(asked.headers, asked.place.url):
        raise Refused("this form does not come from the hub's page at {url}: open it there", 403, url=asked.place.url)
    if route.least_role is None:
        return None
    if caller.person is None:
        if is_api:
            raise Refused("log in, or send a token of your account", 401)
        goes_on = asked.path + (f"?{urlencode(asked.query)}" if asked.query else "")
        return see_other(f"/login?{urlencode({'next': goes_on})}" if route.method == "GET" else "/login")
    if not is_at_least(caller.person.role, route.least_role):
        raise Refused("your role may not do this; an administrator can change it", 403)
    if route.method == "POST" and not is_right_token(asked.place.form_key, caller.form_of, asked.form.get("token", "")):
        raise Refused("this form is too old: go back, load the page again and repeat it", 403)
    return None


def _problem(status: int, title: str, detail: str, headers: dict[str, str]) -> Reply:
    """Return a refusal for programs. Source: RFC 9457."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Reply(status, "application/problem+json", json.dumps(told, ensure_ascii=False).encode(), headers)


def _told(asked: Asked, error: UsageError, is_api: bool) -> Reply:
    status = error.status if isinstance(error, Refused) else 404 if isinstance(error, Missing) else 422
    after = {"Retry-After": str(error.after_s)} if isinstance(error, Refused) and error.after_s else {}
    title = {404: _MISSING, 403: _NOT_ALLOWED, 401: _NOT_ALLOWED, 429: _LATER, 503: _LATER}.get(status, _NOT_DONE)
    if is_api:
        scheme = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
        return _problem(status, str(title), str(error), {**after, **scheme})
    said = render(error.message, asked.lang)
    reply = page(asked, "message.html.j2", status, title=render(title, asked.lang), said=said, back="")
    return Reply(reply.status, reply.kind, reply.body, {**reply.headers, **after})


_MISSING: Final = Message("there is no such page")
_NOT_ALLOWED: Final = Message("not allowed")
_LATER: Final = Message("try again later")
_NOT_DONE: Final = Message("this was not done")


def _nowhere(asked: Asked) -> Reply:
    raise Missing("there is no such page")


_NOWHERE: Final = Route("GET", "", "nowhere", None, _nowhere)


def _lang(request: Request, query: dict[str, str], headers: dict[str, str], otherwise: str) -> str:
    """Return the language that the address asks for, else the one chosen before, else the browser's."""
    for wanted in (query.get("lang", ""), request.cookies.get(LANG_COOKIE, "")):
        if wanted in LANGUAGES:
            return wanted
    told = headers.get("accept-language", "").partition(",")[0].partition(";")[0].strip()
    return choose_lang(None, {"LANG": told.replace("-", "_")}) if told else otherwise


def _with_lang(asked: Asked, reply: Reply) -> Reply:
    """Have the browser remember a language that was asked for."""
    if asked.query.get("lang") not in LANGUAGES or "Set-Cookie" in reply.headers:
        return reply
    cookie = set_cookie(LANG_COOKIE, asked.lang, asked.place.is_secure, None)
    return Reply(reply.status, reply.kind, reply.body, {**reply.headers, "Set-Cookie": cookie})


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, headers=dict(reply.headers), media_type=reply.kind)

"""Answers the page's requests: who asks is checked, a body is parsed, and the desk does the rest.

Thin on purpose: no decision is here but access. Work runs on threads, so that a slow device holds nobody else up; host,
deadlines and sizes are bounded below (`agent/host/web.py`).
"""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from agent.model.errors import AgentError, ConfigurationError, Forbidden, UsageError
from agent.model.finding import Json, utc_text
from agent.onsite.ui import documents, screens
from agent.onsite.ui.desk import Desk
from agent.onsite.ui.entrance import Entrance
from agent.onsite.ui.refusals import NoSession, NotFound, NotGranted
from agent.onsite.ui.session import require_own_page
from agent.onsite.ui.site_desk import Paper, SiteDesk
from agent.text.translate import LANGUAGES, render_apart
from masking.worker.study import THUMBNAIL_PX

BODY_MAX_BYTES: Final = 64 * 1024
Body = Mapping[str, Any]
Answer = Callable[[Request, Body, str], Response]

log = logging.getLogger("camwarden.ui")


def app(desk: Desk, site: SiteDesk, entrance: Entrance, lang: str) -> Starlette:
    """Return the application of one page. `lang`: the session's language where the page asks for none."""

    def to(answer: Answer, *, is_open: bool = False) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            spoken = _lang(request, lang)
            try:
                if request.method == "POST":
                    require_own_page(request.headers, request.url.scheme)
                if not is_open and not entrance.is_open(request.headers.get("authorization", ""), _address(request)):
                    raise NoSession("this page has no session any more: press Enter in the terminal for a new link")
                body = await _body(request) if request.method == "POST" else {}
                return await run_in_threadpool(answer, request, body, spoken)
            except (UsageError, ConfigurationError, Forbidden) as error:
                return _refused(error, spoken)

        return endpoint

    def session(request: Request, body: Body, lang: str) -> Response:
        code = body.get("code")
        token = entrance.trade(code if isinstance(code, str) else "", _address(request))
        known = desk.state.site
        return _json(
            {"token": token, "by": desk.place.by, "lang": lang, "site": known.id, "name": known.name,
             "may_edit": desk.place.may_edit}
        )  # fmt: skip

    def start_look(request: Request, body: Body, lang: str) -> Response:
        ids = body.get("cameras", [])
        if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
            raise NotGranted("cameras must be a list of ids")
        return _json(screens.look_json(desk.start_look(ids), lang), 202)

    def picture(request: Request, body: Body, lang: str) -> Response:
        name, path = _id(request), request.path_params["path"]
        if request.query_params.get("black") == "1":
            return Response(desk.black_picture(name, path), media_type="image/jpeg")
        width = request.query_params.get("w", "")
        width_px = int(width) if width.isascii() and width.isdigit() and len(width) < 5 else THUMBNAIL_PX
        jpeg, kept = desk.picture(name, path, width_px)
        headers = {"X-Taken-At": utc_text(kept.picture.taken_at), "X-Picture": kept.digest}
        return Response(jpeg, media_type="image/jpeg", headers=headers)

    def start_check(request: Request, body: Body, lang: str) -> Response:
        site.start()
        return _json(site.site(lang), 202)

    def paper(kind: Paper) -> Answer:
        def answer(request: Request, body: Body, lang: str) -> Response:
            asked = request.query_params.get("lang", "")
            made = site.paper(kind, asked if asked in LANGUAGES else lang)
            headers = {"Content-Disposition": f'attachment; filename="{made.name}"'}
            return Response(made.data, media_type=made.kind, headers=headers)

        return answer

    camera = "/api/camera/{id}"
    return Starlette(
        routes=[
            Route("/", to(_document, is_open=True)),
            Route("/app.css", to(_style, is_open=True)),
            Route("/js/{name}", to(_script, is_open=True)),
            Route("/api/session", to(session, is_open=True), methods=["POST"]),
            Route("/api/wall", to(lambda request, body, lang: _json(desk.wall(lang)))),
            Route("/api/look", to(start_look), methods=["POST"]),
            Route("/api/look", to(lambda request, body, lang: _json(screens.look_json(desk.state, lang)))),
            Route(camera, to(lambda request, body, lang: _json(desk.camera(_id(request), lang)))),
            Route(f"{camera}/picture/{{path}}", to(picture)),
            *(
                Route(f"{camera}/{name}", to(_of_camera(act)), methods=["POST"])
                for name, act in (
                    ("judge", desk.judge),
                    ("draft", desk.draft),
                    ("live", desk.live),
                    ("mark", desk.mark),
                    ("card", desk.card),
                )
            ),
            Route("/api/review", to(lambda request, body, lang: _json(desk.review(lang)))),
            Route("/api/review", to(lambda request, body, lang: _json(desk.save(body, lang))), methods=["POST"]),
            Route("/api/reload", to(lambda request, body, lang: _json(desk.reload(lang))), methods=["POST"]),
            Route("/api/site", to(lambda request, body, lang: _json(site.site(lang)))),
            Route("/api/site", to(start_check), methods=["POST"]),
            Route("/api/declare", to(lambda request, body, lang: _json(site.declare(body, lang))), methods=["POST"]),
            Route("/api/report", to(paper("report"))),
            Route("/api/dossier", to(paper("dossier"))),
        ],
        exception_handlers={404: _missing, 405: _missing, Exception: _failed},
    )


def _of_camera(act: Callable[[str, Body, str], dict[str, Json]]) -> Answer:
    return lambda request, body, lang: _json(act(_id(request), body, lang))


def _document(request: Request, body: Body, lang: str) -> Response:
    text, policy = documents.document(lang)
    return Response(text, media_type="text/html; charset=utf-8", headers={"Content-Security-Policy": policy})


def _style(request: Request, body: Body, lang: str) -> Response:
    return _file(request, documents.style(), "css")


def _script(request: Request, body: Body, lang: str) -> Response:
    return _file(request, documents.script(request.path_params["name"]), "js")


def _file(request: Request, data: bytes, kind: str) -> Response:
    headers = {"Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        data, headers = documents.packed(data), {**headers, "Content-Encoding": "gzip"}
    return Response(data, media_type=documents.KINDS[kind], headers=headers)


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _address(request: Request) -> str:
    return request.client.host if request.client is not None else ""


def _lang(request: Request, lang: str) -> str:
    asked = request.headers.get("x-lang", "")
    return asked if asked in LANGUAGES else lang


async def _body(request: Request) -> Body:
    """Read a JSON object of at most `BODY_MAX_BYTES`. Raises NotGranted."""
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > BODY_MAX_BYTES:
            raise TooLarge("this request is larger than {most} KiB", most=BODY_MAX_BYTES // 1024)
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        raise NotGranted("this request is not JSON") from None
    if not isinstance(body, dict):
        raise NotGranted("this request is no JSON object")
    return body


class TooLarge(NotGranted):
    """The body is larger than any drawing. Source: RFC 9110 section 15.5.14."""

    status = 413


def _json(value: Json, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False).encode(), status, media_type="application/json")


def _refused(error: AgentError, lang: str) -> Response:
    words, step = render_apart(error.message, lang)
    status = error.status if isinstance(error, NotGranted) else 422
    answer: dict[str, Json] = {"error": {"message": words, "next": step}}
    if isinstance(error, NotGranted) and error.reason:
        answer["reason"] = error.reason
    return _json(answer, status)


async def _missing(request: Request, error: Exception) -> Response:
    return _refused(NotFound("there is no such page"), _lang(request, "en"))


async def _failed(request: Request, error: Exception) -> Response:
    """Answer a mistake of ours: its text may quote a device or a picture, so only its kind is told and logged."""
    log.error("a request of the page has failed: %s", type(error).__name__)
    return _json({"error": {"message": "internal error, please report it", "next": ""}}, 500)

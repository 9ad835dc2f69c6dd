"""What an attacker or a second tab tries on the local page: each gets its refusal, and nothing is saved.

The devices of this site exist in no network; pictures are made, and judged by the real worker.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ui_client import Client, served
from ui_desk import HOSTILE, OnDesk, office_for
from ui_fixtures import inside, looked, on_desk, page_worker, status, tab

from agent.deliver.keys.throwaway import make_throwaway
from agent.onsite.lan.one_client import OneClient
from agent.onsite.ui.entrance import Entrance
from agent.onsite.ui.routes import app
from agent.onsite.ui.session import Gate, may_enter, trade, with_code

__all__ = ["inside", "looked", "on_desk", "page_worker", "tab"]

# The code and the token


def test_a_code_is_good_once(tab: Client, on_desk: OnDesk) -> None:
    code = on_desk.entrance.new_code()
    assert status(tab, "POST", "/api/session", {"code": code}) == 200
    assert status(tab, "POST", "/api/session", {"code": code}) == 403


def test_a_code_is_good_for_a_minute_and_then_used_up(tab: Client, on_desk: OnDesk) -> None:
    code = on_desk.entrance.new_code()
    on_desk.clock.ahead_s += 61
    assert status(tab, "POST", "/api/session", {"code": code}) == 403
    on_desk.clock.ahead_s -= 61
    assert status(tab, "POST", "/api/session", {"code": code}) == 403


@pytest.mark.parametrize("code", ["", "x", None, 7, ["a"], "\u0000", "é" * 40], ids=repr)
def test_a_guess_opens_nothing_and_uses_nothing_up(tab: Client, on_desk: OnDesk, code: object) -> None:
    right = on_desk.entrance.new_code()
    assert status(tab, "POST", "/api/session", {"code": code}) == 403
    assert status(tab, "POST", "/api/session", {"code": right}) == 200


def test_nobody_comes_in_before_the_first_code(tab: Client) -> None:
    assert status(tab, "POST", "/api/session", {"code": ""}) == 403
    assert status(tab, "GET", "/api/wall", Authorization="Bearer ") == 401


GETS = (
    "/api/wall",
    "/api/look",
    "/api/camera/gate",
    "/api/camera/gate/picture/main",
    "/api/review",
    "/api/site",
    "/api/report",
    "/api/dossier",
)
POSTS = (
    "/api/look", "/api/camera/gate/judge", "/api/camera/gate/draft", "/api/camera/gate/live", "/api/camera/gate/mark",
    "/api/camera/gate/card",
    "/api/review", "/api/reload", "/api/site", "/api/declare",
)  # fmt: skip


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x", "Basic {token}", "Bearer {token}x", "bearer {token}"])
def test_without_the_token_nothing_is_answered(inside: Client, header: str | None) -> None:
    sent = header.format(token=inside.token) if header else None
    assert [status(inside, "GET", path, Authorization=sent) for path in GETS] == [401] * len(GETS)
    assert [status(inside, "POST", path, {}, Authorization=sent) for path in POSTS] == [401] * len(POSTS)


def test_every_route_of_the_page_is_in_these_lists(inside: Client, on_desk: OnDesk) -> None:
    found = {
        (method, str(getattr(route, "path", "")))
        for route in app(on_desk.desk, office_for(on_desk.desk), on_desk.entrance, "en").routes
        for method in getattr(route, "methods", ())
        if method != "HEAD"
    }
    known = {("GET", path) for path in GETS} | {("POST", path) for path in POSTS}
    named = {(method, path.replace("/gate", "/{id}").replace("/main", "/{path}")) for method, path in known}
    assert found - named == {("GET", "/"), ("GET", "/app.css"), ("GET", "/js/{name}"), ("POST", "/api/session")}


def test_a_new_link_ends_the_session_before(inside: Client, on_desk: OnDesk) -> None:
    other = Client(inside.host, inside.port)
    other.enter(on_desk.entrance)
    assert (status(inside, "GET", "/api/wall"), status(other, "GET", "/api/wall")) == (401, 200)


def test_a_cookie_is_never_set_and_never_counts(inside: Client) -> None:
    _, _, told = inside.ask("GET", "/api/wall")
    assert "set-cookie" not in told
    assert status(inside, "GET", "/api/wall", Authorization=None, Cookie=f"token={inside.token}") == 401


# Other pages


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://{own}"},
        {"Sec-Fetch-Site": None},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "text/plain"},
        {"Content-Type": None},
    ],
    ids=repr,
)
def test_a_post_of_another_page_is_refused_with_the_right_token_too(
    inside: Client, on_desk: OnDesk, headers: dict[str, str | None]
) -> None:
    own = f"{inside.host}:{inside.port}"
    sent = {name: value.format(own=own) if value else value for name, value in headers.items()}
    code = on_desk.entrance.new_code()
    assert [inside.ask("POST", path, {}, sent)[0] for path in POSTS] == [403] * len(POSTS)
    assert inside.ask("POST", "/api/session", {"code": code}, sent)[0] == 403
    assert status(inside, "POST", "/api/session", {"code": code}) == 200, "the code was not used up"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:{port}", "localhost:{port}", "{host}", "{host}:1"])
def test_another_host_is_misdirected(inside: Client, host: str) -> None:
    sent = host.format(host=inside.host, port=inside.port)
    assert status(inside, "GET", "/api/wall", Host=sent) == 421
    assert status(inside, "GET", "/", Host=sent) == 421


def test_no_answer_may_be_kept_framed_or_read_elsewhere(inside: Client) -> None:
    for path in ("/api/wall", "/api/camera/gate/picture/main", "/"):
        _, _, told = inside.ask("GET", path)
        assert told["cache-control"] == "no-store"
        assert told["x-content-type-options"] == "nosniff"
        assert told["referrer-policy"] == "no-referrer"
        assert told["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in told["content-security-policy"]
        assert "access-control-allow-origin" not in told


# Bodies


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"null", b"[" * 30000, b"\xff\xfe", b"{}" + b" " * 65536])
def test_a_body_that_is_no_small_json_object_is_refused(inside: Client, body: bytes) -> None:
    code, told, _ = inside.ask("POST", "/api/camera/gate/judge", body)
    assert code == (413 if len(body) > 65536 else 422)
    assert b"internal error" not in json.dumps(told if isinstance(told, dict) else str(told)).encode()


ZONE: dict[str, Any] = {"name": "a", "polygon": [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]}


@pytest.mark.parametrize(
    "zones",
    [
        "x", {}, [1], [[]], [{}], [{**ZONE, "name": ""}], [{**ZONE, "name": "a\u0000b"}], [{**ZONE, "name": "x" * 65}],
        [{**ZONE, "polygon": []}], [{**ZONE, "polygon": [[0, 0], [1, 1]]}], [{**ZONE, "polygon": [[0, 0]] * 300}],
        [{**ZONE, "polygon": [[0, 0], [2, 0], [1, 1]]}], [{**ZONE, "polygon": [["0", 0], [1, 0], [1, 1]]}],
        [{**ZONE, "polygon": [[True, 0], [1, 0], [1, 1]]}], [{**ZONE, "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}],
        [{**ZONE, "effect": "none"}], [{**ZONE, "effect": ["any"]}], [{**ZONE, "color": "red"}],
        [{**ZONE, "effect": "blurred", "color": "#000000"}], [ZONE, ZONE], [ZONE] * 65, [{**ZONE, "preset": "left"}],
        [{**ZONE, "preset": 1}],
    ],
    ids=lambda zones: repr(zones)[:60],
)  # fmt: skip
def test_what_is_no_drawing_ends_in_one_sentence_and_changes_nothing(inside: Client, zones: object) -> None:
    version = inside.get("/api/camera/gate")["version"]
    for act in ("judge", "draft"):
        code, told, _ = inside.ask("POST", f"/api/camera/gate/{act}", {"version": version, "zones": zones})
        assert (code, len(told["error"]["message"].splitlines())) == (422, 1), told
    assert inside.get("/api/camera/gate")["version"] == version


def test_a_number_that_is_none_is_refused(inside: Client) -> None:
    body = b'{"zones": [{"name": "a", "polygon": [[NaN, 0], [Infinity, 0], [1, 1]]}]}'
    assert inside.ask("POST", "/api/camera/gate/judge", body)[0] == 422


@pytest.mark.parametrize("path", ["/api/camera/other", "/api/camera/gate/picture/other", "/js/..%2f..%2fdesk.py",
                                  "/js/index.html", "/js/x.js", "/api/none", "/etc/passwd"])  # fmt: skip
def test_what_is_not_there_is_not_found(inside: Client, path: str) -> None:
    assert status(inside, "GET", path) == 404


def test_names_of_devices_and_cameras_are_text_of_json(inside: Client) -> None:
    code, told, headers = inside.ask("GET", "/api/camera/gate")
    assert (code, headers["content-type"]) == (200, "application/json")
    assert (told["device"]["make"], told["name"]) == (HOSTILE, '<script>alert("gate")</script>')


# From another browser


def test_over_tls_the_origin_is_that_of_tls(on_desk: OnDesk) -> None:
    made = make_throwaway("127.0.0.1", datetime.now(UTC), timedelta(hours=2))
    with served(on_desk.desk, on_desk.entrance, tls=made) as tab:
        tab.enter(on_desk.entrance)
        plain = {"Origin": tab.origin.replace("https", "http")}
        assert tab.ask("POST", "/api/camera/gate/judge", {"zones": []}, plain)[0] == 403
        assert tab.ask("POST", "/api/camera/gate/judge", {"zones": []})[0] == 200


def test_a_page_that_is_another_clients_takes_no_code(on_desk: OnDesk) -> None:
    owner = OneClient()
    entrance = Entrance(on_desk.clock.mono, 7200, owner.bind)
    assert owner.bind("127.0.0.2")
    with served(on_desk.desk, entrance) as tab:
        assert status(tab, "POST", "/api/session", {"code": entrance.new_code()}) == 403
    assert owner.bound == "127.0.0.2"


def test_a_token_counts_for_its_address_and_for_its_time_alone() -> None:
    gate, granted = trade(with_code(Gate(stay_s=7200.0), "code", 0.0), "code", "token", "192.168.1.9", 5.0)
    assert granted
    assert may_enter(gate, "Bearer token", "192.168.1.9", 7205.0)
    assert not may_enter(gate, "Bearer token", "192.168.1.9", 7205.1)
    assert not may_enter(gate, "Bearer token", "192.168.1.8", 6.0)


def test_no_code_is_not_a_code() -> None:
    assert not trade(Gate(), "", "token", "127.0.0.1", 0.0)[1]

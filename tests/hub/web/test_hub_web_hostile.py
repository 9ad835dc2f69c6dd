"""What an attacker tries at the hub's page: foreign forms, planted headers, other hosts, hostile names, open doors."""

from __future__ import annotations

import http.client
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from city_told import city, tell_site
from hub_web import Client, add_person, serving

from agent.hub.stores.page.people import People
from agent.hub.stores.store import Store
from agent.hub.stores.words import words_of
from agent.hub.web.asked import own_path

FINDING = {"site": "S1", "check": "camera-online", "subject": "camera:gate"}
COMMENT = {**FINDING, "text": "seen"}
EVIL = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture
def hub(tmp_path: Path) -> Path:
    directory = city(tmp_path / "hub")
    add_person(directory, "anna", "operator", "", divisions=("14",))
    add_person(directory, "boris", "operator", "", divisions=("14",))
    add_person(directory, "chief", "administrator")
    return directory


@pytest.fixture
def client(hub: Path) -> Iterator[Client]:
    with serving(hub) as one:
        yield one


def comments(directory: Path) -> int:
    with closing(Store(directory, read_only=True)) as store:
        return len(words_of(store, "S1"))


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": None},
        {"Origin": "null"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://hub.test:8481"},
        {"Origin": "https://hub.test:8480"},
        {"Sec-Fetch-Site": None},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_form_from_elsewhere_does_nothing(client: Client, hub: Path, headers: dict[str, str | None]) -> None:
    anna = client.let_in("anna")
    assert anna.post("/findings/comment", COMMENT, headers).status == 403
    assert client.send("POST", "/login", {"name": "anna", "password": "x"}, headers).status == 403
    assert comments(hub) == 0
    assert anna.post("/findings/comment", COMMENT).status == 303
    assert comments(hub) == 1


def test_a_form_needs_the_token_of_its_own_session(client: Client, hub: Path) -> None:
    anna, boris, again = client.let_in("anna"), client.let_in("boris"), client.let_in("anna")
    assert len(anna.form_token()) == 64 and len({anna.form_token(), boris.form_token(), again.form_token()}) == 3
    for token in ("", "0" * 64, boris.form_token(), again.form_token(), "\udcff"):
        body = {**COMMENT, "token": token.encode("utf-8", "surrogateescape").decode("latin-1")}
        assert anna.post("/findings/comment", body).status == 403
    json = {"Content-Type": "application/json"}
    assert anna.post("/findings/comment", COMMENT, json).status == 403  # what is no form has no token
    assert comments(hub) == 0


def test_no_address_does_anything_by_being_opened(client: Client, hub: Path) -> None:
    anna = client.let_in("anna")
    for path in ("/findings/comment", "/findings/assign", "/logout", "/account/tokens"):
        assert anna.get(f"{path}?site=S1&check=camera-online&subject=camera:gate&text=x").status == 404
    assert anna.get("/").status == 200 and comments(hub) == 0


def test_another_name_for_this_host_is_refused(client: Client) -> None:
    anna = client.let_in("anna")
    assert anna.send("GET", "/", headers={"Host": "evil.example"}).status == 421
    assert anna.send("GET", "/", headers={"Host": f"127.0.0.1:{client.port}"}).status == 200


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "/\tx",
        "javascript:alert(1)",
        "/x\r\nSet-Cookie: camwarden-hub=planted",
        "evil",
        "/\u200bx",
        "",
    ],
)
def test_a_log_in_or_an_act_sends_the_browser_nowhere_else(client: Client, to: str) -> None:
    assert own_path(to) == "/"
    answer = client.let_in("anna").post("/findings/comment", {**COMMENT, "back": to})
    assert answer.headers["location"] == "/findings" and "set-cookie" not in answer.headers
    assert own_path("/findings?site=S1&after=fail/x") == "/findings?site=S1&after=fail/x"


def test_what_devices_and_people_wrote_is_text_on_every_page(client: Client, hub: Path) -> None:
    with closing(Store(hub)) as store:
        tell_site(store, "S9", "140202", EVIL, camera=EVIL)
    chief = client.let_in("chief")
    evil = {**FINDING, "site": "S9", "subject": f"camera:{EVIL}"}
    assert chief.post("/findings/comment", {**evil, "text": EVIL}).status == 303
    assert chief.post("/findings/assign", {**evil, "to": EVIL, "due": "2026-12-01", "why": EVIL}).status == 303
    assert chief.post("/account/tokens", {"label": EVIL, "days": "9"}).status == 200
    paths = ("/", "/account", "/api/v1/findings", "/api/v1/sites/S9", "/findings.csv", f"/api/v1/findings?x={'%3Cimg'}")
    for path in (*paths, "/%3Cimg%20src=x%3E", "/login?next=/%22%3E%3Cimg"):
        answer = chief.get(path)
        is_page = answer.headers["content-type"].startswith("text/html")
        assert answer.status in (200, 303, 404, 422) and not (is_page and "<img" in answer.text), path
        assert "script" not in answer.headers["content-security-policy"].replace("'none'", "")
    wrong = client.send("POST", "/login", {"name": "x" + EVIL, "password": "p"})
    assert wrong.status == 422 and "<img" not in wrong.text
    assert "&lt;img src=x onerror=alert(1)&gt;" in chief.get("/account").text
    assert "'<img" not in chief.get("/findings.csv").text


def test_a_line_break_in_a_comment_or_a_name_is_refused(client: Client, hub: Path) -> None:
    anna = client.let_in("anna")
    for text in ("", " ", "a\nb", "a\x1b[31mb", "x" * 501, "\u2028"):
        assert anna.post("/findings/comment", {**COMMENT, "text": text}).status == 422
    for form in ({"to": "", "due": "2026-12-01"}, {"to": "x", "due": "2026-11-01"}, {"to": "x", "due": "soon"}):
        assert anna.post("/findings/assign", {**FINDING, **form}).status == 422
    assert anna.post("/findings/acknowledge", {**FINDING, "until": "2026-12-01", "why": ""}).status == 422
    assert comments(hub) == 0


def test_an_answer_of_a_page_loads_and_frames_nothing_from_elsewhere(client: Client) -> None:
    told = client.let_in("anna").get("/").headers
    assert told["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'"
    )
    assert (told["cache-control"], told["x-frame-options"]) == ("no-store", "DENY")


PROXY = {"proxy": "127.0.0.1", "trust_header": "x-remote-user", "url": "https://hub.test"}


def test_behind_tls_the_cookie_is_of_this_host_and_of_tls_alone(hub: Path) -> None:
    add_person(hub, "dora", "viewer", "a sentence as a password")
    with serving(hub, url="https://hub.test") as client:
        cookie = client.log_in("dora").headers["set-cookie"]
        assert cookie.startswith("__Host-camwarden=") and "; Path=/;" in cookie and cookie.endswith("; Secure")
        assert "domain" not in cookie.lower() and client.get("/").status == 200
        planted = Client(client.port, client.url, hub, {"camwarden-hub": client.cookies["__Host-camwarden"]})
        assert planted.get("/").status == 303  # a plain page can plant a cookie, but not one of this name
        http = {"Origin": "http://hub.test"}
        assert client.post("/logout", {}, http).status == 403


def test_the_proxy_names_who_has_logged_in_there(hub: Path) -> None:
    with serving(hub, **PROXY) as client:
        assert client.get("/", X_Remote_User="anna").status == 200
        assert client.get("/", x_remote_user="nobody").status == 303
        assert client.get("/", X_Remote_User="anna, chief").status == 303
        assert client.get("/", X_Remote_User="").status == 303
        chinese = "张三".encode().decode("latin-1")
        assert client.get("/", X_Remote_User=chinese).status == 303
        add_person(hub, "张三", "viewer")
        assert "张三" in client.get("/", X_Remote_User=chinese).text
        client.headers["X-Remote-User"] = "anna"
        assert client.post("/findings/comment", COMMENT).status == 303
        assert client.send("POST", "/findings/comment", {**COMMENT, "token": "0" * 64}).status == 403


def test_nobody_else_names_anybody_by_a_header(hub: Path) -> None:
    with serving(hub, **{**PROXY, "proxy": "127.0.0.7"}) as client:
        assert client.get("/", X_Remote_User="chief").status == 303
        client.address = "127.0.0.7"
        assert client.get("/", X_Remote_User="chief").status == 200
        assert client.send("GET", "/", headers={"X_Remote_User": "chief"}).status == 303  # another name
        told = [("Host", "hub.test"), ("X-Remote-User", "anna"), ("x-remote-user", "chief")]
        assert _status(client.port, told) == 303  # one of the two came with the request: which one?
    with serving(hub, url="https://hub.test") as client:
        assert client.get("/", X_Remote_User="chief").status == 303


def _status(port: int, headers: list[tuple[str, str]]) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60, source_address=("127.0.0.7", 0))
    with closing(connection):
        connection.putrequest("GET", "/", skip_host=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.endheaders()
        return connection.getresponse().status


def test_tries_are_counted_by_the_client_that_the_proxy_names_and_not_by_what_a_client_says(hub: Path) -> None:
    def wrong(client: Client, told: str) -> int:
        return client.send("POST", "/login", {"name": "nobody", "password": "x"}, {"X-Forwarded-For": told}).status

    with serving(hub, **PROXY) as client:
        by_one = [wrong(client, f"198.51.100.{n}, 192.0.2.1") for n in range(5)]
        assert by_one[:3] == [422] * 3
        with closing(People(hub)) as people:
            assert {row.address for row in people.audit()} == {"192.0.2.1"}
    with serving(hub, proxy="127.0.0.7") as client:
        wrong(client, "203.0.113.9")
        with closing(People(hub)) as people:
            assert people.audit()[0].address == "127.0.0.1"


def test_a_hub_whose_data_cannot_be_read_says_so_and_names_no_file(client: Client, hub: Path) -> None:
    chief = client.let_in("chief")
    with closing(sqlite3.connect(hub / "hub.db")) as db:
        db.execute("PRAGMA user_version = 99")
    for path in ("/", "/api/v1/findings", "/nowhere"):
        answer = chief.get(path)
        assert (answer.status, answer.json["status"], answer.headers["retry-after"]) == (503, 503, "5")
        assert str(hub) not in answer.text and "hub.db" not in answer.text

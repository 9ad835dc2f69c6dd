"""Log-in by a city's own login: with npm's provider, in a browser, and against answers that nobody should believe."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from city_told import NOW, city
from hub_web import PASSWORD, Client, Reply, add_person, serving
from in_chromium import PATIENCE_MS
from oidc_peers import (
    CLIENT,
    SECRET,
    OidcHub,
    asked_for,
    foreign_provider,
    hub_with_login,
    new_key,
    outcomes,
    own_provider,
    person,
    settings_in,
)
from web_page import free_port

from agent.hub.stores.page.people import People
from agent.hub.web.people.oidc.login import BACK

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BACK_URL = f"http://hub.test:8480{BACK}"
ACCOUNTS = {
    "7": {"preferred_username": "li", "groups": ["others", "heads"]},
    "8": {"preferred_username": "wang", "groups": ["east"]},
    "9": {"preferred_username": "zhao", "groups": ["others"]},
}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[OidcHub]:
    with hub_with_login(tmp_path / "hub") as one:
        yield one


def through(client: Client, issuer: str, who: str) -> Reply:
    """Log in at npm's provider as somebody, as a browser does, and come back."""
    begun = client.get("/login/oidc?next=/silent")
    away = Client(int(issuer.rpartition(":")[2]), issuer, client.directory)
    there = begun.headers["location"].removeprefix(issuer) + f"&login_hint={who}"
    for _ in range(6):
        sent = away.get(there)
        assert sent.status == 303, sent.text
        there = next(value for name, value in sent.headers.items() if name.lower() == "location")
        if there.startswith(client.url):
            return client.get(there.removeprefix(client.url))
        there = there.removeprefix(issuer)
    raise AssertionError(there)


def test_npms_provider_lets_people_in_with_the_role_of_their_group_and_nobody_else(tmp_path: Path) -> None:
    directory = city(tmp_path / "hub")
    with foreign_provider(BACK_URL, ACCOUNTS) as issuer:
        provider = settings_in(directory, issuer)
        with serving(directory, oidc=provider, clock=lambda: datetime.now(UTC)) as client:
            assert "City login" in client.get("/login").text
            entered = through(client, issuer, "7")
            assert entered.status == 200 and 'content="0;url=/silent"' in entered.text
            assert client.get("/enrollments").status == 200 and ">li</a>" in client.get("/").text
            client.token = ""
            assert client.post("/logout", {}).headers["location"] == "/login"
            assert client.get("/").status == 303
            left = client.get("/login/oidc/leave").headers["location"]
            assert left.startswith(f"{issuer}/session/end?client_id={CLIENT}&post_logout_redirect_uri=")

            other = Client(client.port, client.url, directory)
            assert through(other, issuer, "8").status == 200
            assert (other.get("/enrollments").status, other.get("/api/v1/sites/S1").status) == (403, 200)
            assert other.get("/api/v1/sites/F3").status == 404

            third = Client(client.port, client.url, directory)
            refused = through(third, issuer, "9")
            assert refused.status == 403 and "City login knows you as zhao" in refused.text
            assert third.get("/").status == 303 and person(directory, "zhao") is None
    assert outcomes(directory) == [("zhao", "oidc", "no role"), ("wang", "oidc", "ok"), ("li", "oidc", "ok")]


def test_a_browser_comes_back_logged_in_though_the_session_is_strict(tmp_path: Path, browser: Browser) -> None:
    directory, port = city(tmp_path / "hub"), free_port()
    url = f"http://localhost:{port}"
    # localhost and 127.0.0.1 are two sites to a browser, as the city's login and the hub are
    with foreign_provider(url + BACK, {"li": {"preferred_username": "li", "groups": ["heads"]}}) as issuer:
        provider = settings_in(directory, issuer)
        with serving(directory, port=port, url=url, oidc=provider, clock=lambda: datetime.now(UTC)):
            context = browser.new_context()
            context.set_default_timeout(PATIENCE_MS)
            tab = context.new_page()
            tab.goto(f"{url}/silent")
            tab.get_by_role("link", name="Log in by City login").click()
            tab.wait_for_url(f"{url}/silent")
            assert tab.get_by_role("link", name="li", exact=True).is_visible()
            context.close()


def test_a_code_is_traded_with_the_secret_and_the_verifier_of_its_challenge(hub: OidcHub) -> None:
    asked = hub.begin()
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert asked["scope"] == "openid profile" and asked["redirect_uri"] == BACK_URL
    assert hub.back(code="c", state=asked["state"]).status == 200
    traded = dict(hub.told.asked)["/token_endpoint"].decode()
    verifier = asked_for(f"/?{traded}")["code_verifier"]
    assert base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=") == asked["code_challenge"]
    assert SECRET not in traded and verifier not in json.dumps(hub.client.cookies)


def test_a_provider_may_change_its_key_and_is_asked_for_it_at_most_once_a_minute(tmp_path: Path) -> None:
    directory, mono = city(tmp_path / "hub"), [1000.0]
    with own_provider(NOW) as told, serving(
        directory, oidc=settings_in(directory, told.issuer), mono=lambda: mono[-1]
    ) as client:  # fmt: skip
        hub = OidcHub(client, told, directory, [NOW])

        def keys_asked() -> int:
            return sum(1 for path, _ in told.asked if path == "/jwks_uri")

        assert hub.log_in().status == 200
        told.key = new_key("two")
        for _ in range(3):
            assert (hub.log_in().status, keys_asked()) == (403, 1)  # the keys that it has are of this minute
        mono.append(1061.0)
        assert (hub.log_in().status, keys_asked()) == (200, 2)
        told.signs = new_key("one")  # the old key counts no more
        mono.append(1200.0)
        assert hub.log_in().status == 403


def test_an_answer_counts_in_the_browser_that_asked_and_within_ten_minutes(hub: OidcHub) -> None:
    state = hub.begin()["state"]
    victim = Client(hub.client.port, hub.client.url, hub.directory)
    assert victim.get(f"{BACK}?code=c&state={state}").status == 403
    assert hub.back(code="c", state="0" * 64).status == 403
    assert hub.back(code="c").status == 403
    sealed = hub.client.cookies["camwarden-hub-oidc"]
    seed, *rest = sealed.split(".")
    hub.client.cookies["camwarden-hub-oidc"] = ".".join((seed[:-1] + "_", *rest))
    assert hub.back(code="c", state=state).status == 403
    for broken in ("", ".", "...", "a.b.c.d", "\u00e9"):
        hub.client.cookies["camwarden-hub-oidc"] = broken
        assert hub.back(code="c", state=state).status == 403
    hub.client.cookies["camwarden-hub-oidc"] = sealed
    hub.times.append(NOW + timedelta(seconds=601))
    assert hub.back(code="c", state=state).status == 403
    assert [path for path, _ in hub.told.asked] == ["/.well-known/openid-configuration"]
    hub.times.append(NOW + timedelta(seconds=599))
    hub.told.now = hub.times[-1]
    assert hub.back(code="c", state=state).status == 200


def test_an_answer_of_another_issuer_is_refused_before_its_code_is_sent_anywhere(hub: OidcHub) -> None:
    state = hub.begin()["state"]
    assert hub.back(code="c", state=state, iss="https://evil.example").status == 403
    assert "/token_endpoint" not in dict(hub.told.asked)
    assert hub.back(code="c", state=state, iss=hub.told.issuer).status == 200


def test_a_provider_that_says_no_is_told_in_one_line(hub: OidcHub) -> None:
    state = hub.begin()["state"]
    denied = hub.back(error="access_denied", state=state)
    assert denied.status == 403 and "nobody was logged in there" in denied.text
    hub.told.answers["/token_endpoint"] = (400, b'{"error": "invalid_grant"}')
    assert "its code was used before" in hub.back(code="c", state=state).text


def test_a_name_of_somebody_here_is_not_taken_over_and_an_account_stays_one_person(hub: OidcHub) -> None:
    add_person(hub.directory, "li", "administrator", PASSWORD)
    assert "is of somebody else here" in hub.log_in().text
    assert person(hub.directory, "li").role == "administrator"
    hub.told.claims = {"preferred_username": "li2"}
    assert hub.log_in().status == 200
    hub.told.claims = {"preferred_username": "li3", "groups": ["east"]}
    assert hub.log_in().status == 200  # the account is known by its subject, and has another role by now
    assert person(hub.directory, "li3") is None and person(hub.directory, "li2").role == "operator"
    hub.told.claims = {"preferred_username": "li2", "sub": "8"}
    assert "is of somebody else here" in hub.log_in().text


def test_who_is_disabled_here_does_not_come_back_by_the_other_door(hub: OidcHub) -> None:
    assert hub.log_in().status == 200
    with closing(People(hub.directory)) as people:
        row = people.person("li")
        assert row is not None
        people.keep_person(replace(row, disabled_at="2026-11-27T00:00:00Z"))
    refused = hub.log_in()
    assert refused.status == 403 and "may use the hub&#39;s page no more" in refused.text
    assert person(hub.directory, "li").disabled_at


def test_a_provider_that_is_down_is_one_line_and_a_password_still_works(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    directory = city(tmp_path / "hub")
    add_person(directory, "anna", "viewer", PASSWORD)
    provider = settings_in(directory, f"http://127.0.0.1:{free_port()}")
    with serving(directory, oidc=provider, mono=lambda: 100.0) as client, caplog.at_level(logging.WARNING):
        down = client.get("/login/oidc")
        assert (down.status, down.headers["retry-after"]) == (503, "10")
        assert "the login City login does not answer: Connection refused" in down.text
        assert client.get("/login/oidc").status == 503
        assert client.log_in("anna").status == 303
    assert [line.getMessage() for line in caplog.records] == [
        f"oidc: {provider.settings.issuer} gives no answer: Connection refused"
    ]


def test_a_page_without_settings_has_no_such_log_in(tmp_path: Path) -> None:
    with serving(city(tmp_path / "hub")) as client:
        assert "/login/oidc" not in client.get("/login").text
        for path in ("/login/oidc", BACK, "/login/oidc/leave"):
            assert client.get(path).status == 422

"""What a city's own login may answer and nobody should believe: tokens, keys, names, addresses. No secret is told."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from city_told import NOW
from joserfc import jwt
from joserfc.jwk import OctKey
from oidc_peers import CLIENT, SECRET, OidcHub, Told, hub_with_login, new_key, outcomes, person


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[OidcHub]:
    with hub_with_login(tmp_path / "hub") as one:
        yield one


def signed_with_secret(claims: dict[str, Any]) -> str:
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(SECRET))


def unsigned(claims: dict[str, Any]) -> str:
    head, body = (
        base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({"alg": "none"}, claims)
    )
    return f"{head}.{body}."


def change(**values: Any) -> Callable[[Told], None]:
    def changed(told: Told) -> None:
        told.claims.update({name: value(told) if callable(value) else value for name, value in values.items()})

    return changed


def told_at(seconds: int) -> Callable[[Told], int]:
    return lambda told: int(told.now.timestamp()) + seconds


HOSTILE: dict[str, tuple[Callable[[Told], object], str]] = {
    "another nonce": (change(nonce="x"), "it is of another log-in"),
    "no nonce": (change(nonce=None), "it is of another log-in"),
    "another audience": (change(aud="other"), "it is for another program"),
    "no audience": (change(aud=None), "it is for another program"),
    "two audiences, issued to the other": (change(aud=[CLIENT, "other"], azp="other"), "issued to another program"),
    "two audiences, to nobody": (change(aud=[CLIENT, "other"]), "issued to another program"),
    "another issuer": (change(iss="https://evil.example"), "it is of another provider"),
    "no issuer": (change(iss=None), "it is of another provider"),
    "expired": (change(exp=told_at(-61)), "it has expired"),
    "no end": (change(exp=None), "it has expired"),
    "an end that is no number": (change(exp="never"), "it has expired"),
    "an endless number": (change(exp=float("nan")), "it has expired"),
    "from the future": (change(iat=told_at(61)), "made in the future"),
    "not valid yet": (change(nbf=told_at(61)), "not valid yet"),
    "of another access token": (change(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "another access token"),
    "nobody": (change(sub=None), "its claim sub is missing or wrong"),
    "an empty subject": (change(sub=""), "it cannot be read"),
    "not signed": (lambda told: setattr(told, "token", unsigned), "signed by no key"),
    "signed with the secret": (lambda told: setattr(told, "token", signed_with_secret), "signed by no key"),
    "signed by another key": (lambda told: setattr(told, "signs", new_key("one")), "signed by no key"),
    "a key in its head": (
        lambda told: (setattr(told, "signs", new_key("x")), told.header.update(jwk=told.signs.as_dict(private=False))),
        "signed by no key",
    ),
    "no token": (lambda told: setattr(told, "token", lambda claims: "a.b"), "signed by no key"),
    "a token that is too long": (lambda told: change(more="x" * 99_000)(told), "it cannot be read"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_token_that_is_not_what_was_asked_for_lets_nobody_in(hub: OidcHub, case: str) -> None:
    alter, said = HOSTILE[case]
    alter(hub.told)
    refused = hub.log_in()
    assert refused.status == 403 and said in refused.text
    assert "camwarden-hub" not in hub.client.cookies and hub.client.get("/").status == 303
    assert person(hub.directory, "li") is None and len(outcomes(hub.directory)) == 1
    hub.told.claims, hub.told.header, hub.told.token, hub.told.signs = {}, {}, None, None
    assert hub.log_in().status == 200


@pytest.mark.parametrize("claims", [{"exp": -59}, {"iat": 59}, {"nbf": 59}], ids=str)
def test_clocks_may_differ_by_a_minute(hub: OidcHub, claims: dict[str, int]) -> None:
    hub.told.claims = {name: int(NOW.timestamp()) + value for name, value in claims.items()}
    assert hub.log_in().status == 200


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_no_log_in_ends_on_another_page(hub: OidcHub, next: str) -> None:
    entered = hub.log_in(next)
    assert entered.status == 200 and 'content="0;url=/"' in entered.text and "evil" not in entered.text


@pytest.mark.parametrize("name", ["<b>li</b>", "li\n", "", "a" * 65, None, 7, ["li"]])
def test_a_name_that_is_none_lets_nobody_in(hub: OidcHub, name: object) -> None:
    hub.told.claims = {"preferred_username": name}
    refused = hub.log_in()
    assert refused.status == 422 and "<b>" not in refused.text
    assert hub.client.get("/").status == 303


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("/.well-known/openid-configuration", (200, b"x" * 300_000), "not HTTP, or too large"),
        ("/.well-known/openid-configuration", (302, b""), "HTTP status 302"),
        ("/.well-known/openid-configuration", (200, b"[" * 100_000), "no JSON object"),
        ("/.well-known/openid-configuration", (200, b'{"issuer": "https://evil.example"}'), "names itself otherwise"),
        ("/jwks_uri", (200, b'{"keys": []}'), "no key that can be used"),
        ("/jwks_uri", (200, b'{"keys": [{"kty": "EC", "crv": "P-256", "x": "!", "y": 1}]}'), "no key that can be used"),
        ("/jwks_uri", (200, b'{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'), "no key that can be used"),
        ("/token_endpoint", (500, b""), "HTTP status 500"),
    ],
)
def test_an_answer_of_the_provider_that_cannot_be_used_is_one_line(
    hub: OidcHub, path: str, answer: tuple[int, bytes], said: str
) -> None:
    if path == "/.well-known/openid-configuration":
        hub.told.answers[path] = answer
        refused = hub.client.get("/login/oidc")
    else:
        state = hub.begin()["state"]
        hub.told.answers[path] = answer
        refused = hub.back(code="c", state=state)
    assert refused.status == 503 and said in refused.text


@pytest.mark.parametrize("name", ["token_endpoint", "jwks_uri", "authorization_endpoint", "end_session_endpoint"])
def test_addresses_of_the_provider_are_https(hub: OidcHub, name: str) -> None:
    hub.told.document[name] = "http://192.0.2.1/x"
    assert "names an address that is not https" in hub.client.get("/login/oidc").text


def test_neither_secret_nor_token_nor_code_reaches_a_log_or_a_page(
    hub: OidcHub, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        state = hub.begin()["state"]
        hub.told.claims = {"aud": "other"}
        pages = [hub.back(code="the-code", state=state).text]
        hub.told.answers["/token_endpoint"] = (400, json.dumps({"error": f"no {SECRET}\n" * 9}).encode())
        pages.append(hub.back(code="the-code", state=state).text)
    said = caplog.text + "".join(pages) + repr(hub.client)
    assert SECRET not in said and "the-code" not in caplog.text and "eyJ" not in said

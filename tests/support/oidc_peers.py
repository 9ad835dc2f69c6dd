"""Providers of OpenID Connect: npm's `oidc-provider`, and one of ours that answers what a test tells it to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from city_told import NOW, city
from hub_web import Client, Reply, serving
from joserfc import jwt
from joserfc.jwk import ECKey, Key, KeySet
from web_page import page, running

from agent.host.web_bounds import WebBounds
from agent.hub.stores.page.people import People
from agent.hub.web.people.oidc.login import BACK
from agent.hub.web.people.oidc.provider import Provider, provider_of
from agent.hub.web.people.oidc.settings import read_settings

PEER = Path(__file__).parents[2] / "build/peers/oidc/provider.mjs"
CLIENT, SECRET = "camwarden-hub", "a secret of: the client/+"

RULES = """
[[role]]
claim = "groups"
value = "heads"
role = "supervisor"

[[role]]
claim = "groups"
value = "east"
role = "operator"
divisions = ["140200"]
"""


def settings_in(directory: Path, issuer: str, more: str = "", rules: str = RULES) -> Provider:
    """Write the settings of a hub's folder, with the client's secret, and return the provider as the page has it."""
    directory.mkdir(parents=True, exist_ok=True)
    secret = directory / "oidc.secret"
    secret.write_text(f"{SECRET}\n")
    secret.chmod(0o600)
    head = f'issuer = "{issuer}"\nclient_id = "{CLIENT}"\nsecret_file = "oidc.secret"\nlabel = "City login"\n'
    (directory / "oidc.toml").write_text(head + more + rules)
    found = provider_of(read_settings(directory))
    assert found is not None
    return found


@contextmanager
def foreign_provider(back: str, accounts: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Run npm's provider; yield its issuer."""
    client = {
        "client_id": CLIENT, "client_secret": SECRET, "redirect_uris": [back],
        "post_logout_redirect_uris": [back.replace("/oidc/back", "")],
    }  # fmt: skip
    told = json.dumps({"client": client, "accounts": accounts})
    with subprocess.Popen(
        ["node", str(PEER), told], cwd=PEER.parent, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as peer:
        assert peer.stdout is not None
        try:
            yield json.loads(peer.stdout.readline())["issuer"]
        finally:
            peer.kill()


@dataclass(eq=False)
class Told:
    """What our provider answers; a test changes it."""

    now: datetime
    issuer: str = ""
    key: Key = field(default_factory=lambda: new_key("one"))
    signs: Key | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    token: Callable[[dict[str, Any]], str] | None = None
    document: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    nonce: str = ""

    def reply(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Answer one request."""
        self.asked.append((path, body))
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
            told = {name: f"{self.issuer}/{name}" for name in names}
            return 200, json.dumps({"issuer": self.issuer, **told, **self.document}).encode()
        if path == "/jwks_uri":
            return 200, json.dumps(KeySet([self.key]).as_dict(private=False)).encode()
        if path == "/token_endpoint":
            now = int(self.now.timestamp())
            plain = {"iss": self.issuer, "sub": "7", "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": self.nonce}
            told = {**plain, "preferred_username": "li", "groups": ["heads"], **self.claims}
            told = {name: value for name, value in told.items() if value is not None}
            return 200, json.dumps({"access_token": "a", "token_type": "Bearer", "id_token": self.made(told)}).encode()
        return 404, b""

    def made(self, claims: dict[str, Any]) -> str:
        """Return a token of these claims."""
        if self.token is not None:
            return self.token(claims)
        key = self.signs or self.key
        return jwt.encode({"alg": "ES256", "kid": key.kid, **self.header}, claims, key)


def new_key(kid: str) -> Key:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"}, auto_kid=False)


@contextmanager
def own_provider(now: datetime) -> Iterator[Told]:
    """Run a provider that answers what it is told to."""
    told = Told(now)
    with running(page(lambda path, body: told.reply(path, body)), WebBounds()) as one:
        told.issuer = f"http://127.0.0.1:{one.port}"
        yield told


def asked_for(location: str) -> dict[str, str]:
    """Return the query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def person(directory: Path, name: str) -> Any:
    with closing(People(directory)) as people:
        return people.person(name)


def outcomes(directory: Path) -> list[tuple[str, str, str]]:
    with closing(People(directory)) as people:
        return [(row.who, row.what, row.outcome) for row in people.audit() if row.act == "log-in"]


@dataclass
class OidcHub:
    """A hub with our provider."""

    client: Client
    told: Told
    directory: Path
    times: list[datetime]

    def begin(self, next: str = "/") -> dict[str, str]:
        """Begin a log-in; return what the provider is asked for."""
        sent = self.client.get(f"/login/oidc?next={next}")
        assert sent.status == 303 and sent.headers["location"].startswith(f"{self.told.issuer}/authorization_endpoint?")
        asked = asked_for(sent.headers["location"])
        self.told.nonce = asked["nonce"]
        return asked

    def back(self, **query: str) -> Reply:
        """Come back from the provider."""
        return self.client.get(f"{BACK}?" + "&".join(f"{name}={value}" for name, value in query.items()))

    def log_in(self, next: str = "/") -> Reply:
        return self.back(code="c", state=self.begin(next)["state"])


@contextmanager
def hub_with_login(directory: Path) -> Iterator[OidcHub]:
    """Serve the page of a small city whose people come in by our provider."""
    times = [NOW]
    with own_provider(NOW) as told:
        provider = settings_in(city(directory), told.issuer)
        with serving(directory, oidc=provider, clock=lambda: times[-1]) as client:
            yield OidcHub(client, told, directory, times)

"""Defines what all requests of one running page share: its address, its data, its proxy, its clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from agent.hub.web.known_keys import KnownKeys
from agent.hub.web.people.limiter import Limiter
from agent.hub.web.people.oidc.provider import Provider
from agent.hub.web.people.turnstile import Turnstile
from agent.hub.web.readers import Readers


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the page was started with. `url`: as people type it, without a path, such as `https://hub.city.example`.

    `proxy`: the address of the proxy in front, empty for none: it names clients in X-Forwarded-For, and people in the
    header `trust_header`, empty for none. `form_key` signs the tokens of forms.
    """

    directory: Path
    url: str
    lang: str
    clock: Callable[[], datetime]
    mono: Callable[[], float]
    form_key: bytes = field(repr=False)
    proxy: str = ""
    trust_header: str = ""
    limiter: Limiter = field(default_factory=Limiter, repr=False)
    turnstile: Turnstile = field(default_factory=Turnstile, repr=False)
    oidc: Provider | None = None
    readers: Readers = field(default_factory=Readers, repr=False)
    keys: KnownKeys = field(default_factory=KnownKeys, repr=False)

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by TLS, so that its cookies are for TLS only."""
        return self.url.startswith("https://")

"""Asks the provider of a city's login: what it offers, its keys, and a token for a code. Everything is bounded.

What it offers and its keys are cached for an hour; keys are asked for again when a token is signed by another one, at
most once a minute. A provider that does not answer is not asked again for ten seconds, and never by more than a few
requests at once: a log-in by password must not wait for it.
"""

import logging
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.jwk import KeySet

from agent.hub.outgoing.exchange import NoAnswer
from agent.hub.web.people.oidc.offered import Offered, ask, read_offered
from agent.hub.web.people.oidc.settings import Settings, read_secret
from agent.hub.web.people.oidc.token import keys_of
from agent.model.errors import ConfigurationError
from agent.model.finding import Message

KEPT_S: Final = 3600.0
AGAIN_S: Final = 10.0
KEYS_AGAIN_S: Final = 60.0
AT_ONCE: Final = 4

log = logging.getLogger("camwarden.hub.web")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What came for a code."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


class NoLogin(Exception):
    """Nobody can log in there now. `why`: it does not answer; None: too many ask it at this moment."""

    def __init__(self, why: Message | str | None) -> None:
        super().__init__(str(why))
        self.why = why


class Provider:
    """One provider, as one running page knows it. Thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._places, self._lock = threading.BoundedSemaphore(AT_ONCE), threading.Lock()
        self._offered: tuple[float, Offered] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._failed: tuple[float, Message | str] = (-math.inf, "")

    def offered(self, now_mono: float) -> Offered:
        """Return what it offers. Raises NoLogin."""
        kept = self._offered
        if kept is not None and now_mono - kept[0] < KEPT_S:
            return kept[1]
        with self._asking(now_mono):
            found = read_offered(self.settings)
        self._offered = (now_mono, found)
        return found

    def keys(self, now_mono: float, fresh: bool = False) -> KeySet:
        """Return its keys; `fresh`: those of this minute. Raises NoLogin."""
        kept = self._keys
        if kept is not None and now_mono - kept[0] < (KEYS_AGAIN_S if fresh else KEPT_S):
            return kept[1]
        offered = self.offered(now_mono)
        with self._asking(now_mono):
            try:
                found = keys_of(ask(self.settings, "GET", offered.keys))
            except ValueError:
                raise NoAnswer(Message("it shows no key that can be used")) from None
        self._keys = (now_mono, found)
        return found

    def begin(self, offered: Offered, state: str, nonce: str, verifier: str, back: str) -> str:
        """Return the address at which a person logs in there."""
        scope = " ".join(dict.fromkeys(("openid", *self.settings.scopes)))
        return str(
            prepare_grant_uri(
                offered.authorize, self.settings.client_id, "code", back, scope, state, nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
            )
        )  # fmt: skip

    def trade(self, code: str, verifier: str, back: str, now_mono: float) -> Tokens | None:
        """Return the tokens for a code; None where the provider refuses it. Raises NoLogin."""
        offered = self.offered(now_mono)
        secret = read_secret(self.settings)
        way = "none" if not secret else "client_secret_basic" if offered.takes_basic else "client_secret_post"
        is_basic = way == "client_secret_basic"
        client = ClientAuth(
            quote(self.settings.client_id, safe="") if is_basic else self.settings.client_id,
            quote(secret, safe="") if is_basic else secret,
            way,
        )
        body = prepare_token_request("authorization_code", "", back, code=code, code_verifier=verifier)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        address, headers, body = client.prepare("POST", offered.token, headers, body)
        with self._asking(now_mono):
            told = ask(self.settings, "POST", address, headers, body.encode("ascii"), refusals=(400, 401, 403))
        if "error" in told or not isinstance(told.get("id_token"), str):
            log.warning("oidc: %s refuses a code: %s", self.settings.issuer, _word(told.get("error")))
            return None
        access = told.get("access_token")
        return Tokens(told["id_token"], access if isinstance(access, str) else "")

    def leave(self, offered: Offered, back: str) -> str:
        """Return the address at which a person logs out there, empty where it has none."""
        told = urlencode({"client_id": self.settings.client_id, "post_logout_redirect_uri": back})
        return f"{offered.leave}{'&' if '?' in offered.leave else '?'}{told}" if offered.leave else ""

    @contextmanager
    def _asking(self, now_mono: float) -> Iterator[None]:
        """Ask within the block: few at once, and nobody for a while after a failure. Raises NoLogin."""
        with self._lock:
            failed_mono, why = self._failed
        if now_mono - failed_mono < AGAIN_S:
            raise NoLogin(why)
        if not self._places.acquire(blocking=False):
            raise NoLogin(None)
        try:
            yield
        except NoAnswer as error:
            with self._lock:
                self._failed = (now_mono, error.why)
            log.warning("oidc: %s gives no answer: %s", self.settings.issuer, error.why)
            raise NoLogin(error.why) from None
        finally:
            self._places.release()


def provider_of(settings: Settings | None) -> Provider | None:
    """Return the provider of these settings, once its secret could be read. Raises ConfigurationError."""
    if settings is None:
        return None
    read_secret(settings)
    if settings.ca is not None and not settings.ca.is_file():
        raise ConfigurationError("{path}: no such file of CA certificates", path=settings.ca)
    return Provider(settings)


def _word(told: object) -> str:
    """Return an error code of OAuth as it may stand in the log."""
    return told[:60] if isinstance(told, str) and told.isascii() and told.isprintable() else "no ID token"

"""Reads what the provider of a city's login offers, by its own document, and sends it bounded requests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from agent.hub.outgoing.exchange import NoAnswer, exchange
from agent.hub.web.people.oidc.settings import Settings
from agent.model.finding import Message
from agent.model.web_address import address_of

WITHIN_S: Final = 5.0

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_NOT_JSON: Final = Message("its answer is no JSON object")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A provider's addresses, empty where it has none; `names_issuer`: its answers say whose they are."""

    authorize: str
    token: str
    keys: str
    leave: str
    names_issuer: bool
    takes_basic: bool


def read_offered(settings: Settings) -> Offered:
    """Ask a provider what it offers. Raises NoAnswer."""
    return _offered(ask(settings, "GET", settings.issuer.rstrip("/") + _WELL_KNOWN), settings.issuer)


def ask(
    settings: Settings,
    method: str,
    url: str,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    refusals: tuple[int, ...] = (),
) -> dict[str, Any]:
    """Return the object that a provider answers with. Raises NoAnswer."""
    address = address_of(url)
    if address is None:
        raise NoAnswer(Message("it names an address that is not https"))
    answer = exchange(
        address, method, headers or {"Accept": "application/json"}, body, within_s=WITHIN_S, ca=settings.ca
    )
    if answer.status != 200 and answer.status not in refusals:
        raise NoAnswer(Message("it answers with HTTP status {status}", {"status": answer.status}))
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise NoAnswer(_NOT_JSON)
    return told


def _offered(told: Mapping[str, Any], issuer: str) -> Offered:
    """Return what a provider offers, by its own document. Raises NoAnswer."""
    if told.get("issuer") != issuer:
        raise NoAnswer(Message("it names itself otherwise than oidc.toml does"))
    addresses = [
        str(told.get(name) or "")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
    ]
    if any(address_of(one) is None for one in (*addresses[:3], *(one for one in addresses[3:] if one))):
        raise NoAnswer(Message("it names an address that is not https"))
    ways = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return Offered(
        authorize=addresses[0], token=addresses[1], keys=addresses[2], leave=addresses[3],
        names_issuer=told.get("authorization_response_iss_parameter_supported") is True,
        takes_basic=isinstance(ways, list) and "client_secret_basic" in ways,
    )  # fmt: skip

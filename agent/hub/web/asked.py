"""Defines a request as answers get it, and what they return. An answer is a plain function; it raises what it refuses.

Missing       there is no such thing, or not for this person: 404
Refused       of another status: 403, 429, 503
UsageError    what was typed cannot be done: 422
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from agent.hub.domain.people.person import Person, Role
from agent.hub.domain.scope import Scope
from agent.hub.ports.store import Store
from agent.hub.web.place import Place
from agent.model.errors import UsageError

Method = Literal["GET", "POST"]
HTML: Final = "text/html; charset=utf-8"
JSON: Final = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request. `store` is open for reading while it is answered.

    Args:
        store: The hub's.
        person: Who asks; None: nobody has logged in, which open routes alone see.
        scope: What that person may see; nothing where there is none.
        lang: Of `agent.text.translate.LANGUAGES`.
        path: As it came, decoded.
        query: Of the address; the last value of each name.
        path_values: What stands in the path's braces.
        form: Of a POST, the last value of each name.
        now: Aware UTC.
        address: Of the client.
        place: What all requests share.
        session: Its digest, empty for none: it names what a form token is bound to.
        form_token: What each form of a page carries.
        headers: Those of the request that answers may use, names in small letters.
    """

    store: Store
    person: Person | None
    scope: Scope
    lang: str
    path: str
    query: Mapping[str, str]
    path_values: Mapping[str, str]
    form: Mapping[str, str] = field(repr=False)
    now: datetime
    address: str
    place: Place
    session: str = field(default="", repr=False)
    form_token: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    kind: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


Answer = Callable[[Asked], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """What answers a method and path, and for whom; `least_role` None: for everybody who reaches the listener."""

    method: Method
    path: str
    name: str
    least_role: Role | None
    answer: Answer


class Missing(UsageError):
    """There is no such thing; or there is, and this person may not know."""


class Refused(UsageError):
    """Refused with a status of its own. `after_s`: when to try again; 0: not told."""

    def __init__(self, text: str, status: int, /, after_s: int = 0, **values: object) -> None:
        super().__init__(text, **values)
        self.status, self.after_s = status, after_s


def see_other(path: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Send the browser to another page of ours, with a GET."""
    return Reply(303, "text/plain; charset=utf-8", b"", {"Location": path, **(headers or {})})


def own_path(text: str, otherwise: str = "/") -> str:
    """Return a path of this page, or the other one where a text is none: no form sends a browser elsewhere."""
    plain = text.isascii() and text.isprintable() and "\\" not in text and " " not in text
    return text if plain and text.startswith("/") and not text.startswith("//") and len(text) < 2000 else otherwise

"""Defines endpoints of other systems, what happened that is sent to them, and what waits for them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

from agent.hub.domain.scope import Scope, SitePlace
from agent.model.finding import Json

Kind = Literal["finding.failed", "finding.changed", "finding.ended", "site.silent", "site.back", "repair.late"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""A finding begins to fail; one that failed warns or cannot be judged; one that failed is over; a site is silent;
it is heard again; what was assigned to somebody is not mended by its day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """An endpoint of another system, as an administrator has named it. Times RFC 3339 in UTC, empty: not happened.

    `url` and `secret` let whoever has them post, or forge. `secret_before` signs as well, until `before_until`.
    `is_private`: its name may lead to a private network. `ca`: file of CA certificates to believe, empty: the system's.
    """

    name: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    kinds: tuple[Kind, ...]
    scope: Scope
    made_at: str
    is_private: bool = False
    ca: str = ""
    disabled_at: str = ""
    secret_before: str = field(default="", repr=False)
    before_until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How an endpoint answers. `tries`: that failed since `failing_since`; no other one is made before `next_at`.

    `stopped_at`: given up. `last_status`: of the last answer, 0 for none, which `last_why` says in words.
    `delivered` and `given_up` count messages.
    """

    failing_since: str = ""
    tries: int = 0
    next_at: str = ""
    stopped_at: str = ""
    last_at: str = ""
    last_status: int = 0
    last_why: str = ""
    delivered: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """Something that happened. `id` is the same whenever the same is found again; `told`: what is said of it.

    `at`: when, RFC 3339 in UTC; `place`: where its site belonged then, and whose it was. `no`: as the store has it.
    """

    id: str
    kind: Kind
    at: str
    place: SitePlace
    told: Mapping[str, Json]
    no: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that waits for an endpoint. `no`: its number among those of the endpoint, from 1 on."""

    hook: str
    no: int
    id: str
    body: bytes
    made_at: str
    next_at: str = ""
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many messages wait for an endpoint, and since when the oldest does; empty: none."""

    count: int
    oldest_at: str


@dataclass(frozen=True, slots=True)
class LateRepair:
    """An open finding that was to be mended by a day that is over, and where it belongs."""

    site: str
    check: str
    subject: str
    assignee: str
    due_on: str
    place: SitePlace

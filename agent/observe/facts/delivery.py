"""Defines the facts of the site's own delivery: its state, and the validity of its certificate."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agent.model.finding import Message
from agent.observe.facts.delivery_status import DeliveryStatus


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """The certificate that the site presents to its broker.

    `key_fits`: the private key beside it is its own. `ca_not_after`: the end of the last configured CA, None where
    those of the system are used.
    """

    common_name: str
    not_before: datetime
    not_after: datetime
    key_fits: bool
    ca_not_after: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoCertificate:
    """A certificate that is configured and cannot be read; `why` names the file and what is wrong with it."""

    why: str


@dataclass(frozen=True, slots=True)
class NotRenewed:
    """Why the certificate is not renewed: since when, and the result of the last try.

    `refused`: permanent, unlike a registration desk that is unreachable for a while.
    """

    since: datetime
    why: Message | str
    refused: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """`status` None: this process delivers nothing. `certificate` None: none is configured.

    `not_renewed` None: nothing prevents renewal, or nobody tries.
    """

    status: DeliveryStatus | None = None
    certificate: OwnCertificate | NoCertificate | None = None
    not_renewed: NotRenewed | None = None


NO_DELIVERY = Delivery()


ForbiddenContent = Literal["picture", "login", "stream-address"]
"""What no report may hold."""


@dataclass(frozen=True, slots=True)
class OwnReports:
    """The newest reports of this site in the spool, exact bytes.

    `kid`: the signing key. `looked`: number of reports examined; `by_key`: those since the newest rotation, which that
    key must have signed. `unsigned` names those whose signature does not verify, with the reason; `holding` those with
    forbidden content, with its kind. `unread`: why the spool could not be read, or empty.
    """

    kid: str
    looked: int = 0
    by_key: int = 0
    unsigned: tuple[tuple[str, str], ...] = ()
    holding: tuple[tuple[str, ForbiddenContent], ...] = ()
    unread: str = ""

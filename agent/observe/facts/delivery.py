"""Defines the facts of the site's own delivery: its state, and the validity of its certificate."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

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


NOTHING_KNOWN = Delivery()

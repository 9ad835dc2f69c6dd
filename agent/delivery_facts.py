"""What the site knows of its own delivery when it judges itself: how it stands, and how long its certificate lasts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agent.publish_status import DeliveryStatus


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """The certificate that the site shows to its broker.

    `key_fits`: the private key beside it is its own. `ca_not_after`: the end of the last of the configured CAs, None
    where those of the system are used.
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
class Delivery:
    """`status` None: nothing is delivered by this process. `certificate` None: none is configured."""

    status: DeliveryStatus | None = None
    certificate: OwnCertificate | NoCertificate | None = None


NOTHING_KNOWN = Delivery()

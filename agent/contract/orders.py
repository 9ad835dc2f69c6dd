"""Defines the orders of a hub and the answers of a site, as values. Pure.

    cmd/{id}            resend, report-now, check-now, decide    hub -> site
    cmd-result/{id}     done or refused, with the reason     site -> hub
    config/desired      policy with a rising version         hub -> site, retained
    config/reported     what is in force, what was refused   site -> hub, retained

`agent/contract/orders_json.py` writes and reads them. Whether an order is carried out is decided with the site's
state. Nothing here can change a device.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from agent.contract.disputes import Decided
from agent.model.finding import Json, StreamName

CommandName = Literal["resend", "report-now", "check-now", "decide"]

ORDER_MAX_BYTES: Final = 64 * 1024
"""A site ignores a larger order."""


@dataclass(frozen=True, slots=True)
class Order:
    """Signed bytes from the broker, unverified. `topic_id`: that of a command, else empty."""

    kind: Literal["cmd", "desired"]
    topic_id: str
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Range:
    """A run of reports of one stream of one epoch, both ends included."""

    epoch: str
    stream: StreamName
    from_seq: int
    to_seq: int


@dataclass(frozen=True, slots=True)
class SpotCheck:
    """A look on the hub's request. No cameras: all of them; no checks: all of them."""

    nonce: str
    cameras: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One order. `id` makes it idempotent; `resend`, `spot_check`, `decided` are set for the command of that name."""

    id: str
    site: str
    name: CommandName
    at: datetime
    expires_at: datetime
    resend: Range | None = None
    spot_check: SpotCheck | None = None
    decided: Decided | None = None


@dataclass(frozen=True, slots=True)
class ReportRef:
    """A report by its place in the chain."""

    epoch: str
    stream: StreamName
    seq: int
    digest: str


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a command. `reason` is a word, empty when it was done.

    `report`: the report that answers a `report-now` or `check-now`. `resent`: how many reports of a `resend` are on
    their way; `missing`: runs (from, to) of it that the site no longer has.
    """

    id: str
    site: str
    city: str
    epoch: str
    name: str
    status: Literal["done", "refused"]
    reason: str = ""
    report: ReportRef | None = None
    resent: int = 0
    missing: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """Policy that the hub wants in force: unvalidated names and values, and rule packs as TOML."""

    site: str
    version: int
    at: datetime
    policy: Mapping[str, Json]
    expires_at: datetime | None = None
    packs: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """A version that was refused: a word, and a sentence that names the mistake."""

    version: int
    reason: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a site reports as in force. `version` 0: nothing of the hub's. `digest`: of its configuration file."""

    site: str
    city: str
    epoch: str
    version: int
    policy: Mapping[str, Json]
    config_digest: str
    refused: Refused | None = None

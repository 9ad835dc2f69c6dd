"""Orders as a hub signs them, for tests of the site's side."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.contract.envelope import COMMAND_TYP, DESIRED_TYP, sign_payload
from agent.contract.orders import Command, Desired, Order, Range, SpotCheck
from agent.contract.orders_json import write_command, write_desired
from agent.contract.signing_keys import Signer
from agent.model.finding import Json

NONCE = "nonce-0123456789abcdef"
HOUR = timedelta(hours=1)


def command(
    name: str,
    at: datetime,
    command_id: str = "c1",
    site: str = "dt0001",
    valid: timedelta = HOUR,
    resend: Range | None = None,
    cameras: tuple[str, ...] = (),
    checks: tuple[str, ...] = (),
) -> Command:
    look = SpotCheck(NONCE, cameras, checks) if name == "check-now" else None
    return Command(command_id, site, name, at, at + valid, resend, look)  # type: ignore[arg-type]


def order(asked: Command, signer: Signer, topic_id: str = "", typ: str = COMMAND_TYP) -> Order:
    payload = write_command(asked)
    return Order("cmd", topic_id or asked.id, payload, sign_payload(payload, signer, typ))


def policy(
    version: int,
    at: datetime,
    signer: Signer,
    values: dict[str, Json],
    site: str = "dt0001",
    expires_at: datetime | None = None,
) -> Order:
    payload = write_desired(Desired(site, version, at, values, expires_at))
    return Order("desired", "", payload, sign_payload(payload, signer, DESIRED_TYP))

"""Encodes a site's connection states: birth, farewell, and the will that the broker publishes for it. Pure.

All three go to the retained topic `state`, signed as `vss-state+json`. A will is signed at connect; like the birth it
has epoch and connection number, so that a late will of an earlier connection is recognised. The birth carries the
public key (for a hub that meets the site for the first time), the head of every stream (so that a lost tail shows) and
the site's confirmed heads (so that a hub that lost its database knows from where to ask).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

from agent.contract.chain import Heads, Origin, encode, heads_json, utc_text
from agent.host.clock import nearest
from agent.model.finding import Json
from agent.version import VERSION

SCHEMA: Final = "vss-state/1"

Status = Literal["ready", "disconnected", "lost"]
"""Birth, farewell and will, in the words of the Homie convention."""

STATUSES: Final[tuple[Status, ...]] = get_args(Status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A state message besides its status. `confirm`: who confirms the arrival of a report."""

    origin: Origin
    confirm: str
    epoch: str
    connection_no: int
    jwk: Mapping[str, str]
    heads: Heads
    confirmed: Heads


def write_state(presence: Presence, status: Status, now: datetime) -> bytes:
    """Return the payload of a state message."""
    payload: dict[str, Json] = {
        "schema": SCHEMA,
        "site": presence.origin.site,
        "city": presence.origin.city,
        "status": status,
        "epoch": presence.epoch,
        "connection_no": presence.connection_no,
        "ts": utc_text(nearest(now)),
        "confirm": presence.confirm,
        "jwk": dict(presence.jwk),
        "agent": {"version": VERSION},
    }
    if status == "ready":  # the others are spoken when these may be old
        payload["heads"] = heads_json(presence.heads)
        payload["confirmed"] = heads_json(presence.confirmed)
    return encode(payload)

"""Signs the hub's watermarks for a site. Confirms only what is committed in the store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from agent.contract.envelope import ACK_TYP, sign_payload
from agent.contract.signing_keys import Signer
from agent.contract.topics import topic
from agent.contract.watermark import Watermark, write_watermark
from agent.hub.stores.store import Store
from agent.hub.workers import refused


@dataclass(frozen=True, slots=True)
class Ack:
    """A signed watermark to be sent. Retained only for the epoch that the site lives in now."""

    topic: str
    retain: bool
    mark: Watermark
    jws: str = field(repr=False)
    payload: bytes = field(repr=False)


def write_ack(store: Store, signer: Signer, site: str, epoch: str, now: datetime) -> Ack | None:
    """Return the watermark of one epoch of a site, None where nothing is confirmed. Within a transaction."""
    streams, rejected = store.watermark(site, epoch), refused.newest(store, site, epoch)
    if not streams and rejected is None:
        return None
    ((city, current),) = store.all("SELECT city, epoch FROM site WHERE site = ?", site)
    mark = Watermark(site, epoch, store.next_ack_no(site, now), streams, rejected)
    payload = write_watermark(mark, now)
    jws = sign_payload(payload, signer, ACK_TYP)
    return Ack(topic(city, site, "ack"), epoch == current, mark, jws, payload)

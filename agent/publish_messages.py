"""The messages of a site as MQTT 5 carries them: topic, exact payload, labels, how the broker is to keep them. Pure.

Health reports expire at the broker after a day: a newer one says more. Events never do. The newest configuration
report and the state are retained.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from paho.mqtt.properties import Properties

from agent.chain import utc_text
from agent.config import Site
from agent.envelope import STATE_TYP, sign_payload
from agent.keys import Signer
from agent.presence import Presence, Status, write_state
from agent.spool_queue import Row
from agent.topics import CONTENT_TYPE, JWS_PROPERTY, report_labels, state_labels, topic

_FIXED_BYTES: Final = 32  # fixed header, lengths, packet id, payload format and expiry properties
_HEALTH_EXPIRES_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Message:
    """What is published: payload, its detached JWS, labels, and how the broker is to keep it."""

    topic: str
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)
    labels: Sequence[tuple[str, str]] = ()
    retain: bool = False
    expires_s: int | None = None

    def size_bytes(self) -> int:
        """Return a close upper bound of the packet's size."""
        pairs = [*self.labels, (JWS_PROPERTY, self.jws)]
        labels = sum(5 + len(name.encode()) + len(value.encode()) for name, value in pairs)
        return _FIXED_BYTES + len(self.topic.encode()) + len(CONTENT_TYPE) + labels + len(self.payload)

    def properties(self, packet: int) -> Properties:
        """Return the MQTT 5 properties for a PUBLISH or a will."""
        properties = Properties(packet)  # type: ignore[no-untyped-call]  # paho left it out
        properties.PayloadFormatIndicator = 1
        properties.ContentType = CONTENT_TYPE
        properties.UserProperty = [*self.labels, (JWS_PROPERTY, self.jws)]
        if self.expires_s is not None:
            properties.MessageExpiryInterval = self.expires_s
        return properties


def report_message(site: Site, row: Row) -> Message:
    """Return the message that carries a row of the spool."""
    return Message(
        topic(site.city, site.id, row.stream),
        row.payload,
        row.jws,
        report_labels(site.city, site.id, row.stream, row.epoch, row.seq, utc_text(row.committed_at)),
        retain=row.stream == "config" and row.newest,
        expires_s=_HEALTH_EXPIRES_S if row.stream == "health" else None,
    )


def state_message(presence: Presence, status: Status, signer: Signer, now: datetime) -> Message:
    """Return a signed birth, farewell or will."""
    site = presence.site
    payload = write_state(presence, status, now)
    return Message(
        topic(site.city, site.id, "state"),
        payload,
        sign_payload(payload, signer, STATE_TYP),
        state_labels(site.city, site.id, presence.epoch, presence.connection_no, status, utc_text(now)),
        retain=True,
    )

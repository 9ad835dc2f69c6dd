"""Builds the MQTT messages of a site, and decodes received ones. Pure.

Health reports expire at the broker after a day: a newer one replaces them. Events never do. The newest configuration
report and the state are retained.

A broker passes a user property only to MQTT 5 clients. A client that receives a site's messages flattened therefore
answers that site flattened, whatever its own version: else its messages would arrive without their signature.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from agent.contract.chain import utc_text
from agent.contract.envelope import STATE_TYP, flatten, sign_payload, unflatten
from agent.contract.payload_bounds import PAYLOAD_MAX_BYTES
from agent.contract.presence import Presence, Status, write_state
from agent.contract.signing_keys import Signer
from agent.contract.topics import (
    CONTENT_TYPE,
    FROM_HUB,
    JWS_PROPERTY,
    Kind,
    read_topic,
    report_labels,
    source,
    state_labels,
    topic,
)
from agent.deliver.publish.packet import Received, pack_properties
from agent.deliver.spool.queue import PendingRow
from agent.model.errors import NotVerified

DEFLATE_ABOVE_BYTES: Final = 65_536
"""Larger payloads are deflated (RFC 1950) and labelled so: a whole site's configuration shrinks to a thirtieth."""

ENCODING_PROPERTY: Final = "contentencoding"
"""User property, and CloudEvents extension: how to decode a payload into the signed bytes."""

DEFLATE: Final = "deflate"
_LABELS_AT_MOST_BYTES: Final = 8192  # a signature is at most half of that; then nothing needs to be counted
_FIXED_BYTES: Final = 32  # fixed header, lengths, packet id, payload format and expiry properties
_HEALTH_EXPIRES_S: Final = 86_400


class SiteTopic(Protocol):
    """Has the id and city of a site."""

    @property
    def id(self) -> str:
        """Site id."""

    @property
    def city(self) -> str:
        """Topic level above it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message to publish: payload, its detached JWS, labels, and the broker's retention."""

    topic: str
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)
    labels: Sequence[tuple[str, str]] = ()
    retain: bool = False
    expires_s: int | None = None
    deflated: bool = False

    def fits(self, packet_max_bytes: int) -> bool:
        """Return whether it fits a broker's maximum packet size."""
        return len(self.payload) + _LABELS_AT_MOST_BYTES <= packet_max_bytes or self.size_bytes() <= packet_max_bytes

    def size_bytes(self) -> int:
        """Return a close upper bound of the packet's size."""
        pairs = [*self.labels, (JWS_PROPERTY, self.jws)]
        labels = sum(5 + len(name.encode()) + len(value.encode()) for name, value in pairs)
        return _FIXED_BYTES + len(self.topic.encode()) + len(CONTENT_TYPE) + labels + len(self.payload)

    def pack(self) -> bytes:
        """Encode the MQTT 5 properties of a PUBLISH."""
        signed = ((JWS_PROPERTY, self.jws),) if self.jws else ()
        return pack_properties(CONTENT_TYPE, (*self.labels, *signed), self.expires_s, utf8=not self.deflated)

    def flattened(self) -> bytes:
        """Return the payload for MQTT 3.1.1: a flattened JWS with the plain payload inside, and no labels.

        A receipt has no JWS: what is in it is signed by itself.
        """
        if not self.jws:
            return self.payload
        return flatten(zlib.decompress(self.payload) if self.deflated else self.payload, self.jws)

    def will_properties(self) -> Properties:
        """Return the MQTT 5 properties for a will."""
        properties = Properties(PacketTypes.WILLMESSAGE)  # type: ignore[no-untyped-call]  # paho left it out
        properties.PayloadFormatIndicator = 1
        properties.ContentType = CONTENT_TYPE
        properties.UserProperty = [*self.labels, (JWS_PROPERTY, self.jws)]
        if self.expires_s is not None:
            properties.MessageExpiryInterval = self.expires_s
        return properties


def plain(payload: bytes, encoding: str) -> bytes:
    """Return the signed payload; one that cannot be inflated, or only too large, unchanged: no signature fits it."""
    if encoding != DEFLATE:
        return payload
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(payload, PAYLOAD_MAX_BYTES)
    except zlib.error:
        return payload
    return inflated if inflater.eof and not inflater.unused_data else payload


def report_message(site: SiteTopic, row: PendingRow) -> Message:
    """Return the message of a spool row, deflated where it is large."""
    labels = report_labels(site.city, site.id, row.stream, row.epoch, row.seq, utc_text(row.committed_at))
    large = len(row.payload) > DEFLATE_ABOVE_BYTES
    return Message(
        topic(site.city, site.id, row.stream),
        zlib.compress(row.payload) if large else row.payload,
        row.jws,
        [*labels, (ENCODING_PROPERTY, DEFLATE)] if large else labels,
        deflated=large,
        retain=row.stream == "config" and row.newest,
        expires_s=_HEALTH_EXPIRES_S if row.stream == "health" else None,
    )


def signed_message(
    site: SiteTopic,
    kind: Kind,
    payload: bytes,
    jws: str,
    command_id: str = "",
    retain: bool = False,
    expires_s: int | None = None,
) -> Message:
    """Return a site's message outside its chains, signed already; `command_id`: that of the command it answers."""
    labels = [("source", source(site.city, site.id))]
    return Message(topic(site.city, site.id, kind, command_id), payload, jws, labels, retain, expires_s)


def state_message(presence: Presence, status: Status, signer: Signer, now: datetime) -> Message:
    """Return a signed birth, farewell or will."""
    origin = presence.origin
    payload = write_state(presence, status, now)
    return Message(
        topic(origin.city, origin.site, "state"),
        payload,
        sign_payload(payload, signer, STATE_TYP),
        state_labels(origin.city, origin.site, presence.epoch, presence.connection_no, status, utc_text(now)),
        retain=True,
    )


_JWS: Final = JWS_PROPERTY.encode()
_ENCODING: Final = ENCODING_PROPERTY.encode()
_DEFLATED: Final = DEFLATE.encode()
_ID: Final = b"id"
_SITES_MOST: Final = 100_000
_SITE_LEVELS: Final = 4  # vss/v1/{city}/{site}


@dataclass(frozen=True, slots=True)
class DecodedMessage:
    """A received message: `payload` and `jws` as they were signed.

    `label`: its CloudEvents id, which nobody signed. `packed`: it is labelled as deflated, and still is: it
    inflates to more than any payload may have, or to nothing.
    """

    topic: str
    payload: bytes = field(repr=False)
    jws: str = field(repr=False)
    label: str = ""
    packed: bool = False


def decode_message(message: Received) -> tuple[DecodedMessage, bool]:
    """Return a decoded message, and whether it was flattened."""
    payload, jws, flat = signed_form(message)
    user = dict(reversed(message.user))
    packed = not flat and payload is message.payload and user.get(_ENCODING) == _DEFLATED
    return DecodedMessage(
        message.topic, payload, jws, user.get(_ID, b"").decode("utf-8", "replace")[:200], packed
    ), flat


def signed_form(message: Received) -> tuple[bytes, str, bool]:
    """Return signed payload and JWS, and whether it was flattened; of neither form: unchanged, without a signature."""
    user = {name: value.decode("utf-8", "replace") for name, value in reversed(message.user)}  # the first one counts
    payload = plain(message.payload, user.get(_ENCODING, ""))
    jws = user.get(_JWS, "")
    if jws or not payload:
        return payload, jws, False
    try:
        payload, jws = unflatten(payload)
    except NotVerified:
        return payload, "", False
    return payload, jws, True


class FlatSites:
    """The sites whose own messages are flattened. One thread uses it."""

    def __init__(self) -> None:
        self._flat: set[str] = set()

    def heard(self, topic: str, flat: bool) -> None:
        """Note the form of a site's message; a hub's own message shows nothing about the site."""
        if not flat and not self._flat:
            return
        address = read_topic(topic)
        if address is None or address.kind in FROM_HUB:
            return
        if not flat:
            self._flat.discard(_site(topic))
        elif len(self._flat) < _SITES_MOST:
            self._flat.add(_site(topic))

    def flat_to(self, topic: str) -> bool:
        """Return whether a message on this topic must be flattened for its site."""
        return bool(self._flat) and _site(topic) in self._flat


def _site(topic: str) -> str:
    return "/".join(topic.split("/", _SITE_LEVELS)[:_SITE_LEVELS])

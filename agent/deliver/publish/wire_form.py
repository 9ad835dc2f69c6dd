"""Selects the form of a message: MQTT 5 with its signature beside it, or flattened with the payload inside. Pure.

A broker passes a user property only to MQTT 5 clients. A client that receives a site's messages flattened therefore
answers that site flattened, whatever its own version: else its messages would arrive without their signature.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from agent.contract.envelope import unflatten
from agent.contract.topics import FROM_HUB, JWS_PROPERTY, read_topic
from agent.deliver.publish.messages import DEFLATE, ENCODING_PROPERTY, plain
from agent.deliver.publish.packet import Received
from agent.model.errors import NotVerified

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

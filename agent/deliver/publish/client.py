"""Replaces paho's parsing of PUBLISH and PUBACK, which takes most of a hub's time otherwise.

Written against paho-mqtt 2.2.0. Of what paho keeps to itself this uses `_in_packet`, `_out_messages` with its lock, and
`_do_on_publish`; a version without them fails every test of delivery.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.deliver.publish.packet import Received, read_publish
from agent.deliver.publish.protocol import Version

_REFUSED: Final = 0x80
_TAKEN: Final = ReasonCode(PacketTypes.PUBACK)  # one object for all: making one takes as long as reading a row
_NOTHING_MORE: Final = Properties(PacketTypes.PUBACK)  # type: ignore[no-untyped-call]


class Client(mqtt.Client):
    """One client of one connection. `received` gets each PUBLISH, which is then acknowledged."""

    def __init__(self, received: Callable[[Received], None], client_id: str, version: Version) -> None:
        self._with_properties = version == "5"
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=mqtt.MQTTv5 if self._with_properties else mqtt.MQTTv311,
            clean_session=None if self._with_properties else False,
            reconnect_on_failure=False,
        )
        self.manual_ack_set(True)
        self._received = received

    def _handle_publish(self) -> MQTTErrorCode:
        packet = self._in_packet
        message = read_publish(packet["command"], bytes(packet["packet"]), self._with_properties)
        self._received(message)
        return self.ack(message.mid, message.qos)

    def _handle_pubackcomp(self, cmd: Literal["PUBACK", "PUBCOMP"]) -> MQTTErrorCode:
        body = bytes(self._in_packet["packet"])
        if len(body) > 2 and body[2] >= _REFUSED:  # paho knows the words for it
            return super()._handle_pubackcomp(cmd)
        mid = int.from_bytes(body[:2])
        with self._out_message_mutex:
            return self._do_on_publish(mid, _TAKEN, _NOTHING_MORE) if mid in self._out_messages else MQTTErrorCode(0)

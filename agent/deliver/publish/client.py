"""Replaces paho's parsing of PUBLISH, which takes most of a hub's time otherwise, and can be made to take all.

paho copies the rest of a packet for each property that it reads: 180 kB of empty user properties take half a second,
and twice as many four times as long, so that one message would block a hub; of a plain report it takes longer than
verifying the signature. Its callbacks run after that, and do not get the bytes of a packet. So this depends on two
private names of paho-mqtt 2.2, `_handle_publish` and `_in_packet`; `tests/deliver/publish/test_publish_packet.py` fails
where a version lacks them, and `pyproject.toml` allows no later one.
"""

from collections.abc import Callable

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from agent.deliver.publish.packet import Received, read_publish
from agent.deliver.publish.protocol import Version


class Client(mqtt.Client):
    """A client for one connection. `received` gets each PUBLISH, which is then acknowledged, unless it is `later`."""

    def __init__(
        self, received: Callable[[Received], None], client_id: str, version: Version, later: bool = False
    ) -> None:
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
        self._later = later

    def _handle_publish(self) -> MQTTErrorCode:
        packet = self._in_packet
        message = read_publish(packet["command"], bytes(packet["packet"]), self._with_properties)
        self._received(message)
        return MQTTErrorCode.MQTT_ERR_SUCCESS if self._later else self.ack(message.mid, message.qos)

"""Subscribes to topics of a broker in a session that ends with the connection: for `camwarden verify --topic`."""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.contract.topics import JWS_PROPERTY
from agent.deliver.publish.messages import ENCODING_PROPERTY, plain
from agent.deliver.publish.tls import tls_context
from agent.model.errors import HubUnavailable, os_words
from agent.model.finding import Message
from agent.site.config.site import Hub

PACKET_MAX_BYTES: Final = 2 * 1024 * 1024

_REFUSED = 0x80
_KEEPALIVE_S = 30
_STEP_S = 0.2
_SUBSCRIBE_WITHIN_S = 10.0
_AGAIN_AFTER_S = 5.0

RawMessage = tuple[str, bytes, str]
"""Topic, payload, and the JWS of its user property, empty without one."""


def listen(
    broker: Hub,
    topic: str,
    stop: threading.Event,
    heard: Callable[[RawMessage], None],
    ready: Callable[[], None],
    idle_s: float | None,
    again_after_s: float = _AGAIN_AFTER_S,
) -> None:
    """Pass everything on a topic filter to `heard` until `stop`, or until nothing has come for `idle_s` seconds.

    Args:
        broker: Address and login.
        topic: MQTT topic filter.
        stop: Ends it within a fraction of a second.
        heard: Called on this thread, one message after the other.
        ready: Called at each subscription: messages sent from now on are received.
        idle_s: None: never ends by itself, and retries a lost connection for ever.
        again_after_s: Delay of a retry.

    Raises:
        HubUnavailable: The broker cannot be reached or refuses the login; with `idle_s` None the first time only.
        ConfigurationError: A file for TLS cannot be used.
    """
    met = False
    while not stop.is_set():
        ear = _Listener(broker, topic)
        try:
            ear.open()
            while not stop.is_set():
                ear.step()
                if ear.subscribed and not ear.told:
                    ear.told = met = True
                    ready()
                arrived, ear.arrived = ear.arrived, []
                for message in arrived:
                    heard(message)
                if idle_s is not None and ear.told and time.monotonic() - ear.last_s > idle_s:
                    return
        except (OSError, HubUnavailable) as error:
            if idle_s is not None or not met:
                why = os_words(error) if isinstance(error, OSError) else error.message
                words = Message("{host}:{port}: {why}", {"host": broker.host, "port": broker.port, "why": why})
                raise HubUnavailable(
                    "{words}; check that the broker runs and lets this user listen", words=words
                ) from None
            stop.wait(again_after_s)
        finally:
            ear.close()


class _Listener:
    """One connection."""

    def __init__(self, broker: Hub, topic: str) -> None:
        self.arrived: list[RawMessage] = []
        self.subscribed = self.told = False
        self.last_s = time.monotonic()
        self._failure = ""
        self._broker = broker
        self._topic = topic
        self._deadline_s = time.monotonic() + _SUBSCRIBE_WITHIN_S
        name = f"camwarden-verify-{secrets.token_hex(4)}"  # the hyphen keeps it apart from every site id
        self._client = client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        if broker.credential is not None:
            client.username_pw_set(broker.credential.user, broker.credential.password)
        context = tls_context(broker)
        if context is not None:
            client.tls_set_context(context)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect

    def open(self) -> None:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho left it out
        properties.MaximumPacketSize = PACKET_MAX_BYTES
        self._client.connect(
            self._broker.host, self._broker.port, _KEEPALIVE_S, clean_start=True, properties=properties
        )

    def step(self) -> None:
        code = self._client.loop(_STEP_S)
        if self._failure or code != mqtt.MQTT_ERR_SUCCESS:
            raise HubUnavailable(self._failure or mqtt.error_string(code))
        if not self.subscribed and time.monotonic() > self._deadline_s:
            raise HubUnavailable("the broker does not answer")

    def close(self) -> None:
        self._client.disconnect()
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _props: Any) -> None:
        if code.value >= _REFUSED:
            self._failure = str(code)
        else:
            self._client.subscribe(self._topic, qos=1)

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _props: Any) -> None:
        if codes[0].value >= _REFUSED:
            self._failure = f"the broker refuses the subscription: {codes[0]}"
        self.subscribed = True
        self.last_s = time.monotonic()

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, _props: Any) -> None:
        self._failure = self._failure or str(code)

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self.last_s = time.monotonic()
        pairs = getattr(message.properties, "UserProperty", [])
        labels = {name: value for name, value in reversed(pairs)}  # the first one counts
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = ""
        if message.payload:  # an empty one only clears what was retained
            payload = plain(bytes(message.payload), labels.get(ENCODING_PROPERTY, ""))
            self.arrived.append((topic, payload, labels.get(JWS_PROPERTY, "")))

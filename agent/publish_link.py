"""One MQTT 5 connection of the site: how it is set up, what travels over it, and what the broker has agreed to.

Decides nothing about what is sent or when; `agent/publish.py` does. Wraps paho-mqtt so that its traps stay here:

- a client lives for one connection only, so that paho's own queue never sends anything again behind our back, and a
  renewed certificate is read at each connection;
- nothing is published before CONNACK, where paho would queue it;
- limits that the broker names in CONNACK are read here; paho ignores them;
- a callback that raises would end paho's loop: each one catches everything and hands it to `failure`.
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, ParamSpec

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent.config import Hub
from agent.errors import ConfigurationError
from agent.publish_messages import Message
from agent.topics import JWS_PROPERTY

_P = ParamSpec("_P")

_SESSION_EXPIRY_S: Final = 86_400  # keeps the subscription to `ack` over a short absence
_REFUSED: Final = 0x80
_TAKEN_OVER: Final = 0x8E
_PACKETS_PER_STEP: Final = 64


@dataclass(frozen=True, slots=True)
class Granted:
    """What the broker has agreed to in CONNACK. Source: MQTT 5.0 section 3.2.2.3."""

    receive_maximum: int = 65_535
    packet_max_bytes: int = 268_435_455
    retain: bool = True
    qos1: bool = True


@dataclass(slots=True)
class Events:
    """What has come in since it was last looked at. `lost` and `refused` hold the broker's or system's words."""

    granted: Granted | None = None
    refused: str = ""
    lost: str = ""
    taken_over: bool = False
    subscribed: bool = False
    acks: list[tuple[int, int, str]] = field(default_factory=list)
    messages: list[tuple[str, bytes, str]] = field(default_factory=list)
    failure: Exception | None = None


class TlsContext(ssl.SSLContext):
    """A client's TLS set-up that remembers its socket: paho forgets to close one whose handshake fails."""

    socket: ssl.SSLSocket | None = None

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Wrap as the standard library does."""
        self.socket = super().wrap_socket(*args, **kwargs)
        return self.socket


def tls_context(hub: Hub) -> TlsContext | None:
    """Return the TLS set-up of a hub, None for plain MQTT.

    Raises:
        ConfigurationError: A file is missing, unreadable, or not what it should be; the message names it.
    """
    if not hub.tls:
        return None
    context = TlsContext(ssl.PROTOCOL_TLS_CLIENT)  # checks certificate and host name
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if hub.ca is None:
        context.load_default_certs()
    else:
        try:
            context.load_verify_locations(cadata=_readable("ca", hub.ca))
        except (ssl.SSLError, ValueError):
            raise ConfigurationError(f"{hub.ca}: holds no PEM certificate; correct `ca`") from None
    if hub.certificate is not None or hub.key is not None:
        if hub.certificate is None or hub.key is None:
            raise ConfigurationError("certificate and key for the broker belong together: name both or neither")
        for name, path in (("certificate", hub.certificate), ("key", hub.key)):
            _readable(name, path)
        try:
            # The callback keeps OpenSSL from asking for a passphrase at the terminal.
            context.load_cert_chain(hub.certificate, hub.key, password=lambda: b"")
        except (ssl.SSLError, OSError, ValueError):
            raise ConfigurationError(
                f"{hub.certificate} and {hub.key}: not a PEM certificate and its unencrypted private key; "
                "correct `certificate` and `key`"
            ) from None
    return context


def _readable(name: str, path: Path) -> str:
    try:
        return path.read_text("ascii")
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: not a PEM file; correct `{name}`") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; correct `{name}`") from None


class Link:
    """One connection, driven by one thread: `open`, then `step` again and again, then `close`."""

    def __init__(self, client_id: str, hub: Hub, keepalive_s: int, timeout_s: float) -> None:
        self._hub = hub
        self._keepalive_s = keepalive_s
        self.events = Events()
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5, reconnect_on_failure=False
        )
        client.connect_timeout = timeout_s
        client.max_inflight_messages_set(65_535)  # the window is ours
        if hub.credential is not None:
            client.username_pw_set(hub.credential.user, hub.credential.password)
        self._tls = tls_context(hub)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        client.on_connect = self._guard(self._on_connect)
        client.on_disconnect = self._guard(self._on_disconnect)
        client.on_publish = self._guard(self._on_publish)
        client.on_message = self._guard(self._on_message)
        client.on_subscribe = self._guard(self._on_subscribe)
        self._client = client

    def open(self, will: Message | None) -> None:
        """Connect and send CONNECT; the answer comes as an event.

        Raises:
            OSError: No connection, or TLS failed. The message says why.
        """
        if will is not None:
            self._client.will_set(
                will.topic, will.payload, qos=1, retain=True, properties=will.properties(PacketTypes.WILLMESSAGE)
            )
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho left it out
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        host, port = self._hub.host, self._hub.port
        try:
            self._client.connect(host, port, self._keepalive_s, clean_start=False, properties=properties)
        except BaseException:
            if self._tls is not None and self._tls.socket is not None:
                self._tls.socket.close()
            raise

    def step(self, timeout_s: float, wake: socket.socket) -> None:
        """Wait for the network or for `wake`, at most so long, and handle what there is, up to 64 packets."""
        timeout_ms = timeout_s * 1000
        for _ in range(_PACKETS_PER_STEP):
            sock = self._client.socket()
            if sock is None:
                self.events.lost = self.events.lost or "connection closed"
                return
            buffered = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            poll = select.poll()
            poll.register(sock, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
            poll.register(wake, select.POLLIN)
            ready = dict(poll.poll(0 if buffered else timeout_ms))
            timeout_ms = 0
            happened = ready.get(sock.fileno(), 0)
            if wake.fileno() in ready:
                wake.recv(4096)
            if happened & select.POLLOUT:
                self._client.loop_write()
            if not buffered and not happened & ~select.POLLOUT:
                break
            self._client.loop_read()
        self._client.loop_misc()

    def subscribe(self, topic: str) -> None:
        """Ask for a topic at QoS 1, without what this connection itself publishes there."""
        self._client.subscribe(topic, options=SubscribeOptions(qos=1, noLocal=True))

    def publish(self, message: Message) -> int:
        """Send at QoS 1 and return the packet id that the acknowledgement will carry.

        Raises:
            OSError: The connection is gone.
        """
        info = self._client.publish(
            message.topic,
            message.payload,
            qos=1,
            retain=message.retain,
            properties=message.properties(PacketTypes.PUBLISH),
        )
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            raise ConnectionError(mqtt.error_string(info.rc))
        return info.mid

    def close(self) -> None:
        """Leave with DISCONNECT, so that the will is not spoken."""
        self._client.disconnect()
        self.drop()

    def drop(self) -> None:
        """Close the socket without a word; the broker speaks the will."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _guard(self, callback: Callable[_P, None]) -> Callable[_P, None]:
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> None:
            try:
                callback(*args, **kwargs)
            except Exception as error:  # noqa: BLE001  paho would end its loop; the owner of this link drops it and goes on
                self.events.failure = error

        return guarded

    def _on_connect(self, _client: mqtt.Client, _data: Any, _flags: Any, code: ReasonCode, props: Any) -> None:
        if code.value >= _REFUSED:
            self.events.refused = str(code)
            return
        self.events.granted = Granted(
            getattr(props, "ReceiveMaximum", 65_535),
            getattr(props, "MaximumPacketSize", 268_435_455),
            getattr(props, "RetainAvailable", 1) == 1,
            getattr(props, "MaximumQoS", 2) >= 1,
        )

    def _on_disconnect(self, _client: mqtt.Client, _data: Any, flags: Any, code: ReasonCode, _props: Any) -> None:
        self.events.lost = str(code)
        self.events.taken_over = flags.is_disconnect_packet_from_server and code.value == _TAKEN_OVER

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, code: ReasonCode, _props: Any) -> None:
        self.events.acks.append((mid, code.value, str(code)))

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _props: Any) -> None:
        self.events.subscribed = all(code.value < _REFUSED for code in codes)
        if not self.events.subscribed:
            self.events.refused = f"the broker refuses the subscription: {codes[0]}"

    def _on_message(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        pairs = getattr(message.properties, "UserProperty", []) if message.properties else []
        jws = next((value for name, value in pairs if name == JWS_PROPERTY), "")
        self.events.messages.append((message.topic, bytes(message.payload), jws))

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
from typing import Any, Final, ParamSpec, cast

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent.config import Hub
from agent.errors import ConfigurationError
from agent.publish_client import Client
from agent.publish_messages import ENCODING_PROPERTY, Message, plain
from agent.publish_packet import Received
from agent.topics import JWS_PROPERTY

_P = ParamSpec("_P")

_SESSION_EXPIRY_S: Final = 86_400  # keeps the subscription to `ack` over a short absence
_REFUSED: Final = 0x80
_TAKEN_OVER: Final = 0x8E
_JWS: Final = JWS_PROPERTY.encode()
_ENCODING: Final = ENCODING_PROPERTY.encode()
_PACKETS_PER_STEP: Final = 64
_PACKETS_PER_WRITE: Final = 8  # so many are read before what they call for is sent


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
        client = Client(self._guard(self._on_received), client_id)
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
        client.on_subscribe = self._guard(self._on_subscribe)
        # With this set paho leaves writing to us: what was published together then leaves together.
        client.on_socket_register_write = lambda *_: None
        self._client = client

    def open(self, will: Message | None) -> None:
        """Connect and send CONNECT; the answer comes as an event.

        Raises:
            OSError: No connection, or TLS failed. The message says why.
        """
        if will is not None:
            self._client.will_set(will.topic, will.payload, qos=1, retain=True, properties=will.will_properties())
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho left it out
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        host, port = self._hub.host, self._hub.port
        try:
            self._client.connect(host, port, self._keepalive_s, clean_start=False, properties=properties)
            # What was collected goes at once: Nagle would hold its last part until the broker's delayed ACK, 40 ms.
            cast(socket.socket, self._client.socket()).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            if self._tls is not None and self._tls.socket is not None:
                self._tls.socket.close()
            raise

    def step(self, timeout_s: float, wake: socket.socket) -> bool:
        """Send what waits, wait for the network or for `wake`, at most so long, and handle up to 64 packets.

        Returns:
            Whether `wake` had something.
        """
        timeout_ms = timeout_s * 1000
        woken = False
        for number in range(_PACKETS_PER_STEP):
            if number % _PACKETS_PER_WRITE == 0:
                self._write()
            sock = self._client.socket()
            if sock is None:
                self.events.lost = self.events.lost or "connection closed"
                return woken
            buffered = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
            poll = select.poll()
            poll.register(sock, select.POLLIN | (select.POLLOUT if self._client.want_write() else 0))
            poll.register(wake, select.POLLIN)
            ready = dict(poll.poll(0 if buffered else timeout_ms))
            timeout_ms = 0
            happened = ready.get(sock.fileno(), 0)
            if wake.fileno() in ready:
                wake.recv(4096)
                woken = True
            if not buffered and not happened & ~select.POLLOUT:
                break
            self._client.loop_read()
        self._write()
        self._acknowledge()
        self._client.loop_misc()
        return woken

    def _acknowledge(self) -> None:
        """Have TCP acknowledge at once: mosquitto's Nagle holds further PUBACKs until then, and we for 40 ms."""
        sock = self._client.socket()
        if sock is not None:
            cast(socket.socket, sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _write(self) -> None:
        """Send what waits, in as few segments as it fits: the other side wakes up once, not for each packet."""
        sock = self._client.socket()
        if sock is None or not self._client.want_write():
            return
        cast(socket.socket, sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self._client.loop_write()
        if self._client.socket() is sock:  # else it was closed on the way
            cast(socket.socket, sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

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
            properties=cast(Properties, message),  # of properties paho only wants that they `pack`
        )
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            raise ConnectionError(mqtt.error_string(info.rc))
        return info.mid

    def close(self) -> None:
        """Leave with DISCONNECT, so that the will is not spoken."""
        self._client.disconnect()
        self._write()
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
        self.events.acks.append((mid, code.value, str(code) if code.value >= _REFUSED else ""))

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _props: Any) -> None:
        self.events.subscribed = all(code.value < _REFUSED for code in codes)
        if not self.events.subscribed:
            self.events.refused = f"the broker refuses the subscription: {codes[0]}"

    def _on_received(self, message: Received) -> None:
        user = {
            name: value.decode("utf-8", "replace") for name, value in reversed(message.user)
        }  # the first one counts
        payload = plain(message.payload, user.get(_ENCODING, ""))
        self.events.messages.append((message.topic, payload, user.get(_JWS, "")))

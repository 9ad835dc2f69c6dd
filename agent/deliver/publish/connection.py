"""Opens one MQTT connection, sends and receives on it, and reads the limits that the broker granted.

What is sent and when is decided in `agent/deliver/publish/publisher.py`. Confines the traps of paho-mqtt:

- a client lives for one connection only, so that paho's own queue never resends anything, and a
  renewed certificate is read at each connection;
- nothing is published before CONNACK, where paho would queue it;
- limits that the broker names in CONNACK are read here; paho ignores them;
- a callback that raises would end paho's loop: each one stores its exception as `failure`.

MQTT 5 is tried first. A broker that refuses it, by name or by closing before CONNACK, is tried again with 3.1.1 at
once, within the same `open` and `step`. Over 3.1.1 messages are flattened JWS, and a received one is returned as
payload and signature; callers see no difference.
"""

import os
import select
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, ParamSpec, cast

from paho.mqtt import client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from agent.contract.topics import is_shared
from agent.deliver.publish.client import Client
from agent.deliver.publish.messages import DecodedMessage, FlatSites, Message, decode_message
from agent.deliver.publish.packet import Received
from agent.deliver.publish.protocol import REFUSED, Dialect, Version
from agent.deliver.publish.tls import TlsSocket, tls_context
from agent.deliver.publish.unanswered import UNANSWERED_S, Unanswered
from agent.site.config.site import Hub

_P = ParamSpec("_P")

SESSION_S: Final = 86_400  # keeps the subscriptions, and what waits for them, over a short absence
_WRONG_VERSION, _TAKEN_OVER, _TOO_LARGE = 0x84, 0x8E, 0x95
_KEPT_SILENT: Final = 0x8D  # keep-alive timeout: the broker has said nothing at all, in no version
_FAREWELL_S: Final = 0.5
_PACKETS_PER_STEP: Final = 64
_PACKETS_PER_WRITE: Final = 8  # so many are read before what they call for is sent


@dataclass(frozen=True, slots=True)
class Granted:
    """The limits that the broker granted in CONNACK; MQTT 3.1.1 has none. Source: MQTT 5.0 section 3.2.2.3."""

    receive_maximum: int = 65_535
    packet_max_bytes: int = 268_435_455
    retain: bool = True
    version: Version = "5"
    shares: bool = True


@dataclass(slots=True)
class Events:
    """What was received since the last call. `lost` and `refused` hold the broker's or system's words.

    `subscribed` is the broker's answer to the first topic; `unsubscribed` its words about further ones that it refuses.
    `unanswered`: `lost`, since no PUBACK came for too long; `silent`: none at all on this connection.
    """

    granted: Granted | None = None
    refused: str = ""
    lost: str = ""
    taken_over: bool = False
    too_large: bool = False
    unanswered: bool = False
    silent: bool = False
    subscribed: bool = False
    unsubscribed: list[str] = field(default_factory=list)
    acks: list[tuple[int, int, str]] = field(default_factory=list)
    messages: list[DecodedMessage] = field(default_factory=list)
    failure: Exception | None = None


class Link:
    """One connection, driven by one thread: `open`, then `step` repeatedly, then `close`.

    `unacknowledged_most`: so many a broker (MQTT 5) may send before `acknowledge`; None: each is acknowledged at once.
    `session_s`: so long the broker keeps subscriptions, and what waits for them, over an absence (MQTT 5).
    `unanswered_s`: so long no PUBACK may come for what was sent; then the connection counts as lost, however alive.
    """

    def __init__(
        self,
        client_id: str,
        hub: Hub,
        keepalive_s: int,
        timeout_s: float,
        dialect: Dialect | None = None,
        unacknowledged_most: int | None = None,
        session_s: int = SESSION_S,
        unanswered_s: float = UNANSWERED_S,
    ) -> None:
        self._client_id, self._hub = client_id, hub
        self._keepalive_s, self._timeout_s = keepalive_s, timeout_s
        self._dialect = dialect or Dialect()
        self._spoken = FlatSites()
        self._will: Message | None = None
        self._unacknowledged_most, self._session_s = unacknowledged_most, session_s
        self._unanswered = Unanswered(unanswered_s)
        self._owed: list[tuple[int, int]] = []  # packet id and QoS, in the order of arrival
        self._required = 0  # topics whose refusal is told
        self._fall_back = ""  # why, once the broker has refused MQTT 5
        self.events = Events()
        self._prepare(self._dialect.version(time.monotonic()))

    def _prepare(self, version: Version) -> None:
        """Create a client of this version."""
        self._version = version
        received = self._guard(self._on_received)
        client = Client(received, self._client_id, version, self._unacknowledged_most is not None)
        self._owed.clear()
        client.connect_timeout = self._timeout_s
        client.max_inflight_messages_set(65_535)  # the window is ours
        if self._hub.credential is not None:
            client.username_pw_set(self._hub.credential.user, self._hub.credential.password)
        self._tls = tls_context(self._hub)
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
            OSError: No connection, or TLS failed. The message has the cause.
        """
        self._will = will
        self._connect()

    def _connect(self) -> None:
        client, will, with_properties = self._client, self._will, self._version == "5"
        if will is not None and with_properties:
            client.will_set(will.topic, will.payload, qos=1, retain=True, properties=will.will_properties())
        elif will is not None:
            client.will_set(will.topic, will.flattened(), qos=1, retain=True)
        host, port = self._hub.host, self._hub.port
        try:
            if with_properties:
                properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho left it out
                properties.SessionExpiryInterval = self._session_s
                if self._unacknowledged_most is not None:
                    properties.ReceiveMaximum = self._unacknowledged_most
                client.connect(host, port, self._keepalive_s, clean_start=False, properties=properties)
            else:
                client.connect(host, port, self._keepalive_s)
            # What was collected goes at once: Nagle would hold its last part until the broker's delayed ACK, 40 ms.
            cast(socket.socket, client.socket()).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            if self._tls is not None and self._tls.socket is not None:
                self._tls.socket.close()
            raise

    def step(self, timeout_s: float, wake: socket.socket) -> bool:
        """Send what waits, wait for the network or for `wake`, at most so long, and handle up to 64 packets.

        Returns:
            Whether `wake` was signalled.

        Raises:
            OSError: The broker refused MQTT 5, and cannot be reached again for 3.1.1.
        """
        woken = self._exchange(timeout_s * 1000, wake)
        if self._unanswered.is_overdue(time.monotonic()) and not self.events.lost:
            self.events.unanswered, self.events.silent = True, self._unanswered.silent
            self.events.lost = f"the broker has acknowledged nothing for {self._unanswered.most_s:.0f} s"
        if self._fall_back and self._version == "5":
            self.drop()
            self.events.lost = ""
            self._prepare("3.1.1")
            self._connect()
        return woken

    def _exchange(self, timeout_ms: float, wake: socket.socket) -> bool:
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
        """Make TCP acknowledge at once: mosquitto's Nagle delays further PUBACKs until then, and we for 40 ms."""
        sock = self._client.socket()
        if sock is not None:
            cast(socket.socket, sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _write(self) -> None:
        """Send what waits, in as few segments as possible: the peer wakes up once, not for each packet."""
        sock = self._client.socket()
        if sock is None or not self._client.want_write():
            return
        cast(socket.socket, sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
        self._client.loop_write()
        if self._client.socket() is sock:  # else it was closed on the way
            cast(socket.socket, sock).setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)

    def acknowledge(self) -> None:
        """Acknowledge all that was received, in its order. Source: MQTT 5.0 and 3.1.1, sections 4.4 and 4.6."""
        owed, self._owed = self._owed, []
        for mid, qos in owed:
            self._client.ack(mid, qos)
        self._write()

    def subscribe(self, *topics: str, wished: Sequence[str] = ()) -> None:
        """Subscribe at QoS 1, without own messages (MQTT 5, not shared). The first topic is required, else `refused`.

        `wished`: further topics with own messages, of which a refusal is not told.
        """
        self._required = len(topics)
        wish = list(wished)
        if self._version == "5":
            own = [(topic, SubscribeOptions(qos=1)) for topic in wish]
            self._client.subscribe(
                [*((topic, SubscribeOptions(qos=1, noLocal=not is_shared(topic))) for topic in topics), *own]
            )
        else:
            self._client.subscribe([(topic, 1) for topic in (*topics, *wish)])

    def publish(self, message: Message) -> int:
        """Send at QoS 1 and return the packet id of the acknowledgement.

        Raises:
            OSError: The connection is gone.
        """
        flat = self._version != "5" or self._spoken.flat_to(message.topic)
        info = self._client.publish(
            message.topic,
            message.flattened() if flat else message.payload,
            qos=1,
            retain=message.retain,
            properties=None if flat else cast(Properties, message),  # of properties paho only wants that they `pack`
        )
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            raise ConnectionError(mqtt.error_string(info.rc))
        self._unanswered.sent(info.mid, time.monotonic())
        return info.mid

    def close(self) -> None:
        """Disconnect, so that the will is not published.

        A socket that is closed with something unread is reset, and the broker may then never read the DISCONNECT: so
        one more handle on the connection outlives paho's and reads until the broker has closed its side.
        """
        sock = self._client.socket()
        if sock is None:
            return
        with socket.socket(fileno=os.dup(cast(socket.socket, sock).fileno())) as rest, suppress(OSError):
            self._client.disconnect()
            self._write()
            self.drop()
            rest.shutdown(socket.SHUT_WR)
            rest.settimeout(_FAREWELL_S)
            until = time.monotonic() + _FAREWELL_S
            while rest.recv(65_536) and time.monotonic() < until:
                pass

    def drop(self) -> None:
        """Close the socket without DISCONNECT; the broker publishes the will."""
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
        if code.value == _WRONG_VERSION and self._version == "5":
            self._fall_back = "refused"
            return
        if code.value >= REFUSED:
            self.events.refused = str(code)
            return
        if self._fall_back:
            self._dialect.fell_back(time.monotonic(), by_name=self._fall_back == "refused")
        self.events.granted = Granted(
            getattr(props, "ReceiveMaximum", 65_535),
            getattr(props, "MaximumPacketSize", 268_435_455),
            getattr(props, "RetainAvailable", 1) == 1,
            self._version,
            getattr(props, "SharedSubscriptionAvailable", 1) == 1,
        )

    def _on_disconnect(self, client: mqtt.Client, _data: Any, flags: Any, code: ReasonCode, _props: Any) -> None:
        trouble = self._tls.socket.trouble if self._tls and isinstance(self._tls.socket, TlsSocket) else ""
        by_name = flags.is_disconnect_packet_from_server
        answered = self.events.granted is not None or self.events.refused or by_name or trouble
        if self._version == "5" and not answered and not self._fall_back and code.value != _KEPT_SILENT:
            self._fall_back = "closed"
        is_named = by_name or code.value == _KEPT_SILENT  # else all that paho has is an "Unspecified error"
        self.events.lost = trouble or (str(code) if is_named else "connection closed")
        self.events.taken_over = by_name and code.value == _TAKEN_OVER
        self.events.too_large = by_name and code.value == _TOO_LARGE

    def _on_publish(self, _client: mqtt.Client, _data: Any, mid: int, code: ReasonCode, _props: Any) -> None:
        self._unanswered.acknowledged(mid, time.monotonic())
        self.events.acks.append((mid, code.value, str(code) if code.value >= REFUSED else ""))

    def _on_subscribe(self, _client: mqtt.Client, _data: Any, _mid: int, codes: list[ReasonCode], _props: Any) -> None:
        self.events.subscribed = codes[0].value < REFUSED
        if not self.events.subscribed:
            self.events.refused = f"the broker refuses the subscription: {codes[0]}"
        self.events.unsubscribed += [str(code) for code in codes[1 : self._required] if code.value >= REFUSED]

    def _on_received(self, message: Received) -> None:
        if self._unacknowledged_most is not None and message.qos:
            self._owed.append((message.mid, message.qos))
        one, flat = decode_message(message)
        self._spoken.heard(message.topic, flat)
        self.events.messages.append(one)

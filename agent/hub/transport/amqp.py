"""Receives by AMQP 0-9-1 from the queues of a RabbitMQ cluster, and answers sites through their MQTT sessions.

Every worker consumes from every queue, and RabbitMQ gives each queue to one of them. Which one is decided by the
priority with which a worker consumes from its own part of the queues, and from the rest. When it ends, another goes on.

Order at the end of a worker: AMQP's own farewell cancels the consumers first, and RabbitMQ then gives what is behind
the unacknowledged messages to the next worker before those. So the socket is shut down instead, after all that was
sent has arrived: RabbitMQ takes back what was not acknowledged, in its order, and only then has the next worker go on.

A message to a site is confirmed by RabbitMQ when its session has it; `unheard` names those for which there was none.
"""

import socket
import ssl
import time
from collections.abc import Callable
from typing import Any, Final

import pika
from pika.adapters.select_connection import IOLoop
from pika.adapters.utils.selector_ioloop_adapter import SelectorIOServicesAdapter
from pika.channel import Channel
from pika.exceptions import AuthenticationError, ProbableAccessDeniedError, ProbableAuthenticationError

from agent.deliver.publish.messages import DecodedMessage, FlatSites, Message, decode_message
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.tls import tls_context, tls_words
from agent.hub.transport.amqp_form import QOS_1, as_outgoing, as_received, as_topic
from agent.hub.transport.carrier import Connect
from agent.hub.transport.topology import SITES_EXCHANGE, Part, queue_name
from agent.model.errors import HubUnavailable, os_words
from agent.site.config.site import Hub

_IN_FLIGHT_MOST: Final = 512
_IN_FLIGHT_LEAST: Final = 32
_TAKEN_MOST: Final = 256
_MORE_S: Final = 0.001  # more is on its way when the broker is busy
_UNCONFIRMED_MOST: Final = 1000
_CONFIRMED_WITHIN_S: Final = 10.0
_FAREWELL_S: Final = 2.0
_NOT_FOUND: Final = 404


def connector(part: Part) -> Connect:
    """Return what connects a worker that prefers this part of the queues."""
    return lambda broker, pace: AmqpCarrier(broker, pace, part)


class AmqpCarrier:
    """A connection to one node of the cluster."""

    def __init__(self, broker: Hub, pace: Pace, part: Part) -> None:
        self._broker, self._pace, self._part = broker, pace, part
        self._loop = IOLoop()
        self._services = _HeldSocket(self._loop)
        self._connection: pika.SelectConnection | None = None
        self._channel: Channel | None = None
        self._queues = 0
        self._waited = 0  # queues that have not granted a consumer yet
        self._spoken = FlatSites()
        self._came: list[tuple[int, DecodedMessage]] = []  # with the delivery tag
        self._taken: list[DecodedMessage] = []
        self._taken_tag = 0
        self._acknowledged_tag = 0
        self._published = 0
        self._unconfirmed: dict[int, str] = {}  # number of the publish: topic
        self._unheard: list[str] = []
        self._ready = self._is_over = False
        self._lost = ""
        self._refused: OSError | HubUnavailable | None = None

    @property
    def ready(self) -> bool:
        """Whether each queue has granted a consumer."""
        return self._ready

    @property
    def lost(self) -> str:
        """The broker's or system's words about its end."""
        return self._lost

    def open(self) -> None:
        """Begin to connect; the rest goes on in `step`."""
        broker, tls = self._broker, tls_context(self._broker)
        login = broker.credential
        self._connection = pika.SelectConnection(
            pika.ConnectionParameters(
                broker.host,
                broker.port,
                credentials=(
                    pika.PlainCredentials(login.user, login.password)
                    if login is not None
                    else pika.credentials.ExternalCredentials()
                ),
                heartbeat=self._pace.keepalive_s,
                blocked_connection_timeout=None,  # a broker without room says so, and waits
                connection_attempts=1,
                socket_timeout=self._pace.connect_timeout_s,
                stack_timeout=self._pace.connect_timeout_s,
                ssl_options=pika.SSLOptions(tls, broker.host) if tls is not None else None,
            ),
            on_open_callback=lambda connection: connection.channel(on_open_callback=self._seek_first),
            on_open_error_callback=lambda _connection, reason: self._refuse(_cause(reason)),
            on_close_callback=lambda _connection, reason: self._on_end(reason),
            custom_ioloop=self._services,
        )

    def step(self, timeout_s: float) -> None:
        """Exchange with the broker until something has come."""
        if not self._came and not self._lost and self._refused is None:
            self._turn(timeout_s)
        if self._refused is not None:
            raise self._refused
        came, self._came = self._came[:_TAKEN_MOST], self._came[_TAKEN_MOST:]
        if came:
            self._taken_tag = came[-1][0]
            self._taken += [message for _, message in came]

    def take(self) -> list[DecodedMessage]:
        """Return what has come."""
        taken, self._taken = self._taken, []
        return taken

    def unheard(self) -> list[str]:
        """Return topics of sites that have no session, and of what the broker did not take."""
        unheard, self._unheard = self._unheard, []
        return unheard

    def publish(self, message: Message) -> None:
        """Send to a site's session; waits while too much is unconfirmed."""
        until = time.monotonic() + _CONFIRMED_WITHIN_S
        while len(self._unconfirmed) >= _UNCONFIRMED_MOST and not self._lost and time.monotonic() < until:
            self._turn(_CONFIRMED_WITHIN_S)
        if self._lost or self._channel is None or len(self._unconfirmed) >= _UNCONFIRMED_MOST:
            raise ConnectionError(self._lost or "the broker does not confirm what is published")
        out = as_outgoing(message, self._spoken.flat_to(message.topic))
        properties = pika.BasicProperties(content_type=out.content_type, headers=dict(out.headers), delivery_mode=QOS_1)
        self._channel.basic_publish(SITES_EXCHANGE, out.key, out.body, properties, mandatory=True)
        self._published += 1
        self._unconfirmed[self._published] = message.topic

    def acknowledge(self) -> None:
        """Acknowledge all that was taken, of every queue."""
        if self._channel is not None and not self._lost and self._taken_tag > self._acknowledged_tag:
            self._channel.basic_ack(self._taken_tag, multiple=True)
            self._acknowledged_tag = self._taken_tag

    def close(self) -> None:
        """Wait until the broker has what was sent, and hand over in order."""
        if self._channel is not None and self._channel.is_open and not self._lost:
            arrived: list[object] = []
            self._channel.basic_qos(prefetch_count=1, callback=arrived.append)  # answered behind all before it
            until = time.monotonic() + _FAREWELL_S
            while (not arrived or self._unconfirmed) and not self._lost and time.monotonic() < until:
                self._turn(_FAREWELL_S)
        self.drop()

    def drop(self) -> None:
        """Shut the socket down, and let pika see it."""
        if self._is_over:
            return
        self._is_over = True
        self._services.shut()
        until = time.monotonic() + _FAREWELL_S
        while self._connection is not None and not self._connection.is_closed and time.monotonic() < until:
            self._turn(_FAREWELL_S)
        self._loop.close()

    def _turn(self, timeout_s: float) -> None:
        """Have pika work until something has happened, at most so long."""
        timer = self._loop.call_later(timeout_s, self._loop.stop)
        self._loop.start()
        self._loop.remove_timeout(timer)

    def _seek_first(self, channel: Channel) -> None:
        """Count the queues: the channel ends at the first one that is not there."""
        channel.add_on_close_callback(self._on_sought)
        self._seek(channel)

    def _seek(self, channel: Channel) -> None:
        channel.queue_declare(queue_name(self._queues + 1), passive=True, callback=lambda _: self._found(channel))

    def _found(self, channel: Channel) -> None:
        self._queues += 1
        self._seek(channel)

    def _on_sought(self, channel: Channel, reason: Exception) -> None:
        if getattr(reason, "reply_code", 0) != _NOT_FOUND:
            self._refuse(_cause(reason))
        elif not self._queues:
            self._refuse(
                HubUnavailable(
                    "there is no queue {queue}; import what `camwarden hub rabbitmq` prints", queue=queue_name(1)
                )
            )
        else:
            channel.connection.channel(on_open_callback=self._consume)

    def _consume(self, channel: Channel) -> None:
        self._channel, self._waited = channel, self._queues
        channel.add_on_close_callback(lambda _channel, reason: self._on_end(reason))
        channel.add_on_cancel_callback(lambda _frame: self._on_end(HubUnavailable("a queue is gone")))
        channel.add_on_return_callback(lambda _channel, method, *_: self._unheard.append(as_topic(method.routing_key)))
        channel.confirm_delivery(self._on_confirmed)
        channel.basic_qos(prefetch_count=max(_IN_FLIGHT_LEAST, _IN_FLIGHT_MOST // self._queues))
        for number in range(1, self._queues + 1):
            channel.basic_consume(
                queue_name(number),
                self._on_message,
                arguments={"x-priority": 1 if self._part.has(number) else 0},
                callback=lambda _: self._on_granted(),
            )

    def _on_granted(self) -> None:
        self._waited -= 1
        self._ready = not self._waited
        if self._ready:
            self._loop.stop()

    def _on_message(self, _channel: Channel, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
        message, flat = decode_message(as_received(method.routing_key, properties.headers, body))
        self._spoken.heard(message.topic, flat)
        if not self._came:
            self._loop.call_later(_MORE_S, self._loop.stop)
        self._came.append((method.delivery_tag, message))
        if len(self._came) == _TAKEN_MOST:
            self._loop.stop()

    def _on_confirmed(self, frame: Any) -> None:
        tag, is_nack = frame.method.delivery_tag, isinstance(frame.method, pika.spec.Basic.Nack)
        done = [one for one in self._unconfirmed if one <= tag] if frame.method.multiple else [tag]
        for one in done:
            topic = self._unconfirmed.pop(one, None)
            if is_nack and topic is not None:
                self._unheard.append(topic)
        self._loop.stop()

    def _refuse(self, cause: OSError | HubUnavailable) -> None:
        self._refused = self._refused or cause
        self._loop.stop()

    def _on_end(self, reason: BaseException) -> None:
        cause = _cause(reason)
        self._lost = self._lost or str(cause if isinstance(cause, HubUnavailable) else os_words(cause))
        self._loop.stop()


class _HeldSocket(SelectorIOServicesAdapter):  # type: ignore[misc]  # pika has no stubs
    """Pika's sockets, with one more handle on the last one: pika has no way to end a connection without a farewell."""

    held: socket.socket | None = None

    def create_streaming_connection(
        self,
        protocol_factory: Callable[[], Any],
        sock: socket.socket,
        on_done: Callable[[Any], None],
        ssl_context: ssl.SSLContext | None = None,
        server_hostname: str | None = None,
    ) -> Any:
        """Take a connected socket as pika does."""
        if self.held is not None:
            self.held.close()
        self.held = sock.dup()
        return super().create_streaming_connection(protocol_factory, sock, on_done, ssl_context, server_hostname)

    def shut(self) -> None:
        """End the connection beneath pika."""
        if self.held is None:
            return
        with self.held as held:
            self.held = None
            try:
                held.shutdown(socket.SHUT_RDWR)
            except OSError:
                """It is gone already."""


def _cause(error: BaseException | None) -> OSError | HubUnavailable:
    """Return in plain words why there is no connection, or none any more: pika wraps that several times."""
    seen: list[BaseException] = []
    while isinstance(error, BaseException) and error not in seen:
        seen.append(error)
        if isinstance(error, HubUnavailable):
            return error
        if isinstance(error, ssl.SSLError):
            return HubUnavailable(tls_words(error))
        if isinstance(error, AuthenticationError | ProbableAuthenticationError):
            return HubUnavailable("the broker refuses the login")
        if isinstance(error, ProbableAccessDeniedError):
            return HubUnavailable("the broker lets this user into no virtual host")
        if isinstance(error, OSError):
            return error
        if text := getattr(error, "reply_text", ""):
            return HubUnavailable("the broker says {words!r}", words=str(text)[:200])
        wrapped = (*getattr(error, "exceptions", ())[-1:], getattr(error, "exception", None), *error.args)
        error = next((one for one in wrapped if isinstance(one, BaseException)), None)
    return HubUnavailable("connection closed")

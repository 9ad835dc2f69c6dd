"""The far side of delivery for tests: a hub in a thread, and a plain subscriber that records what passes."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import delivery
from delivery import Maker
from mosquitto import Broker
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from patience import PATIENCE_S

from agent.contract.envelope import ACK_TYP, sign_payload
from agent.contract.signing_keys import Signer
from agent.contract.watermark import Watermark, write_watermark
from agent.deliver.publish.pace import Pace
from agent.deliver.publish.publisher import Publisher
from agent.deliver.spool.spool import Spool
from agent.hub.workers import service
from agent.model.finding import Head, Json
from agent.site.config.site import Hub

FAST = Pace(
    resend_s=0.5,
    backlog_per_s=5000,
    backlog_burst=1000,
    reconnect_first_s=0.02,
    reconnect_most_s=0.2,
    refused_least_s=0.1,
)
"""The same rules with shorter waits."""


def clock() -> datetime:
    return datetime.now(UTC)


class Recorder:
    """Collects events and lets a test wait for one."""

    def __init__(self) -> None:
        self.events: list[dict[str, Json]] = []
        self._changed = threading.Condition()

    def __call__(self, event: dict[str, Json]) -> None:
        """Take an event."""
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[list[dict[str, Json]]], bool], timeout_s: float = PATIENCE_S) -> None:
        """Wait until the events so far are what is wanted."""
        with self._changed:
            assert self._changed.wait_for(lambda: wanted(self.events), timeout_s), self.events[-20:]

    def of(self, kind: str) -> list[dict[str, Json]]:
        """Return the events of one kind."""
        with self._changed:
            return [event for event in self.events if event["event"] == kind]


class RunningHub:
    """The reference hub on a broker, in a thread. Use as a context manager."""

    def __init__(self, directory: Path, broker: Hub, **more: Any) -> None:
        self.tell = Recorder()
        self.failure: BaseException | None = None
        self._stop = threading.Event()
        self._options = service.Options(directory, broker, **more)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            service.run(self._options, self._stop, self.tell, clock, FAST)
        except BaseException as error:  # noqa: BLE001  told to the test
            self.failure = error
            self.tell({"event": "failed", "why": repr(error)})

    def __enter__(self) -> RunningHub:
        self._thread.start()
        self.tell.wait(lambda events: any(e["event"] in ("ready", "failed") for e in events))
        assert self.failure is None, self.failure
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_S)
        assert not self._thread.is_alive()
        assert self.failure is None, self.failure


class Peer:
    """A plain MQTT 5 client: records what it sees, publishes what it is told. Use as a context manager."""

    def __init__(self, port: int, subscribe: str = "#", client_id: str = "peer") -> None:
        self.seen = Recorder()
        self._ready = threading.Event()
        self._subscribe = subscribe
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=mqtt.MQTTv5)
        self._client.on_connect = lambda *_: self._client.subscribe(subscribe, qos=1)
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._on_message
        self._port = port

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        pairs = getattr(message.properties, "UserProperty", [])
        self.seen(
            {
                "event": "message",
                "topic": message.topic,
                "payload": bytes(message.payload),
                "labels": dict(pairs),
                "retain": message.retain,
                "expiry": getattr(message.properties, "MessageExpiryInterval", None),
                "content_type": getattr(message.properties, "ContentType", None),
            }
        )

    def publish(self, topic: str, payload: bytes, jws: str = "", retain: bool = False) -> None:
        """Publish and wait for PUBACK."""
        properties = Properties(PacketTypes.PUBLISH)
        if jws:
            properties.UserProperty = ("jws", jws)
        self._client.publish(topic, payload, 1, retain, properties).wait_for_publish(PATIENCE_S)

    def of(self, topic_end: str) -> list[dict[str, Json]]:
        """Return the messages whose topic ends so."""
        return [message for message in self.seen.of("message") if str(message["topic"]).endswith(topic_end)]

    def __enter__(self) -> Peer:
        self._client.connect("127.0.0.1", self._port)
        self._client.loop_start()
        assert self._ready.wait(PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextlib.contextmanager
def publishing(maker: Maker, spool: Spool, hub_signer: Signer, pace: Pace = FAST) -> Iterator[Publisher]:
    publisher = Publisher(maker.site, spool, maker.signer, {hub_signer.kid: hub_signer.public}, clock, pace)
    publisher.start()
    try:
        yield publisher
    finally:
        assert publisher.stop(PATIENCE_S)
        spool.close()


def site_on(broker: Broker, **changes: object) -> Hub:
    return replace(Hub("127.0.0.1", broker.port, tls=False), **changes)


def maker_on(tmp_path: Path, broker: Broker, **changes: object) -> Maker:
    return Maker(tmp_path / "site", delivery.site(hub=site_on(broker, **changes)))


def ack_by(
    signer: Signer, spool: Spool, ack_no: int = 1, site: str = "S1", typ: str = ACK_TYP, **heads: Head
) -> tuple[bytes, str]:
    payload = write_watermark(Watermark(site, spool.epoch, ack_no, heads or spool.heads()), clock())
    return payload, sign_payload(payload, signer, typ)

"""The demo's brokers: MQTT 5 on loopback with one user and one password, and nothing left behind."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import psutil
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from patience import PATIENCE_S

from agent.demo import broker as brokers
from agent.demo.broker import Broker, BrokerFailed, embedded_broker, mosquitto_broker

Start = Callable[[Path], Broker]


@pytest.fixture(params=[embedded_broker, mosquitto_broker])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    running = request.param(tmp_path)
    yield running
    running.stop()


class Client:
    """A paho client that notes what happens to it."""

    def __init__(self, broker: Broker, name: str, password: str | None) -> None:
        self.connected, self.ended, self.subscribed, self.received = (threading.Event() for _ in range(4))
        self.messages: list[mqtt.MQTTMessage] = []
        self.reason = ""
        self.paho = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5)
        if password is not None:
            self.paho.username_pw_set(broker.user, password)
        self.paho.on_connect = self._on_connect
        self.paho.on_disconnect = lambda *_: self.ended.set()
        self.paho.on_subscribe = lambda *_: self.subscribed.set()
        self.paho.on_message = self._on_message
        self.paho.connect(broker.host, broker.port)
        self.paho.loop_start()

    def _on_connect(self, client: mqtt.Client, _data: object, _flags: object, reason: object, _more: object) -> None:
        self.reason = str(reason)
        if self.reason == "Success":
            self.connected.set()
        else:
            self.ended.set()

    def _on_message(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self.messages.append(message)
        self.received.set()

    def close(self) -> None:
        """Leave and wait for the network thread's end."""
        self.paho.disconnect()
        self.paho.loop_stop()


def test_a_qos_1_message_arrives_with_its_user_properties(broker: Broker) -> None:
    hub, agent = Client(broker, "hub", broker.password), Client(broker, "agent", broker.password)
    try:
        assert hub.connected.wait(PATIENCE_S)
        hub.paho.subscribe("vss/v1/#", qos=1)
        assert hub.subscribed.wait(PATIENCE_S)
        assert agent.connected.wait(PATIENCE_S)
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = ("jws", "h.." + "s" * 300)
        payload = b"x" * 100_000
        agent.paho.publish("vss/v1/140200/dt0001/event", payload, qos=1, properties=properties).wait_for_publish(
            PATIENCE_S
        )
        assert hub.received.wait(PATIENCE_S)
    finally:
        agent.close()
        hub.close()
    (message,) = hub.messages
    assert (message.topic, message.payload, message.qos) == ("vss/v1/140200/dt0001/event", payload, 1)
    assert message.properties is not None
    assert message.properties.UserProperty == [("jws", "h.." + "s" * 300)]


def test_a_retained_message_waits_for_those_who_come_later(broker: Broker) -> None:
    agent = Client(broker, "agent", broker.password)
    assert agent.connected.wait(PATIENCE_S)
    agent.paho.publish("vss/v1/140200/dt0001/state", b"here", qos=1, retain=True).wait_for_publish(PATIENCE_S)
    agent.close()
    hub = Client(broker, "hub", broker.password)
    try:
        assert hub.connected.wait(PATIENCE_S)
        hub.paho.subscribe("vss/v1/+/+/state", qos=1)
        assert hub.received.wait(PATIENCE_S)
    finally:
        hub.close()
    assert (hub.messages[0].payload, hub.messages[0].retain) == (b"here", True)


@pytest.mark.parametrize("password", ["wrong", None])
def test_a_wrong_or_missing_password_is_refused(broker: Broker, password: str | None) -> None:
    stranger = Client(broker, "stranger", password)
    try:
        assert stranger.ended.wait(PATIENCE_S)
        assert not stranger.connected.is_set()
    finally:
        stranger.close()


def test_it_listens_on_loopback_only_and_its_files_are_private(broker: Broker, tmp_path: Path) -> None:
    listening = [c.laddr for c in psutil.Process(broker.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", broker.port)]
    assert broker.password not in repr(broker)
    files = list(tmp_path.iterdir())
    assert files
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    command = " ".join(psutil.Process(broker.pid).cmdline())
    assert broker.password not in command


@pytest.mark.parametrize("start", [embedded_broker, mosquitto_broker])
def test_nothing_remains_after_stop_and_each_run_has_its_own_password(start: Start, tmp_path: Path) -> None:
    passwords = set()
    for _ in range(2):
        running = start(tmp_path)
        passwords.add(running.password)
        assert psutil.pid_exists(running.pid)
        running.stop()
        assert not psutil.pid_exists(running.pid)
        assert list(tmp_path.iterdir()) == []
    assert len(passwords) == 2


def test_a_missing_mosquitto_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brokers.shutil, "which", lambda *_args, **_more: None)
    with pytest.raises(BrokerFailed, match="apt install mosquitto"):
        mosquitto_broker(tmp_path)
    assert list(tmp_path.iterdir()) == []

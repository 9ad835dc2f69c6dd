"""Trying a login disturbs nobody: not the session of the site, even where the broker forces the site's own id on us."""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mosquitto import Broker, free_port
from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from patience import PATIENCE_S, waits

from agent.deliver.publish.try_login import try_login
from agent.site.config.site import Hub
from drivers.model import Credential

PASSWORD = "one"


class Session:
    """The site's own client: a session that outlives its connection, subscribed to its commands."""

    def __init__(self, broker: Broker) -> None:
        self.heard: list[bytes] = []
        self.present: bool | None = None
        self._came, self._broker = threading.Event(), broker
        self._client: mqtt.Client | None = None

    def connect(self) -> None:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, "S1", protocol=mqtt.MQTTv5)
        client.username_pw_set("S1", PASSWORD)
        ready = threading.Event()

        def on_connect(_client: Any, _data: Any, flags: Any, _code: Any, _props: Any) -> None:
            self.present = flags.session_present
            client.subscribe("cmd", qos=1)

        def on_message(_client: Any, _data: Any, message: mqtt.MQTTMessage) -> None:
            self.heard.append(message.payload)
            self._came.set()

        client.on_connect, client.on_message = on_connect, on_message
        client.on_subscribe = lambda *_: ready.set()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = 3600
        client.connect("127.0.0.1", self._broker.port, clean_start=False, properties=properties)
        client.loop_start()
        assert ready.wait(PATIENCE_S)
        self._client = client

    def leave(self) -> None:
        assert self._client is not None
        self._client.disconnect()
        self._client.loop_stop()

    def hears(self) -> bool:
        return self._came.wait(PATIENCE_S)


@pytest.fixture(params=["own id", "id of the login"])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    passwords = tmp_path / "passwords"
    passwords.touch(0o600)
    for user in ("S1", "hub"):
        subprocess.run(["mosquitto_passwd", "-b", str(passwords), user, PASSWORD], check=True)
    lines = ["allow_anonymous false", f"password_file {passwords}"]
    if request.param == "id of the login":
        lines.append("use_username_as_clientid true")
    with Broker(tmp_path / "broker", lines) as running:
        yield running


def hub(broker: Broker, password: str = PASSWORD) -> Hub:
    return Hub("127.0.0.1", broker.port, tls=False, credential=Credential("hub", "S1", password), confirm="broker")


def test_a_command_that_waits_for_the_site_still_waits_afterwards(broker: Broker) -> None:
    site = Session(broker)
    site.connect()
    assert site.present is False
    site.leave()
    subprocess.run(
        [
            *("mosquitto_pub", "-V", "5", "-q", "1", "-h", "127.0.0.1", "-p", str(broker.port)),
            *("-u", "hub", "-P", PASSWORD, "-t", "cmd", "-m", "report-now"),
        ],
        check=True,
    )
    assert try_login(hub(broker), PATIENCE_S).outcome == "accepted"
    site.connect()
    assert site.present is True
    assert site.hears()
    assert site.heard == [b"report-now"]
    site.leave()


def test_a_refusal_is_told_in_the_brokers_words(broker: Broker) -> None:
    answer = try_login(hub(broker, "wrong"), PATIENCE_S)
    assert (answer.outcome, answer.words) == ("refused", "Not authorized")
    waits(lambda: "not authori" in broker.log)  # it answers before it writes its log
    assert broker.log.count("not authori") == 1


def test_nobody_there_is_no_answer() -> None:
    answer = try_login(Hub("127.0.0.1", free_port(), tls=False, confirm="broker"), PATIENCE_S)
    assert (answer.outcome, answer.words) == ("no-answer", "Connection refused")


def test_a_broker_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answer = try_login(Hub("127.0.0.1", listening.getsockname()[1], tls=False, confirm="broker"), 0.3)
    assert answer.outcome == "no-answer"

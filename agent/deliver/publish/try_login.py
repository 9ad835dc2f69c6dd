"""Tries a site's login at its broker and disconnects: to diagnose why nothing is delivered.

Nothing is subscribed, published or left as a will. A login under the name of a connected client disconnects that
client, and a session that is not resumed is lost with the commands that wait in it. Hence
- the client id is a random one, never the site's;
- but a broker may give every connection the id of its login or certificate (mosquitto's `use_username_as_clientid`,
  which our sample sets), so the caller must not try while this site's service runs;
- and even then the site's session outlives the try: it is requested as the service requests it, and only a session
  that was made for us is ended with us.

MQTT 5 only: 3.1.1 cannot end a session when it leaves. Source: MQTT 5.0 sections 3.1.2.4, 3.2.2.1.1, 3.14.2.2.2.
"""

import secrets
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from agent.deliver.publish.tls import TlsSocket, failure_words, tls_context
from agent.site.config.site import Hub

_SESSION_EXPIRY_S = 86_400  # that of the service: the session may be its own
_KEEPALIVE_S = 15
_REFUSED = 0x80
_WRONG_VERSION = 0x84
_WRONG_ID = 0x85


@dataclass(frozen=True, slots=True)
class Login:
    """The broker's answer. `words` are its own, or the system's; empty where it accepted."""

    outcome: Literal["accepted", "refused", "old-protocol", "only-own-id", "no-answer"]
    words: str = ""


def try_login(hub: Hub, timeout_s: float) -> Login:
    """Connect with the site's login, read the answer, and disconnect.

    Raises:
        ConfigurationError: A file for TLS cannot be used.
    """
    answers: list[tuple[ReasonCode, bool]] = []
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, f"doctor{secrets.token_hex(6)}", protocol=mqtt.MQTTv5, reconnect_on_failure=False
    )
    client.connect_timeout = timeout_s
    if hub.credential is not None:
        client.username_pw_set(hub.credential.user, hub.credential.password)
    tls = tls_context(hub)
    if tls is not None:
        client.tls_set_context(tls)

    def on_connect(_client: mqtt.Client, _data: Any, flags: Any, code: ReasonCode, _props: Any) -> None:
        answers.append((code, flags.session_present))

    client.on_connect = on_connect
    ended = ""
    try:
        client.connect(hub.host, hub.port, _KEEPALIVE_S, clean_start=False, properties=_expiry(PacketTypes.CONNECT))
        until = time.monotonic() + timeout_s
        while not answers and time.monotonic() < until:
            code = client.loop(0.1)
            if code != mqtt.MQTT_ERR_SUCCESS and not answers:
                ended = mqtt.error_string(code)
                break
        if answers and answers[0][0].value < _REFUSED:
            client.disconnect(properties=None if answers[0][1] else _expiry(PacketTypes.DISCONNECT, 0))
    except OSError as error:
        return Login("no-answer", failure_words(error))
    finally:
        sock = tls.socket if tls is not None else client.socket()
        with suppress(OSError):
            if sock is not None:
                sock.close()
    trouble = tls.socket.trouble if tls is not None and isinstance(tls.socket, TlsSocket) else ""
    if not answers:
        return Login("no-answer", trouble or ended or "the broker says nothing")
    return _judged(answers[0][0])


def _judged(code: ReasonCode) -> Login:
    if code.value < _REFUSED:
        return Login("accepted")
    if code.value == _WRONG_VERSION:
        return Login("old-protocol", str(code))
    return Login("only-own-id" if code.value == _WRONG_ID else "refused", str(code))


def _expiry(packet: int, seconds: int = _SESSION_EXPIRY_S) -> Properties:
    properties = Properties(packet)  # type: ignore[no-untyped-call]  # paho left it out
    properties.SessionExpiryInterval = seconds
    return properties

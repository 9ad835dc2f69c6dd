"""Tries the TLS handshake with a broker, for doctors; no MQTT is spoken."""

import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from agent.deliver.publish.tls import tls_words
from agent.model.errors import os_words
from agent.model.finding import Message
from agent.model.outcome import Outcome, found

_ALERT_S: Final = 0.3
"""With TLS 1.3 a broker turns our certificate away after the handshake: so long its word is waited for."""


@dataclass(frozen=True, slots=True)
class Handshake:
    """A handshake that worked: the version of TLS, and when the broker's certificate ends, seconds since 1970."""

    version: str
    ends_s: float


def try_tls(host: str, context: ssl.SSLContext, plain: socket.socket, step: Message) -> Handshake | Outcome:
    """Return the handshake over an open connection, or a failure with its next step."""
    try:
        with context.wrap_socket(plain, server_hostname=host) as secure:
            ends_s = ssl.cert_time_to_seconds(str((secure.getpeercert() or {}).get("notAfter", "")))
            version = secure.version() or "TLS"
            secure.settimeout(_ALERT_S)
            with suppress(TimeoutError):  # there is nothing to hear where it waits for us to speak
                secure.recv(1)
    except ssl.SSLError as error:
        return found("fail", "tls", Message("{why}", {"why": tls_words(error)}), step)
    except OSError as error:
        why = os_words(error) if error.strerror else Message("it closed the connection")
        return found("fail", "tls", Message("the broker broke off the TLS handshake: {why}", {"why": why}), step)
    return Handshake(version, ends_s)

"""Probes the broker that the hub is to use: it takes a connection, and TLS with the hub's certificate works.

Nothing here logs in: a second client of the hub's name would end the connection of the running hub.
"""

import socket
import ssl
from typing import Final

from agent.deliver.publish.tls import tls_context
from agent.deliver.publish.try_tls import try_tls
from agent.hub.doctor.model import Situation
from agent.model.errors import ConfigurationError, os_words
from agent.model.finding import Message
from agent.model.outcome import Outcome, found, not_due, passed
from agent.site.config.site import Hub

CONNECT_S: Final = 4.0

_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_STEP: Final = Message("correct the options of `hub run`; the package reads them from /etc/camwarden-hub/hub.env")


def reached(situation: Situation) -> Outcome:
    """Judge whether the broker takes a connection, and the TLS handshake with the hub's certificate."""
    if situation.broker_wrong is not None:
        return found("fail", "options", situation.broker_wrong, _STEP)
    broker = situation.broker
    if broker is None:
        return not_due("no-broker", Message("no broker is named"))
    values = {"place": f"{broker.host}:{broker.port}"}
    try:
        context = tls_context(broker)
    except ConfigurationError as error:
        return found("fail", "options", error.message, _STEP)
    try:
        plain = socket.create_connection((broker.host, broker.port), CONNECT_S)
    except OSError as error:
        why = Message("timed out") if isinstance(error, TimeoutError) else os_words(error)
        what = Message("{place} takes no connection: {why}", {**values, "why": why})
        return found("fail", "no-connection", what, Message("check that the broker runs, and the firewall"))
    with plain:
        if context is not None:
            return _secured(broker, context, plain)
    if broker.host not in _LOOPBACK:
        what = Message("{place} takes connections, unencrypted", values)
        return found("warn", "no-tls", what, _STEP)
    return passed(Message("{place} takes connections", values))


def _secured(broker: Hub, context: ssl.SSLContext, plain: socket.socket) -> Outcome:
    step = Message("compare --ca, --certificate and --key with what the broker has")
    done = try_tls(broker.host, context, plain, step)
    if isinstance(done, Outcome):
        return done
    values = {"place": f"{broker.host}:{broker.port}", "version": done.version}
    return passed(Message("{place} takes connections ({version})", values))

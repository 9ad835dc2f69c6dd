"""Connects a gateway to the enrollment desk: HTTPS that trusts the pin of the server's certificate alone.

No authority, host name or clock is asked, so that it works on a fresh machine; no byte is sent before the pin fits. The
handshake proves that the server has the certificate's key.

Source: RFC 8446 section 4.4.3 (CertificateVerify).
"""

import hashlib
import hmac
import http.client
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final

from agent.contract.enrollment import ANSWER_MAX_BYTES, PATH
from agent.contract.enrollment_token import address_text
from agent.model.errors import HubUnavailable, os_words

CONNECT_WITHIN_S: Final = 10.0
ASK_WITHIN_S: Final = 30.0
"""How long a whole exchange may last."""


class WrongServer(HubUnavailable):
    """Another server answers at the desk's address. Nothing was sent to it."""


def ask(host: str, port: int, pin: bytes, data: bytes, within_s: float = ASK_WITHIN_S) -> bytes:
    """Send a request to the desk and return its answer, all of it within `within_s`.

    `pin` is the SHA-256 over the DER of the certificate that the desk at `host` and `port` must show.

    Raises:
        WrongServer: It shows another certificate.
        HubUnavailable: It cannot be reached, does not speak TLS, or does not end in time.
    """
    where = address_text(host, port)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # the pin decides, and is stricter
    try:
        raw = socket.create_connection((host, port), timeout=min(CONNECT_WITHIN_S, within_s))
    except OSError as error:
        raise HubUnavailable(
            "{where}: the hub's enrollment desk cannot be reached: {why}; look at network, name and firewall, then "
            "repeat: a token stays good",
            where=where,
            why=os_words(error),
        ) from None
    tls = context.wrap_socket(raw, do_handshake_on_connect=False)
    end = threading.Timer(within_s, _cut, (tls,))
    end.daemon = True
    end.start()
    try:
        with tls:
            tls.do_handshake()
            shown = hashlib.sha256(tls.getpeercert(binary_form=True) or b"").digest()
            if not hmac.compare_digest(shown, pin):
                raise WrongServer(
                    "{where}: shows another certificate than the token names: somebody may stand between, or the "
                    "desk was made anew; nothing was sent. Ask the hub's team, over another way",
                    where=where,
                )
            return _exchange(tls, where, data)
    except (OSError, http.client.HTTPException) as error:
        why = os_words(error) if isinstance(error, OSError) else type(error).__name__
        raise HubUnavailable(
            "{where}: the hub's enrollment desk did not answer: {why}; repeat: a token stays good", where=where, why=why
        ) from None
    finally:
        end.cancel()


def _exchange(tls: ssl.SSLSocket, where: str, data: bytes) -> bytes:
    connection = http.client.HTTPConnection(where)
    connection.sock = tls
    connection.request("POST", PATH, data, {"Content-Type": "application/json", "Connection": "close"})
    with connection.getresponse() as answer:
        if answer.length is None or answer.length > ANSWER_MAX_BYTES:
            raise http.client.HTTPException("of no length, or too long")
        return answer.read()  # all of it, or IncompleteRead


def _cut(tls: ssl.SSLSocket) -> None:
    """End the exchange from another thread: its reader finds the end of the stream."""
    with suppress(OSError):
        socket.socket.shutdown(tls, socket.SHUT_RDWR)

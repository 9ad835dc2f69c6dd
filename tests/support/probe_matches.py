"""Answers to WS-Discovery probes for tests, and responders that give them on real UDP sockets.

The shape is that of WS-Discovery (April 2005) section 5.3, with the types and scopes of the ONVIF Core Specification.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from patience import PATIENCE_S

MATCHES = """<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Body><d:ProbeMatches>{}</d:ProbeMatches></s:Body></s:Envelope>"""
MATCH = (
    "<d:ProbeMatch><a:EndpointReference><a:Address>{}</a:Address></a:EndpointReference>"
    "<d:Types>dn:NetworkVideoTransmitter</d:Types><d:Scopes>onvif://www.onvif.org/name/gate {}</d:Scopes>"
    "<d:XAddrs>{}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch>"
)


def matches(*rows: tuple[str, str, str]) -> bytes:
    """Return one answer with a match for each endpoint reference, scopes and service addresses."""
    return MATCHES.format("".join(MATCH.format(*row) for row in rows)).encode()


ONE = matches(
    ("urn:uuid:1", "onvif://www.onvif.org/type/ptz", "http://10.0.0.1/onvif/device_service http://[fe80::1]/x")
)


def bound(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Return a UDP socket on an address."""
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, port))
    return sock


@contextmanager
def responder(sock: socket.socket, answers: list[bytes]) -> Iterator[list[bytes]]:
    """Answer every datagram on `sock` with all of `answers`; yields the questions."""
    asked: list[bytes] = []
    stopping = threading.Event()

    def serve() -> None:
        while True:
            try:
                data, sender = sock.recvfrom(65_535)
            except TimeoutError:
                if stopping.is_set():  # and all that came before is read
                    return
                continue
            for answer in answers:
                sock.sendto(answer, sender)
            asked.append(data)

    with sock:
        sock.settimeout(0.05)
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield asked
        finally:
            stopping.set()
            thread.join(PATIENCE_S)


def until(answered: Callable[[], bool]) -> Callable[[], float]:
    """Return a clock for a sweep on which no time is left once all is answered, and was listened for once more."""
    over, skipped_s = False, 0.0

    def clock() -> float:
        nonlocal over, skipped_s
        skipped_s += 10 * PATIENCE_S if over else 0.0
        over = answered()
        return time.monotonic() + skipped_s

    return clock

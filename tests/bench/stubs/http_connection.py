"""HTTP of the stub devices, on asyncio: one write per answer, connections kept, and three ways of never finishing."""

from __future__ import annotations

import asyncio
import re

from stubs.soap import SoapDevice
from stubs.traffic import ASKED, TRAFFIC

DRIP_S = 0.1
"""One byte so often: far below any timeout that counts per wait."""

_LENGTH = re.compile(rb"content-length:\s*(\d+)", re.I)
_REASON = {200: "OK", 400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}
_OPENING = {
    "drip-headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
    "drip-body": b"HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\nContent-Length: 100000\r\n\r\n",
}


class Http(asyncio.Protocol):
    """One connection to a device. `kind` may be one of those that never finish: silent, drip-headers, drip-body."""

    def __init__(self, device: SoapDevice, kind: str, snapshot: bytes) -> None:
        self._device, self._kind, self._snapshot = device, kind, snapshot
        self._received = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection, as asyncio hands it over."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every whole request."""
        if self._kind == "silent":
            return
        if self._kind in _OPENING:
            if not self._received:
                self._received += data
                self._transport.write(_OPENING[self._kind])
                self._drip()
            return
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._received[:end])
            length = _LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < whole:
                return
            body = bytes(self._received[end + 4 : whole])
            del self._received[:whole]
            TRAFFIC.count += 0 if head.startswith(ASKED) else whole
            self._answer(head, body)

    def _answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(ASKED):
            answer = str(TRAFFIC.count).encode()
            self._transport.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n".encode() + answer)
            return
        if head.startswith(b"GET "):
            status, kind, answer = 200, "image/jpeg", self._snapshot
        else:
            status, answer = self._device.answer(body)
            kind = "application/soap+xml; charset=utf-8"
        line = f"HTTP/1.1 {status} {_REASON[status]}\r\nContent-Type: {kind}\r\nContent-Length: {len(answer)}\r\n\r\n"
        whole = line.encode() + answer
        TRAFFIC.count += len(whole)
        self._transport.write(whole)

    def _drip(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(b"x")
            asyncio.get_running_loop().call_later(DRIP_S, self._drip)

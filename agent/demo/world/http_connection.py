"""Serves HTTP for a simulated device: parses one request after the other and sends the device's replies."""

import http.server
from collections.abc import Mapping
from typing import Any, Protocol

REQUEST_MAX_BYTES = 64 * 1024

Reply = tuple[int, str, bytes, Mapping[str, str]]
"""Status, content type, body, further headers."""


class AnsweringDevice(Protocol):
    """Decides the reply to a request."""

    def answer(self, method: str, target: str, authorization: str | None, data: bytes) -> Reply:
        """Answer one request."""

    def told(self, asked: str, reply: Reply) -> Reply:
        """Return what leaves the device in place of a true answer; `asked` is target and body, a line each."""


class HttpConnection(http.server.BaseHTTPRequestHandler):
    """HTTP/1.1 with keep-alive; a reply leaves in one write."""

    protocol_version = "HTTP/1.1"
    sys_version = ""
    timeout = 30
    wbufsize = 256 * 1024

    def __init__(self, device: AnsweringDevice, server_version: str, *args: Any) -> None:
        self._device, self.server_version = device, server_version
        super().__init__(*args)

    def do_GET(self) -> None:
        """Read a request of any method, within the size limit, and send the device's reply."""
        length = self.headers.get("Content-Length", "" if self.command == "POST" else "0")
        if not (length.isascii() and length.isdecimal()) or int(length[:9]) > REQUEST_MAX_BYTES:
            self.close_connection = True
            self._send((413 if length.isdecimal() else 411, "text/plain", b"", {}))
            return
        data = self.rfile.read(int(length))
        reply = self._device.answer(self.command, self.path, self.headers.get("Authorization"), data)
        self._send(self._device.told(f"{self.path}\n{data.decode(errors='replace')}", reply))

    do_POST = do_PUT = do_DELETE = do_PATCH = do_GET

    def _send(self, reply: Reply) -> None:
        status, content_type, body, headers = reply
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing: targets may hold what a log must not."""

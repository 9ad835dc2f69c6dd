"""Serves `/metrics` for whoever collects it, in a thread of its own: the page of a hub, and that of a site's agent.

There is no login: who may connect is said by the address it listens on. One request at a time, each with a deadline, so
that a slow or hostile reader holds up nothing but this page. What stands on the page is the caller's.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Final

from agent.errors import AgentError, ConfigurationError
from agent.exposition import CONTENT_TYPE
from agent.model import Message

LOG = logging.getLogger("camwarden.metrics")

REQUEST_WITHIN_S: Final = 5.0
"""How long a reader may say nothing."""


@contextmanager
def serving(address: tuple[str, int], read: Callable[[], str], option: str) -> Iterator[int]:
    """Serve the page while the block runs; yield the port.

    Args:
        address: Numeric address or name, and port; 0: any that is free.
        read: Returns the page; called on the page's thread for each request. An AgentError becomes 503.
        option: Where the address was named, for the message.

    Raises:
        ConfigurationError: The address cannot be listened on.
    """
    host, port = address

    class Page(BaseHTTPRequestHandler):
        timeout = REQUEST_WITHIN_S
        server_version, sys_version = "camwarden", ""

        def do_GET(self) -> None:
            if self.path != "/metrics":
                self._answer(404, "text/plain; charset=utf-8", "only /metrics is here\n")
                return
            try:
                text = read()
            except AgentError as error:
                self._answer(503, "text/plain; charset=utf-8", f"{error}\n")
            else:
                self._answer(200, CONTENT_TYPE, text)

        def _answer(self, status: int, content_type: str, text: str) -> None:
            body = text.encode("utf-8", "backslashreplace")
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            LOG.debug("metrics: " + format, *args)

    class Server(TCPServer):  # not HTTPServer: that one looks its own name up when it binds
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        allow_reuse_address = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing on standard error of a reader that went away."""
            LOG.debug("metrics: a request failed", exc_info=True)

    try:
        server = Server((host, port), Page)
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or error
        raise ConfigurationError(
            Message(
                "{option} {host}:{port}: cannot be listened on: {words}",
                {"option": option, "host": host, "port": port, "words": words},
            )
        ) from None
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(REQUEST_WITHIN_S + 1)

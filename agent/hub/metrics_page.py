"""Serves `/metrics` for whoever collects it, in a thread of its own, beside a hub that runs.

There is no login: who may connect is said by the address it listens on, which is loopback unless another is named.
One request at a time, each with a deadline; the database is opened anew and read-only for each, so that a slow or
hostile reader can hold up nothing but this page.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Final

from agent.errors import AgentError, ConfigurationError
from agent.hub import trust
from agent.hub.metrics import CONTENT_TYPE, write_metrics
from agent.hub.store import Store

LOG = logging.getLogger("camwarden.hub")

REQUEST_WITHIN_S: Final = 5.0
LOOPBACK: Final = "127.0.0.1"


def read_metrics(directory: Path, now: datetime) -> str:
    """Return the page from a hub's data.

    Raises:
        AgentError: There is no hub, or a file cannot be read.
    """
    believed = trust.load(directory)
    store = Store(directory, read_only=True)
    try:
        return write_metrics(store, believed, directory, now)
    finally:
        store.close()


@contextmanager
def serving(directory: Path, address: tuple[str, int], clock: Callable[[], datetime]) -> Iterator[int]:
    """Serve the page while the block runs; yield the port.

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
                text = read_metrics(directory, clock())
            except AgentError as error:
                self._answer(503, "text/plain; charset=utf-8", f"{error}\n")
            else:
                self._answer(200, CONTENT_TYPE, text)

        def _answer(self, status: int, content_type: str, text: str) -> None:
            body = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            LOG.debug("metrics: " + format, *args)

    try:
        server = _Server((host, port), Page)
    except (OSError, OverflowError) as error:
        words = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"--metrics {host}:{port}: cannot be listened on: {words}") from None
    thread = threading.Thread(target=server.serve_forever, args=(0.1,), name="metrics", daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join(REQUEST_WITHIN_S + 1)


class _Server(HTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing on standard error of a reader that went away."""
        LOG.debug("metrics: a request failed", exc_info=True)

"""A webhook on loopback: keeps what it is sent, and answers as it is told."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Any

from patience import PATIENCE_S


@dataclass
class Hook:
    """`requests`: path and body of each. `status`, `answer`, `headers`: what it says. `silent`: it never answers.

    `judge` makes the answer of path, headers and body, as a real service does. `heard`: the headers of each request.
    `asked` is set with the first request; `ended` ends its silence.
    """

    port: int = 0
    tls: bool = False
    status: int = 200
    answer: bytes = b'{"errcode":0,"errmsg":"ok"}'
    headers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    asked: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)
    judge: Callable[[str, Mapping[str, str], bytes], bytes] | None = None
    requests: list[tuple[str, bytes]] = field(default_factory=list)
    heard: list[Mapping[str, str]] = field(default_factory=list)

    def url(self, target: str = "/send?key=TOKEN-1") -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}{target}"

    def bodies(self) -> list[Any]:
        return [json.loads(body) for _, body in self.requests]


@contextmanager
def serving(certificate: tuple[Path, Path] | None = None) -> Iterator[Hook]:
    """Serve until the block ends; over TLS where there is a certificate with its key."""
    hook = Hook(tls=certificate is not None)

    class Page(BaseHTTPRequestHandler):
        timeout = PATIENCE_S

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hook.heard.append(dict(self.headers.items()))
            hook.requests.append((self.path, body))
            hook.asked.set()
            if hook.silent:
                hook.ended.wait(PATIENCE_S)
                return
            answer = hook.judge(self.path, hook.heard[-1], body) if hook.judge else hook.answer
            self.send_response(hook.status)
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            hook.requests.append((self.path, b"{}"))
            self.send_error(405)

        def log_message(self, format: str, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Page)
    if certificate is not None:
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hook
    finally:
        hook.ended.set()
        server.shutdown()
        with suppress(OSError):
            server.socket.shutdown(socket.SHUT_RDWR)
        server.server_close()
        thread.join(PATIENCE_S)

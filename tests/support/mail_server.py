"""A mail server on loopback: keeps what it is sent, asks for TLS and a login as it is told, and can misbehave."""

from __future__ import annotations

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from io import BufferedReader
from pathlib import Path
from typing import Literal

from patience import PATIENCE_S

MAILBOX = "camwarden@example.org"
PASSWORD = "hunter2-of-mail"


@dataclass
class Post:
    """`tls`: from the first byte, by STARTTLS, or not at all. `login`: whether it asks for one.

    `replies`: what it says instead to a command, by its word. `greeting`: what it says at first. `silent`: nothing.
    `slipped`: what somebody between adds to its answer to STARTTLS.
    `unknown`: addresses that it refuses.
    `mails`, `recipients`: what it took. `logins`: how often one was tried, and `plain`: what came before TLS.
    """

    port: int = 0
    tls: Literal["tls", "starttls", "none"] = "none"
    login: bool = True
    mechanisms: str = "LOGIN PLAIN"
    replies: dict[str, bytes] = field(default_factory=dict)
    greeting: bytes = b"220 mail.example.org ESMTP\r\n"
    slipped: bytes = b""
    unknown: tuple[str, ...] = ()
    silent: bool = False
    connections: int = 0
    logins: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    plain: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(mail, policy=policy.default) for mail in self.mails]  # type: ignore[misc]


class _Talk:
    def __init__(self, post: Post, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        self.post, self.sock, self.context = post, sock, context
        self.secure = self.admitted = False
        self.file: BufferedReader | None = None

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
        self.sock.close()

    def line(self) -> bytes:
        assert self.file is not None
        return self.file.readline(4096)

    def run(self) -> None:
        self.sock.settimeout(PATIENCE_S)
        if self.post.tls == "tls":
            self.begin_tls()
        if self.post.silent:
            self.post.ended.wait(PATIENCE_S)
            return
        self.file = self.sock.makefile("rb")
        self.say(self.post.greeting)
        while line := self.line():
            words = line.decode("ascii").strip()
            word = words.split(" ")[0].upper()
            if not self.secure:
                self.post.plain.append(words)
            if word in self.post.replies:
                self.say(self.post.replies[word])
                continue
            if word == "QUIT":
                self.say(b"221 bye\r\n")
                return
            getattr(self, f"on_{word.lower()}")(words)

    def begin_tls(self) -> None:
        assert self.context is not None
        if self.file is not None:
            self.file.close()
        self.sock = self.context.wrap_socket(self.sock, server_side=True)
        self.file = self.sock.makefile("rb")
        self.secure = True

    def say(self, text: bytes) -> None:
        self.sock.sendall(text)

    def on_ehlo(self, words: str) -> None:
        self.post.names.append(words.partition(" ")[2])
        offers = ["SIZE 1000000"]
        offers += ["STARTTLS"] if self.post.tls == "starttls" and not self.secure else []
        offers += (
            [f"AUTH {self.post.mechanisms}"] if self.post.login and (self.secure or self.post.tls == "none") else []
        )
        self.say(b"250-mail.example.org\r\n" + b"".join(f"250-{one}\r\n".encode() for one in offers) + b"250 HELP\r\n")

    def on_starttls(self, words: str) -> None:
        self.say(b"220 ready\r\n" + self.post.slipped)
        self.begin_tls()

    def on_auth(self, words: str) -> None:
        _, mechanism, *first = words.split(" ")
        self.post.logins.append(mechanism)
        if mechanism == "PLAIN":
            given = base64.b64decode(first[0]).decode().split("\0")[1:]
        else:
            given = [base64.b64decode(first[0]).decode()] if first else [self.ask(b"VXNlcm5hbWU6")]
            given.append(self.ask(b"UGFzc3dvcmQ6"))
        self.admitted = given == [MAILBOX, PASSWORD]
        self.say(b"235 in\r\n" if self.admitted else b"535 5.7.8 " + PASSWORD.encode() + b" is wrong\r\n")

    def ask(self, what: bytes) -> str:
        self.say(b"334 " + what + b"\r\n")
        return base64.b64decode(self.line()).decode()

    def on_mail(self, words: str) -> None:
        self.say(b"250 ok\r\n" if self.admitted or not self.post.login else b"530 login first\r\n")

    def on_rcpt(self, words: str) -> None:
        address = words.partition("<")[2].partition(">")[0]
        if address in self.post.unknown:
            self.say(b"550 no such user here\r\n")
            return
        self.post.recipients.append(address)
        self.say(b"250 ok\r\n")

    def on_data(self, words: str) -> None:
        self.say(b"354 go on\r\n")
        lines: list[bytes] = []
        while (line := self.line()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        self.post.mails.append(b"".join(lines))
        self.say(b"250 queued\r\n")

    def on_rset(self, words: str) -> None:
        self.say(b"250 ok\r\n")


@contextmanager
def posting(certificate: tuple[Path, Path] | None = None, **settings: object) -> Iterator[Post]:
    """Serve until the block ends; TLS needs a certificate with its key."""
    post = Post(**settings)  # type: ignore[arg-type]
    context = None
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(PATIENCE_S)
    post.port = server.getsockname()[1]

    def talk(sock: socket.socket) -> None:
        one = _Talk(post, sock, context)
        with suppress(OSError, ssl.SSLError, ValueError):
            one.run()
        one.close()

    def serve() -> None:
        with suppress(OSError):
            while True:
                sock, _ = server.accept()
                post.connections += 1
                threading.Thread(target=talk, args=(sock,), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield post
    finally:
        post.ended.set()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(PATIENCE_S)

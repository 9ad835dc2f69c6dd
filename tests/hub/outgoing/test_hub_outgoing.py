"""A request of the hub to a web server ends in time, follows nothing, and believes only certificates that it should."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from certificates import Authority
from patience import LATE_S, PATIENCE_S
from web_page import free_port, page, running

from agent.host.web_bounds import WebBounds
from agent.hub.outgoing.exchange import NoAnswer, exchange
from agent.model.web_address import Address

OK = b"HTTP/1.1 200 OK\r\nContent-Type: Text/Plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"


@contextmanager
def answering(say: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[bytes]]]:
    """Listen on loopback, and answer each connection as told; yield the port, and what was asked."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    with client, suppress(OSError):
                        client.settimeout(PATIENCE_S)
                        asked.append(client.recv(65536))
                        say(client)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield int(listener.getsockname()[1]), asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_S)


def at(port: int, tls: bool = False, target: str = "/hook?a=b") -> Address:
    return Address("127.0.0.1", port, tls, target)


def test_an_answer_comes_with_status_kind_and_body() -> None:
    with answering(lambda client: client.sendall(OK)) as (port, asked):
        told = exchange(at(port), "POST", {"X-One": "1"}, b"body")
    assert (told.status, told.kind, told.body) == (200, "text/plain", b"hello")
    head = asked[0].partition(b"\r\n\r\n")[0]
    assert head.startswith(b"POST /hook?a=b HTTP/1.1\r\n") and f"Host: 127.0.0.1:{port}".encode() in head
    assert b"X-One: 1" in head and b"Content-Length: 4" in head and b"Cookie" not in head


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with running(page(), WebBounds()) as other:
        there = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:%d/\r\nContent-Length: 0\r\n\r\n" % other.port
        with answering(lambda client: client.sendall(there)) as (port, asked):
            assert exchange(at(port), "GET", {}).status == 302
        assert len(asked) == 1


@pytest.mark.parametrize(
    "said",
    [
        OK.replace(b"Content-Length: 5", b"Content-Length: 101") + b"x" * 96,
        OK.replace(b"Content-Length: 5\r\n", b"") + b"x" * 200_000,
        OK.replace(b"Content-Length: 5", b"Content-Length: 9"),
        b"220 mail.example ESMTP\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300,
    ],
    ids=["too large", "too large without a length", "cut off", "not HTTP", "nothing", "too many headers"],
)
def test_an_answer_that_is_too_large_cut_off_or_no_http_is_none(said: bytes) -> None:
    with answering(lambda client: client.sendall(said)) as (port, _), pytest.raises(NoAnswer):
        exchange(at(port), "GET", {}, most_bytes=100)


def test_an_answer_that_drips_ends_at_its_deadline() -> None:
    is_over = threading.Event()

    def drip(client: socket.socket) -> None:
        client.sendall(OK[:-5].replace(b"Content-Length: 5", b"Content-Length: 900"))
        for _ in range(900):
            if is_over.wait(0.2):
                return
            client.sendall(b"x")

    with answering(drip) as (port, _):
        begins = time.monotonic()
        with pytest.raises(NoAnswer, match="no complete answer in time"):
            exchange(at(port), "GET", {}, within_s=1.0)
        assert time.monotonic() - begins < 1.0 + LATE_S
        is_over.set()


def test_nobody_there_is_told_in_words_without_the_address() -> None:
    with pytest.raises(NoAnswer) as caught:
        exchange(at(free_port(), target="/secret"), "GET", {})
    assert str(caught.value) == "Connection refused"


def test_a_certificate_counts_by_its_authority_and_its_name(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(*authority.issue("hooks", server=True))
    with running(page(), WebBounds(), tls=server) as one:
        assert exchange(at(one.port, tls=True), "GET", {}, ca=authority.ca).status == 200
        with pytest.raises(NoAnswer, match="its certificate is refused"):
            exchange(at(one.port, tls=True), "GET", {})
        with pytest.raises(NoAnswer, match="its certificate is refused"):
            exchange(Address("localhost", one.port, True, "/"), "GET", {}, ca=authority.ca)

"""A gateway's side of the wire to the desk: who is believed there, and what is made of any answer."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from enrolling import EnrollDesk, Gateway, clock
from patience import PATIENCE_S

from agent.contract.enrollment import read_answer
from agent.model.errors import HubUnavailable, NotVerified
from agent.service.enroll import channel
from agent.service.enroll.channel import ask


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[EnrollDesk]:
    made = EnrollDesk(tmp_path / "hub")
    yield made
    made.store.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path / "site")


class Stranger:
    """A TLS server that says what it is told to, with the desk's own certificate."""

    def __init__(
        self,
        desk: EnrollDesk,
        answer: bytes,
        hang: bool = False,
        heard: Callable[[bytes], None] = lambda data: None,
        newest: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    ) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.maximum_version = newest
        self._heard = heard
        self._context.load_cert_chain(desk.place.path("desk.crt"), desk.place.path("desk.key"))
        self._listen = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listen.getsockname()[1])
        self.pin = desk.place.pin
        self._answer, self._hang, self._end = answer, hang, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        accepted, _ = self._listen.accept()
        with suppress(OSError), accepted, self._context.wrap_socket(accepted, server_side=True) as tls:
            self._heard(tls.recv(65536))
            tls.sendall(self._answer)
            while self._hang and not self._end.wait(0.05):
                tls.sendall(b"X: y\r\n")

    def __enter__(self) -> Stranger:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._listen.close()
        self._thread.join(PATIENCE_S)


def relayed(client: socket.socket, server: socket.socket, flip: int) -> None:
    """Hand on the server's half of a TLS 1.2 handshake, with another share of its own in place of the one it signed.

    Source: RFC 5246 section 7.4.3, RFC 8422 section 5.4 (ServerKeyExchange).
    """
    with server.makefile("rb") as records:
        while len(head := records.read(5)) == 5:
            body = bytearray(records.read(int.from_bytes(head[3:], "big")))
            if (head[0], body[0]) == (22, 12):  # a handshake's ServerKeyExchange: four bytes of head, four of the curve
                body[4 + 4] ^= flip
            client.sendall(head + body)


@pytest.mark.parametrize("flip", [0, 1], ids=["as it was", "another share"])
def test_who_shows_the_desk_s_certificate_without_its_key_gets_not_a_byte(
    desk: EnrollDesk, gateway: Gateway, flip: int
) -> None:
    """The certificate is public, and the pin fits it: what keeps him away is the key, which signs the handshake."""
    got: list[bytes] = []
    stranger = Stranger(desk, b"", heard=got.append, newest=ssl.TLSVersion.TLSv1_2)
    with stranger as real, socket.create_server(("127.0.0.1", 0)) as between:

        def stand_between() -> None:
            client, _ = between.accept()
            with client, socket.create_connection(("127.0.0.1", real.port)) as server:
                back = threading.Thread(target=copied, args=(client, server))
                back.start()
                with suppress(OSError):
                    relayed(client, server, flip)
                with suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
                back.join()

        thread = threading.Thread(target=stand_between)
        thread.start()
        with pytest.raises(HubUnavailable, match="did not answer") as caught:
            ask("127.0.0.1", int(between.getsockname()[1]), real.pin, gateway.request(desk.token(now=clock())))
        thread.join(PATIENCE_S)
    assert ("signature" in str(caught.value), len(got)) == ((True, 0) if flip else (False, 1))


@pytest.mark.parametrize("his", [0, 1], ids=["his own first", "the desk's first"])
def test_who_shows_the_desk_s_certificate_in_one_connection_and_speaks_in_another_gets_not_a_byte(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path, his: int
) -> None:
    """He hands one connection on to the desk and answers the other himself: each is believed for what it showed."""
    other = EnrollDesk(tmp_path / "other")
    got: list[bytes] = []
    with (
        desk.serving() as (port, told),
        Stranger(other, b"", heard=got.append) as man,
        socket.create_server(("127.0.0.1", 0)) as between,
    ):

        def between_two(client: socket.socket, to: int) -> None:
            with client, socket.create_connection(("127.0.0.1", to)) as server:
                back = threading.Thread(target=copied, args=(client, server))
                back.start()
                copied(server, client)
                back.join()

        def stand_between() -> None:
            lines = []
            for number in range(2):
                try:
                    client, _ = between.accept()
                except OSError:  # nobody comes again
                    break
                lines.append(threading.Thread(target=between_two, args=(client, man.port if number == his else port)))
                lines[-1].start()
            for line in lines:
                line.join()

        thread = threading.Thread(target=stand_between)
        thread.start()
        place, request = int(between.getsockname()[1]), gateway.request(desk.token(now=clock()))
        with suppress(HubUnavailable):
            ask("127.0.0.1", place, desk.place.pin, request)
        between.shutdown(socket.SHUT_RDWR)
        thread.join(PATIENCE_S)
        socket.create_connection(("127.0.0.1", man.port)).close()  # he waits no longer, if nobody came to him
        assert got in ([], [b""]), "not a byte of the request came to him"
        assert len(told.of("enrolled")) == his, "and the desk was asked where it was the desk that answered"
    other.store.close()


def copied(one: socket.socket, other: socket.socket) -> None:
    """Hand on what comes, until its end."""
    with suppress(OSError):
        while data := one.recv(65536):
            other.sendall(data)
        other.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"junk",
        b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n" + b"x" * 300_000,
        b"HTTP/1.1 99999 x\r\n\r\n",
    ],
)
def test_an_answer_that_is_none_is_told_in_one_line(desk: EnrollDesk, answer: bytes) -> None:
    with Stranger(desk, answer) as stranger, pytest.raises(HubUnavailable, match="did not answer") as caught:
        ask("127.0.0.1", stranger.port, stranger.pin, b"{}")
    assert "\n" not in str(caught.value)


def test_an_answer_without_end_is_cut_at_the_deadline(desk: EnrollDesk) -> None:
    with Stranger(desk, b"HTTP/1.1 200 OK\r\n", hang=True) as stranger, pytest.raises(HubUnavailable):
        ask("127.0.0.1", stranger.port, stranger.pin, b"{}", within_s=0.5)


def test_a_page_of_another_server_is_no_answer() -> None:
    for data in (b"<html>", b"{}", b"[]", b'{"schema":"camwarden-enrolled/1"}', b"\xff"):
        with pytest.raises(NotVerified):
            read_answer(data)


def test_nobody_there_and_no_such_name_are_told_with_the_next_step() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = int(taken.getsockname()[1])
    for host in ("127.0.0.1", "no-such-host.invalid"):
        with pytest.raises(HubUnavailable, match=f"{host}:{port}: .*cannot be reached: .*a token stays good"):
            ask(host, port, b"p" * 32, b"{}")
    assert channel.ASK_WITHIN_S < 60

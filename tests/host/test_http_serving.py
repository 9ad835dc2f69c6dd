"""The listener under pages and desk: whoever connects, however many and whatever they say, the next one is answered."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from dripping import dripping
from patience import PATIENCE_S

from agent.host import http_serving
from agent.host.http_host import is_own_host
from agent.host.http_serving import ENDED_AT_LATEST_S, HEAD_MAX_BYTES, Limits, Request, Response, serving

BRIEF = Limits(within_s=2.0, at_once=2, body_max_bytes=100)
PATIENT = Limits(within_s=60.0, at_once=2, body_max_bytes=100)


def echo(asked: Request) -> Response:
    return Response(200, "text/plain", asked.path.encode() + b" " + asked.body)


@contextmanager
def listening(reply: Callable[[Request], Response] = echo, limits: Limits = BRIEF) -> Iterator[int]:
    with serving(("127.0.0.1", 0), "POST", reply, limits, "--here", {"cameras.example"}) as port:
        yield port


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def said(client: socket.socket) -> bytes:
    """Return all that comes until the other side ends, however it ends."""
    found = b""
    try:
        while chunk := client.recv(65536):
            found += chunk
    except ConnectionResetError:
        pass
    return found


def posted(port: int, body: bytes = b"hello", method: str = "POST") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        connection.request(method, "/there", body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_a_request_is_answered_and_only_of_the_method_that_is_served() -> None:
    with listening() as port:
        assert posted(port) == (200, b"/there hello")
        assert posted(port, b"x" * 100) == (200, b"/there " + b"x" * 100)
        assert {posted(port, method=method)[0] for method in ("GET", "PUT", "DELETE", "OPTIONS", "junk")} == {501}


OURS = "localhost", "LOCALHOST:80", "127.0.0.1", "127.9.9.9:1", "[::1]:80", "Cameras.Example.:443", "10.0.0.7", "hub"
ANYWHERE = "0.0.0.0"  # noqa: S104
NOT_OURS = (
    "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "cameras.example.evil", "10.0.0.8", ANYWHERE, "",
    "[::1", "localhost:80:80", "localhost, evil.example", "evil@localhost", "local host", "127.1", "2130706433",
    "l\u043ecalhost",
)  # fmt: skip


@pytest.mark.parametrize("said", OURS)
def test_a_request_by_an_address_or_a_name_of_ours_is_meant_for_us(said: str) -> None:
    for own in ("10.0.0.7", "::ffff:10.0.0.7"):
        assert is_own_host([said], {"hub", "cameras.example"}, own)


@pytest.mark.parametrize("said", NOT_OURS)
def test_a_request_by_any_other_name_is_not(said: str) -> None:
    assert not is_own_host([said], {"hub", "cameras.example"}, "10.0.0.7")
    assert not is_own_host([], {"hub"}, "10.0.0.7") and not is_own_host(["hub", "hub"], {"hub"}, "10.0.0.7")


def test_a_page_whose_name_was_led_to_our_address_reads_nothing() -> None:
    """DNS rebinding: the browser connects to us, and says the name under which the page came."""
    asked: list[Request] = []

    def note(one: Request) -> Response:
        asked.append(one)
        return echo(one)

    def status(head: bytes) -> bytes:
        with connected(port) as client:
            client.sendall(b"POST /there HTTP/1.1\r\n" + head + b"Content-Length: 0\r\n\r\n")
            return said(client).split(b"\r\n")[0]

    with listening(note) as port:
        for head in (b"Host: evil.example\r\n", b"", b"Host: localhost\r\nHost: evil.example\r\n"):
            assert b" 421 " in status(head)
        assert asked == []
        assert b" 200 " in status(b"Host: cameras.example:%d\r\n" % port)


def test_a_connection_ends_at_its_deadline_whether_it_says_nothing_or_drips() -> None:
    """A byte every now and then would keep a mere pause from ever being too long."""
    with listening() as port, connected(port) as silent, connected(port) as slow:
        with dripping(slow):
            assert said(silent) == said(slow) == b""
        assert posted(port)[0] == 200


@pytest.mark.parametrize(
    "data",
    [
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 101\r\n\r\n" + b"x" * 101,
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: ²\r\n\r\n".encode("latin-1"),
        b"POST /" + b"x" * 2 * HEAD_MAX_BYTES,
        b"POST / HTTP/1.1\r\n" + b"a: b\r\n" * HEAD_MAX_BYTES,
        b"POST / HTTP/1.1\r\n" + b"a: b\r\n" * 150 + b"\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\nless",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 200,
        b"\0",
    ],
    ids=[
        "body too large", "length of many digits", "negative length", "digits that are none", "endless line",
        "endless head", "many headers", "body cut off", "TLS", "nothing legible",
    ],
)  # fmt: skip
def test_what_is_too_large_or_no_request_is_refused_and_never_handed_on(data: bytes) -> None:
    asked: list[Request] = []

    def note(one: Request) -> Response:
        asked.append(one)
        return echo(one)

    with listening(note) as port, connected(port) as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was ended before all of it was sent
        assert b" 200 " not in said(client)
        assert asked == []
        assert posted(port)[0] == 200


def test_more_connections_than_places_wait_and_are_all_answered() -> None:
    with listening() as port, ExitStack() as open_ones:
        for _ in range(3 * BRIEF.at_once):
            open_ones.enter_context(connected(port))
        assert posted(port)[0] == 200


def test_answers_are_made_one_at_a_time() -> None:
    inside, most, another_came = 0, 0, threading.Event()

    def count(asked: Request) -> Response:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        if inside > 1:
            another_came.set()
        another_came.wait(0.02)  # returns early, and fails the test, as soon as one is here beside this one
        inside -= 1
        return echo(asked)

    limits = Limits(within_s=60.0, at_once=8, body_max_bytes=100)
    with listening(count, limits) as port:
        threads = [threading.Thread(target=posted, args=(port,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert most == 1


def test_the_end_cuts_open_connections_and_does_not_wait_for_their_deadline() -> None:
    """A reader that stands there must not hold up the stop of a service."""
    with ExitStack() as left:
        with listening(limits=PATIENT) as port:
            silent = [left.enter_context(connected(port)) for _ in range(3 * PATIENT.at_once)]
            silent[0].sendall(b"POST / HTTP/1.1\r\n")
            started_at_mono = time.monotonic()
        assert time.monotonic() - started_at_mono < PATIENT.within_s / 2
        assert [said(client) for client in silent] == [b""] * len(silent)
    with pytest.raises(ConnectionRefusedError):
        connected(port)


def test_a_listener_that_nobody_calls_ends_at_once() -> None:
    """It waits for a connection and polls for nothing: its end must wake it."""
    with listening() as port:
        assert posted(port)[0] == 200  # it waits for the next one
        started_at_mono = time.monotonic()
    assert time.monotonic() - started_at_mono < ENDED_AT_LATEST_S / 2
    with pytest.raises(ConnectionRefusedError):
        connected(port)


def test_an_answer_that_is_being_made_is_over_before_the_end() -> None:
    """What it is made of may be closed afterwards."""
    begun, ended, came_first = threading.Event(), threading.Event(), list[bool]()

    def slow(asked: Request) -> Response:
        begun.set()
        came_first.append(ended.wait(0.3))  # returns early where the end does not wait for it
        return echo(asked)

    with listening(slow, PATIENT) as port, connected(port) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        assert begun.wait(PATIENCE_S)
    ended.set()
    assert came_first == [False]


def test_a_process_that_may_have_no_further_thread_takes_the_next_connection_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each connection that found none must give its place back."""

    class NoThread(threading.Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    with listening() as port:
        with monkeypatch.context() as none_left:
            none_left.setattr(http_serving.threading, "Thread", NoThread)  # type: ignore[attr-defined]
            for _ in range(2 * BRIEF.at_once):
                with connected(port) as client:
                    assert said(client) == b""
        assert posted(port)[0] == 200


def test_an_answer_that_fails_ends_its_connection_alone(capfd: pytest.CaptureFixture[str]) -> None:
    def fails(asked: Request) -> Response:
        if asked.body == b"bad":
            raise ValueError("a bug")
        return echo(asked)

    with listening(fails) as port:
        with pytest.raises((http.client.HTTPException, OSError)):
            posted(port, b"bad")
        assert posted(port)[0] == 200
    assert capfd.readouterr().err == ""

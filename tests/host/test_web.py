"""The listener under the local page: whole requests in bounds, one per connection, and an end of its own."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from dripping import dripping
from patience import LATE_S, PATIENCE_S
from web_page import asked, connected, page, request, running, said

from agent.host.web import random_loopback, serve
from agent.host.web_bounds import WebBounds
from agent.model.errors import ConfigurationError

PATIENT = WebBounds(head_within_s=300, body_within_s=300, answer_within_s=300)


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer else 0


def test_each_answer_has_the_headers_and_says_nothing_of_the_server() -> None:
    loud = [(b"Cache-Control", b"max-age=9"), (b"Server", b"us"), (b"X-Taken-At", b"now")]
    with running(page(headers=loud), PATIENT) as on:
        answers = {
            200: asked(on.port, request(on.port, "/there", b"hello", "POST")),
            421: asked(on.port, request(on.port + 1)),
            413: asked(on.port, request(on.port, "/", b"x" * 65537, "POST")),
            400: asked(on.port, b"\0\r\n\r\n"),
        }
    assert answers[200].endswith(b"\r\n\r\n/there hello") and b"x-taken-at: now" in answers[200]
    for status, answer in answers.items():
        assert status_of(answer) == status
        names = [line.split(b":")[0].lower() for line in answer.split(b"\r\n\r\n")[0].split(b"\r\n")[1:]]
        assert not {b"server", b"date"} & set(names) and len(names) == len(set(names))
        for line in (
            b"cache-control: no-store", b"x-content-type-options: nosniff", b"referrer-policy: no-referrer",
            b"cross-origin-opener-policy: same-origin", b"cross-origin-resource-policy: same-origin",
            b"content-security-policy: default-src 'none'; base-uri 'none'", b"connection: close",
        ):  # fmt: skip
            assert line in answer, (status, line)


def test_a_page_has_the_policy_that_it_gives_itself() -> None:
    with running(page(headers=[(b"content-security-policy", b"default-src 'self'")]), PATIENT) as on:
        answer = asked(on.port, request(on.port))
    assert answer.count(b"content-security-policy") == 1 and b"default-src 'self'" in answer


@pytest.mark.parametrize(
    ("part", "sent"),
    [("head_within_s", b""), ("head_within_s", b"GET / HTTP/1.1\r\nHo"), ("body_within_s", b"whole head")],
)
def test_a_connection_is_cut_at_the_deadline_of_its_part_whether_it_is_silent_or_drips(part: str, sent: bytes) -> None:
    """Whatever would end it else is put far behind: only this deadline can."""
    bounds = WebBounds(**{"head_within_s": 300, "body_within_s": 300, "answer_within_s": 300, part: 1})
    with running(page(), bounds) as on, connected(on.port) as silent, connected(on.port) as slow:
        head = request(on.port, method="POST", more=b"Content-Length: 9999\r\n") if part == "body_within_s" else sent
        began = time.monotonic()
        for client in (silent, slow):
            client.sendall(head)
        with dripping(slow):
            assert said(silent) == said(slow) == b""
        assert 0.9 < time.monotonic() - began < 1 + LATE_S


def test_an_answer_that_is_not_made_in_time_is_told_and_the_next_is_answered(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/slow":
            await asyncio.Event().wait()
        await page()(scope, receive, send)

    with running(app, WebBounds(answer_within_s=0.5)) as on:
        assert status_of(asked(on.port, request(on.port, "/slow"))) == 503
        assert status_of(asked(on.port, request(on.port))) == 200
    assert [record.getMessage() for record in caplog.records] == ["/slow: no answer in time"]


def test_an_answer_that_fails_is_one_line_without_what_it_said(caplog: pytest.LogCaptureFixture) -> None:
    def fails(path: str, body: bytes) -> tuple[int, bytes]:
        raise ValueError("the password hunter2")

    with running(page(fails), PATIENT) as on:
        answer = asked(on.port, request(on.port, "/api/x"))
    assert status_of(answer) == 500 and b"hunter2" not in answer
    assert [record.getMessage() for record in caplog.records] == ["/api/x: ValueError"]


def test_what_clients_do_wrong_is_no_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with running(page(), WebBounds(head_within_s=1)) as on:
        for data in (
            b"\0",
            b"GET / HTTP/1.1\r\n\r\n",
            request(on.port + 1),
            request(on.port, more=b"Upgrade: h2c\r\n"),
        ):
            asked(on.port, data)
        with connected(on.port) as reset:
            reset.sendall(request(on.port, method="POST", more=b"Content-Length: 5\r\n"))
            reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert caplog.records == []


def test_the_application_sees_a_request_whole_and_no_refused_one() -> None:
    seen: list[str] = []
    with running(page(asked=seen), PATIENT) as on, connected(on.port) as slow:
        slow.sendall(request(on.port, "/half", method="POST", more=b"Content-Length: 5\r\n") + b"hel")
        assert status_of(asked(on.port, request(on.port, "/other"))) == 200
        assert seen == ["/other"]
        slow.sendall(b"lo")
        assert said(slow).endswith(b"/half hello")
        assert seen == ["/other", "/half"]


def test_the_connection_that_waits_longest_makes_room_and_one_that_is_answered_does_not() -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/long":
            begun.set()
            while not go_on.is_set():
                await asyncio.sleep(0.01)
        await page()(scope, receive, send)

    with running(app, WebBounds(at_once=3, head_within_s=300)) as on, ExitStack() as left:
        busy = left.enter_context(connected(on.port))
        busy.sendall(request(on.port, "/long"))
        assert begun.wait(PATIENCE_S)
        first, second, third = (left.enter_context(connected(on.port)) for _ in range(3))
        assert said(first) == b"", "cut for the third, with no other reason for minutes"
        for client in (second, third):
            client.sendall(request(on.port, "/waited"))
            assert status_of(said(client)) == 200
        go_on.set()
        assert status_of(said(busy)) == 200


def test_two_hundred_slow_clients_hold_nobody_up() -> None:
    """Each place is taken three times over, by connections that no deadline will end for minutes."""
    bounds = WebBounds(head_within_s=300, body_within_s=300)
    with running(page(), bounds) as on, ExitStack() as left:
        for number in range(200):
            client = left.enter_context(connected(on.port))
            client.sendall(
                (b"", b"GET / HTT", request(on.port, "/", method="POST", more=b"Content-Length: 9\r\n"))[number % 3]
            )
        for _ in range(10):
            assert status_of(asked(on.port, request(on.port))) == 200


def test_a_client_that_does_not_read_is_cut_at_its_deadline() -> None:
    """Its answer is far larger than what lies between it and us."""
    large = page(lambda path, body: (200, bytes(50_000_000)))
    with running(large, WebBounds(answer_within_s=1)) as on, connected(on.port) as client:
        began = time.monotonic()
        client.sendall(request(on.port))
        watch = select.poll()
        watch.register(client, select.POLLERR | select.POLLHUP)
        assert watch.poll(1000 * LATE_S), "nothing is read, and it ends"
        assert time.monotonic() - began > 0.9


def test_it_ends_by_itself_when_nobody_has_used_it_and_use_is_an_answer_that_went_well() -> None:
    with running(page(), WebBounds(idle_s=0.5)) as on:
        assert on.over() == "idle"
    with running(page(), WebBounds(idle_s=300, lives_s=0.5)) as on:
        assert on.over() == "over"
    refusing = page(lambda path, body: (200 if path == "/use" else 401, b""))
    with running(refusing, WebBounds(idle_s=2)) as on:
        began = time.monotonic()
        while not on.ended and time.monotonic() - began < LATE_S:
            try:
                asked(on.port, request(on.port, "/no"))
            except ConnectionError:
                break
        assert on.over() == "idle", "strangers who are refused keep it open for nobody"


def test_its_end_cuts_whoever_is_connected() -> None:
    with ExitStack() as left:
        with running(page(), PATIENT) as on:
            open_ones = [left.enter_context(connected(on.port)) for _ in range(5)]
            open_ones[0].sendall(b"GET / HT")
            assert status_of(asked(on.port, request(on.port))) == 200
        assert [said(client) for client in open_ones] == [b""] * 5
        with pytest.raises(ConnectionRefusedError):
            connected(on.port)


ENDS = """
import sys
sys.path[:0] = sys.argv[1:]
from agent.host.web import serve
from agent.host.web_bounds import WebBounds
from web_page import page
ended = serve(page(), ("127.0.0.1", 0), WebBounds(), on_ready=lambda host, port: print(port, flush=True))
print(ended)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_whoever_called_it_goes_on(number: signal.Signals) -> None:
    ours = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1] / "support")]
    with subprocess.Popen(
        [sys.executable, "-c", ENDS, *ours], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        port = int(process.stdout.readline())
        with connected(port):
            os.kill(process.pid, number)
            assert process.stdout.read() == b"signal\n"
            assert process.stderr.read() == b""
        assert process.wait(PATIENCE_S) == 0


def test_an_address_that_is_taken_or_not_ours_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=rf"^--port 127\.0\.0\.1:{port}: cannot be listened on: "):
            serve(page(), ("127.0.0.1", port), PATIENT, on_ready=lambda host, port: None)
    for address in (("192.0.2.1", 0), ("127.0.0.1", 65536)):
        with pytest.raises(ConfigurationError, match="cannot be listened on"):
            serve(page(), address, PATIENT, on_ready=lambda host, port: None)


def test_what_fails_when_it_is_ready_ends_it_and_is_told() -> None:
    def fails(host: str, port: int) -> None:
        raise ConfigurationError("no terminal")

    # On a thread: another test of this process may have left a browser's event loop on the first one.
    with ThreadPoolExecutor(1) as thread, pytest.raises(ConfigurationError, match="no terminal"):
        thread.submit(serve, page(), ("127.0.0.1", 0), PATIENT, on_ready=fails).result()


def test_a_page_has_an_address_of_its_own_where_the_system_gives_one(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = random_loopback(), random_loopback()
    assert first != second and all(one.startswith("127.") and one != "127.0.0.1" for one in (first, second))
    with running(page(), PATIENT, host=first) as on, connected(on.port, first) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: %s:%d\r\n\r\n" % (first.encode(), on.port))
        assert status_of(said(client)) == 200

    def refuses(*given: object, **more: object) -> socket.socket:
        raise OSError(49, "Can't assign requested address")

    monkeypatch.setattr(socket, "create_server", refuses)
    assert random_loopback() == "127.0.0.1"

"""Whatever a stranger says to a listener, and however slowly: no application sees it, and the next is answered."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from dripping import dripping
from four_listeners import FOUR, Listener
from patience import LATE_S, PATIENCE_S
from web_page import said

from agent.host import http_serving, prometheus
from agent.host.web_bounds import WebBounds
from agent.hub.enroll import server as desk_server

FAR_S = 300.0
"""Far behind whatever a test waits for: only what it is about can end a connection."""


def started(which: str, folder: Path, until: ExitStack, within_s: float = FAR_S) -> Listener:
    """Start a listener each of whose deadlines for a client is the same."""
    patch = until.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(prometheus, "REQUEST_WITHIN_S", within_s)
    patch.setattr(desk_server, "REQUEST_WITHIN_S", within_s)
    bounds = WebBounds(head_within_s=within_s, body_within_s=within_s, answer_within_s=within_s)
    return until.enter_context(FOUR[which](bounds, folder))


@pytest.fixture(params=FOUR, scope="module")
def listener(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    with ExitStack() as until:
        yield started(request.param, tmp_path_factory.mktemp("listener"), until)


Attack = Callable[[Listener], bytes]

LONG = "x" * 70_000

REFUSED: dict[str, Attack] = {
    "a foreign Host": lambda on: on.head(host="evil.example"),
    "a foreign Host with our port": lambda on: on.head(host=f"evil.example:{on.port}"),
    "a name that ends like ours": lambda on: on.head(host=f"evil.{on.host}"),
    "a name that begins like ours": lambda on: on.head(host=f"{on.host.split(':')[0]}.evil.example"),
    "a Host with a login": lambda on: on.head(host=f"evil@{on.host}"),
    "two hosts in one": lambda on: on.head(host=f"{on.host}, evil.example"),
    "an address written another way": lambda on: on.head(host=f"2130706433:{on.port}"),
    "no Host": lambda on: on.head(host=""),
    "an empty Host": lambda on: on.head("Host: ", host=""),
    "two Hosts": lambda on: on.head(f"Host: {on.host}"),
    "a second, foreign Host": lambda on: on.head("Host: evil.example"),
    "a NUL in the Host": lambda on: on.head(host=f"{on.host}\0"),
    "an absolute target": lambda on: on.head(target=f"http://evil.example{on.path}"),
    "an absolute target of ours": lambda on: on.head(target=f"http://{on.host}{on.path}"),
    "a target of another host": lambda on: on.head(target=f"//evil.example{on.path}"),
    "no path": lambda on: on.head(target="*"),
    "a NUL in the target": lambda on: on.head(target=f"{on.path}\0"),
    "a hidden NUL in the target": lambda on: on.head(target=f"{on.path}%00"),
    "a line break in the target": lambda on: on.head(target=f"{on.path}%0d%0aX: y"),
    "CONNECT": lambda on: b"CONNECT evil.example:443 HTTP/1.1\r\nHost: %s\r\n\r\n" % on.host.encode(),
    "TRACE": lambda on: b"TRACE %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (on.path.encode(), on.host.encode()),
    "no method": lambda on: b"\0" + on.good()[1:],
    "version 9.9": lambda on: on.head(version="HTTP/9.9"),
    "version 2.0": lambda on: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "version 0.9": lambda on: f"{on.method} {on.path}\r\n\r\n".encode(),
    "another protocol": lambda on: on.head(version="ICY/1.1"),
    "TLS where none is spoken": lambda on: (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xff" * 200 + b"\r\n\r\n"
    ),
    "nothing but NULs": lambda on: b"\0" * 1000 + b"\r\n\r\n",
    "a length and chunks": lambda on: on.head("Content-Length: 4", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "chunks": lambda on: on.head("Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n\r\n",
    "chunks behind a blank": lambda on: on.head("Transfer-Encoding : chunked", "Content-Length: 2") + b"{}",
    "chunks behind a line that is none": lambda on: on.head("junk", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
    "a folded line first": lambda on: on.good().replace(b"\r\n", b"\r\n Transfer-Encoding: chunked\r\n", 1),
    "two lengths": lambda on: on.head("Content-Length: 2", "Content-Length: 3") + b"{}}",
    "a signed length": lambda on: on.head("Content-Length: +2") + b"{}",
    "a hexadecimal length": lambda on: on.head("Content-Length: 0x2") + b"{}",
    "a negative length": lambda on: on.head("Content-Length: -2") + b"{}",
    "a length of many digits": lambda on: on.head(f"Content-Length: {'9' * 40}"),
    "a body over the cap": lambda on: (
        on.head(f"Content-Length: {on.body_max_bytes + 1}") + b"x" * (on.body_max_bytes + 1)
    ),
    "a body far over the cap": lambda on: on.head(f"Content-Length: {40 * 65536}") + b"x" * 40 * 65536,
    "a huge header": lambda on: on.head(f"X: {LONG}"),
    "a huge Host": lambda on: on.head(host=LONG),
    "a huge target": lambda on: on.head(target=f"/{LONG}"),
    "thousands of headers": lambda on: on.head(*["a: b"] * 20_000),
}

REFUSED_WHERE_EXACT: dict[str, Attack] = {
    "our address with another port": lambda on: on.head(host=f"{on.host.split(':')[0]}:{on.port + 1}"),
    "our address without its port": lambda on: on.head(host=on.host.split(":")[0]),
    "localhost, which was not given": lambda on: on.head(host=f"localhost:{on.port}"),
    "version 1.0": lambda on: on.head(version="HTTP/1.0"),
    "an upgrade": lambda on: on.head("Connection: upgrade", "Upgrade: websocket"),
    "a NUL in a header": lambda on: on.head("X: a\0b"),
}


@pytest.mark.parametrize("attack", [*REFUSED, *REFUSED_WHERE_EXACT])
def test_what_is_no_honest_request_is_refused_and_never_handed_on(listener: Listener, attack: str) -> None:
    """It ends at once, with no deadline near: the connection is closed by what was said on it."""
    if attack in REFUSED_WHERE_EXACT and not listener.exact:
        assert listener.serves(), "a page for programs is reached through tunnels, and by simple ones"
        return
    before = listener.handed_on()
    answer = listener.answer({**REFUSED, **REFUSED_WHERE_EXACT}[attack](listener))
    refused = re.match(rb"HTTP/1\.[01] [45]", answer) or not answer.startswith(b"HTTP/")  # 0.9 has no status
    assert refused and listener.marks not in answer, answer[:100]
    assert listener.handed_on() == before
    assert listener.serves()


def test_a_head_that_is_cut_off_is_no_request(listener: Listener) -> None:
    """Its end is missing, and with it perhaps what would have had it refused."""
    before = listener.handed_on()
    for cut in (listener.head()[:-2], listener.head()[:-4], listener.head()[:-5]):
        with listener.connected() as client:
            client.sendall(cut)
            client.shutdown(socket.SHUT_WR)
            assert listener.marks not in said(client)
    assert listener.handed_on() == before


def test_a_second_request_on_a_connection_is_never_answered(listener: Listener) -> None:
    before = listener.handed_on()
    answer = listener.answer(listener.good() + listener.good())
    assert answer.count(listener.marks) == 1 and answer.count(b"HTTP/1.") == 1
    assert listener.handed_on() == before + 1


@pytest.mark.parametrize("which", FOUR)
def test_a_slow_client_is_cut_at_a_deadline_that_no_drip_moves(which: str, tmp_path: Path) -> None:
    """Silent or dripping, in the handshake, in the head or in the body. Nobody else wants their places."""
    with ExitStack() as until:
        on = started(which, tmp_path, until, within_s=3.0)
        body = on.head(f"Content-Length: {max(on.body_max_bytes, 1)}")
        slow = [(False, b""), (False, b"\x16\x03\x01"), (True, b""), (True, on.good()[:9]), (True, body)]
        began = time.monotonic()
        clients = []
        for handshake, data in slow * 2:
            clients.append(until.enter_context(on.connected(handshake)))
            clients[-1].sendall(data)
        for client in clients[len(slow) :]:
            until.enter_context(dripping(client))
        for client in clients:
            client.settimeout(LATE_S)
            answer = said(client)
            assert answer == b"" or answer.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4", b"\x15\x03"))
        assert time.monotonic() - began < 2 * 3.0 + LATE_S
        assert on.handed_on() == 0
        assert on.serves()


@pytest.mark.parametrize("which", FOUR)
def test_two_hundred_slow_clients_hold_no_honest_one_up(
    which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No deadline comes to help: who makes a listener wait longest makes room for the next."""
    monkeypatch.setattr(http_serving, "SHARE", 0.3 / FAR_S)
    with ExitStack() as until:
        on = started(which, tmp_path, until)
        for number in range(210):
            client = until.enter_context(socket.create_connection(("127.0.0.1", on.port), timeout=PATIENCE_S))
            client.sendall((b"", b"\x16\x03\x01" if on.tls else on.good()[:9])[number % 2])
        assert on.serves() and on.serves()

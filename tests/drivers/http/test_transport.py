"""The HTTP client against real sockets: deadline, sizes, logins, and where a credential may go."""

from __future__ import annotations

import gzip
import itertools
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from devices import (
    PASSWORD,
    Answer,
    HttpDevice,
    clock,
    device,
    http,
)
from digest_gate import Gate
from patience import LATE_S, PATIENCE_S

from drivers.credentials import Credentials
from drivers.errors import DeadlineExceeded, DriverError, Malformed, ProtocolBroken, Unreachable
from drivers.http.transport import ReplayTransport, Request, Transport, open_transport
from drivers.model import Reply

DEADLINE_S = 0.6
ASK = Request("GetThing", "POST", "/onvif/device_service", b"<x/>")
CHALLENGE = ("WWW-Authenticate", 'Digest realm="cam", nonce="n1", qop="auth", opaque="o"')


def packed(body: bytes, coding: str = "gzip") -> bytes:
    return http(200, body, ("Content-Encoding", coding))


def opened(
    served: HttpDevice, deadline_s: float = 60.0, password: str | None = PASSWORD
) -> AbstractContextManager[Transport]:
    return open_transport(device(served.port, password), deadline_s, Credentials(None), clock)


def failure(served: HttpDevice, request: Request = ASK, deadline_s: float = 30.0) -> tuple[DriverError, float]:
    """Send one request to a device that misbehaves; return the error and the time that it took."""
    with opened(served, deadline_s) as transport:
        begun = time.monotonic()
        with pytest.raises(DriverError) as raised:
            transport.exchange(request)
        return raised.value, time.monotonic() - begun


def test_several_requests_share_one_connection() -> None:
    with HttpDevice(lambda asked: http(200, b"yes")) as served, opened(served) as transport:
        assert [transport.exchange(ASK).reply.body for _ in range(5)] == [b"yes"] * 5
        assert served.connections == 1
        assert [reply.status for reply in transport.replies] == [200] * 5


HOSTILE: dict[str, tuple[Callable[[HttpDevice], Answer], type[DriverError]]] = {
    "silent": (lambda served: None, DeadlineExceeded),
    "drips its status line": (lambda served: served.drip(b"HTTP/1.1 200 OK"), DeadlineExceeded),
    "drips headers": (
        lambda served: itertools.chain([b"HTTP/1.1 200 OK\r\n"], served.drip(b"X-A: b\r\n")),
        DeadlineExceeded,
    ),
    "sends 100 Continue for ever": (
        lambda served: served.drip(b"HTTP/1.1 100 Continue\r\n\r\n", 0.001),
        DeadlineExceeded,
    ),
    "drips a body": (
        lambda served: itertools.chain([b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"], served.drip(b"abc")),
        DeadlineExceeded,
    ),
    "drips a body that ends with the connection": (
        lambda served: itertools.chain([b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"], served.drip(b"abc")),
        DeadlineExceeded,
    ),
    "drips chunks": (
        lambda served: itertools.chain(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"], served.drip(b"1\r\nx\r\n")
        ),
        DeadlineExceeded,
    ),
    "begins a body and falls silent": (lambda served: http(200, b"abc", length=10), DeadlineExceeded),
    "announces 100 MB": (lambda served: http(200, b"", length=100_000_000), Malformed),
    "sends 100 MB without saying so": (
        lambda served: itertools.chain([b"HTTP/1.1 200 OK\r\n\r\n"], itertools.repeat(b"x" * 1_000_000, 100)),
        Malformed,
    ),
    "sends endless chunks": (
        lambda served: itertools.chain(
            [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
            itertools.repeat(b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        ),
        Malformed,
    ),
    "ends in the middle of a body": (lambda served: iter([http(200, b"abc", length=10)]), ProtocolBroken),
    "ends without an answer": (lambda served: iter([]), ProtocolBroken),
    "does not speak HTTP": (lambda served: iter([b"SSH-2.0-dropbear\r\n\r\n"]), Malformed),
    "sends an endless header line": (
        lambda served: itertools.chain([b"HTTP/1.1 200 OK\r\nX: "], itertools.repeat(b"x" * 65536, 64)),
        Malformed,
    ),
    "sends a cut gzip": (lambda served: http(200, b"\x1f\x8b", ("Content-Encoding", "gzip")), Malformed),
    "sends a gzip without its end": (lambda served: packed(gzip.compress(b"yes")[:-1]), Malformed),
    "sends no gzip and says so": (lambda served: packed(b"<x/>"), Malformed),
    "sends two answers in one gzip": (lambda served: packed(gzip.compress(b"a") + gzip.compress(b"b")), Malformed),
    "sends 64 MB in 64 kB": (lambda served: packed(gzip.compress(b"0" * 2**26)), Malformed),
    "compresses in another way": (lambda served: http(200, b"x", ("Content-Encoding", "br")), Malformed),
}


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "GZIP"])
@pytest.mark.parametrize("body", [b"<yes/>", b"", b"x" * 5000])
def test_an_answer_that_comes_packed_is_read(body: bytes, coding: str) -> None:
    """Small web servers pack what they keep as files, asked or not."""
    with HttpDevice(lambda asked: packed(gzip.compress(body), coding)) as served, opened(served) as transport:
        assert transport.exchange(ASK).reply.body == body
    assert "gzip" not in served.asked[0].headers.get("accept-encoding", "")


@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_of_an_answer_is_that_of_what_it_unpacks_to(over: int) -> None:
    asks = replace(ASK, max_bytes=100_000)
    body = b"y" * (asks.max_bytes + over)
    with HttpDevice(lambda asked: packed(gzip.compress(body))) as served, opened(served) as transport:
        if not over:
            assert transport.exchange(asks).reply.body == body
            return
        with pytest.raises(Malformed, match="larger than 100000 bytes"):
            transport.exchange(asks)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_misbehaving_device_costs_no_more_than_its_deadline(name: str) -> None:
    answer, expected = HOSTILE[name]
    deadline_s = DEADLINE_S if expected is DeadlineExceeded else 2 * LATE_S
    with HttpDevice(lambda asked: answer(served)) as served:
        error, took_s = failure(served, deadline_s=deadline_s)
    assert type(error) is expected, error
    assert took_s < DEADLINE_S + LATE_S


@pytest.mark.parametrize(
    ("date", "known"),
    [
        ("Tue, 24 Nov 2026 09:00:00 GMT", 3600.0),
        ("Tue, 24 Nov 2026 08:00:00333333333333333333 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 -2359", None),
        ("Mon, 01 Jan 1900 00:00:00 GMT", None),
        ("soon", None),
    ],
)
def test_a_date_that_cannot_be_is_none(date: str, known: float | None) -> None:
    with HttpDevice(lambda asked: http(200, b"yes", ("Date", date))) as served, opened(served) as transport:
        offset_s = transport.exchange(ASK).server_date_offset_s
        assert offset_s == (known if known is None else pytest.approx(known, abs=5))


def test_the_deadline_is_shared_by_all_requests() -> None:
    answers = itertools.chain([http(200)], itertools.repeat(None))
    with HttpDevice(lambda asked: next(answers)) as served, opened(served, 3.0) as transport:
        transport.exchange(ASK)
        with pytest.raises(DeadlineExceeded):
            transport.exchange(ASK)
        begun = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            transport.exchange(ASK)
        assert time.monotonic() - begun < 3.0, "no new deadline"
        assert len(served.asked) == 2


def test_the_thread_that_guards_deadlines_ends_with_the_last_connection() -> None:
    with HttpDevice(lambda asked: http(200)) as served, opened(served) as transport:
        transport.exchange(ASK)
        guards = [thread for thread in threading.enumerate() if thread.name == "camwarden-deadline"]
        assert len(guards) == 1
    guards[0].join(PATIENCE_S)
    assert not guards[0].is_alive()


def test_a_request_with_a_limit_ends_there_and_the_next_one_is_answered() -> None:
    answers = itertools.chain([None, http(200, b"yes")])
    with HttpDevice(lambda asked: next(answers)) as served:
        with opened(served) as transport:
            begun = time.monotonic()
            with pytest.raises(DeadlineExceeded):
                transport.exchange(Request("GetThing", "POST", "/", limit_s=0.2))
            assert time.monotonic() - begun < 0.2 + LATE_S
            assert transport.exchange(ASK).reply.body == b"yes"
            guards = [thread for thread in threading.enumerate() if thread.name == "camwarden-deadline"]
        # No connection outlives the transport, also where an error still holds on to it.
        guards[0].join(PATIENCE_S)
        assert not guards[0].is_alive()


def test_a_dripping_body_cannot_take_more_than_the_limit() -> None:
    def answer(served: HttpDevice) -> Answer:
        return itertools.chain([b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"], served.drip(b"abc"))

    with HttpDevice(lambda asked: answer(served)) as served, opened(served) as transport:
        begun = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            transport.exchange(Request("GetThing", "POST", "/", limit_s=0.3))
        assert time.monotonic() - begun < 0.3 + LATE_S


def test_a_closed_port_is_unreachable() -> None:
    with HttpDevice(lambda asked: None) as served:
        pass
    error, _ = failure(served)
    assert isinstance(error, Unreachable)
    assert "refused" in str(error)


def test_an_unknown_name_is_unreachable_and_not_an_exception_of_its_own() -> None:
    box = device(80, host="no-such-host.invalid")
    with (
        open_transport(box, 1.0, Credentials(None), clock) as transport,
        pytest.raises(Unreachable, match="no address"),
    ):
        transport.exchange(ASK)


def test_a_redirect_is_returned_and_not_followed() -> None:
    with HttpDevice(lambda asked: http(200)) as elsewhere:
        target = ("Location", f"http://127.0.0.1:{elsewhere.port}/")
        with HttpDevice(lambda asked: http(302, b"", target)) as served, opened(served) as transport:
            assert transport.exchange(ASK).reply.status == 302
        assert elsewhere.connections == 0


def test_proxies_and_netrc_of_the_environment_do_not_apply(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login root password leaked")
    monkeypatch.setenv("NETRC", str(netrc))
    with HttpDevice(lambda asked: http(200)) as proxy, HttpDevice(lambda asked: http(200)) as served:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        with opened(served) as transport:
            transport.exchange(ASK)
        assert proxy.connections == 0
        assert "authorization" not in served.asked[0].headers


def test_cookies_are_not_kept() -> None:
    with (
        HttpDevice(lambda asked: http(200, b"", ("Set-Cookie", "session=1"))) as served,
        opened(served) as transport,
    ):
        transport.exchange(ASK)
        transport.exchange(ASK)
        assert "cookie" not in served.asked[1].headers


def test_records_hold_no_login() -> None:
    gate = Gate()
    with HttpDevice(gate) as served, opened(served) as transport:
        transport.exchange(Request("snapshot", "GET", "/snap.jpg?usr=admin&pwd=hunter2&ch=1"))
        assert served.asked[0].target == "/snap.jpg?usr=admin&pwd=hunter2&ch=1"
        shown = repr(transport.replies) + repr(transport.device)
    assert "hunter2" not in shown and PASSWORD not in shown and "Digest" not in shown
    assert "ch=1" in shown


def test_an_error_names_no_address_with_a_secret() -> None:
    with HttpDevice(lambda asked: iter([])) as served:
        error, _ = failure(served, Request("snapshot", "GET", "/snap.jpg?pwd=hunter2"))
    assert "hunter2" not in repr(error) and "snapshot" in str(error)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, key and certificate in one file."""
    path = tmp_path_factory.mktemp("tls") / "device.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    command += ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path), "-out", "-"]
    made = subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + made.stdout)
    return path


@pytest.fixture
def secured(certificate: Path) -> Iterator[HttpDevice]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    served = HttpDevice(
        lambda asked: (
            http(200, b"in") if asked.authorization else http(401, b"", ("WWW-Authenticate", 'Basic realm="x"'))
        )
    )
    served.wrap = lambda sock: context.wrap_socket(sock, server_side=True)  # type: ignore[method-assign]
    with served:
        yield served


def test_basic_over_trusted_tls_is_answered(secured: HttpDevice, certificate: Path) -> None:
    box = device(secured.port, tls=True)
    with open_transport(box, 60.0, Credentials(None), clock, trust=certificate) as transport:
        assert transport.exchange(ASK).reply.body == b"in"


def test_a_certificate_that_nobody_vouches_for_gets_no_request(secured: HttpDevice) -> None:
    box = device(secured.port, tls=True)
    with open_transport(box, 60.0, Credentials(None), clock) as transport, pytest.raises(Unreachable):
        transport.exchange(ASK)
    assert secured.asked == []


def test_the_deadline_holds_inside_the_tls_handshake() -> None:
    with HttpDevice(lambda asked: None) as served:
        served.wrap = lambda sock: (sock.recv(1), served.stopping.wait(60), sock)[2]  # type: ignore[method-assign]
        box = device(served.port, tls=True)
        with open_transport(box, DEADLINE_S, Credentials(None), clock) as transport:
            begun = time.monotonic()
            with pytest.raises(DeadlineExceeded):
                transport.exchange(ASK)
            assert time.monotonic() - begun < DEADLINE_S + LATE_S


def test_a_recording_answers_in_order_and_passes_over_an_answered_challenge() -> None:
    def reply(status: int, body: bytes, path: str = "/a") -> Reply:
        return Reply("Op", path, status, "text/xml", body)

    recorded = [reply(401, b""), reply(200, b"1"), reply(200, b"other", "/b"), reply(200, b"2")]
    replayed: Transport = ReplayTransport(recorded, device(80), clock)
    asked = Request("Op", "POST", "/a")
    assert [replayed.exchange(asked).reply.body, replayed.exchange(asked).reply.body] == [b"1", b"2"]
    with pytest.raises(Unreachable):
        replayed.exchange(asked)

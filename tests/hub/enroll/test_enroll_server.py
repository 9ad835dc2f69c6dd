"""The enrollment desk on the wire: pinned TLS, bounded in time, bytes and places, and undisturbed by strangers."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from dripping import dripping
from enrolling import EnrollDesk, Gateway, clock
from hubside import Recorder
from mosquitto import free_port
from patience import PATIENCE_S

from agent.contract.enrollment import PATH, REQUEST_MAX_BYTES, Grant, Refusal, read_answer
from agent.host import http_serving
from agent.hub.enroll import desk as enrollment
from agent.hub.enroll import place as enroll_place
from agent.hub.enroll import server
from agent.hub.enroll.place import Settings
from agent.hub.enroll.server import AT_ONCE_MOST, serving
from agent.hub.stores import trust
from agent.hub.stores.enroll import EnrollStore
from agent.model.errors import ConfigurationError
from agent.service.enroll.channel import WrongServer, ask


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[EnrollDesk]:
    made = EnrollDesk(tmp_path / "hub")
    yield made
    made.store.close()


@pytest.fixture
def gateway(tmp_path: Path) -> Gateway:
    return Gateway(tmp_path / "site")


@pytest.fixture
def wire(desk: EnrollDesk) -> Iterator[tuple[int, Recorder]]:
    with desk.serving() as port_and_told:
        yield port_and_told


@pytest.fixture
def hasty_wire(desk: EnrollDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A desk that gives a connection three seconds: enough for an honest one on a loaded machine."""
    monkeypatch.setattr(server, "REQUEST_WITHIN_S", 3.0)
    with desk.serving() as (port, _):
        yield port


def opened(port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S))


def said(port: int, data: bytes) -> bytes:
    """Return what the desk says to bytes of any kind, until it ends the connection."""
    with opened(port) as tls:
        found = b""
        try:
            tls.sendall(data)
            while chunk := tls.recv(65536):
                found += chunk
        except OSError:
            return found
        return found


def post(body: bytes, path: str = PATH, length: object = None) -> bytes:
    size = len(body) if length is None else length
    return f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {size}\r\n\r\n".encode() + body


def test_a_gateway_is_enrolled_over_the_wire_and_the_desk_tells_it(
    desk: EnrollDesk, gateway: Gateway, wire: tuple[int, Recorder]
) -> None:
    port, told = wire
    token = desk.token(now=clock())
    assert isinstance(gateway.ask(token, port), Grant)
    (event,) = told.of("enrolled")
    assert (event["site"], event["kid"], event["from"]) == ("S1", gateway.signer.kid, "127.0.0.1")
    assert isinstance(Gateway(gateway.tls_key.parent / "x").ask(token, port), Refusal)
    assert [(e["reason"], e["site"]) for e in told.of("refused")] == [("used", "S1")]


class Overheard:
    """A TLS server that keeps what it is sent: the kinds of its records, and what they say once they are opened."""

    def __init__(self, certificate: Path, key: Path, version: ssl.TLSVersion) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = context.maximum_version = version
        context.load_cert_chain(certificate, key)
        self.raw, self.clear = b"", b""
        self._context = context

    def listen(self, listener: socket.socket) -> None:
        """Take one connection to its end."""
        came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = self._context.wrap_bio(came, goes, server_side=True)
        is_open = False
        accepted, _ = listener.accept()
        with accepted, suppress(ConnectionResetError, BrokenPipeError):
            while data := accepted.recv(65536):
                self.raw += data
                came.write(data)
                with suppress(ssl.SSLWantReadError):
                    is_open = is_open or tls.do_handshake() is None
                    while part := tls.read(65536):
                        self.clear += part
                accepted.sendall(goes.read())

    @property
    def kinds(self) -> list[int]:
        """The kinds of the records. Source: RFC 8446 section 5.1."""
        kinds, rest = [], self.raw
        while rest:
            kinds.append(rest[0])
            rest = rest[5 + int.from_bytes(rest[3:5], "big") :]
        return kinds


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_man_in_the_middle_gets_not_a_byte(
    desk: EnrollDesk, gateway: Gateway, tmp_path: Path, version: ssl.TLSVersion
) -> None:
    """He has a certificate of his own for the same address, and records what he is sent."""
    other = EnrollDesk(tmp_path / "other")
    man = Overheard(other.place.path("desk.crt"), other.place.path("desk.key"), version)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=man.listen, args=(listener,))
        thread.start()
        with pytest.raises(WrongServer, match="nothing was sent"):
            gateway.ask(desk.token(now=clock()), int(listener.getsockname()[1]))
        thread.join(PATIENCE_S)
    other.store.close()
    assert man.clear == b""
    handshake, sealed = [kind for kind in man.kinds if kind != 23], man.kinds.count(23)
    assert set(handshake) == {20, 22}
    assert sealed == (version == ssl.TLSVersion.TLSv1_3), "its Finished is sealed, and nothing else came"


def test_a_page_whose_name_was_led_to_the_desk_asks_it_nothing(desk: EnrollDesk, wire: tuple[int, Recorder]) -> None:
    """DNS rebinding: a browser says the name of the page that has it connect."""
    port, told = wire
    ours = post(b"{}").replace(b"Host: localhost", f"Host: {desk.place.settings.host}:{port}".encode())
    for head in (b"Host: evil.example", b"X: y"):
        assert b" 421 " in said(port, post(b"{}").replace(b"Host: localhost", head)).split(b"\r\n")[0]
    assert told.events == []
    assert b" 400 " in said(port, ours).split(b"\r\n")[0]
    assert len(told.events) == 1


HOSTILE = {
    "nothing": b"",
    "junk": b"\x00\xff" * 100,
    "get": b"GET / HTTP/1.1\r\n\r\n",
    "another path": post(b"{}", path="/"),
    "no length": f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n{{}}".encode(),
    "negative length": post(b"{}", length=-1),
    "length in words": post(b"{}", length="two"),
    "digits that are none": post(b"{}", length="²"),
    "too long": post(b"x" * (REQUEST_MAX_BYTES + 1)),
    "says it is long": post(b"", length=10**6),
    "endless line": b"POST /" + b"x" * 200_000,
    "endless head": f"POST {PATH} HTTP/1.1\r\n".encode() + b"X: y\r\n" * 50_000,
    "not a request": post(b"{}"),
    "nested": post(b"[" * 16_000),
    "chunked": f"POST {PATH} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    + b"5\r\nhello\r\n0\r\n\r\n",
}
NOT_READ = ("negative length", "length in words", "digits that are none", "says it is long")
"""Refused by their head: nobody waits for what they say is to come."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_request_ends_its_own_connection_and_the_next_gateway_is_enrolled(
    desk: EnrollDesk, gateway: Gateway, hasty_wire: int, name: str
) -> None:
    port = hasty_wire
    answer = said(port, HOSTILE[name])
    assert b" 200 " not in answer[:20] and b"Traceback" not in answer
    assert name not in NOT_READ or b" 413 " in answer[:20]
    assert trust.load(desk.place.data).bindings == {}
    assert isinstance(gateway.ask(desk.token(now=clock()), port), Grant)


@pytest.mark.parametrize("drips", [False, True], ids=["silent", "dripping"])
def test_strangers_that_say_nothing_hold_every_place_for_no_longer_than_the_deadline(
    desk: EnrollDesk, gateway: Gateway, hasty_wire: int, drips: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They never begin TLS, or all drip a request, as one more does: none outlasts his time, even if he need not go."""
    port = hasty_wire
    monkeypatch.setattr(http_serving, "SHARE", 1000.0)
    with ExitStack() as held:
        for _ in range(AT_ONCE_MOST):
            one = held.enter_context(opened(port) if drips else socket.create_connection(("127.0.0.1", port)))
            if drips:
                held.enter_context(dripping(one))
        held.enter_context(dripping(held.enter_context(opened(port))))
        assert isinstance(gateway.ask(desk.token(now=clock()), port), Grant)


def test_many_gateways_at_once_get_one_certificate_each(
    desk: EnrollDesk, tmp_path: Path, wire: tuple[int, Recorder]
) -> None:
    port, _ = wire
    sites = [f"S{number}" for number in range(40)]
    asked = [(Gateway(tmp_path / site, site), desk.token(site, clock())) for site in sites]
    found: dict[str, Grant | Refusal] = {}

    def one(gateway: Gateway, token: object) -> None:
        found[gateway.site] = gateway.ask(token, port)  # type: ignore[arg-type]

    threads = [threading.Thread(target=one, args=each) for each in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert {name: type(answer) for name, answer in found.items()} == dict.fromkeys(sites, Grant)
    assert sorted(one.site for one in desk.store.certificates()) == sorted(sites)


def test_two_gateways_that_race_with_one_token_are_one_grant_and_one_refusal(
    desk: EnrollDesk, tmp_path: Path, wire: tuple[int, Recorder]
) -> None:
    port, _ = wire
    token = desk.token(now=clock())
    found: list[Grant | Refusal] = []
    racers = [Gateway(tmp_path / name) for name in ("one", "two", "three", "four")]
    threads = [threading.Thread(target=lambda g=g: found.append(g.ask(token, port))) for g in racers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert sorted(one.reason if isinstance(one, Refusal) else "" for one in found) == ["", "used", "used", "used"]


def test_a_token_used_by_a_killed_desk_is_used_for_the_next_one(tmp_path: Path, gateway: Gateway) -> None:
    """SIGKILL right after the answer: what was answered was on disk before."""
    desk = EnrollDesk(tmp_path / "hub")
    token = desk.token(now=clock())
    desk.store.close()
    command = [sys.executable, "-m", "agent", "--json", "hub", "enroll", "serve", "--data", str(desk.place.data)]
    port = free_port()
    with subprocess.Popen([*command, "--listen", f"127.0.0.1:{port}"], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and "ready" in child.stdout.readline()
        first = gateway.ask(token, port)
        child.kill()
    again = EnrollDesk.__new__(EnrollDesk)
    again.place, again.store = desk.place, EnrollStore(desk.place.directory)
    assert isinstance(first, Grant)
    assert again.granted(gateway.request(token), clock()).certificate == first.certificate
    assert again.reason(Gateway(tmp_path / "thief").request(token), clock()) == "used"
    again.store.close()


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("listen", [(), ("127.0.0.1",)], ids=["by itself", "named without a port"])
def test_a_desk_listens_on_the_address_that_it_was_made_for_and_on_no_other(
    tmp_path: Path, gateway: Gateway, listen: tuple[str, ...]
) -> None:
    data, port = tmp_path / "hub", free_port()
    place = enroll_place.make(data, Settings("127.0.0.1", port, "broker.example.org", 8883), (), b"", clock())
    with closing(EnrollStore(place.directory)) as store:
        ((token, _),) = enrollment.make_tokens(place, store, ["S1"], timedelta(hours=1), clock())
    words = ("--listen", *listen) if listen else ()
    command = [sys.executable, "-m", "agent", "--json", "hub", "enroll", "serve", "--data", str(data), *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        assert (told["host"], told["port"]) == ("127.0.0.1", port)
        with socket.create_server(("127.0.0.2", port)):  # taken, if it listened everywhere
            answer = ask(token.host, token.port, token.pin, gateway.request(token))
        child.kill()
    assert isinstance(read_answer(answer), Grant)


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_a_desk_whose_address_is_of_ipv6_listens_there_by_itself(tmp_path: Path, gateway: Gateway) -> None:
    data, port = tmp_path / "hub", free_port()
    place = enroll_place.make(data, Settings("::1", port, "broker.example.org", 8883), (), b"", clock())
    with closing(EnrollStore(place.directory)) as store:
        ((token, _),) = enrollment.make_tokens(place, store, ["S1"], timedelta(hours=1), clock())
    command = [sys.executable, "-m", "agent", "--json", "hub", "enroll", "serve", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None and json.loads(child.stdout.readline())["host"] == "::1"
        answer = ask(token.host, token.port, token.pin, gateway.request(token))
        child.kill()
    assert isinstance(read_answer(answer), Grant)


def test_an_address_that_is_taken_is_one_line(desk: EnrollDesk) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(ConfigurationError, match="cannot be listened on"),
        serving(desk.place, desk.store, ("127.0.0.1", int(taken.getsockname()[1])), Recorder(), clock),
    ):
        pass

"""Devices whose TLS is old, none at all, or shows a certificate that names nobody: each has its cause, and its mend."""

from __future__ import annotations

import hashlib
import socket
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from devices import HttpDevice, clock, device, http

from drivers.credentials import Credentials
from drivers.errors import DriverError, OtherCertificate, ProtocolBroken, TlsTooOld, Unreachable, Untrusted
from drivers.http.transport import Request, open_transport
from drivers.model import Device

ASK = Request("GetThing", "POST", "/", b"<x/>")
Wrap = Callable[[socket.socket], socket.socket]


def made(folder: Path, name: str, *options: str) -> Path:
    """Make a certificate that signed itself, its key in the same file."""
    path = folder / f"{name}.pem"
    command = ["openssl", "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=IPC", "-keyout", str(path), "-out", "-"]
    done = subprocess.run([*command, *options], check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + done.stdout)
    return path


EC = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")


@pytest.fixture(scope="module")
def nameless(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate as cameras make it: signed by itself, a model as its name, no subjectAltName."""
    return made(tmp_path_factory.mktemp("tls"), "nameless", *EC)


def pin_of(path: Path) -> str:
    text = path.read_text()
    certificate = text[text.index("-----BEGIN CERTIFICATE") :]
    return "sha256:" + hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate)).hexdigest()


def server(path: Path, level: str = "") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if level:
        context.set_ciphers(level)
    context.load_cert_chain(path)
    return context


def asked(
    wrap: Wrap, change: Callable[[Device], Device] = lambda box: box, ca: Path | None = None
) -> DriverError | bytes:
    """Ask a device behind `wrap`; return its answer, or the error. Whatever fails, no request may have reached it."""
    with HttpDevice(lambda request: http(200, b"in")) as served:
        served.wrap = wrap  # type: ignore[method-assign]
        box = change(device(served.port, tls=True))
        with open_transport(box, 30.0, Credentials(None), clock, trust=ca) as transport:
            try:
                return transport.exchange(ASK).reply.body
            except DriverError as error:
                assert served.asked == []
                return error


def test_a_pinned_certificate_is_trusted_without_a_name(nameless: Path) -> None:
    context = server(nameless)

    def wrap(sock: socket.socket) -> socket.socket:
        return context.wrap_socket(sock, server_side=True)

    assert type(asked(wrap)) is Untrusted
    assert type(asked(wrap, ca=nameless)) is Untrusted, "it vouches for itself and still names nobody"
    pinned = pin_of(nameless)
    assert asked(wrap, lambda box: replace(box, pin=pinned)) == b"in"
    assert asked(wrap, lambda box: replace(box, pin=pinned), ca=nameless) == b"in"


def test_another_certificate_than_the_pinned_one_gets_no_request(nameless: Path, tmp_path: Path) -> None:
    """As somebody in the middle would show it, also where the authority of the file vouches for it."""
    context = server(made(tmp_path, "other", *EC))
    pinned = pin_of(nameless)
    error = asked(lambda sock: context.wrap_socket(sock, server_side=True), lambda box: replace(box, pin=pinned))
    assert type(error) is OtherCertificate and error.cause == "other-certificate"


def test_a_device_that_speaks_only_old_tls_is_named_so(nameless: Path) -> None:
    context = server(nameless, "ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    for pin in ("", pin_of(nameless)):
        error = asked(
            lambda sock: context.wrap_socket(sock, server_side=True), lambda box, pin=pin: replace(box, pin=pin)
        )  # type: ignore[misc]
        assert type(error) is TlsTooOld and error.reason == "unreachable" and error.cause == "tls-too-old"


def test_a_key_that_is_too_short_is_old_tls_too(tmp_path: Path) -> None:
    short = made(tmp_path, "short", "-newkey", "rsa:1024")
    context = server(short, "ALL:@SECLEVEL=0")
    error = asked(lambda sock: context.wrap_socket(sock, server_side=True), ca=short)
    assert type(error) is TlsTooOld, error


def _says(data: bytes) -> Wrap:
    def wrap(sock: socket.socket) -> socket.socket:
        sock.recv(4096)
        sock.sendall(data)
        return sock

    return wrap


def _ends(sock: socket.socket) -> socket.socket:
    sock.recv(4096)
    sock.shutdown(socket.SHUT_RDWR)
    return sock


@pytest.mark.parametrize(
    "wrap", [_says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), _says(b"\x15\x03\x03\x00\x02\x02\x50"), _ends]
)
def test_what_is_no_tls_is_a_broken_protocol_and_no_lack_of_power(wrap: Wrap) -> None:
    error = asked(wrap)
    assert type(error) is ProtocolBroken and error.cause == "protocol-broken", error


def test_a_connection_that_ends_without_an_answer_is_broken_and_a_closed_port_is_closed() -> None:
    causes = []
    with HttpDevice(lambda request: iter([])) as served:
        port = served.port
        with open_transport(device(port), 30.0, Credentials(None), clock) as transport:
            with pytest.raises(Unreachable) as raised:
                transport.exchange(ASK)
            causes.append(raised.value.cause)
    with open_transport(device(port), 30.0, Credentials(None), clock) as transport:
        with pytest.raises(Unreachable) as raised:
            transport.exchange(ASK)
        causes.append(raised.value.cause)
    assert causes == ["protocol-broken", "port-closed"]

"""A page for another browser: a certificate to compare, a code to scan, one address, one client."""

from __future__ import annotations

import hashlib
import ipaddress
import socket
import ssl
import stat
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from cryptography import x509
from web_page import connected, page, request, running, said

from agent.deliver.keys.throwaway import make_throwaway
from agent.host.web_bounds import WebBounds
from agent.model.errors import UsageError
from agent.onsite.lan.one_client import OneClient, chosen_address
from agent.onsite.lan.qr import qr_lines

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
LINK = "https://192.168.100.200:45123/#k=" + "0123456789abcdefghijkLMNOPQRSTUVWXYZ_-90123"


def test_the_certificate_names_its_address_and_ends_with_the_run() -> None:
    for address in ("192.168.1.7", "fd00::7"):
        made = make_throwaway(address, NOW, timedelta(hours=2))
        certificate = x509.load_pem_x509_certificate(made.pem.encode())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.IPAddress) == [ipaddress.ip_address(address)]
        assert certificate.not_valid_after_utc == NOW + timedelta(hours=2)
        assert certificate.not_valid_before_utc < NOW
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(ValueError, match="does not appear to be"):
        make_throwaway("gateway.example", NOW, timedelta(hours=2))


def test_the_key_is_another_each_time_and_lies_nowhere_in_clear(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen: list[tuple[int, bytes]] = []

    loads = ssl.SSLContext.load_cert_chain

    def watched(context: ssl.SSLContext, path: Path, password: bytes) -> None:
        seen.append((stat.S_IMODE(path.parent.stat().st_mode), path.read_bytes()))
        loads(context, path, password=password)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", watched)
    one, other = (make_throwaway("127.0.0.1", NOW, timedelta(hours=2)) for _ in range(2))
    assert one.fingerprint != other.fingerprint
    for mode, content in seen:
        assert mode == 0o700 and b"BEGIN ENCRYPTED PRIVATE KEY" in content
    assert len(seen) == 2 and list(tmp_path.iterdir()) == []
    assert "PRIVATE" not in repr(one)


def test_a_browser_is_shown_the_fingerprint_that_the_terminal_shows() -> None:
    made = make_throwaway("127.0.0.1", datetime.now(UTC), timedelta(hours=2))
    trusting = ssl.create_default_context(cadata=made.pem)
    with running(page(), WebBounds(), tls=made.context) as on, connected(on.port) as plain:
        tls = trusting.wrap_socket(plain, server_hostname="127.0.0.1")
        with tls:
            tls.sendall(request(on.port))
            shown = tls.getpeercert(binary_form=True)
            assert said(tls).startswith(b"HTTP/1.1 200 ")
    assert shown is not None
    assert hashlib.sha256(shown).hexdigest().upper() == made.fingerprint.replace(":", "")


@pytest.mark.parametrize("dark_terminal", [True, False])
def test_the_code_is_read_back_from_what_the_terminal_shows(dark_terminal: bool) -> None:
    """Its blocks are drawn as pixels and read by OpenCV; on a light terminal the colours are named."""
    lines = qr_lines(LINK, coloured=not dark_terminal)
    if not dark_terminal:
        assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in lines)
        lines = tuple(line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in lines)
    halves = {" ": (0, 0), "\u2580": (255, 0), "\u2584": (0, 255), "\u2588": (255, 255)}
    rows = [[halves[sign][half] for sign in line] for line in lines for half in (0, 1)]
    picture = np.kron(np.array(rows, np.uint8), np.ones((6, 6), np.uint8))
    text, *_ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert text == LINK
    assert max(map(len, lines)) <= 80 and len(lines) <= 40


def test_the_first_client_with_the_code_has_the_page_and_no_other() -> None:
    owner = OneClient()
    with running(owner.wall(page()), WebBounds()) as on:

        def status(source: str) -> bytes:
            with socket.create_connection(("127.0.0.1", on.port), 30, (source, 0)) as client:
                client.sendall(request(on.port))
                return said(client).split(b" ")[1]

        assert status("127.0.0.2") == status("127.0.0.3") == b"200"
        assert owner.bind("127.0.0.2") and not owner.bind("127.0.0.3") and owner.bind("127.0.0.2")
        assert (status("127.0.0.2"), status("127.0.0.3")) == (b"200", b"403")


def test_the_address_is_one_of_this_machine_and_asked_for_where_there_are_several() -> None:
    own = ["127.0.0.1", "192.168.1.7", "169.254.3.3"]
    assert chosen_address("", own) == chosen_address("192.168.1.7", own) == "192.168.1.7"
    for named, addresses, told in (
        ("0.0.0.0", own, "is no address of this machine"),  # noqa: S104
        ("127.0.0.1", own, "is no address of this machine"),
        ("10.0.0.1", [], "there are: -"),
        ("", [*own, "10.0.0.1"], r"--lan 10\.0\.0\.1 \| 192\.168\.1\.7"),
        ("", ["127.0.0.1"], "connect it first"),
    ):
        with pytest.raises(UsageError, match=told):
            chosen_address(named, addresses)

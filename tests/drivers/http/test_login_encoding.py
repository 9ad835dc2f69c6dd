"""Logins outside ASCII reach a device byte by byte as its challenge has it: UTF-8, GBK, or as RFC 7616 says."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

import pytest
from devices import Asked, HttpDevice, clock, device

from drivers.authentication import authorization, choose, parse_challenges
from drivers.credentials import Credentials
from drivers.errors import DriverError, NotTried
from drivers.http.transport import Request, open_transport
from drivers.model import Credential

USER, PASSWORD, REALM = "监控员", "密码é1", "网络摄像机"
ASK = Request("GetThing", "GET", "/")


class Digest:
    """A device that keeps logins as bytes: `encoding` is that of its accounts and of its realm."""

    def __init__(self, encoding: str, realm: str = REALM, charset: str = "", password: str = PASSWORD) -> None:
        self.encoding, self.realm, self.charset, self.password = encoding, realm.encode(encoding), charset, password
        self.tries = 0

    def __call__(self, asked: Asked) -> bytes:
        given = asked.headers.get("authorization", "").encode("latin-1")
        if given:
            self.tries += 1
            if self._right(given, asked):
                return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nin"
        words = b'Digest realm="%b", nonce="n1", qop="auth"%b' % (self.realm, self.charset.encode())
        return b"HTTP/1.1 401 X\r\nWWW-Authenticate: " + words + b"\r\nContent-Length: 0\r\n\r\n"

    def _right(self, given: bytes, asked: Asked) -> bool:
        user = USER.encode(self.encoding)
        extended = re.search(rb"username\*=UTF-8''([^,]+)", given)
        if self.charset:
            assert extended is not None and unquote(extended[1].decode()) == USER
        elif b'username="%b"' % user not in given:
            return False
        if b'realm="%b"' % self.realm not in given:
            return False
        value = {name: text for name, text in re.findall(rb'(\w+)="?([^",]*)"?', given)}

        def digest(data: bytes) -> bytes:
            return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()

        first = digest(user + b":" + self.realm + b":" + self.password.encode(self.encoding))
        second = digest(f"{asked.method}:{asked.target}".encode())
        middle = b"n1:" + value[b"nc"] + b":" + value[b"cnonce"] + b":auth"
        return value[b"response"] == digest(first + b":" + middle + b":" + second)


def logged_in(gate: Digest, credential: Credential) -> bytes | DriverError:
    with HttpDevice(gate) as served:
        box = replace(device(served.port), credential=credential)
        with open_transport(box, 30.0, Credentials(None), clock) as transport:
            try:
                return transport.exchange(ASK).reply.body
            except DriverError as error:
                return error


GATES: dict[str, Callable[[], Digest]] = {
    "UTF-8": lambda: Digest("utf-8"),
    "GBK": lambda: Digest("gbk"),
    "a character of GBK that ends in a backslash": lambda: Digest("gbk", realm="琝"),
    "UTF-8, told": lambda: Digest("utf-8", realm="IPC", charset=", charset=UTF-8"),
    "nothing told": lambda: Digest("utf-8", realm="IPC"),
}


@pytest.mark.parametrize("name", GATES)
def test_a_login_outside_ascii_is_taken_at_the_first_try(name: str) -> None:
    gate = GATES[name]()
    assert logged_in(gate, Credential("c", USER, PASSWORD)) == b"in"
    assert gate.tries == 1


@pytest.mark.parametrize("name", GATES)
def test_a_wrong_one_is_one_refused_login_as_ever(name: str) -> None:
    gate = GATES[name]()
    assert isinstance(logged_in(gate, Credential("c", USER, "other")), DriverError)
    assert gate.tries == 1


def test_letters_that_are_written_in_two_ways_are_one_where_utf_8_is_told() -> None:
    """Source: RFC 7616 section 4: Normalization Form C."""
    gate = GATES["UTF-8, told"]()
    assert logged_in(gate, Credential("c", USER, unicodedata.normalize("NFD", PASSWORD))) == b"in"


def test_what_no_encoding_has_is_not_sent() -> None:
    challenge = choose(parse_challenges(['Digest realm="x", nonce="1"']))
    assert challenge is not None
    for odd in (replace(challenge, encoding="latin-1"), challenge):
        with pytest.raises(NotTried):
            authorization(odd, Credential("c", "user", "\ud800"), "GET", "/", 1, tls=False)

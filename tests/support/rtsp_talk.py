"""A small RTSP client for tests: one request at a time, Digest, and the RTP packets that follow."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType

from patience import PATIENCE_S

NTP_EPOCH = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Response:
    """One response; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Packet:
    """One RTP packet; `recorded_at`, `flags` and `cseq` come from the replay extension."""

    marker: bool
    sequence: int
    timestamp: int
    payload: bytes
    recorded_at: datetime | None
    flags: int
    cseq: int


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Talk:
    """One connection. Answers a challenge with `login`, if there is one."""

    def __init__(self, port: int, login: tuple[str, str] | None, timeout_s: float = PATIENCE_S) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout_s)
        self._buffer = b""
        self._login = login
        self._challenge: dict[str, str] = {}
        self.cseq = 0

    def __enter__(self) -> Talk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def ask(self, method: str, url: str, **headers: str) -> Response:
        """Send a request; header names are given with _ for -."""
        response = self._once(method, url, headers)
        if (
            response.status == 401
            and self._login
            and (not self._challenge or "stale" in response.headers["www-authenticate"])
        ):
            self._challenge = dict(re.findall(r'(\w+)="([^"]*)"', response.headers["www-authenticate"]))
            response = self._once(method, url, headers)
        return response

    def _once(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        self.cseq += 1
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self.cseq}"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if self._challenge and self._login:
            lines.append(f"Authorization: {self._authorization(method, url)}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while self._peek(1) == b"$":
            self._packet_bytes()
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._read(1)
        first, *rest = head.decode().strip().split("\r\n")
        found = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        body = self._read(int(found.get("content-length", "0"))).decode()
        return Response(int(first.split()[1]), found, body)

    def _authorization(self, method: str, url: str) -> str:
        assert self._login is not None
        user, password = self._login
        realm, nonce = self._challenge["realm"], self._challenge["nonce"]
        response = _md5(f"{_md5(f'{user}:{realm}:{password}')}:{nonce}:{_md5(f'{method}:{url}')}")
        return f'Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{url}", response="{response}"'

    def packets(self) -> Iterator[Packet]:
        """RTP packets as they come."""
        while True:
            yield parse(self._packet_bytes())

    def pictures(self) -> Iterator[list[Packet]]:
        """Packets up to the next marker bit."""
        collected: list[Packet] = []
        for packet in self.packets():
            collected.append(packet)
            if packet.marker:
                yield collected
                collected = []

    def silent(self, for_s: float) -> bool:
        """Whether nothing more comes for a while."""
        if self._buffer:
            return False
        before = self.socket.gettimeout()
        self.socket.settimeout(for_s)
        try:
            self._buffer += self.socket.recv(1)
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(before)
        return False

    def _packet_bytes(self) -> bytes:
        start, _channel, size = struct.unpack(">cBH", self._read(4))
        assert start == b"$"
        return self._read(size)

    def _peek(self, size: int) -> bytes:
        while len(self._buffer) < size:
            received = self.socket.recv(65536)
            if not received:
                raise ConnectionError("the server closed the connection")
            self._buffer += received
        return self._buffer[:size]

    def _read(self, size: int) -> bytes:
        data = self._peek(size)
        self._buffer = self._buffer[size:]
        return data


def parse(packet: bytes) -> Packet:
    """Read an RTP packet and ONVIF's replay extension."""
    first, second, sequence, timestamp, _ssrc = struct.unpack(">BBHII", packet[:12])
    payload, recorded_at, flags, cseq = packet[12:], None, 0, 0
    if first & 0x10:
        kind, words, ntp, flags, cseq, _padding = struct.unpack(">HHQBBH", payload[:16])
        assert (kind, words) == (0xABAC, 3)
        recorded_at = NTP_EPOCH + timedelta(seconds=ntp >> 32, microseconds=round((ntp & 0xFFFFFFFF) * 1e6 / 2**32))
        payload = payload[16:]
    return Packet(bool(second & 0x80), sequence, timestamp, payload, recorded_at, flags, cseq)


def units(picture: list[Packet]) -> list[bytes]:
    """Put the NAL units of a picture together again: single units and FU-A."""
    whole: list[bytes] = []
    for packet in picture:
        kind = packet.payload[0] & 31
        if kind != 28:
            whole.append(packet.payload)
        elif packet.payload[1] & 0x80:
            whole.append(bytes((packet.payload[0] & 0xE0 | packet.payload[1] & 31,)) + packet.payload[2:])
        else:
            whole[-1] += packet.payload[2:]
    return whole

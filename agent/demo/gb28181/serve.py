"""Runs the simulated device on a socket of its own, over UDP or TCP, in a thread until it is closed."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Final

from agent.demo.gb28181.device import SimulatedDevice, Slot
from agent.demo.gb28181.habits import Habits
from agent.demo.gb28181.pictures import rtp_packets
from drivers.gb28181.sip import Sip, first_size, parse

_STEP_S: Final = 0.05
REPEATS_S: Final = (0.5, 1.0, 2.0, 4.0)
BEIJING: Final = timedelta(hours=8)


def beijing_time() -> datetime:
    """Return the time of this machine as a device in China shows it."""
    return (datetime.now(UTC) + BEIJING).replace(tzinfo=None)


class RunningDevice:
    """A device that registers as soon as the block begins. `device` may be switched off through `switch_off`."""

    def __init__(self, slot: Slot, habits: Habits, transport: str, address: str = "127.0.0.1") -> None:
        kind = socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM
        self._sock = socket.socket(socket.AF_INET, kind)
        self._sock.bind((address, 0))
        self.proxy_port: int | None = None
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._buffer = bytearray()
        self._playing = False
        self._unanswered: dict[tuple[str, int, str], tuple[bytes, tuple[float, ...], float]] = {}
        port = int(self._sock.getsockname()[1])
        self._media = socket.create_server((address, 0))
        self._media.settimeout(_STEP_S * 20)
        self.device = SimulatedDevice(slot, habits, address, port, transport, beijing_time)
        self.device.media_port = int(self._media.getsockname()[1])
        self._thread = threading.Thread(target=self._run, name="demo-gb28181", daemon=True)

    def __enter__(self) -> RunningDevice:
        """Begin to register."""
        slot = self.device.slot
        self._sock.connect((slot.host, self.proxy_port or slot.port))
        self._sock.settimeout(_STEP_S)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._ended.set()
        self._thread.join()
        self._sock.close()
        self._media.close()

    def switch_off(self) -> None:
        """Do as when a person switches the slot off."""
        with self._lock:
            self.device.switch_off(self._now_s())

    def _now_s(self) -> float:
        return time.monotonic() - self._began

    def _run(self) -> None:
        with contextlib.suppress(OSError):
            while not self._ended.is_set():
                with self._lock:
                    said = self.device.tick(self._now_s())
                for one in said:
                    self._send(one)
                self._repeat()
                self._receive()

    def _send(self, data: bytes) -> None:
        message = parse(data)
        if message.method not in ("", "ACK") and self.device.transport == "UDP":
            self._unanswered[_mark(message)] = data, REPEATS_S, self._now_s()
        with contextlib.suppress(ConnectionRefusedError):  # a platform that is not there yet, over UDP
            self._sock.sendall(data)

    def _repeat(self) -> None:
        """Send again what was not answered, as UDP may lose it. Source: RFC 3261 section 17.1.2.1, timer E."""
        for mark, (data, waits_s, sent_s) in list(self._unanswered.items()):
            if not waits_s:
                del self._unanswered[mark]
            elif self._now_s() - sent_s >= waits_s[0]:
                self._unanswered[mark] = data, waits_s[1:], self._now_s()
                with contextlib.suppress(ConnectionRefusedError):
                    self._sock.sendall(data)

    def _receive(self) -> None:
        try:
            data = self._sock.recv(64 * 1024)
        except (TimeoutError, ConnectionRefusedError):
            return
        if self.device.transport == "UDP":
            self._take(data)
            return
        self._buffer += data
        while (size := first_size(self._buffer)) is not None and size <= len(self._buffer):
            whole = bytes(self._buffer[:size])
            del self._buffer[:size]
            self._take(whole)

    def _take(self, data: bytes) -> None:
        message = parse(data)
        if not message.method:
            self._unanswered.pop(_mark(message), None)
        with self._lock:
            said = self.device.take(data, self._now_s())
        for one in said:
            self._send(one)
        if self.device.media_to is not None and not self._playing:
            self._playing = True
            threading.Thread(target=self._play, args=self.device.media_to, daemon=True).start()

    def _play(self, transport: str, port: int) -> None:
        """Send the clip again and again until the call is over."""
        with contextlib.suppress(OSError), self._media_way(transport) as media:
            if transport != "TCP-active":
                media.connect((self.device.media_host, port))
            began_s = self._now_s()
            while self.device.media_to is not None and not self._ended.is_set():
                keyless = self._now_s() - began_s < self.device.habits.key_after_s
                for packet in rtp_packets(self.device.habits, 1, keyless=keyless):
                    media.sendall(packet if transport == "UDP" else len(packet).to_bytes(2, "big") + packet)
                self._ended.wait(_STEP_S)
        self._playing = False

    def _media_way(self, transport: str) -> socket.socket:
        """Return a socket for a picture: one to be connected, or the platform's connection to us."""
        if transport == "TCP-active":
            return self._media.accept()[0]
        media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM)
        media.settimeout(_STEP_S * 20)
        return media


def _mark(message: Sip) -> tuple[str, int, str]:
    """Return what a request and its answer have in common."""
    return message.header("call-id"), *message.cseq

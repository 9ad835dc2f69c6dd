"""Simulates a device that accepts connections, reads whatever comes, and never answers."""

from __future__ import annotations

import socketserver

from agent.demo.world.listening import LoopbackServer


class _Silence(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        """Read until the peer closes."""
        while self.request.recv(4096):
            pass


class HangingDevice:
    """Listens on two ports and answers on neither."""

    def __init__(self, name: str) -> None:
        self.http = LoopbackServer(_Silence, f"{name}-http")
        self.rtsp = LoopbackServer(_Silence, f"{name}-rtsp")

    def start(self) -> None:
        """Accept from now on."""
        self.http.start()
        self.rtsp.start()

    def stop(self) -> None:
        """End every connection and thread."""
        self.http.stop()
        self.rtsp.stop()

"""Counts the bytes that the stub devices of one process have taken and given, over HTTP and RTSP together."""

from __future__ import annotations

from dataclasses import dataclass

ASKED = b"GET /stub-traffic "
"""A request for the count itself, which is not counted."""


@dataclass
class Traffic:
    """How many bytes went over all connections so far."""

    count: int = 0


TRAFFIC = Traffic()

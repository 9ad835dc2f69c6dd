"""The scripted devices of other tests: whoever hangs up in the middle of a request has asked nothing.

A client whose time is over does that, at any byte. An exception in a thread of the device would fail the test.
"""

from __future__ import annotations

import socket

import pytest
from devices import HttpDevice, http
from rtsp_device import Clip, RtspDevice

POST = b"POST /onvif HTTP/1.1\r\nContent-Length: 4\r\n\r\n<x/>"
DESCRIBE = b"DESCRIBE rtsp://x/live RTSP/1.0\r\nCSeq: 1\r\n\r\n"


def say(port: int, data: bytes) -> None:
    """Send this much, and hang up; return when the device has done so too."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        while client.recv(4096):
            continue


@pytest.mark.parametrize("length", range(len(POST)))
def test_an_http_request_that_is_cut_off_is_none(length: int) -> None:
    with HttpDevice(lambda asked: http(200)) as served:
        say(served.port, POST[:length])
        assert served.asked == []
        say(served.port, POST)
        assert [asked.body for asked in served.asked] == [b"<x/>"]


@pytest.mark.parametrize("length", range(len(DESCRIBE) - 2))
def test_an_rtsp_request_that_is_cut_off_is_none(length: int) -> None:
    with RtspDevice(Clip("h264", "a=rtpmap:96 H264/90000", ())) as served:
        say(served.port, DESCRIBE[:length])
        assert served.asked == []
        say(served.port, DESCRIBE)
        assert served.methods() == ["DESCRIBE"]

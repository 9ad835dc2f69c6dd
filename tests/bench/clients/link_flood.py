"""Strangers who register at a port from another address, so many a second, for so many seconds."""

from __future__ import annotations

import json
import socket
import sys
import time
from typing import Any


def main() -> None:
    """Send, and print how many were sent in which time."""
    asked: dict[str, Any] = json.loads(sys.stdin.readline())
    each_ms = asked["per_s"] // 1000
    begun, sent = time.monotonic(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((asked["source"], 0))
        while (now_s := time.monotonic() - begun) < asked["seconds"]:
            for _ in range(min(int(now_s * 1000 + 1) * each_ms - sent, 50 * each_ms)):
                sock.sendto(_register(sent, asked["source"]), ("127.0.0.1", asked["port"]))
                sent += 1
            time.sleep(0.001)  # the pace of the flood; nothing is waited for
    sys.stdout.write(json.dumps({"sent": sent, "seconds": time.monotonic() - begun}) + "\n")


def _register(number: int, source: str) -> bytes:
    lines = (
        "REGISTER sip:14021300002000123456@1402130000 SIP/2.0",
        f"Via: SIP/2.0/UDP {source}:5060;branch=z9hG4bK{number}",
        f"From: <sip:14021300001180{number % 10**6:06d}@1402130000>;tag={number}",
        "To: <sip:14021300001180000001@1402130000>",
        f"Call-ID: {number}",
        "CSeq: 1 REGISTER",
        "Expires: 3600",
        "Content-Length: 0",
    )
    return "\r\n".join([*lines, "", ""]).encode("ascii")


if __name__ == "__main__":
    main()

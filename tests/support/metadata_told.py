"""A stream that offers metadata: its description, documents of ONVIF's schema, and the packets that carry them."""

from __future__ import annotations

import struct

from gallery.masks import TRACK

VIDEO = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"
SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\na=control:*\r\n" + VIDEO + TRACK


def packets_of(*texts: bytes, size: int = 1000) -> list[bytes]:
    """RTP packets of documents, each document's last one marked."""
    found: list[bytes] = []
    for text in texts:
        parts = [text[at : at + size] for at in range(0, len(text), size)]
        for number, part in enumerate(parts):
            mark = 0x80 if number == len(parts) - 1 else 0
            found.append(struct.pack("!BBHII", 0x80, mark | 107, len(found), 0, 1) + part)
    return found


def frame(objects: str, transformation: str = "") -> bytes:
    head = '<tt:MetadataStream xmlns:tt="http://www.onvif.org/ver10/schema"><tt:VideoAnalytics><tt:Frame>'
    return f"{head}{transformation}{objects}</tt:Frame></tt:VideoAnalytics></tt:MetadataStream>".encode()

"""What a light MQTT 5 client writes and reads: so many of them fit into one process. Pure.

Only what a site of the contract needs: CONNECT with a will, one subscription, PUBLISH and PUBACK at QoS 1, PINGREQ.
Properties are written by the agent's own code and PUBLISH is read by it.

Source: MQTT 5.0 sections 2.1 (fixed header), 3.1 (CONNECT), 3.2 (CONNACK), 3.3, 3.4, 3.8, 3.12.
"""

from __future__ import annotations

from typing import Final

from agent.deliver.publish.messages import Message
from drivers.model import Credential

CONNACK: Final = 0x20
PUBLISH: Final = 0x30
PUBACK: Final = 0x40
SUBACK: Final = 0x90
PINGRESP: Final = 0xD0
DISCONNECT: Final = 0xE0
PING: Final = b"\xc0\x00"
LEAVE: Final = b"\xe0\x00"
REFUSED: Final = 0x80

_WILL_QOS_1_RETAINED: Final = 0x04 | 0x08 | 0x20
_LOGIN: Final = 0x80 | 0x40
_SESSION_EXPIRY: Final = b"\x05\x11" + (86_400).to_bytes(4)
_QOS_1_NOT_MY_OWN: Final = b"\x05"
_RECEIVE_MAXIMUM: Final = 0x21
_SIZES: Final = {0x11: 4, 0x13: 2, 0x22: 2, 0x24: 1, 0x25: 1, 0x27: 4, 0x28: 1, 0x29: 1, 0x2A: 1}


def connect(client_id: str, keepalive_s: int, will: Message, login: Credential | None = None) -> bytes:
    """Return a CONNECT that keeps its session, as the agent's does."""
    flags = _WILL_QOS_1_RETAINED | (_LOGIN if login is not None else 0)
    head = b"\x00\x04MQTT\x05" + bytes((flags,)) + keepalive_s.to_bytes(2) + _SESSION_EXPIRY
    body = head + _prefixed(client_id.encode()) + will.pack() + _prefixed(will.topic.encode()) + _prefixed(will.payload)
    if login is not None:
        body += _prefixed(login.user.encode()) + _prefixed(login.password.encode())
    return b"\x10" + variable(len(body)) + body


def subscribe(mid: int, topic: str) -> bytes:
    """Return a SUBSCRIBE to one topic at QoS 1."""
    body = mid.to_bytes(2) + b"\x00" + _prefixed(topic.encode()) + _QOS_1_NOT_MY_OWN
    return b"\x82" + variable(len(body)) + body


def publish(message: Message) -> tuple[bytes, bytes]:
    """Return a PUBLISH at QoS 1 in two parts; the packet id belongs between them."""
    topic = _prefixed(message.topic.encode())
    rest = message.pack() + message.payload
    return (
        bytes((0x32 | message.retain,)) + variable(len(topic) + 2 + len(rest)) + topic,
        rest,
    )


def puback(mid: int) -> bytes:
    """Return a PUBACK that says success."""
    return b"\x40\x02" + mid.to_bytes(2)


def packets(data: bytearray) -> list[tuple[int, bytes]]:
    """Take every whole packet off the front of `data`; return first byte and rest of each."""
    found = []
    at = 0
    while True:
        length, shift, begin = 0, 0, at + 1
        while begin < len(data):
            byte = data[begin]
            length |= (byte & 0x7F) << shift
            begin, shift = begin + 1, shift + 7
            if not byte & 0x80:
                break
        else:  # the length itself has not arrived
            break
        if len(data) - begin < length:
            break
        found.append((data[at], bytes(data[begin : begin + length])))
        at = begin + length
    del data[:at]
    return found


def read_connack(body: bytes) -> tuple[int, int]:
    """Return the reason code and the Receive Maximum."""
    maximum, at = 65_535, 3
    end = at + (body[2] if len(body) > 2 else 0)
    while at < end:
        kind, at = body[at], at + 1
        if kind == _RECEIVE_MAXIMUM:
            maximum, at = int.from_bytes(body[at : at + 2]), at + 2
        elif kind in _SIZES:
            at += _SIZES[kind]
        else:  # a string, or a pair of them
            for _ in range(2 if kind == 0x26 else 1):
                at += 2 + int.from_bytes(body[at : at + 2])
    return body[1], maximum


def variable(value: int) -> bytes:
    """Return a variable byte integer."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _prefixed(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data

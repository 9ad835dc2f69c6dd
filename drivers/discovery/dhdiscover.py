"""Asks for Dahua devices in the words of their maker's search (DHDiscover), and reads what they answer.

DHDiscover also sets addresses and first passwords. Of its messages there is the search here and no other. An answer is
recorded under the address that it came from; the one that it names is not read.

Source: the maker has published no specification of the wire. From his SDK's header files: the meaning of the two lowest
bits of the state of initialization (DEVICE_NET_INFO_EX, byInitStatus: 0 a device without that state, 1 no account yet,
2 initialized). Seen in published captures alone: port, group, the head of 32 bytes, both messages and their members,
and that `Init` is that state: of devices in use it was 150 and 1162. That broadcasts are answered is seen there too.
"""

import json
import struct
from typing import Any, Final

from drivers.discovery.answer import TEXT_CHARS_MAX, Discovered, VendorAnswer, mac_text, port_number
from drivers.discovery.protocol import Protocol
from drivers.text import decode_text, sanitize

SEARCH: Final = "DHDiscover.search"
ANSWER: Final = "client.notifyDevInfo"
ANSWER_BYTES_MAX = 8192
"""A longer answer is none: those that were published have about 800 bytes."""
_MAGIC: Final = b"\x20\0\0\0DHIP"
_HEAD: Final = struct.Struct("<8s8xIIII")
"""Length of the head and name of the protocol, session and number (0), and twice the length of the text."""
_INITIALIZED: Final = {1: False, 2: True}


def framed(text: bytes) -> bytes:
    """Return a message with its head."""
    return _HEAD.pack(_MAGIC, len(text), 0, len(text), 0) + text


def searches() -> tuple[bytes, ...]:
    """Return the one question: all devices, answered to the asker alone (`uni`)."""
    return (framed(json.dumps({"method": SEARCH, "params": {"mac": "", "uni": 1}}).encode() + b"\n"),)


def parse_search_answer(data: bytes, address: str) -> tuple[Discovered, ...]:
    """Read the answer to a search that came from `address`. Bytes that are none give nothing; it never raises."""
    body = _body(data)
    params = body.get("params")
    info = params.get("deviceInfo") if isinstance(params, dict) else None
    if body.get("method") != ANSWER or not isinstance(info, dict):
        return ()
    init = info.get("Init")
    told = VendorAnswer(
        driver="dahua",
        model=_text(info, "DeviceType"),
        firmware=_text(info, "Version"),
        serial=_text(info, "SerialNo"),
        mac=mac_text(_text(body, "mac")),
        http_port=port_number(_text(info, "HttpPort")),
        activated=_INITIALIZED.get(init & 3) if type(init) is int else None,
    )
    return (Discovered(address, "", senders=(address,), told=told),) if told.model or told.serial or told.mac else ()


def _body(data: bytes) -> dict[str, Any]:
    """Return the object of a message; empty for anything else.

    The text begins where the head ends, by the head's own word; its lengths are not relied on: the datagram has one.
    """
    if len(data) > ANSWER_BYTES_MAX or len(data) <= _HEAD.size or data[4:8] != _MAGIC[4:]:
        return {}
    text = data[int.from_bytes(data[:4], "little") :].rstrip(b"\0")
    try:
        body = json.loads(decode_text(text, ANSWER_BYTES_MAX))
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return sanitize(value, TEXT_CHARS_MAX) if isinstance(value, str) or type(value) is int else ""


DHDISCOVER: Final = Protocol(
    name="DHDiscover",
    port=37810,
    group="239.255.255.251",
    asks=(SEARCH,),
    questions=searches,
    parse=parse_search_answer,
    broadcast=True,
)

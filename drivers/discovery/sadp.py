"""Asks for Hikvision devices in the words of their maker's search (SADP): the inquiry, and what is read of its answers.

SADP also activates devices, changes their addresses and resets passwords. Of its messages there is the inquiry here and
no other. An answer is recorded under the address that it came from; the one that it names is not read.

Source: the maker has published no specification. In his manuals: the name, the tool, and that it shows model, address
and whether a device is activated (user manuals of network cameras, appendix "SADP Software Introduction"). Seen in
published captures alone: port, group, both messages, the names of the elements, the model in DeviceDescription where
DeviceType is a number, and answers to the asker as well as to the group. That broadcasts are answered is not confirmed.
"""

import secrets
import uuid
from typing import Final

from lxml import etree

from drivers.discovery.answer import TEXT_CHARS_MAX, Discovered, VendorAnswer, mac_text, port_number
from drivers.discovery.protocol import Protocol
from drivers.errors import Malformed
from drivers.http.xml_answer import children, name_of, parse, readable
from drivers.text import sanitize

_INQUIRY = '<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{id}</Uuid><Types>inquiry</Types></Probe>'
_ACTIVATED: Final = {"true": True, "false": False}


def inquiries() -> tuple[bytes, ...]:
    """Return the one question."""
    id_ = uuid.UUID(bytes=secrets.token_bytes(16), version=4)
    return (_INQUIRY.format(id=str(id_).upper()).encode(),)


def parse_inquiry_answer(data: bytes, address: str) -> tuple[Discovered, ...]:
    """Read the answer to an inquiry that came from `address`. Bytes that are none give nothing; it never raises."""
    try:
        root = parse(readable(data))
    except Malformed:
        return ()
    # The own question comes back from the group, and so do other programs' messages that change devices.
    if name_of(root) != "ProbeMatch" or _text(root, "Types").lower() != "inquiry":
        return ()
    kind = _text(root, "DeviceType")
    told = VendorAnswer(
        driver="hikvision",
        model=_text(root, "DeviceDescription") or ("" if kind.isdecimal() else kind),
        firmware=_text(root, "SoftwareVersion"),
        serial=_text(root, "DeviceSN"),
        mac=mac_text(_text(root, "MAC")),
        http_port=port_number(_text(root, "HttpPort")),
        activated=_ACTIVATED.get(_text(root, "Activated").lower()),
    )
    return (Discovered(address, "", senders=(address,), told=told),) if told.model or told.serial or told.mac else ()


def _text(root: etree._Element, name: str) -> str:
    return sanitize(next((one.text for one in children(root, name)), ""), TEXT_CHARS_MAX)


SADP: Final = Protocol(
    name="SADP",
    port=37020,
    group="239.255.255.250",
    asks=("inquiry",),
    questions=inquiries,
    parse=parse_inquiry_answer,
    broadcast=True,
    answers_to_group=True,
)

"""Asks for ONVIF devices in the words of WS-Discovery: the probe, one for each kind of device.

`probe_match.py` reads the answers.

Source: WS-Discovery (April 2005) sections 2.4 (port and group) and 5; ONVIF Core Specification, Device discovery.
"""

import secrets
import uuid
from typing import Final

from drivers.discovery.probe_match import parse_probe_matches
from drivers.discovery.protocol import Protocol

TYPES: Final = ("dn:NetworkVideoTransmitter", "tds:Device")
"""The kinds of device that are asked for, one probe each: old devices answer to the first only, recorders to either."""

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" \
xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">\
<s:Header><a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
<a:MessageID>urn:uuid:{id}</a:MessageID>\
<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To></s:Header>\
<s:Body><d:Probe><d:Types>{types}</d:Types></d:Probe></s:Body></s:Envelope>"""


def probes() -> tuple[bytes, ...]:
    """Return one probe for each kind of device, each with a message id of its own."""
    ids = (uuid.UUID(bytes=secrets.token_bytes(16), version=4) for _ in TYPES)
    return tuple(_PROBE.format(id=id_, types=types).encode() for id_, types in zip(ids, TYPES, strict=True))


WS_DISCOVERY: Final = Protocol(
    name="WS-Discovery",
    port=3702,
    group="239.255.255.250",
    asks=tuple(f"Probe {types}" for types in TYPES),
    questions=probes,
    parse=parse_probe_matches,
)

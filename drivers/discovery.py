"""Finds ONVIF devices with WS-Discovery: asks networks by multicast or single addresses directly.

What answers is only reported. No credential is ever sent to a discovered address.

Source: WS-Discovery (April 2005) sections 4 and 5; ONVIF Core Specification, Device discovery.
"""

from __future__ import annotations

import contextlib
import secrets
import selectors
import socket
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from lxml import etree

GROUP = "239.255.255.250"
PORT = 3702

_MAX_DATAGRAMS = 4096
_MAX_MATCHES = 64
_MAX_WORDS = 64
_MAX_WORD_CHARS = 512
# UDP loses datagrams: the standard asks for a repeat after 50 to 250 ms.
_REPEAT_AFTER_S = 0.2
_TYPES = ("dn:NetworkVideoTransmitter", "tds:Device")

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


@dataclass(frozen=True, slots=True)
class Discovered:
    """A device that answered: from which address, its endpoint reference, and what it says of itself."""

    address: str
    endpoint: str
    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    xaddrs: tuple[str, ...] = ()


def probe_site(interfaces: Sequence[str], addresses: Sequence[str], wait_s: float) -> tuple[Discovered, ...]:
    """Ask every device on the networks of `interfaces` (own IPv4 addresses) and every one of `addresses`.

    An address is a host, or `host:port` where the responder does not listen on the standard's port. Takes about
    `wait_s`. An interface or address that cannot be asked is passed over: nothing answers there.
    """
    found: list[Discovered] = []
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        sendings: list[tuple[socket.socket, tuple[str, int]]] = []
        for interface in interfaces:
            with contextlib.suppress(OSError):
                sock = stack.enter_context(_socket(interface))
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
                sendings.append((sock, (GROUP, PORT)))
        if addresses:
            sock = stack.enter_context(_socket(""))
            sendings += [(sock, _responder(address)) for address in addresses]
        for sock in {sock for sock, _ in sendings}:
            selector.register(sock, selectors.EVENT_READ, sock)
        probes = [
            _PROBE.format(id=uuid.UUID(bytes=secrets.token_bytes(16), version=4), types=t).encode() for t in _TYPES
        ]
        began = time.monotonic()
        repeats = [began, began + _REPEAT_AFTER_S]
        datagrams = 0
        while (now := time.monotonic()) < began + wait_s and datagrams < _MAX_DATAGRAMS and sendings:
            if repeats and now >= repeats[0]:
                repeats.pop(0)
                _send(sendings, probes)
            until = min([began + wait_s, *repeats])
            for key, _ in selector.select(max(0.0, until - now)):
                with contextlib.suppress(OSError):
                    data, sender = key.data.recvfrom(65_535)
                    datagrams += 1
                    found += parse_probe_matches(data, str(sender[0]))
    return merge(found)


def parse_probe_matches(data: bytes, address: str) -> tuple[Discovered, ...]:
    """Read the answer to a probe that came from `address`. Bytes that are none give nothing; it never raises."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return ()
    found: list[Discovered] = []
    for match in root.iter("{*}ProbeMatch"):
        if len(found) == _MAX_MATCHES:
            break
        endpoint = next((one.text or "" for one in match.iterfind("{*}EndpointReference/{*}Address")), "")
        xaddrs = _words(match, "XAddrs")
        if endpoint.strip() or xaddrs:
            found.append(
                Discovered(
                    address,
                    endpoint.strip()[:_MAX_WORD_CHARS],
                    tuple(word.rpartition(":")[2] for word in _words(match, "Types")),
                    _words(match, "Scopes"),
                    xaddrs,
                )
            )
    return tuple(found)


def merge(found: Iterable[Discovered]) -> tuple[Discovered, ...]:
    """Make one entry of all answers with the same endpoint reference, in the order of their first answers."""
    merged: dict[str, Discovered] = {}
    for one in found:
        # A device without the reference that the standard demands is told apart by what it says.
        key = one.endpoint or f"{one.address} {' '.join(one.xaddrs)}"
        known = merged.setdefault(key, one)
        merged[key] = replace(
            known,
            types=tuple(dict.fromkeys(known.types + one.types)),
            scopes=tuple(dict.fromkeys(known.scopes + one.scopes)),
            xaddrs=tuple(dict.fromkeys(known.xaddrs + one.xaddrs)),
        )
    return tuple(merged.values())


def _socket(interface: str) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        sock.bind((interface, 0))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock


def _responder(address: str) -> tuple[str, int]:
    host, colon, port = address.rpartition(":")
    return (host, int(port)) if colon and port.isdecimal() else (address, PORT)


def _send(sendings: Iterable[tuple[socket.socket, tuple[str, int]]], probes: Iterable[bytes]) -> None:
    for sock, address in sendings:
        for probe in probes:
            with contextlib.suppress(OSError, UnicodeError, OverflowError):
                sock.sendto(probe, address)


def _words(match: etree._Element, name: str) -> tuple[str, ...]:
    text = next((one.text or "" for one in match.iterfind(f"{{*}}{name}")), "")
    return tuple(word for word in text.split()[:_MAX_WORDS] if len(word) <= _MAX_WORD_CHARS)

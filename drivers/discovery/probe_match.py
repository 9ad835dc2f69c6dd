"""Parses discovery answers, and merges all answers of one device. Pure.

Answers come without a login from anybody: they may be wrong, copied or hostile.

Source: WS-Discovery (April 2005) section 5.3, ProbeMatches; ONVIF Core Specification, Device discovery (scopes).
"""

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote

from lxml import etree

MATCHES_MAX = 64
WORDS_MAX = 64
WORD_CHARS_MAX = 512
TEXT_CHARS_MAX = 64
"""A longer name or model is cut."""

_SCOPE = re.compile(r"(?i)onvif://www\.onvif\.org/([a-z_]+)/(.+)")
_MAC = re.compile(r"[0-9a-f]{12}")
_UUID = re.compile(r"(?i)(?:urn:)?uuid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
_GROUP_BIT = 1 << 40


@dataclass(frozen=True, slots=True)
class Discovered:
    """A device that answered from `address`, the first of `senders`: its endpoint reference and own description."""

    address: str
    endpoint: str
    types: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    xaddrs: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()


def parse_probe_matches(data: bytes, address: str) -> tuple[Discovered, ...]:
    """Read the answer to a probe that came from `address`. Bytes that are none give nothing; it never raises."""
    if b"<!DOCTYPE" in data:  # no message has one (SOAP 1.2 part 1, section 5), and entities come with it
        return ()
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return ()
    found: list[Discovered] = []
    for match in root.iter("{*}ProbeMatch"):
        if len(found) == MATCHES_MAX:
            break
        endpoint = next((one.text or "" for one in match.iterfind("{*}EndpointReference/{*}Address")), "")
        xaddrs = _words(match, "XAddrs")
        if endpoint.strip() or xaddrs:
            found.append(
                Discovered(
                    address,
                    endpoint.strip()[:WORD_CHARS_MAX],
                    tuple(word.rpartition(":")[2] for word in _words(match, "Types")),
                    _words(match, "Scopes"),
                    xaddrs,
                    (address,),
                )
            )
    return tuple(found)


def merge(found: Iterable[Discovered]) -> tuple[Discovered, ...]:
    """Merge the answers of each device into one entry, in the order of their first answers.

    Answers belong together when they carry the same endpoint reference or the same MAC. Two MACs are two devices even
    under one endpoint reference: makers have shipped whole series with one and the same.
    """
    merged: dict[int, Discovered] = {}
    macs: dict[int, str] = {}
    joined_to: dict[int, int] = {}
    places: dict[str, set[int]] = {}
    for number, one in enumerate(found):
        mac, place = mac_of(one), number
        merged[place], macs[place] = replace(one, senders=one.senders or (one.address,)), mac
        keys = _keys(one, mac)
        # One answer may show that two entries so far are the same device: the earliest one takes them all.
        for index in sorted({_resolve_index(joined_to, index) for key in keys for index in places.get(key, ())}):
            if len({macs[index], macs[place]} - {""}) < 2:
                low, high = min(index, place), max(index, place)
                merged[low], macs[low] = _merge_pair(merged[low], merged.pop(high)), macs[low] or macs[high]
                joined_to[high] = place = low
        for key in keys:
            places.setdefault(key, set()).add(place)
    return tuple(merged[index] for index in sorted(merged))


def scope_text(one: Discovered, category: str) -> str:
    """Return a scope's text (`name`, `hardware`, ...), decoded and cut, empty for none; any character may be in it."""
    for scope in one.scopes:
        match = _SCOPE.fullmatch(scope)
        if match and match[1].lower() == category:
            return unquote(match[2], errors="replace").strip()[:TEXT_CHARS_MAX]
    return ""


def mac_of(one: Discovered) -> str:
    """Return the MAC that a device names, as `aa:bb:cc:dd:ee:ff`, empty where it names none.

    It is in a MAC scope, or is the node of a version 1 UUID in the endpoint reference; one with the group bit is
    random.

    Source: RFC 4122 sections 4.1.6 and 4.5.
    """
    digits = re.sub(r"[^0-9a-f]", "", scope_text(one, "mac").lower())
    if not _MAC.fullmatch(digits):
        match = _UUID.fullmatch(one.endpoint)
        identifier = uuid.UUID(match[1]) if match else None
        if identifier is None or identifier.version != 1 or identifier.node & _GROUP_BIT:
            return ""
        digits = f"{identifier.node:012x}"
    if digits in ("0" * 12, "f" * 12):
        return ""
    return ":".join(digits[i : i + 2] for i in range(0, 12, 2))


def _keys(one: Discovered, mac: str) -> tuple[str, ...]:
    # A device without the reference that the standard demands is told apart by what it says.
    endpoint = f"endpoint {one.endpoint.lower()}" if one.endpoint else f"{one.address} {' '.join(one.xaddrs)}"
    return (f"mac {mac}", endpoint) if mac else (endpoint,)


def _resolve_index(joined_to: dict[int, int], index: int) -> int:
    while index in joined_to:
        index = joined_to[index]
    return index


def _merge_pair(known: Discovered, one: Discovered) -> Discovered:
    return replace(
        known,
        types=_union(known.types, one.types),
        scopes=_union(known.scopes, one.scopes),
        xaddrs=_union(known.xaddrs, one.xaddrs),
        senders=_union(known.senders, one.senders or (one.address,)),
    )


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))[:WORDS_MAX]


def _words(match: etree._Element, name: str) -> tuple[str, ...]:
    text = next((one.text or "" for one in match.iterfind(f"{{*}}{name}")), "")
    return tuple(word for word in text.split()[:WORDS_MAX] if len(word) <= WORD_CHARS_MAX)

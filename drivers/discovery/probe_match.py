"""Parses discovery answers, and merges all answers of one device. Pure.

Answers come without a login from anybody: they may be wrong, copied or hostile.

The makers' own searches are read in `sadp.py` and `dhdiscover.py`.

Source: WS-Discovery (April 2005) section 5.3, ProbeMatches; ONVIF Core Specification, Device discovery (scopes).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from lxml import etree

from drivers.discovery.answer import Discovered, mac_of, named_mac

MATCHES_MAX = 64
WORDS_MAX = 64
WORD_CHARS_MAX = 512


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

    Answers belong together when they carry the same endpoint reference, the same MAC or the same serial number of one
    maker. Two MACs are two devices even under one endpoint reference: makers have shipped whole series with one and
    the same. What is left of makers' searches is matched by its place (`_joined_by_place`).
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
    return _joined_by_place([merged[index] for index in sorted(merged)])


def _keys(one: Discovered, mac: str) -> tuple[str, ...]:
    keys = [f"mac {mac}"] if mac else []
    if one.told:
        keys += [f"serial {one.told.driver} {one.told.serial}"] if one.told.serial else []
    elif one.endpoint:
        keys.append(f"endpoint {one.endpoint.lower()}")
    else:
        # A device without the reference that the standard demands is told apart by what it says.
        keys.append(f"{one.address} {' '.join(one.xaddrs)}")
    return tuple(keys)


def _joined_by_place(found: list[Discovered]) -> tuple[Discovered, ...]:
    """Give what is left of a maker's search to the ONVIF answer of the same box.

    That is the one that names a service at the HTTP port that the search names, else the only one of that address,
    where nobody else of it answered the search. Not where both name a MAC, and another one. What nobody takes is a
    device of its own: many have ONVIF switched off.
    """
    joined = dict(enumerate(found))
    searched = {n: one.told for n, one in joined.items() if one.told and not (one.endpoint or one.xaddrs)}
    alone = Counter(sender for number in searched for sender in found[number].senders)
    onvif = [(n, set(one.senders), named_mac(one), _ports(one)) for n, one in joined.items() if one.told is None]
    for number, told in searched.items():
        one = found[number]
        there = [
            (index, ports)
            for index, senders, mac, ports in onvif
            if joined[index].told is None and not senders.isdisjoint(one.senders) and len({mac, told.mac} - {""}) < 2
        ]
        named = [index for index, ports in there if told.http_port in ports]
        alone_there = [index for index, _ in there] if all(alone[sender] == 1 for sender in one.senders) else []
        taken = named or alone_there
        if len(taken) == 1:
            joined[taken[0]] = _merge_pair(joined[taken[0]], joined.pop(number))
    return tuple(joined[index] for index in sorted(joined))


def _ports(one: Discovered) -> set[int]:
    ports = set()
    for xaddr in one.xaddrs:
        try:
            parts = urlsplit(xaddr)
            ports.add(parts.port or (443 if parts.scheme == "https" else 80))
        except ValueError:
            continue
    return ports


def _resolve_index(joined_to: dict[int, int], index: int) -> int:
    while index in joined_to:
        index = joined_to[index]
    return index


def _merge_pair(known: Discovered, one: Discovered) -> Discovered:
    return replace(
        known,
        endpoint=known.endpoint or one.endpoint,
        types=_union(known.types, one.types),
        scopes=_union(known.scopes, one.scopes),
        xaddrs=_union(known.xaddrs, one.xaddrs),
        senders=_union(known.senders, one.senders or (one.address,)),
        told=known.told or one.told,
    )


def _union(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(first + second))[:WORDS_MAX]


def _words(match: etree._Element, name: str) -> tuple[str, ...]:
    text = next((one.text or "" for one in match.iterfind(f"{{*}}{name}")), "")
    return tuple(word for word in text.split()[:WORDS_MAX] if len(word) <= WORD_CHARS_MAX)

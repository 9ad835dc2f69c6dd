"""A list that was cut off, or lost its middle, never reads as a list: every list, cut at every tag."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

import pytest
from devices import clock, device
from onvif_answers import mask
from onvif_device import SERVICES, Script
from onvif_reading import CAMERAS, at, fact, transport_to

from drivers.errors import DriverError, Malformed
from drivers.http.samples import Sample
from drivers.http.transport import ReplayTransport
from drivers.model import Observations, Reply, Unavailable
from drivers.onvif import documents, parse, parse_device, parse_recordings
from drivers.onvif.read import read
from drivers.onvif.services import Endpoint
from drivers.onvif.soap import Answer, Session

NAMESPACES = {
    "device": documents.DEVICE,
    "media": documents.MEDIA1,
    "media2": documents.MEDIA2,
    "search": documents.SEARCH,
    "recording": documents.RECORDING,
}
LISTS: dict[str, Callable[[Answer], object]] = {
    "device GetServices": lambda answer: parse.listed(answer, "Service"),
    "device GetNetworkInterfaces": parse_device.interfaces,
    "device GetNetworkProtocols": parse_device.protocols,
    "device GetUsers": parse_device.accounts,
    "device GetStorageConfigurations": parse_device.storages,
    "media GetProfiles": parse.profiles1,
    "media GetOSDs": parse.overlays,
    "media2 GetProfiles": parse.profiles2,
    "media2 GetMasks": parse.masks,
    "media2 GetMaskOptions": parse.mask_options,
    "media2 GetOSDs": parse.overlays,
    "media2 GetVideoSourceConfigurations": parse.configuration_owners,
    "search GetRecordingSearchResults": lambda answer: parse_recordings.results(answer, "RecordingInformation"),
    "search GetEventSearchResults": lambda answer: parse_recordings.results(answer, "Result"),
    "recording GetRecordings": parse_recordings.limits,
}
PARAMETERS: dict[str, dict[str, object]] = {
    "device GetServices": {"IncludeCapability": False},
    "media2 GetMaskOptions": {"ConfigurationToken": "vsc-1"},
    "search GetRecordingSearchResults": {"SearchToken": "a"},
    "search GetEventSearchResults": {"SearchToken": "a"},
}
TAG = re.compile(rb"<[^>]*>")


def script() -> Script:
    made = Script(channels=2, masks=mask("a", "vsc-unused") + mask("b", "vsc-2"), audio=True)
    made.recordings = [("r-1", "source-1", [(at(0), at(5))]), ("r-2", "source-2", [(at(0), at(9))])]
    made.gap_events = [("r-1", "v-0", at(1), "false"), ("r-1", "v-0", at(2), "true")]
    return made


@cache
def recorded(without_media2: bool = False) -> tuple[Reply, ...]:
    """What the scripted device answers to a whole run; checked against the official WSDLs in another test."""
    made = script()
    if without_media2:
        made.services = ("device", "media")
    with made.device() as served, transport_to(served) as transport:
        read(CAMERAS, transport)
        return tuple(transport.replies)


def fixture(name: str) -> Reply:
    service, operation = name.split()
    path = SERVICES[service][1]
    replies = recorded(without_media2=service == "media")
    return next(one for one in replies if (one.path, one.operation) == (path, operation))


def decode(name: str, body: bytes) -> object:
    """Put a body through the checks, zeep and the parser, as a reply that came over the wire."""
    service, operation = name.split()
    path = SERVICES[service][1]
    reply = Reply(operation, path, 200, "application/soap+xml", body)
    transport = ReplayTransport([reply], device(80), clock)
    # One sample of an operation is kept: with this one, blanking secrets does not take half of the time.
    transport.samples.kept.append(Sample("box", reply, "cut before", len(body)))
    session = Session(transport)
    return LISTS[name](session.call(Endpoint(NAMESPACES[service], path, 80), operation, **PARAMETERS.get(name, {})))


@pytest.mark.parametrize("name", LISTS)
def test_a_reply_cut_at_any_tag_never_reads_as_a_list(name: str) -> None:
    whole = fixture(name).body
    assert decode(name, whole)
    tags = list(TAG.finditer(whole))
    places = sorted({place for tag in tags for place in (tag.start(), tag.start() + 1, tag.end())})
    assert len(places) > 20
    for place in places:
        for piece in (whole[:place], whole[place:]):
            if piece == whole or piece.strip() == whole.partition(b"?>")[2].strip():
                continue
            with pytest.raises(DriverError):
                decode(name, piece)


@pytest.mark.parametrize("name", LISTS)
def test_a_reply_that_lost_a_piece_between_two_tags_never_reads_as_an_empty_list(name: str) -> None:
    """As where a device's buffer ran over, or a packet of it was lost: whatever is left is no statement of "none"."""
    whole = fixture(name).body
    tags = [tag.start() for tag in TAG.finditer(whole)]
    step = max(1, len(tags) // 24)
    body_at, end_at = whole.index(b"Response>") + len(b"Response>"), whole.rindex(b"</")
    for first in tags[::step]:
        for last in tags[::step]:
            if last <= first or (first <= body_at and last >= end_at - 200):
                continue
            try:
                left = decode(name, whole[:first] + whole[last:])
            except DriverError:
                continue
            assert left not in ([], (), {}), whole[:first] + b"|" + whole[last:]


@pytest.mark.parametrize("name", LISTS)
def test_rows_under_a_wrong_name_are_not_an_empty_list(name: str) -> None:
    """An extra element, or rows whose name is written otherwise, may be what the list is about."""
    whole = fixture(name).body
    operation = name.split()[1].encode()
    row = re.search(rb"Response>\s*(?:<tse:ResultList><tt:SearchState>\w+</tt:SearchState>)?<(\w+:\w+)", whole)
    assert row is not None
    with pytest.raises(Malformed):
        decode(name, re.sub(rb"(</?)" + row[1] + rb"(?=[\s>])", rb"\1" + row[1] + b"s2", whole))
    with pytest.raises(Malformed, match=operation.decode()):
        decode(name, whole.replace(operation + b"Response>", operation + b"Result>"))


READS = {
    "device GetUsers": ("device:box", "accounts"),
    "device GetNetworkProtocols": ("device:box", "protocols"),
    "device GetNetworkInterfaces": ("device:box", "interfaces"),
    "device GetStorageConfigurations": ("device:box", "storages"),
    "media2 GetMasks": ("camera:two", "masks"),
    "media2 GetOSDs": ("camera:one", "overlays"),
    "recording GetRecordings": ("camera:one", "retention-limits"),
    "search GetRecordingSearchResults": ("camera:one", "recordings"),
    "search GetEventSearchResults": ("device:box", "gap-events"),
}


@pytest.mark.parametrize("name", READS)
def test_a_whole_run_with_one_cut_reply_says_malformed(name: str) -> None:
    operation = name.split()[1]
    whole = fixture(name)
    tags = [tag.start() for tag in TAG.finditer(whole.body)]
    for place in tags[:: max(1, len(tags) // 4)]:
        cut = Reply(operation, whole.path, 200, whole.content_type, whole.body[:place])
        replies = [cut if (one.path, one.operation) == (whole.path, operation) else one for one in recorded()]
        transport = ReplayTransport(replies, device(80), clock)
        seen: Observations = read(CAMERAS, transport)
        told = fact(seen, *READS[name])
        assert isinstance(told, Unavailable) and told.reason == "malformed", (place, told)
        assert [one.reply.operation for one in transport.samples.kept] == [operation]

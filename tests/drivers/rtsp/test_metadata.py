"""Metadata is listened to over real sockets for a moment: objects are placed and counted, and nothing hostile harms."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from devices import clock, device
from metadata_told import SDP, VIDEO, frame, packets_of
from patience import PATIENCE_S
from rtsp_device import Clip, RtspDevice, clip
from sites import NOW, ZONE, camera, site

from agent.observe.probe.objects_told import without_places
from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Camera, Observation, Picture
from drivers.picture import ObjectsTold, Stream, Streams
from drivers.rtsp.metadata import DOCUMENT_MAX_BYTES, OBJECTS_MAX, PLACES_MAX, Heard, documents, listen
from drivers.rtsp.rtp import Packet
from drivers.rtsp.sdp import parse_metadata, parse_sdp
from gallery.masks import TRACK, person

SHORT_S = 0.6


def told(*texts: bytes, sdp: str = SDP, login: bool = False, deadline_s: float = PATIENCE_S) -> ObjectsTold:
    """Listen for a moment to a device that repeats these documents."""
    with RtspDevice(Clip("h264", "", ()), packets=packets_of(*texts), sdp=sdp, login=login) as served:
        with open_transport(device(served.port), deadline_s, Credentials(None), clock) as transport:
            found = listen(transport, Stream("main", served.url()), SHORT_S).told
        assert served.refused == 0
        setups = [asked.url for asked in served.asked if asked.method == "SETUP"]
        assert not setups or setups[-1].endswith("trackID=metadata"), "only the metadata is asked for"
    return found


def heard(*texts: bytes) -> ObjectsTold:
    result = Heard()
    for text in texts:
        result.add(text)
    return result.told(Stream("main", "rtsp://x/")).told


def an_object(shape: str, number: str = "1") -> str:
    return f'<tt:Object ObjectId="{number}"><tt:Appearance><tt:Shape>{shape}</tt:Shape></tt:Appearance></tt:Object>'


def test_a_person_is_counted_where_the_camera_tells_it_and_the_place_is_dropped() -> None:
    inside, outside = person(0.3, 0.3), person(0.9, 0.9, number=8)
    found = told(inside, outside, login=True)
    assert (found.reason, found.objects, found.unplaced) == ("", 2, 0) and found.documents >= 2
    seen = (Observation("camera:gate", found, NOW, "rtsp"),)
    (counted,) = without_places(site(camera()), seen)
    assert isinstance(counted.value, ObjectsTold)
    assert (counted.value.places, dict(counted.value.inside)) == ((), {ZONE.name: 1})
    assert "0.3" not in repr(found), "where somebody stood is in no repr"


def test_a_camera_without_zones_has_only_numbers() -> None:
    seen = (Observation("camera:nobody", heard(person(0.3, 0.3)), NOW, "rtsp"),)
    (counted,) = without_places(site(camera()), seen)
    assert isinstance(counted.value, ObjectsTold) and counted.value.places == () and counted.value.inside == ()


@pytest.mark.parametrize(
    ("transformation", "box", "place"),
    [
        ("", 'left="-0.6" right="-0.4" top="0.6" bottom="0.4"', (0.25, 0.25)),
        (
            '<tt:Transformation><tt:Translate x="-1" y="1"/><tt:Scale x="0.002" y="-0.004"/></tt:Transformation>',
            'left="200" right="300" top="100" bottom="150"',
            (0.25, 0.25),
        ),
        (
            '<tt:Transformation><tt:Scale x="0.5" y="0.5"/></tt:Transformation>',
            'left="-1" right="-1" top="1" bottom="1"',
            (0.25, 0.25),
        ),
    ],
)
def test_places_are_in_the_picture_whatever_frame_they_are_told_in(
    transformation: str, box: str, place: tuple[float, float]
) -> None:
    (found,) = heard(frame(an_object(f"<tt:BoundingBox {box}/>"), transformation)).places
    assert (found.x, found.y) == pytest.approx(place)


def test_an_object_in_no_known_frame_is_counted_and_has_no_place() -> None:
    for box in ('left="200" right="300" top="9" bottom="1"', 'left="x" right="1" top="1" bottom="1"', 'left="nan"', ""):
        found = heard(frame(an_object(f"<tt:BoundingBox {box}/>")))
        assert (found.objects, found.unplaced, found.places) == (1, 1, ()), box


def test_the_same_object_in_many_frames_is_one() -> None:
    found = heard(*(person(0.1 * step, 0.5) for step in range(8)))
    assert found.objects == 1 and {place.number for place in found.places} == {0}


PICTURES = {
    "of an object, by address": "<tt:Extension><tt:ImageRef>http://x/1.jpg</tt:ImageRef></tt:Extension>",
    "of an object": '<tt:Object ObjectId="2"><tt:Appearance><tt:Image>/9j/2Q==</tt:Image></tt:Appearance></tt:Object>',
    "of the whole scene": "<tt:SceneImage>/9j/2Q==</tt:SceneImage>",
    "of the whole scene, by address": "<tt:SceneImageRef>http://x/1.jpg</tt:SceneImageRef>",
    "of an event": '<tt:Data><tt:SimpleItem Name="SnapshotURI" Value="/s/1.jpg"/></tt:Data>',
}


@pytest.mark.parametrize("name", PICTURES)
def test_pictures_among_the_metadata_are_counted(name: str) -> None:
    assert heard(frame(an_object('<tt:CenterOfGravity x="0" y="0"/>') + PICTURES[name])).pictures == 1


def test_an_event_without_a_picture_is_none() -> None:
    assert heard(frame('<tt:Data><tt:SimpleItem Name="State" Value="image"/></tt:Data>')).pictures == 0


def test_documents_that_are_too_long_to_be_read_are_counted() -> None:
    long = frame(f"<tt:SceneImage>{'/' * DOCUMENT_MAX_BYTES}</tt:SceneImage>")
    found = Heard()
    for document in documents(_packets(packets_of(long, person(0.3, 0.3), long))):
        found.add(document)
    told_of = found.told(Stream("main", "rtsp://x")).told
    assert (told_of.documents, told_of.unread, told_of.objects, told_of.reason) == (3, 2, 1, "")


HOSTILE = {
    "no XML": b"<tt:MetadataStream \0\xff",
    "cut": frame("")[:40],
    "entities": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><MetadataStream>&b;</MetadataStream>',
    "entities in UTF-16": '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'.encode(
        "utf-16"
    ),
    "deep": b"<a>" * 20_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_damaged_and_nothing_else(name: str) -> None:
    alone = heard(HOSTILE[name])
    assert (alone.objects, alone.places, alone.reason) == (0, (), "malformed")
    beside = heard(HOSTILE[name], person(0.3, 0.3))
    assert (beside.objects, beside.reason) == (1, ""), "the others count all the same"


def test_objects_and_places_without_end_are_bounded() -> None:
    many = "".join(an_object('<tt:CenterOfGravity x="0" y="0"/>', str(number)) for number in range(600))
    found = heard(*[frame(many)] * 20)
    assert found.objects == OBJECTS_MAX and len(found.places) <= PLACES_MAX


def _packets(data: Iterable[bytes]) -> list[Packet]:
    return [Packet(107, bool(one[1] & 0x80), int.from_bytes(one[2:4], "big"), 0, one[12:]) for one in data]


def test_only_whole_documents_count() -> None:
    one, two = person(0.3, 0.3), person(0.9, 0.9)
    whole = _packets(packets_of(one, two, size=150))
    assert list(documents(whole)) == [one, two]
    assert list(documents(whole[1:])) == [two], "who joins in the middle waits for a beginning"
    assert list(documents(whole[:1] + whole[2:])) == [two], "a packet is missing"
    assert list(documents(whole[:-1])) == [one], "the last one never ended"
    assert list(documents(_packets(packets_of(b"<?xml " + b" " * DOCUMENT_MAX_BYTES, two)))) == [b"", two]


def test_a_stream_without_metadata_is_not_listened_to_and_one_that_hangs_takes_its_time_only() -> None:
    assert told(sdp=SDP.removesuffix(TRACK)).reason == "unsupported"
    assert told(sdp=SDP.replace("vnd.onvif.metadata/", "vnd.onvif.metadata.gzip/")).reason == "malformed"
    silent = told()
    assert (silent.documents, silent.objects, silent.reason) == (0, 0, "")


def test_descriptions_say_whether_metadata_is_offered() -> None:
    assert parse_sdp(SDP.encode()).has_metadata and not parse_sdp(SDP.removesuffix(TRACK).encode()).has_metadata
    track = parse_metadata(SDP.encode())
    assert (track.payload_type, track.control, track.encoding) == (107, "trackID=metadata", "VND.ONVIF.METADATA")


def fetched(listening: bool, sdp: str, deadline_s: float = PATIENCE_S) -> tuple[tuple[Picture, ...], list[ObjectsTold]]:
    """Fetch the main stream of a camera whose description offers metadata, or does not."""
    one = Camera("one", "cam")
    with RtspDevice(clip("h264"), sdp=sdp) as served:
        streams = Observation("camera:one", Streams((Stream("main", served.url()),)), NOW, "test")
        with open_transport(device(served.port), deadline_s, Credentials(None), clock) as transport:
            pictures, more = fetch_pictures((one,), (streams,), transport, listening=listening)
    return pictures, [o.value for o in more if isinstance(o.value, ObjectsTold)]


def test_metadata_is_listened_to_after_the_picture_where_it_is_offered_and_asked_for() -> None:
    plain = clip("h264")
    sdp = f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\n{VIDEO}{plain.fmtp}\r\n"
    for listening, text, count in ((True, sdp + TRACK, 1), (False, sdp + TRACK, 0), (True, sdp, 0)):
        pictures, heard_of = fetched(listening, text)
        assert len(pictures) == 1 and len(heard_of) == count


def test_a_device_without_time_left_gives_its_pictures_and_says_so() -> None:
    plain = clip("h264")
    sdp = f"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\n{VIDEO}{plain.fmtp}\r\n{TRACK}"
    pictures, heard_of = fetched(True, sdp, deadline_s=3.5)
    assert len(pictures) == 1 and [one.reason for one in heard_of] == ["deadline"]

"""Samples the metadata of a stream for a few seconds, and counts the objects in it. Nothing is stored.

A camera that masks its picture may still tell, beside it, where each person stands. This reads what any subscriber of
the stream gets: XML documents in RTP. In memory are only places and how many objects there were; which of them lie in a
private zone is counted by who knows the zones, and the places are dropped there.

Decides how long and how much is read, when a document is whole, and where an object stands in the picture.

Source: ONVIF Streaming Specification, RTP for metadata stream; ONVIF Scene Description (Analytics Service) chapter 5.1:
normalized coordinates -1..1, y up, and Transformation: q = Translate + Scale * p.
"""

import math
import re
from collections.abc import Iterator

from lxml import etree

from drivers.address import own_web_address
from drivers.errors import DeadlineExceeded, DriverError, Malformed, ProtocolBroken, unavailable
from drivers.exchange import Transport
from drivers.http.xml_answer import children, name_of, parse
from drivers.picture import ObjectsTold, Place, Stream
from drivers.rtsp.offered_pictures import Listened, Locate, Offers
from drivers.rtsp.rtp import Packet
from drivers.rtsp.sdp import METADATA, Metadata, parse_metadata
from drivers.rtsp.session import Limits, play

MAX_BYTES = 2 * 1024 * 1024
DOCUMENT_MAX_BYTES = 512 * 1024
"""Bounds of one listening, and of one document: a frame with a hundred objects takes some 60 kB, one with a JPEG of
1920 x 1080 some 400 kB."""

OBJECTS_MAX = 512
PLACES_MAX = 8192

_FAR = 3.0
"""A place this far from the picture's middle, in units of half its size, is in no frame that is known."""

_BEGINNING = re.compile(rb"\s*<(\?xml\s|([\w.-]{1,40}:)?MetadataStream[\s>])")

Affine = tuple[float, float, float, float]
"""Translate x and y, scale x and y."""

_SAME: Affine = (0.0, 0.0, 1.0, 1.0)


def listen(transport: Transport, stream: Stream, seconds: float) -> Listened:
    """Listen to the metadata of a stream; never raises for what the device does: that is a result with a reason.

    Args:
        transport: How the device is reached; listening ends with its deadline.
        stream: Which one.
        seconds: For how long, of our time.
    """

    def take(track: Metadata, packets: Iterator[Packet]) -> Heard:
        if track.encoding != METADATA:
            raise Malformed("the metadata is compressed in a way that is not read")
        heard = Heard(lambda url: own_web_address(url, transport.device, transport.addresses))
        try:
            for document in documents(packets):
                heard.add(document)
        except (DeadlineExceeded, ProtocolBroken, Malformed):
            if not heard.documents and transport.deadline.passed:
                raise
        return heard

    played = play(transport, stream.url, take, limits=Limits(seconds, MAX_BYTES), describe=parse_metadata)
    if played.taken is None:
        error: DriverError = played.error or Malformed("no metadata")
        return Listened(ObjectsTold(stream.path, reason=unavailable("picture", error).reason))
    return played.taken.told(stream)


def documents(packets: Iterator[Packet]) -> Iterator[bytes]:
    """Yield the whole documents among packets: up to the marker, none missing; b"" in place of one that is too long."""
    parts: list[bytes] | None = None  # None: until the next beginning
    size, due = 0, -1
    for packet in packets:
        if due >= 0 and packet.sequence != due:
            parts = None
        due = (packet.sequence + 1) & 0xFFFF
        if parts is None and _BEGINNING.match(packet.payload[:512]):
            parts, size = [], 0
        if parts is not None:
            parts.append(packet.payload)
            size += len(packet.payload)
            if size > DOCUMENT_MAX_BYTES:
                parts = None
                yield b""
        if packet.marker:
            if parts:
                yield b"".join(parts)
            parts, size = [], 0


def _nowhere(url: str) -> None:
    """Find no address on any device."""
    del url


class Heard:
    """What was heard so far: objects by number, where each was, and pictures. `locate`: addresses on the device."""

    def __init__(self, locate: Locate = _nowhere) -> None:
        self.documents = 0
        self._damaged = 0
        self._unread = 0
        self._numbers: dict[str, int] = {}
        self._places: list[Place] = []
        self._unplaced = 0
        self._offers = Offers(locate)

    def add(self, document: bytes) -> None:
        """Count a document; one that is no XML, or not of ours to read, is counted as damaged, b"" as unread."""
        self.documents += 1
        if not document:
            self._unread += 1
            return
        try:
            root = parse(document)
        except Malformed:
            self._damaged += 1
            return
        for element in (one for one in root.iter() if isinstance(one.tag, str)):
            if name_of(element) == "Frame":
                self._frame(element)
            else:
                self._offers.add(element)

    def told(self, stream: Stream) -> Listened:
        """Return the result."""
        damaged = self._damaged and self._damaged == self.documents
        offers = self._offers
        told = ObjectsTold(
            stream.path,
            documents=self.documents,
            objects=len(self._numbers),
            unplaced=self._unplaced,
            pictures=offers.count,
            crops=offers.crops,
            elsewhere=offers.elsewhere,
            reason="malformed" if damaged else "",
            places=tuple(self._places),
            unread=self._unread,
        )
        return Listened(told, offers.scene, offers.damaged, offers.address)

    def _frame(self, frame: etree._Element) -> None:
        outer = _transformation(frame, _SAME)
        for one in children(frame, "Object"):
            name = one.get("ObjectId", "")[:64]
            if name not in self._numbers and len(self._numbers) >= OBJECTS_MAX:
                continue
            number = self._numbers.setdefault(name, len(self._numbers))
            placed = False
            for appearance in children(one, "Appearance"):
                inner = _transformation(appearance, _SAME)
                for x, y in _points(appearance):
                    where = _in_picture(_applied(outer, _applied(inner, (x, y))))
                    if where is not None and len(self._places) < PLACES_MAX:
                        self._places.append(Place(number, *where))
                        placed = True
            self._unplaced += not placed


def _points(appearance: etree._Element) -> Iterator[tuple[float, float]]:
    """Yield where an object is: the middle of its box, and its centre of gravity."""
    for shape in children(appearance, "Shape"):
        for box in children(shape, "BoundingBox"):
            left, top, right, bottom = (_number(box, name) for name in ("left", "top", "right", "bottom"))
            yield (left + right) / 2, (top + bottom) / 2
        for centre in children(shape, "CenterOfGravity"):
            yield _number(centre, "x"), _number(centre, "y")


def _transformation(element: etree._Element, default: Affine) -> Affine:
    """Return the transformation that an element declares for what stands in it."""
    for one in children(element, "Transformation"):
        translate = next(iter(children(one, "Translate")), None)
        scale = next(iter(children(one, "Scale")), None)
        x, y = (0.0, 0.0) if translate is None else (_number(translate, "x"), _number(translate, "y"))
        across, down = (1.0, 1.0) if scale is None else (_number(scale, "x"), _number(scale, "y"))
        return x, y, across, down
    return default


def _applied(by: Affine, point: tuple[float, float]) -> tuple[float, float]:
    return by[0] + by[2] * point[0], by[1] + by[3] * point[1]


def _in_picture(point: tuple[float, float]) -> tuple[float, float] | None:
    """Return a place in 0..1, origin top-left, y down; None where it is in no frame that is known."""
    if not all(math.isfinite(at) and abs(at) <= _FAR for at in point):
        return None
    return (1 + point[0]) / 2, (1 - point[1]) / 2


def _number(element: etree._Element, name: str) -> float:
    """Return an attribute as a number; none where it is not one, which no place is made of."""
    text = element.get(name, "")
    try:
        return float(text) if len(text) <= 32 else math.nan
    except ValueError:
        return math.nan

"""Fetches one picture on every path of every camera that is due, and notes which paths needed no login.

Every path is requested without a login first; where that succeeds no secret is sent. Pictures go to the picture worker
undecoded. Snapshots serve a picture's quality and view only; masks are judged on streams: some devices mask only one.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from drivers.address import HostAddress
from drivers.allowed_requests import Ask
from drivers.errors import DriverError, Malformed, unavailable
from drivers.exchange import Transport
from drivers.footage import NOTHING_WANTED, Opening, OpeningName, Wanted, WantedFootage
from drivers.http.jpeg import JPEG_BEGINNING, fetch_jpeg
from drivers.model import (
    Camera,
    Observation,
    Observations,
    Picture,
    Provenance,
    RecordedBeside,
    Recordings,
    Unavailable,
    Value,
)
from drivers.picture import (
    FURTHER_STREAMS,
    RECORDED,
    Access,
    FootageOpened,
    ObjectsTold,
    PathName,
    PictureTold,
    Stream,
    Streams,
    StreamSound,
)
from drivers.rtsp.keyframe import fetch_keyframe
from drivers.rtsp.openings import Playback, playback

if TYPE_CHECKING:
    from drivers.rtsp.offered_pictures import Listened

METADATA: Final = "drivers.rtsp.metadata"
"""Loaded where a device offers it: it parses XML, which whoever schedules pictures needs not."""

LISTEN_S: Final = 3.0
"""How long metadata is listened to."""

EVENT: Final = "event-picture"
EVENT_S: Final = 3.0
"""The request for the picture at an address that metadata names, and how long it may take."""

ASKS: Final[tuple[Ask, ...]] = (
    Ask("http", "GET", "*", "snapshot", "camera"),
    Ask("http", "GET", "*", EVENT, "camera"),
    *(Ask("rtsp", method, "*", of="camera") for method in ("DESCRIBE", "SETUP", "PLAY", "TEARDOWN")),
)
"""Every request for a picture: paths are those that the device named, the host is the configured one."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

SPARE_S = 1.0
"""So much of a device's time must be left after listening to metadata, for its own requests."""

PLAYBACK_LEAD = timedelta(seconds=1)
"""How far into the oldest recording playback begins: its very first second may be gone by then."""


PATHS: tuple[PathName, ...] = ("snapshot", "sub", "main", *FURTHER_STREAMS, *RECORDED)
"""All paths, in the order of fetching: those of every cycle before those in rotation."""

OF_ALL: tuple[PathName, ...] = ("main", "playback")
OF_FEW: tuple[PathName, ...] = (*FURTHER_STREAMS, "playback-beside")
IN_ROTATION: tuple[PathName, ...] = (*OF_ALL, *OF_FEW)
"""Expensive paths, fetched in rotation; the others are fetched every cycle."""

ROUND = timedelta(hours=20)
"""The period in which each path in rotation is fetched once.

Less than a day, so that a missed cycle does not make it more; no divisor of a day, so that the hour differs each time.
"""

RETRY = timedelta(hours=1)
"""How soon a path in rotation that gave no picture is tried again."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """When a path of a camera was tried last, and whether that gave a picture."""

    camera_id: str
    path: PathName
    at: datetime
    seen: bool


def due_paths(camera_ids: Iterable[str], looks: Iterable[Attempt], now: datetime) -> dict[str, frozenset[PathName]]:
    """Return which paths of each camera are due in a cycle that begins at `now`. Pure.

    Snapshot and sub-stream always; every other stream and playback once in a ROUND, each camera and path at its own
    moment of it, which spreads the work evenly. A path never fetched or overdue is due now, one that gave no picture is
    due again after RETRY.

    Args:
        camera_ids: All cameras, in a stable order.
        looks: The last attempt at each path in rotation, if any.
        now: When the cycle begins.
    """
    last = {(look.camera_id, look.path): look for look in looks}
    names = tuple(camera_ids)
    due = {camera_id: {path for path in PATHS if path not in IN_ROTATION} for camera_id in names}
    for paths in (OF_ALL, OF_FEW):  # apart, since few cameras have them
        pairs = [(camera_id, path) for camera_id in names for path in paths]
        for number, (camera_id, path) in enumerate(pairs):
            look = last.get((camera_id, path))
            turn_at = now - (now - _EPOCH - number * ROUND / len(pairs)) % ROUND
            # A look from the future is one by a clock that was wrong; it counts for nothing.
            if look is None or not turn_at <= look.at <= now or (not look.seen and now - look.at >= RETRY):
                due[camera_id].add(path)
    return {camera_id: frozenset(paths) for camera_id, paths in due.items()}


def fetch_pictures(
    cameras: tuple[Camera, ...],
    observations: Observations,
    transport: Transport,
    paths: Mapping[str, Collection[PathName]] | None = None,
    wanted: WantedFootage = NOTHING_WANTED,
    listening: bool = False,
) -> tuple[tuple[Picture, ...], Observations]:
    """Fetch the pictures of `cameras` on the paths that `observations` name. Never raises for what the device does.

    Returns the pictures, and for each camera its anonymous answers (`Access`) and missing pictures (`Unavailable`).
    Paths are fetched across all cameras in turn, so that a slow camera delays no other's snapshot.

    `paths` are the due paths of each camera, None means all; a path that is not due becomes `Unavailable`
    "not-looked-at". The main stream replaces a due sub-stream that the camera lacks, or that fails without a snapshot.
    `wanted` names further moments of footage to open where playback is due. `listening`: of streams in rotation that
    offer metadata, a few seconds are listened to, after all pictures.
    """
    taking = {
        camera.id: _Camera(
            camera, observations, PATHS if paths is None else paths.get(camera.id, ()), wanted.get(camera.id, Wanted())
        )
        for camera in cameras
    }
    for path in PATHS:
        for one in taking.values():
            stream = next((stream for stream in one.streams if stream.path == path), None)
            if stream is not None:
                one.take(stream, transport)
    for one in taking.values():
        one.open_footage(transport)
    for one in taking.values() if listening else ():
        one.listen(transport)
    for one in taking.values():
        one.conclude(transport)
    pictures = tuple(picture for one in taking.values() for picture in one.pictures)
    return pictures, tuple(observation for one in taking.values() for observation in one.observations)


class _Camera:
    """What is known and found of one camera during the fetch."""

    def __init__(self, camera: Camera, observations: Observations, due: Collection[PathName], wanted: Wanted) -> None:
        self.streams: tuple[Stream, ...] = ()
        self.pictures: list[Picture] = []
        self.observations: list[Observation] = []
        self._camera = camera
        self._subject = f"camera:{camera.id}"
        self._play_at: datetime | None = None
        self._plays_from_at: datetime | None = None
        self._held = Recordings(())
        self._opens = wanted.opens
        self._asked: list[str] = []
        self._anonymous: list[str] = []
        self._telling: list[Stream] = []
        self._error = Unavailable("access", "not-looked-at", "no address of a picture is known")
        self._source = ""
        for one in (one for one in observations if one.subject == self._subject):
            value = one.value
            if isinstance(value, Streams):
                self.streams, self._source = self.streams + value.streams, one.provenance.source
            elif isinstance(value, Recordings) and value.spans and value.replay_url:
                self._held, self._plays_from_at = value, value.replay_from_at
                self._play_at = None if value.replay_from_at else value.spans[0].start_at + PLAYBACK_LEAD
                self.streams += (Stream("playback", value.replay_url),)
            elif isinstance(value, RecordedBeside) and value.recordings.replay_url:
                self._plays_from_at = value.recordings.replay_from_at
                start_at = value.recordings.spans[0].start_at
                self._play_at = None if self._plays_from_at else start_at + PLAYBACK_LEAD
                self.streams += (Stream("playback-beside", value.recordings.replay_url),)
            elif isinstance(value, Unavailable) and value.fact == "streams":
                self._error = replace(value, fact="access")
        self._due = due

    def take(self, stream: Stream, transport: Transport) -> None:
        """Fetch the picture of one path if it is due, or note why there is none."""
        if stream.path not in self._due and not self._stands_in(stream, transport):
            later = Unavailable("picture", "not-looked-at", "not due in this cycle", stream.path)
            self._note(later, "rotation", transport)
            return
        try:
            take = self._snapshot if stream.path == "snapshot" else self._keyframe
            self.pictures.append(take(stream, transport))
        except DriverError as error:
            self._error = unavailable("access", error)
            missing = unavailable("picture", error, stream.path)
            self._note(missing, "http" if stream.path == "snapshot" else "rtsp", transport)

    def open_footage(self, transport: Transport) -> None:
        """Open each further moment of footage that is wanted and claimed, then one of them again; or note why not."""
        if "playback" not in self._due or not self._opens:
            return
        came: dict[str, tuple[Playback, Picture]] = {}
        for one in [one for one in self.pictures if one.path == "playback"]:
            at = self._play_at or one.taken_at
            came["oldest"] = Playback(self._held.replay_url, at, self._play_at is None), one
        for wanted in self._opens:
            played = playback(self._held, wanted)
            picture = self._open(wanted.name, played, transport) if played is not None else None
            if played is not None and picture is not None:
                came[wanted.name] = played, picture
                self.pictures.append(picture)
        for again in [came[name] for name in ("floor", "drawn", "oldest") if name in came][:1]:
            self._open_again(*again, transport)

    def _open_again(self, played: Playback, first: Picture, transport: Transport) -> None:
        """Ask once more for a moment that came: footage is what it was, and what is live has gone on by then.

        The newest may still be written, and the oldest be deleted meanwhile: it is asked for where no other came.
        """
        picture = self._open("again", played, transport)
        if picture is not None and picture.data == first.data:
            self._note(FootageOpened("again", played.at, picture.taken_at, repeats=True), "rtsp", transport)
        elif picture is not None:
            self.pictures.append(picture)

    def _open(self, name: OpeningName, played: Playback, transport: Transport) -> Picture | None:
        try:
            return self._moment(played, Opening(name, played.at), transport)
        except DriverError as error:
            reason = unavailable("picture", error, "playback").reason
            self._note(FootageOpened(name, played.at, reason=reason), "rtsp", transport)
            return None

    def listen(self, transport: Transport) -> None:
        """Listen to the metadata of each stream that offers it, as long as the device's time is not needed elsewhere.

        In a session of its own: a device that stumbles over a second track must not cost its picture.
        """
        for stream in self._telling:
            spare = not transport.deadline.passed and transport.deadline.remaining_s() > LISTEN_S + SPARE_S
            if not spare:
                self._note(ObjectsTold(stream.path, reason="deadline"), "rtsp", transport)
                continue
            heard: Listened = import_module(METADATA).listen(transport, stream, LISTEN_S)
            self._note(heard.told, "rtsp", transport)
            if heard.scene:
                self._told(stream, "metadata", heard.scene, transport.clock())
            elif heard.damaged:
                self._note(PictureTold(path="metadata", stream=stream.path, reason="malformed"), "rtsp", transport)
            if heard.address is not None:
                self._event(stream, heard.address, transport)

    def _event(self, stream: Stream, where: HostAddress, transport: Transport) -> None:
        """Fetch the newest picture at an address that metadata named, or note why it did not come."""
        try:
            data, at = fetch_jpeg(transport, EVENT, where.target, where.port, EVENT_S)
        except DriverError as error:
            reason = unavailable("picture", error).reason
            self._note(PictureTold(path="event", stream=stream.path, reason=reason), "http", transport)
        else:
            self._told(stream, "event", data, at)

    def _told(self, stream: Stream, path: PathName, data: bytes, at: datetime) -> None:
        where = self._provenance(stream)
        self.pictures.append(Picture(self._camera.id, path, at, data, "jpeg", provenance=where))

    def _moment(self, played: Playback, opening: Opening, transport: Transport) -> Picture:
        fetched = fetch_keyframe(transport, played.url, None if played.named else played.at)
        if fetched.keyframe is None:
            raise fetched.error or Malformed("playback: no picture")
        frame = fetched.keyframe
        where = self._provenance(Stream("playback", played.url))
        dated = frame.recorded_at is not None
        at = frame.recorded_at or played.at
        return Picture(self._camera.id, "playback", at, frame.data, frame.kind, dated, where, opening)

    def _stands_in(self, stream: Stream, transport: Transport) -> bool:
        """Return whether the main stream, not due itself, is the only path left for a picture of the camera."""
        if stream.path != "main" or "sub" not in self._due or transport.deadline.passed:
            return False
        return not self.pictures or all(one.path != "sub" for one in self.streams)

    def conclude(self, transport: Transport) -> None:
        """Note which paths answered without a login; and where no path is known, that there is no picture."""
        if not self.streams:
            self._note(replace(self._error, fact="picture"), "none", transport)
        access = Access(tuple(self._asked), tuple(self._anonymous)) if self._asked else self._error
        self._note(access, "anonymous request", transport)

    def _snapshot(self, stream: Stream, transport: Transport) -> Picture:
        parts = urlsplit(stream.url)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        before = len(transport.replies)
        try:
            data, at = fetch_jpeg(transport, "snapshot", target, parts.port or 0)
        finally:
            for first in transport.replies[before : before + 1]:
                self._answered("http snapshot", first.status == 200 and first.body.startswith(JPEG_BEGINNING))
        return Picture(self._camera.id, "snapshot", at, data, "jpeg", provenance=self._provenance(stream))

    def _keyframe(self, stream: Stream, transport: Transport) -> Picture:
        fetched = fetch_keyframe(transport, stream.url, self._play_at if stream.path in RECORDED else None)
        if fetched.anonymous is not None:
            self._answered(f"rtsp {stream.path}", fetched.anonymous)
        if fetched.keyframe is None:
            raise fetched.error or Malformed(f"{stream.path}: no picture")
        frame = fetched.keyframe
        of, where = (self._camera.id, stream.path), self._provenance(stream)
        self._note(StreamSound(stream.path, frame.sound), "rtsp", transport)
        if stream.path not in RECORDED and frame.has_metadata and stream.path in IN_ROTATION:
            self._telling.append(stream)
        if stream.path not in RECORDED:
            return Picture(*of, frame.taken_at, frame.data, frame.kind, provenance=where)
        # Only ONVIF's replay is sure to tell the recorded time with the picture; else it is what was asked for.
        at = frame.recorded_at or self._plays_from_at or frame.taken_at
        return Picture(*of, at, frame.data, frame.kind, frame.recorded_at is not None, where)

    def _provenance(self, stream: Stream) -> Provenance:
        return Provenance(source=self._source, profile=stream.profile, path=stream.path, level="seen")

    def _answered(self, name: str, anonymous: bool) -> None:
        self._asked.append(name)
        if anonymous:
            self._anonymous.append(name)

    def _note(self, value: Value, method: str, transport: Transport) -> None:
        seen = isinstance(value, Access | ObjectsTold | PictureTold | StreamSound)
        seen = seen or (isinstance(value, FootageOpened) and value.at is not None)
        where = Provenance(source=self._source, level="seen" if seen else "told")
        self.observations.append(Observation(self._subject, value, transport.clock(), method, where))

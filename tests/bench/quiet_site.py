"""A healthy site of recorders and cameras, minute by minute: what each device tells, and all that happens to it.

Nothing here is broken. Devices drift and resync, are restarted at night, do not answer now and then; one link comes and
goes; rings of disks let their oldest hour go. Everything is drawn from a seed, and nothing depends on what was asked
before, so that the same moment always looks the same.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

from view_scenes import CLOCK, MASK, NAME

from agent.observe.probe.devices import ProbeResult, all_unavailable
from agent.site.config.site import CameraConfig, Discovery, Hub, PrivateZone, Site, Storage
from drivers.capture import PATHS
from drivers.details import Account, Accounts, Encoder, Encoders, Interface, Interfaces, Movable
from drivers.discovery.answer import Discovered, Sweep
from drivers.footage import (
    Channel,
    Channels,
    DayRecorded,
    Disk,
    Disks,
    RecordedDays,
    Schedule,
    SchedulePeriod,
    Wanted,
    WantedFootage,
)
from drivers.model import (
    Camera,
    Clock,
    Device,
    Identity,
    Mask,
    Masks,
    Observation,
    Overlays,
    Picture,
    Recordings,
    Services,
    Span,
    Unavailable,
    Value,
)
from drivers.picture import Access, PathName, Stream, Streams
from drivers.spans import clipped, day_span, merged, subtracted

BEGINS_AT = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
"""Monday, midnight by the site's clock."""

ZONE = ZoneInfo("Asia/Shanghai")
PERIOD = timedelta(minutes=15)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

UNANSWERED = 0.005
"""Share of readings to which a device does not answer at all, and of pictures that do not come."""

KEPT_BEFORE = timedelta(days=120)
"""How far back the life of the site is drawn: longer than any ring."""

MAIN_KBPS = 4096
BOXES = tuple((left, top, right, bottom) for (left, top), _, (right, bottom), _ in (CLOCK, NAME))


@dataclass(frozen=True)
class Box:
    """One device, and how it lives. `kept`: how far its ring of disks reaches back; zero where it records nothing."""

    device: Device
    cameras: tuple[str, ...]
    seed: int
    drift_ppm: float
    resyncs: timedelta
    kept: timedelta

    @cached_property
    def restarts(self) -> tuple[Span, ...]:
        """Once a week, at night, it is away for some minutes."""
        lot = random.Random(f"restart {self.seed}")
        weeks = range(-KEPT_BEFORE // timedelta(weeks=1), 12)
        nights = [BEGINS_AT + week * timedelta(weeks=1) + (self.seed % 7) * DAY for week in weeks]
        begins = [night + timedelta(minutes=lot.uniform(120, 240)) for night in nights]
        return tuple(Span(at, at + timedelta(seconds=lot.uniform(120, 360))) for at in begins)

    @cached_property
    def drops(self) -> tuple[Span, ...]:
        """When the link of its first camera is down, if it is the flapping one: a few times a day, for minutes."""
        return flapping(self.seed) if self.device.id == FLAPPING_BEHIND else ()

    def away(self, now: datetime) -> bool:
        """Whether it is being restarted."""
        return any(span.start_at <= now < span.end_at for span in self.restarts)

    def clock(self, now: datetime, lot: random.Random) -> Clock:
        """Its clock drifts from one synchronisation to the next, and is read in whole seconds."""
        phase = timedelta(seconds=random.Random(f"phase {self.seed}").uniform(0, 86_400))
        since = (now - BEGINS_AT + phase) % self.resyncs
        offset_s = self.drift_ppm * 1e-6 * since.total_seconds() + lot.gauss(0, 0.02)
        trip_s = lot.uniform(0.004, 0.08)
        return Clock(offset_s + lot.uniform(-0.5, 0.5), 0.5 + trip_s / 2, ntp=True)


FLAPPING_BEHIND = "nvr1"


def flapping(seed: int) -> tuple[Span, ...]:
    """Return when a link is down: two to five times a day, for 2 to 40 minutes."""
    lot = random.Random(f"link {seed}")
    spans = []
    for day in range(-2, 90):
        for _ in range(lot.randint(2, 5)):
            at = BEGINS_AT + day * DAY + timedelta(minutes=lot.uniform(0, 1440))
            spans.append(Span(at, at + timedelta(minutes=min(40.0, 2 + lot.expovariate(1 / 8)))))
    return merged(spans)


@dataclass(frozen=True)
class World:
    """The site, and what it tells at a moment. The bytes of a picture name its camera and its moment."""

    site: Site
    boxes: tuple[Box, ...]

    def heard(self, now: datetime) -> Sweep:
        """Who answers discovery: nearly everybody each time, nobody else."""
        lot = random.Random(f"heard {now}")
        there = [box for box in self.boxes if not box.away(now) and lot.random() > 2 * UNANSWERED]
        return Sweep(tuple(_answer(box) for box in there))

    def read(
        self, box: Box, now: datetime, paths: Mapping[str, Collection[PathName]], wanted: WantedFootage
    ) -> ProbeResult:
        """What a reading of one device brings back at this moment."""
        lot = random.Random(f"{box.device.id} {now}")
        cameras = tuple(c.camera for c in self.site.cameras if c.camera.device == box.device.id)
        if box.away(now):
            return ProbeResult(tuple(all_unavailable(box.device, cameras, "unreachable", "no route to host", now)))
        if lot.random() < UNANSWERED:
            return ProbeResult(tuple(all_unavailable(box.device, cameras, "deadline", "no answer in time", now)))
        seen = [Observation(f"device:{box.device.id}", value, now, "bench") for value in _of_device(box, now, lot)]
        pictures: list[Picture] = []
        for camera in cameras:
            values, shots = self._of_camera(box, camera, now, lot, paths.get(camera.id, ()), wanted.get(camera.id))
            seen += (Observation(f"camera:{camera.id}", value, now, "bench") for value in values)
            pictures += shots
        return ProbeResult(tuple(seen), tuple(pictures))

    def _of_camera(
        self,
        box: Box,
        camera: Camera,
        now: datetime,
        lot: random.Random,
        due: Collection[PathName],
        wanted: Wanted | None,
    ) -> tuple[list[Value], list[Picture]]:
        values: list[Value] = [STREAMS, ENCODERS, MASKS, Overlays(("2026", camera.id), True), Movable(False)]
        played_at = None
        if box.kept:
            recordings, days = _footage(box, camera, now, wanted or Wanted())
            values += [recordings, days, SCHEDULE]
            played_at = recordings.spans[0].start_at + timedelta(seconds=1)
        down = _is_down(box, camera.id, now)
        pictures, asked = [], []
        for path in PATHS:
            if path == "snapshot" or (path == "playback" and played_at is None):
                continue
            # As in `drivers/capture.py`: the main stream stands in for a sub-stream that gives nothing.
            if path not in due and (path == "playback" or pictures):
                values.append(Unavailable("picture", "not-looked-at", "not due in this cycle", path))
            elif (down and path != "playback") or lot.random() < UNANSWERED:
                values.append(Unavailable("picture", "deadline", "no answer on the stream", path))
            else:
                asked.append(f"rtsp {path}")
                at = played_at if path == "playback" and played_at is not None else now
                pictures.append(Picture(camera.id, path, at, f"{camera.id} {at.isoformat()}".encode(), "jpeg"))
        values.append(Access(tuple(asked), ()) if asked else Unavailable("access", "deadline", "no answer"))
        return values, pictures


def _of_device(box: Box, now: datetime, lot: random.Random) -> Iterator[Value]:
    yield Identity("HIKVISION", "DS-7616NI" if box.kept else "DS-2CD2T", "V4.61", f"S{box.seed:04d}")
    yield box.clock(now, lot)
    yield Services(("http://www.onvif.org/ver10/device/wsdl",))
    yield Interfaces((Interface("eth0", f"00:00:5e:00:53:{box.seed:02x}", (f"{box.device.host}/24",), True),))
    yield Accounts((Account("admin", "Administrator"), Account("camwarden", "User")))
    if box.kept:
        yield Channels(
            tuple(
                Channel(number, name, "offline" if _is_down(box, name, now) else "online")
                for number, name in enumerate(box.cameras, 1)
            )
        )
        needs = len(box.cameras) * MAIN_KBPS * 1000 / 8 * box.kept.total_seconds()
        capacity = round(needs / 2)
        free = round(capacity * 0.002)
        yield Disks(tuple(Disk(f"hdd{n}", "HDD", "ok", "ok", capacity, free, True) for n in (1, 2)))


def _is_down(box: Box, name: str, now: datetime) -> bool:
    return name == box.cameras[0] and any(span.start_at <= now < span.end_at for span in box.drops)


def _footage(box: Box, camera: Camera, now: datetime, wanted: Wanted) -> tuple[Recordings, RecordedDays | Unavailable]:
    """What a Hikvision recorder tells: both ends, and, of the days that are wanted, each segment."""
    # Weekends take less room: the ring reaches back now more, now less far, and its old end only ever moves on.
    breathes = 0.2 * DAY * (1 + math.sin(2 * math.pi * ((now - BEGINS_AT) / timedelta(weeks=1) + box.seed / 7)))
    begun = now - box.kept - breathes
    oldest = datetime.fromtimestamp(begun.timestamp() // 3600 * 3600, UTC)
    holes = merged((*box.restarts, *(box.drops if camera.id == box.cameras[0] else ())))
    held = subtracted((Span(oldest, now - timedelta(seconds=70)),), holes)
    ends = Span(held[0].start_at, held[-1].end_at)
    listed = clipped(tuple(day_span(day, ZONE) for day in wanted.days), Span(datetime(2000, 1, 1, tzinfo=UTC), now))
    inside = [part for one in listed for part in clipped(held, one)]
    spans = merged((*subtracted((ends,), listed), *inside))
    recordings = Recordings(spans, f"rtsp://{box.device.host}/tracks/{camera.channel}01", None, listed, ("Video",))
    if not wanted.months:
        return recordings, Unavailable("recorded-days", "not-looked-at", "not asked for in this cycle")
    return recordings, RecordedDays(tuple(_days(wanted, ends, now)))


def _days(wanted: Wanted, ends: Span, now: datetime) -> Iterator[DayRecorded]:
    for year, month in sorted(wanted.months):
        day = datetime(year, month, 1, tzinfo=ZONE).date()
        while day.month == month and day <= now.astimezone(ZONE).date():
            yield DayRecorded(day, bool(clipped((ends,), day_span(day, ZONE))))
            day += DAY


def _answer(box: Box) -> Discovered:
    host = box.device.host
    endpoint = f"urn:uuid:4a5d2c1e-0000-1000-8000-00005e0053{box.seed:02x}"
    return Discovered(host, endpoint, (), (), (f"http://{host}/onvif/device_service",), (host,))


STREAMS = Streams(
    (
        Stream("main", "rtsp://192.0.2.1/main", "H264", 2560, 1440, 25.0, MAIN_KBPS),
        Stream("sub", "rtsp://192.0.2.1/sub", "H264", 640, 360, 12.5, 512),
    )
)
ENCODERS = Encoders((Encoder("main", "H264", 2560, 1440, 25.0, MAIN_KBPS), Encoder("sub", "H264", 640, 360, 12.5, 512)))
MASKS = Masks((Mask("1", MASK, "Color", True, "#000000"),))
SCHEDULE = Schedule(tuple(SchedulePeriod(day, 0, 86_400, "continuous") for day in range(7)), True)


def world(directory: Path, cameras: int = 64, seed: int = 1) -> World:
    """Make a site of recorders with 14 cameras each, and one in eight cameras that stands by itself, unrecorded."""
    alone = cameras // 8
    lot = random.Random(seed)
    names = [f"cam{number:02d}" for number in range(1, cameras + 1)]
    groups = [names[start : start + 14] for start in range(0, cameras - alone, 14)]
    groups = [[name for name in group if name in names[: cameras - alone]] for group in groups]
    boxes, configs = [], []
    for number, group in enumerate([*groups, *([name] for name in names[cameras - alone :])], 1):
        recorder = number <= len(groups)
        name = f"nvr{number}" if recorder else f"ipc{number}"
        device = Device(name, f"192.0.2.{10 + number}", 80, "hikvision" if recorder else "onvif")
        kept = timedelta(days=lot.uniform(33, 36)) if recorder else timedelta()
        resyncs = HOUR if recorder or number % 2 else DAY
        boxes.append(Box(device, tuple(group), number, lot.gauss(0, 6), resyncs, kept))
        for channel, camera in enumerate(group, 1):
            zone = PrivateZone("window", MASK, "color", "#000000")
            configs.append(
                CameraConfig(Camera(camera, name, camera, "", channel), (zone,), recorded=recorder, overlay_boxes=BOXES)
            )
    site = Site(
        "dt0001",
        "140200",
        "140200",
        "School",
        in_use_since=date(2026, 6, 1),
        devices=tuple(box.device for box in boxes),
        cameras=tuple(configs),
        hub=Hub("hub.example", confirm="broker"),
        storage=Storage(directory, directory),
        discovery=Discovery(("192.0.2.2",)),
    )
    return World(site, tuple(boxes))

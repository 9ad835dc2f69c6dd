"""The driver against the simulated ISAPI recorder: another hand's reading of the same reports, with real RTSP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from types import MappingProxyType

import pytest
from demo_clock import SetClock
from onvif_reading import fact, reason
from rtsp_device import decoded_frames

from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import ISAPI_CAMERAS, ISAPI_DEVICES
from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.footage import Channels, Disks, RecordedDays, Wanted
from drivers.hikvision.read import read
from drivers.http.transport import Transport, open_transport
from drivers.model import Camera, Credential, Device, Masks, Recordings
from masking.geometry import bounding_box

CAMERAS = tuple(Camera(one.id, one.device, channel=one.channel) for one in ISAPI_CAMERAS)
GYM = MappingProxyType({"gym": Wanted(months=((2026, 11),), days=(date(2026, 11, 20),))})


@pytest.fixture
def site() -> Iterator[SimulatedSite]:
    with SimulatedSite(SetClock(), ISAPI_DEVICES, ISAPI_CAMERAS) as started:
        yield started


@pytest.fixture
def transport(site: SimulatedSite) -> Iterator[Transport]:
    address, login = site.devices["nvr"], Credential("nvr", *site.login("nvr"))
    box = Device("nvr", "127.0.0.1", address.port, "hikvision", login)
    with open_transport(box, 20.0, Credentials(None), SetClock()) as opened:
        yield opened


def test_it_reads_what_the_other_side_made(transport: Transport) -> None:
    seen = read(CAMERAS, transport, GYM)
    channels, disks = fact(seen, "device:nvr", Channels), fact(seen, "device:nvr", Disks)
    assert isinstance(channels, Channels) and isinstance(disks, Disks)
    assert [one.state for one in channels.channels] == ["online", "online", "offline"]
    assert [(one.state, one.free_bytes) for one in disks.disks] == [("ok", 0), ("ok", 0)]
    held = fact(seen, "camera:library", Recordings)
    assert isinstance(held, Recordings) and len(held.spans) == 1
    assert held.spans[0].end_at - held.spans[0].start_at > timedelta(days=35)
    assert reason(seen, "camera:bicycles", "masks") == "unsupported", "its recorder does not reach it"


def test_a_day_without_recording_is_a_hole_of_that_day(transport: Transport) -> None:
    seen = read(CAMERAS, transport, GYM)
    days, held = fact(seen, "camera:gym", RecordedDays), fact(seen, "camera:gym", Recordings)
    assert isinstance(days, RecordedDays) and isinstance(held, Recordings)
    empty = [one.day for one in days.days if not one.recorded]
    (before, after) = held.spans
    assert len(empty) == 1 and after.start_at - before.end_at == timedelta(days=1)


def test_masks_lie_where_the_scene_has_them(transport: Transport) -> None:
    seen = read(CAMERAS, transport)
    told, drawn = fact(seen, "camera:library", Masks), ISAPI_CAMERAS[0].mask
    assert isinstance(told, Masks) and drawn is not None
    pairs = zip(bounding_box(told.masks[0].polygon), bounding_box(drawn.polygon), strict=True)
    assert all(abs(one - other) < 1 / 500 for one, other in pairs)


def test_the_oldest_moment_is_played_without_a_range_from_the_address_that_the_driver_made(
    transport: Transport,
) -> None:
    cameras = CAMERAS[:1]
    seen = read(cameras, transport)
    held = fact(seen, "camera:library", Recordings)
    pictures, _ = fetch_pictures(cameras, seen, transport)
    by_path = {one.path: one for one in pictures}
    assert set(by_path) == {"snapshot", "main", "sub", "playback"}
    assert isinstance(held, Recordings) and by_path["playback"].taken_at == held.replay_from_at
    assert decoded_frames(by_path["playback"].data, by_path["playback"].kind) > 0

"""A device with a third stream lists it in the words of its maker, and streams it; one without lists two."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent.demo.liars.worlds_table import WORLDS
from agent.demo.site import SimulatedSite
from drivers.capture import fetch_pictures
from drivers.credentials import Credentials
from drivers.http.transport import open_transport
from drivers.model import Camera, Credential, Device
from drivers.picture import PathName, Streams
from drivers.registry import load

DEADLINE_S = 60.0


def now() -> datetime:
    return datetime.now(UTC)


@pytest.mark.parametrize("third", [True, False])
@pytest.mark.parametrize("maker", ["onvif", "hikvision", "dahua"])
def test_a_third_stream_is_listed_and_streamed_where_there_is_one(maker: str, third: bool) -> None:
    (box,), rows = WORLDS[maker]  # type: ignore[index]
    with SimulatedSite(now, [replace(box, third_stream=third)], rows) as site:
        there, login = site.devices[box.id], site.login(box.id)
        device = Device(box.id, there.host, there.port, box.driver, Credential("c", *login), there.rtsp_port)
        cameras = tuple(Camera(one.id, box.id, channel=one.channel) for one in rows)
        with open_transport(device, DEADLINE_S, Credentials(None), now) as transport:
            told = load(box.driver)(cameras, transport, {})
            paths: dict[str, tuple[PathName, ...]] = {one.id: ("main", "sub", "stream-3") for one in cameras}
            pictures, _ = fetch_pictures(cameras, told, transport, paths)
    listed = [{stream.path for stream in one.value.streams} for one in told if isinstance(one.value, Streams)]
    expected = {"main", "sub", *(("stream-3",) if third else ())}
    assert [one - {"snapshot"} for one in listed] == [expected, expected]
    shown = {(one.camera_id, one.path) for one in pictures}
    assert shown == {(one.id, path) for one in cameras for path in expected}

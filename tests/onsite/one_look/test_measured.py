"""Measured values of a site's cameras: over the simulated site, and over devices that go wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from demo_clock import SetClock
from devices import NOW, PASSWORD, USER, clock
from rtsp_device import RtspDevice, clip
from sites import camera, site

from agent.demo.scene.scene import SIZES_PX
from agent.demo.site import SimulatedSite
from agent.observe.facts.facts import Facts, gather
from agent.observe.probe.devices import probe
from agent.observe.probe.fan_out import Watch
from agent.onsite.one_look.stream_rates import live_streams, measure, planned_s
from agent.site.config import load
from agent.site.config.site import Probe, Site
from drivers.credentials import Credentials
from drivers.model import Credential, Device, Observation, Unavailable
from drivers.picture import Stream, Streams, StreamSample

CREDENTIAL = Credential("box", USER, PASSWORD)


def streams_at(port: int, *paths: str) -> tuple[Stream, ...]:
    return tuple(Stream(path, f"rtsp://127.0.0.1:{port}/{path}") for path in paths)  # type: ignore[arg-type]


def site_of(*devices: str, deadline_s: float = 5.0) -> Site:
    """A site with these devices and two cameras behind each: `c1` and `c2` of the first, and so on."""
    boxes = tuple(Device(name, "127.0.0.1", 80, "onvif", CREDENTIAL) for name in devices)
    cameras = [camera(f"{name}-{number}", name) for name in devices for number in (1, 2)]
    return replace(site(*cameras), devices=boxes, probe=Probe(deadline_s=deadline_s))


def test_cameras_of_the_simulated_site_are_measured_as_they_stream(tmp_path: Path) -> None:
    now, asked = SetClock(), {"gate", "yard", "lobby"}
    with SimulatedSite(now) as simulated:
        loaded = load.load(simulated.write_config(tmp_path, {"host": "127.0.0.1", "confirm": "broker"}))
        asked_of = tuple(device for device in loaded.devices if device.id in ("recorder", "lobby"))  # none that hangs
        loaded = replace(loaded, devices=asked_of, probe=Probe(deadline_s=60.0))
        credentials = Credentials(tmp_path / "credentials.json")
        facts = gather(probe(loaded, credentials, now, paths={}).observations)
        before = dict(simulated.failed_logins)
        streams = live_streams(loaded, facts, asked)
        assert planned_s(loaded, streams, 1.0) == 4.0, "two streams of two cameras of the recorder, in turn"
        found = gather(measure(loaded, streams, credentials, now, 1.0))
        assert simulated.failed_logins == before
    assert set(streams) == asked
    for camera_id in asked:
        for path in ("main", "sub"):
            sample = _sample(found, camera_id, path)
            assert (sample.width_px, sample.height_px) == SIZES_PX[path]  # type: ignore[index]
            assert sample.fps == pytest.approx(10.0)
            assert (sample.codec, sample.packets_lost) == ("H264", 0)
            assert sample.bitrate_bps > 10_000 and sample.seconds == pytest.approx(1.0)


def _sample(facts: Facts, camera_id: str, path: str) -> StreamSample:
    return next(one for one in facts.all(f"camera:{camera_id}", StreamSample) if one.path == path)


def test_a_device_that_cannot_be_reached_costs_its_own_samples_only() -> None:
    whole = site_of("well", "gone")
    with RtspDevice(clip("h264"), login=True) as served, RtspDevice(clip("h264")) as closed:
        gone = closed.port
        closed.__exit__()
        streams = {
            "well-1": streams_at(served.port, "main", "sub"),
            "well-2": streams_at(served.port, "main"),
            "gone-1": streams_at(gone, "main", "sub"),
        }
        found = gather(measure(whole, streams, Credentials(None), clock, 1.0))
        assert served.refused == 0
    assert [len(found.all(f"camera:{name}", StreamSample)) for name in ("well-1", "well-2", "gone-1")] == [2, 1, 0]
    assert found.why_not("camera:gone-1", "stream-sample", "main").reason == "unreachable"
    assert found.why_not("camera:gone-1", "stream-sample", "sub").reason == "unreachable"
    assert "camera:gone-2" not in found.by_subject, "nobody asked about it"


def test_a_device_has_the_time_of_a_reading_and_of_its_samples() -> None:
    """Four silent streams: each is given up on its own, and all of them with the device's time."""
    whole = site_of("mute", deadline_s=0.3)
    with RtspDevice(clip("h264"), packets=()) as served:
        streams = {f"mute-{number}": streams_at(served.port, "main", "sub") for number in (1, 2)}
        observations = measure(whole, streams, Credentials(None), clock, 0.2)
    reasons = [o.value.reason for o in observations if isinstance(o.value, Unavailable)]
    assert reasons == ["deadline"] * 4


def test_nothing_is_opened_where_nothing_is_asked() -> None:
    with RtspDevice(clip("h264")) as served:
        facts = gather(
            [Observation("camera:well-1", Streams(streams_at(served.port, "snapshot", "main", "sub")), NOW, "t")]
        )
        whole = site_of("well")
        assert [s.path for s in live_streams(whole, facts)["well-1"]] == ["main", "sub"]
        assert live_streams(whole, facts, ()) == {}
        assert measure(whole, {}, Credentials(None), clock, 1.0) == ()
        assert served.asked == []
    assert planned_s(whole, live_streams(whole, facts), 10.0) == 20.0


def test_whoever_waits_can_end_the_measurement_and_keeps_what_was_measured() -> None:
    """The second stream of the device is silent; whoever waits loses patience once the first one is measured."""
    whole = site_of("box")
    with RtspDevice(clip("h264")) as served, RtspDevice(clip("h264"), packets=()) as silent:
        streams = {"box-1": streams_at(served.port, "main"), "box-2": streams_at(silent.port, "main")}
        enough = Watch(stop=lambda: "PLAY" in silent.methods())
        found = gather(measure(whole, streams, Credentials(None), clock, 1.0, enough))
    assert len(found.all("camera:box-1", StreamSample)) == 1
    assert found.why_not("camera:box-2", "stream-sample", "main").reason == "interrupted"

"""The simulated cameras' pictures: masks drawn as the table says, and judged as the demo promises."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from demo_asking import BY_ID, MASKS, Image, ask, bare, snapshot, zone
from demo_clock import SetClock
from patience import PATIENCE_S

from agent.demo.rtsp.clips import clip_of
from agent.demo.scene.scene import jpeg, picture
from agent.demo.site import SimulatedSite
from agent.demo.site_config import EFFECTS
from agent.demo.world.cameras import CAMERAS
from masking.model import Job, Zone
from masking.worker.client import Worker


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def site(clock: SetClock) -> Iterator[SimulatedSite]:
    with SimulatedSite(clock) as running:
        yield running


def test_masks_go_out_in_onvifs_frame_and_with_what_is_configured(site: SimulatedSite, clock: SetClock) -> None:
    masks = ask(site, "recorder", MASKS, clock).all("tr2:Masks")
    assert [mask.get("token") for mask in masks] == [f"mask-{channel}" for channel in range(1, 7)]
    for mask, camera in zip(masks, CAMERAS[:6], strict=True):
        assert camera.mask is not None
        points = [(float(p.get("x", "")), float(p.get("y", ""))) for p in mask.iter("{*}Point")]
        assert points == [(pytest.approx(2 * x - 1), pytest.approx(1 - 2 * y)) for x, y in camera.mask.polygon]
    told = [[mask.findtext(f"{{*}}{name}") for mask in masks] for name in ("Type", "Enabled")]
    assert told[0] == ["Color", "Color", "Color", "Color", "Pixelated", "Blurred"]
    assert told[1] == ["true", "false", "true", "true", "true", "true"]


def test_a_solid_mask_hides_everything(site: SimulatedSite) -> None:
    for device, channel in (("recorder", 1), ("annex", 1)):
        camera = next(c for c in CAMERAS if (c.device, c.channel) == (device, channel))
        assert zone(snapshot(site, device, channel), camera).max() < 12
        assert zone(bare(camera.id), camera).std() > 40


def test_a_disabled_mask_hides_nothing(site: SimulatedSite) -> None:
    hidden = zone(snapshot(site, "recorder", 2), BY_ID["corridor"])
    assert np.abs(hidden - zone(bare("corridor"), BY_ID["corridor"])).mean() < 8


def test_the_mask_of_the_yard_stands_15_percent_beside_its_place(site: SimulatedSite) -> None:
    image, camera = snapshot(site, "recorder", 3), BY_ID["yard"]
    assert zone(image, camera, 0.15).max() < 12
    assert zone(image, camera).std() > 40


def test_the_mask_of_the_reception_lets_the_scene_through(site: SimulatedSite) -> None:
    image, camera = zone(snapshot(site, "recorder", 4), BY_ID["reception"]), BY_ID["reception"]
    plain = zone(bare("reception"), camera)
    assert image.mean() < 60
    assert np.corrcoef(image.ravel(), plain.ravel())[0, 1] > 0.95
    assert image.std() == pytest.approx(0.3 * plain.std(), rel=0.1)


def test_mosaic_and_blur_keep_colours_and_lose_detail(site: SimulatedSite) -> None:
    for channel, camera_id in ((5, "canteen"), (6, "parking")):
        image, plain = snapshot(site, "recorder", channel), bare(camera_id)
        assert abs(zone(image, BY_ID[camera_id]).mean() - zone(plain, BY_ID[camera_id]).mean()) < 6

        def detail(shown: Image, camera_id: str = camera_id) -> float:
            edges = cv2.Laplacian(cv2.cvtColor(shown, cv2.COLOR_BGR2GRAY), cv2.CV_32F)
            return float(np.median(np.abs(zone(edges[..., None], BY_ID[camera_id]))))

        assert detail(image) < detail(plain) / 4


def test_the_lobby_forgets_its_mask_in_the_snapshot_only(site: SimulatedSite) -> None:
    camera = BY_ID["lobby"]
    assert zone(snapshot(site, "lobby"), camera).std() > 40
    for path in ("main", "sub"):
        assert zone(picture(camera, path, SetClock().at), camera).std() < 1


def test_every_zone_is_full_of_detail_at_every_size_and_a_translucent_mask_would_show_it() -> None:
    for camera in CAMERAS:
        if camera.mask is not None:
            for path in ("main", "sub"):
                inside = zone(bare(camera.id, path), camera)
                assert inside.std() > 30, (camera.id, path)


def test_the_scene_moves_and_is_the_same_at_the_same_moment(site: SimulatedSite, clock: SetClock) -> None:
    first, again = snapshot(site, "roof"), snapshot(site, "roof")
    clock.advance(seconds=3)
    later = snapshot(site, "roof")
    assert np.array_equal(first, again)
    assert np.abs(first.astype(int) - later.astype(int)).max() > 60


HIDES = {
    "gate": {"snapshot": "PASS", "main": "PASS", "sub": "PASS"},
    "corridor": {"snapshot": "FAIL", "main": "FAIL", "sub": "FAIL"},
    "yard": {"snapshot": "FAIL", "main": "FAIL", "sub": "FAIL"},
    "reception": {"snapshot": "FAIL", "main": "FAIL", "sub": "FAIL"},
    "canteen": {"snapshot": "PASS", "main": "PASS", "sub": "PASS"},
    "parking": {"snapshot": "PASS", "main": "PASS", "sub": "PASS"},
    "lobby": {"snapshot": "FAIL", "main": "PASS", "sub": "PASS"},
    "annex": {"snapshot": "PASS", "main": "PASS", "sub": "PASS"},
}


def test_the_verifier_sees_in_every_picture_what_the_table_says() -> None:
    """Snapshots at several moments, so that nobody who walks by turns a verdict; streams by their one IDR picture."""
    clock = SetClock()
    told: dict[str, dict[str, str]] = {camera_id: {} for camera_id in HIDES}
    with Worker(timeout_s=PATIENCE_S) as worker:
        for camera_id, expected in HIDES.items():
            camera = BY_ID[camera_id]
            assert camera.mask is not None
            color = camera.mask.color if camera.mask.effect == "Color" else ""
            zones = (Zone(camera.zone, camera.mask.polygon, EFFECTS[camera.mask.effect], color),)
            seen = set()
            for _ in range(6):
                clock.advance(seconds=7.3)
                data = jpeg(picture(camera, "snapshot", clock.at))
                seen |= {verdict.verdict for verdict in worker.judge(Job(data, "jpeg", zones)).verdicts}
            told[camera_id]["snapshot"] = "/".join(sorted(seen))
            for path in ("main", "sub"):
                clip = clip_of(camera, path, None)
                data = b"".join(b"\0\0\0\1" + unit for unit in (clip.sps, clip.pps, *clip.pictures[0]))
                (verdict,) = worker.judge(Job(data, "h264", zones)).verdicts
                told[camera_id][path] = verdict.verdict
            assert told[camera_id].keys() == expected.keys()
    assert told == HIDES

"""The local page on the simulated site: from the code to an approval that `masks show` names, and nothing before."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from smaller_site import only, unhurried
from ui_client import Client, served
from ui_desk import OnDesk, desk_of

from agent.cli import main
from agent.demo.site import SITE_ID, SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.host.access_register import read_openings
from agent.judge.checks.pictures import masks
from agent.judge.wording.picture_words import ZONE_REASONS
from agent.judge.zone_words import ZoneWord
from agent.observe.approvals.approvals import read_approvals
from agent.onsite.ui.pictures import verdict_words
from agent.site.config.load import load
from agent.text.translate import LANGUAGES, render
from drivers.picture import ZoneVerdict
from masking.model import Job, Judged
from masking.worker.client import Worker

ON_SITE = ("recorder", "roof")
ZONE = {"name": "window", "polygon": [[0.1, 0.1], [0.3, 0.1], [0.3, 0.4], [0.1, 0.4]], "effect": "any", "color": ""}


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker() as one:
        yield one


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedSite]:
    devices = tuple(device for device in DEVICES if device.id in ON_SITE)
    cameras = tuple(camera for camera in CAMERAS if camera.device in ON_SITE)
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
        yield site


@pytest.fixture
def config(running: SimulatedSite, tmp_path: Path) -> Path:
    path = unhurried(running.write_config(tmp_path, {"host": "127.0.0.1", "confirm": "broker", "tls": False}))
    path.write_text(only(path.read_text(), ON_SITE, ("gate", "yard", "roof")))
    return path


@pytest.fixture
def on_desk(config: Path, worker: Worker) -> OnDesk:
    found = desk_of(config, worker)
    found.desk.start_look()
    assert found.desk.wait_for_look(120)
    return found


@pytest.fixture
def client(on_desk: OnDesk) -> Iterator[Client]:
    with served(on_desk.desk, on_desk.entrance) as one:
        one.enter(on_desk.entrance)
        yield one


def decoded(jpeg: bytes) -> Any:
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)


def tile(client: Client, camera: str) -> dict[str, Any]:
    return next(one for one in client.get("/api/wall")["cameras"] if one["id"] == camera)


def test_the_wall_says_of_each_camera_what_is_left_to_do(client: Client) -> None:
    wall = client.get("/api/wall")
    assert (wall["site"]["id"], wall["look"]["running"], wall["drafts"]) == (SITE_ID, False, 0)
    assert {one["id"]: (one["status"], [todo["code"] for todo in one["todo"]]) for one in wall["cameras"]} == {
        "gate": ("pass", ["approve"]),
        "yard": ("fail", ["repair"]),
        "roof": ("not_applicable", ["approve"]),
    }


def test_a_camera_is_drawn_judged_approved_and_named_by_masks_show(
    client: Client, on_desk: OnDesk, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = config.read_text()
    gate = client.get("/api/camera/gate")
    assert gate["may_approve"], gate["refusal"]
    drawn = [*gate["zones"], ZONE]
    told = client.post("/api/camera/gate/judge", {"zones": drawn})
    assert told["status"] == "fail"
    assert {v["zone"]: v["verdict"] for v in told["paths"][0]["verdicts"]}["window"] == "FAIL"
    gate = client.post("/api/camera/gate/draft", {"version": gate["version"], "zones": drawn})
    assert gate["draft"] and not gate["may_approve"]
    status, refused, _ = client.ask("POST", "/api/camera/gate/mark", {"picture": client.see("gate")})
    assert status == 422, refused
    kept = [{**gate["zones"][0], "name": "the window"}]
    gate = client.post("/api/camera/gate/draft", {"version": gate["version"], "zones": kept})
    assert gate["may_approve"]
    client.post("/api/camera/gate/mark", {"picture": client.see("gate"), "why": ""})
    client.post("/api/camera/roof/mark", {"picture": client.see("roof")})
    assert config.read_text() == before, "nothing is saved before the review"
    review = client.get("/api/review")
    assert {row["kind"] for row in review["diff"]} == {"same", "add", "remove"}
    assert [one["camera"] for one in review["approvals"]] == ["gate", "roof"]
    told = client.post("/api/review", {"version": review["version"], "why": "drawn", "approve": ["gate", "roof"]})
    assert (told["saved"], told["approved"]) == (True, ["gate", "roof"])
    site = load(config)
    assert [one.name for one in next(c for c in site.cameras if c.camera.id == "gate").zones] == ["the window"]
    assert config.read_text().startswith("# Written by the simulated site"), "comments stay"
    assert sorted(read_approvals(site.storage.directory, SITE_ID)) == ["gate", "roof"]
    assert main(["masks", "show", "--config", str(config), "--json", "--lang", "en"]) != 0
    shown = {one["id"]: one["approval"] for one in json.loads(capsys.readouterr().out)["cameras"]}
    assert (shown["gate"]["by"], shown["gate"]["why"], shown["yard"]) == ("Li Na", "drawn", None)
    assert (tile(client, "gate")["approved"], tile(client, "gate")["todo"]) == (True, [])


def test_the_share_uncovered_has_the_digits_of_the_report(client: Client, on_desk: OnDesk) -> None:
    zone = {**client.get("/api/camera/gate")["zones"][0]}
    zone["polygon"] = [[max(x - 0.013, 0.0), y] for x, y in zone["polygon"]]
    version = client.get("/api/camera/gate")["version"]
    told = client.post("/api/camera/gate/judge", {"zones": [zone]})["zones"]
    camera = client.post("/api/camera/gate/draft", {"version": version, "zones": [zone]})
    found = on_desk.desk.state.looks["gate"].findings
    geometry = next(one for one in found if one.check == masks.GEOMETRY_ID)
    reported: Any = geometry.evidence["uncovered_ratio"]
    assert told[0]["uncovered"] == camera["zones"][0]["uncovered"] == reported[zone["name"]]
    assert 0 < told[0]["uncovered"] < 1


def test_the_screen_gets_a_small_picture_of_the_worker_and_never_the_devices_bytes(
    client: Client, on_desk: OnDesk
) -> None:
    status, jpeg, told = client.ask("GET", "/api/camera/gate/picture/main?w=640")
    kept = on_desk.desk.state.pictures["gate", "main"]
    assert (status, told["x-picture"]) == (200, kept.digest)
    assert jpeg != kept.picture.data
    assert decoded(jpeg).shape[1] <= 640
    assert told["cache-control"] == "no-store"
    opened = read_openings(on_desk.desk.state.site.storage.directory)
    assert [(one.command, one.what, one.file) for one in opened] == [("ui", "bare-pictures", "camera:gate/main")]


def test_the_wall_shows_a_picture_with_what_is_private_black(client: Client, on_desk: OnDesk) -> None:
    status, jpeg, told = client.ask("GET", "/api/camera/yard/picture/main?black=1")
    assert (status, "x-picture" in told) == (200, False)
    image = decoded(jpeg)
    zone = next(c for c in on_desk.desk.state.site.cameras if c.camera.id == "yard").zones[0]
    area = np.zeros(image.shape[:2], np.uint8)
    corners = [(x * image.shape[1], y * image.shape[0]) for x, y in zone.polygon]
    cv2.fillPoly(area, [np.array(corners, np.int32)], 255)
    assert int(image[area > 0].max()) < 16
    assert read_openings(on_desk.desk.state.site.storage.directory) == ()


def test_one_fresh_picture_of_one_path_takes_the_place_of_the_old_one(client: Client, on_desk: OnDesk) -> None:
    before = on_desk.desk.state.pictures["gate", "sub"].picture.taken_at
    told = client.post("/api/camera/gate/live", {"path": "sub"})
    after = {row["path"]: row for row in client.get("/api/camera/gate")["paths"]}["sub"]
    assert told["picture"] == after["digest"]
    assert on_desk.desk.state.pictures["gate", "sub"].picture.taken_at > before
    assert [row["path"] for row in told["paths"]] == ["sub"]
    assert [one["verdict"] for one in told["paths"][0]["verdicts"]] == ["PASS"]
    status, refused, _ = client.ask("POST", "/api/camera/gate/live", {"path": "playback"})
    assert (status, "recording" in refused["error"]["message"]) == (422, True)


def test_a_live_picture_is_decoded_once_for_its_verdict_and_the_screen(client: Client, on_desk: OnDesk) -> None:
    told = client.post("/api/camera/gate/live", {"path": "sub", "w": 320})

    def decodes_nothing(job: Job) -> Judged:
        raise AssertionError("decoded again")

    on_desk.desk.place = replace(on_desk.desk.place, judge=decodes_nothing)
    status, jpeg, answered = client.ask("GET", "/api/camera/gate/picture/sub?w=320")
    assert (status, answered["x-picture"], decoded(jpeg).shape[1]) == (200, told["picture"], 320)
    assert [one.what for one in read_openings(on_desk.desk.state.site.storage.directory)] == ["bare-pictures"]


def test_a_card_speaks_the_numbers_of_the_devices_own_page(client: Client) -> None:
    told = client.post("/api/camera/gate/card", {"zone": ZONE})
    assert (told["refusal"], told["left_bare"], len(told["shapes"])) == ("", 0, 1)
    assert told["fields"] and all(one["label"] and one["value"] for one in told["fields"])
    assert client.ask("POST", "/api/camera/gate/card", {"zone": {"name": "x"}})[0] == 422
    assert client.ask("POST", "/api/camera/gate/card", {"zone": ZONE, "free": "many"})[0] == 422


def test_a_verdict_says_why_in_words_and_in_no_code() -> None:
    for reason in ZONE_REASONS:
        bare = ZoneWord("main", "window", "FAIL", reason, ZoneVerdict("main", "window", "FAIL", reason, ()))
        for lang in LANGUAGES:
            words = render(ZONE_REASONS[reason], lang)
            assert words in verdict_words(bare, lang) and words != reason, reason
    bare = ZoneVerdict("main", "window", "FAIL", "not-hidden", ())
    assert (
        verdict_words(ZoneWord("main", "window", "FAIL", "not-hidden", bare), "en") == "not hidden (nothing covers it)"
    )

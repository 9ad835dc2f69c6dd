"""`camwarden masks adopt` on the simulated site: what hides is approved and nothing else, and no sheet tells."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import tomli
from smaller_site import unhurried
from stores_walked import unnamed
from warm import one_worker

from agent.cli import main
from agent.commands.masks import looking
from agent.demo.site import SITE_ID, SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.model import exits
from agent.observe.approvals.approvals import Approval, lights, read_approvals
from agent.onsite.handover.sheet import render_sheet
from agent.onsite.handover.sheet_values import SheetCamera, SheetPath
from agent.onsite.masks_look.adopt import excepted
from agent.onsite.masks_look.seen import CameraLook
from agent.service.cycle import environment
from agent.service.cycle.environment import Environment
from agent.site.config.load import load
from agent.site.config.site import Site
from masking.view import baseline

ON_SITE = ("recorder", "lobby", "roof", "annex", "store")
HIDE = ["gate", "canteen", "parking", "roof", "annex"]
SHOW = ["corridor", "yard", "reception", "lobby"]
HOSTILE = "<script>alert(1)</script>{{ 7*7 }}\x1b[2J"
Image = np.ndarray[Any, Any]


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with one_worker(environment):
        yield


@pytest.fixture(scope="module", autouse=True)
def looked_once() -> Iterator[None]:
    """Look once at the same cameras against the same approvals: no test changes a device, and a look costs most."""
    looks: dict[str, tuple[CameraLook, ...]] = {}
    look_at = looking.look_at

    def once(
        site: Site, approvals: Mapping[str, Approval], env: Environment, rounds: int, apart_s: float
    ) -> tuple[CameraLook, ...]:
        key = repr((site.devices, site.cameras, approvals, rounds))
        if key not in looks:
            looks[key] = look_at(site, approvals, env, rounds, apart_s)
        return looks[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "look_at", once)
        yield


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedSite]:
    devices = tuple(device for device in DEVICES if device.id in ON_SITE)
    cameras = tuple(camera for camera in CAMERAS if camera.device in ON_SITE)
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
        yield site


@pytest.fixture
def config(running: SimulatedSite, tmp_path: Path) -> Path:
    return unhurried(running.write_config(tmp_path, {"host": "127.0.0.1", "confirm": "broker", "tls": False}))


@pytest.fixture
def undeclared(config: Path) -> Path:
    """The same site, of which nobody declared anything private."""
    text = re.sub(r"(?s)\[\[camera\.private_zone\]\].*?\n\n", "\n", config.read_text() + "\n\n")
    config.write_text(re.sub(r"(?s)\[camera\.no_private_area\].*?\n\n", "\n", text))
    return config


def masks(config: Path, *arguments: str) -> int:
    rounds = [] if arguments[0] == "show" or "--rounds" in arguments else ["--rounds", "1"]
    return main(["masks", *arguments, *rounds, "--config", str(config), "--lang", "en", "--no-color"])


def state(config: Path) -> Path:
    return load(config).storage.directory


def shown(sheet: Path) -> dict[tuple[str, str], Image]:
    """Every picture of a sheet, by camera and path."""
    found = re.findall(r'<img src="data:image/jpeg;base64,([^"]+)" alt="(\S+) (\S+)">', sheet.read_text())
    pixels = {(c, p): np.frombuffer(base64.b64decode(data), np.uint8) for data, c, p in found}
    return {key: cv2.imdecode(data, cv2.IMREAD_COLOR) for key, data in pixels.items()}


def inside(image: Image, polygon: tuple[tuple[float, float], ...]) -> Image:
    height, width = image.shape[:2]
    area = np.zeros((height, width), np.uint8)
    cv2.fillPoly(area, [np.array([(x * width, y * height) for x, y in polygon], np.int32)], 255)
    return image[area > 0]


def test_all_that_hides_is_approved_and_nothing_else(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert masks(config, "adopt", "--yes", "--by", "Li Na", "--why", "first look") == exits.FAILS
    assert unnamed(state(config), "state") == []
    approvals = read_approvals(state(config), SITE_ID)
    assert sorted(approvals) == sorted(HIDE)
    assert {(one.by, one.why) for one in approvals.values()} == {("Li Na", "first look")}
    assert [name for name, one in approvals.items() if one.no_private_area] == ["roof"]
    assert (approvals["annex"].masks, approvals["annex"].masks_digest) == ((), ""), "it does not list its masks"
    assert {lights(one) for one in approvals.values()} == {("day",)}
    signed = {(one.path, one.zone) for one in approvals["gate"].signatures}
    zones = {zone.name for camera in load(config).cameras if camera.camera.id == "gate" for zone in camera.zones}
    assert zones and zones <= {zone for _, zone in signed} and {"snapshot", "main"} <= {path for path, _ in signed}
    out = capsys.readouterr().out
    assert re.search(r"solid \w+, opaque|mosaic of \d+ px blocks|blur with a sigma of \d+ px", " ".join(out.split()))
    assert "5 of 10 cameras approved" in out
    assert "gate: approved; view by day kept, of one picture" in out
    assert masks(config, "show") == exits.UNCHECKED
    text = capsys.readouterr().out
    assert re.search(r"(?m)^gate  1 masks  [0-9a-f]{12}  20\S+Z  Li Na  \(first look\)  views: day$", text)
    assert "yard  nobody approved it\n" in text
    assert "CWVB" not in text


def test_no_picture_of_a_sheet_shows_a_declared_zone(config: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    masks(config, "adopt", "--sheet", str(sheet))
    assert sheet.stat().st_mode & 0o777 == 0o600
    pictures = shown(sheet)
    assert {camera for camera, _ in pictures} == {*HIDE, *SHOW}
    assert [path for camera, path in pictures if camera == "gate"] == ["snapshot", "main", "sub", "playback"]
    for camera in load(config).cameras:
        for (name, path), image in pictures.items():
            assert image.mean() > 30, "there is a picture around the zone"
            for zone in camera.zones if name == camera.camera.id else ():
                hidden = inside(image, zone.polygon)
                assert (hidden.max(), hidden.mean()) < (40, 6), (name, path)


def test_masks_that_do_not_hide_are_black_too_where_nothing_is_declared(undeclared: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    masks(undeclared, "adopt", "--sheet", str(sheet))
    pictures = shown(sheet)
    by_id = {camera.id: camera for camera in CAMERAS}
    for name in ("corridor", "reception", "lobby"):
        mask = by_id[name].mask
        assert mask is not None
        assert inside(pictures[name, "snapshot"], mask.polygon).mean() < 6, name
    mosaic = by_id["canteen"].mask
    assert mosaic is not None
    assert inside(pictures["canteen", "main"], mosaic.polygon).std() > 10, "a mask that hides is shown as it is"


def test_masks_of_a_site_that_nobody_declared_are_adopted_as_they_are(
    undeclared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert masks(undeclared, "adopt", "--yes", "--by", "Li Na") == exits.FAILS
    approvals = read_approvals(state(undeclared), SITE_ID)
    assert sorted(approvals) == ["canteen", "gate", "parking"]
    assert [mask.effect for mask in approvals["parking"].masks] == ["Blurred"]
    assert any("sigma_px" in dict(one.numbers) for one in approvals["parking"].signatures), "the look of its blur"
    out = " ".join(capsys.readouterr().out.split())
    assert "adopt --no-private-area --camera roof --by NAME" in out and "frosted glass" in out


def test_without_a_word_nothing_is_approved_and_the_sheet_is_there(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert masks(config, "adopt") == exits.FAILS
    assert read_approvals(state(config), SITE_ID) == {}
    out = capsys.readouterr().out
    assert "0 of 10 cameras approved" in out
    assert "look at the sheet, then: camwarden masks adopt --yes" in out
    assert (state(config) / "baselines" / "sheet.html").stat().st_mode & 0o777 == 0o600


class Terminal(io.StringIO):
    """A terminal at which somebody has typed already."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("\n", HIDE),
        ("1, 6\n", ["canteen", "parking", "roof"]),
        ("q\n", []),
        ("", []),
        ("x\n99\n\n", HIDE),
        ("x\n" * 9, []),
    ],
)
def test_a_person_approves_all_or_ticks_exceptions(
    typed: str, expected: list[str], config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = ["gate", "canteen", "parking", "roof", "corridor", "annex"]
    monkeypatch.setattr("sys.stdin", Terminal(typed))
    masks(config, "adopt", "--by", "Li Na", "--camera", *chosen)
    listed = [c.camera.id for c in load(config).cameras if c.camera.id in chosen]
    numbers = {str(listed.index(name) + 1): name for name in chosen}
    if "," in typed:
        expected = [name for name in HIDE if name not in (numbers["1"], numbers["6"])]
    assert sorted(read_approvals(state(config), SITE_ID)) == sorted(expected)


def test_an_answer_is_all_exceptions_or_none() -> None:
    assert excepted("\n", [1, 2]) == frozenset()
    assert excepted(" 2,1 ", [1, 2]) == {1, 2}
    assert excepted("Q\n", [1, 2]) is None
    for wrong in ("3", "all", "1-2", "-1"):
        with pytest.raises(ValueError, match=r".+"):
            excepted(wrong, [1, 2])


def test_what_shows_is_refused_even_by_name(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = ("--camera", "reception", "--by", "Li Na", "--why", "I say so")
    assert masks(config, "adopt", "--yes", *names) == exits.FAILS
    assert masks(config, "approve", *names) == exits.FAILS
    assert "what is not hidden is not approved" in " ".join(capsys.readouterr().out.split())
    assert read_approvals(state(config), SITE_ID) == {}


def test_a_camera_that_refuses_the_login_is_4(config: Path) -> None:
    assert masks(config, "adopt", "--yes", "--by", "Li Na", "--camera", "store") == exits.REFUSED


def test_approved_once_there_is_nothing_to_do_until_a_mask_changes(
    config: Path, running: SimulatedSite, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("--camera", "gate", "roof")
    assert masks(config, "adopt", "--by", "Li Na", *names) == exits.OK
    path = state(config) / "baselines" / "gate.json"
    approved = path.read_text()
    data = json.loads(approved)
    capsys.readouterr()
    assert masks(config, "adopt", "--json") == exits.FAILS
    told = json.loads(capsys.readouterr().out)
    assert {one["id"] for one in told["cameras"]} == {*HIDE, *SHOW, "store"} - {"gate", "roof"}
    data["masks"][0]["polygon"][0][0] -= 0.2
    path.write_text(json.dumps({**data, "masks_digest": ""}))
    assert masks(config, "approve", "--camera", "gate", "--by", "Wang", "--why", "redrawn") == exits.OK
    assert read_approvals(state(config), SITE_ID)["gate"].masks_digest == json.loads(approved)["masks_digest"]
    assert running.failed_logins["recorder"] == 0


def test_nothing_private_is_declared_in_bulk_with_a_name(undeclared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("adopt", "--no-private-area", "--camera", "roof", "annex", "--by", 'Li "Na"')
    assert masks(undeclared, *options) == exits.OK
    approvals = read_approvals(state(undeclared), SITE_ID)
    assert {name: one.no_private_area for name, one in approvals.items()} == {"roof": True, "annex": True}
    out = capsys.readouterr().out
    lines = tomli.loads(out[out.index("[camera.no_private_area]") :].split("# below")[0])
    assert lines["camera"]["no_private_area"]["by"] == 'Li "Na"'
    assert masks(undeclared, "adopt", "--no-private-area", "--camera", "roof") == exits.USAGE
    assert "add --camera ID... and --by NAME" in capsys.readouterr().err


def test_a_mask_that_is_switched_off_is_not_called_none_and_is_not_declared_away_without_a_reason(
    undeclared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The corridor has its mask, switched off by somebody; that of the gate is on."""
    assert masks(undeclared, "adopt", "--camera", "corridor", "--by", "Li Na") == exits.UNCHECKED
    out = " ".join(capsys.readouterr().out.split())
    assert "configured but switched off" in out
    assert "no mask" not in out
    declare = ("adopt", "--no-private-area", "--camera", "corridor", "gate", "--by", "Li Na")
    for why in ((), ("--why", " ")):
        assert masks(undeclared, *declare, *why) == exits.UNCHECKED
        out = " ".join(capsys.readouterr().out.split())
        assert "the device lists 1 masks, 1 of them switched off" in out
        assert "the device lists 1 masks, 0 of them switched off" in out
        assert "add --why TEXT" in out
        assert read_approvals(state(undeclared), SITE_ID) == {}
    assert masks(undeclared, *declare, "--why", "the window was bricked up") == exits.OK
    approvals = read_approvals(state(undeclared), SITE_ID)
    assert {name: (one.no_private_area, one.why) for name, one in approvals.items()} == {
        "corridor": (True, "the window was bricked up"), "gate": (True, "the window was bricked up"),
    }  # fmt: skip


def test_zones_of_the_file_are_not_declared_away(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert masks(config, "adopt", "--no-private-area", "--camera", "gate", "--by", "Li Na") == exits.UNCHECKED
    assert "declares private zones in its view (house opposite)" in " ".join(capsys.readouterr().out.split())
    assert read_approvals(state(config), SITE_ID) == {}


def test_a_baseline_of_five_pictures_takes_the_place_of_one(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("agent.commands.masks.looking.APART_S", 0.0)
    assert masks(config, "baseline", "--camera", "roof") == exits.USAGE
    assert "nobody approved camera roof yet: camwarden masks adopt --camera roof" in capsys.readouterr().err
    assert masks(config, "adopt", "--by", "Li Na", "--camera", "roof") == exits.OK
    assert masks(config, "baseline", "--camera", "roof", "--rounds", "5") == exits.OK
    assert "roof: view by day kept, median of 5 pictures" in capsys.readouterr().out
    assert masks(config, "adopt", "--by", "Wang", "--camera", "roof") == exits.OK
    assert "roof: approved; its view is as it was approved" in capsys.readouterr().out
    (reference,) = read_approvals(state(config), SITE_ID)["roof"].references
    assert baseline.decode(reference).pictures == 5


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("adopt", "--camera", "nowhere", "--yes"), "site.toml has no camera 'nowhere'"),
        (("show", "--camera", "nowhere"), "site.toml has no camera 'nowhere'"),
        (("adopt", "--yes", "--sheet", "FILE"), "nothing is overwritten"),
        (("adopt", "--yes", "--sheet", "/nowhere/at/all.html"), "in a folder that is there"),
    ],
)
def test_a_wrong_option_is_one_line_before_anybody_is_asked(
    arguments: tuple[str, ...], said: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by = [] if arguments[0] == "show" else ["--by", "x"]
    assert masks(config, *(str(config) if a == "FILE" else a for a in arguments), *by) == exits.USAGE
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_a_state_folder_that_cannot_be_used_is_one_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (state(config) / "baselines").write_text("in the way")
    assert masks(config, "adopt", "--yes", "--by", "Li Na") == exits.PERMISSION
    error = capsys.readouterr().err
    assert "baselines: File exists; name a folder of your own" in error and error.count("\n") == 1


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_hostile_name_is_text_on_the_sheet(lang: str) -> None:
    square = ((0.1, 0.1), (0.2, 0.1), (0.2, 0.2))
    path = SheetPath("main", "", ((HOSTILE, "FAIL", "not-hidden"),), b"jpeg")
    camera = SheetCamera(1, "gate", HOSTILE, HOSTILE, "shows", HOSTILE, (path,), (square,), (square,), (), HOSTILE)
    page = render_sheet("dt0001", HOSTILE, "now", [camera], lang)
    assert "<script" not in page and "\x1b" not in page and "{{ 7*7 }}" in page
    assert "default-src 'none'" in page
    assert 'points="100.0,100.0 200.0,100.0 200.0,200.0"' in page
    assert re.findall(r'(?:src|href)="(?!data:image/jpeg)', page) == []

"""`camwarden masks card` on the simulated site: the device is read, the card fits it, and nothing is written to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from smaller_site import unhurried

from agent.cli import main
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.model import exits
from agent.site.config.load import load


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedSite]:
    devices = tuple(device for device in DEVICES if device.id in ("recorder", "lobby", "annex"))
    cameras = tuple(camera for camera in CAMERAS if camera.device in ("recorder", "lobby", "annex"))
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
        yield site


@pytest.fixture
def config(running: SimulatedSite, tmp_path: Path) -> Path:
    return unhurried(running.write_config(tmp_path, {"host": "127.0.0.1", "confirm": "broker", "tls": False}))


def run(config: Path, *words: str) -> int:
    return main(["masks", "card", *words, "--config", str(config), "--lang", "en", "--no-color"])


def zone_of(config: Path, name: str) -> str:
    return next(one for one in load(config).cameras if one.camera.id == name).zones[0].name


def asked(config: Path, capsys: pytest.CaptureFixture[str], camera: str, *more: str) -> dict[str, Any]:
    assert run(config, "--camera", camera, "--zone", zone_of(config, camera), "--json", *more) == exits.OK
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return shown


def test_what_the_device_lists_and_takes_is_in_the_card(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(config, capsys, "gate")
    assert (told["schema"], told["camera"]) == ("camwarden-masks-card/1", "gate")
    assert told["free"] is not None and told["left_bare"] == 0 and told["shapes"] and told["refusal"] == ""
    assert any("free, by the device's own word" in line for line in told["lines"])


def test_a_device_that_lists_no_masks_gets_a_card_of_one_mask(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = asked(config, capsys, "annex")
    assert told["free"] is None and len(told["shapes"]) == 1
    assert any("unknown, for the device does not list them" in line for line in told["lines"])


def test_a_device_that_does_not_answer_gets_a_card_that_says_what_is_unknown(
    config: Path, capsys: pytest.CaptureFixture[str], free_tcp_port: int
) -> None:
    site = load(config)
    device = next(one for one in site.devices if one.id == "recorder")
    config.write_text(config.read_text().replace(f"port = {device.port}\n", f"port = {free_tcp_port}\n"))
    told = asked(config, capsys, "gate")
    assert told["free"] is None and told["maker"] in ("generic", "hikvision") and told["shapes"]


def test_as_text_in_both_languages(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["masks", "card", "--camera", "gate", "--zone", zone_of(config, "gate"), "--config", str(config)]
    assert main([*words, "--lang", "en"]) == exits.OK
    assert "- save, and look again: only a picture proves that the zone is hidden\n" in capsys.readouterr().out
    assert main([*words, "--lang", "zh_CN"]) == exits.OK
    assert "只有画面才能证明该区域已遮住\n" in capsys.readouterr().out
    assert main([*words, "--quiet"]) == exits.OK
    assert capsys.readouterr().out == ""


def test_a_full_page_is_refused_and_the_exit_code_says_so(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--camera", "gate", "--zone", zone_of(config, "gate")]
    assert run(config, *words, "--free", "0") == exits.FAILS
    assert "no mask is free: on the device's page enlarge " in capsys.readouterr().out


@pytest.mark.parametrize(("camera", "zone", "said"), [
    ("nowhere", "window", "site.toml has no camera 'nowhere'"),
    ("gate", "\x1b[2J", "camera gate has no private zone '\ufffd[2J'; it has: "),
])  # fmt: skip
def test_what_site_toml_does_not_have_is_refused(
    config: Path, capsys: pytest.CaptureFixture[str], camera: str, zone: str, said: str
) -> None:
    assert run(config, "--camera", camera, "--zone", zone) == exits.USAGE
    assert said in " ".join(capsys.readouterr().err.split())


def test_zones_of_presets_are_named_with_their_preset(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], free_tcp_port: int
) -> None:
    config = tmp_path / "site.toml"
    zone = 'name = "window"\npolygon = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]\n'
    presets = "".join(
        f'[[camera.preset]]\nname = "{name}"\n[[camera.preset.private_zone]]\n{zone}' for name in ("door", "yard")
    )
    device = f'[[device]]\nid = "box"\nhost = "127.0.0.1"\nport = {free_tcp_port}\n'
    camera = '[[camera]]\nid = "dome"\ndevice = "box"\nrecorded = false\n'
    storage = f'[storage]\ndirectory = "{tmp_path}/state"\n'
    config.write_text(
        f'[site]\nid = "dt0001"\ncity = "140200"\ndivision = "140200"\n{storage}{device}{camera}{presets}'
    )
    assert run(config, "--camera", "dome", "--zone", "window") == exits.USAGE
    assert "write PRESET/NAME: door/window, yard/window" in " ".join(capsys.readouterr().err.split())
    assert run(config, "--camera", "dome", "--zone", "yard/window") == exits.OK
    assert "turn the camera to preset yard first" in capsys.readouterr().out

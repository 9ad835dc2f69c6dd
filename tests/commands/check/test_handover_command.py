"""`check --report` on the simulated site: signed, black where it must be, and kept apart from what is sent."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from handed_over import jpegs
from smaller_site import unhurried
from warm import one_worker

from agent.cli import main
from agent.contract.signing_keys import load_or_create_signer
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.model import exits
from agent.service.cycle import environment
from agent.site.config.load import load
from agent.verify.html_seal import unseal

ON_SITE = ("recorder", "lobby", "roof", "annex", "store")


@dataclass(frozen=True, slots=True)
class Written:
    """A site that was checked, its report, and where this user keeps his own state."""

    config: Path
    report: Path
    home: Path
    code: int


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with one_worker(environment):
        yield


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedSite]:
    devices = tuple(device for device in DEVICES if device.id in ON_SITE)
    cameras = tuple(camera for camera in CAMERAS if camera.device in ON_SITE)
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
        yield site


def check(config: Path, *arguments: str) -> int:
    """Streams are measured for a second each, which is not what these tests are about."""
    common = ["--lang", "en", "--rounds", "1", "--sample", "1", "--quiet"]
    return main(["check", "--config", str(config), *common, *arguments])


@pytest.fixture(scope="module")
def written(running: SimulatedSite, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """One check with a report, of a user who has no key of the site."""
    folder = tmp_path_factory.mktemp("site")
    config = unhurried(running.write_config(folder, {"host": "127.0.0.1", "confirm": "broker", "tls": False}))
    report = folder / "report.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "home"))
        code = check(config, "--report", str(report), "--pictures", "all")
    return Written(config, report, folder / "home", code)


def inside(data: bytes, polygon: tuple[tuple[float, float], ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    height, width = image.shape[:2]
    area = np.zeros((height, width), np.uint8)
    cv2.fillPoly(area, [np.array([(x * width, y * height) for x, y in polygon], np.int32)], (255,))
    return np.asarray(image[area > 0], np.uint8)


def test_a_declared_zone_is_black_in_every_picture_whatever_the_camera_does(written: Written) -> None:
    assert written.code == exits.FAILS
    pictures = jpegs(written.report.read_text())
    assert set(pictures) == {"gate", "corridor", "yard", "reception", "canteen", "parking", "lobby", "roof", "annex"}
    for camera in load(written.config).cameras:
        name = camera.camera.id
        for zone in camera.zones if name in pictures else ():
            hidden = inside(pictures[name], zone.polygon)
            assert (int(hidden.max()) < 40, float(hidden.mean()) < 6) == (True, True), name
    everything = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    assert all(inside(picture, everything).mean() > 30 for picture in pictures.values()), "the rest is to be seen"


def test_the_path_that_shows_what_is_private_is_the_one_that_is_pictured(written: Written) -> None:
    text = written.report.read_text()
    assert 'alt="lobby: snapshot, ' in text, "its streams are masked"
    assert 'alt="gate: main, ' in text


def test_the_report_is_for_its_owner_and_signed_with_a_key_of_this_computer(
    written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    assert written.report.stat().st_mode & 0o777 == 0o600
    key = written.home / "camwarden" / "handover-keys" / "dt0001.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    kid = load_or_create_signer(key).kid
    assert unseal(written.report.read_bytes()).key.kid == kid
    assert main(["verify", str(written.report), "--kid", kid]) == exits.OK
    text = written.report.read_text()
    assert "not the site&#39;s own report key" in text and kid in text
    assert not (load(written.config).storage.directory / "report-key.pem").exists(), "the daemon makes that one"


@pytest.fixture(scope="module")
def by_default(written: Written, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A report of which nobody said which pictures it shall have, and the site's own key, usable while it was made."""
    key = load(written.config).storage.directory / "report-key.pem"
    kid = load_or_create_signer(key).kid
    report = tmp_path_factory.mktemp("default") / "report.html"
    try:
        check(written.config, "--report", str(report))
    finally:
        key.unlink()
    return report, kid


def _width(data: bytes) -> int:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return int(image.shape[1])


def test_where_the_site_s_key_can_be_used_it_signs(by_default: tuple[Path, str]) -> None:
    report, kid = by_default
    assert unseal(report.read_bytes()).key.kid == kid
    assert "the site&#39;s own report key: the same" in report.read_text()


def test_without_a_word_only_what_fails_is_pictured_and_no_wider_than_160_pixels(
    written: Written, by_default: tuple[Path, str]
) -> None:
    pictures = jpegs(by_default[0].read_text())
    failing = {"corridor", "yard", "reception", "canteen", "parking", "lobby"}
    assert set(pictures) <= failing and {"corridor", "lobby"} <= set(pictures)
    for camera in load(written.config).cameras:
        name = camera.camera.id
        if name in pictures:
            assert _width(pictures[name]) <= 160, name
            for zone in camera.zones:
                assert float(inside(pictures[name], zone.polygon).mean()) < 6, name


def test_neither_secret_nor_address_is_in_the_report(written: Written) -> None:
    text = written.report.read_text()
    for login in (written.config.parent / "secrets.toml").read_text().split('"'):
        assert len(login) < 10 or login not in text
    assert "127.0.0.1" not in text and "rtsp://" not in text
    assert [d.serial for d in DEVICES if d.id in ON_SITE and d.serial in text] == []


def test_pictures_of_the_report_are_in_no_file_of_the_agent(written: Written) -> None:
    directory = load(written.config).storage.directory
    kept = [path for path in directory.rglob("*") if path.is_file()]
    assert [path for path in kept if path.read_bytes().startswith(b"SQLite")] == [], "a check opens no spool"
    for data in jpegs(written.report.read_text()).values():
        assert [path for path in kept if data[:200] in path.read_bytes()] == []
    assert [path for path in kept if b"\xff\xd8\xff" in path.read_bytes()] == []


def test_an_undeclared_camera_is_not_pictured(written: Written, tmp_path: Path) -> None:
    text = written.config.read_text()
    config = written.config.parent / "undeclared.toml"
    config.write_text(re.sub(r"(?s)\[\[camera\.private_zone\]\].*?\n\n", "\n", text + "\n\n"))
    report = tmp_path / "report.html"
    check(config, "--report", str(report), "--pictures", "all")
    assert set(jpegs(report.read_text())) == {"roof"}
    assert "not shown: nobody declared what is private in its view" in report.read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--pdf", "NEW"), exits.USAGE, "add --report FILE"),
        (("--report", "THERE"), exits.USAGE, "nothing is overwritten"),
        (("--report", "NEW", "--pdf", "THERE"), exits.USAGE, "nothing is overwritten"),
        (("--report", "/nowhere/at/all.html"), exits.USAGE, "in a folder that is there"),
    ],
)
def test_what_cannot_be_written_is_one_line_before_a_device_is_asked(
    arguments: tuple[str, ...],
    code: int,
    said: str,
    written: Written,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = tmp_path / "there"
    there.write_text("mine")
    places = {"NEW": str(tmp_path / "new"), "THERE": str(there)}
    monkeypatch.setattr("agent.commands.check.looking.see", lambda *given: pytest.fail("a device was asked"))
    assert check(written.config, *(places.get(one, one) for one in arguments)) == code
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert there.read_text() == "mine"


def test_without_a_program_that_prints_it_says_what_to_install(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    code = check(written.config, "--report", str(tmp_path / "r.html"), "--pdf", str(tmp_path / "r.pdf"))
    assert code == exits.UNAVAILABLE
    assert "apt install chromium" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_program_that_fails_leaves_the_report(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)  # the program runs as nobody where we are root, who may not enter the tests' own folder
        program = Path(name) / "weasyprint"
        program.write_text("#!/bin/sh\nexit 3\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", name)
        report, pdf = tmp_path / "r.html", tmp_path / "r.pdf"
        assert check(written.config, "--report", str(report), "--pdf", str(pdf)) == exits.UNAVAILABLE
    assert unseal(report.read_bytes()).site == "dt0001"
    assert not pdf.exists() and "could not print" in capsys.readouterr().err

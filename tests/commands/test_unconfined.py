"""Where the process that decodes pictures cannot be confined: each command says so, ends with 3, and judges nothing.

The picture worker of these tests really lacks libseccomp, as on a laptop without it.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pictures
import pytest
from gateway_place import Place

from agent.cli import main
from agent.model import exits
from masking.worker import warm_parent


@pytest.fixture(autouse=True)
def without_seccomp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warm_parent, "_BOOT", 'import sys; sys.modules["pyseccomp"] = None; ' + warm_parent._BOOT)


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    """A picture whose desk is hidden, and what says that it must be."""
    picture, regions = tmp_path / "picture.jpg", tmp_path / "regions.json"
    picture.write_bytes(pictures.encodings()["jpeg"])
    desk = {"name": "desk", "polygon": pictures.polygon(pictures.ZONE)}
    regions.write_text(json.dumps({"region": [desk]}))
    return str(picture), "--regions", str(regions)


def test_masks_verify_judges_nothing_and_says_why(
    files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["masks", "verify", *files, "--json"]) == exits.UNCHECKED
    shown = capsys.readouterr()
    told = json.loads(shown.out)
    assert told["regions"] == [] and "worker-not-confined" in told["images"][0]["error"]
    assert {"programs", "tracing"} <= set(told["worker"]["open"])
    assert "no picture was judged" in shown.err and "--unconfined" in shown.err
    assert main(["masks", "verify", *files, "--lang", "zh_CN"]) == exits.UNCHECKED
    assert "未判读任何画面" in capsys.readouterr().err


def test_masks_compare_too(files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["masks", "compare", files[0], files[0], "--json"]) == exits.UNCHECKED
    told = json.loads(capsys.readouterr().out)
    assert told["state"] == "unknown" and "worker-not-confined" in told["error"]


def test_where_a_person_accepts_it_it_is_judged_and_said(
    files: tuple[str, str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["masks", "verify", *files, "--unconfined"]) == exits.OK
    shown = capsys.readouterr()
    assert "desk: hidden" in shown.out and "not confined" in shown.err


def test_doctor_says_so_and_warns_where_the_site_accepts_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as device:
        place = Place(tmp_path, device.getsockname()[1])
        outcome = place.one("worker")
        assert (outcome.status, outcome.reason) == ("unknown", "worker-not-confined")
        place.write(place.config.read_text() + '\n[worker]\nunconfined = "accept"\n')
        outcome = place.one("worker")
        assert (outcome.status, outcome.reason) == ("warn", "worker-unconfined")

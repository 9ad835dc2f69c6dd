"""ipycam (PyPI), an ONVIF and RTSP device that nobody here wrote: read by the real driver, in a network of its own.

It knows Media1 only, wants a login even for its time, allows 300 s between its clock and a token, and answers RTSP to
everybody. It is started by `ipycam_session.py` inside the namespace.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE_S
from rtsp_device import HEIGHT_PX, WIDTH_PX

from drivers.onvif import documents

ROOT = Path(__file__).resolve().parents[2]
PEER_PYTHON = ROOT / "build/peers/ipycam/bin/python"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    assert PEER_PYTHON.exists(), "ipycam is missing: run `make peers`"
    folder = tmp_path_factory.mktemp("ipycam")
    video = folder / "source.mp4"
    source = f"testsrc2=size={WIDTH_PX}x{HEIGHT_PX}:rate=10"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, "-t", "3", "-c:v", "libx264"]
    subprocess.run([*command, "-pix_fmt", "yuv420p", "-g", "10", str(video)], check=True, timeout=60)
    # Its own process namespace as well, so that nothing that ipycam starts outlives the test.
    own = ["unshare", "--net", "--pid", "--fork", "--kill-child", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    inside = [
        "sh",
        "-c",
        'ip link set lo up && exec "$@"',
        "sh",
        sys.executable,
        str(ROOT / "tests/support/ipycam_session.py"),
    ]
    done = subprocess.run(
        [*own, *inside, str(PEER_PYTHON), str(video), str(folder)],
        capture_output=True,
        text=True,
        timeout=100,
        cwd=ROOT,
    )
    log = folder / "ipycam.log"
    assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def values(read: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["value"] for one in read["observations"] if one["kind"] == kind]


def test_identity_and_services_are_read(outcome: dict[str, Any]) -> None:
    (identity,) = values(outcome["right"], "Identity")
    assert (identity["manufacturer"], identity["model"]) == ("PythonCam", "VirtualCam-1")
    (services,) = values(outcome["right"], "Services")
    assert {documents.DEVICE, documents.MEDIA1} <= set(services["namespaces"])
    assert services["foreign_hosts"] == []


def test_streams_come_from_media1(outcome: dict[str, Any]) -> None:
    (streams,) = values(outcome["right"], "Streams")
    assert [one["path"] for one in streams["streams"]] == ["snapshot", "main", "sub"]
    main, sub = streams["streams"][1:]
    assert (main["encoding"], main["width_px"], sub["width_px"]) == ("H264", 320, 160)
    assert main["url"] == "rtsp://127.0.0.1:18554/video_main"


def test_what_it_does_not_have_is_unsupported_and_never_none(outcome: dict[str, Any]) -> None:
    missing = {one["fact"]: one["reason"] for one in values(outcome["right"], "Unavailable") if one["path"] is None}
    device = {"interfaces", "storages", "signing", "recording-summary", "gap-events", "protocols"}
    camera = {"masks", "mask-options", "overlays", "recordings", "retention-limits"}
    assert missing == dict.fromkeys(device | camera, "unsupported")
    assert values(outcome["right"], "Masks") == []


def test_its_clock_is_read_with_a_login_and_our_own_offset_shows(outcome: dict[str, Any]) -> None:
    (clock,) = values(outcome["right"], "Clock")
    assert abs(clock["offset_s"]) <= clock["uncertainty_s"] < 1.5
    (moved,) = values(outcome["clock_400_s_off"], "Clock")
    assert abs(moved["offset_s"] - timedelta(seconds=400).total_seconds()) <= moved["uncertainty_s"]


def test_a_keyframe_is_fetched_from_its_rtsp_server(outcome: dict[str, Any]) -> None:
    pictures = {path: (kind, bytes.fromhex(data)) for path, kind, data in outcome["right"]["pictures"]}
    assert set(pictures) == {"main", "sub"}
    for path, size in (("main", 320 * 192), ("sub", 160 * 96)):
        kind, data = pictures[path]
        command = ["ffmpeg", "-v", "error", "-xerror", "-f", kind, "-i", "pipe:0", "-f", "rawvideo"]
        raw = subprocess.run(
            [*command, "-pix_fmt", "gray", "pipe:1"], input=data, capture_output=True, check=True, timeout=PATIENCE_S
        )
        assert raw.stderr == b"" and len(raw.stdout) == size


def test_its_open_streams_are_named(outcome: dict[str, Any]) -> None:
    (access,) = values(outcome["right"], "Access")
    assert access["asked"] == ["http snapshot", "rtsp sub", "rtsp main"]
    assert access["anonymous"] == ["rtsp sub", "rtsp main"]


def test_its_snapshot_offers_only_basic_without_tls_and_gets_no_password(outcome: dict[str, Any]) -> None:
    (snapshot,) = [one for one in values(outcome["right"], "Unavailable") if one["path"] == "snapshot"]
    assert snapshot["reason"] == "not-tried" and "Basic" in snapshot["detail"]


def test_a_wrong_password_is_sent_once(outcome: dict[str, Any]) -> None:
    assert outcome["wrong"]["state"] == "wrong"
    assert outcome["wrong"]["replies"] == [["GetSystemDateAndTime", 401], ["GetSystemDateAndTime", 401]]
    (clock,) = [one for one in values(outcome["wrong"], "Unavailable") if one["fact"] == "clock"]
    assert clock["reason"] == "refused" and "clock" in clock["detail"]
    assert outcome["wrong"]["pictures"] == []


def test_without_a_login_it_is_asked_once(outcome: dict[str, Any]) -> None:
    assert outcome["none"]["replies"] == [["GetSystemDateAndTime", 401]]
    assert {one["reason"] for one in values(outcome["none"], "Unavailable")} == {"not-tried"}


def test_it_is_discovered(outcome: dict[str, Any]) -> None:
    (found,) = outcome["discovered"]
    assert found["address"] == "127.0.0.1" and "NetworkVideoTransmitter" in found["types"]
    assert found["xaddrs"] == ["http://127.0.0.1:18080/onvif/device_service"]

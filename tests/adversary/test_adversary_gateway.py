"""What somebody finds on a gateway that he has taken away: which pictures, and of what kind."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from smaller_site import unhurried

from agent.cli import main
from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.observe.approvals.approvals import FOLDER
from masking.view import baseline

PICTURES = (
    b"\xff\xd8\xff\xe0",
    b"\xff\xd8\xff\xe1",
    b"\xff\xd8\xff\xdb",
    b"JFIF",
    b"\x89PNG\r\n",
    b"/9j/4AAQ",
    b"iVBORw0K",
)
"""How JPEG and PNG begin, as bytes and in base64."""


@pytest.fixture(scope="module")
def recorder() -> Iterator[SimulatedSite]:
    devices = tuple(device for device in DEVICES if device.id == "recorder")
    cameras = tuple(camera for camera in CAMERAS if camera.id in ("gate", "canteen"))
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
        yield site


def test_who_takes_a_gateway_away_finds_grey_views_and_the_sheet_of_adopt_and_no_other_picture(
    recorder: SimulatedSite, tmp_path: Path
) -> None:
    """What the sheet shows has its zones blacked out: `test_masks_adopt.py`."""
    config = unhurried(recorder.write_config(tmp_path, {"host": "127.0.0.1", "confirm": "file", "tls": False}))
    words = ("--config", str(config), "--quiet")
    main(["masks", "adopt", "--yes", "--rounds", "1", "--by", "Li", "--why", "new", *words])
    main(["run", "--once", *words])
    state = tmp_path / "state"
    files = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    assert state / "spool.db" in files
    sheet, *views = sorted(
        (path for path in files if path.parent.name == FOLDER), key=lambda path: path.suffix != ".html"
    )
    assert [path for path, data in files.items() if any(start in data for start in PICTURES)] == [sheet]
    assert {path.stat().st_mode & 0o777 for path in (sheet, *views)} == {0o600}
    assert sheet.parent.stat().st_mode & 0o777 == 0o700
    assert views
    for path in views:
        for view in json.loads(files[path])["references"]:
            seen = baseline.decode(base64.b64decode(view))
            assert len(seen.grey) == seen.width_px * seen.height_px <= baseline.MAX_PIXELS, "grey, and 640 points wide"

"""Where nobody declared what is private, the first look finds the device's own masks that hide nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from held_items import status
from patience import PATIENCE_S
from told_site import Told, told_site

from agent.demo.world.cameras import CAMERAS, DEVICES
from masking.worker.client import Worker

BEHIND = ("recorder", "lobby")
PRESENT, EFFECTIVE = "privacy-mask-present", "privacy-mask-effective"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


def undeclare(told: Told) -> None:
    """Take every word on what is private out of the site's configuration."""
    text = told.config.read_text("utf-8")
    tables = re.split(r"(?m)^(?=\[)", text)
    kept = "".join(one for one in tables if not one.startswith("[[camera.private_zone]]"))
    told.config.write_text(re.sub(r"(?m)^no_private_area.*\n", "", kept), "utf-8")


def test_two_looks_find_masks_that_are_off_beside_their_place_translucent_or_not_on_a_path(
    tmp_path: Path, worker: Worker
) -> None:
    devices = [one for one in DEVICES if one.id in BEHIND]
    cameras = [one for one in CAMERAS if one.device in BEHIND and one.id != "parking"]
    with told_site(tmp_path, worker, devices, cameras) as told:
        undeclare(told)
        told.cycle()
        lobby = told.findings[f"{EFFECTIVE} camera:lobby"]
        assert lobby.status == "unknown", "its clock stands still: each snapshot in a look is the same bytes"
        told.cycle()
        assert status(told, f"{PRESENT} site") == ("unknown", "not-declared")
        assert status(told, f"{PRESENT} camera:corridor") == ("warn", "disabled")
        for bare in ("yard", "reception", "lobby"):
            assert told.findings[f"{EFFECTIVE} camera:{bare}"].status == "fail", bare
        assert "snapshot" in str(told.findings[f"{EFFECTIVE} camera:lobby"].message)
        assert "main" not in str(told.findings[f"{EFFECTIVE} camera:lobby"].message)
        for well in ("gate", "canteen"):
            for check in (PRESENT, EFFECTIVE):
                one = told.findings[f"{check} camera:{well}"]
                assert (one.status, one.reason, one.caused_by) == ("unknown", "not-declared", f"{PRESENT} site"), one
        open_ = [key for key, one in told.findings.items() if one.status == "unknown" and not one.caused_by]
        assert [key for key in open_ if key.startswith("privacy-mask-")] == [f"{PRESENT} site"]

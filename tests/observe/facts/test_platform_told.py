"""What devices told the platform is kept whole and bounded, and a file that cannot be believed tells nothing."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sites import NOW

from agent.observe.facts.platform_told import (
    CAMERAS_MAX,
    COUNTS_FOR,
    DEVICES_MAX,
    MAX_BYTES,
    NAME,
    CameraTold,
    DeviceTold,
    known_told,
    put_told,
    read_told,
)

CAMERA = CameraTold(
    code="14021300001320000001", name="大门 1", save_days=30, install_time=datetime(2025, 3, 1, 4, 5, 6),  # noqa: DTZ001
    unit="大同市第17中学", resolution="6", encoding="H.265", level="A", positions=("0010000",), masks_on=False,
    mask_regions=0, time_shown=True, texts=("门卫",), plan_on=True, plan_days_s=(86_400,) * 7, codec="h265",
    size_px=(1920, 1080),
)  # fmt: skip
TOLD = DeviceTold(
    site="S1", device="nvr", at=NOW, box=("digest",), cameras_count=3, scheme="Capability",
    certificate_until=NOW + timedelta(days=400), cameras=(CAMERA,),
)  # fmt: skip


def test_what_was_told_is_read_whole_and_the_last_test_of_a_device_counts(tmp_path: Path) -> None:
    assert known_told(tmp_path, "S1") == {}
    later = replace(TOLD, at=NOW + timedelta(hours=1), cameras=(replace(CAMERA, masks_on=None, mask_regions=None),))
    for one in (TOLD, replace(TOLD, site="S2"), later):
        put_told(tmp_path, one)
    assert known_told(tmp_path, "S1") == {"nvr": later}
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_what_counts_no_longer_goes_with_the_next_test_of_any_device(tmp_path: Path) -> None:
    put_told(tmp_path, TOLD)
    for age, left in ((COUNTS_FOR, 2), (COUNTS_FOR + timedelta(seconds=1), 1)):
        put_told(tmp_path, replace(TOLD, device="gate", at=NOW + age))
        assert len(read_told(tmp_path)) == left


def test_an_empty_camera_is_read_as_one_of_which_nothing_was_told(tmp_path: Path) -> None:
    told = replace(TOLD, cameras_count=None, cameras=(CameraTold(code="14021300001320000001"),), box=())
    put_told(tmp_path, told)
    assert read_told(tmp_path) == (told,)


def test_a_catalogue_of_thousands_leaves_a_file_that_can_be_read(tmp_path: Path) -> None:
    """Each text is as long as any that is kept."""
    long = replace(
        CAMERA, name="名" * 64, unit="位" * 64, resolution="x" * 64, encoding="y" * 64, texts=("字" * 64,) * 8
    )
    for number in range(DEVICES_MAX // 16):
        put_told(tmp_path, replace(TOLD, device=f"nvr {number}", cameras=(long,) * 10_000))
    assert (tmp_path / NAME).stat().st_size <= MAX_BYTES
    kept = read_told(tmp_path)
    assert kept[-1].device == f"nvr {DEVICES_MAX // 16 - 1}" and len(kept) < DEVICES_MAX // 16
    assert {len(one.cameras) for one in kept} == {CAMERAS_MAX}


@pytest.mark.parametrize(
    ("box", "age", "counts"),
    [
        ((), timedelta(0), True), (("digest",), COUNTS_FOR, True), (("another",), timedelta(0), False),
        (("digest",), COUNTS_FOR + timedelta(seconds=1), False), (("digest",), -timedelta(seconds=1), False),
    ],
)  # fmt: skip
def test_it_counts_for_its_box_and_its_time(box: tuple[str, ...], age: timedelta, counts: bool) -> None:
    assert TOLD.counts(box, NOW + age) is counts


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(schema="camwarden-link-told/2"),
        lambda data: data["told"][0].update(at="2026-11-24T12:00:00"),
        lambda data: data["told"][0].update(cameras_count=True),
        lambda data: data["told"][0].update(box="digest"),
        lambda data: data["told"][0].update(offline_count="1"),
        lambda data: data["told"][0].update(certificate_until="2027-01-01T00:00:00"),
        lambda data: data["told"][0].update(certificate_until=7),
        lambda data: data["told"][0]["cameras"][0].update(password="x"),
        lambda data: data["told"][0]["cameras"][0].update(save_days="30"),
        lambda data: data["told"][0]["cameras"][0].update(name=["x"]),
        lambda data: data["told"][0]["cameras"][0].update(masks_on=1),
        lambda data: data["told"][0]["cameras"][0].update(plan_days_s=[1.5]),
        lambda data: data["told"][0]["cameras"][0].update(install_time="yesterday"),
        lambda data: data["told"][0]["cameras"][0].pop("code"),
        lambda data: data["told"].append(None),
        lambda data: data.pop("told"),
    ],
)
def test_a_file_that_cannot_be_believed_tells_nothing_and_is_named_in_the_log(
    change: object, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put_told(tmp_path, TOLD)
    data = json.loads((tmp_path / NAME).read_text("utf-8"))
    change(data)  # type: ignore[operator]
    (tmp_path / NAME).write_text(json.dumps(data))
    with caplog.at_level(logging.WARNING):
        assert known_told(tmp_path, "S1") == {}
    assert NAME in caplog.text
    with pytest.raises(ValueError, match=r"\w"):
        put_told(tmp_path, TOLD)


def test_a_file_that_others_may_write_tells_nothing(tmp_path: Path) -> None:
    put_told(tmp_path, TOLD)
    (tmp_path / NAME).chmod(0o622)
    assert known_told(tmp_path, "S1") == {}

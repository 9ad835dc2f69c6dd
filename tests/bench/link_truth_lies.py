"""Lists what liars tell the platform: each is an honest camera (`link_truth_cameras.py`) but for one fact."""

# ruff: noqa: RUF001  full-width marks are what devices write

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from link_truth_cameras import NAMES, Drawn, masks, osd, plan, time_text, week_s

from agent.judge.checks.platform.compared import Fact

OTHER_UNITS: Final = ("大同市第18中学", "太原市迎泽区商场", "Taiyuan Hotel", "朔州电厂", "应县木塔管理处")

Lie = Callable[[random.Random, Drawn], Drawn]


def _item(one: Drawn, name: str, text: str, **true: object) -> Drawn:
    return replace(one, item={**one.item, name: text}, true=replace(one.true, **true))


def _block(one: Drawn, name: str, text: str, **true: object) -> Drawn:
    return replace(one, blocks={**one.blocks, name: text}, true=replace(one.true, **true))


LIES: Final[Mapping[str, tuple[Fact, Lie]]] = {
    "more footage than is kept": ("save-days", lambda lot, one: _item(
        one, "RecordSaveDays", f"{lot.choice((30, 60, 90))}", kept_days=lot.uniform(1, 28), could_keep_days=200.0)),
    "more footage, told in hours": ("save-days", lambda lot, one: _item(
        one, "RecordSaveDays", lot.choice(("2160", "2160h")), kept_days=lot.uniform(1, 80), could_keep_days=200.0)),
    "installed after its first footage": ("install-time", lambda lot, one: _item(
        one, "InstallTime", time_text(lot, one.true.tested_at - timedelta(days=5)),
        oldest_at=one.true.tested_at - timedelta(days=lot.uniform(8, 90)))),
    "installed on a day to come": ("install-time", lambda lot, one: _item(
        one, "InstallTime", time_text(lot, one.true.tested_at + timedelta(days=lot.randint(3, 900))))),
    "installed years before its use": ("install-time", lambda lot, one: _item(
        one, "InstallTime", lot.choice(("1970-01-01T08:00:00", "2000-01-01T00:00:00", "2011-06-01T00:00:00Z")),
        in_use_own=True)),
    "another unit": ("unit", lambda lot, one: _item(one, "ManagementUnit", lot.choice(OTHER_UNITS))),
    "another name than was filed": ("name", lambda lot, one: _item(
        one, "Name", "IPCamera 01", filed_name=lot.choice(NAMES))),
    "another kind of place": ("position", lambda lot, one: _item(
        one, "CapturePositionType", lot.choice(("0990000", "0060100", "0061200")))),
    "a larger picture": ("resolution", lambda lot, one: _item(
        one, "Resolution", lot.choice(("3840*2160", "4K", "2560x1440/3840x2160", "800万")),
        sizes=(lot.choice(((1920, 1080), (1280, 720), (704, 576))),))),
    "1080P that is 720P": ("resolution", lambda lot, one: _item(
        one, "Resolution", lot.choice(("6", "1080P", "1920×1080")), sizes=((1280, 720),))),
    "another codec": ("encoding", lambda lot, one: replace(_item(
        one, "EncodeType", lot.choice(("H.265", "5", "HEVC")), codecs=("H264",)), codec="")),
    "SVAC that is none": ("encoding", lambda lot, one: replace(_item(one, "EncodeType", "SVAC"), codec="h264")),
    "a level that it has not": ("level", lambda lot, one: _item(
        one, "SecurityLevelCode", lot.choice(("B", "C", "Ｃ")), level=lot.choice(("none", "A")))),
    "masks that hide nothing": ("masks", lambda lot, one: _block(
        one, "PictureMask", masks(lot.randint(1, 4), "1"), masks_seen="bare")),
    "masks that it has not": ("masks", lambda lot, one: _block(
        one, "PictureMask", masks(1, "1"), masks_seen="", masks_listed=0)),
    "no masks, and there are": ("masks", lambda lot, one: _block(
        one, "PictureMask", masks(0, "0"), masks_seen="hidden", masks_listed=2)),
    "a clock that is not drawn": ("time-shown", lambda lot, one: _block(
        one, "OSDConfig", osd("1", []), time_drawn=False)),
    "no clock, and it is drawn": ("time-shown", lambda lot, one: _block(
        one, "OSDConfig", osd("0", []), time_drawn=True)),
    "a text that is not drawn": ("texts", lambda lot, one: _block(
        one, "OSDConfig", osd("1", ["大同公安监控"]), time_drawn=True, texts=("门卫",))),
    "a longer plan": ("plan", lambda lot, one: _block(one, "VideoRecordPlan", plan(lot, 24), plan_days_s=week_s(8))),
    "no plan, and it records": ("plan", lambda lot, one: _block(
        one, "VideoRecordPlan", plan(lot, 24, "0"), plan_days_s=week_s(24), records=True)),
    "a plan, and nothing is recorded": ("plan", lambda lot, one: _block(
        one, "VideoRecordPlan", plan(lot, 24), plan_days_s=(), records=False)),
}  # fmt: skip
"""What a liar tells, and the fact that it is about."""

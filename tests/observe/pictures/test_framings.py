# ruff: noqa: RUF001  Chinese punctuation is what is looked at here
"""How each path frames the approved view is remembered by profile, size and approval, and asked of the worker again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sites import NOW, ZONE, camera, site

from agent.judge.wording.framing_words import framed_path, framing_json, is_told
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.framings import (
    SEARCH_AGAIN,
    Framings,
    approved_digest,
    framing_jobs,
    framings_after,
    from_data,
    to_data,
)
from agent.observe.pictures.judge import Questions, judge_pictures
from agent.observe.pictures.zone_verdicts import HIDDEN_AGAIN, UNCONFIRMED, Failed, judge_failed
from agent.text.translate import render
from drivers.model import Observation, Picture, Provenance
from drivers.picture import PathFramed, ZoneVerdict
from masking.model import Job, Judged
from masking.view import baseline
from masking.view.baseline import Descriptor
from masking.view.model import AS_APPROVED, Bars, Framing, FramingJob, FramingSeen

VIEW = (baseline.encode(Descriptor("day", 2, 1, 1, b"ab")),)
OTHER = (baseline.encode(Descriptor("day", 2, 1, 1, b"cd")),)
CUT = Framing(scale_x=4 / 3, offset_x=-1 / 6)
SITE = site(camera())
FOUND = FramingSeen(state="found", reason="tiles", framing=CUT, agreeing_ratio=0.8, tiles=40, quadrants=4)
SUB = Picture("gate", "sub", NOW, b"x", "jpeg", provenance=Provenance(profile="p2"))


def framed(seen: FramingSeen = FOUND, profile: str = "p2", size: tuple[int, int] = (640, 480)) -> Observation:
    value = PathFramed("sub", *size, approved_digest(VIEW), seen)
    return Observation("camera:gate", value, NOW, "look", Provenance(profile=profile))


def asked(known: Framings, picture: Picture = SUB, view: Any = VIEW, later: timedelta = timedelta(0)) -> FramingJob:
    jobs = framing_jobs(SITE, (), (picture,), ApprovedViews({"gate": view}), known, NOW + later)
    return jobs["gate", picture.path]


KNOWN = framings_after(SITE, (framed(),), {}, NOW)


def test_what_a_picture_proved_is_asked_to_be_confirmed() -> None:
    job = asked(KNOWN)
    assert (job.references, job.excluded, job.known, job.known_size) == (VIEW, (ZONE.polygon,), CUT, (640, 480))
    assert asked({}).known is None


def test_it_holds_for_this_profile_and_approval_and_a_day_only() -> None:
    assert asked(KNOWN, replace(SUB, provenance=Provenance(profile="p9"))).known is None
    assert asked(KNOWN, view=OTHER).known is None
    assert asked(KNOWN, later=timedelta(hours=25)).known is None
    assert asked(KNOWN, later=timedelta(hours=23)).known == CUT
    assert asked(KNOWN, replace(SUB, path="main")).known is None


def test_a_picture_of_another_size_begins_anew() -> None:
    unsure = FramingSeen(state="unknown", reason="no-texture")
    after = framings_after(SITE, (framed(unsure, size=(704, 576)),), KNOWN, NOW)
    assert after["gate", "sub"].framing is None
    assert framings_after(SITE, (framed(unsure),), KNOWN, NOW)["gate", "sub"].framing == CUT


def test_a_contradiction_ends_it_and_a_search_in_vain_is_not_repeated_at_once() -> None:
    other = FramingSeen(state="unknown", reason="no-match")
    after = framings_after(SITE, (framed(other),), KNOWN, NOW)
    assert after["gate", "sub"].framing is None
    assert not asked(after, later=timedelta(minutes=5)).search
    assert asked(after, later=SEARCH_AGAIN).search
    assert asked(framings_after(SITE, (framed(),), after, NOW)).search


def test_it_comes_back_as_it_was_written_and_damage_is_refused() -> None:
    text = json.dumps(to_data(KNOWN))
    assert from_data(json.loads(text)) == KNOWN
    for at, value in ((1, "attic"), (6, [45, False, 1, 1, 0, 0]), (6, [0, False, 1, 1, 0.6, 0]), (7, [0.1])):
        row = json.loads(text)
        row[0][at] = value
        with pytest.raises(ValueError):
            from_data(row)


def test_a_camera_that_turns_is_not_asked_about() -> None:
    turning = replace(SITE, cameras=tuple(replace(one, presets=("x",)) for one in SITE.cameras))  # type: ignore[arg-type]
    assert framing_jobs(turning, (), (SUB,), ApprovedViews({"gate": VIEW}), {}, NOW) == {}


def test_each_picture_tells_how_it_frames_the_view() -> None:
    def judge(job: Job) -> Judged:
        return Judged(640, 480, 100.0, 30.0, framing=FOUND if job.framing is not None else None)

    jobs = framing_jobs(SITE, (), (SUB,), ApprovedViews({"gate": VIEW}), {}, NOW)
    seen = [one for one in judge_pictures(site(camera(zones=())), (SUB,), judge, asked=Questions(framings=jobs))
            if isinstance(one.value, PathFramed)]  # fmt: skip
    assert [(one.value, one.provenance.profile) for one in seen] == [(framed().value, "p2")]


def test_a_zone_that_a_path_no_longer_shows_is_no_second_look_at_one_that_failed() -> None:
    fail = ZoneVerdict("sub", "door", "FAIL", "not-hidden", (("hidden_probability", 0.001),))
    first, before = judge_failed(fail, Failed(NOW, "a", False), None)
    assert (first.reason, before) == (UNCONFIRMED, Failed(NOW, "a", False))
    later = Failed(NOW + timedelta(minutes=1), "b", False)
    aside = ZoneVerdict("sub", "door", "PASS", "not-shown")
    again, waiting = judge_failed(aside, later, before)
    assert (again.verdict, again.reason) == ("UNSURE", HIDDEN_AGAIN)
    assert judge_failed(aside, replace(later, digest="c"), waiting)[0] == aside
    unknown = ZoneVerdict("sub", "door", "UNSURE", "framing-unknown")
    assert judge_failed(unknown, later, before) == (unknown, before)


@pytest.mark.parametrize(
    ("framing", "bars", "english", "chinese"),
    [
        (
            CUT,
            Bars(),
            "sub (shows 75 % of the approved view, cut on the left, on the right)",
            "子码流（只显示已批准视角的 75 %，裁去左侧、右侧）",
        ),
        (Framing(mirrored=True), Bars(), "sub (is mirrored)", "子码流（画面左右镜像）"),
        (Framing(turn_deg=90), Bars(), "sub (is turned by 90 degrees)", "子码流（画面旋转 90 度）"),
        (
            Framing(scale_y=0.7, offset_y=0.15),
            Bars(top=0.15, bottom=0.15),
            "sub (has black bars above, below)",
            "子码流（上方、下方有黑边）",
        ),
        (AS_APPROVED, Bars(), "sub", "子码流"),
    ],
)
def test_a_path_is_named_with_how_it_frames_the_view(framing: Framing, bars: Bars, english: str, chinese: str) -> None:
    known = framings_after(SITE, (framed(replace(FOUND, framing=framing, bars=bars)),), {}, NOW)
    word = framed_path(known, "gate", "sub")
    assert (render(word, "en"), render(word, "zh_CN")) == (english, chinese)
    assert is_told(known["gate", "sub"]) is (english != "sub")
    told = framing_json(known["gate", "sub"])
    assert told["path"] == "sub" and ("bars" in told) is (bars != Bars())
    assert framed_path(known, "gate", "main") == framed_path({}, "gate", "main")

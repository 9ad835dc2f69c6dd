"""A picture that metadata told of accuses where it shows the approved view bare; a crop proves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import cv2
import numpy as np
import pictures
import pytest
from patience import PATIENCE_S
from pictures import jpeg
from sites import NOW, ZONE, camera, observed, site
from sites import picture as seen_on

from agent.demo.scene import scene
from agent.observe.pictures.derived_views import ApprovedViews
from agent.observe.pictures.framings import framing_jobs
from agent.observe.pictures.judge import Judge, Questions, judge_pictures
from agent.observe.pictures.kept_turns import from_data, to_data
from agent.observe.pictures.turns import PathResult, path_results
from agent.observe.pictures.view_owners import view_owners
from agent.observe.pictures.zone_verdicts import CameraVerdicts, confirm_verdicts
from drivers.model import Observation, Observations, Picture, Provenance
from drivers.picture import TOLD, PathName, PictureSeen, PictureTold, ZoneVerdict
from masking.model import DAMAGED, Job, Judged, WorkerError
from masking.view.model import DescriptorJob
from masking.worker.client import Worker
from masking.worker.study import Study

GATE, YARD = camera(), camera("yard")
SITE = site(GATE, YARD)
WHERE = Provenance(profile="p1", path="main")


def scene_at(second: float, place: str = "yard", masked: bool = False) -> pictures.Picture:
    """What a camera sees, 640x360, its zone hidden or bare."""
    wide = cv2.resize(scene.scene(place, second), (640, 360), interpolation=cv2.INTER_AREA)
    out = pictures.lit(np.asarray(wide, np.uint8), "day", round(second))
    if masked:
        xs, ys = [x for x, _ in ZONE.polygon], [y for _, y in ZONE.polygon]
        out[round(min(ys) * 360) : round(max(ys) * 360), round(min(xs) * 640) : round(max(xs) * 640)] = 0
    return out


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with Worker(timeout_s=PATIENCE_S) as running:
        yield running


@pytest.fixture(scope="module")
def known(worker: Worker) -> ApprovedViews:
    def approved(place: str) -> tuple[bytes, ...]:
        study = Study(descriptor=DescriptorJob(excluded=(ZONE.polygon,)))
        studied = worker.judge(Job(jpeg(scene_at(5.0, place, masked=True)), "jpeg", (), study)).studied
        assert studied is not None and studied.descriptor
        return (studied.descriptor,)

    return ApprovedViews({"gate": approved("yard"), "yard": approved("canteen")})


def shown(judge: Judge, known: ApprovedViews, data: bytes, path: PathName = "metadata") -> PictureTold:
    taken = (Picture("gate", path, NOW, data, "jpeg", provenance=WHERE),)
    asked = Questions(owners=view_owners(SITE, known), framings=framing_jobs(SITE, (), taken, known, {}, NOW))
    (found,) = judge_pictures(SITE, taken, judge, asked=asked)
    assert isinstance(found.value, PictureTold) and found.provenance.level == "seen"
    assert (found.value.path, found.value.stream) == (path, "main")
    return found.value


@pytest.mark.parametrize("path", TOLD)
def test_the_scene_without_its_mask_is_bare(worker: Worker, known: ApprovedViews, path: PathName) -> None:
    found = shown(worker.judge, known, jpeg(scene_at(42.0)), path)
    assert (found.shows, found.reason) == ("gate", "")
    assert [(one.path, one.verdict, one.reason) for one in found.verdicts] == [(path, "FAIL", "not-hidden")]


def test_the_scene_with_its_mask_is_hidden(worker: Worker, known: ApprovedViews) -> None:
    assert [one.verdict for one in shown(worker.judge, known, jpeg(scene_at(42.0, masked=True))).verdicts] == ["PASS"]


def test_what_is_not_the_approved_view_proves_nothing(worker: Worker, known: ApprovedViews) -> None:
    crop = np.asarray(scene_at(42.0)[100:190, 200:300])
    elsewhere = shown(worker.judge, known, jpeg(scene_at(42.0, "canteen")))
    assert (elsewhere.shows, elsewhere.verdicts, elsewhere.reason) == ("yard", (), "")
    for data in (jpeg(crop), jpeg(np.full((360, 640, 3), 128, np.uint8)), jpeg(scene_at(42.0, "roof"))):
        found = shown(worker.judge, known, data)
        assert (found.shows, found.verdicts, found.reason) == ("", (), "")


def test_without_an_approved_view_no_zone_is_judged(worker: Worker) -> None:
    found = shown(worker.judge, ApprovedViews(), jpeg(scene_at(42.0)))
    assert (found.shows, found.verdicts) == ("", ())


@pytest.mark.parametrize(("said", "reason"), [(DAMAGED, "damaged"), ("undecodable", "malformed")])
def test_one_that_cannot_be_judged_says_so(said: str, reason: str, known: ApprovedViews) -> None:
    def judge(job: Job) -> Judged:
        raise WorkerError(said)

    assert shown(judge, known, b"x").reason == reason


def told(number: int, verdict: str = "FAIL", path: PathName = "event") -> Observation:
    of = ZoneVerdict(path, ZONE.name, verdict, "not-hidden" if verdict == "FAIL" else "solid")  # type: ignore[arg-type]
    value = PictureTold(path=path, stream="main", shows="gate", digest=f"{number:064x}", verdicts=(of,))
    return Observation("camera:gate", value, NOW + number * timedelta(minutes=15), "look", WHERE)


def live(verdict: str, number: int) -> Observations:
    zone = ZoneVerdict("sub", ZONE.name, verdict, "not-hidden" if verdict == "FAIL" else "solid")  # type: ignore[arg-type]
    at = NOW + number * timedelta(minutes=15)
    both = observed("camera:gate", replace(seen_on("sub", at), digest=f"5{number:063x}"), zone)
    return tuple(replace(one, taken_at=at) for one in both)


def counted(*looks: Observations) -> list[tuple[str, str]]:
    """Return path and verdict of all that the last of several looks shows."""
    memory: tuple[CameraVerdicts, ...] = ()
    for number, one in enumerate(looks):
        found, memory = confirm_verdicts(SITE, (), one, memory, NOW + number * timedelta(minutes=15))
    verdicts = [v for o in found for v in (o.value.verdicts if isinstance(o.value, PictureTold) else (o.value,))]
    return [(v.path, v.verdict) for v in verdicts if isinstance(v, ZoneVerdict)]


def test_one_picture_alone_waits_and_a_second_one_confirms_it() -> None:
    assert counted((told(0),)) == [("event", "UNSURE")]
    assert counted((told(0),), (told(1),)) == [("event", "FAIL")]


def test_an_old_picture_that_is_sent_again_confirms_nothing() -> None:
    again = replace(told(0), taken_at=NOW + timedelta(hours=1))
    assert counted((told(0),), (again,), (again,)) == [("event", "UNSURE")]


def test_live_paths_that_hide_the_zone_excuse_nothing() -> None:
    looks = [(*live("PASS", number), told(number)) for number in range(2)]
    assert counted(*looks) == [("sub", "PASS"), ("event", "FAIL")]


def test_a_bare_live_path_confirms_it_and_it_confirms_no_live_one() -> None:
    assert counted((*live("FAIL", 0), told(0))) == [("sub", "UNSURE"), ("event", "FAIL")]
    assert counted((told(0),), (told(1),), (*live("FAIL", 2),)) == [("sub", "UNSURE")]


def test_what_was_shown_is_remembered_with_the_stream_that_told_of_it() -> None:
    now = (*observed("camera:gate", seen_on("main", NOW)), told(0))
    (kept,) = path_results(SITE, now, (), NOW)
    assert kept.shown == (told(0).value,) and not kept.is_well
    back: PathResult = from_data(json.loads(json.dumps(to_data(kept))))
    assert back.shown == kept.shown
    earlier: dict[str, Any] = to_data(kept)
    del earlier["shown"]
    assert from_data(earlier).shown == (), "data of an earlier release"
    assert isinstance(back.seen, PictureSeen)

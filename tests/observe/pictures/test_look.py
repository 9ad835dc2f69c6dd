"""Looking: every picture becomes facts of its path, and one that cannot be judged is said with its reason."""

from __future__ import annotations

from dataclasses import replace

from sites import NOW, PATHS, ZONE, camera, site

from agent.observe.pictures.judge import judge_pictures
from drivers.model import Picture, Unavailable
from drivers.picture import PictureSeen, ZoneVerdict
from masking.model import Job, Judged, Verdict, WorkerError


def judge(job: Job) -> Judged:
    if job.data in (b"bad", b"cut"):
        raise WorkerError("undecodable" if job.data == b"bad" else "damaged")
    return Judged(640, 360, 100.0, 30.0, tuple(Verdict(z.name, "PASS", "solid") for z in job.zones))


def pictures(*data: bytes) -> tuple[Picture, ...]:
    return tuple(Picture("gate", path, NOW, one, "jpeg") for path, one in zip(PATHS, data, strict=False))


def test_a_good_picture_is_seen_and_its_zones_are_judged() -> None:
    values = [o.value for o in judge_pictures(site(camera()), pictures(b"a", b"b"), judge)]
    assert [(v.path, v.zone) for v in values if isinstance(v, ZoneVerdict)] == [
        ("snapshot", ZONE.name),
        ("main", ZONE.name),
    ]
    digests = {v.digest for v in values if isinstance(v, PictureSeen)}
    assert len(digests) == 2


def test_every_zone_is_asked_about_with_where_its_camera_writes() -> None:
    asked: list[Job] = []
    watched = replace(camera(), overlay_boxes=((0.1, 0.2, 0.4, 0.3),))
    judge_pictures(site(watched), pictures(b"a"), lambda job: asked.append(job) or judge(job))  # type: ignore[func-returns-value]
    (zone,) = asked[0].zones
    assert zone.overlays == (((0.1, 0.2), (0.4, 0.2), (0.4, 0.3), (0.1, 0.3)),)


def test_a_bad_picture_costs_its_own_path_only() -> None:
    values = [o.value for o in judge_pictures(site(camera()), pictures(b"a", b"bad", b"c"), judge)]
    assert [v.path for v in values if isinstance(v, PictureSeen)] == ["snapshot", "sub"]
    (missing,) = [v for v in values if isinstance(v, Unavailable)]
    assert (missing.fact, missing.path, missing.reason, missing.detail) == (
        "picture",
        "main",
        "malformed",
        "worker: undecodable",
    )


def test_a_picture_that_arrived_damaged_is_missing_for_that_reason() -> None:
    values = [o.value for o in judge_pictures(site(camera()), pictures(b"a", b"cut"), judge)]
    (missing,) = [v for v in values if isinstance(v, Unavailable)]
    assert (missing.path, missing.reason, missing.detail) == ("main", "damaged", "worker: damaged")
    assert not [v for v in values if isinstance(v, ZoneVerdict) and v.path == "main"]


def test_progress_is_told_after_each_picture() -> None:
    turns = []
    judge_pictures(site(camera()), pictures(b"a", b"bad", b"c"), judge, lambda: turns.append(1))
    assert len(turns) == 3

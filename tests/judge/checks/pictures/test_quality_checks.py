"""Picture quality against what is usual: quiet while it is learned, then one finding that names the worst."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sights import STEP, learned, of, played, quality, seen, taught, view
from sites import DAY, NOW, PATHS, camera, observed, picture, site

from agent.judge.checks.pictures.quality import MESSAGES
from agent.judge.memory.memory import Memory, from_json, to_json
from agent.observe.pictures.compact import packed, quality_data, quality_from, unpacked
from agent.observe.pictures.view_memory import CameraQuality, CameraView, IndicatorMark, SnapshotMark
from agent.observe.pictures.zone_verdicts import CameraVerdicts, Failed
from agent.observe.remembered.value import Remembered
from agent.site.config.site import Mute
from masking.quality.indicators import INDICATORS
from masking.quality.learning import COLUMNS, LEARNING, METRICS, OVERLAYS_MAX, ROWS_MAX, ModeMemory, QualityMemory
from masking.view.persistence import ViewMemory

SITE = site(camera())
CHECK = "video-quality"
BLURRED = {"sharpness": -1.5}
COVERED = {"covered_ratio": 0.8, "sharpness": -1.5}


def statuses(*pictures: dict[str, object], check: str = CHECK, known: CameraQuality | None = None) -> list[str]:
    """Return the status after each picture of a camera that has learned by day."""
    looks = [seen(view(), quality(**one)) for one in pictures]
    _, _, told = played(SITE, looks, known={"gate": learned() if known is None else known})
    return [f"{of(one, check).status} {of(one, check).reason}".strip() for one in told]


def test_a_camera_learns_for_seven_days_before_it_is_judged() -> None:
    looks = [seen(view(), quality(**BLURRED)) for _ in range(5)]
    _, known, told = played(SITE, looks)
    assert {(of(one, CHECK).status, of(one, CHECK).reason) for one in told} == {("unknown", "learning")}
    assert of(told[0], CHECK).evidence["until"] == "2026-12-01T12:00:00Z"
    assert not known["gate"].learned
    steady = [seen(view(), quality(luma=100.0 + number % 3)) for number in range(60)]
    _, known, told = played(SITE, steady, step=LEARNING / 50)
    assert known["gate"].learned
    assert of(told[-1], CHECK).status == "pass"


def test_a_bad_picture_counts_when_there_were_three() -> None:
    assert statuses({}, BLURRED, BLURRED, BLURRED) == ["pass", "pass", "pass", "warn blurred"]
    assert statuses(BLURRED, BLURRED, {}, BLURRED, BLURRED) == ["pass"] * 5
    assert statuses(BLURRED, BLURRED, BLURRED, {}) == ["pass", "pass", "warn blurred", "pass"]


def test_one_finding_names_the_worst_and_gives_the_numbers_of_all() -> None:
    ill = {"noise": 9.0, "stripes": 8.0}
    _, _, told = played(SITE, [seen(view(), quality(**ill))] * 3, known={"gate": learned()})
    finding = of(told[-1], CHECK)
    assert (finding.status, finding.severity, finding.reason) == ("warn", "minor", "noise")
    rows = finding.evidence["bad"]
    assert [row["indicator"] for row in rows] == ["noise", "stripes"]  # type: ignore[index, union-attr, call-overload]
    assert all(row["value"] > row["limit"] > row["usual"] for row in rows)  # type: ignore[index, union-attr, call-overload]


def test_every_indicator_of_quality_has_its_sentence() -> None:
    elsewhere = {"moved", "covered"}
    assert set(MESSAGES) == {indicator.name for indicator in INDICATORS} - elsewhere


def test_a_covered_lens_is_its_own_finding_and_hides_what_follows_from_it() -> None:
    assert statuses({}, COVERED, COVERED, COVERED, check="camera-occluded") == [*["pass"] * 3, "fail covered"]
    assert statuses(COVERED, COVERED, COVERED)[-1] == "pass"
    _, _, findings = played(SITE, [seen(view("unknown"), quality(**COVERED))] * 3, known={"gate": learned()})
    occluded = of(findings[-1], "camera-occluded")
    assert (occluded.severity, occluded.source.article) == ("major", "article 23(2)")
    assert "80 %" in str(occluded.message)
    assert of(findings[-1], "camera-moved").caused_by == occluded.key


def test_a_black_picture_that_camera_online_tells_is_not_told_twice() -> None:
    dark = tuple(
        replace(o, value=replace(o.value, mean_luma=2.0, contrast=0.5)) if hasattr(o.value, "mean_luma") else o
        for o in seen(view(), quality(luma=2.0, contrast=0.5))
    )
    _, _, told = played(SITE, [dark] * 3, known={"gate": learned()})
    assert of(told[-1], CHECK).reason == "black"
    assert of(told[-1], CHECK).caused_by == "camera-online camera:gate"
    _, _, told = played(SITE, [seen(view(), quality(luma=15.0, contrast=6.0))] * 3, known={"gate": learned()})
    assert (of(told[-1], CHECK).reason, of(told[-1], CHECK).caused_by) == ("black", "")


def test_day_and_night_change_without_a_word() -> None:
    night: dict[str, object] = {"light": "infrared", "luma": 60.0, "sharpness": -1.5, "noise": 4.0, "change": 9.0}
    nights = [{**night, "covered_ratio": None}] * 6
    for check in (CHECK, "camera-occluded"):
        told = statuses({}, {}, {}, *nights, {}, {}, check=check)
        assert set(told) == {"pass"}
    both = learned(*taught("infrared", sharpness=-1.5, noise=4.0, change=9.0).modes)
    assert set(statuses({}, {}, *nights, {}, {}, known=both)) == {"pass"}


def test_what_was_bad_by_day_stays_bad_through_the_night() -> None:
    dark = {"light": "infrared", "covered_ratio": None}
    assert statuses(*[BLURRED] * 3, *[dark] * 4)[2:] == ["warn blurred"] * 5


def test_an_indicator_is_muted_until_its_day_is_over_and_the_next_worst_is_told() -> None:
    muted = site(camera(mutes=(Mute("noise", NOW.date(), "Li Na"), Mute("covered", NOW.date(), "Li Na"))))
    looks = [seen(view(), quality(noise=9.0, stripes=8.0))] * 3
    _, _, told = played(muted, looks, known={"gate": learned()})
    assert of(told[-1], CHECK).reason == "stripes"
    assert of(told[-1], CHECK).evidence["muted"] == ["noise"]
    assert of(told[-1], "camera-occluded").reason == "muted"
    _, _, told = played(muted, looks, known={"gate": learned()}, at=NOW + timedelta(hours=5))
    assert of(told[-1], CHECK).reason == "noise", "at 17:00 UTC the next day has begun on site"


def test_a_shape_that_cannot_be_measured_is_unknown() -> None:
    _, _, (findings,) = played(SITE, [seen(view("unknown"))])
    assert (of(findings, CHECK).status, of(findings, CHECK).reason) == ("unknown", "not-measured")


def test_a_camera_whose_streams_are_not_known_is_unknown() -> None:
    _, _, (findings,) = played(SITE, [observed("camera:gate")])
    assert (of(findings, CHECK).status, of(findings, CHECK).reason) == ("unknown", "not-looked-at")


def test_an_approval_in_the_place_of_another_has_everything_learned_anew() -> None:
    _, known, _ = played(SITE, [seen(view(), quality())], known={"gate": learned()})
    assert known["gate"].learned, "a first approval changes nothing"
    _, known, told = played(SITE, [seen(view(), quality())], known=known, references={"gate": (b"another",)})
    assert not known["gate"].learned
    assert of(told[0], CHECK).reason == "learning"


def test_what_is_known_survives_its_text() -> None:
    _, known, _ = played(SITE, [seen(view(), quality(noise=9.0))] * 3, known={"gate": learned()})
    again = quality_from(json.loads(json.dumps(quality_data(known["gate"]))))
    assert again.marks == known["gate"].marks
    assert again.shifts == known["gate"].shifts
    assert again.learned
    assert quality_data(again) == quality_data(known["gate"]), "and a second time nothing is lost"
    for mine, theirs in zip(again.memory.modes[0].rows, known["gate"].memory.modes[0].rows, strict=True):
        assert [value is None for value in mine] == [value is None for value in theirs]
        numbers = [value for value in theirs if value is not None]
        assert [value for value in mine if value is not None] == pytest.approx(numbers, rel=1e-3)


def test_rows_of_different_lengths_and_gaps_are_packed() -> None:
    rows = ((1.0, None, 3.5), (2.0, 0.25, 4.0, 7.0))
    assert unpacked(*packed(rows)) == ((1.0, None, 3.5, None), (2.0, 0.25, 4.0, 7.0))
    assert unpacked(*packed(())) == ()


@pytest.mark.parametrize(
    ("width", "text"), [(3, packed(((1.0, 2.0),))[1]), (99, ""), (-1, ""), (2, "~"), (2, 5), ("x", "")]
)
def test_rows_that_are_none_are_an_error(width: object, text: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        unpacked(width, text)


UNUSED = range(len(METRICS) + 1, len(METRICS) + OVERLAYS_MAX)
"""The columns of overlays that a camera with one overlay does not have."""


def full_mode(seed: int, light: str) -> ModeMemory:
    rows = tuple(
        tuple(
            round(((seed * 7919 + row * 104_729 + column * 1_299_709) % 9973) / 97.3, 4)
            if column not in UNUSED
            else None
            for column in range(COLUMNS)
        )
        for row in range(ROWS_MAX)
    )
    return ModeMemory(light, NOW - LEARNING, NOW, 8, 3, rows)  # type: ignore[arg-type]


def test_the_memory_of_sixty_four_cameras_stays_small() -> None:
    names = [f"camera-{number:02}" for number in range(64)]
    looks = (view("moved"), view("moved"), view("moved"))
    failed = Failed(NOW, "d" * 64, confirmed=True)
    kept = Remembered(
        views={name: CameraView("d" * 64, ViewMemory(looks[0], looks), NOW) for name in names},
        quality={
            name: CameraQuality(
                "d" * 64,
                QualityMemory((full_mode(number, "day"), full_mode(number + 99, "infrared")), "day"),
                (0.123, 0.456, 0.789, 0.111),
                tuple(IndicatorMark(one.name, NOW, 3, 12.345, 10.123, 11.456) for one in INDICATORS),
            )
            for number, name in enumerate(names)
        },
        pooled=tuple(
            CameraVerdicts(name, "z" * 64, "m" * 64, {(path, "window"): failed for path in (*PATHS, "playback")})
            for name in names
        ),
    )
    text = to_json(Memory(remembered=kept))
    assert len(text.encode()) <= 300 * 1024
    again = from_json(text).remembered
    assert (again.pooled, set(again.views), set(again.quality)) == (kept.pooled, set(names), set(names))


def test_a_damaged_memory_is_forgotten_and_not_fatal() -> None:
    good = json.loads(to_json(Memory(config_digest="x", remembered=Remembered(quality={"gate": learned()}))))
    assert from_json(json.dumps(good)).config_digest == "x"
    good["quality"]["gate"][2][0][-1] = "~~~"
    assert from_json(json.dumps(good)) == Memory()
    older = {key: value for key, value in good.items() if key not in ("quality", "views", "pooled")}
    assert from_json(json.dumps(older)).config_digest == "x"


def snapshots(
    *digests: str, step: timedelta = STEP, contrast: float = 40.0, known: CameraQuality | None = None
) -> list[str]:
    """Return the status after each look in which the snapshot has such a digest."""
    looks = [
        (
            *seen(view(), quality()),
            *observed("camera:gate", replace(picture("snapshot"), digest=one, contrast=contrast)),
        )
        for one in digests
    ]
    _, _, told = played(SITE, looks, known={"gate": known or learned()}, step=step)
    return [f"{of(one, CHECK).status} {of(one, CHECK).reason}".strip() for one in told]


def test_one_snapshot_for_longer_than_a_cache_may_keep_it_is_frozen() -> None:
    assert snapshots(*"aaaa") == [*["pass"] * 3, "warn snapshot-frozen"]
    assert snapshots(*"aaaab")[-1] == "pass"
    assert set(snapshots(*"ababab")) == {"pass"}


def test_a_snapshot_from_a_cache_of_minutes_and_an_even_one_are_not_frozen() -> None:
    assert set(snapshots(*"aaaaaa", step=timedelta(minutes=5))) == {"pass"}
    assert set(snapshots(*"aaaaaa", contrast=2.0)) == {"pass"}


def test_a_frozen_snapshot_survives_its_text_and_older_text_has_none() -> None:
    mark = SnapshotMark("a" * 64, NOW, NOW + DAY, 3)
    data = json.loads(json.dumps(quality_data(replace(learned(), snapshot=mark))))
    assert quality_from(data).snapshot == mark
    assert quality_from(data[:5]).snapshot is None


def test_marks_older_than_a_day_are_forgotten() -> None:
    _, known, _ = played(SITE, [seen(view(), quality(**BLURRED))] * 3, known={"gate": learned()})
    later: datetime = NOW + DAY + 4 * STEP
    _, known, told = played(SITE, [seen(view(), quality(light="infrared"))], known=known, at=later)
    assert known["gate"].mark("blurred") is None
    assert of(told[0], CHECK).status == "pass"

"""What a site declares of picture quality counts: its thresholds, and where its cameras write into their pictures."""

from __future__ import annotations

from dataclasses import fields

import pytest
from sights import learned, of, played, quality, seen, taught, view
from sites import camera, site

from agent.observe.pictures.view_memory import CameraQuality
from agent.site.config.footage import RANGES
from agent.site.config.site import Site
from masking.quality.indicators import Thresholds

CHECK = "video-quality"
BOX = (0.02, 0.02, 0.4, 0.08)
BOXED = site(camera(overlay_boxes=(BOX,)))
WRITTEN = (6.0,)


def last(a_site: Site, known: CameraQuality, **changes: object) -> str:
    """Return status and reason after three pictures like this of a camera that has learned."""
    looks = [seen(view(), quality(**changes))] * 3
    finding = of(played(a_site, looks, known={"gate": known})[2][-1], CHECK)
    return f"{finding.status} {finding.reason}".strip()


def knows_its_overlay() -> CameraQuality:
    """Return what is known of a camera that learned with its box declared."""
    fresh = played(BOXED, [seen(view(), quality(ink=WRITTEN))])[1]["gate"]
    return CameraQuality(fresh.references, taught(ink=WRITTEN))


def test_every_threshold_has_its_range_and_its_default_lies_within() -> None:
    assert set(RANGES) == {one.name for one in fields(Thresholds)}
    default = Thresholds()
    assert [name for name, (low, high) in RANGES.items() if not low <= getattr(default, name) <= high] == []


@pytest.mark.parametrize(
    ("name", "value", "changes"),
    [
        ("stripes_rise", 50.0, {"stripes": 8.0}),
        ("sharpness_fall", 3.0, {"sharpness": -1.5}),
        ("cast_rise", 100.0, {"cast_a": 30.0}),
    ],
)
def test_a_sites_threshold_counts_instead_of_the_default(name: str, value: float, changes: dict[str, object]) -> None:
    assert last(site(camera()), learned(), **changes).startswith("warn")
    lenient = site(camera(), quality=Thresholds(**{name: value}))
    assert last(lenient, learned(), **changes) == "pass"


def test_a_stricter_threshold_finds_what_the_default_lets_pass() -> None:
    assert last(site(camera()), learned(), shift_percent=0.3) == "pass"
    strict = site(camera(), quality=Thresholds(shift_percent=0.2))
    looks = [seen(view(), quality(shift_percent=0.3))] * 7
    assert of(played(strict, looks, known={"gate": learned()})[2][-1], CHECK).reason == "shaking"


def test_an_overlay_that_is_missing_from_its_declared_box_is_told() -> None:
    assert last(BOXED, knows_its_overlay(), ink=(0.3,)) == "warn overlay-missing"
    assert last(BOXED, knows_its_overlay(), ink=WRITTEN) == "pass"


def test_without_a_declared_box_a_missing_overlay_is_not_told() -> None:
    assert last(site(camera()), learned(), ink=()) == "pass"


@pytest.mark.parametrize("boxes", [(), (BOX, BOX), ((0.5, 0.5, 0.9, 0.6),)])
def test_other_boxes_have_all_learned_anew(boxes: tuple[tuple[float, float, float, float], ...]) -> None:
    known = knows_its_overlay()
    assert known.learned
    assert last(site(camera(overlay_boxes=boxes)), known, ink=(6.0,) * len(boxes)) == "unknown learning"


def test_a_first_box_has_all_learned_anew_because_its_strokes_were_never_seen() -> None:
    assert last(BOXED, learned(), ink=WRITTEN) == "unknown learning"


def test_an_approval_of_a_first_view_keeps_what_was_learned_with_the_boxes() -> None:
    _, known, _ = played(BOXED, [seen(view(), quality(ink=WRITTEN))], references={})
    before = CameraQuality(known["gate"].references, taught(ink=WRITTEN))
    _, after, _ = played(BOXED, [seen(view(), quality(ink=WRITTEN))], known={"gate": before})
    assert after["gate"].learned
    assert after["gate"].references != before.references
    _, again, _ = played(
        BOXED, [seen(view(), quality(ink=WRITTEN))], known=after, references={"gate": (b"another",)}
    )  # fmt: skip
    assert not again["gate"].learned

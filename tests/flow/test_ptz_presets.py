"""A camera that turns is judged at each of its presets in the pictures that show it there, and nowhere else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from pictures import Box, Picture, masked, polygon
from pictures import Mask as Drawn
from sites import DAY
from turning_site import Street, street, taken, toml_zone
from warm import judging_worker

from agent.judge.memory import memory as state
from agent.judge.wording.held import is_held
from agent.model import exits
from agent.model.finding import Finding
from agent.observe.approvals.approvals import read_approvals, write_approval
from agent.observe.approvals.reference_views import FOLDER, read_preset_views, write_preset_view
from agent.observe.pictures.preset_verdicts import from_data, to_data
from agent.service.cycle import environment
from drivers.model import Mask
from drivers.picture import PathName
from masking.view import baseline
from masking.worker.client import Worker

DOOR, WINDOW = (0.3, 0.3, 0.6, 0.75), (0.1, 0.15, 0.35, 0.5)
ENTRANCE, YARD, NOWHERE = 5, 9, 30
PRESETS = (
    '  [[camera.preset]]\n  name = "入口 entrance"\n'
    + toml_zone("camera.preset.private_zone", "door", DOOR)
    + '  [[camera.preset]]\n  name = "yard"\n'
    + toml_zone("camera.preset.private_zone", "window", WINDOW)
)
CHECK = "privacy-mask-ptz camera:dome"
Draw = Callable[[PathName, int], Picture]


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with judging_worker(environment) as running:
        yield running


@pytest.fixture
def dome(tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    with street(tmp_path, worker, PRESETS, monkeypatch) as made:
        yield made


def at(scene: int, box: Box | None, bare_on: tuple[str, ...] = (), **move: float) -> Draw:
    """Show a scene with the mask of its preset, except on some paths."""
    return lambda path, seed: taken(scene, seed, box=None if path in bare_on else box, **move)


HIDDEN = {"入口 entrance": at(ENTRANCE, DOOR), "yard": at(YARD, WINDOW)}


def approve(dome: Street, *names: str, rounds: str = "1") -> None:
    for name in names or HIDDEN:
        dome.show(HIDDEN[name])
        words = ("--preset", name, "--camera", "dome", "--by", "Li Na")
        assert dome.command("baseline", *words, "--rounds", rounds) == exits.OK


def ptz(findings: dict[str, Finding]) -> tuple[str, str]:
    return findings[CHECK].status, findings[CHECK].reason


def test_hidden_at_both_presets_passes_and_only_once_both_were_seen(dome: Street) -> None:
    approve(dome)
    dome.show(HIDDEN["yard"])
    only_one = dome.cycle()
    assert ptz(only_one) == ("unknown", "preset-not-seen")
    assert "入口 entrance" in str(only_one[CHECK].message)
    assert "yard" not in str(only_one[CHECK].message)
    dome.show(HIDDEN["入口 entrance"])
    both = dome.cycle()
    assert ptz(both) == ("pass", "")
    rows = {row["preset"]: row for row in both[CHECK].evidence["presets"]}  # type: ignore[union-attr, call-overload, index]
    assert [path["path"] for path in rows["yard"]["paths"]] == ["main", "sub"]
    assert both["camera-moved camera:dome"].status == "not_applicable", "a camera that turns has not been moved"
    assert "camera-moved site" not in both
    assert "privacy-mask-present site" not in both


def test_open_at_one_preset_fails_at_once_and_names_preset_zone_and_path(dome: Street) -> None:
    approve(dome)
    for name in HIDDEN:
        dome.show(HIDDEN[name])
        dome.cycle()
    dome.show(at(YARD, WINDOW, bare_on=("sub",)))
    findings = dome.cycle()
    assert ptz(findings) == ("fail", "not-hidden")
    said = str(findings[CHECK].message)
    assert "zone window is not hidden at preset yard on sub" in said
    dome.show(HIDDEN["入口 entrance"])
    assert ptz(dome.cycle())[0] == "fail", "to turn away mends nothing"
    dome.show(HIDDEN["yard"])
    assert ptz(dome.cycle(3)) == ("pass", "")


def test_a_preset_that_is_never_seen_is_unknown_and_one_seen_is_so_again_after_a_day(dome: Street) -> None:
    approve(dome)
    dome.show(at(NOWHERE, None))
    findings = dome.cycle()
    assert ptz(findings) == ("unknown", "preset-not-seen")
    assert "入口 entrance, yard" in str(findings[CHECK].message)
    newest = findings[CHECK].evidence["newest"]
    assert [row["reason"] for row in newest] == ["position-unknown"] * 2  # type: ignore[union-attr, call-overload, index]
    for name in HIDDEN:
        dome.show(HIDDEN[name])
        dome.cycle()
    dome.show(at(NOWHERE, None))
    assert ptz(dome.cycle(2)) == ("pass", ""), "a position between presets changes nothing for a day"
    dome.now += DAY
    assert ptz(dome.cycle()) == ("unknown", "preset-not-seen")


def test_a_preset_missed_by_a_little_is_not_that_preset_and_is_named_as_the_nearest(dome: Street) -> None:
    approve(dome)
    dome.show(at(YARD, None, right=8.0))
    findings = dome.cycle()
    assert ptz(findings) == ("unknown", "preset-not-seen"), "its bare window is not judged where it does not lie"
    (first, _) = findings[CHECK].evidence["newest"]  # type: ignore[misc]
    assert (first["preset"], first["nearest"]) == (None, "yard")  # type: ignore[call-overload, index]
    assert first["off_percent"] == pytest.approx(1.25, abs=0.3)  # type: ignore[call-overload, index]


def test_two_presets_that_look_alike_are_never_guessed_between(dome: Street) -> None:
    approve(dome)
    approvals = read_approvals(dome.site.storage.directory, dome.site.id)
    (entrance, yard) = sorted(approvals["dome"].presets, key=lambda one: one.preset != "入口 entrance")
    path = next(p for p in (dome.site.storage.directory / FOLDER).iterdir() if "入口" in p.read_text())
    data = json.loads(path.read_text())
    other = json.loads(next(p for p in path.parent.iterdir() if p != path).read_text())
    path.write_text(json.dumps({**data, "references": other["references"]}))
    assert entrance.references != yard.references
    dome.show(at(YARD, None))
    findings = dome.cycle()
    assert ptz(findings) == ("unknown", "preset-not-seen")
    newest = findings[CHECK].evidence["newest"]
    assert {row["reason"] for row in newest} == {"several-presets"}  # type: ignore[union-attr, call-overload, index]


def test_a_preset_without_an_approved_view_is_unknown_and_says_what_to_do(dome: Street) -> None:
    dome.show(HIDDEN["yard"])
    assert ptz(dome.cycle()) == ("unknown", "preset-not-approved")
    approve(dome, "yard")
    dome.show(HIDDEN["yard"])
    findings = dome.cycle()
    assert ptz(findings) == ("unknown", "preset-not-approved")
    assert "presets 入口 entrance look like" in str(findings[CHECK].message)
    assert "camwarden masks baseline --preset NAME --camera dome" in str(findings[CHECK].message)


def test_infrared_pictures_are_told_apart_by_the_day_reference(dome: Street) -> None:
    approve(dome)
    dome.show(lambda path, seed: taken(YARD, seed, "ir", WINDOW))
    dome.cycle()
    dome.show(lambda path, seed: taken(ENTRANCE, seed, "ir", DOOR))
    assert ptz(dome.cycle()) == ("pass", "")


def test_a_substream_squeezed_into_another_shape_is_recognised(dome: Street) -> None:
    approve(dome)

    def squeezed(path: PathName, seed: int) -> Picture:
        picture = taken(YARD, seed, box=None)
        return picture if path == "main" else resized(picture, (480, 400))

    dome.show(squeezed)
    findings = dome.cycle()
    assert ptz(findings) == ("fail", "not-hidden")
    assert "on main, sub" in str(findings[CHECK].message)


def resized(picture: Picture, size: tuple[int, int]) -> Picture:
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def test_what_was_seen_of_presets_survives_its_text_and_nonsense_is_an_error(dome: Street) -> None:
    approve(dome, "yard")
    dome.show(HIDDEN["yard"])
    dome.cycle(3)
    memory = state.from_json(dome.spool.read_memory())
    (known,) = memory.remembered.presets.values()
    assert [(one.preset, one.path, one.zones[0].failed) for one in known.seen] == [
        ("yard", "main", None), ("yard", "sub", None),
    ]  # fmt: skip
    assert from_data(json.loads(json.dumps(to_data(known)))) == known
    assert len(json.dumps(to_data(known))) < 1500, "32 presets stay small beside everything else"
    for change in ({"seen": [["yard", "door", "now", []]]}, {"seen": [["yard", "sub", "soon", []]]}, {"seen": None}):
        with pytest.raises((ValueError, TypeError)):
            from_data({**to_data(known), **change})


def test_masks_that_change_on_the_device_make_what_was_seen_void(dome: Street) -> None:
    approve(dome)
    for name in HIDDEN:
        dome.show(HIDDEN[name])
        findings = dome.cycle()
    assert ptz(findings) == ("pass", "")
    dome.masks = (Mask("m1", polygon(DOOR), "Color", True),)
    findings = dome.cycle()
    assert ptz(findings) == ("unknown", "preset-not-seen")
    assert "presets 入口 entrance were not seen" in str(findings[CHECK].message), "the yard is seen with the new masks"


def test_a_silent_camera_is_unknown_however_its_presets_were_seen(dome: Street) -> None:
    approve(dome)
    for name in HIDDEN:
        dome.show(HIDDEN[name])
        dome.cycle()
    dome.show(lambda path, seed: None)  # type: ignore[arg-type, return-value]
    assert ptz(dome.cycle())[0] == "unknown"


def test_snapshots_alone_prove_no_preset(dome: Street) -> None:
    approve(dome)
    dome.paths = ("snapshot",)
    for name in HIDDEN:
        dome.show(HIDDEN[name])
        findings = dome.cycle()
    assert ptz(findings) == ("unknown", "snapshot-only")


def test_old_footage_of_a_preset_does_not_stand_for_its_picture_of_today(dome: Street) -> None:
    approve(dome)
    shown, recorded = HIDDEN["yard"], HIDDEN["入口 entrance"]
    dome.paths = ("main", "sub", "playback")
    dome.show(lambda path, seed: (recorded if path == "playback" else shown)(path, seed))
    findings = dome.cycle(2)
    assert ptz(findings) == ("unknown", "preset-not-seen")
    assert "presets 入口 entrance were not seen" in str(findings[CHECK].message)


def test_a_preset_is_not_kept_where_the_camera_stands_at_another_or_shows_what_is_private(
    dome: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    approve(dome, "yard")
    words = ("baseline", "--camera", "dome", "--by", "Li Na", "--preset")
    assert dome.command(*words, "入口 entrance") == exits.UNCHECKED
    assert "it stands at preset yard: turn it to 入口 entrance first" in capsys.readouterr().out
    dome.show(at(ENTRANCE, None))
    assert dome.command(*words, "入口 entrance") == exits.FAILS
    assert "what is not hidden is not approved" in capsys.readouterr().out
    assert [view.preset for view in read_preset_views(dome.site.storage.directory, dome.site.id)["dome"]] == ["yard"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--camera", "dome"), "has presets (入口 entrance, yard): turn it to one, and add --preset NAME"),
        (("--camera", "dome", "--preset", "roof"), "declares no preset 'roof' of camera dome"),
    ],
)
def test_a_wrong_preset_is_one_line(
    words: tuple[str, ...], said: str, dome: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dome.command("baseline", *words) == exits.USAGE
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_adopt_takes_the_preset_that_is_seen_and_asks_for_the_others(
    dome: Street, capsys: pytest.CaptureFixture[str]
) -> None:
    dome.show(HIDDEN["yard"])
    assert dome.command("adopt", "--yes", "--by", "Li Na") == exits.UNCHECKED
    assert "masks baseline --preset NAME --camera dome" in " ".join(capsys.readouterr().out.split())
    approve(dome, "yard")
    capsys.readouterr()
    dome.show(lambda path, seed: taken(YARD, seed, "ir", WINDOW))
    assert dome.command("adopt", "--all", "--yes", "--by", "Wang", "--json") == exits.OK
    (row,) = json.loads(capsys.readouterr().out)["cameras"]
    assert (row["preset"], row["outcome"], row["approved"]) == ("yard", "hidden", True)
    dome.command("show", "--json")
    (shown,) = json.loads(capsys.readouterr().out)["cameras"]
    assert [(one["preset"], one["lights"]) for one in shown["approval"]["presets"]] == [("yard", ["day", "infrared"])]
    dome.show(at(YARD, None))
    assert dome.command("adopt", "--all", "--yes", "--by", "Wang", "--json") == exits.FAILS
    assert json.loads(capsys.readouterr().out)["cameras"][0]["outcome"] == "shows"


def test_the_view_of_a_preset_is_a_median_of_five_pictures(dome: Street) -> None:
    approve(dome, "yard", rounds="5")
    (view,) = read_preset_views(dome.site.storage.directory, dome.site.id)["dome"]
    assert [baseline.decode(one).pictures for one in view.references] == [5]


def test_a_new_approval_of_a_preset_leaves_the_last_one_in_the_history(dome: Street) -> None:
    approve(dome, "yard")
    dome.now += timedelta(hours=1)
    approve(dome, "yard")
    approval = read_approvals(dome.site.storage.directory, dome.site.id)["dome"]
    (past,) = approval.history
    assert (past.preset, past.by, len(past.references)) == ("yard", "Li Na", 1)
    write_approval(dome.site.storage.directory, approval)
    assert read_approvals(dome.site.storage.directory, dome.site.id)["dome"].history == (past,)


BLURRED = '  [[camera.preset]]\n  name = "yard"\n' + toml_zone("camera.preset.private_zone", "window", WINDOW).replace(
    '"color"', '"blurred"'
)


def blurred(path: PathName, seed: int) -> Picture:
    return masked(taken(YARD, seed), WINDOW, Drawn("blur", 9.0))


@pytest.fixture
def glazed(tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    with street(tmp_path, worker, BLURRED, monkeypatch) as made:
        yield made


def test_a_blur_at_a_preset_may_be_a_pane_of_glass_until_its_look_there_is_approved(glazed: Street) -> None:
    words = ("baseline", "--preset", "yard", "--camera", "dome", "--by", "Li Na", "--rounds", "1")
    glazed.show(at(YARD, WINDOW))
    assert glazed.command(*words) == exits.OK, "approved while one colour hid it"
    glazed.show(blurred)
    held = glazed.cycle(3)
    assert ptz(held) == ("unknown", "like-glass")
    assert "masks baseline --preset yard --camera dome" in str(held[CHECK].message)
    assert is_held(held[CHECK]), "no event: nothing has changed"
    assert glazed.command(*words) == exits.OK
    (view,) = read_preset_views(glazed.site.storage.directory, glazed.site.id)["dome"]
    assert {(one.zone, "sigma_px" in dict(one.numbers)) for one in view.signatures} == {("window", True)}
    assert ptz(glazed.cycle(3)) == ("pass", "")
    assert ptz(glazed.cycle()) == ("pass", ""), "what is remembered says that it is a blur, as text too"
    write_preset_view(glazed.site.storage.directory, replace(view, zones="0" * 64))
    assert ptz(glazed.cycle()) == ("unknown", "like-glass"), "another zone was declared then"

"""Approvals on disk: what was approved comes back whole, damage costs one camera, and no picture is ever told."""

from __future__ import annotations

import base64
import json
import logging
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sites import NOW, SQUARE, camera, site

from agent.model.errors import Forbidden
from agent.observe.approvals.approvals import (
    FOLDER,
    MAX_BYTES,
    Approval,
    approval_json,
    approvals_digest,
    approve,
    approve_no_private_area,
    lights,
    mask_zones,
    prepare_folder,
    read_approvals,
    with_approvals,
    write_approval,
)
from agent.observe.approvals.past import KEPT
from agent.observe.approvals.reference_views import FOLDER as PRESETS
from agent.observe.approvals.reference_views import PresetView, read_preset_views, with_reference, write_preset_view
from agent.observe.approvals.signed_masks import SignedMask
from agent.observe.pictures.turns import masks_digest, zones_digest
from agent.site.config.site import NoPrivateArea
from drivers.model import Mask
from masking.view.baseline import BaselineError, Descriptor, encode
from masking.view.model import LIGHT_MODES, LightMode

MASKS = (
    Mask("m1", SQUARE, "Color", True, "#00FF00"),
    Mask("m1", ((0.6, 0.6), (0.9, 0.6), (0.9, 0.9)), "Blurred", True),
    Mask("m3", (), "Pixelated", None),
    Mask("m4", ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1)), "Color", False),
)
SIGNED = (SignedMask("main", "window", (("width_px", 1280.0), ("luma", 16.0), ("cr", 128.0), ("cb", 128.0))),)
SITE = site(camera())
BARE = site(camera(zones=()))


def reference(light: LightMode = "day", luma: int = 90) -> bytes:
    return encode(Descriptor(light, 64, 36, 5, bytes([luma]) * (64 * 36)))


def approval(**changes: Any) -> Approval:
    made = approve(SITE, "gate", "Li Na", NOW, "after the move", MASKS, (reference(), reference("infrared")))
    return replace(made, **changes)


def test_what_was_approved_comes_back_whole(tmp_path: Path) -> None:
    one = approval(signatures=SIGNED)
    declared = approve_no_private_area(site(camera("roof", zones=())), "roof", "王芳", NOW, "")
    write_approval(tmp_path, one)
    write_approval(tmp_path, declared)
    assert read_approvals(tmp_path, "dt0001") == {"gate": one, "roof": declared}
    assert (one.masks_digest, one.zones_digest) == (masks_digest(MASKS), zones_digest(SITE, "gate"))
    assert lights(one) == ("day", "infrared")


def test_nobody_else_may_read_them_and_nothing_half_written_is_left(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_approval(tmp_path, approval())
        write_approval(tmp_path, approval(by="Wang"))
    finally:
        os.umask(before)
    folder = tmp_path / FOLDER
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [(path.name, path.stat().st_mode & 0o777) for path in folder.iterdir()] == [("gate.json", 0o600)]
    assert read_approvals(tmp_path, "dt0001")["gate"].by == "Wang"


def test_without_a_folder_nothing_is_approved(tmp_path: Path) -> None:
    assert read_approvals(tmp_path / "missing", "dt0001") == {}


def _damaged(text: str) -> dict[str, bytes]:
    data = json.loads(text)
    polygon = {**data["masks"][0], "polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}
    changed: dict[str, object] = {
        "other schema": {**data, "schema": "x"},
        "other camera": {**data, "camera": "yard"},
        "no time zone": {**data, "at": "2026-11-24T12:00:00"},
        "other masks": {**data, "masks": data["masks"][:1]},
        "crossed polygon": {**data, "masks": [polygon], "masks_digest": ""},
        "huge number": {**data, "masks": [{**data["masks"][0], "polygon": [[1e300, 0], [1, 1], [1, 0]]}]},
        "enabled by a word": {**data, "masks": [{**data["masks"][0], "enabled": "yes"}], "masks_digest": ""},
        "by nobody": {**data, "by": None},
        "digest of another length": {**data, "zones_digest": "abc"},
        "a list": [data],
        "signature of no path": {**data, "signatures": [["cellar", "window", dict(SIGNED[0].numbers)]]},
        "signature of no numbers": {**data, "signatures": [["main", "window", {"luma": "16"}]]},
        "signature out of range": {**data, "signatures": [["main", "window", {"width_px": 640, "sigma_px": 1e9}]]},
        "signatures without end": {**data, "signatures": [["main", "window", dict(SIGNED[0].numbers)]] * 600},
        "declared by a word": {**data, "no_private_area": "no"},
    }
    files = {name: json.dumps(value).encode() for name, value in changed.items()}
    whole = text.encode()
    return {**files, "empty": b"", "cut": whole[: len(whole) // 2], "binary": bytes(range(256)) * 9,
            "nested": b"[" * 200_000, "too large": whole + b" " * MAX_BYTES}  # fmt: skip


def test_a_damaged_file_is_named_and_costs_one_camera(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_approval(tmp_path, approval())
    write_approval(tmp_path, replace(approval(), camera_id="yard"))
    path = tmp_path / FOLDER / "gate.json"
    text = path.read_text()
    picture = json.loads(text)["references"][0]
    for name, data in _damaged(text).items():
        caplog.clear()
        path.write_bytes(data)
        with caplog.at_level(logging.WARNING):
            assert list(read_approvals(tmp_path, "dt0001")) == ["yard"], name
        (record,) = caplog.records
        assert str(path) in record.getMessage(), name
        assert picture[40:80] not in caplog.text, name


def test_a_damaged_reference_costs_only_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_approval(tmp_path, approval())
    path = tmp_path / FOLDER / "gate.json"
    data = json.loads(path.read_text())
    for broken in ("!!", base64.b64encode(b"no descriptor").decode(), data["references"][0][:-8]):
        path.write_text(json.dumps({**data, "references": [broken, data["references"][1]]}))
        caplog.clear()
        assert read_approvals(tmp_path, "dt0001")["gate"].references == (reference("infrared"),)
        assert "a reference is damaged" in caplog.text


def test_there_is_one_reference_for_each_light() -> None:
    kept: tuple[bytes, ...] = ()
    for light in (*LIGHT_MODES, *LIGHT_MODES):
        kept = with_reference(kept, reference(light, luma=len(kept)))
    assert lights(approval(references=kept)) == LIGHT_MODES
    with pytest.raises(BaselineError):
        with_reference(kept, b"CWVB nonsense")


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / FOLDER).write_text("in the way")
    with pytest.raises(Forbidden, match="name a folder of your own with") as told:
        prepare_folder(tmp_path, "dt0001")
    assert "\n" not in str(told.value)
    assert str(tmp_path) in str(told.value)


def test_pictures_stand_in_no_repr_and_in_nothing_that_is_told() -> None:
    one = approval()
    assert "CWVB" not in repr(one)
    assert set(approval_json(one)) == {"by", "at", "why", "masks_digest", "zones_digest", "no_private_area"}


def test_the_digest_of_all_changes_with_everything_that_was_approved() -> None:
    one = approval()
    changed = (
        one, replace(one, by="Wang"), replace(one, why=""), replace(one, masks_digest="1" * 64),
        replace(one, zones_digest="2" * 64), replace(one, no_private_area=True), replace(one, references=()),
        replace(one, signatures=SIGNED),
    )  # fmt: skip
    digests = {approvals_digest({"gate": each}) for each in changed} | {approvals_digest({"yard": one})}
    assert len(digests) == 9
    assert approvals_digest({"a": one, "b": one}) == approvals_digest({"b": one, "a": one})


def test_approved_masks_stand_for_zones_that_nobody_declared() -> None:
    one = approve(BARE, "gate", "Li Na", NOW, "", MASKS)
    zones = with_approvals(BARE, {"gate": one}).cameras[0].zones
    assert [(z.name, z.effect, z.color) for z in zones] == [
        ("mask m1", "color", "#00ff00"),
        ("mask m1 (2)", "blurred", ""),
    ]
    assert one.zones_digest == zones_digest(with_approvals(BARE, {"gate": one}), "gate") != zones_digest(BARE, "gate")


def test_an_approved_declaration_counts_as_one_and_the_file_is_never_overruled() -> None:
    one = approve_no_private_area(BARE, "gate", "Li Na", NOW, "")
    assert with_approvals(BARE, {"gate": one}).cameras[0].no_private_area == NoPrivateArea("Li Na", "2026-11-24")
    assert with_approvals(SITE, {"gate": one}) == SITE
    assert with_approvals(BARE, {}) == BARE


def test_a_color_or_effect_that_nobody_knows_asks_for_any() -> None:
    odd = (Mask("a", SQUARE, "lens", True, "red"), Mask("b", SQUARE, "Color", True, "red"))
    assert [(z.effect, z.color) for z in mask_zones(odd)] == [("any", ""), ("color", "")]


def test_the_history_of_approvals_keeps_the_last_ones_without_pictures(tmp_path: Path) -> None:
    for day in range(KEPT + 4):
        write_approval(tmp_path, approval(by=f"person {day}", at=NOW + timedelta(days=day), why=f"round {day}"))
    now = read_approvals(tmp_path, "dt0001")["gate"]
    assert now.by == f"person {KEPT + 3}"
    assert [past.by for past in now.history] == [f"person {day}" for day in range(3, KEPT + 3)]
    assert all(len(past.references) == 2 and len(past.references[0]) == 64 for past in now.history)
    write_approval(tmp_path, replace(now, references=(reference("day", 3),)))
    assert len(read_approvals(tmp_path, "dt0001")["gate"].history) == KEPT, (
        "a fresh view of the same approval is no other one"
    )
    data = json.loads((tmp_path / "baselines/gate.json").read_text())
    del data["history"]
    (tmp_path / "baselines/gate.json").write_text(json.dumps(data))
    assert read_approvals(tmp_path, "dt0001")["gate"].history == (), "a file of an older version has none"


def test_pictures_of_presets_are_kept_for_their_owner_only_and_damage_costs_one_preset(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    views = tuple(PresetView("dome", name, "Li Na", NOW, "turned there", (reference(),)) for name in ("a", "入口/../x"))
    for view in views:
        write_preset_view(tmp_path, view)
    assert read_preset_views(tmp_path, "dt0001") == {"dome": views}
    assert "CWVB" not in repr(views)
    folder = tmp_path / PRESETS
    assert (folder.stat().st_mode & 0o777, {p.stat().st_mode & 0o777 for p in folder.iterdir()}) == (0o700, {0o600})
    first, second = sorted(folder.iterdir())
    whole = first.read_bytes()
    by_nobody = json.dumps({**json.loads(whole), "by": None}).encode()
    for data in (b"", b"[]", b"{}", b"\xff" * 99, b"[" * 100_000, whole[:-40], by_nobody, second.read_bytes()):
        first.write_bytes(data)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert len(read_preset_views(tmp_path, "dt0001")["dome"]) == 1, data[:9]
        assert str(first) in caplog.text
        assert json.loads(whole)["references"][0][:60] not in caplog.text

"""The agent makes a reference for a light itself where an approved one proves it, and never in an approval's place."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pictures import Light, jpeg, polygon
from sights import view as looked
from sites import NOW, STILL, camera, site
from turning_site import Street, street, taken, toml_zone
from warm import judging_worker, one_worker

from agent.host.files import write_atomic
from agent.model import exits
from agent.model.finding import Finding
from agent.observe.approvals.approvals import Approval, approvals_digest, approve, read_approvals, write_approval
from agent.observe.approvals.reference_views import lights_of
from agent.observe.pictures.derived_views import (
    FOLDER,
    DerivedReference,
    proven_references,
    read_derived,
    store_derived,
    wanted_light,
)
from agent.observe.pictures.previous_pictures import GATHERED_MAX, PreviousPictures
from agent.observe.pictures.view_memory import CameraView
from agent.service.cycle import environment
from drivers.model import Mask
from masking.model import Job
from masking.view import baseline
from masking.view.baseline import Descriptor
from masking.view.model import DescriptorJob, LightMode, ViewJob
from masking.view.persistence import ViewMemory
from masking.worker.client import Worker
from masking.worker.study import Study

DOOR = (0.3, 0.3, 0.6, 0.75)
DOOR_DECLARED = toml_zone("camera.private_zone", "door", DOOR)
SCENE = 5
UNTIL_MADE = 1 + GATHERED_MAX + 1
"""One picture shows that the light is strange, so many are gathered, and the next makes the background of them."""
MOVED = "camera-moved camera:dome"


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with judging_worker() as running, one_worker(environment):
        yield running


@pytest.fixture
def dome(tmp_path: Path, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Iterator[Street]:
    """A camera whose view by day was approved."""
    with street(tmp_path, worker, DOOR_DECLARED, monkeypatch) as made:
        made.masks = (Mask("m1", polygon(DOOR), "Color", True, "#000000"),)
        show(made)
        adopt(made)
        yield made


def show(dome: Street, light: Light = "day", **move: float) -> None:
    dome.show(lambda path, seed: taken(SCENE, seed, light, DOOR, **move))


def adopt(dome: Street, by: str = "Li Na") -> None:
    words = ("--camera", "dome", "--by", by, "--why", "as it was", "--rounds", "1")
    assert dome.command("approve", *words) == exits.OK


def kept(dome: Street) -> tuple[DerivedReference, ...]:
    directory = dome.site.storage.directory
    return read_derived(directory, dome.site.id, read_approvals(directory, dome.site.id)).get("dome", ())


def said(findings: dict[str, Finding]) -> tuple[str, str]:
    return findings[MOVED].status, findings[MOVED].reason


def test_a_move_at_night_is_found_once_the_agent_knows_the_view_in_that_light(dome: Street) -> None:
    before = approvals_digest(read_approvals(dome.site.storage.directory, dome.site.id))
    dome.cycle(3)
    show(dome, "ir")
    assert said(dome.cycle(UNTIL_MADE - 1)) == ("pass", "")
    assert kept(dome) == ()
    dome.cycle()
    (one,) = kept(dome)
    assert (one.light, one.proved_by, one.at) == ("infrared", "day", dome.now)
    assert baseline.decode(one.reference).pictures == GATHERED_MAX
    path = dome.site.storage.directory / FOLDER / "dome.json"
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    after = approvals_digest(read_approvals(dome.site.storage.directory, dome.site.id))
    assert after == before, "it counts in no approval"
    still = dome.cycle(3)
    assert said(still) == ("pass", "")
    assert (still[MOVED].evidence["reference_light"], still[MOVED].evidence["reference"]) == ("infrared", "derived")
    show(dome, "ir", right=8.0)
    moved = dome.cycle(3)
    assert said(moved) == ("fail", "moved")
    assert moved[MOVED].evidence["right_percent"] == pytest.approx(1.25, abs=0.2)
    assert moved[MOVED].evidence["reference"] == "derived"


def test_without_that_reference_a_move_at_night_is_not_found(dome: Street) -> None:
    dome.cycle(3)
    show(dome, "ir", right=8.0)
    assert said(dome.cycle(6)) == ("pass", ""), "nothing is known of this light, and nothing is made of a moved view"
    assert kept(dome) == ()


def test_a_camera_that_moves_while_pictures_are_gathered_proves_nothing_until_it_stands_still_again(
    dome: Street,
) -> None:
    dome.cycle(3)
    show(dome, "night")
    dome.cycle(4)
    show(dome, "night", right=8.0)
    dome.cycle(1)
    show(dome, "night")
    dome.cycle(4)
    assert kept(dome) == ()


def test_an_approval_during_a_cycle_is_not_overwritten_and_voids_what_the_last_one_proved(dome: Street) -> None:
    dome.cycle(3)
    show(dome, "ir")
    dome.cycle(UNTIL_MADE - 1)
    directory = dome.site.storage.directory

    def meanwhile() -> None:
        approval = read_approvals(directory, dome.site.id)["dome"]
        write_approval(directory, replace(approval, by="Wang", at=dome.now, why="looked again"))

    dome.cycle(1, meanwhile)
    assert kept(dome) == ()
    approval = read_approvals(directory, dome.site.id)["dome"]
    assert (approval.by, lights_of(approval.references), [past.by for past in approval.history]) == (
        "Wang", ("day",), ["Li Na"],
    )  # fmt: skip
    findings = dome.cycle(UNTIL_MADE)
    assert findings["privacy-mask-drift camera:dome"].evidence.get("approved_by", "Wang") == "Wang"
    assert [one.light for one in kept(dome)] == ["infrared"], "the new approval proves it anew"


def test_a_new_approval_drops_the_derived_reference_in_the_next_cycle(dome: Street) -> None:
    dome.cycle(3)
    show(dome, "ir")
    dome.cycle(UNTIL_MADE)
    path = dome.site.storage.directory / FOLDER / "dome.json"
    assert path.exists()
    show(dome)
    dome.now += timedelta(minutes=1)
    adopt(dome, "Wang")
    assert kept(dome) == ()
    dome.cycle()
    assert not path.exists()


def test_people_are_shown_who_made_it_and_what_proved_it(dome: Street, capsys: pytest.CaptureFixture[str]) -> None:
    dome.cycle(3)
    show(dome, "ir")
    dome.cycle(UNTIL_MADE)
    capsys.readouterr()
    assert dome.command("show") == exits.OK
    text = capsys.readouterr().out
    assert "view by infrared, made by the agent and proved by that by day" in text
    dome.command("show", "--json")
    (row,) = json.loads(capsys.readouterr().out)["cameras"]
    assert row["approval"]["lights"] == ["day"]
    (derived,) = row["approval"]["derived"]
    assert (derived["light"], derived["proved_by"], derived["made_by"]) == ("infrared", "day", "camwarden")


def described(worker: Worker, light: Light) -> bytes:
    study = Study(descriptor=DescriptorJob())
    studied = worker.judge(Job(jpeg(taken(SCENE, 1, light)), "jpeg", (), study)).studied
    assert studied is not None
    return studied.descriptor


def test_a_derived_reference_is_used_for_its_own_light_alone_and_never_before_an_approved_one(worker: Worker) -> None:
    day, infrared = described(worker, "day"), described(worker, "ir")
    other = jpeg(taken(9, 1, "ir"))
    for light, references, derived, expected in (
        ("night", (day,), (infrared,), "day"),
        ("ir", (day,), (infrared,), "infrared"),
        ("ir", (day,), (b"damaged",), "day"),
        ("day", (infrared,), (day,), "day"),
    ):
        picture = jpeg(taken(SCENE, 2, light))  # type: ignore[arg-type]
        study = Study(ViewJob(references, (), derived))
        studied = worker.judge(Job(picture, "jpeg", (), study)).studied
        assert studied is not None and studied.view is not None
        assert (studied.view.reference_light, studied.view.state) == (expected, "still"), (light, expected)
    elsewhere = worker.judge(Job(other, "jpeg", (), Study(ViewJob((infrared,), (), (described(worker, "ir"),)))))
    assert elsewhere.studied is not None and elsewhere.studied.view is not None
    assert elsewhere.studied.view.state == "unknown", "with an approved one in this light the derived one says nothing"


def reference(light: LightMode, luma: int = 90) -> bytes:
    return baseline.encode(Descriptor(light, 64, 36, 5, bytes([luma]) * (64 * 36)))


def approval(**changes: object) -> Approval:
    made = approve(site(camera()), "gate", "Li Na", NOW, "", (), (reference("day"),))
    return replace(made, **changes)


def view(*lights: LightMode, state: str = "still", reference_light: LightMode = "day") -> CameraView:
    seen = tuple(looked(state, light, reference_light) for light in lights)
    return CameraView("r", ViewMemory(STILL, seen), NOW)


INFRARED = view("infrared", "infrared", "infrared")
FOUND: dict[str, tuple[LightMode, bytes]] = {"gate": ("day", reference("infrared"))}


def test_only_what_three_pictures_in_a_row_show_under_an_approved_reference_is_derived() -> None:
    (one,) = proven_references(FOUND, {"gate": approval()}, {"gate": INFRARED}, NOW)
    assert (one.light, one.proved_by, one.approval) == ("infrared", "day", approvals_digest({"gate": approval()}))
    in_infrared = approval(references=(reference("infrared"),))
    for approvals, views, found in (
        ({}, {"gate": INFRARED}, FOUND),
        ({"gate": approval()}, {}, FOUND),
        ({"gate": approval()}, {"gate": view("infrared", "infrared")}, FOUND),
        ({"gate": approval()}, {"gate": view("infrared", "day", "infrared")}, FOUND),
        ({"gate": approval()}, {"gate": replace(INFRARED, held_at=NOW - timedelta(days=2))}, FOUND),
        ({"gate": approval()}, {"gate": INFRARED}, {"gate": ("night", reference("infrared"))}),
        ({"gate": in_infrared}, {"gate": INFRARED}, FOUND),
    ):
        assert proven_references(found, approvals, views, NOW) == ()  # type: ignore[arg-type]


def test_pictures_are_gathered_only_in_a_light_that_has_no_reference_and_only_where_one_stood_still() -> None:
    assert wanted_light(INFRARED, ("day",)) == "infrared"
    for one, known in (
        (None, ("day",)),
        (CameraView("r"), ("day",)),
        (INFRARED, ("day", "infrared")),
        (view("day"), ("day",)),
        (view("night", state="moved"), ("day",)),
    ):
        assert wanted_light(one, known) is None  # type: ignore[arg-type]


def test_what_is_gathered_is_of_one_view_one_light_and_one_shape() -> None:
    previous, references = PreviousPictures(), (reference("day"),)
    for luma in range(GATHERED_MAX + 3):
        previous.gather("gate", references, reference("infrared", luma))
    assert len(previous.gathered("gate", references, "infrared")) == GATHERED_MAX
    assert previous.gathered("gate", references, "night") == ()
    assert previous.gathered("gate", (reference("day", 7),), "infrared") == (), "another approval proves nothing of it"
    previous.gather("gate", references, baseline.encode(Descriptor("infrared", 36, 64, 1, bytes(64 * 36))))
    assert len(previous.gathered("gate", references, "infrared")) == 1
    previous.forget_gathered("gate")
    assert previous.gathered("gate", references, "infrared") == ()
    previous.find("gate", "day", reference("infrared"))
    assert (dict(previous.take_found()), dict(previous.take_found())) == (FOUND, {})
    assert "CWVB" not in repr(previous)


def test_what_is_in_the_file_is_believed_only_as_far_as_the_approval_bears_it_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_approval(tmp_path, approval())
    approvals = read_approvals(tmp_path, "dt0001")
    made = proven_references(FOUND, approvals, {"gate": INFRARED}, NOW)
    store_derived(tmp_path, "dt0001", made, ())
    path = tmp_path / FOLDER / "gate.json"
    assert read_derived(tmp_path, "dt0001", approvals) == {"gate": made}
    assert list(read_approvals(tmp_path, "dt0001")) == ["gate"], "it is not taken for an approval"
    whole = json.loads(path.read_text())
    (row,) = whole["references"]
    assert (row["made_by"], row["proved_by"]) == ("camwarden", "day")
    passed_over = ({**row, "approval": "0" * 64}, {**row, "proved_by": "night"})
    for changed in passed_over:
        path.write_text(json.dumps({**whole, "references": [changed]}))
        assert read_derived(tmp_path, "dt0001", approvals) == {}
    damaged = (
        {**whole, "schema": "x"}, {**whole, "camera": "yard"}, {**whole, "references": [row] * 3}, [], None,
        {**whole, "references": [{**row, "light": "night"}]}, {**whole, "references": [{**row, "at": "soon"}]},
        {**whole, "references": [{**row, "reference": base64.b64encode(b"CWVB").decode()}]},
    )  # fmt: skip
    for wrong in damaged:
        write_atomic(path, json.dumps(wrong).encode(), 0o600)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            assert read_derived(tmp_path, "dt0001", approvals) == {}, wrong
        assert str(path) in caplog.text and row["reference"][:40] not in caplog.text


def test_that_it_cannot_be_kept_is_told_and_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_approval(tmp_path, approval())
    (tmp_path / FOLDER).write_text("in the way")
    made = proven_references(FOUND, read_approvals(tmp_path, "dt0001"), {"gate": INFRARED}, NOW)
    with caplog.at_level(logging.WARNING):
        store_derived(tmp_path, "dt0001", made, ())
    assert "derived references cannot be kept" in caplog.text

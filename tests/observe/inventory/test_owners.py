"""What is kept is one site's and about one box: nothing of it counts at another site, or for another box."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sites import NOW, camera, site

from agent.cli import main
from agent.host.paths import credentials_file, own_state
from agent.judge.memory.notes import Acknowledgement, Plan, active_notes, read_notes, write_note
from agent.model import exits
from agent.observe.approvals.approvals import (
    approve_no_private_area,
    of_present_boxes,
    prepare_folder,
    read_approvals,
    write_approval,
)
from agent.observe.approvals.reference_views import PresetView, read_preset_views, write_preset_view
from agent.observe.facts.factory_logins import LoginTry, known_tries, read_tried, tries_of_site, with_try, write_tried
from agent.observe.facts.sightings import BoxMark, KnownBox
from agent.observe.inventory.owners import (
    NOBODY,
    Owner,
    adopt,
    claim,
    is_another,
    owner_data,
    owner_from,
    owners_now,
    site_of_folder,
)
from agent.site.config.load import load

LEDGER = "摄像机名称,IP地址,端口\n更衣室,127.0.0.1,9\n"
DECLARE = ["masks", "adopt", "--no-private-area", "--camera", "cam-1", "--by", "Li", "--rounds", "1", "--quiet"]
A, B, SAME = BoxMark("M1", "aa"), BoxMark("M1", "bb"), BoxMark("M1", "aa", ("m1",))
UNTOLD = BoxMark("M1", "")


def ordinary(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Be an ordinary user, whom neither root's rights nor a folder of the service help."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", str(home))
    for name in ("XDG_STATE_HOME", "STATE_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def imported(folder: Path, site_id: str) -> Path:
    ledger = folder / f"{site_id}.csv"
    ledger.write_text(LEDGER, "utf-8")
    words = ["--site", site_id, "--set", "city=datong", "--set", "division=140200", "--quiet"]
    assert main(["ledger", "import", str(ledger), "--out", str(folder / site_id), *words]) == exits.OK
    return folder / site_id / "site.toml"


def found(config: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    capsys.readouterr()
    main(["check", "--json", "--config", str(config)])
    findings = json.loads(capsys.readouterr().out)["findings"]
    return {f"{one['check']} {one['subject']}": one["status"] for one in findings}


@pytest.mark.parametrize("storage", ["as imported", "no [storage]"])
def test_two_ledgers_with_equal_ids_in_one_home_share_nothing(
    storage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ordinary(monkeypatch, tmp_path / "home")
    first, second = imported(tmp_path, "school01"), imported(tmp_path, "school02")
    if storage == "no [storage]":
        for config in (first, second):
            config.write_text(config.read_text("utf-8").partition("[storage]")[0], "utf-8")
    one, other = load(first), load(second)
    assert one.cameras[0].camera.id == other.cameras[0].camera.id == "cam-1"
    assert one.storage.directory != other.storage.directory
    assert main([*DECLARE, "--config", str(first)]) == exits.OK
    ack = Acknowledgement("camera-online camera:cam-1", NOW, "fail", "Li", NOW, "known", NOW, Owner("school01"))
    write_note(one.storage.directory, ack, NOW)
    write_tried(one.storage.directory, [LoginTry("device-1", one.digest, "hikvision", NOW, "refused", (), "school01")])
    assert found(first, capsys)["privacy-mask-present camera:cam-1"] == "not_applicable"
    assert found(second, capsys)["privacy-mask-present site"] == "unknown", "what nobody declared is one item"
    assert main(["masks", "show", "--config", str(second)]) == exits.UNCHECKED
    state = other.storage.directory
    assert (read_approvals(state, "school02"), read_notes(state, "school02"), known_tries(state, "school02")) == (
        {}, (), {},
    )  # fmt: skip


def test_a_site_in_the_folder_of_another_is_told_whose_it_is_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ordinary(monkeypatch, tmp_path / "home")
    first, second = imported(tmp_path, "school01"), imported(tmp_path, "school02")
    assert main([*DECLARE, "--config", str(first)]) == exits.OK
    shutil.rmtree(second.parent / "state")
    shutil.copytree(first.parent / "state", second.parent / "state")
    assert found(second, capsys)["privacy-mask-present site"] == "unknown"
    assert main([*DECLARE, "--config", str(second)]) == exits.USAGE
    told = capsys.readouterr().err
    assert f"{second.parent / 'state'} is of site school01" in told
    assert "give school02 a folder of its own with [storage]" in told


def test_a_single_file_of_another_site_is_refused_in_words(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    elsewhere, here = tmp_path / "a", tmp_path / "b"
    theirs = replace(approve_no_private_area(site(camera(zones=())), "gate", "Li", NOW, ""), owner=Owner("school01"))
    write_approval(elsewhere, theirs)
    write_preset_view(elsewhere, PresetView("gate", "door", "Li", NOW, "", (), Owner("school01")))
    prepare_folder(here, "school02")
    shutil.copytree(elsewhere / "baselines", here / "baselines", dirs_exist_ok=True)
    assert (read_approvals(here, "school02"), read_preset_views(here, "school02")) == ({}, {})
    assert f"{here / 'baselines/gate.json'} is of site school01" in caplog.text
    ours = replace(theirs, owner=Owner("school02"), by="Wang")
    write_approval(here, ours)
    assert read_approvals(here, "school02")["gate"].history == (), "another site's approvals are no history of ours"


def test_what_release_0_1_kept_is_taken_over_by_the_first_site_and_by_no_other(tmp_path: Path) -> None:
    write_approval(tmp_path, approve_no_private_area(site(camera(zones=())), "gate", "Li", NOW, ""))
    file = tmp_path / "baselines" / "gate.json"
    data: dict[str, Any] = json.loads(file.read_text())
    del data["owner"]
    file.write_text(json.dumps(data))
    (tmp_path / "site.json").unlink()
    write_note(tmp_path, Plan("site", NOW, NOW, "Li", NOW, "x"), NOW)
    assert not (tmp_path / "site.json").exists(), "it is nobody's yet"
    adopt(tmp_path, "dt0001")
    assert list(read_approvals(tmp_path, "dt0001")) == ["gate"]
    assert len(read_notes(tmp_path, "dt0001")) == 1
    assert (read_approvals(tmp_path, "dt0002"), read_notes(tmp_path, "dt0002")) == ({}, ())


def test_a_service_in_the_folder_of_another_site_says_so_and_leaves_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    claim(tmp_path, "dt0001")
    adopt(tmp_path, "dt0002")
    assert site_of_folder(tmp_path) == "dt0001"
    assert "is of site dt0001: at dt0002 nothing in it counts" in caplog.text


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "x", "site": "a"}', '{"schema": 1', "[" * 4000])
def test_a_mark_that_cannot_be_read_marks_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "site.json").write_text(text)
    assert site_of_folder(tmp_path) == ""


@pytest.mark.parametrize(
    ("kept", "now", "another"),
    [
        (Owner(box=A), Owner(box=B), True),
        (Owner(box=A), Owner(box=A), False),
        (Owner(box=A), Owner(box=SAME), False),
        (Owner(box=A), Owner(), False),
        (Owner(box=A), Owner(box=UNTOLD), False),
        (Owner(box=BoxMark("M1", "")), Owner(box=BoxMark("M2", "")), False),
        (Owner(), Owner(box=B), False),
        (Owner(box=BoxMark("M", "", ("m1",))), Owner(box=BoxMark("M", "", ("m2",))), True),
        (Owner(box=A, behind=A), Owner(box=B, behind=A), False),
        (Owner(box=A, behind=A), Owner(box=A, behind=B), True),
        (Owner(source="h 80 1", box=A), Owner(source="h 80 2", box=A), True),
        (Owner(source="h 80 1"), Owner(box=A), False),
    ],
)
def test_a_box_is_another_one_where_it_proves_it_and_what_is_not_told_proves_nothing(
    kept: Owner, now: Owner, another: bool
) -> None:
    assert is_another(kept, now) is another


def test_an_owner_is_read_as_it_was_written_and_anything_else_is_refused() -> None:
    for owner in (NOBODY, Owner("dt0001", "h 80 1", SAME, A)):
        assert owner_from(json.loads(json.dumps(owner_data(owner)))) == owner
    assert owner_from(None) == NOBODY
    for wrong in ({}, {"site": 5, "source": "", "box": None, "behind": None}, {"site": "a b", "source": ""}, [1]):
        with pytest.raises((ValueError, KeyError, TypeError)):
            owner_from(wrong)


def test_an_approval_and_its_presets_do_not_count_for_another_box() -> None:
    here = site(camera())
    approval = replace(approve_no_private_area(here, "gate", "Li", NOW, ""), owner=Owner("dt0001", box=A))
    view = PresetView("gate", "door", "Li", NOW, "", (), Owner("dt0001", box=B))
    approvals = {"gate": replace(approval, presets=(view,))}
    now = owners_now(here, {"box": A}, {})
    assert of_present_boxes(approvals, now)["gate"].presets == ()
    assert of_present_boxes(approvals, owners_now(here, {"box": B}, {})) == {}
    assert of_present_boxes(approvals, owners_now(here, {}, {"box": KnownBox(A, other=B)})) == {}, "proven last counts"
    assert of_present_boxes(approvals, owners_now(here, {}, {})) == approvals, "what cannot be read voids nothing"


def test_a_note_about_a_box_does_not_speak_of_the_next_one_but_a_plan_does() -> None:
    here, of_a = site(camera()), Owner("dt0001", box=A)
    later = NOW.replace(year=2030)
    ack = Acknowledgement("camera-moved camera:gate", NOW, "fail", "Li", NOW, "known", later, of_a)
    plan = Plan("device:box", NOW, later, "Li", NOW, "box is replaced", of_a)
    same, other = (active_notes(here, (ack, plan), NOW, owners_now(here, {"box": one}, {})) for one in (A, B))
    assert (list(same.acknowledged), list(other.acknowledged)) == ([ack.key], [])
    assert "device:box" in other.planned


def test_tries_of_a_factory_login_at_another_site_are_not_ours_and_stay(tmp_path: Path) -> None:
    theirs = LoginTry("device-1", "c1", "hikvision", NOW, "accepted", (), "school01")
    write_tried(tmp_path, with_try([theirs], replace(theirs, site="school02", result="refused")))
    assert len(read_tried(tmp_path, "school02")) == 2
    assert [one.result for one in tries_of_site(read_tried(tmp_path, "school02"), "school02")] == ["refused"]
    assert known_tries(tmp_path, "school03") == {}


def test_refused_logins_of_a_user_stay_where_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ordinary(monkeypatch, tmp_path)
    home = tmp_path / ".local" / "state" / "camwarden"
    own = home / "sites" / "school01"
    assert credentials_file(own, os.environ) == home / "credentials.json"
    assert own_state(own, os.environ) == own


def test_the_service_and_root_keep_their_folder_and_an_ordinary_user_has_one_for_each_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "site.toml"
    path.write_text('[site]\nid = "dt0001"\ncity = "datong"\ndivision = "140200"\n')
    ordinary(monkeypatch, tmp_path)
    own = tmp_path / ".local/state/camwarden/sites/dt0001"
    assert (load(path).storage.directory, load(path).storage.runtime) == (own, own)
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/camwarden")
    assert load(path).storage.directory == Path("/var/lib/camwarden")
    monkeypatch.delenv("STATE_DIRECTORY")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert load(path).storage.directory == Path("/var/lib/camwarden")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("agent.site.toml.storage.CONFIG", path)
    path.write_text(path.read_text() + '[storage]\ndirectory = "state"\n')
    assert main(["config", "validate", "--config", str(path)]) == exits.CONFIG


def test_a_file_in_the_hands_of_root_is_one_line_and_exit_77(
    everyones_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = imported(everyones_folder, "school01")
    state = config.parent / "state"
    (config.parent / "secrets.toml").chmod(0o600)
    state.chmod(0o500)
    root = os.geteuid() == 0
    if root:  # root may write everything
        os.chown(config.parent / "secrets.toml", 65534, 65534)
        os.seteuid(65534)
    try:
        assert main([*DECLARE, "--config", str(config)]) == exits.PERMISSION
    finally:
        if root:
            os.seteuid(0)
    (line,) = capsys.readouterr().err.splitlines()
    assert str(state) in line
    assert ("is in the hands of root: sudo chown -R nobody " if root else "name a folder of your own with") in line

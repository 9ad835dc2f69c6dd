"""`camwarden drill` on the simulated site: a trainee takes a mask off or darkens a lens, and sees it found."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from smaller_site import unhurried
from warm import one_worker

from agent.cli import main
from agent.commands import drill as command
from agent.contract.authors import is_author
from agent.contract.envelope import unflatten
from agent.deliver.keys.rotate import SPOOL_NAME
from agent.deliver.spool.read_only import view
from agent.demo.site import SITE_ID, SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES, Fault
from agent.host.clock import utc_now
from agent.judge.memory.drills import Drill
from agent.judge.memory.notes import drills_of, read_notes, write_note
from agent.model import exits
from agent.observe.inventory.owners import Owner
from agent.service.cycle import environment
from agent.service.daemon.loop import run_once
from agent.site.config.load import load


class Trainee:
    """The site of a recorder with a gate; what the trainee does at each rest between two looks."""

    def __init__(self, simulated: SimulatedSite, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.simulated, self.capsys = simulated, capsys
        self.config = unhurried(
            simulated.write_config(folder, {"host": "127.0.0.1", "confirm": "broker", "tls": False})
        )
        self.directory = load(self.config).storage.directory
        self.steps: list[Callable[[], None]] = []

    def rest(self, _: float) -> None:
        if self.steps:
            self.steps.pop(0)()

    def does(self, fault: Fault | None) -> Callable[[], None]:
        return lambda: self.simulated.change("gate", fault)

    def drill(self, *words: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        code = main(["--config", str(self.config), "drill", *words])
        out, err = self.capsys.readouterr()
        return code, out, err

    @property
    def notes(self) -> tuple[Drill, ...]:
        return drills_of(read_notes(self.directory, SITE_ID))


@pytest.fixture(scope="module", autouse=True)
def warm() -> Iterator[None]:
    with one_worker(environment):
        yield


@pytest.fixture
def trainee(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Trainee]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    cameras = [camera for camera in CAMERAS if camera.id == "gate"]
    with SimulatedSite(lambda: datetime.now(UTC), DEVICES[:1], cameras) as simulated:
        one = Trainee(simulated, tmp_path, capsys)
        monkeypatch.setattr(command, "sleep", one.rest)
        yield one


@pytest.mark.parametrize(
    ("exercise", "fault", "found"),
    [("mask", "mask-removed", "privacy-mask-present missing"), ("lens", "dark", "camera-online dark")],
)
def test_a_provoked_fault_and_its_recovery_are_found_guided_signed_and_noted(
    trainee: Trainee, exercise: str, fault: Fault, found: str
) -> None:
    trainee.steps = [trainee.does(fault), trainee.does(None)]
    code, out, err = trainee.drill(exercise, "gate", "--by", "王工", "--json")
    told: dict[str, Any] = json.loads(out)
    assert code == exits.OK
    assert (told["outcome"], told["found"], told["by"], told["subject"]) == ("recovered", found, "王工", "camera:gate")
    assert told["found_s"] >= 0 and told["recovered_s"] >= 0 and told["looks"] >= 4
    said = err.splitlines()
    order = ["no service keeps", "looking at gate first", "begin: ", "found after ", "now "]
    assert [next(n for n, line in enumerate(said) if line.startswith(one)) for one in order] == [0, 1, 2, 3, 4]
    (note,) = trainee.notes
    assert (note.found, note.recovered_at is not None, note.ended_at is not None) == (found, True, True)
    assert note.until - note.start_at == timedelta(minutes=15)
    record = json.loads(unflatten(Path(told["file"]).read_bytes())[0])
    assert record["drill"] == {name: told[name] for name in record["drill"]} and record["run"] == "drill"
    trainee.capsys.readouterr()
    assert main(["verify", told["file"], "--kid", told["kid"]]) == exits.OK
    code, _, err = trainee.drill(exercise, "gate", "--by", "王工")
    assert code == exits.USAGE and "has just been" in err


def test_a_fault_that_nobody_provokes_is_not_found_and_the_exit_code_says_so(
    trainee: Trainee, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock jumps to the end while the trainee does nothing."""
    begun = datetime.now(UTC)
    late = [timedelta()]
    monkeypatch.setattr(command, "utc_now", lambda: begun + late[0])
    trainee.steps = [lambda: late.__setitem__(0, timedelta(minutes=3))]
    code, out, _ = trainee.drill("mask", "gate", "--by", "Li", "--minutes", "2", "--lang", "zh_CN")
    assert code == exits.FAILS
    assert "2 分钟内未发现" in out
    assert [one.outcome(begun + late[0]) for one in trainee.notes] == ["not-found"]


def test_a_fault_that_stays_is_said_and_counts_from_then_on(trainee: Trainee, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, late = datetime.now(UTC), [timedelta()]
    monkeypatch.setattr(command, "utc_now", lambda: begun + late[0])
    trainee.steps = [trainee.does("mask-removed"), lambda: late.__setitem__(0, timedelta(minutes=31))]
    code, out, _ = trainee.drill("mask", "gate", "--by", "Li")
    assert code == exits.FAILS and "no recovery was seen" in out
    (note,) = trainee.notes
    assert note.outcome(begun + late[0]) == "not-recovered" and not note.lasts(note.until, note.until + late[0])


def test_one_that_is_broken_off_ends_there(trainee: Trainee) -> None:
    def give_up() -> None:
        raise KeyboardInterrupt

    trainee.steps = [give_up]
    code, _, _ = trainee.drill("mask", "gate", "--by", "Li")
    assert code == exits.INTERRUPTED
    (note,) = trainee.notes
    assert note.ended_at is not None and note.outcome(note.ended_at) == "broken-off"


def test_a_camera_that_is_not_well_has_no_drill(trainee: Trainee) -> None:
    trainee.simulated.change("gate", "mask-removed")
    code, out, _ = trainee.drill("mask", "gate", "--by", "Li")
    assert code == exits.UNCHECKED
    assert "no drill: privacy-mask-present camera:gate is fail before it" in out
    assert trainee.notes == ()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mask", "nowhere", "--by", "Li"), "site.toml has no camera 'nowhere'"),
        (("mask", "gate", "--by", "Li", "--minutes", "31"), "31 is no number of minutes from 1 to 30"),
        (("mask", "gate", "--by", "Li", "--minutes", "0"), "0 is no number of minutes"),
        (("mask", "gate", "--by", " \t"), "add --by NAME"),
        (("nap", "gate"), "nap"),
    ],
)
def test_a_wrong_word_ends_with_one_line_before_anything_is_asked(
    trainee: Trainee, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr(command, "see", lambda *_: pytest.fail("a device was asked"))
    try:
        code, _, err = trainee.drill(*words)
    except SystemExit as ended:
        code, err = int(ended.code or 0), trainee.capsys.readouterr().err
    assert code == exits.USAGE and said in err and trainee.notes == ()


def test_the_service_beside_it_reports_the_drill_and_no_fault(trainee: Trainee) -> None:
    site = replace(load(trainee.config), hub=None)
    run_once(site, utc_now)
    begun = utc_now()
    made = Drill(
        exercise="mask", subject="camera:gate", start_at=begun, until=begun + timedelta(minutes=29), by="Li", at=begun,
        owner=Owner(SITE_ID),
    )  # fmt: skip
    write_note(trainee.directory, made, begun)
    trainee.simulated.change("gate", "mask-removed")
    for _ in range(2):
        seen, _ = run_once(site, utc_now)
    (masked,) = [one for one in seen.findings if one.key == "privacy-mask-present camera:gate"]
    assert (masked.status, masked.evidence["found"]) == ("not_applicable", "fail")
    with view(trainee.directory / SPOOL_NAME) as spool:
        told = [json.loads(row.payload) for row in spool.every()]
    events = [one["body"] for one in told if one["stream"] == "event"]
    assert [one for one in events if one["subject"] == "camera:gate" and one["check"].startswith("privacy-mask")] == []
    newest = [one["body"] for one in told if one["stream"] == "config"][-1]
    assert [(is_author(one["by"]), one["outcome"]) for one in newest["drills"]] == [(True, "under-way")]


def test_one_at_a_time(trainee: Trainee) -> None:
    now = datetime.now(UTC)
    other = Drill(
        exercise="mask", subject="camera:gate", start_at=now, until=now + timedelta(minutes=9), by="Wang", at=now,
        owner=Owner(SITE_ID),
    )  # fmt: skip
    write_note(trainee.directory, other, now)
    code, _, err = trainee.drill("mask", "gate", "--by", "Li")
    assert code == exits.USAGE and "a drill of Wang is under way" in err
    write_note(trainee.directory, replace(other, ended_at=now), now)
    assert "for 30 more minutes" in trainee.drill("mask", "gate", "--by", "Li")[2]

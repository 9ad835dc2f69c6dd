"""A drill beside the running service: no event, no figure, no outage at the hub, which shows it as a drill."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import delivery
import pytest
from contract_schemas import fits
from delivery import Maker, moment
from hubdesk import Desk
from live_site import NOON
from sites import camera, healthy_camera, healthy_device, observed, observed_at, picture, without

from agent.cli import main
from agent.contract.authors import author_id
from agent.hub.domain.drills import read_drills
from agent.hub.stores.day_figures import read_config
from agent.judge.checks.table import run_checks
from agent.judge.memory import memory as state
from agent.judge.memory.authors import author_key
from agent.judge.memory.drills import Drill
from agent.judge.memory.notes import write_note
from agent.observe.facts.facts import gather
from agent.observe.inventory.owners import Owner
from agent.observe.remembered.value import Remembered
from agent.service.cycle.cycle import CycleResult, set_drills_aside, tell
from agent.site.config.site import Storage
from drivers.details import Host
from drivers.model import Device, Masks, Observation, Unavailable
from drivers.picture import PictureSeen

MINUTE = timedelta(minutes=1)
MASKED, ONLINE = "privacy-mask-present camera:gate", "camera-online camera:gate"


class Site:
    """A site of two cameras that looks every minute and reports to a hub; what each look sees is given."""

    def __init__(self, folder: Path, desk: Desk) -> None:
        folder.mkdir()
        cameras = (camera("gate", "boxa"), camera("yard", "boxb"))
        boxes = tuple(Device(box, "192.0.2.1", 80, "onvif") for box in ("boxa", "boxb"))
        storage = Storage(folder, folder)
        self.site = replace(delivery.site("S1"), cameras=cameras, devices=boxes, storage=storage, division="140202")
        self.desk, self.folder, self.maker = desk, folder, Maker(folder, self.site)
        self.spool = self.maker.open(now=NOON)
        desk.birth(self.maker, self.spool.epoch, at=NOON)
        desk.vouch(self.maker)
        self.events: list[str] = []
        self.bodies: dict[str, Any] = {}
        self.counted: dict[str, Any] = {}

    def look(
        self, minute: int, bare: tuple[str, ...] = (), dark: tuple[str, ...] = (), gone: tuple[str, ...] = ()
    ) -> None:
        """Look: these cameras have no mask, are dark, or do not answer."""
        at = NOON + minute * MINUTE
        seen: tuple[Observation, ...] = observed("site", Host(0.1, 0.4, 50_000_000_000, 100_000_000_000, 60))
        for name, box in (("gate", "boxa"), ("yard", "boxb")):
            if name in gone:
                seen += observed(f"device:{box}", Unavailable("identity", "unreachable"))
                seen += observed(f"camera:{name}", Unavailable("streams", "unreachable"))
                continue
            ones = healthy_camera(name)
            if name in bare:
                ones = without(ones, Masks) + observed(f"camera:{name}", Masks(()))
            if name in dark:
                paths = [o.value.path for o in ones if isinstance(o.value, PictureSeen)]
                ones = without(ones, PictureSeen)
                ones += observed(f"camera:{name}", *(picture(path, mean_luma=1.0, contrast=0.0) for path in paths))
            seen += without(healthy_device(box), Host) + ones
        memory = state.from_json(self.spool.read_memory())
        facts = replace(gather(observed_at(seen, at)), remembered=Remembered(assessed=memory.remembered.assessed))
        result = CycleResult(facts, run_checks(self.site, facts, at), memory)
        result = set_drills_aside(self.site, result, at, at + timedelta(seconds=5))
        self.findings = {one.key: one for one in result.findings}
        envelopes = tell(self.site, result, self.spool, self.maker.signer, moment(at))
        self.desk.name(self.maker, envelopes, at)
        for envelope in envelopes:
            fits(envelope.report.payload)
            assert self.desk.send(envelope, "S1", at=at)["event"] == "verified"
            body = json.loads(envelope.report.payload)["body"]
            self.bodies[envelope.report.stream] = body
            if envelope.report.stream == "event":
                self.events.append(f"{body['check']} {body['subject']} {body['to']}")
        (today,) = state.from_json(self.spool.read_memory()).remembered.assessed
        self.counted = {str(figure): (one.good, one.due, one.unknown) for figure, one in today.counts.items()}

    def drill(self, exercise: str, first: int, last: int, **more: datetime) -> Drill:
        begin = NOON + first * MINUTE
        made = Drill(
            exercise=exercise, subject="camera:gate", start_at=begin, until=NOON + last * MINUTE, by="王工", at=begin,
            owner=Owner("S1"),
        )  # fmt: skip
        made = replace(made, **more)
        write_note(self.folder, made, begin)
        return made


@pytest.fixture
def site(tmp_path: Path, desk: Desk) -> Site:
    one = Site(tmp_path / "S1", desk)
    for minute in range(3):
        one.look(minute)
    assert one.findings[MASKED].status == one.findings[ONLINE].status == "pass"
    one.events.clear()
    return one


def about_gate(events: list[str]) -> list[str]:
    return [one for one in events if "camera:gate" in one]


def test_a_mask_that_is_taken_off_for_a_drill_makes_no_event_and_the_hub_shows_the_drill(
    site: Site, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    made = site.drill("mask", 3, 13)
    for minute in range(3, 9):
        site.look(minute, bare=("gate",))
        assert (site.findings[MASKED].status, site.findings[MASKED].reason) == ("not_applicable", "drill")
    assert site.bodies["config"]["drills"][0]["outcome"] == "under-way"
    found = {"found_at": NOON + 4 * MINUTE, "recovered_at": NOON + 9 * MINUTE, "ended_at": NOON + 9 * MINUTE}
    write_note(site.folder, replace(made, found="privacy-mask-present missing", **found), NOON + 9 * MINUTE)
    for minute in range(9, 14):
        site.look(minute)
    assert about_gate(site.events) == []
    assert site.findings[MASKED].status == "pass"
    (row,) = site.bodies["config"]["drills"]
    by = author_id(author_key(site.folder), "S1", "王工")
    assert (row["outcome"], row["by"], row["until"]) == ("recovered", by, "2026-11-02T04:09:00Z")
    capsys.readouterr()
    main(["hub", "status", "--data", str(desk.directory)])
    assert "drill 2026-11-02 12:03, mask camera:gate (王工): found after 60 s, recovered after 300 s" in (
        capsys.readouterr().out
    )
    main(["hub", "status", "--data", str(desk.directory), "--json"])
    (shown,) = json.loads(capsys.readouterr().out)["sites"]["S1"]["drills"]
    assert shown["outcome"] == "recovered"


def test_a_fault_that_stays_after_the_drill_is_told(site: Site) -> None:
    site.drill("mask", 3, 6)
    for minute in range(3, 6):
        site.look(minute, bare=("gate",))
    assert about_gate(site.events) == []
    for minute in range(6, 12):
        site.look(minute, bare=("gate",))
    assert f"{MASKED} fail" in site.events
    assert site.bodies["config"]["drills"][0]["outcome"] == "broken-off"


def test_a_drill_hides_neither_another_camera_nor_another_fault_of_its_own(site: Site) -> None:
    site.drill("mask", 3, 33)
    for minute in range(3, 9):
        site.look(minute, bare=("gate", "yard"), gone=())
    assert "privacy-mask-present camera:yard fail" in site.events and about_gate(site.events) == []
    for minute in range(9, 15):
        site.look(minute, gone=("gate",))
    assert any(one.startswith(("device-reachable device:boxa", ONLINE)) and one.endswith("fail") for one in site.events)


def test_a_fault_from_before_the_drill_is_no_drill(site: Site) -> None:
    for minute in range(3, 6):
        site.look(minute, bare=("gate",))
    assert f"{MASKED} fail" in site.events
    site.drill("mask", 6, 30)
    site.look(6, bare=("gate",))
    assert site.findings[MASKED].status == "fail"


def test_a_covered_lens_is_in_no_figure_while_it_is_drilled_and_counts_otherwise(site: Site) -> None:
    before = dict(site.counted)
    site.drill("lens", 3, 9)
    for minute in range(3, 9):
        site.look(minute, dark=("gate",))
    assert site.findings[ONLINE].reason == "drill"
    told = {by: groups for by, _, groups in read_config({"ts": "2026-11-02T04:08:00Z"}, site.bodies["config"])}
    (at_hub,) = told["maintainer"].values()
    assert at_hub["online"] == (1, 1, 0, 0) and at_hub["good"][1] == 1, "the yard alone"
    during = dict(site.counted)
    assert {figure: during[figure][1] - before[figure][1] for figure in ("online", "good")} == {"online": 6, "good": 6}
    assert during["online"][0] - before["online"][0] == 6, "the yard alone is due"
    site.look(10, dark=("gate",))
    assert {figure: site.counted[figure][1] - during[figure][1] for figure in ("online", "good")} == {
        "online": 2,
        "good": 2,
    }
    assert about_gate(site.events) == [f"{ONLINE} warn"], "told once the drill is over"


def test_the_hub_takes_no_malformed_drill() -> None:
    right = {
        "exercise": "mask", "subject": "camera:gate", "by": "Li", "from": "2026-11-02T04:00:00Z",
        "until": "2026-11-02T04:09:00Z", "outcome": "recovered", "found_at": None, "recovered_at": None,
    }  # fmt: skip
    wrong: tuple[dict[str, object], ...] = (
        {"exercise": "nap"}, {"exercise": ["mask"]}, {"subject": 7}, {"by": ""}, {"from": "soon"}, {"until": None},
        {"until": "2026-11-01T00:00:00Z"}, {"outcome": "fine"}, {"outcome": {}},
    )  # fmt: skip
    assert len(read_drills({"drills": [right]})) == 1
    assert read_drills({"drills": [right | one for one in wrong]}) == ()
    assert read_drills({"drills": "x"}) == read_drills({}) == read_drills({"drills": [None, 1]}) == ()
    assert len(read_drills({"drills": [right] * 1000})) == 32

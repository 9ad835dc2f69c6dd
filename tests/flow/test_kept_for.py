"""What was seen and approved of one box says nothing of the next one: a real site is pointed elsewhere meanwhile."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from healthy_site import GATE, RECORDER
from sites import NOW, camera, site
from told_site import Told, told_site
from warm import judging_worker

from agent.cli import main
from agent.demo.world.cameras import CAMERAS
from agent.judge.memory import memory as state
from agent.judge.memory.memory import Memory
from agent.model import exits
from agent.observe.facts.sightings import BoxMark
from agent.observe.footage.bare import BareStretch, bare_opening
from agent.observe.inventory.owners import NOBODY, Owner, owners_now
from agent.observe.pictures.previous_pictures import PreviousPictures
from agent.observe.pictures.zone_verdicts import CameraVerdicts, Failed
from agent.observe.probe.devices import ProbeResult, Reading
from agent.observe.remembered.value import Remembered
from agent.report.spot_check import restore_pictures
from agent.service.cycle import cycle, environment
from agent.service.cycle.kept_for import forget_replaced, memory_of_boxes, memory_of_site
from agent.site.config.load import load
from drivers.details import Interfaces
from drivers.footage import Channels
from drivers.model import Camera, Device, Identity
from masking.worker.client import Worker

EFFECTIVE, MOVED, ONLINE = (
    f"{check} camera:gate" for check in ("privacy-mask-effective", "camera-moved", "camera-online")
)
BARE = replace(CAMERAS[1], id="bare", device=RECORDER.id, channel=2, code="")
"""A changing room whose mask is switched off, on the recorder's second channel."""


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with judging_worker(environment) as running:
        yield running


@pytest.fixture
def told(tmp_path: Path, worker: Worker) -> Iterator[Told]:
    """A gate that nobody declared anything of: its zone is the mask that was approved. It was looked at three times."""
    with told_site(tmp_path, worker, (RECORDER,), (BARE, GATE)) as running:
        text = re.sub(r"(?s)\[\[camera\]\]\nid = \"bare\".*?(?=\[\[camera\]\])", "", running.config.read_text("utf-8"))
        text = re.sub(r"(?s)\[\[camera\.private_zone\]\].*?\n\n", "", text)
        running.config.write_text(text, "utf-8")
        words = ["adopt", "--yes", "--by", "Li Na", "--why", "first", "--rounds", "1", "--quiet", "--no-color"]
        assert main(["masks", *words, "--config", str(running.config)]) == 0
        running.cycle(3)
        assert running.findings[EFFECTIVE].status == "pass"
        yield running


def memory(told: Told) -> Remembered:
    return whole(told).remembered


def whole(told: Told) -> Memory:
    return state.from_json(told.spool.read_memory())


def older(told: Told) -> set[str]:
    """Return which areas of the memory hold what pictures of the gate showed before the last look."""
    kept, now = memory(told), told.clock()
    times: dict[str, list[datetime]] = {
        "looked": [one.at for one in kept.looked],
        "quality": [mode.since for one in kept.quality.values() for mode in one.memory.modes],
        "marks": [mark.at for one in kept.quality.values() for mark in one.marks],
    }
    found = {area for area, ones in times.items() if any(at < now for at in ones)}
    return found | {"views" for one in kept.views.values() if len(one.memory.recent) > 1}


def test_while_nothing_changes_all_of_it_is_remembered(told: Told) -> None:
    assert older(told) >= {"looked", "views", "quality"}
    assert memory(told).owners["gate"].box is not None


def test_a_camera_at_another_channel_starts_with_nothing(told: Told) -> None:
    told.config.write_text(told.config.read_text("utf-8").replace("channel = 1\n", "channel = 2\n"), "utf-8")
    told.cycle()
    assert older(told) == set()
    assert told.findings[ONLINE].status == "pass"
    assert told.findings[EFFECTIVE].status != "pass", "the changing room is open"


def test_a_device_at_another_address_or_port_starts_with_nothing(told: Told) -> None:
    text = told.config.read_text("utf-8")
    told.config.write_text(text.replace('host = "127.0.0.1"', 'host = "localhost"'), "utf-8")
    told.cycle()
    assert older(told) == set()
    told.cycle(2)
    told.switch_off(RECORDER.id)
    told.cycle()
    kept = memory(told)
    assert (kept.looked, kept.pooled) == ((), ())


def test_another_box_inherits_no_approval_and_nothing_that_was_seen(
    told: Told, caplog: pytest.LogCaptureFixture
) -> None:
    footage = memory(told).footage["gate"]
    caplog.set_level(logging.WARNING, "camwarden.kept_for")
    told.devices.replace(replace(RECORDER, serial="R6-000999"))
    told.cycle()
    assert older(told) == set()
    assert EFFECTIVE not in told.findings or told.findings[EFFECTIVE].status != "pass"
    assert told.findings["mask-approval site"].status == "unknown"
    assert "camera gate: what was approved (baselines/gate.json) is of another box than stands there now" in caplog.text
    told.cycle()
    anew = memory(told).footage["gate"]
    assert (anew.sealed_gone, anew.anchor) == (footage.sealed_days, footage.sealed_head), "the chain goes on"
    assert min(row.read_at for row in anew.days if row.read_at) >= told.clock().replace(second=0, microsecond=0)
    told.cycle()
    assert "quality" in older(told), "it is remembered of the second box by now"
    told.devices.replace(RECORDER)
    told.cycle()
    assert older(told) == set(), "nor does the first inherit what was seen of the second"
    told.cycle()
    assert told.findings["mask-approval site"].status == "pass", "what was approved is of this one"


def test_another_box_is_put_before_a_person_again_and_then_counts(
    told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    told.devices.replace(replace(RECORDER, serial="R6-000999"))
    words = ["--rounds", "1", "--no-color", "--lang", "en", "--config", str(told.config)]
    assert main(["masks", "baseline", "--camera", "gate", *words]) == exits.UNCHECKED
    assert "gate: what was approved is of another box, and does not count" in capsys.readouterr().out
    assert main(["masks", "adopt", "--yes", "--by", "Wang", *words]) == exits.OK
    out = " ".join(capsys.readouterr().out.split())
    assert "1 of 1 cameras approved" in out
    assert "of another box" in out
    told.cycle(2)  # the first one finds out that this box stands there
    assert told.findings[EFFECTIVE].status == "pass", (
        str(told.findings[EFFECTIVE].message) + told.findings[EFFECTIVE].reason
    )
    told.devices.replace(RECORDER)
    told.cycle(2)
    assert told.findings["mask-approval site"].status == "unknown", "the first box was approved by nobody now"


def test_pictures_in_the_memory_of_the_process_go_with_the_box() -> None:
    here, previous = site(camera("gate"), camera("yard", "other")), PreviousPictures()
    before = owners_now(here, {"box": BoxMark("M", "a"), "other": BoxMark("M", "b")}, {})
    for name in ("gate", "yard"):
        previous.keep(name, b"a small picture")
    after = owners_now(here, {"box": BoxMark("M", "c")}, {})
    forget_replaced(Remembered(owners=before), here, after, previous)
    assert list(previous.all()) == ["yard"]


def test_a_look_that_was_asked_for_puts_nothing_of_another_box_back(told: Told) -> None:
    """A spot check forgets what was seen of a camera for one look, and remembers it again after."""
    failed = CameraVerdicts("gate", "z", "m", {("sub", "hall"): Failed(NOW, "d", confirmed=True)})
    kept, here = replace(memory(told), pooled=(failed,)), load(told.config)
    stranger = {"gate": replace(kept.owners["gate"], box=BoxMark("M", "another"))}
    after = restore_pictures(memory_of_boxes(kept, here, stranger), Remembered(owners=stranger), frozenset({"gate"}))
    assert (after.pooled, after.views, after.quality) == ((), {}, {})


class Nameless(Reading):
    """Reads real devices, and hears nothing of who they are."""

    def arrivals(self) -> Iterator[tuple[Device, ProbeResult]]:
        for device, probed in super().arrivals():
            told = tuple(o for o in probed.observations if not isinstance(o.value, Identity | Interfaces | Channels))
            yield device, replace(probed, observations=told)


def test_a_box_that_does_not_tell_who_it_is_voids_nothing(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cycle, "Reading", Nameless)
        told.cycle()
    assert older(told) >= {"looked", "views", "quality"}
    assert told.findings[EFFECTIVE].status == "pass"
    told.devices.replace(replace(RECORDER, serial="R6-000999"))
    told.cycle()
    assert older(told) == set(), "who it was last is still known"


def test_an_approval_of_release_0_1_holds_until_another_box_takes_the_place(told: Told) -> None:
    file = load(told.config).storage.directory / "baselines" / "gate.json"
    data = json.loads(file.read_text())
    del data["owner"]
    file.write_text(json.dumps(data))
    told.cycle()
    assert told.findings[EFFECTIVE].status == "pass"
    told.devices.replace(replace(RECORDER, serial="R6-000999"))
    told.cycle(2)
    assert told.findings["mask-approval site"].status == "unknown"
    assert EFFECTIVE not in told.findings or told.findings[EFFECTIVE].status != "pass"


def test_the_memory_of_another_site_is_no_memory_and_that_of_release_0_1_is_taken_over(told: Told) -> None:
    kept = whole(told)
    assert kept.site == load(told.config).id
    assert memory_of_site(kept, "other") == Memory(site="other")
    data = json.loads(state.to_json(kept))
    for name in ("site", "owners", "voided"):
        del data[name]
    old = state.from_json(json.dumps(data))
    assert (old.site, old.remembered.owners, old.remembered.looked) == ("", {}, kept.remembered.looked)
    assert memory_of_site(old, "dt0001").remembered.looked == kept.remembered.looked


def test_who_a_camera_is_says_where_it_is_read_only_where_that_counts() -> None:
    here = site(replace(camera("gate"), camera=Camera("gate", "box", channel=1)))
    assert owners_now(here, {}, {})["gate"] == Owner(here.id)
    assert owners_now(here, {}, {}, source=True)["gate"].source.endswith(" 1")
    assert Owner() == NOBODY


def test_what_a_recorder_played_of_a_bare_time_says_nothing_of_the_next_recorder() -> None:
    """The camera behind is the same and stays; its footage of that time lies on the recorder that is gone."""
    behind = BoxMark("C4", "camera-1")
    before = Owner("dt0001", box=BoxMark("N8", "one"), behind=behind)
    stretch = BareStretch("window", NOW - timedelta(hours=2), NOW - timedelta(hours=1), "bare", NOW)
    kept = Remembered(owners={"gate": before}, bare={"gate": (stretch,)})
    here = site(camera("gate"))
    for now, opened in (
        (before, "bare"),
        (replace(before, box=None), "bare"),
        (replace(before, box=BoxMark("N8", "two")), ""),
    ):
        (after,) = memory_of_boxes(kept, here, {"gate": now}).bare["gate"]
        assert (after.opened, after.opened_at) == (opened, NOW if opened else None)


def test_a_box_that_calls_itself_another_for_one_look_cannot_have_a_bare_time_forgotten() -> None:
    """What was bare in it stays to be opened, however often the serial number changes, wherever it hangs."""
    first = Owner("dt0001", "192.0.2.1 80 1", BoxMark("N8", "one"))
    stretch = BareStretch("window", NOW - timedelta(hours=2), NOW - timedelta(hours=1), "bare", NOW)
    kept, here = Remembered(owners={"gate": first}, bare={"gate": (stretch,)}), site(camera("gate"))
    for now in (replace(first, box=BoxMark("N8", "two")), replace(first, source="192.0.2.2 80 1"), first):
        kept = memory_of_boxes(kept, here, {"gate": now})
        assert kept.bare["gate"] == (replace(stretch, opened="", opened_at=None),)
        assert bare_opening(kept.bare["gate"], None, NOW) is not None

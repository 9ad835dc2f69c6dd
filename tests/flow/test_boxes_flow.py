"""On a running site boxes are doubled, exchanged, replaced and taken away: each is one finding with all it explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from breaches import of, told
from healthy_site import DAY, GATE, LIBRARY, NVR, QUARTER, RECORDER, World, healthy_site, is_open
from patience import PATIENCE_S

from agent.judge.checks.devices.unread import FOLDED
from agent.judge.memory.transitions import transitions
from agent.model.finding import Finding
from drivers.model import Identity
from masking.worker.client import Worker

LOOKS = 6
TOLD = {"swapped": "the boxes of recorder, nvr have exchanged their addresses: ", "duplicate": "one box answers for "}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with (
        pytest.MonkeyPatch.context() as patch,
        Worker(timeout_s=PATIENCE_S) as worker,
        healthy_site(tmp_path_factory.mktemp("boxes"), worker, patch, LOOKS) as world,
    ):
        world.answered = {}
        yield world


@pytest.fixture
def world(running: World) -> World:
    running.begin()
    return running


def of_itself(findings: dict[str, Finding]) -> set[str]:
    """Return what is not well and hangs on nothing, but for what six looks cannot know yet."""
    wrong = (key for key, one in findings.items() if one.status in ("fail", "warn") and not one.caused_by)
    return {key for key in wrong if not is_open(findings[key])} - {FOLDED}


def hung(findings: dict[str, Finding], cause: str) -> set[str]:
    return {key for key, one in findings.items() if one.caused_by == cause and one.status == "fail"}


def exchanged(world: World) -> None:
    """Recorder and NVR have each other's serial number, and their cameras show each other's place with its mask."""
    world.devices.replace(
        replace(RECORDER, serial=NVR.serial, model=NVR.model),
        replace(NVR, serial=RECORDER.serial, model=RECORDER.model),
        replace(GATE, place=LIBRARY.place, mask=LIBRARY.mask),
        replace(LIBRARY, place=GATE.place, mask=GATE.mask),
    )


def test_two_exchanged_boxes_are_one_finding_with_masks_views_and_firmware_under_it(world: World) -> None:
    before = of_itself(world.look())
    exchanged(world)
    findings = world.look(5)
    root = findings["inventory-drift device:recorder"]
    assert of_itself(findings) - before == {root.key}
    assert (root.reason, root.status, root.severity) == ("swapped", "fail", "critical")
    assert str(root.message).startswith(TOLD["swapped"])
    under = {key.split()[0] for key in hung(findings, root.key)}
    assert under == {"privacy-mask-present", "firmware-drift", "filing-device-list-match", "camera-moved"}
    assert findings["camera-moved camera:gate"].reason == "no-baseline", "what was approved is of the other box"
    assert findings["mask-approval site"].caused_by == root.key
    assert findings["privacy-mask-effective camera:gate"].caused_by == "privacy-mask-present camera:gate"
    assert findings["inventory-drift device:nvr"].caused_by == root.key
    assert findings["firmware-drift device:recorder"].caused_by == root.key


def test_one_box_behind_two_ids_is_one_finding(world: World) -> None:
    before = of_itself(world.look())
    world.devices.replace(replace(RECORDER, serial=NVR.serial))
    findings = world.look(2)
    root = findings["inventory-drift device:recorder"]
    assert of_itself(findings) - before == {root.key}
    assert (root.reason, findings["inventory-drift device:nvr"].caused_by) == ("duplicate", root.key)
    assert str(root.message).startswith(TOLD["duplicate"])


def test_another_box_is_one_finding_for_a_day_and_then_the_filed_list_speaks_for_itself(world: World) -> None:
    before = of_itself(world.look())
    world.devices.replace(replace(RECORDER, serial="R6-000999"))
    findings = world.look(2)
    assert of_itself(findings) - before == {"inventory-drift device:recorder"}
    assert findings["inventory-drift device:recorder"].reason == "replaced"
    assert findings["mask-approval site"].caused_by == "inventory-drift device:recorder"
    later = world.look(3, DAY / 2)
    assert later["inventory-drift device:recorder"].status == "pass", "by then it was told, and nobody called it wrong"
    assert "filing-device-list-match site" in of_itself(later)
    approval = later["mask-approval site"]
    assert (approval.status, approval.reason, approval.caused_by) == ("unknown", "not-approved", ""), "nothing hides it"


def unplugged(world: World) -> None:
    """Nothing listens any more where the recorder answered."""
    port = world.devices.devices[RECORDER.id].port
    world.edit((f"port = {port}\n", "port = 1\n"))


def test_a_box_that_is_not_seen_any_more_is_the_finding_that_it_is_silent_and_missing_hangs_on_that(
    world: World,
) -> None:
    world.look()
    unplugged(world)
    first = world.look()["inventory-drift device:recorder"]
    assert (first.status, first.reason, first.caused_by) == ("unknown", "unreachable", "camera-online camera:gate")
    findings = world.look(5, DAY / 4)
    missing = findings["inventory-drift device:recorder"]
    assert (missing.status, missing.reason, missing.caused_by) == ("warn", "missing", "camera-online camera:gate")
    assert "camera-online camera:gate" in of_itself(findings)


def test_an_exchange_makes_one_event_and_one_when_the_boxes_are_back(world: World) -> None:
    """Both are told of the finding that names it; nothing is told of masks and views meanwhile."""
    memory = transitions(tuple(world.look().values()), world.memory, world.clock())[1]
    exchanged(world)
    told = []
    for _ in range(3):
        changed, memory = transitions(tuple(world.look().values()), memory, world.clock() + QUARTER)
        told += [one.finding for one in changed if one.told]
    assert [(one.key, one.status) for one in told] == [("inventory-drift device:recorder", "fail")]
    world.heal()
    back = []
    for _ in range(4):
        changed, memory = transitions(tuple(world.look().values()), memory, world.clock() + QUARTER)
        back += [(one.finding.key, one.finding.status) for one in changed if one.told]
    assert back == [("inventory-drift device:recorder", "pass")]


def test_a_device_that_does_not_say_its_serial_number_is_no_other_box(world: World) -> None:
    told(of("device:recorder", Identity, lambda identity: replace(identity, serial="")))(world)
    assert world.look()["inventory-drift device:recorder"].status == "pass"

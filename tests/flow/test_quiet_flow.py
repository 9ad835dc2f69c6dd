"""Over many cycles on simulated devices: what comes and goes is one finding with a count, a dead recorder one event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from told_site import Told, told_site
from warm import judging_worker

from agent.demo.world.cameras import CAMERAS, DEVICES, ISAPI_CAMERAS, ISAPI_DEVICES
from agent.report.plain_findings import plain_findings
from masking.worker.client import Worker

RECORDER, NVR = DEVICES[0], ISAPI_DEVICES[0]
GATE = replace(CAMERAS[0], recording=None)
LIBRARY = replace(ISAPI_CAMERAS[0], recording=None)
GYM = ISAPI_CAMERAS[1]
HALL = replace(LIBRARY, id="hall", channel=2, code="14020000001320000099", name="Hall", place=GYM.place, mask=GYM.mask)
SIXTEEN = tuple(
    replace(LIBRARY, id=f"c{n:02}", channel=n, code=f"140200000013200002{n:02}", name=f"C{n}") for n in range(1, 17)
)
KEY = "camera-online camera:library"


def declared(duty: str, value: str, cameras: str = "") -> str:
    return f'\n[[declaration]]\nduty = "{duty}"\nvalue = "{value}"\nby = "Li Na"\nat = 2026-01-31\n{cameras}\n'


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    with judging_worker() as running:
        yield running


def of(told: Told, check: str, subject: str) -> list[dict[str, Any]]:
    return [one for one in told.events if (one["finding"]["check"], one["finding"]["subject"]) == (check, subject)]


def link(told: Told, up: bool) -> None:
    told.devices.replace(LIBRARY if up else replace(LIBRARY, link="networkAbnormal"))


def test_a_camera_that_comes_and_goes_is_one_finding_that_says_how_often(tmp_path: Path, worker: Worker) -> None:
    """Its recorder loses it for three quarters of an hour, five times within a day, and then keeps it."""
    with told_site(tmp_path, worker, (RECORDER, NVR), (GATE, LIBRARY, HALL)) as told:
        told.cycle(2)
        begins = len(told.events)
        for _ in range(5):
            link(told, up=False)
            told.cycle(3)
            link(told, up=True)
            told.cycle(2)
        events = of(told, "camera-online", "camera:library")
        statuses = [one["finding"]["status"] for one in events]
        assert statuses == ["fail", "pass", "fail"], "the second opening within a day is the one of the flapping"
        opened = events[2]["finding"]["message"]
        assert "it comes and goes, 2 times since " in str(opened)
        (row,) = [one for one in told.reports["health"]["not_pass"] if one["check"] == "camera-online"]
        assert (row["status"], row["reason"], row["subjects"]) == ("warn", "flapping", ["camera:library"])
        assert told.findings[KEY].status == "pass", "at this look it is well"
        (one,) = [
            f
            for f in plain_findings(told.reports["config"])
            if f["check"] == "camera-online" and "flaps" in f["evidence"]
        ]
        assert one["evidence"]["flaps"] == 5 and "it comes and goes, 5 times since " in one["message"]
        told.cycle(7, timedelta(hours=4))
        events = of(told, "camera-online", "camera:library")
        assert [one["finding"]["status"] for one in events[3:]] == ["pass"], "one event at its end"
        assert "it came and went 5 times since " in str(events[3]["finding"]["message"])
        assert (events[3]["episode"]["count"], events[3]["episode"]["flapping"]) == (5, True)
        assert not [one for one in told.reports["health"]["not_pass"] if one["reason"] == "flapping"]
        others = {one["finding"]["check"] for one in told.events[begins:]} - {"camera-online"}
        assert others <= {"camera-lost", "outage-duration", "camera-online-rate", "camera-good-rate"}, others


def test_a_recorder_that_is_switched_off_is_one_event_for_its_sixteen_cameras_and_names_who_mends_it(
    tmp_path: Path, worker: Worker
) -> None:
    more = declared("maintainer", "Jinbei Security") + declared("maintainer", "Gate firm", 'cameras = ["gate"]')
    more += declared("owner", "School 17")
    with told_site(tmp_path, worker, (RECORDER, NVR), (GATE, *SIXTEEN), more) as told:
        told.cycle(2)
        assert told.findings["camera-online camera:c16"].status == "pass"
        begins = len(told.events)
        told.switch_off(NVR.id)
        told.cycle(4)
        new = [(one["finding"]["check"], one["finding"]["subject"]) for one in told.events[begins:]]
        assert new == [("camera-online", "device:nvr")]
        finding = told.events[-1]["finding"]
        assert finding["evidence"]["fault_class"] == "recorder"
        assert (finding["evidence"]["responsible"], finding["evidence"]["responsible_name"]) == (
            "maintainer", "Jinbei Security",
        )  # fmt: skip
        root = "camera-online device:nvr"
        for camera in SIXTEEN:
            child = told.findings[f"camera-online camera:{camera.id}"]
            assert (child.status, child.caused_by) == ("unknown", root)
        behind = {f"camera:{camera.id}" for camera in SIXTEEN} | {"device:nvr"}
        wrong = [one for one in told.findings.values() if one.subject in behind and one.key != root
                 and one.status not in ("pass", "not_applicable")]  # fmt: skip
        assert len(wrong) >= 6 * len(SIXTEEN)
        assert {one.status for one in wrong} == {"unknown"}
        assert not [one.key for one in wrong if not one.caused_by], "each names what stands behind it"
        (row,) = [one for one in told.reports["health"]["not_pass"] if one["check"] == "camera-online"]
        assert (row["status"], row["subjects"]) == ("fail", ["device:nvr"])
        told.switch_on(NVR.id)
        told.cycle(3)
        new = [(one["finding"]["subject"], one["finding"]["status"]) for one in told.events[begins + 1 :]]
        assert new == [("device:nvr", "pass")]


def test_two_cameras_that_exchanged_their_channels_are_one_event_and_one_when_they_are_back(
    tmp_path: Path, worker: Worker
) -> None:
    """The recorder says which camera is on which channel; both pictures look the same to a machine."""
    with told_site(tmp_path, worker, (RECORDER, NVR), (GATE, LIBRARY, HALL)) as told:
        told.cycle(2)
        assert told.findings["inventory-drift camera:library"].status == "pass"
        begins = len(told.events)
        told.devices.replace(replace(LIBRARY, code=HALL.code), replace(HALL, code=LIBRARY.code))
        told.cycle(3)
        root = told.findings["inventory-drift camera:library"]
        assert (root.status, root.reason) == ("warn", "swapped")
        assert told.findings["inventory-drift camera:hall"].caused_by == root.key
        told.devices.replace(LIBRARY, HALL)
        told.cycle(2)
        new = [(one["finding"]["check"], one["finding"]["subject"], one["to"]) for one in told.events[begins:]]
        assert new == [(*root.key.split(), "warn"), (*root.key.split(), "pass")]

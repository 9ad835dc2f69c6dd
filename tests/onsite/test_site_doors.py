"""Every door of a site counts one look alike, in both languages: who compares them finds no difference."""

from datetime import timedelta

import pytest
from handed_over import checked
from site_doors import STATUSES, site_doors
from sites import DAY, camera, gateway, healthy, healthy_camera, healthy_device, site, without

from agent.model.matters import counts, finding_counts
from agent.onsite.one_look.result import CheckResult
from drivers.model import Masks
from drivers.picture import ZoneVerdict

NAMES = ("gate", "yard", "hall")


def looks() -> dict[str, CheckResult]:
    """Return a look at a site in order, at one of which much is broken, and at one that is silent."""
    cameras = tuple(camera(name) for name in NAMES)
    well = (*gateway(), *healthy_device(), *(one for name in NAMES for one in healthy_camera(name)))
    bare = without(well, ZoneVerdict, Masks)
    short = (*healthy_camera("gate", timedelta(days=3)), *healthy("yard", kept=2 * DAY))
    return {
        "well": checked(site(*cameras), well),
        "broken": checked(site(*cameras), (*bare, *short)),
        "silent": checked(site(*cameras)),
    }


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("name", ["well", "broken", "silent"])
def test_no_door_differs(name: str, lang: str) -> None:
    look = looks()[name]
    right = counts(look.seen.findings)
    doors = site_doors(look, lang)
    assert len(doors) >= 10
    for door, told in doors.items():
        assert told and set(told) <= set(STATUSES), door
        assert {status: right[status] for status in told} == told, door
        full = {status: count for status, count in right.items() if count}
        assert door == "digest" or full.items() <= told.items(), door
    if name == "silent":
        assert right != finding_counts(look.seen.findings), "what is alike at many cameras is one matter"

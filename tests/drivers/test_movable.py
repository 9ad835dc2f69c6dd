"""Which cameras can turn is read from what is asked anyway; where a device does not say, nothing is noted."""

from __future__ import annotations

import pytest
from dahua_device import CAMERAS as DAHUA_CAMERAS
from dahua_device import NO_AUTHORITY
from dahua_device import Nvr as DahuaNvr
from dahua_device import observe as observe_dahua
from devices import http
from hikvision_device import CAMERAS as HIKVISION_CAMERAS
from hikvision_device import NOT_SUPPORTED, fixture
from hikvision_device import Nvr as HikvisionNvr
from hikvision_device import observe as observe_hikvision
from onvif_answers import envelope, fault
from onvif_device import Script
from onvif_reading import observe

from drivers.details import Movable
from drivers.model import Observations

INFO = "System/deviceInfo"
PROXIES = "ContentMgmt/InputProxy/channels"
NODE = "<tt:Name>ptz</tt:Name><tt:UseCount>1</tt:UseCount><tt:NodeToken>node</tt:NodeToken>"
MEDIA1 = ("device", "media")
MEDIA2 = ("device", "media2")


def movable(seen: Observations, camera: str = "one") -> list[bool]:
    """Return what was noted of a camera: one word, or none."""
    return [one.value.ptz for one in seen if one.subject == f"camera:{camera}" and isinstance(one.value, Movable)]


def turning(services: tuple[str, ...]) -> Script:
    """Return a device whose first camera has a PTZ configuration in its second profile."""
    script = Script(services=services)
    if "media2" in services:
        prefix, tag, end = "tr2", "tr2:PTZ", "</tr2:Configurations>"
        inner = script._media2_GetProfiles(None)  # type: ignore[arg-type]
    else:
        prefix, tag, end = "trt", "tt:PTZConfiguration", "</trt:Profiles>"
        inner = script._media_GetProfiles(None)  # type: ignore[arg-type]
    first, second, rest = inner.split(end, 2)
    profiles = end.join((first, second + f'<{tag} token="ptz-1">{NODE}</{tag}>', rest))
    answer = http(200, envelope(f"<{prefix}:GetProfilesResponse>{profiles}</{prefix}:GetProfilesResponse>"))
    script.answers[f"{services[1]} GetProfiles"] = lambda asked: answer
    return script


@pytest.mark.parametrize("services", [MEDIA1, MEDIA2])
def test_an_onvif_camera_turns_if_one_of_its_profiles_has_a_ptz_configuration(services: tuple[str, ...]) -> None:
    seen = observe(turning(services))
    assert (movable(seen, "one"), movable(seen, "two")) == ([True], [False])


def test_an_onvif_device_whose_profiles_cannot_be_read_says_nothing() -> None:
    script = Script()
    for service in ("media", "media2"):
        script.answers[f"{service} GetProfiles"] = lambda asked: http(500, fault("ter:Odd", "odd"))
    assert movable(observe(script)) == []


@pytest.mark.parametrize(
    ("kind", "told"), [("IPDome", [True]), ("IPCamera", [False]), ("IPZoom", []), ("NVR", []), ("Toaster", [])]
)
def test_a_hikvision_camera_says_by_its_type_whether_it_turns(kind: str, told: list[bool]) -> None:
    info = http(200, fixture(INFO).replace(b">NVR<", f">{kind}<".encode()))
    device = HikvisionNvr(answers={INFO: info, PROXIES: NOT_SUPPORTED}, hidden=())
    assert movable(observe_hikvision(device, cameras=HIKVISION_CAMERAS[:1])) == told


def test_a_recorder_says_nothing_of_the_cameras_behind_it() -> None:
    assert movable(observe_hikvision(HikvisionNvr())) == []
    info = http(200, fixture(INFO).replace(b">NVR<", b">IPDome<"))
    assert movable(observe_hikvision(HikvisionNvr(answers={INFO: info}))) == []


def test_slots_for_turning_masks_say_that_a_dahua_camera_turns() -> None:
    table = http(200, b"table.PrivacyMasking[0].Mode=none\r\ntable.PrivacyMasking[1][0].Enable=false\r\n")
    seen = observe_dahua(DahuaNvr(answers={"PrivacyMasking": table}), DAHUA_CAMERAS[:2])
    assert movable(seen, DAHUA_CAMERAS[1].id) == [True]
    assert movable(seen, DAHUA_CAMERAS[0].id) == [], "no slots are no word that it stands still"


@pytest.mark.parametrize("answer", [NO_AUTHORITY, http(500, b""), http(200, b"table.PrivacyMasking[0]")])
def test_a_dahua_table_that_cannot_be_read_says_nothing(answer: bytes) -> None:
    assert movable(observe_dahua(DahuaNvr(answers={"PrivacyMasking": answer}), DAHUA_CAMERAS[:1])) == []

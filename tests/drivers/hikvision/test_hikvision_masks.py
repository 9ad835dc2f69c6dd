"""Privacy masks over ISAPI: supported, switched on, and with an area are three facts; "not there" is never "none"."""

from __future__ import annotations

import pytest
from devices import http
from hikvision_device import CAMERAS, NOT_SUPPORTED, Nvr, fixture, observe, status
from onvif_reading import fact, reason

from drivers.details import MaskOptions
from drivers.model import Mask, Masks, Overlays, Unavailable
from masking.geometry import bounding_box

PROXY = "ContentMgmt/InputProxy/channels/1/video/privacyMask"
OWN = "System/Video/inputs/channels/1/privacyMask"


def masks(answer: bytes, **answers: bytes) -> Masks:
    seen = observe(Nvr(answers={PROXY: answer, **answers}), cameras=CAMERAS[:1])
    told = fact(seen, "camera:one", Masks)
    assert isinstance(told, Masks), told
    return told


def region(corners: str, enabled: str = "true") -> str:
    points = "".join(
        f"<RegionCoordinates><positionX>{x}</positionX><positionY>{y}</positionY></RegionCoordinates>"
        for x, y in (pair.split(",") for pair in corners.split())
    )
    return (
        f"<PrivacyMaskRegion><id>1</id><enabled>{enabled}</enabled><RegionCoordinatesList>{points}"
        "</RegionCoordinatesList></PrivacyMaskRegion>"
    )


SCREEN = (
    "<normalizedScreenSize><normalizedScreenWidth>{0}</normalizedScreenWidth><normalizedScreenHeight>{1}"
    "</normalizedScreenHeight></normalizedScreenSize>"
)


def document(regions: str, switch: str = "true", screen: str = SCREEN.format(704, 576)) -> bytes:
    listed = f"<PrivacyMaskRegionList>{regions}</PrivacyMaskRegionList>"
    return http(200, f"<PrivacyMask><enabled>{switch}</enabled>{screen}{listed}</PrivacyMask>".encode())


BOX = "0,432 176,432 176,576 0,576"


def test_corners_count_from_the_bottom_left_in_the_screen_that_the_device_names() -> None:
    """Its upper left corner, in the device's frame y up, is upper left in ours, y down. A picture has to agree."""
    told = masks(http(200, fixture(PROXY)))
    first, third = told.masks
    assert bounding_box(first.polygon) == (0.0, 0.0, 0.25, 0.25)
    assert (first.enabled, first.effect, first.token) == (True, "gray", "1")
    assert bounding_box(third.polygon) == (0.5, 0.5, 1.0, 1.0)
    assert (third.enabled, third.effect) == (False, "mosaic")


def test_how_many_masks_there_can_be_and_how_they_count_is_in_the_same_document() -> None:
    def options(answer: bytes) -> object:
        return fact(observe(Nvr(answers={PROXY: answer}), cameras=CAMERAS[:1]), "camera:one", "mask-options")

    assert options(http(200, fixture(PROXY))) == MaskOptions(4, 4, (), steps=(704, 576))
    for size, most in (("8", 8), ("-1", 0), ("many", 0), ("", 0), ("9" * 30, 0)):
        body = fixture(PROXY).replace(b'size="4"', f'size="{size}"'.encode())
        assert options(http(200, body)) == MaskOptions(most, 4, (), steps=(704, 576))
    assert options(document(region(BOX), screen="")) == MaskOptions(0, 4, ())


@pytest.mark.parametrize(("width", "height"), [(704, 480), (704, 576), (10000, 10000), (1000, 1000)])
def test_no_screen_is_assumed(width: int, height: int) -> None:
    corners = f"0,0 {width // 2},0 {width // 2},{height} 0,{height}"
    told = masks(document(region(corners), screen=SCREEN.format(width, height)))
    assert bounding_box(told.masks[0].polygon) == (0.0, 0.0, 0.5, 1.0)


@pytest.mark.parametrize("screen", ["", SCREEN.format(0, 576), SCREEN.format("", ""), SCREEN.format(-704, 576)])
def test_without_a_screen_a_mask_has_no_place(screen: str) -> None:
    told = masks(document(region(BOX), screen=screen))
    assert told == Masks((Mask("1", (), "", True),))


def test_the_switch_turns_every_region_off() -> None:
    told = fact(observe(Nvr()), "camera:two", Masks)
    assert isinstance(told, Masks) and [one.enabled for one in told.masks] == [False]
    assert bounding_box(told.masks[0].polygon) == (0.125, 0.5, 0.375, 0.875)


@pytest.mark.parametrize(
    ("switch", "own", "enabled"),
    [
        ("true", "true", True), ("true", "false", False), ("false", "true", False), ("false", "", False),
        ("", "true", None), ("perhaps", "true", None), ("", "false", False), ("true", "", None),
    ],
)  # fmt: skip
def test_what_cannot_be_read_of_a_switch_stays_open(switch: str, own: str, enabled: bool | None) -> None:
    assert masks(document(region(BOX, own), switch)).masks[0].enabled is enabled


@pytest.mark.parametrize("corners", ["0,0 0,0 0,0 0,0", "5,5 5,9 5,9 5,5", "1,1 9,1 9,1 1,1", "1,1 2,2 3,3 4,4"])
def test_a_region_without_area_is_no_mask_although_it_is_on(corners: str) -> None:
    assert masks(document(region(corners))) == Masks(())


def test_a_place_for_a_region_is_no_mask_and_one_that_is_on_without_corners_is_not_none() -> None:
    assert masks(document(region("", "false"))) == Masks(())
    assert masks(document(region(""))) == Masks((Mask("1", (), "", True),))
    assert fact(observe(Nvr()), "camera:three", Masks) == Masks(())


@pytest.mark.parametrize("corners", ["0,0 x,0 9,9 0,9", "0,0 1408,0 1408,576 0,576", "0,0 352,576 352,0 0,576"])
def test_corners_that_make_no_sense_leave_a_mask_without_a_place(corners: str) -> None:
    assert masks(document(region(corners))).masks[0].polygon == ()


def test_corners_that_leave_the_screen_by_rounding_are_moved_onto_its_edge() -> None:
    told = masks(document(region("0,1 706,1 706,578 0,578")))
    left, top, right, bottom = bounding_box(told.masks[0].polygon)
    assert (left, top, right) == (0.0, 0.0, 1.0) and 0.99 < bottom < 1.0


def test_regions_may_stand_in_a_document_of_their_own() -> None:
    switch = http(200, f"<PrivacyMask><enabled>true</enabled>{SCREEN.format(704, 576)}</PrivacyMask>".encode())
    listed = http(200, f"<PrivacyMaskRegionList>{region(BOX)}</PrivacyMaskRegionList>".encode())
    assert len(masks(switch, **{f"{PROXY}/regions": listed}).masks) == 1
    seen = observe(Nvr(answers={PROXY: switch, f"{PROXY}/regions": NOT_SUPPORTED}), cameras=CAMERAS[:1])
    assert reason(seen, "camera:one", "masks") == "unsupported"


@pytest.mark.parametrize(
    "answer",
    [
        NOT_SUPPORTED,
        status(403, 4),
        http(403, b""),
        http(404, b"<html>Not Found</html>"),
        status(404, 4, "notSupport"),
        status(400, 6, "badParameters", "Invalid XML Content"),
        http(400, b""),
        status(500, 3, "deviceError", "Device Error"),
        status(500, 4, "notSupport"),
        status(200, 4, "notSupport"),
        status(200, 4, "methodNotAllowed"),
    ],
)
def test_no_shape_of_not_there_reads_as_no_mask(answer: bytes) -> None:
    """403 with a reason, 404, 400 (DVR), 500 (V5.2.0), and all of them under HTTP 200."""
    seen = observe(Nvr(answers={PROXY: answer}), cameras=CAMERAS[:1])
    told = fact(seen, "camera:one", "masks")
    assert isinstance(told, Unavailable) and told.reason == "unsupported"
    assert told.detail.startswith(PROXY), "of both paths, the first one's reason"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (status(403, 4, "lowPrivilege"), "refused"),
        (status(503, 2, "deviceBusy", "Device Busy"), "busy"),
        (status(200, 2, "deviceBusy", "Device Busy"), "busy"),
        (status(200, 1, "ok", "OK"), "malformed"),
        (status(403, 4, "notActivated"), "fault"),
        (http(500, b"Internal Server Error"), "fault"),
        (http(302, b"", ("Location", "https://127.0.0.1/")), "malformed"),
        (http(200, b"<html>login</html>"), "malformed"),
        (http(200, b""), "malformed"),
        (http(200, b'{"PrivacyMask": []}'), "malformed"),
        (http(200, b"<PrivacyMaskRegionList/>"), "malformed"),
        (
            http(200, b"<PrivacyMask><PrivacyMaskRegionList><Region/></PrivacyMaskRegionList></PrivacyMask>"),
            "malformed",
        ),
        (http(200, b"<PrivacyMask><PrivacyMaskRegionList/><PrivacyMaskRegionList/></PrivacyMask>"), "malformed"),
        (http(200, b'<!DOCTYPE a [<!ENTITY b "c">]><PrivacyMask><PrivacyMaskRegionList/></PrivacyMask>'), "malformed"),
    ],
)
def test_any_other_answer_has_its_own_reason_and_is_not_none_either(answer: bytes, why: str) -> None:
    seen = observe(Nvr(answers={PROXY: answer}), cameras=CAMERAS[:1])
    assert reason(seen, "camera:one", "masks") == why
    assert isinstance(fact(seen, "camera:one", Overlays), Overlays), "and costs no other fact"


def test_a_recorder_without_inputs_of_its_own_is_asked_under_the_cameras_path_as_well() -> None:
    seen = observe(Nvr(answers={PROXY: NOT_SUPPORTED}, hidden=()), cameras=CAMERAS[:1])
    told = fact(seen, "camera:one", Masks)
    assert isinstance(told, Masks) and len(told.masks) == 1


# Overlays


def test_overlays_say_what_is_drawn() -> None:
    path = "ContentMgmt/InputProxy/channels/1/video/overlays"
    body = fixture(path)

    def overlays(answer: bytes) -> object:
        return fact(observe(Nvr(answers={path: http(200, answer)}), cameras=CAMERAS[:1]), "camera:one", "overlays")

    assert overlays(body) == Overlays(("North gate", "Building 3 & yard"), True)
    off = body.replace(b"<DateTimeOverlay>\n<enabled>true", b"<DateTimeOverlay>\n<enabled>false")
    assert overlays(off) == Overlays(("North gate", "Building 3 & yard"), False)
    nameless = body.replace(b"<channelNameOverlay>\n<enabled>true", b"<channelNameOverlay>\n<enabled>false")
    assert overlays(nameless) == Overlays(("Building 3 & yard",), True)
    empty = overlays(b"<VideoOverlay/>")
    assert isinstance(empty, Unavailable) and empty.reason == "malformed"

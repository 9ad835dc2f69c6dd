"""What a card gives to type is the zone again in the device's own reply, as the drivers read it from a socket."""

from __future__ import annotations

import random

import dahua_device
import hikvision_device
import pytest
from devices import http
from onvif_answers import mask
from onvif_device import Script
from onvif_reading import fact, observe
from zones_made import rectangle, star

from agent.onsite.cards.card import card
from agent.onsite.cards.makers import MAKERS
from agent.onsite.cards.model import Card, Known
from agent.site.config.site import PrivateZone
from drivers.details import MaskOptions
from drivers.model import Camera, Masks
from masking.coverage import hidden_beyond, uncovered_ratio
from masking.model import Polygon

PROXY = "ContentMgmt/InputProxy/channels/1/video/privacyMask"
ZONES = {
    "rectangle": rectangle(0.13, 0.21, 0.47, 0.62),
    "of four corners": ((0.11, 0.13), (0.52, 0.17), (0.61, 0.71), (0.07, 0.55)),
    "triangle": ((0.2, 0.2), (0.9, 0.4), (0.3, 0.8)),
    "star of nine": star(random.Random(7), 9),
    "at the edges": ((0.0, 0.0), (1.0, 0.0), (1.0, 0.31), (0.4, 1.0), (0.0, 1.0)),
}


def numbers(found: Card, words: str) -> list[list[float]]:
    """Return the numbers of the fields whose label has these words, in order."""
    values = [str(one.value) for one in found.fields if words in str(one.label)]
    return [[float(number) for number in value.split(", ")] for value in values]


def hikvision_reply(found: Card, width: int = 704, height: int = 576) -> Masks:
    points = numbers(found, "corner ")
    regions = "".join(
        f"<PrivacyMaskRegion><id>{at // 4 + 1}</id><enabled>true</enabled><RegionCoordinatesList>"
        + "".join(
            f"<RegionCoordinates><positionX>{x:.0f}</positionX><positionY>{y:.0f}</positionY></RegionCoordinates>"
            for x, y in points[at : at + 4]
        )
        + "</RegionCoordinatesList></PrivacyMaskRegion>"
        for at in range(0, len(points), 4)
    )
    screen = (
        f"<normalizedScreenSize><normalizedScreenWidth>{width}</normalizedScreenWidth><normalizedScreenHeight>{height}"
        "</normalizedScreenHeight></normalizedScreenSize>"
    )
    regions = f"<PrivacyMaskRegionList>{regions}</PrivacyMaskRegionList>"
    body = f"<PrivacyMask><enabled>true</enabled>{screen}{regions}</PrivacyMask>"
    seen = hikvision_device.observe(
        hikvision_device.Nvr(answers={PROXY: http(200, body.encode())}), cameras=hikvision_device.CAMERAS[:1]
    )
    return listed(fact(seen, "camera:one", Masks))


def dahua_reply(found: Card) -> Masks:
    body = dahua_device.fixture("VideoWidget.txt").decode()
    for number, sides in enumerate(numbers(found, ": left, top, right, bottom")):
        for side, value in enumerate(sides):
            line = f"table.VideoWidget[0].Covers[{number}].Rect[{side}]="
            at = body.index(line) + len(line)
            body = body[:at] + f"{value:.0f}" + body[body.index("\r\n" if "\r\n" in body else "\n", at) :]
        for switch in ("EncodeBlend", "EncodeBlendExtra1"):
            key = f"table.VideoWidget[0].Covers[{number}].{switch}="
            body = body.replace(f"{key}false", f"{key}true")
    count = len(numbers(found, ": left, top, right, bottom"))
    nvr = dahua_device.Nvr(answers={"VideoWidget": http(200, body.encode())})
    masks = listed(fact(dahua_device.observe(nvr, (Camera("one", "box", channel=1),)), "camera:one", Masks))
    return Masks(masks.masks[:count])


def onvif_reply(found: Card) -> Masks:
    points = numbers(found, "corner ")
    of_mask = [int(str(one.label).split(",")[0].split()[1]) for one in found.fields if "corner " in str(one.label)]
    text = ""
    for number in sorted(set(of_mask)):
        pairs = " ".join(f"{x},{y}" for (x, y), owner in zip(points, of_mask, strict=True) if owner == number)
        text += mask(f"m-{number}", "vsc-1", pairs)
    return listed(fact(observe(Script(masks=text)), "camera:one", Masks))


def listed(told: object) -> Masks:
    assert isinstance(told, Masks), told
    return told


def same(found: Card, told: Masks) -> None:
    """The device's reply, read by its driver, has the card's shapes, point by point, and hides the zone."""
    assert len(told.masks) == len(found.shapes) > 0
    for shape, one in zip(found.shapes, told.masks, strict=True):
        assert len(shape) == len(one.polygon)
        for mine, read in zip(shape, one.polygon, strict=True):
            assert mine == pytest.approx(read, abs=1e-9)


@pytest.mark.parametrize("kind", ZONES)
def test_hikvision_reads_back_what_the_card_says(kind: str) -> None:
    zone = PrivateZone("window", ZONES[kind])
    found = card(zone, Known(driver="hikvision", masks=()))
    told = hikvision_reply(found)
    same(found, told)
    masks = [one.polygon for one in told.masks]
    assert uncovered_ratio(zone.polygon, masks) < 1e-9
    assert found.too_much == pytest.approx(hidden_beyond(zone.polygon, masks), abs=1e-9)
    assert all(one.enabled for one in told.masks)


@pytest.mark.parametrize("kind", ZONES)
def test_dahua_reads_back_what_the_card_says(kind: str) -> None:
    zone = PrivateZone("window", ZONES[kind])
    found = card(zone, Known(driver="dahua", masks=()))
    told = dahua_reply(found)
    same(found, told)
    assert uncovered_ratio(zone.polygon, [one.polygon for one in told.masks]) < 1e-9


@pytest.mark.parametrize("corners", [0, 4, 16])
@pytest.mark.parametrize("kind", ZONES)
def test_onvif_reads_back_what_the_card_says(kind: str, corners: int) -> None:
    zone = PrivateZone("window", ZONES[kind])
    options = MaskOptions(4, corners, (), rectangle_only=not corners)
    found = card(zone, Known(driver="onvif", masks=(), options=options))
    assert found.maker == "onvif" and found.free == 4
    told = onvif_reply(found)
    same(found, told)
    assert uncovered_ratio(zone.polygon, [one.polygon for one in told.masks]) < 1e-9
    if corners == 16:
        assert len(found.shapes) == 1, "what the device takes as it is needs one mask"
        assert found.too_much < 0.002


@pytest.mark.parametrize("driver", ["hikvision", "dahua"])
def test_a_mask_that_was_taken_over_as_a_zone_gives_the_same_numbers_again(driver: str) -> None:
    reply = {"hikvision": hikvision_reply, "dahua": dahua_reply}[driver]
    known = Known(driver=driver, masks=())
    first = card(PrivateZone("a", ZONES["rectangle"]), known)
    (taken,) = reply(first).masks
    again = card(PrivateZone("a", taken.polygon), known)
    assert again.fields == first.fields
    assert again.too_much < 1e-9


def test_each_maker_writes_corners_that_are_its_own_numbers() -> None:
    whole: Polygon = rectangle(0.0, 0.0, 1.0, 0.5)
    said = {
        name: [str(one.value) for one in card(PrivateZone("z", whole), Known(driver=name, masks=())).fields]
        for name in ("hikvision", "dahua", "uniview", "onvif")
    }
    assert said["hikvision"][:4] == ["0, 576", "704, 576", "704, 288", "0, 288"]
    assert said["dahua"][0] == "0, 0, 8191, 4096"
    assert said["uniview"][0] == "0, 0, 10000, 5000"
    assert said["onvif"][:4] == ["-1.000, 1.000", "1.000, 1.000", "1.000, 0.000", "-1.000, 0.000"]
    assert MAKERS.keys() == {"hikvision", "dahua", "uniview", "onvif", "generic"}

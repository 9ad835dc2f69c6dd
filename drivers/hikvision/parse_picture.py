"""Parses privacy masks and overlays. Pure.

A mask is three facts: whether the device has masks at all, whether they are switched on, and which regions have an
area. Switch and regions are independent: on, with regions without area, masks nothing.
"""

from dataclasses import dataclass

from lxml import etree

from drivers.details import MaskOptions
from drivers.errors import Malformed
from drivers.hikvision.reply import child, count, rows, text_in, truth, whole
from drivers.model import Mask, Overlays, Point
from masking.geometry import GeometryError, validate, without_repeats

CORNERS = 4
"""A mask has four corners, no more and no fewer."""

_ROUNDING = 0.005
"""How far outside of the screen a corner may lie, as a share of it, before it is an error and not rounding."""


@dataclass(frozen=True, slots=True)
class MaskSwitch:
    """A channel's mask document without its regions: the switch, None where it cannot be parsed, and the screen.

    `screen`: width and height that corners are counted in, whatever the picture has; None where they are missing.
    `regions` None: they are in a document of their own.
    """

    enabled: bool | None
    screen: tuple[int, int] | None
    regions: etree._Element | None


def mask_switch(root: etree._Element) -> MaskSwitch:
    """Read a PrivacyMask. Raises Malformed."""
    size = child(root, "normalizedScreenSize")
    width, height = (whole(text_in(size, f"normalizedScreen{side}")) for side in ("Width", "Height"))
    screen = (width, height) if width and height and width > 0 and height > 0 else None
    return MaskSwitch(truth(text_in(root, "enabled")), screen, child(root, "PrivacyMaskRegionList"))


def masks(switch: MaskSwitch, regions: etree._Element) -> tuple[Mask, ...]:
    """Parse a PrivacyMaskRegionList. Regions without area are unused slots.

    Corners count from the bottom left, as two independent clients report, and the factory's layout of overlays agrees
    with them; a GB/T 28181 answer of the same maker counts from the top. They are turned to y down here; a picture must
    prove the vertical origin. A region whose corners cannot be parsed has no polygon.

    Raises:
        Malformed: Other elements are among the regions.
    """
    found = []
    for row in rows(regions, "PrivacyMaskRegion"):
        enabled = truth(text_in(row, "enabled"))
        corners = child(row, "RegionCoordinatesList")
        points = _corners(corners) if corners is not None else ()
        polygon = _polygon(points, switch.screen)
        if polygon is None and (points or not enabled):
            continue
        if switch.enabled is False:
            enabled = False
        elif enabled is not False and switch.enabled is None:
            enabled = None
        found.append(Mask(text_in(row, "id"), polygon or (), text_in(row, "maskType"), enabled))
    return tuple(found)


def mask_options(switch: MaskSwitch, regions: etree._Element) -> MaskOptions:
    """Return how many masks a camera can have, by the size of a PrivacyMaskRegionList, and how their corners count.

    Source: Hikvision ISAPI, PrivacyMaskRegionList: `size`; RegionCoordinatesList: four corners.
    """
    return MaskOptions(count(regions.get("size", "")), CORNERS, (), steps=switch.screen)


def overlays(root: etree._Element, channel_name: str) -> Overlays:
    """Parse a VideoOverlay, `channel_name` for the channel's name. Raises Malformed for nothing or other elements."""
    texts = child(root, "TextOverlayList")
    time, name = child(root, "DateTimeOverlay"), child(root, "channelNameOverlay")
    if texts is None and time is None and name is None:
        raise Malformed("there is nothing about overlays")
    shown = []
    for row in rows(texts, "TextOverlay"):
        text = text_in(row, "displayText")
        if text and truth(text_in(row, "enabled")) is not False:
            shown.append(text)
    if name is not None and truth(text_in(name, "enabled")) is True:
        shown.insert(0, text_in(name, "name") or channel_name or "<ChannelName>")
    return Overlays(tuple(shown), None if time is None else truth(text_in(time, "enabled")))


def _corners(element: etree._Element) -> tuple[tuple[int, int], ...] | None:
    """Return the corners as the device counts them; None where one cannot be read."""
    found = []
    for row in rows(element, "RegionCoordinates"):
        x, y = whole(text_in(row, "positionX")), whole(text_in(row, "positionY"))
        if x is None or y is None:
            return None
        found.append((x, y))
    return tuple(found)


def _polygon(points: tuple[tuple[int, int], ...] | None, screen: tuple[int, int] | None) -> tuple[Point, ...] | None:
    """Return the area in the shared frame; empty where it cannot be read, None where there is none."""
    if points is None:
        return ()
    if len({x for x, _ in points}) < 2 or len({y for _, y in points}) < 2:
        return None
    if screen is None:
        return ()
    width, height = screen
    shares = [(x / width, 1 - y / height) for x, y in points]
    if any(not -_ROUNDING <= share <= 1 + _ROUNDING for pair in shares for share in pair):
        return ()
    polygon = without_repeats(tuple((min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)) for x, y in shares))
    try:
        validate(polygon)
    except GeometryError as error:
        return None if error.reason in ("zero-area", "too-few-points") else ()
    return polygon

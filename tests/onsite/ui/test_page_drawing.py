"""Zones drawn on the page: by mouse, touch and keys alone they are the same, and what is stored is what is seen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from page_frames import FRAMES
from page_stub import Stub
from page_values import camera, zone
from playwright.sync_api import Page, expect

LEFT, TOP, RIGHT, BOTTOM = 0.5, 0.25, 0.75, 0.6
WANTED = [[LEFT, TOP], [RIGHT, TOP], [RIGHT, BOTTOM], [LEFT, BOTTOM]]
STEP = 0.001
FINE = 8
"""How much finer OpenCV draws than the screen: its fill takes in every pixel that a border touches."""
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "device_scale_factor": 2}
POINTS = "document.querySelector('.surface polygon.chosen').getAttribute('points')"
Opening = Callable[..., Page]
Polygon = list[list[float]]


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    """Where on the screen a place of the picture is; the drawing is scrolled into sight first."""
    page.evaluate(FRAMES)  # what was tapped last may move the picture
    box = page.locator(".surface").bounding_box()
    assert box is not None
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def draw(page: Page) -> None:
    """Wait for the drawing board with its picture."""
    page.wait_for_selector(".surface")
    page.wait_for_function("() => document.querySelector('.sheet img').naturalWidth > 0")
    page.locator(".sheet").scroll_into_view_if_needed()


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=4)
    page.mouse.up()


def touched(page: Page, points: list[tuple[float, float]]) -> None:
    """Put a finger down, draw it along the places, and lift it."""
    session = page.context.new_cdp_session(page)
    places = [{"x": x, "y": y} for x, y in (at(page, *point) for point in points)]
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": places[:1]})
    for place in places[1:]:
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [place]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def kept(page: Page, stub: Stub, name: str = "yard") -> list[dict[str, Any]]:
    """Put the drawing into Review, and return the zones that the program was sent."""
    page.get_by_role("button", name="Put into Review").click()
    page.wait_for_selector(".look")
    zones: list[dict[str, Any]] = stub.posts(f"/api/camera/{name}/draft")[-1]["zones"]
    return zones


def shapes(page: Page) -> list[Polygon]:
    """Return the polygons on the screen as shares of the picture."""
    found: list[Polygon] = page.evaluate(
        """() => [...document.querySelectorAll('.surface polygon.zone')].map((one) => {
             const { width, height } = one.ownerSVGElement.viewBox.baseVal;
             return [...one.points].map(({ x, y }) => [x / width, y / height]);
           })"""
    )
    return found


def same(polygon: Polygon, wanted: Polygon, by: float = STEP) -> bool:
    return len(polygon) == len(wanted) and bool(np.abs(np.array(polygon) - np.array(wanted)).max() <= by + 1e-9)


def by_mouse(page: Page) -> None:
    page.get_by_role("button", name="New rectangle").click()
    drag(page, (LEFT, TOP), (RIGHT, BOTTOM))


def by_taps(page: Page) -> None:
    """Without a drag: two opposite corners."""
    page.get_by_role("button", name="New rectangle").click()
    page.mouse.click(*at(page, LEFT, TOP))
    page.mouse.click(*at(page, RIGHT, BOTTOM))


def by_polygon(page: Page) -> None:
    page.get_by_role("button", name="New polygon").click()
    for x, y in WANTED:
        page.mouse.click(*at(page, x, y))
    page.get_by_role("button", name="Done").click()


def by_touch(page: Page) -> None:
    page.get_by_role("button", name="New rectangle").tap()
    touched(page, [(LEFT, TOP), (0.6, 0.5), (RIGHT, BOTTOM)])


def by_touched_corners(page: Page) -> None:
    """Without a drag: a rectangle anywhere, then each corner is tapped, and where it shall go."""
    page.get_by_role("button", name="New rectangle").tap()
    page.touchscreen.tap(*at(page, 0.55, 0.3))
    page.touchscreen.tap(*at(page, 0.9, 0.8))
    for number, (x, y) in enumerate(WANTED):
        corner = page.locator(f"[data-corner='{number}'] .dot").last.bounding_box()
        assert corner is not None
        page.touchscreen.tap(corner["x"] + corner["width"] / 2, corner["y"] + corner["height"] / 2)
        page.touchscreen.tap(*at(page, x, y))


def by_keys(page: Page) -> None:
    """No pointer at all: Tab to the button, Enter, then arrows on each corner."""
    page.locator("[data-key=rectangle]").focus()
    page.keyboard.press("Enter")
    for number, (x, y) in enumerate(WANTED):
        page.locator(f"[data-corner='{number}']").focus()
        start = [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]][number]
        for key, steps in (("ArrowRight", x - start[0]), ("ArrowDown", y - start[1])):
            way = key if steps > 0 else {"ArrowRight": "ArrowLeft", "ArrowDown": "ArrowUp"}[key]
            whole, rest = divmod(round(abs(steps) * 1000), 10)
            for press in [f"Shift+{way}"] * whole + [way] * rest:
                page.keyboard.press(press)


def by_numbers(page: Page) -> None:
    """Without a picture: the table of zones."""
    page.locator("[data-key=polygon]").focus()
    page.keyboard.press("Space")
    for number, point in enumerate(WANTED):
        for axis, value in enumerate(point):
            page.locator(f"[data-key=n{number}{axis}]").fill(f"{value * 100:.1f}")


@pytest.mark.parametrize("way", [by_mouse, by_taps, by_polygon, by_keys, by_numbers])
def test_mouse_keys_and_numbers_draw_the_same_zone(way: Callable[[Page], None], opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/yard")
    draw(page)
    page.keyboard.press("m")
    way(page)
    assert same(kept(page, stub)[0]["polygon"], WANTED)


@pytest.mark.parametrize("way", [by_touch, by_touched_corners])
def test_touch_draws_the_same_zone_on_a_phone(way: Callable[[Page], None], opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/yard", **PHONE)
    draw(page)
    page.get_by_role("button", name="Magnet").tap()
    page.locator(".sheet").scroll_into_view_if_needed()
    way(page)
    assert same(kept(page, stub)[0]["polygon"], WANTED)


@pytest.mark.parametrize("is_long", [False, True])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_a_verdict_that_comes_while_somebody_draws_does_not_move_the_picture(
    width: int, is_long: bool, opened: Opening
) -> None:
    stub = Stub()
    if is_long:
        stub.cameras["yard"]["names"] = ["the third window from the left of the house across the street"]
        for path in stub.cameras["yard"]["paths"]:
            path["words"] = "recording on the device besides"
    page = opened(stub, "#/camera/yard", viewport={"width": width, "height": 844})
    draw(page)
    top = "() => document.querySelector('.sheet').getBoundingClientRect().top + window.scrollY"
    before = page.evaluate(top)
    by_mouse(page)
    page.wait_for_selector(".tabs .fail")
    assert page.evaluate(top) == before


def test_undo_and_redo_go_back_and_forth_by_button_and_by_key(opened: Opening) -> None:
    page = opened(Stub(), "#/camera/gate")
    page.get_by_role("button", name="Draw", exact=True).click()
    draw(page)
    before = shapes(page)
    by_mouse(page)
    drawn = shapes(page)
    assert len(drawn) == 2
    page.get_by_role("button", name="Undo").click()
    assert shapes(page) == before
    page.keyboard.press("Control+y")
    assert shapes(page) == drawn
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+Shift+z")
    assert shapes(page) == drawn


def test_keys_on_one_corner_are_one_step_back(opened: Opening) -> None:
    page = opened(Stub(), "#/camera/gate")
    page.get_by_role("button", name="Draw", exact=True).click()
    draw(page)
    before = shapes(page)
    page.locator("[data-corner='1']").focus()
    for _ in range(12):
        page.keyboard.press("ArrowUp")
    assert same([shapes(page)[0][1]], [[0.38, 0.238]])
    page.keyboard.press("Control+z")
    assert shapes(page) == before


def test_a_click_on_an_edge_adds_a_corner_and_a_zone_moves_as_a_whole(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/gate")
    page.get_by_role("button", name="Draw", exact=True).click()
    draw(page)
    page.keyboard.press("m")
    page.mouse.click(*at(page, 0.25, 0.25))
    assert len(shapes(page)[0]) == 5
    drag(page, (0.25, 0.25), (0.3, 0.15))
    assert same([shapes(page)[0][1]], [[0.3, 0.15]], 0.002)
    whole = shapes(page)[0]
    drag(page, (0.2, 0.4), (0.3, 0.5))
    moved = shapes(page)[0]
    assert same(moved, [[x + 0.1, y + 0.1] for x, y in whole], 0.002)
    drag(page, (0.3, 0.5), (0.3, 0.99))
    assert max(y for _, y in shapes(page)[0]) == pytest.approx(1)
    assert kept(page, stub, "gate")[0]["polygon"] != []


def test_the_magnet_pulls_to_a_mask_of_the_device_and_alt_holds_it_off(opened: Opening) -> None:
    page = opened(Stub(), "#/camera/yard")
    draw(page)
    page.get_by_role("button", name="New rectangle").click()
    drag(page, (0.104, 0.206), (0.396, 0.594))
    assert same(shapes(page)[0], [[0.1, 0.2], [0.4, 0.2], [0.4, 0.6], [0.1, 0.6]], 0.0001)
    page.keyboard.press("Control+z")
    page.get_by_role("button", name="New rectangle").click()
    page.keyboard.down("Alt")
    drag(page, (0.104, 0.206), (0.396, 0.594))
    page.keyboard.up("Alt")
    assert same([shapes(page)[0][0]], [[0.104, 0.206]], 0.002)


def test_a_mask_of_the_device_is_taken_as_zone_as_exactly_as_it_came(opened: Opening) -> None:
    exact = [[0.10123, 0.2], [0.4, 0.2], [0.4, 0.60456]]
    stub = Stub({"yard": camera("yard", masks=[{"name": "mask 1", "enabled": False, "polygon": exact}])})
    page = opened(stub, "#/camera/yard")
    draw(page)
    expect(page.locator(".side .fail").first).to_have_text("switched off: it hides nothing")
    page.get_by_role("button", name="Take as zone").click()
    zones = kept(page, stub)
    assert [(one["name"], one["polygon"]) for one in zones] == [("mask 1", exact)]


def test_what_is_deleted_leaves_the_focus_near_and_is_said(opened: Opening) -> None:
    page = opened(Stub(), "#/camera/gate")
    page.get_by_role("button", name="Draw", exact=True).click()
    draw(page)
    page.locator("[data-corner='3']").focus()
    page.keyboard.press("Delete")
    focused = "() => document.activeElement.dataset"
    assert page.evaluate(focused)["corner"] == "2"
    expect(page.locator(".status")).to_contain_text("The corner was deleted. Undo brings it back.")
    page.keyboard.press("Delete")
    expect(page.locator(".status")).to_contain_text("A zone has at least three corners")
    assert len(shapes(page)[0]) == 3
    page.locator("[data-key='d0']").focus()
    page.keyboard.press("Enter")
    assert shapes(page) == []
    assert page.evaluate("() => document.activeElement !== document.body")


def test_sides_that_cross_are_said_and_are_neither_judged_nor_sent(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/gate")
    page.get_by_role("button", name="Draw", exact=True).click()
    draw(page)
    page.keyboard.press("m")
    drag(page, (0.12, 0.25), (0.5, 0.4))
    expect(page.locator(".status")).to_contain_text("its sides cross or touch")
    page.get_by_role("button", name="Put into Review").click()
    expect(page.locator(".status")).to_contain_text("its sides cross or touch")
    assert stub.posts("/api/camera/gate/draft") == [] and stub.posts("/api/camera/gate/judge") == []


def test_the_verdict_of_every_path_follows_the_last_stroke(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/gate")
    page.get_by_role("button", name="Draw", exact=True).click()
    draw(page)
    drag(page, (0.2, 0.4), (0.6, 0.4))
    expect(page.locator(".status")).to_contain_text("not hidden: window Zone window: ")
    expect(page.locator(".tabs .s.fail")).to_have_count(3)
    shown = page.locator("[data-share='0']").inner_text()
    assert shown.endswith("% uncovered") and shown in page.locator(".status").inner_text() + " uncovered"
    assert len(stub.posts("/api/camera/gate/judge")) == 1


@pytest.mark.parametrize("zoomed", [False, True])
def test_what_is_stored_covers_what_is_seen(opened: Opening, zoomed: bool) -> None:
    """OpenCV fills the stored polygon; the screenshot of the zone, painted plain, must agree."""
    polygon = [[0.11, 0.18], [0.52, 0.07], [0.47, 0.5], [0.83, 0.88], [0.22, 0.71]]
    stub = Stub({"yard": camera("yard", zones=[zone("window", polygon)], masks=None)})
    page = opened(stub, "#/camera/yard", **({"viewport": {"width": 620, "height": 700}} if zoomed else {}))
    page.get_by_role("button", name="Draw", exact=True).click()
    draw(page)
    page.locator("[data-corner='1']").focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Escape")
    page.evaluate(
        """() => {
          document.querySelectorAll('.surface > :not(polygon.zone)').forEach((one) => { one.style.display = 'none'; });
          const zone = document.querySelector('.surface polygon.zone');
          Object.assign(zone.style, { fill: '#f0f', stroke: 'none' });
          document.querySelector('.sheet img').style.visibility = 'hidden';
          document.querySelector('.sheet').style.background = '#000';
        }"""
    )
    shot = cv2.imdecode(np.frombuffer(page.locator(".surface").screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert shot is not None
    seen = (shot[:, :, 2] > 128) & (shot[:, :, 1] < 128)
    stored = kept(page, stub)[0]["polygon"]
    height, width = seen.shape
    fine = np.zeros((height * FINE, width * FINE), np.uint8)
    cv2.fillPoly(fine, [(np.array(stored) * (width * FINE, height * FINE)).round().astype(np.int32)], 255)
    drawn = cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA) > 127
    assert (seen & drawn).sum() / (seen | drawn).sum() >= 0.99


def test_a_stroke_that_the_system_takes_over_changes_nothing(opened: Opening) -> None:
    page = opened(Stub(), "#/camera/gate", **PHONE)
    page.get_by_role("button", name="Draw", exact=True).tap()
    draw(page)
    before = page.evaluate(f"() => {POINTS}")
    session = page.context.new_cdp_session(page)
    x, y = at(page, 0.12, 0.25)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x + 40, "y": y + 30}]})
    page.wait_for_function(f"() => {POINTS} !== {json.dumps(before)}")
    session.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
    page.wait_for_function(f"() => {POINTS} === {json.dumps(before)}")
    expect(page.get_by_role("button", name="Undo")).to_have_attribute("aria-disabled", "true")

"""Goes through the local page as a person does: counts what hand and eye would take, and measures the page's waits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, expect

LOOK_S = 8.0
KEY_S, POINT_S, PRESS_S, THINK_S, HAND_S = 0.28, 1.1, 0.1, 1.35, 0.4
"""The keystroke-level model of Card, Moran and Newell (CACM 23, 1980): a key of an average typist, pointing, a button,
thinking before a step, and a hand that goes from keys to mouse."""

REASON = "black all over, seen on the screen"
SPARE = 0.01
"""How far a drawn corner lies within the device's mask, as a share of the way to the mask's middle."""


@dataclass
class Person:
    """What a person's hand and eye would have taken, counted and not waited for; waits of the page are measured."""

    counted_s: float = 0.0
    waited_s: float = 0.0
    keys: int = 0
    approvals: int = 0
    cards: int = 0
    drawn: int = 0
    pictures: int = 0
    reasons: int = 0
    verdicts_ms: list[float] = field(default_factory=list)

    def minutes(self) -> float:
        return (self.counted_s + self.waited_s) / 60

    def looks(self) -> None:
        self.counted_s += LOOK_S

    def presses(self, page: Page, key: str, counts: bool = True) -> None:
        self.counted_s += KEY_S
        self.keys += counts
        page.keyboard.press(key)

    def points(self, thinks: bool = False) -> None:
        self.counted_s += POINT_S + PRESS_S + (THINK_S if thinks else 0)

    @contextmanager
    def waits(self) -> Iterator[None]:
        begun = time.monotonic()
        yield
        self.waited_s += time.monotonic() - begun


def go_through(page: Page, person: Person, cameras: int, cards: int) -> None:
    """Draw, look and approve, camera by camera, then save once."""
    for _ in range(cameras):
        before = page.evaluate("() => document.querySelector('main').dataset.shown")
        person.presses(page, "n")
        with person.waits():
            page.wait_for_function("old => document.querySelector('main').dataset.shown !== old", arg=before)
        page.wait_for_selector(".look, .desk")
        if page.locator(".desk").count():
            draws(page, person, person.cards < cards)
        with person.waits():
            may_be_approved(page)
        person.pictures += page.locator(".shot img").count()
        person.looks()
        person.presses(page, "a")
        person.approvals += 1
        if page.locator("#why").count():
            gives_reason(page, person)
        with person.waits():
            page.wait_for_selector(".approve .main[aria-disabled=true], .approve .notice")
        if page.locator(".approve .notice").count():
            raise RuntimeError(f"a camera was not approved: {page.locator('main').inner_text()}")
    person.presses(page, "r", counts=False)
    person.points(thinks=True)
    page.locator("[data-key=why]").fill("checked with the head teacher")
    person.counted_s += KEY_S * 29
    person.points()
    with person.waits():
        page.locator("[data-key=save]").click()
        page.wait_for_selector(".toast:not(:empty)")


def may_be_approved(page: Page) -> None:
    """Wait until every picture is on the screen. Raises RuntimeError with the page's words where it may not be."""
    try:
        expect(page.locator(".approve .main")).to_have_attribute("aria-disabled", "false", timeout=60_000)
    except AssertionError:
        raise RuntimeError(f"a camera may not be approved: {page.locator('main').inner_text()}") from None


def gives_reason(page: Page, person: Person) -> None:
    """Say why a zone that is not proven hidden may stay so, where the first key asked for it."""
    expect(page.locator("#why")).to_be_focused()
    person.counted_s += THINK_S + KEY_S * len(REASON)
    person.reasons += 1
    page.keyboard.type(REASON)
    person.presses(page, "Enter")


def draws(page: Page, person: Person, with_card: bool) -> None:
    """Draw a polygon within the device's mask by mouse, wait for the verdict, and put it into Review."""
    with person.waits():
        page.wait_for_function(
            "() => document.querySelector('.sheet img').naturalWidth > 0 && document.querySelector('.ghost')"
        )
    person.looks()
    mask = page.evaluate(
        """() => { const one = document.querySelector('.surface polygon.ghost');
             const { width, height } = one.ownerSVGElement.viewBox.baseVal;
             return [...one.points].map(({ x, y }) => [x / width, y / height]); }"""
    )
    box = page.locator(".surface").bounding_box()
    assert box is not None
    person.counted_s += HAND_S
    page.locator("[data-key=polygon]").click()
    person.points(thinks=True)
    for x, y in within(mask):
        page.mouse.click(box["x"] + x * box["width"], box["y"] + y * box["height"])
        person.points(thinks=True)
    page.evaluate("() => { document.querySelector('.status').textContent = ''; }")
    page.locator("[data-key=done]").click()
    person.points()
    begun = time.monotonic()
    page.wait_for_function("() => document.querySelector('.status').textContent !== ''", polling=20)
    person.verdicts_ms.append((time.monotonic() - begun) * 1000)
    person.waited_s += time.monotonic() - begun
    person.drawn += 1
    if with_card:
        person.points(thinks=True)
        with person.waits():
            page.locator("[data-key=card]").click()
            page.wait_for_selector(".card")
        person.looks()
        person.counted_s += sum(KEY_S * (len(value) + 1) for value in typed_off(page))
        person.cards += 1
    person.counted_s += HAND_S
    with person.waits():
        person.presses(page, "s")
        page.wait_for_selector(".look")


def typed_off(page: Page) -> list[str]:
    """Return the values that are typed into the device's page, a key to the next field after each.

    They are in the device's numbers where the card has them: the same corners in % are for drawing by eye instead.
    """
    rows = page.locator(".card tr").all()
    fields = [(row.locator("th").inner_text(), row.locator("td").inner_text()) for row in rows]
    assert fields, "a card has fields"
    return [value for label, value in fields if "%" not in label] or [value for _, value in fields]


def within(mask: Any) -> tuple[tuple[float, float], ...]:
    """Return the mask's polygon, drawn in towards its middle."""
    middle = [sum(point[axis] for point in mask) / len(mask) for axis in (0, 1)]
    return tuple(
        tuple(round(value + (middle[axis] - value) * SPARE, 3) for axis, value in enumerate(point)) for point in mask
    )

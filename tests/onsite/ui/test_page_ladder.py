"""The screen for the phone on the ladder: one live picture, its verdict and what is uncovered, large."""

from __future__ import annotations

from typing import Any

from page_stub import Stub
from playwright.sync_api import expect

from .conftest import Opening

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}


def test_a_phone_that_may_not_draw_opens_there_and_reads_verdict_and_share_from_afar(opened: Opening) -> None:
    stub = Stub(may_edit=False)
    page = opened(stub, "#/camera/hall", **PHONE)
    verdict = page.locator(".ladder .verdict")
    expect(verdict).to_have_text("not hidden")
    expect(page.locator(".ladder .share").first).to_have_text("100.0 % uncovered")
    sizes, below = page.evaluate(  # at once: each new look draws both anew
        """() => {
             const both = ['.verdict', '.share'].map((one) => document.querySelector(`.ladder ${one}`));
             return [both.map((one) => parseFloat(getComputedStyle(one).fontSize)),
                     both.map((one) => one.getBoundingClientRect().bottom)];
           }"""
    )
    assert sizes[0] >= 40 and sizes[1] >= 20
    assert 0 < below[0] < below[1] <= 844, "without scrolling"
    expect(page.locator("[data-key=draw]")).to_have_count(0)
    page.keyboard.press("e")
    expect(verdict).to_be_visible()


def test_each_live_picture_is_judged_anew_and_the_verdict_follows(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/hall")
    page.locator("[data-key=ladder]").click()
    expect(page.locator(".ladder .verdict")).to_have_text("not hidden")
    stub.cameras["hall"]["masks"][0]["enabled"] = True
    expect(page.locator(".ladder .verdict")).to_have_text("hidden")
    expect(page.locator(".head .s")).to_have_count(0)  # no older verdict beside it
    page.locator("[data-key=masks]").click()
    expect(page.locator(".toast")).to_contain_text("What is uncovered follows")
    assert stub.posts("/api/look")[-1] == {"cameras": ["hall"]}
    page.locator("[data-key=look]").click()
    expect(page.locator(".ladder")).to_have_count(0)


def test_what_is_no_longer_live_is_not_said_to_hide(opened: Opening) -> None:
    stub = Stub()
    stub.cameras["hall"]["masks"][0]["enabled"] = True
    page = opened(stub, "#/camera/hall")
    page.locator("[data-key=ladder]").click()
    expect(page.locator(".ladder .verdict")).to_have_text("hidden")
    expect(page.locator(".ladder .age")).to_have_text("0 s old")
    page.locator("[data-key=live]").click()
    expect(page.locator(".ladder .verdict")).to_have_text("not looked at")
    expect(page.locator(".ladder .share")).to_have_text("0.0 % uncovered")


def test_a_camera_without_a_picture_says_so(opened: Opening) -> None:
    stub = Stub()
    for path in stub.cameras["hall"]["paths"]:
        path["picture"] = False
    page = opened(stub, "#/camera/hall")
    page.locator("[data-key=ladder]").click()
    expect(page.locator(".ladder")).to_contain_text("No live picture")

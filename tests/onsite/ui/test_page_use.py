"""Work on the page: keys, approvals, live pictures, refusals; nothing is approved that was not looked at."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise

from page_frames import FRAMES
from page_stub import Stub
from page_values import camera, zone
from playwright.sync_api import Page, expect

Opening = Callable[..., Page]


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
    stub = Stub()
    stub.cameras["yard"] |= {"draft": True}
    stub.marks["gate"] = {}
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
        page.evaluate(FRAMES)  # a person who scrolls on within a frame has not seen it
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
    page.keyboard.press("n")
    expect(page.locator("h1")).not_to_have_text("hall")


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

"""The page before the true program and the simulated site: drawn, judged, reviewed, approved and saved."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from in_chromium import PATIENCE_MS, axe_faults, watched
from playwright.sync_api import Browser, Page, expect
from smaller_site import only, unhurried
from ui_client import served
from ui_desk import OnDesk, desk_of

from agent.demo.site import SimulatedSite
from agent.demo.world.cameras import CAMERAS, DEVICES
from agent.observe.approvals.approvals import read_approvals
from agent.site.config.load import load
from masking.worker.client import Worker

ON_SITE = ("recorder", "roof")


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatedSite]:
    devices = tuple(device for device in DEVICES if device.id in ON_SITE)
    cameras = tuple(camera for camera in CAMERAS if camera.device in ON_SITE)
    with SimulatedSite(lambda: datetime.now(UTC), devices, cameras) as site:
        yield site


@pytest.fixture
def on_desk(running: SimulatedSite, tmp_path: Path) -> Iterator[OnDesk]:
    path = unhurried(running.write_config(tmp_path, {"host": "127.0.0.1", "confirm": "broker", "tls": False}))
    path.write_text(only(path.read_text(), ON_SITE, ("gate", "yard", "roof")))
    with Worker() as worker:
        found = desk_of(path, worker)
        found.desk.start_look()
        assert found.desk.wait_for_look(120)
        yield found


@pytest.fixture
def page(browser: Browser, on_desk: OnDesk) -> Iterator[Page]:
    complaints: list[str] = []
    with served(on_desk.desk, on_desk.entrance) as client:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        one = context.new_page()
        watched(one, complaints)
        one.goto(f"{client.origin}/#k={on_desk.entrance.new_code()}")
        one.wait_for_selector(".tile")
        yield one
        context.close()
    assert complaints == []


def test_a_zone_is_drawn_judged_reviewed_and_saved_and_nothing_before(page: Page, on_desk: OnDesk) -> None:
    before = on_desk.config.read_bytes()
    page.locator("[data-id=gate]").click()
    page.locator("[data-key=draw]").click()
    page.wait_for_function("() => document.querySelector('.sheet img')?.naturalWidth > 0")
    page.locator("[data-key=rectangle]").focus()
    page.keyboard.press("Enter")
    # As far as the sign and the bars of the gate: a zone that has only trees shows nothing for a moment, now and then.
    page.locator("[data-key=n00]").fill("20")
    expect(page.locator(".status")).to_contain_text("uncovered")
    expect(page.locator(".tabs .s.fail").first).to_be_visible()
    share = page.locator(".zones li.chosen .share").inner_text()
    page.keyboard.press("Control+z")
    page.locator("[data-key=keep]").click()
    expect(page.locator(".look .shot")).not_to_have_count(0)
    assert share.endswith("% uncovered") and on_desk.config.read_bytes() == before
    page.keyboard.press("r")
    expect(page.locator(".diff .add").first).to_be_visible()
    assert axe_faults(page) == {} and on_desk.config.read_bytes() == before
    page.locator("[data-key=why]").fill("drawn with the head teacher")
    page.locator("[data-key=save]").click()
    expect(page.locator(".toast")).to_contain_text("site.toml is saved")
    zones = next(one for one in load(on_desk.config).cameras if one.camera.id == "gate").zones
    assert any(zone.polygon == ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6)) for zone in zones)


def test_a_camera_is_approved_with_three_keys_by_name(page: Page, on_desk: OnDesk) -> None:
    page.keyboard.press("n")
    expect(page.locator("h1")).to_have_text(
        next(one.camera.name for one in on_desk.desk.state.site.cameras if one.camera.id == "gate")
    )
    expect(page.locator(".approve [role=status]")).to_contain_text("pictures were on the screen.")
    expect(page.locator(".approve .main")).to_have_attribute("aria-disabled", "false")
    page.keyboard.press("a")
    expect(page.locator(".count")).to_contain_text("1")
    site = on_desk.desk.state.site
    assert read_approvals(site.storage.directory, site.id) == {}
    page.keyboard.press("r")
    page.locator("[data-key=save]").click()
    expect(page.locator(".toast")).to_contain_text("approved")
    assert read_approvals(site.storage.directory, site.id)["gate"].by == "Li Na"


def test_a_file_changed_underneath_is_said_and_not_overwritten(page: Page, on_desk: OnDesk) -> None:
    page.locator("[data-id=gate]").click()
    page.locator("[data-key=draw]").click()
    page.locator("[data-key=rectangle]").focus()
    page.keyboard.press("Enter")
    changed = on_desk.config.read_text() + "\n# by hand\n"
    on_desk.config.write_text(changed)
    page.locator("[data-key=keep]").click()
    expect(page.get_by_role("alert")).to_contain_text("site.toml was changed meanwhile")
    assert on_desk.config.read_text() == changed

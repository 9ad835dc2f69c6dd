"""The pages of the hub shut nobody out, fit a phone, need no script, and keep what devices wrote as text."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from city_told import tell_site
from city_worked import ASSIGNED, worked_city
from hub_in_browser import shown
from hub_web import Client, add_person, serving
from in_chromium import axe_faults
from playwright.sync_api import Browser

from agent.hub.domain.rows.city_map import NO_MAP, MapFile, MapWord, Outline
from agent.hub.domain.rows.findings import Wanted
from agent.hub.stores.findings import findings
from agent.hub.stores.page import city_map
from agent.hub.stores.store import NAME, Store
from agent.hub.web.routes import ROUTES

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
LOOKS: dict[str, dict[str, Any]] = {
    "light, English": {"lang": "en", "color_scheme": "light"},
    "dark, Chinese": {"lang": "zh_CN", "color_scheme": "dark"},
    "dark, on a phone": {"lang": "en", "color_scheme": "dark", **PHONE},
    "Chinese, on a phone": {"lang": "zh_CN", "color_scheme": "light", **PHONE},
    "Chinese, 400 % zoom": {"lang": "zh_CN", "color_scheme": "light", "viewport": {"width": 320, "height": 256}},
}
PAGES = {
    "city": "/",
    "findings": "/findings?status=fail",
    "site": "/sites/S1",
    "history": f"/sites/S1/findings/{ASSIGNED[1]}/{quote(ASSIGNED[2])}",
    "silent": "/silent",
    "map": "/map?box=113.0,39.8,113.5,40.2",
    "disputes": "/disputes",
    "trends": "/trends",
    "assessment": "/assessment?day=2026-11-26",
    "orders": "/orders",
    "holds": "/holds",
    "upgrades": "/upgrades",
    "enrollments": "/enrollments",
    "audit": "/audit",
    "webhooks": "/webhooks",
}
FRAME = {"account": "/account", "no such page": "/nowhere"}
"""What the frame shows by itself."""

PAGE_MAX_BYTES = 150 * 1024
HOSTILE = "<img src=x onerror=fetch('//evil.example/')>\"'</script><script>alert(1)</script>{{7*7}}\u202e\x1b[2J"
NAMED = Outline(HOSTILE, (((113.2, 39.9), (113.5, 39.9), (113.5, 40.1), (113.2, 39.9)),))
WORD = MapWord(by=HOSTILE, why=HOSTILE, at="2026-11-27T06:30:00.000Z", frame="wgs84", digest="d" * 64)
SMALL = """least => [...document.querySelectorAll('button, input:not([type=hidden]), select, .top nav a')]
  .filter((one) => one.checkVisibility() && !one.closest('.skip'))
  .map((one) => [one.outerHTML.slice(0, 80), one.getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < least - 0.5)"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = worked_city(tmp_path_factory.mktemp("look") / "hub")
    add_person(directory, "boss", "administrator")
    return directory


@pytest.fixture(scope="module")
def client(hub: Path) -> Iterator[Client]:
    with serving(hub) as one:
        yield one.let_in("boss")


def test_every_page_is_looked_at() -> None:
    of_pages = {route.name for route in ROUTES if route.answer.__module__.startswith("agent.hub.web.pages.")}
    assert of_pages == set(PAGES)


@pytest.mark.parametrize("look", LOOKS)
def test_axe_finds_nothing_on_any_page_and_no_page_scrolls_sideways(
    look: str, client: Client, browser: Browser
) -> None:
    given = dict(LOOKS[look])
    found, wide, small = {}, {}, {}
    with shown(browser, client, given.pop("lang"), **given) as (page, complaints):
        for name, path in {**PAGES, **FRAME}.items():
            page.goto(client.url + path)
            page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            if faults := axe_faults(page, "target-size"):
                found[name] = faults
            over = page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")
            if over > 0:
                wide[name] = over
            if near := page.evaluate(SMALL, 44 if "phone" in look else 24):
                small[name] = near
    assert found == {}
    assert (wide, small, complaints) == ({}, {}, [])


def test_axe_does_find_what_is_wrong(client: Client, browser: Browser) -> None:
    with shown(browser, client) as (page, _):
        page.goto(client.url)
        page.evaluate("() => document.querySelector('main').append(document.createElement('button'))")
        assert "button-name" in axe_faults(page)


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
def test_a_page_speaks_one_language(client: Client, lang: str) -> None:
    other = {"en": "待解决的问题", "zh_CN": "Open findings"}[lang]
    for path in PAGES.values():
        client.cookies["camwarden-lang"] = lang
        answer = client.get(path)
        assert answer.status == 200 and other not in answer.text, path
        assert f'<html lang="{lang.replace("_", "-")}"' in answer.text


def test_filters_stand_in_the_address_and_work_without_script(client: Client, browser: Browser) -> None:
    with shown(browser, client, java_script_enabled=False) as (page, complaints):
        page.goto(f"{client.url}/findings")
        page.select_option("select[name=status]", "warn")
        page.fill("input[name=site]", "S2")
        page.click("button.main")
        assert "status=warn" in page.url and "site=S2" in page.url
        assert page.locator("table.findings tbody tr").count() == 2
        assert page.locator("input[name=site]").input_value() == "S2"
        page.click("table.findings tbody a >> nth=1")
        assert page.url.endswith("/sites/S2/findings/clock-offset/camera%3Agate")
    assert complaints == []


def test_hostile_names_stay_texts_and_make_no_request(tmp_path: Path, browser: Browser) -> None:
    directory = worked_city(tmp_path / "hub")
    add_person(directory, "boss", "administrator")
    with closing(Store(directory)) as store:
        tell_site(store, "H1", "140202", HOSTILE, HOSTILE.replace("\x1b", ""))  # no path has such a sign
        row = findings(store, Wanted(site="H1"))[0]
    with closing(sqlite3.connect(directory / NAME)) as db, db:
        db.execute("UPDATE finding_now SET message = ?, model = ?, caused_by = ? WHERE site = 'H1'", (HOSTILE,) * 3)
        db.execute("UPDATE device_now SET device = ?, model = ? WHERE site = 'H1'", (HOSTILE, HOSTILE))
        db.execute("UPDATE word SET text = ?, said_by = ?, assignee = ?", (HOSTILE,) * 3)
        db.execute("UPDATE hold SET why = ?, held_by = ?", (HOSTILE, HOSTILE))
        db.execute("UPDATE dispute SET why = ?, disputed_by = ?", (HOSTILE, HOSTILE))
        db.execute("UPDATE command SET reason = ?", (HOSTILE,))
        db.execute("UPDATE operator SET name = ?", (HOSTILE,))
    city_map.keep(directory, NO_MAP.with_file(MapFile(sites={"H1": (113.3, 40.0)}, outlines=(NAMED,)), WORD))
    own = f"/sites/H1/findings/{row.check}/{quote(row.subject, safe='')}"
    with serving(directory) as one, shown(browser, one.let_in("boss")) as (page, complaints):
        for path in (*PAGES.values(), "/sites/H1", "/findings?site=H1", own, f"/findings?model={quote(HOSTILE)}"):
            answer = page.goto(one.url + path)
            assert answer is not None and answer.status == 200, path
            assert page.evaluate("() => document.querySelectorAll('img, script, iframe, [onerror]').length") == 0
            assert "\x1b" not in page.content() and "\u202e" not in page.content() and ">49" not in page.content()
        page.goto(one.url + own)
        assert "<img src=x onerror=" in page.locator("h1").inner_text()
    assert complaints == []


def test_a_page_without_data_is_small(tmp_path: Path) -> None:
    Store(tmp_path).close()
    add_person(tmp_path, "boss", "administrator")
    with serving(tmp_path) as one:
        client = one.let_in("boss")
        style = client.get("/style.css").text
        for path in PAGES.values():
            if not path.startswith("/sites"):
                assert len((style + client.get(path).text).encode()) < PAGE_MAX_BYTES, path


@pytest.mark.parametrize(
    "path",
    [
        "/sites/S9",
        "/sites/S1/findings/camera-online/camera:none",
        "/sites/..%2f..",
    ],
)
def test_what_nobody_has_heard_of_is_no_page(client: Client, path: str) -> None:
    assert client.get(path).status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/findings?since=0001-01-01",
        "/findings?status=pass",
        "/findings?after=x",
        "/findings?statsu=fail",
        "/findings?since=x",
        "/map?box=1",
        "/map?box=113,40,112,41",
        "/map?box=nan,nan,nan,nan",
        "/map?box=-inf,-inf,inf,inf",
        "/map?box=0,0,0.1,0.1",
        "/map?box=113.0,39.8,113.5,40.2,1",
        "/map?box=%D9%A1,1,2,3",
    ],
)
def test_a_filter_that_is_none_shows_nothing_rather_than_everything(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status == 422 and "camera-online" not in answer.text


ODD = (
    "/assessment?day=2026-02-30", "/assessment?day=9999-12-31&by=x&sort=y", "/assessment?month=2026-13",
    "/assessment?month=0000-01", "/assessment?month=9999-12", "/assessment?month=9999-11",
    "/orders?next=-1", "/orders?next=999999999&state=x", "/silent?next=%D9%A3&kind=x",
    "/holds?site=%27", "/disputes?site=%27&state=x&next=x", "/map?next=-1", "/enrollments?site=x",
)  # fmt: skip


@pytest.mark.parametrize("path", ODD)
def test_odd_values_of_other_pages_are_left_aside(client: Client, path: str) -> None:
    assert client.get(path).status == 200

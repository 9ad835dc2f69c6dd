"""A browser at the hub's page: what it really sends with a form of ours, and with one of another page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from city_told import city
from hub_web import PASSWORD, add_person, serving
from in_chromium import PATIENCE_MS, watched
from web_page import free_port, page, running

from agent.host.web_bounds import WebBounds
from agent.hub.stores.page.people import People

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOREIGN = """<!doctype html><form method="post" action="http://127.0.0.1:{port}/account/tokens">
<input name="label" value="stolen"><input name="days" value="9"><button>go</button></form>"""


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_a_person_logs_in_makes_a_token_and_logs_out_without_a_script(tmp_path: Path, tab: Page) -> None:
    hub, port, complaints = city(tmp_path / "hub"), free_port(), list[str]()
    add_person(hub, "anna", "viewer", PASSWORD)
    watched(tab, complaints)
    with serving(hub, port=port, url=f"http://127.0.0.1:{port}"):
        tab.goto(f"http://127.0.0.1:{port}/account?lang=zh_CN")
        assert tab.locator("html").get_attribute("lang") == "zh-CN"
        tab.get_by_label("用户名").fill("anna")
        tab.get_by_label("密码").fill(PASSWORD)
        tab.get_by_role("button", name="登录").click()
        tab.get_by_label("用途").fill("a program")
        tab.get_by_role("button", name="生成访问令牌").click()
        assert tab.locator("code").inner_text().startswith("cwh_")
        tab.get_by_role("button", name="吊销").click()
        tab.get_by_text("revoked").or_(tab.get_by_text("已吊销")).wait_for()
        tab.get_by_role("button", name="退出登录").click()
        tab.get_by_role("button", name="登录").wait_for()
    assert complaints == []
    with closing(People(hub)) as people:
        assert [row.act for row in reversed(people.audit())] == ["log-in", "token-make", "token-revoke", "log-out"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_form_of_another_page_is_refused_though_the_browser_has_a_session(
    tmp_path: Path, tab: Page, host: str
) -> None:
    """From another port of this host, which is the same site to a browser, and from another host."""
    hub, port = city(tmp_path / "hub"), free_port()
    add_person(hub, "anna", "viewer", PASSWORD)
    policy = (b"content-security-policy", b"default-src 'none'")
    other = page(
        lambda path, body: (200, FOREIGN.format(port=port).encode()), [policy, (b"content-type", b"text/html")]
    )
    with serving(hub, port=port, url=f"http://127.0.0.1:{port}"), running(other, WebBounds(), ["localhost"]) as foreign:
        tab.goto(f"http://127.0.0.1:{port}/login")
        tab.get_by_label("Name").fill("anna")
        tab.get_by_label("Password").fill(PASSWORD)
        tab.get_by_role("button", name="Log in").click()
        tab.get_by_text("anna").wait_for()
        tab.goto(f"http://{host}:{foreign.port}/")
        with tab.expect_navigation() as went:
            tab.get_by_role("button").click()
        assert went.value.status == 403
    with closing(People(hub)) as people:
        assert people.tokens("anna") == []

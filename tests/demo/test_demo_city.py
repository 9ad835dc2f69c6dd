"""The demo's further sites are taken in as any others, and the hub's pages have something to show of them."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hubdesk import Desk

from agent.demo.city import DAYS, DIVISIONS, MENDED_EACH, SILENT_EACH, replay
from agent.hub.domain.scope import EVERYTHING
from agent.hub.stores.engines import open_trust
from agent.hub.stores.findings import history
from agent.hub.stores.reading.signed import signed_after
from agent.hub.stores.store import Store
from agent.hub.views.signatures import verify_all
from agent.hub.web.pages.assessment import read_assessment
from agent.hub.web.pages.city import read_city
from agent.hub.web.pages.site import read_site_page
from agent.hub.web.pages.trends import read_trends
from bench.fleet_reports import drafts

NOW = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
BODY = drafts(6)["config"].body
"""As an agent writes it: findings that are alike share a row."""

SITES = SILENT_EACH
CONFIGS = len({*range(0, DAYS + 1, MENDED_EACH), DAYS})


def test_replayed_sites_are_signed_chained_and_alive_on_the_pages(desk: Desk, tmp_path: Path) -> None:
    names = replay(desk.directory, tmp_path / "keys", BODY, "140200", NOW, SITES)
    assert len(set(names)) == SITES
    with closing(Store(desk.directory, read_only=True)) as store:
        city = read_city(store, open_trust(desk.directory).load(), EVERYTHING, NOW)
        assert city.sites == SITES and {row.division for row in city.rows} == set(DIVISIONS)
        assert len({row.fail + row.warn + row.unknown for row in city.rows}) > 3  # not all have the same faults
        assert city.morning.silent == {"wedged": 1} and sum(city.open.values()) > 0
        page = read_site_page(store, names[0], NOW)
        assert page is not None and len(page.cameras.subjects) == 6
        assert sum(bool(one.figures.get("recorded")) for one in page.days) == DAYS
        assert all(one.confirmed for one in page.envelopes) and page.view.state == "ready"
        trends = read_trends(store, EVERYTHING, NOW)
        assert sum(bool(one.figures) for one in trends.days) == DAYS
        ended = [one for name in names for one in history(store, name, 1000) if one.to_at]
        assert len({one.to_at for one in ended}) > 2  # something is mended now and then
        figures = read_assessment(store, EVERYTHING, NOW, {"day": f"{(NOW - timedelta(days=3)):%Y-%m-%d}"}).found
        assert {row.name for row in figures.rows if row.rank} == set(DIVISIONS)
        assert len(signed_after(store, 0, names[0], 100)) == DAYS + CONFIGS


def test_what_is_replayed_verifies_by_its_own_keys(desk: Desk, tmp_path: Path) -> None:
    names = replay(desk.directory, tmp_path / "keys", BODY, "140200", NOW, 1)
    with closing(Store(desk.directory, read_only=True)) as store:
        told = verify_all(store, names[0])
    assert told["wrong"] == 0 and told["reports"] == DAYS + CONFIGS

"""The data of each page are what the hub's command prints for the same question, and nothing more or less."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from city_told import NOW, PLACES
from city_worked import ASSIGNED, DAY, worked_city
from here_run import run_here

from agent.commands.hub.report import report_json
from agent.contract.chain import utc_text
from agent.hub.domain.open_statuses import OPEN
from agent.hub.domain.rows.findings import Wanted, read_place
from agent.hub.domain.scope import EVERYTHING, Scope
from agent.hub.enroll import place as enroll_place
from agent.hub.stores import trust
from agent.hub.stores.reading.of_finding import judged
from agent.hub.stores.store import Store
from agent.hub.views.city_map import map_json
from agent.hub.views.site import site_json
from agent.hub.views.status import find_silent
from agent.hub.views.webhooks import hook_json, read_hooks
from agent.hub.web.pages.assessment import read_assessment
from agent.hub.web.pages.city import read_city
from agent.hub.web.pages.disputes import read_disputes
from agent.hub.web.pages.enrollments import read_enrollments
from agent.hub.web.pages.findings import read_findings
from agent.hub.web.pages.history import read_history
from agent.hub.web.pages.holds import read_holds
from agent.hub.web.pages.map import read_map
from agent.hub.web.pages.orders import read_orders
from agent.hub.web.pages.silent import read_silent
from agent.hub.web.pages.site import OVER, matrix, read_site_page
from agent.hub.web.pages.trends import read_trends
from agent.hub.web.pages.upgrades import read_upgrades

Data = Mapping[str, Any]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return worked_city(tmp_path_factory.mktemp("pages") / "hub")


@pytest.fixture
def store(hub: Path) -> Iterator[Store]:
    with closing(Store(hub, read_only=True)) as opened:
        yield opened


def told(hub: Path, *words: str) -> Any:
    """Return what a command prints with `--json`."""
    answer = run_here("hub", *words, "--json", "--data", hub, environ={})
    assert answer.returncode in (0, 1), answer.stderr
    return json.loads(answer.stdout)


def findings_shown(**wanted: str) -> Callable[[Store], Data]:
    def shown(store: Store) -> Data:
        page = read_findings(store, Wanted(**wanted), most=1000)
        return {"findings": [asdict(one) for one in page.rows], "total": page.total, "next": page.next}

    return shown


def site_shown(store: Store) -> Data:
    page = read_site_page(store, "S1", datetime.now(UTC))
    assert page is not None
    return site_json(page.view)


def silent_shown(store: Store) -> Data:
    page = read_silent(store, trust.load(store.directory), EVERYTHING, datetime.now(UTC))
    rows = [
        {
            "site": row.one.site, "city": row.one.city, "kind": row.one.kind, "why": row.one.why,
            "since": utc_text(row.one.since), "kid": row.one.kid or None,
        }
        for row in page.rows
    ]  # fmt: skip
    assert page.total == len(rows) == 5  # all were silent for days, and one has never sent anything
    return {"sites": rows}


def orders_shown(store: Store) -> Data:
    page = read_orders(store, EVERYTHING, datetime.now(UTC))
    assert page.total == 3
    return {"orders": list(reversed(page.orders)), "policies": list(page.policies)}


def assessment_shown(**asked: str) -> Callable[[Store], Data]:
    return lambda store: report_json(read_assessment(store, EVERYTHING, datetime.now(UTC), asked).found)


def map_shown(store: Store) -> Data:
    now = datetime.now(UTC)
    seen = store.seen.divisions(EVERYTHING)
    page = read_map(store, EVERYTHING, seen, find_silent(store, trust.load(store.directory), now, EVERYTHING))
    assert page.drawing is not None and page.total == 4
    marked = [one for mark in page.drawing.marks for one in mark.sites]
    assert sorted(marked) == sorted(page.sites) == sorted(page.view.sites), "the drawing has the sites of the list"
    return map_json(page.city, page.view)


def disputes_shown(site: str = "") -> Callable[[Store], Data]:
    return lambda store: {
        "disputes": [one for _, one in read_disputes(store, EVERYTHING, datetime.now(UTC), site).rows]
    }


def holds_shown(store: Store) -> Data:
    return {"holds": [asdict(one) for one in read_holds(store, EVERYTHING, datetime.now(UTC), "S2").rows]}


def upgrade_shown(store: Store) -> Data:
    page = read_upgrades(store, EVERYTHING)
    assert [one["site"] for one in page.lacking] == ["F3", "S1"]
    return {"upgrade": page.upgrade}


def enrollments_shown(store: Store) -> Data:
    page = read_enrollments(store.directory, datetime.now(UTC), lambda _: True)
    return {"tokens": list(page.tokens), "certificates": list(page.certificates)}


MONTH = f"{DAY:%Y-%m}"
PAGES: list[tuple[tuple[str, ...], Callable[[Store], Data]]] = [
    (("findings",), findings_shown()),
    (("findings", "S1"), findings_shown(site="S1")),
    (("findings", "--status", "warn", "--division", "140000"), findings_shown(status="warn", division="140000")),
    (("findings", "--check", "clock-offset", "--model", "NVR-8"), findings_shown(check="clock-offset", model="NVR-8")),
    (("findings", "--assignee", "Zhao"), findings_shown(assignee="Zhao")),
    (("findings", "--operator", "Datong East"), findings_shown(operator="Datong East")),
    (("findings", "--maintainer", "nobody"), findings_shown(maintainer="nobody")),
    (("site", "S1"), site_shown),
    (("silent",), silent_shown),
    (("orders",), orders_shown),
    (("report", "--day", DAY.isoformat(), "--by", "division"), assessment_shown(by="division", day=DAY.isoformat())),
    (("report", "--day", DAY.isoformat(), "--by", "model", "--sort", "clock"),
     assessment_shown(by="model", day=DAY.isoformat(), sort="clock")),
    (("report", "--month", MONTH, "--by", "maintainer"), assessment_shown(by="maintainer", month=MONTH)),
    (("holds", "S2"), holds_shown),
    (("upgrade",), upgrade_shown),
    (("map", "show"), map_shown),
    (("disputes",), disputes_shown()),
    (("disputes", "S1"), disputes_shown("S1")),
    (("disputes", "S2"), disputes_shown("S2")),
    (("webhook", "list"), lambda store: {"webhooks": [hook_json(one) for one in read_hooks(store)]}),
]  # fmt: skip


@pytest.mark.parametrize(("command", "shown"), PAGES, ids=[" ".join(command) for command, _ in PAGES])
def test_a_page_has_what_the_command_prints(
    hub: Path, store: Store, command: tuple[str, ...], shown: Callable[[Store], Data]
) -> None:
    page = json.loads(json.dumps(shown(store)))
    said = told(hub, *command)
    for one in said["sites"] if command == ("silent",) else ():
        del one["silent_s"]  # the moment of asking
    assert page == {name: said[name] for name in page}
    assert set(said) - set(page) <= {"schema", "at"}


def test_of_an_upgrade_who_sees_a_part_has_that_part_and_not_what_people_wrote(store: Store) -> None:
    page = read_upgrades(store, Scope(divisions=("140202",)))
    assert page.upgrade is not None and page.upgrade["state"] == "stopped"
    assert [one["site"] for one in page.upgrade["sites"]] == ["S1", "S2"]
    assert [one["site"] for one in page.lacking] == ["S1"]
    assert page.upgrade["name"] is None and page.upgrade["words"] == []
    assert read_upgrades(store, Scope()).lacking == ()


def test_enrollments_are_what_the_command_lists(hub: Path, store: Store) -> None:
    """The desk of this test has no authority, which listing does not need and the command loads first."""
    folder = enroll_place.DeskFolder(hub / "enroll", None, None, "", b"")  # type: ignore[arg-type]
    with patch.object(enroll_place, "load", lambda data: folder):
        said = told(hub, "enroll", "list")
    assert {**enrollments_shown(store), "schema": said["schema"]} == said
    assert [one["state"] for one in said["tokens"]] == ["used", "expired"]
    assert not read_enrollments(hub / "nowhere", NOW, lambda _: True).has_desk and not (hub / "nowhere").exists()


def test_pages_of_findings_put_together_are_the_whole_list(store: Store) -> None:
    rows, after = [], None
    while True:
        page = read_findings(store, Wanted(), after, 5)
        rows += page.rows
        if page.next is None:
            break
        after = read_place(page.next)
    assert tuple(rows) == read_findings(store, Wanted(), most=1000).rows and len(rows) == page.total == 24


def test_the_city_adds_up_what_the_lists_have(hub: Path, store: Store) -> None:
    now = datetime.now(UTC)
    page = read_city(store, trust.load(hub), EVERYTHING, now)
    assert {row.division: [row.fail, row.warn, row.unknown] for row in page.rows if row.division} == {
        division: [told(hub, "findings", "--division", division, "--status", one)["total"] for one in OPEN]
        for division in ("140202", "149999")
    }
    silent = told(hub, "silent")["sites"]
    assert page.silent == len(silent) == sum(row.silent for row in page.rows)
    assert sum(page.morning.silent.values()) == len(silent)
    assert (page.sites, page.cameras) == (4, 8)
    assert [(one.assignee, one.late, one.open) for one in page.morning.late] == [("Zhao", 1, 1)]
    assert (page.morning.disputes_open, page.morning.disputes_late) == (1, 1)
    assert page.map.view.totals == {"fail": 4, "silent": 0, "unknown": 0, "warn": 0, "clear": 0}
    new = told(hub, "findings", "--status", "fail", "--since", page.morning.since.isoformat())
    assert page.morning.new_fails == new["total"]
    worst = [-row.fail for row in page.rows]
    assert worst == sorted(worst)


def test_a_city_in_which_all_is_well_says_so(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        page = read_city(store, trust.load(tmp_path), EVERYTHING, NOW)
    assert page.morning.is_quiet and page.rows == ()


@pytest.mark.parametrize(
    "scope",
    [Scope(divisions=("140200",)), Scope(operators=("Datong East",)), Scope(maintainers=("Company One",))],
    ids=str,
)
def test_who_is_bound_has_sums_of_what_may_be_seen(hub: Path, store: Store, scope: Scope) -> None:
    page = read_city(store, trust.load(hub), scope, datetime.now(UTC))
    assert {row.division for row in page.rows} == {"140202"}
    assert (page.sites, page.open, page.silent) == (2, dict.fromkeys(OPEN, 4), 2)
    assert {row.one.site for row in read_silent(store, trust.load(hub), scope, NOW).rows} <= {"S1", "S2"}
    assert {one["site"] for one in read_orders(store, scope, NOW).orders} == {"S1"}
    assert {one.site for one in read_holds(store, scope, NOW).rows} == {"S1", "S2"}
    for by in ("division", "maintainer"):
        figures = read_assessment(store, scope, datetime.now(UTC), {"by": by, "day": DAY.isoformat()}).found
        assert {row.name for row in figures.rows} <= {"140202"} and all(row.rank is None for row in figures.rows)
        assert {one.site for one in figures.outages} == {"S1", "S2"} and figures.undecided == 1
    assert sum(sum(of.values()) for _, of in read_trends(store, scope, NOW).ages) == 12
    assert {one.site for one in page.map.view.sites} == {"S1", "S2"} and page.map.view.never_heard == ()
    west = page.map.drawing.box.west if page.map.drawing else 0.0
    assert west > 113.2, "how far the drawing reaches says nothing of other sites"
    assert [one["site"] for _, one in read_disputes(store, scope, datetime.now(UTC)).rows] == ["S1"]


def test_the_history_of_a_finding_has_its_times_and_the_reports_that_tell_it(hub: Path, store: Store) -> None:
    page = read_history(store, *ASSIGNED)
    assert page is not None and page.now is not None and page.now.status == "fail"
    said = told(hub, "site", "S1")
    key = {"check": ASSIGNED[1], "subject": ASSIGNED[2]}
    assert [asdict(one) for one in page.stretches] == [one for one in said["history"] if key.items() <= one.items()]
    assert [asdict(one) for one in page.words] == [one for one in said["words"] if key.items() <= one.items()]
    assert len(page.stretches) == 3 and len(page.words) == 3
    (report,) = page.envelopes
    stored = store.all("SELECT digest, kid FROM report WHERE site = 'S1' AND stream = 'config'")
    assert [(report.digest, report.kid)] == stored
    assert (report.stream, report.seq, report.status, report.confirmed) == ("config", 1, "fail", True)
    assert page.keys[report.kid].site == "S1"
    assert read_history(store, "S1", "camera-online", "camera:nowhere") is None
    assert read_history(store, "S1", "camera-online", "camera:gat") is None  # part of a name is none


def test_a_site_is_counted_in_matters_as_what_the_site_itself_counts_is(store: Store) -> None:
    """Fifteen views that nobody approved are one matter, and what a dead camera explains is none of its own."""
    page = read_site_page(store, "S1", NOW)
    assert page is not None
    (dead,) = [one for one in page.view.findings if (one.check, one.subject) == ASSIGNED[1:]]
    cause = f"{dead.check} {dead.subject}"
    views = [
        replace(dead, check="view", status="unknown", reason="not-approved", subject=f"camera:{n}") for n in range(15)
    ]
    blind = replace(dead, check="mask", status="unknown", reason="no-picture", caused_by=cause)
    told = site_json(replace(page.view, findings=(dead, blind, *views)))
    assert told["counts"] == {"fail": 1, "unknown": 1, "warn": 0}
    assert told["finding_counts"] == {"fail": 1, "unknown": 16, "warn": 0}


def test_a_matrix_shows_nothing_as_passed_that_no_report_says_passes(store: Store) -> None:
    page = read_site_page(store, "S1", NOW)
    assert page is not None
    assert page.cameras.subjects == ("camera:gate", "camera:gate-2")
    assert set(page.cameras.cells.values()) == set(OPEN)
    now = [one for one in page.view.findings if one.check != "camera-online"]
    over = matrix("camera", judged(store, "S1"), now).cells
    assert over["camera:gate", "camera-online"] == OVER  # an event ended it: with which status, no column says


def test_a_matrix_has_nothing_open_that_may_not_be_seen_and_calls_none_of_it_over(tmp_path: Path) -> None:
    """Whoever mends one finding of a camera sees that one; its others are open, and none of them is called ended."""
    directory = worked_city(tmp_path / "hub")
    with closing(Store(directory, read_only=True)) as store:
        page = read_site_page(store, "S1", NOW, Scope(maintainers=("Zhao",)))
        assert page is not None and page.is_partial
        assert page.cameras.cells == {("camera:gate", "camera-online"): "fail"}
        assert [(one.check, one.subject) for one in page.view.findings] == [("camera-online", "camera:gate")]


def test_a_silent_site_is_not_shown_as_well(store: Store) -> None:
    """Its connection may still be said to be there."""
    page = read_site_page(store, "S1", NOW)
    later = read_site_page(store, "S1", NOW + timedelta(hours=2))
    assert page is not None and later is not None
    assert (page.view.state, page.silent) == ("ready", None)
    assert later.view.state == "ready" and later.silent is not None and later.silent.kind == "wedged"


def test_the_figures_of_days_are_those_of_the_report(hub: Path, store: Store) -> None:
    page = read_site_page(store, "S1", datetime(2026, 11, 29, tzinfo=UTC))
    assert page is not None and len(page.days) == 30
    by_day = {one.day: one for one in page.days}
    assert by_day[DAY].figures["recorded"] == (80, 96, 4, 2) and by_day[DAY].share("recorded", 2) == 4 / 96
    assert by_day[DAY - timedelta(days=1)].figures == {}
    trends = read_trends(store, EVERYTHING, datetime(2026, 11, 29, tzinfo=UTC))
    (day,) = [one for one in trends.days if one.day == DAY]
    (row, *_) = told(hub, "report", "--day", DAY.isoformat(), "--by", "division")["rows"]
    assert day.figures["online"][:2] == (240, 288) and row["figures"]["online"]["ratio"] == 80 / 96
    assert len(PLACES) == 4

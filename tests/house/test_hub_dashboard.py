"""The hub's dashboards and alert rules speak of metrics and labels that a hub gives, and of all of them."""

from __future__ import annotations

import json
import re
import runpy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from caseside import Day, health
from delivery import NOW
from exposition_reader import read
from logged_hub import Logged

from agent.hub.stores import trust
from agent.hub.stores.keeping.backup import back_up
from agent.hub.views.metrics import write_metrics

FOLDER = Path(__file__).parents[2] / "packaging/hub/grafana"
DASHBOARD = runpy.run_path(str(FOLDER.parents[1] / "write_dashboard.py"))
RULES = (FOLDER / "camwarden-hub.rules.yml").read_text("utf-8")
SELECTOR = re.compile(r"(camwarden_hub_[a-z_]+)(?:\{([^}]*)\})?")


@pytest.fixture
def given(logged: Logged, tmp_path: Path) -> dict[str, dict[str, set[str]]]:
    """Return the labels of each metric with their values, as a hub with all that has one gives them."""
    desk, maker = logged.desk, logged.maker
    logged.report(2)
    for envelope in Day(maker).report(NOW, health(NOW)):
        desk.send(envelope)
    desk.hand_in("elsewhere", b"{}", "")
    back_up(desk.directory, tmp_path / "backups" / "one", NOW)
    with desk.store.transaction():
        desk.store.upgrades.begin("0.9.1", "all", "", timedelta(hours=24))
    page = write_metrics(
        desk.store, trust.load(desk.directory), desk.directory, NOW + timedelta(minutes=5), None, tmp_path / "backups"
    )
    found: dict[str, dict[str, set[str]]] = {}
    for name in re.findall(r"(?m)^# TYPE (\S+) ", page):
        found[name] = {}
    for name, *labels in read(page):
        for label, value in labels:
            found[str(name)].setdefault(str(label), set()).add(str(value))
    return found


def dashboards() -> dict[str, Any]:
    return {path.name: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


def expressions() -> list[str]:
    shown = [target["expr"] for panel in dashboards()["camwarden-hub.json"]["panels"] for target in panel["targets"]]
    return [*shown, *re.findall(r"(?m)^ +expr: (.+)$", RULES)]


def test_the_kept_dashboards_are_those_of_the_table() -> None:
    kept = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert kept == DASHBOARD["hub_dashboards"](), "run: make generated"


def test_expressions_name_only_what_a_hub_gives(given: dict[str, dict[str, set[str]]]) -> None:
    for expression in expressions():
        for name, selected in SELECTOR.findall(expression):
            assert name in given, expression
            for label, _, value in re.findall(r'([a-z]+)(=~|=)"([^"]*)"', selected):
                if label != "instance":
                    assert set(value.split("|")) <= given[name][label], expression


def test_every_metric_is_on_the_dashboard(given: dict[str, dict[str, set[str]]]) -> None:
    shown = {
        name
        for panel in dashboards()["camwarden-hub.json"]["panels"]
        for target in panel["targets"]
        for name, _ in SELECTOR.findall(target["expr"])
    }
    assert shown == set(given)


def test_the_rules_tell_of_the_log_and_of_backups_also_where_nothing_is_said_of_them() -> None:
    told = " ".join(expressions())
    for name in ("log_continues", "backup_age_seconds"):
        assert f"unless on (instance) camwarden_hub_{name}" in told
    for rule in RULES.split("- alert: ")[1:]:
        assert "summary_zh: " in rule
        labels = set(re.findall(r"\$labels\.([a-z]+)", rule))
        assert labels <= {"instance", "result"}


def test_the_chinese_dashboard_is_chinese_and_asks_the_same() -> None:
    english, chinese = dashboards()["camwarden-hub.json"], dashboards()["camwarden-hub.zh_CN.json"]
    assert [p["title"] for p in chinese["panels"] if p["title"].isascii()] == []
    assert [p["title"] for p in english["panels"] if not p["title"].isascii()] == []
    assert [p["targets"] for p in chinese["panels"]] == [p["targets"] for p in english["panels"]]
    assert english["uid"] != chinese["uid"]


def test_the_numbers_of_log_and_backup_are_those_of_what_is_there(logged: Logged, tmp_path: Path) -> None:
    desk = logged.desk

    def told(minutes: int = 7) -> dict[str, float]:
        now = NOW + timedelta(minutes=minutes)
        page = write_metrics(desk.store, trust.load(desk.directory), desk.directory, now, None, tmp_path / "backups")
        kept = re.findall(r"(?m)^camwarden_hub_((?:log|backup)_\S+) (\S+)$", page)
        return {name: float(value) for name, value in kept}

    logged.report(3)
    logged.append()
    assert told() == {"log_reports_waiting": 0, "log_waiting_oldest_seconds": 0, "log_continues": 1}
    logged.report(2)
    back_up(desk.directory, tmp_path / "backups" / "one", NOW)
    with desk.store.transaction():
        desk.store.upgrades.begin("0.9.1", "all", "", timedelta(hours=24))
    waits = {"log_reports_waiting": 2, "log_waiting_oldest_seconds": 420, "log_continues": 1}
    assert told() == {**waits, "backup_age_seconds": 420}
    desk.store.run("DELETE FROM report_row WHERE seq > 2")
    assert told()["log_continues"] == 0
    logged.log.close()
    (desk.directory / "log.db").write_bytes(b"no database")
    assert set(told()) == {"backup_age_seconds"}, "nothing is said of a log that cannot be read, and all else is"

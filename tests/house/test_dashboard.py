"""Dashboards and alert rules speak of metrics and labels that the agent gives, and of all of them."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from exposition_reader import read
from footage_looks import facts_of
from sites import NOW, camera, healthy, observed, site

from agent.judge.checks.table import run_checks
from agent.service.alerts.metrics import METRICS, cycle_metrics, live_metrics
from tests.service.alerts.test_metrics import CYCLE, DAY, LIVE

FOLDER = Path(__file__).parents[2] / "packaging/grafana"
DASHBOARD = runpy.run_path(str(FOLDER.parent / "write_dashboard.py"))
RULES = (FOLDER / "camwarden.rules.yml").read_text("utf-8")
SELECTOR = re.compile(r"(camwarden_[a-z_]+)(?:\{([^}]*)\})?")


def given() -> dict[str, dict[str, set[str]]]:
    """Return the labels of each metric with their values, as a site gives them."""
    here = site(camera("gate"))
    findings = run_checks(here, facts_of(here, observed("site") + healthy("gate")), NOW)
    found: dict[str, dict[str, set[str]]] = {}
    for name, *labels in read(cycle_metrics(here, findings, CYCLE, (DAY,)) + live_metrics(LIVE, NOW)):
        of_metric = found.setdefault(str(name), {})
        for label, value in labels:
            of_metric.setdefault(str(label), set()).add(str(value))
    return found


def dashboards() -> dict[str, Any]:
    return {path.name: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json")}


def dashboard_expressions() -> list[str]:
    return [target["expr"] for panel in dashboards()["camwarden.json"]["panels"] for target in panel["targets"]]


def rule_expressions() -> list[str]:
    return re.findall(r"(?m)^ +expr: (.+)$", RULES)


def test_the_kept_dashboards_are_those_of_the_table() -> None:
    kept = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert kept == DASHBOARD["dashboards"](), "run: make generated"


@pytest.mark.parametrize("expression", [*dashboard_expressions(), *rule_expressions()])
def test_an_expression_names_only_what_the_agent_gives(expression: str) -> None:
    metrics = given()
    for name, selected in SELECTOR.findall(expression):
        assert name in metrics
        for label, _, value in re.findall(r'([a-z]+)(=~|=)"([^"]*)"', selected):
            if label != "instance":
                assert set(value.split("|")) <= metrics[name][label], expression
    grouped = {label.strip() for by in re.findall(r"by \(([^)]*)\)", expression) for label in by.split(",")}
    known = {label for name, _ in SELECTOR.findall(expression) for label in metrics[name]}
    assert grouped - {"instance"} <= known


def test_every_metric_is_on_the_dashboard() -> None:
    shown = {name for expression in dashboard_expressions() for name, _ in SELECTOR.findall(expression)}
    assert shown == {f"camwarden_{name}" for name in METRICS}


def test_legends_and_annotations_name_labels_that_are_there() -> None:
    metrics = given()
    for panel in dashboards()["camwarden.json"]["panels"]:
        for target in panel["targets"]:
            (name, _), *_rest = SELECTOR.findall(target["expr"])
            labels = set(re.findall(r"\{\{([a-z_]+)\}\}", target["legendFormat"]))
            assert labels - {"instance"} <= set(metrics[name])
    for rule in RULES.split("- alert: ")[1:]:
        labels = set(re.findall(r"\$labels\.([a-z]+)", rule)) - {"instance"}
        known = {label for name, _ in SELECTOR.findall(rule) for label in metrics.get(name, {})}
        assert labels <= known
        assert "summary_zh: " in rule


def test_panels_lie_beside_and_below_each_other() -> None:
    for dashboard in dashboards().values():
        taken: set[tuple[int, int]] = set()
        for panel in dashboard["panels"]:
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not taken & cells
            assert place["x"] + place["w"] <= 24
            taken |= cells
        assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_the_chinese_dashboard_is_chinese_and_asks_the_same() -> None:
    english, chinese = dashboards()["camwarden.json"], dashboards()["camwarden.zh_CN.json"]
    assert [p["title"] for p in chinese["panels"] if p["title"].isascii()] == []
    assert [p["title"] for p in english["panels"] if not p["title"].isascii()] == []
    assert [p["targets"] for p in chinese["panels"]] == [p["targets"] for p in english["panels"]]
    assert english["uid"] != chinese["uid"]

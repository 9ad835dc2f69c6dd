"""Write the Grafana dashboards into `packaging/grafana/`, from the table of panels below, English and Chinese.

Those of the hub, from `hub_panels.py`, go into `packaging/hub/grafana/`. Run it (`make generated`) after a change of a
table; the files are kept, and tests hold them equal to it, and every metric in it to `agent/service/alerts/metrics.py`
and `agent/hub/views/metrics.py`. The alert rules beside them are kept by hand.

Source: Grafana, dashboard JSON model.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

sys.path.append(str(Path(__file__).parent))

from hub_panels import HUB_PANELS
from panels import OK_IF_NONE, Panel

FOLDER: Final = Path(__file__).resolve().parent / "grafana"
HUB_FOLDER: Final = FOLDER.parent / "hub" / "grafana"

COLUMNS: Final = 24

PANELS: Final = (
    Panel(
        ("Cameras online", "摄像机在线情况"),
        "stat",
        "short",
        (("{{online}}", "sum by (online) (camwarden_cameras{HERE})"),),
        8,
        4,
    ),
    Panel(
        ("Checks that fail", "不合格项"),
        "stat",
        "short",
        (("", 'sum(camwarden_matters{HERE,status="fail"})'),),
        4,
        4,
        OK_IF_NONE,
    ),
    Panel(
        ("Could not be checked", "未能检查项"),
        "stat",
        "short",
        (("", 'sum(camwarden_matters{HERE,status="unknown"})'),),
        4,
        4,
        (("green", None), ("orange", 1.0)),
    ),
    Panel(
        ("Since the last look", "距上次巡检"),
        "stat",
        "s",
        (("{{instance}}", "time() - camwarden_cycle_finished_timestamp_seconds{HERE}"),),
        4,
        4,
        (("green", None), ("orange", 1200.0), ("red", 3600.0)),
    ),
    Panel(
        ("Look overdue", "巡检超时"),
        "stat",
        "s",
        (("{{instance}}", "clamp_min(time() - camwarden_cycle_due_timestamp_seconds{HERE}, 0)"),),
        4,
        4,
        (("green", None), ("red", 300.0)),
    ),
    Panel(
        ("What is not well", "存在的问题"),
        "table",
        "short",
        (("", 'sum by (instance, check, status) (camwarden_findings{HERE,status=~"fail|unknown|warn"}) > 0'),),
    ),
    Panel(
        ("Findings", "检查结果趋势"),
        "timeseries",
        "short",
        (("{{status}}", 'sum by (status) (camwarden_matters{HERE,status=~"fail|unknown|warn"})'),),
    ),
    Panel(
        ("Oldest footage", "最早录像距今时长"),
        "timeseries",
        "s",
        (("{{camera}}", "camwarden_footage_oldest_age_seconds{HERE}"),),
    ),
    Panel(
        ("Recording completeness", "录像完整率"),
        "timeseries",
        "percentunit",
        (("{{camera}}", "camwarden_footage_recorded_seconds{HERE} / camwarden_footage_scheduled_seconds{HERE}"),),
    ),
    Panel(
        ("Holes in the footage", "录像缺口数"),
        "timeseries",
        "short",
        (("{{camera}}", "camwarden_footage_gaps{HERE}"),),
    ),
    Panel(
        ("Clock offset of devices", "设备时钟偏差"),
        "timeseries",
        "s",
        (("{{device}}", "camwarden_clock_offset_seconds{HERE}"),),
    ),
    Panel(
        ("Assessment of the last whole day", "上一整日考核指标"),
        "timeseries",
        "percentunit",
        (("{{figure}}", "camwarden_assessment_good{HERE} / camwarden_assessment_due{HERE}"),),
    ),
    Panel(
        ("Assessment: share unknown", "考核指标未知占比"),
        "timeseries",
        "percentunit",
        (("{{figure}}", "camwarden_assessment_unknown{HERE} / camwarden_assessment_due{HERE}"),),
    ),
    Panel(
        ("Assessment: share excluded by plan", "考核指标计划停机扣除占比"),
        "timeseries",
        "percentunit",
        (
            (
                "{{figure}}",
                "camwarden_assessment_excluded{HERE} / (camwarden_assessment_excluded{HERE} + "
                "camwarden_assessment_due{HERE})",
            ),
        ),
    ),
    Panel(
        ("Age of the figures of assessment", "考核指标距今时长"),
        "stat",
        "s",
        (("{{instance}}", "time() - camwarden_assessment_day_timestamp_seconds{HERE}"),),
        steps=(("green", None), ("orange", 2 * 86_400.0), ("red", 3 * 86_400.0)),
    ),
    Panel(
        ("Mean time to repair within 31 days", "近31天平均修复时间"),
        "timeseries",
        "s",
        (
            (
                "{{fault_class}}",
                "camwarden_faults_repaired_duration_seconds{HERE} / (camwarden_faults_repaired{HERE} > 0)",
            ),
        ),
    ),
    Panel(
        ("Faults that come and go", "反复出现的故障"),
        "timeseries",
        "short",
        (
            ("{{fault_class}}", "camwarden_faults_flapping{HERE} > 0"),
            ("{{fault_class}} repaired", "camwarden_faults_repaired_flapped{HERE} > 0"),
        ),
    ),
    Panel(
        ("Reports that wait", "待上报的报告"),
        "timeseries",
        "short",
        (
            ("{{state}}", "sum by (state) (camwarden_reports_waiting{HERE})"),
            ("dropped", "sum(camwarden_reports_dropped_total{HERE})"),
        ),
    ),
    Panel(
        ("Age of the oldest report that waits", "最早一份待上报报告的等待时长"),
        "timeseries",
        "s",
        (
            ("{{instance}}", "camwarden_reports_waiting_oldest_seconds{HERE}"),
            ("{{instance}} confirmed", "time() - camwarden_delivery_confirmed_timestamp_seconds{HERE}"),
        ),
    ),
    Panel(
        ("Hub connected", "监管平台连接"),
        "timeseries",
        "short",
        (
            ("{{instance}}", "camwarden_delivery_connected{HERE}"),
            ("{{instance}} connects", "increase(camwarden_delivery_connects_total{HERE}[1h])"),
            ("{{instance}} failures", "increase(camwarden_delivery_failures_total{HERE}[1h])"),
        ),
    ),
    Panel(
        ("Certificate for the broker", "接入证书剩余有效期"),
        "stat",
        "s",
        (("{{instance}}", "camwarden_delivery_certificate_remaining_seconds{HERE}"),),
        steps=(("red", None), ("orange", 7 * 86_400.0), ("green", 30 * 86_400.0)),
    ),
    Panel(
        ("Duration of a look", "单轮巡检耗时"),
        "timeseries",
        "s",
        (("{{instance}}", "camwarden_cycle_duration_seconds{HERE}"),),
    ),
    Panel(
        ("Reports made", "生成的报告"),
        "timeseries",
        "short",
        (
            ("{{instance}} look", "camwarden_cycle_reports{HERE}"),
            ("{{instance}} {{stream}}", "camwarden_report_seq{HERE}"),
        ),
    ),
    Panel(
        ("Memory of the agent", "程序内存占用"),
        "timeseries",
        "bytes",
        (("{{instance}}", "camwarden_process_resident_memory_bytes{HERE}"),),
    ),
    Panel(
        ("Processor time of the agent", "程序 CPU 占用"),
        "timeseries",
        "percentunit",
        (("{{instance}}", "rate(camwarden_process_cpu_seconds_total{HERE}[30m])"),),
    ),
    Panel(
        ("Starts of the picture worker", "图像分析进程启动次数"),
        "timeseries",
        "short",
        (("{{instance}}", "increase(camwarden_worker_starts_total{HERE}[1h])"),),
    ),
    Panel(
        ("Version", "版本"),
        "table",
        "short",
        (
            ("", "camwarden_build_info{HERE}"),
            ("", "camwarden_subjects_without_series{HERE} > 0"),
        ),
    ),
)


def dashboards() -> dict[str, str]:
    """Return the text of each language's file, by the file's name."""
    words = ("camwarden: sites", "camwarden 站点监控"), ("site", "站点"), "camwarden_build_info"
    return {
        "camwarden.json": _dashboard("camwarden-en", PANELS, words, 0),
        "camwarden.zh_CN.json": _dashboard("camwarden-zh-cn", PANELS, words, 1),
    }


def hub_dashboards() -> dict[str, str]:
    """Return the text of each language's file about a hub, by the file's name."""
    words = ("camwarden: hub", "camwarden 监管平台"), ("hub", "监管平台"), "camwarden_hub_store_bytes"
    return {
        "camwarden-hub.json": _dashboard("camwarden-hub-en", HUB_PANELS, words, 0),
        "camwarden-hub.zh_CN.json": _dashboard("camwarden-hub-zh-cn", HUB_PANELS, words, 1),
    }


def _dashboard(uid: str, table: Sequence[Panel], words: tuple[tuple[str, str], tuple[str, str], str], lang: int) -> str:
    """Return a dashboard. `words`: its title and what one of its choices is called, by language; the metric of them."""
    title, label, choices = words
    panels, column, row, tallest = [], 0, 0, 0
    for number, panel in enumerate(table, start=1):
        if column + panel.width > COLUMNS:
            column, row, tallest = 0, row + tallest, 0
        place = {"x": column, "y": row, "w": panel.width, "h": panel.height}
        panels.append(_panel(panel, number, place, lang))
        column, tallest = column + panel.width, max(tallest, panel.height)
    source = {"type": "prometheus", "uid": "${source}"}
    dashboard = {
        "title": title[lang],
        "uid": uid,
        "tags": ["camwarden"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {
            "list": [
                {"name": "source", "type": "datasource", "query": "prometheus", "label": "Prometheus"},
                {
                    "name": "instance",
                    "type": "query",
                    "label": label[lang],
                    "datasource": source,
                    "query": f"label_values({choices}, instance)",
                    "refresh": 2,
                    "multi": True,
                    "includeAll": True,
                },
            ]
        },
        "panels": panels,
    }
    return json.dumps(dashboard, ensure_ascii=False, indent=2) + "\n"


def _panel(panel: Panel, number: int, place: dict[str, int], language: int) -> dict[str, Any]:
    source = {"type": "prometheus", "uid": "${source}"}
    at_once = panel.kind != "timeseries"
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title[language],
        "datasource": source,
        "gridPos": place,
        "fieldConfig": {
            "defaults": {
                "unit": panel.unit,
                "thresholds": {
                    "mode": "absolute",
                    "steps": [{"color": color, "value": value} for color, value in panel.steps],
                },
            },
            "overrides": [],
        },
        "targets": [
            {
                "refId": chr(ord("A") + place_of),
                "datasource": source,
                "expr": query.replace("HERE", 'instance=~"$instance"'),
                "legendFormat": legend or "__auto",
                "instant": at_once,
                "range": not at_once,
                **({"format": "table"} if panel.kind == "table" else {}),
            }
            for place_of, (legend, query) in enumerate(panel.queries)
        ],
    }


def main() -> None:
    """Write every file."""
    for folder, files in ((FOLDER, dashboards()), (HUB_FOLDER, hub_dashboards())):
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main()

"""Lists the panels of the hub's dashboard: every metric of `agent/hub/views/metrics.py` is on one of them."""

from __future__ import annotations

from typing import Final

from panels import OK_IF_NONE, Panel

MINUTE: Final = 60.0
HOUR: Final = 3600.0

HUB_PANELS: Final = (
    Panel(("Sites", "站点"), "stat", "short", (("{{state}}", "camwarden_hub_sites{HERE}"),), 8, 4),
    Panel(
        ("Sites not heard of", "失联站点"),
        "stat",
        "short",
        (("{{kind}}", "camwarden_hub_silent_sites{HERE} > 0"),),
        8,
        4,
        OK_IF_NONE,
    ),
    Panel(
        ("Age of the newest backup", "最新备份距今时长"),
        "stat",
        "s",
        (("{{instance}}", "camwarden_hub_backup_age_seconds{HERE}"),),
        4,
        4,
        (("green", None), ("orange", 36 * HOUR), ("red", 8 * 24 * HOUR)),
    ),
    Panel(
        ("Log behind", "存证日志滞后"),
        "stat",
        "s",
        (("{{instance}}", "camwarden_hub_log_waiting_oldest_seconds{HERE}"),),
        4,
        4,
        (("green", None), ("orange", 5 * MINUTE), ("red", 30 * MINUTE)),
    ),
    Panel(
        ("Messages", "收到的消息"),
        "timeseries",
        "short",
        (
            ("received", "rate(camwarden_hub_messages_received_total{HERE}[5m])"),
            ("{{result}}", "rate(camwarden_hub_messages_total{HERE}[5m])"),
        ),
    ),
    Panel(
        ("Messages not believed", "未采信的消息"),
        "timeseries",
        "short",
        (
            ("{{reason}}", "increase(camwarden_hub_messages_rejected_total{HERE}[1h])"),
            ("{{reason}} unverified", "increase(camwarden_hub_messages_unverified_total{HERE}[1h])"),
            ("untrusted", "camwarden_hub_messages_untrusted{HERE}"),
            ("new epochs", "increase(camwarden_hub_new_epochs_total{HERE}[1h])"),
        ),
    ),
    Panel(
        ("Reports missing or not confirmed", "缺失或未确认的报告"),
        "timeseries",
        "short",
        (
            ("missing", "camwarden_hub_reports_missing{HERE}"),
            ("unconfirmed", "camwarden_hub_reports_unconfirmed{HERE}"),
        ),
    ),
    Panel(
        ("Sites with the most missing reports", "缺失报告最多的站点"),
        "table",
        "short",
        (
            ("", "topk(20, camwarden_hub_site_reports_missing{HERE} > 0)"),
            ("", "topk(20, camwarden_hub_site_reports_unconfirmed{HERE} > 0)"),
        ),
    ),
    Panel(
        ("Time since the last health report", "距上次健康报告时长"),
        "timeseries",
        "s",
        (
            ("longest", "camwarden_hub_health_age_seconds_max{HERE}"),
            ("{{site}}", "topk(10, camwarden_hub_site_health_age_seconds{HERE})"),
        ),
    ),
    Panel(
        ("Accepted reports not in the log yet", "尚未写入存证日志的报告"),
        "timeseries",
        "short",
        (
            ("waiting", "camwarden_hub_log_reports_waiting{HERE}"),
            ("continues", "camwarden_hub_log_continues{HERE}"),
        ),
    ),
    Panel(
        ("Size of the database", "数据库大小"),
        "timeseries",
        "bytes",
        (("{{instance}}", "camwarden_hub_store_bytes{HERE}"),),
    ),
    Panel(
        ("Disk of the hub", "监管平台磁盘"),
        "timeseries",
        "bytes",
        (
            ("free", "camwarden_hub_disk_free_bytes{HERE}"),
            ("growth per day", "camwarden_hub_disk_growth_bytes_per_day{HERE}"),
        ),
    ),
    Panel(
        ("Time until the disk is full", "磁盘写满剩余时间"),
        "timeseries",
        "s",
        (("{{instance}}", "camwarden_hub_disk_full_in_seconds{HERE}"),),
    ),
    Panel(
        ("Upgrade of agents", "代理程序升级"),
        "timeseries",
        "short",
        (
            ("{{version}} {{state}}", "camwarden_hub_upgrade{HERE}"),
            ("wave", "camwarden_hub_upgrade_wave{HERE}"),
            ("{{step}}", "camwarden_hub_upgrade_sites{HERE} > 0"),
        ),
    ),
    Panel(
        ("Sites that tell another division", "上报区划与认定不一致的站点"),
        "timeseries",
        "short",
        (("{{instance}}", "camwarden_hub_sites_told_elsewhere{HERE}"),),
    ),
    Panel(
        ("Orders without an answer", "未答复的指令"),
        "timeseries",
        "short",
        (
            ("orders", "camwarden_hub_orders_open{HERE}"),
            ("sites in the sums only", "camwarden_hub_sites_without_series{HERE}"),
        ),
    ),
    Panel(
        ("Messages to other systems", "发往其他系统的消息"),
        "timeseries",
        "short",
        (
            ("{{hook}} waiting", "camwarden_hub_webhook_waiting{HERE}"),
            ("{{hook}} taken", "increase(camwarden_hub_webhook_delivered_total{HERE}[1h])"),
            ("{{hook}} given up", "increase(camwarden_hub_webhook_given_up_total{HERE}[1h])"),
            ("{{hook}} stopped", "camwarden_hub_webhook_stopped{HERE}"),
        ),
    ),
    Panel(
        ("Oldest message to another system", "最早一条待发消息等待时长"),
        "timeseries",
        "s",
        (("{{hook}}", "camwarden_hub_webhook_waiting_oldest_seconds{HERE}"),),
    ),
    Panel(
        ("Assessment of yesterday", "昨日考核指标"),
        "timeseries",
        "percentunit",
        (
            ("{{figure}}", "camwarden_hub_assessment_good{HERE} / camwarden_hub_assessment_due{HERE}"),
            ("{{figure}} unknown", "camwarden_hub_assessment_unknown{HERE} / camwarden_hub_assessment_due{HERE}"),
        ),
    ),
    Panel(
        ("Sites with figures of yesterday", "昨日已报考核指标的站点"),
        "timeseries",
        "short",
        (
            ("due", "camwarden_hub_assessment_sites_due{HERE}"),
            ("reported", "camwarden_hub_assessment_sites_reported{HERE}"),
            ("{{figure}} excluded", "camwarden_hub_assessment_excluded{HERE}"),
        ),
    ),
)

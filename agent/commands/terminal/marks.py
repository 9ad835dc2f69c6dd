"""Lists the order, colours and marks of statuses at a terminal."""

from agent.model.finding import Status

ORDER: tuple[Status, ...] = ("fail", "warn", "unknown", "pass", "not_applicable")
STYLE: dict[Status, str] = {
    "fail": "bold red",
    "warn": "yellow",
    "unknown": "magenta",
    "pass": "green",
    "not_applicable": "dim",
}

MARK: dict[Status, str] = {"pass": "ok", "fail": "FAIL", "warn": "warn", "unknown": "?", "not_applicable": "-"}

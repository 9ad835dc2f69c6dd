"""Make one self-contained HTML page from the body of a verified config report. Pure; writes nothing, fetches nothing.

The page holds numbers, states and plots, and no picture: it is made of what left the site, and no picture does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args

from jinja2 import Environment, PackageLoader, StrictUndefined

from agent.model import Status

Body = Mapping[str, Any]
"""A decoded JSON object: its shape is the config schema's, checked before it comes here."""

AXIS_DAYS = 40
AXIS_PX = 560
COLUMNS = (
    ("camera-online", "online"),
    ("privacy-mask-present", "mask listed"),
    ("privacy-mask-geometry", "mask place"),
    ("privacy-mask-effective", "hidden in pictures"),
    ("retention-days", "retention"),
    ("recording-completeness", "complete"),
    ("clock-offset", "clock"),
    ("stream-auth-required", "login"),
)
ORDER: tuple[Status, ...] = ("fail", "warn", "unknown", "pass", "not_applicable")


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the page's data comes from: the signed report, and how the hub answered."""

    site: str
    city: str
    site_name: str
    kid: str
    epoch: str
    seq: int
    digest: str
    ts: str
    sent: int
    verified: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of one camera's retention line, in pixels from the left edge of the axis."""

    x_px: float
    width_px: float
    kind: str
    title: str


def render_page(body: Body, proof: Proof) -> str:
    """Return the page as HTML text; every value from a device or a person is escaped."""
    environment = Environment(
        loader=PackageLoader("agent.handover", "."), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    findings: list[Body] = list(body["findings"])
    causes = [f for f in findings if not f["caused_by"]]
    cells = {(f["subject"], f["check"]): f for f in (*_for_each_camera(findings), *findings)}
    now = datetime.fromisoformat(proof.ts)
    return environment.get_template("page.html.j2").render(
        proof=proof,
        body=body,
        names={f"camera:{c['id']}": c["name"] or c["id"] for c in body["cameras"]},
        columns=COLUMNS,
        cells=cells,
        totals={status: sum(f["status"] == status for f in causes) for status in ORDER},
        open_findings=sorted(
            (f for f in causes if f["status"] not in ("pass", "not_applicable")),
            key=lambda f: ORDER.index(f["status"]),
        ),
        consequences={f["caused_by"]: [g for g in findings if g["caused_by"] == f["caused_by"]] for f in findings},
        paths=_paths(findings),
        lines={c["id"]: _retention_line(cells, c["id"], now) for c in body["cameras"]},
        floors={c["id"]: _floor_px(cells, c["id"]) for c in body["cameras"]},
        axis_px=AXIS_PX,
        ticks=[(day, AXIS_PX - day * AXIS_PX / AXIS_DAYS) for day in range(0, AXIS_DAYS + 1, 10)],
        statuses=get_args(Status),
    )


def _for_each_camera(findings: list[Body]) -> list[Body]:
    """Return what one finding on the site says of several cameras, as one for each: undeclared is not undue."""
    return [
        {**f, "subject": f"camera:{camera}", "caused_by": f"{f['check']} site"}
        for f in findings
        if f["subject"] == "site"
        for camera in f["evidence"].get("cameras", ())
    ]


def _paths(findings: list[Body]) -> dict[str, list[Body]]:
    """Return per subject what was seen on each path, from the evidence of the mask verdicts."""
    return {
        f["subject"]: list(f["evidence"].get("paths", ())) for f in findings if f["check"] == "privacy-mask-effective"
    }


def _floor_px(cells: Mapping[tuple[str, str], Body], camera: str) -> float | None:
    evidence = _evidence(cells, camera, "retention-days")
    floor = evidence.get("floor_days")
    return AXIS_PX - min(float(floor), AXIS_DAYS) * AXIS_PX / AXIS_DAYS if floor else None


def _retention_line(cells: Mapping[tuple[str, str], Body], camera: str, now: datetime) -> list[Bar]:
    """Return what is recorded and what is missing, newest at the right edge."""
    oldest_text = _evidence(cells, camera, "retention-days").get("oldest_at")
    completeness = _evidence(cells, camera, "recording-completeness")
    if not oldest_text or "newest_at" not in completeness:
        return []
    oldest, newest = datetime.fromisoformat(oldest_text), datetime.fromisoformat(completeness["newest_at"])
    bars = [_bar(oldest, newest, now, "kept")]
    for gap in completeness.get("gaps", ()):
        bars.append(_bar(datetime.fromisoformat(gap["from"]), datetime.fromisoformat(gap["to"]), now, "gap"))
    return bars


def _bar(start: datetime, end: datetime, now: datetime, kind: str) -> Bar:
    left = max(0.0, _x_px(start, now))
    width = max(2.0 if kind == "gap" else 0.0, _x_px(end, now) - left)
    return Bar(round(left, 1), round(width, 1), kind, f"{kind}: {start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M}")


def _x_px(at: datetime, now: datetime) -> float:
    return AXIS_PX - (now - at) / timedelta(days=1) * AXIS_PX / AXIS_DAYS


def _evidence(cells: Mapping[tuple[str, str], Body], camera: str, check: str) -> Body:
    finding = cells.get((f"camera:{camera}", check))
    return finding["evidence"] if finding else {}

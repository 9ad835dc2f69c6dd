"""What the stub of the local page's program answers: cameras, their pictures, and verdicts by the true coverage."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from masking.coverage import uncovered_ratio

FIXTURES = Path(__file__).parents[1] / "fixtures" / "page"
MASK = [[0.1, 0.2], [0.4, 0.2], [0.4, 0.6], [0.1, 0.6]]
HIDDEN_BELOW = 0.02
LOOK = {"running": False, "done": 4, "total": 4, "words": "all cameras were looked at", "at": "2026-11-29T02:00:00Z"}
Values = dict[str, Any]


def fixture(name: str) -> Values:
    """Return an answer that is the same for all."""
    found: Values = json.loads((FIXTURES / f"{name}.json").read_text("utf-8"))
    return found


def picture_of(cam: Values, width: int) -> bytes:
    """Return a camera's picture, with black boxes where its masks are switched on."""
    on = json.dumps([mask["polygon"] for mask in cam["masks"] or [] if mask["enabled"] is not False])
    return jpeg(min(width, 1280), sum(map(ord, cam["id"])), on)


@cache
def jpeg(width: int, seed: int, masks: str) -> bytes:
    """Draw a street with windows, and black polygons (a JSON list)."""
    height, rng = width * 9 // 16, np.random.default_rng(seed)
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:] = (np.linspace(200, 90, height)[:, None, None]).astype(np.uint8)

    def box(left: float, top: float, right: float, bottom: float, colour: tuple[int, ...]) -> None:
        corners = [(round(x * width), round(y * height)) for x, y in ((left, top), (right, bottom))]
        cv2.rectangle(picture, corners[0], corners[1], colour, -1)

    box(0, 0.75, 1, 1, (80, 84, 90))
    for left in np.arange(6) * 0.155 + 0.06:
        box(left, 0.12, left + 0.13, 0.76, tuple(int(one) for one in rng.integers(90, 190, 3)))
        for top in (0.18, 0.36, 0.54):
            box(left + 0.03, top, left + 0.1, top + 0.1, (210, 220, 190))
    for polygon in json.loads(masks):
        cv2.fillPoly(picture, [(np.array(polygon) * (width, height)).round().astype(np.int32)], (0, 0, 0))
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


def camera(of: str, **given: Any) -> Values:
    """Build a camera's values; `zones` and `masks` as in the contract."""
    zones = given.get("zones", [])
    own = {"id": of, "name": of, "may_approve": bool(zones), "refusal": "" if zones else "Nothing is drawn yet."}
    return fixture("camera") | own | given


def zone(name: str, polygon: list[list[float]], uncovered: float | None = None) -> Values:
    """Build a zone's values."""
    return {"name": name, "effect": "any", "color": "", "polygon": polygon, "preset": "", "uncovered": uncovered}


def judged(cam: Values, zones: list[Values]) -> Values:
    """Judge by the share that the switched-on masks leave uncovered."""
    on = [[tuple(point) for point in mask["polygon"]] for mask in cam["masks"] or [] if mask["enabled"]]
    shares = {one["name"]: uncovered_ratio([tuple(p) for p in one["polygon"]], on) for one in zones}
    verdicts = [
        {"zone": name, "verdict": "PASS" if share < HIDDEN_BELOW else "FAIL", "words": f"{share:.1%} can be seen"}
        for name, share in shares.items()
    ]
    bad = [name for name, share in shares.items() if share >= HIDDEN_BELOW]
    listed = cam["masks"] is not None
    return {
        "paths": [{"path": path["path"], "age_s": path["age_s"], "verdicts": verdicts} for path in cam["paths"]],
        "zones": [{"name": name, "uncovered": share if listed else None} for name, share in shares.items()],
        "words": f"not hidden: {', '.join(bad)}" if bad else "all zones are hidden",
        "status": "fail" if bad else "pass",
    }


def drawn(cam: Values, body: Values) -> Values:
    """Return a camera with what was drawn."""
    told = judged(cam, body["zones"])
    shares = {one["name"]: one["uncovered"] for one in told["zones"]}
    said = {one["path"]: one["verdicts"] for one in told["paths"]}
    return cam | {
        "zones": [one | {"uncovered": shares[one["name"]]} for one in body["zones"]],
        "no_private_area": {"by": "Li Ming", "at": "2026-11-29"} if body["no_private_area"] else None,
        "paths": [path | {"verdicts": said[path["path"]]} for path in cam["paths"]],
        "draft": True, "version": cam["version"] + "+", "may_approve": True, "refusal": "", "approved": False,
        "status": told["status"], "words": told["words"], "needs_reason": told["status"] == "fail",
    }  # fmt: skip


def todo(cam: Values, marked: bool) -> list[Values]:
    """Return what is left to do at a camera."""
    if not cam["zones"] and not cam["no_private_area"]:
        return [{"code": "draw", "words": "draw its private zones"}]
    return [] if cam["approved"] or marked else [{"code": "approve", "words": "look at its pictures and approve"}]


def difference(cameras: list[Values]) -> list[Values]:
    """Return lines as of site.toml, removed and added ones for each camera that was drawn."""
    lines = [{"kind": "gap", "text": "line 40"}, {"kind": "same", "text": "[[camera]]"}]
    for cam in cameras:
        if cam["draft"]:
            lines.append({"kind": "remove", "text": "no_private_area = true"})
            lines += [{"kind": "add", "text": json.dumps(one["polygon"])} for one in cam["zones"]]
    return lines


def four_cameras() -> dict[str, Values]:
    """Return four: nothing drawn, to be approved, a mask switched off, and an approved one."""
    inner = [[0.12, 0.25], [0.38, 0.25], [0.38, 0.55], [0.12, 0.55]]
    hidden = {"zones": [zone("window", inner, 0.0)], "status": "pass", "words": "all zones are hidden"}
    bare = {"zones": [zone("window", inner, 1.0)], "status": "fail", "words": "window can be seen"}
    off = {"masks": [{"name": "mask 1", "enabled": False, "polygon": MASK}]}
    said = {"by": "Wang Wei", "at": "2026-11-01", "why": "", "words": ""}
    passed = [{"zone": "window", "verdict": "PASS", "words": "nothing of it can be seen"}]
    failed = [{"zone": "window", "verdict": "FAIL", "words": "all of it can be seen"}]
    cams = (
        (camera("yard"), []),
        (camera("gate", **hidden), passed),
        (camera("hall", needs_reason=True, secret=True, **bare, **off), failed),
        (camera("roof", approved=True, approval=said, **hidden), passed),
    )
    for cam, verdicts in cams:
        for path in cam["paths"]:
            path["verdicts"] = verdicts
    return {cam["id"]: cam for cam, _ in cams}

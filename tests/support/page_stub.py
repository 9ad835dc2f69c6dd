"""A stub of the local page's program: answers its contract from values in memory, so that the page is tried alone.

It serves the shipped files of the page with the policy that the program sends, and remembers every request. The true
program is tried with true devices elsewhere.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import cv2
import numpy as np

from masking.coverage import uncovered_ratio

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "agent/onsite/ui/page"
TONES = ROOT / "agent/onsite/handover/tones.css"
CODE = "code-of-the-link"
POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src blob:; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'"
)
Values = dict[str, Any]
PATHS = ("main", "sub", "snapshot")
MASK = [[0.1, 0.2], [0.4, 0.2], [0.4, 0.6], [0.1, 0.6]]


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
    cv2.rectangle(picture, (0, int(height * 0.75)), (width, height), (80, 84, 90), -1)
    for column in range(6):
        left = int(width * (0.06 + column * 0.155))
        tone = tuple(int(one) for one in rng.integers(90, 190, 3))
        cv2.rectangle(picture, (left, int(height * 0.12)), (left + int(width * 0.13), int(height * 0.76)), tone, -1)
        for row in range(3):
            top = int(height * (0.18 + row * 0.18))
            cv2.rectangle(
                picture,
                (left + int(width * 0.03), top),
                (left + int(width * 0.1), top + int(height * 0.1)),
                (210, 220, 190),
                -1,
            )
    for polygon in json.loads(masks):
        cv2.fillPoly(picture, [(np.array(polygon) * (width, height)).round().astype(np.int32)], (0, 0, 0))
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])[1].tobytes()


@dataclass
class Stub:
    """What the stub answers from, and what it was asked."""

    cameras: dict[str, Values]
    port: int = 0
    lang: str = "en"
    changed: bool = False
    marks: dict[str, Values] = field(default_factory=dict)
    saved: list[Values] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    codes: list[str] = field(default_factory=lambda: [CODE])
    site_name: str = "School of the Third Street"

    @property
    def url(self) -> str:
        """The link of the command."""
        return f"{self.origin}/#k={CODE}"

    @property
    def origin(self) -> str:
        """Where the page is."""
        return f"http://127.0.0.1:{self.port}"

    def posts(self, path: str) -> list[Any]:
        """Return the bodies of POSTs to a path, in order."""
        return [body for method, at, body in self.asked if method == "POST" and at == path]


def camera(of: str, **given: Any) -> Values:
    """Build a camera's values; `zones` and `masks` as in the contract."""
    zones = given.get("zones", [])
    return {
        "id": of, "name": of, "placement": "North gate", "secret": False, "status": "unknown", "words": "nothing is drawn",
        "age_s": 12, "device": {"id": "recorder", "make": "Hikvision", "model": "DS-7608NI", "words": ""}, "names": ["window", "door"],
        "paths": [
            {"path": path, "words": path, "picture": True, "taken_at": "2026-11-29T02:00:00Z", "age_s": 12, "old": False, "why": "", "verdicts": []}
            for path in PATHS
        ],
        "masks": [{"name": "mask 1", "enabled": True, "polygon": MASK}], "presets": [], "no_private_area": None, "approval": None,
        "may_approve": bool(zones), "refusal": "" if zones else "Nothing is drawn yet.", "needs_reason": False, "draft": False,
        "version": "v1", "zones": zones, "todo": [], "approved": False,
    } | given  # fmt: skip


def judged(cam: Values, zones: list[Values]) -> Values:
    """Judge as the program does: by the share that the switched-on masks leave uncovered."""
    on = [[tuple(point) for point in mask["polygon"]] for mask in cam["masks"] or [] if mask["enabled"]]
    shares = {zone["name"]: uncovered_ratio([tuple(p) for p in zone["polygon"]], on) for zone in zones}
    verdicts = [
        {"zone": name, "verdict": "PASS" if share < 0.02 else "FAIL", "words": f"{share:.1%} can be seen"}
        for name, share in shares.items()
    ]
    bad = [name for name, share in shares.items() if share >= 0.02]
    return {
        "paths": [{"path": path["path"], "age_s": path["age_s"], "verdicts": verdicts} for path in cam["paths"]],
        "zones": [
            {"name": name, "uncovered": share if cam["masks"] is not None else None} for name, share in shares.items()
        ],
        "words": f"not hidden: {', '.join(bad)}" if bad else "all zones are hidden",
        "status": "fail" if bad else "pass",
    }


def todo(cam: Values, marked: bool) -> list[Values]:
    """Return what is left to do at a camera."""
    if not cam["zones"] and not cam["no_private_area"]:
        return [{"code": "draw", "words": "draw its private zones"}]
    if cam["approved"] or marked:
        return []
    return [{"code": "approve", "words": "look at its pictures and approve"}]


class Handler(BaseHTTPRequestHandler):
    """Answers one request from the stub's values."""

    server: StubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def reply(self, body: bytes | Any, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        """Send one answer with the headers of the program."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        more = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
        for key, value in {"Content-Type": kind, "Content-Length": str(len(data)), **more, **headers}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status: int, message: str, next_step: str, reason: str = "") -> None:
        """Send a refusal in the contract's form."""
        self.reply({"error": {"message": message, "next": next_step}, "reason": reason}, status=status)

    def do_GET(self) -> None:
        """Serve the page, or an answer of the interface."""
        self.answer("GET", None)

    def do_POST(self) -> None:
        """Read the body, and answer."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self.answer("POST", json.loads(body))

    def answer(self, method: str, body: Any) -> None:
        """Route one request."""
        stub, at = self.server.stub, urlsplit(self.path)
        stub.asked.append((method, unquote(at.path), body))
        if not at.path.startswith("/api/"):
            self.page(at.path)
            return
        if at.path == "/api/session":
            if body["code"] not in stub.codes:
                self.refuse(403, "This code was used, or is too old.", "Start camwarden ui again.")
                return
            stub.codes.remove(body["code"])
            stub.lang = stub.lang or "en"
            self.reply(
                {
                    "token": "token",
                    "by": "Li Ming",
                    "lang": stub.lang,
                    "site": "dt0001",
                    "name": stub.site_name,
                    "may_edit": True,
                }
            )
            return
        if self.headers.get("Authorization") != "Bearer token":
            self.refuse(401, "This page has no key.", "Open a fresh link.")
            return
        parts = [unquote(part) for part in at.path.split("/")[2:]]
        if parts[0] == "camera":
            self.camera(stub.cameras[parts[1]], parts[2:], body, parse_qs(at.query))
        else:
            self.whole(parts[0], body)

    def page(self, path: str) -> None:
        """Serve the document, its style or a script, as shipped."""
        nonce = "bm9uY2U"
        if path == "/":
            text = (PAGE / "index.html").read_text().replace("{{ nonce }}", nonce)
            self.reply(
                text.encode(), "text/html; charset=utf-8", **{"Content-Security-Policy": POLICY.format(nonce=nonce)}
            )
        elif path == "/app.css":
            self.reply(TONES.read_bytes() + (PAGE / "app.css").read_bytes(), "text/css; charset=utf-8")
        elif path.startswith("/js/") and (PAGE / path[4:]).is_file():
            self.reply((PAGE / path[4:]).read_bytes(), "text/javascript; charset=utf-8")
        else:
            self.reply(b"", status=404)

    def camera(self, cam: Values, rest: list[str], body: Any, query: dict[str, list[str]]) -> None:
        """Answer of one camera."""
        stub = self.server.stub
        match rest:
            case []:
                self.reply(cam)
            case ["picture", path]:
                width = int(query.get("w", ["640"])[0])
                picture = picture_of(cam, width)
                self.reply(
                    picture, "image/jpeg", **{"X-Picture": f"digest-{path}", "X-Taken-At": "2026-11-29T02:00:00Z"}
                )
            case ["judge"]:
                self.reply(judged(cam, body["zones"]))
            case ["draft"]:
                if stub.changed or body["version"] != cam["version"]:
                    self.refuse(
                        409, "site.toml was changed by somebody else.", "Load it anew, and draw once more.", "changed"
                    )
                    return
                told = judged(cam, body["zones"])
                shares = {one["name"]: one["uncovered"] for one in told["zones"]}
                zones = [zone | {"uncovered": shares[zone["name"]]} for zone in body["zones"]]
                none = {"by": "Li Ming", "at": "2026-11-29"} if body["no_private_area"] else None
                cam |= {
                    "zones": zones,
                    "no_private_area": none,
                    "draft": True,
                    "version": cam["version"] + "+",
                    "may_approve": True,
                    "refusal": "",
                    "approved": False,
                }
                cam |= {"status": told["status"], "words": told["words"], "needs_reason": told["status"] == "fail"}
                for path, said in zip(cam["paths"], told["paths"], strict=True):
                    path["verdicts"] = said["verdicts"]
                self.reply(cam)
            case ["card"]:
                shape = body["zone"]["polygon"]
                lines = ["Zone 3: 4 corners", "1: (70, 461)  2: (282, 461)", "3: (282, 230)  4: (70, 230)"]
                self.reply(
                    {
                        "make": "Hikvision",
                        "words": "704 x 576 from the lower left",
                        "lines": lines,
                        "fields": [{"label": "Corner 1", "value": "70, 461"}],
                        "shapes": [shape],
                        "too_much": 0.031,
                        "left_bare": 0,
                        "free": 1,
                        "refusal": "",
                    }
                )
            case ["live"]:
                self.reply(
                    {"picture": f"digest-{body['path']}", "taken_at": "2026-11-29T02:00:00Z", "path": body["path"]}
                )
            case ["mark"]:
                if body.get("unmark"):
                    stub.marks.pop(cam["id"], None)
                elif cam["needs_reason"] and not body["why"]:
                    self.refuse(422, "A zone is not hidden.", "Say why it may stay so.")
                    return
                else:
                    stub.marks[cam["id"]] = body
                self.reply(cam)

    def whole(self, what: str, body: Any) -> None:
        """Answer of the whole site."""
        stub = self.server.stub
        match what:
            case "wall":
                keys = ("id", "name", "placement", "secret", "status", "words", "age_s", "approved")
                tiles = [
                    {key: cam[key] for key in keys}
                    | {
                        "todo": todo(cam, cam["id"] in stub.marks),
                        "picture": "main" if cam["paths"][0]["picture"] else None,
                        "drafted": cam["draft"],
                    }
                    for cam in stub.cameras.values()
                ]
                drafts = sum(cam["draft"] for cam in stub.cameras.values())
                self.reply(
                    {"site": {"id": "dt0001", "name": stub.site_name}, "look": LOOK, "cameras": tiles, "drafts": drafts}
                )
            case "look":
                self.reply(LOOK, status=202 if body else 200)
            case "review" if body is None:
                approvals = [
                    {
                        "camera": name,
                        "name": stub.cameras[name]["name"],
                        "status": stub.cameras[name]["status"],
                        "needs_reason": False,
                        "words": stub.cameras[name]["words"],
                    }
                    for name in stub.marks
                ]
                diff = [{"kind": "gap", "text": "line 40"}, {"kind": "same", "text": "[[camera]]"}]
                for cam in stub.cameras.values():
                    if cam["draft"]:
                        diff += [{"kind": "remove", "text": "no_private_area = true"}] + [
                            {"kind": "add", "text": json.dumps(zone["polygon"])} for zone in cam["zones"]
                        ]
                self.reply(
                    {"file": "site.toml", "version": "v1", "diff": diff, "approvals": approvals, "by": "Li Ming"}
                )
            case "review":
                if stub.changed:
                    self.refuse(
                        409,
                        "site.toml was changed by somebody else.",
                        "Load it anew, and look at the difference again.",
                        "changed",
                    )
                    return
                stub.saved.append(body)
                for name in body["approve"]:
                    stub.cameras[name] |= {
                        "approved": True,
                        "approval": {"by": "Li Ming", "at": "2026-11-29", "why": body["why"], "words": ""},
                    }
                for cam in stub.cameras.values():
                    cam["draft"] = False
                stub.marks.clear()
                self.reply({"saved": True, "approved": body["approve"], "words": "Saved, and approved by Li Ming."})
            case "site":
                self.reply(SITE | {"name": stub.site_name})
            case "declare":
                self.reply(SITE)
            case "report" | "dossier":
                self.reply(
                    b"<p>report</p>", "text/html", **{"Content-Disposition": 'attachment; filename="report.html"'}
                )
            case _:
                self.refuse(404, "There is no such thing.", "")


LOOK = {"running": False, "done": 4, "total": 4, "words": "all cameras were looked at", "at": "2026-11-29T02:00:00Z"}
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 900 120"><rect x="80" y="20" width="700" height="16" fill="#17613a"/><rect x="300" y="20" width="30" height="16" fill="#a3211a"/><text x="4" y="33" font-size="13">gate</text></svg>'
SITE: Values = {
    "findings": [
        {"check": "retention-days", "harm": "", "title": "Days of footage kept", "subject": "camera:gate", "name": "gate", "status": "fail", "words": "21 days are kept, 30 are due", "next": "Give the recorder a larger disk, or lower the bit rate.", "disputed": False},
        {"check": "clock-offset", "harm": "", "title": "Clock", "subject": "device:recorder", "name": "recorder", "status": "pass", "words": "its clock is right within 1 s", "next": "", "disputed": False},
        {"check": "scope-declared", "harm": "", "title": "Scope declared", "subject": "site", "name": "site", "status": "unknown", "words": "nothing is declared", "next": "Declare it below.", "disputed": True},
    ],
    "timeline": SVG, "age_s": 30, "at": "2026-11-29T02:00:00Z", "running": False, "failed": "",
    "devices": [{"id": "recorder", "host": "192.0.2.10", "port": 80, "driver": "isapi", "make": "Hikvision", "model": "DS-7608NI", "firmware": "4.1", "cameras": 4, "status": "pass", "words": "Hikvision DS-7608NI"}],
    "declarations": [
        {"key": "scope", "title": "Scope", "state": "missing", "words": "not declared", "cameras": [], "days_left": None, "by": "", "fields": [
            {"name": "value", "label": "answer", "kind": "choice", "example": "", "choices": [{"value": "public", "words": "public"}], "none": ""},
            {"name": "until", "label": "until", "kind": "date"}, {"name": "cameras", "label": "cameras", "kind": "cameras"}]},
        {"key": "order", "title": "Order", "state": "declared", "words": "declared", "cameras": [], "days_left": 20, "by": "Li Ming", "fields": []},
    ],
    "delivery": {"lines": ["12 reports were sent", "0 are waiting"]},
}  # fmt: skip


class StubServer(ThreadingHTTPServer):
    """Holds the stub for its handlers."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, stub: Stub) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.stub = stub
        stub.port = self.server_address[1]


@contextmanager
def served(stub: Stub) -> Iterator[Stub]:
    """Serve the stub while the block runs."""
    with StubServer(stub) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()


def zone(name: str, polygon: list[list[float]], uncovered: float | None = None) -> Values:
    """Build a zone's values."""
    return {"name": name, "effect": "any", "color": "", "polygon": polygon, "preset": "", "uncovered": uncovered}


def four() -> Stub:
    """A site of four cameras: nothing drawn, to be approved, a mask switched off, and an approved one."""
    inner = [[0.12, 0.25], [0.38, 0.25], [0.38, 0.55], [0.12, 0.55]]
    passed = [{"zone": "window", "verdict": "PASS", "words": "nothing of it can be seen"}]
    bare = [{"zone": "window", "verdict": "FAIL", "words": "all of it can be seen"}]
    cams = [
        camera("yard", words="nothing is drawn"),
        camera("gate", zones=[zone("window", inner, 0.0)], status="pass", words="all zones are hidden"),
        camera("hall", zones=[zone("window", inner, 1.0)], status="fail", words="window can be seen", needs_reason=True, secret=True,
               masks=[{"name": "mask 1", "enabled": False, "polygon": MASK}]),
        camera("roof", zones=[zone("window", inner, 0.0)], status="pass", words="all zones are hidden", approved=True,
               approval={"by": "Wang Wei", "at": "2026-11-01", "why": "", "words": ""}),
    ]  # fmt: skip
    for cam, verdicts in zip(cams, ([], passed, bare, passed), strict=True):
        for path in cam["paths"]:
            path["verdicts"] = verdicts
    return Stub({cam["id"]: cam for cam in cams})

"""A stub of the local page's program: answers its contract from values in memory, so that the page is tried alone.

It serves the document, style and scripts as the program does, and remembers every request. The true program is tried
with true devices elsewhere.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from page_values import LOOK, Values, difference, drawn, fixture, four_cameras, judged, picture_of, todo

from agent.onsite.ui import documents
from agent.onsite.ui.refusals import NotFound

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "agent/onsite/ui/page"
CODE = "code-of-the-link"
CHANGED = ("site.toml was changed by somebody else.", "Load it anew, and look again.", "changed")


@dataclass
class Stub:
    """What the stub answers from, and what it was asked."""

    cameras: dict[str, Values] = field(default_factory=four_cameras)
    port: int = 0
    lang: str = "en"
    changed: bool = False
    marks: dict[str, Values] = field(default_factory=dict)
    saved: list[Values] = field(default_factory=list)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    codes: list[str] = field(default_factory=lambda: [CODE])
    site_name: str = "School of the Third Street"
    may_edit: bool = True

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


class Handler(BaseHTTPRequestHandler):
    """Answers one request from the stub's values."""

    server: StubServer
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""

    def reply(self, body: Any, kind: str = "application/json", status: int = 200, **headers: str) -> None:
        """Send one answer with the headers of the program."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        more = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
        for key, value in {"Content-Type": kind, "Content-Length": str(len(data)), **more, **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def refuse(self, status: int, message: str, next_step: str = "", reason: str = "") -> None:
        """Send a refusal in the contract's form."""
        self.reply({"error": {"message": message, "next": next_step}, "reason": reason}, status=status)

    def do_GET(self) -> None:
        """Serve the page, or an answer of the interface."""
        self.answer("GET", None)

    def do_POST(self) -> None:
        """Read the body, and answer."""
        self.answer("POST", json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0")))))

    def answer(self, method: str, body: Any) -> None:
        """Route one request."""
        stub, at = self.server.stub, urlsplit(self.path)
        parts = [unquote(part) for part in at.path.split("/")[2:]]
        stub.asked.append((method, unquote(at.path), body))
        if not at.path.startswith("/api/"):
            self.page(at.path)
        elif at.path == "/api/session":
            self.session(body["code"])
        elif self.headers.get("Authorization") != "Bearer token":
            self.refuse(401, "This page has no key.", "Open a fresh link.")
        elif parts[0] == "camera":
            self.camera(stub.cameras[parts[1]], parts[2:], body, parse_qs(at.query))
        else:
            self.whole(parts[0], body)

    def page(self, path: str) -> None:
        """Serve the document, its style or a script, as shipped."""
        try:
            if path == "/":
                text, policy = documents.document(self.server.stub.lang)
                self.reply(text, "text/html; charset=utf-8", Content_Security_Policy=policy)
            elif path == "/app.css":
                self.reply(documents.style(), documents.KINDS["css"])
            else:
                self.reply(documents.script(path.removeprefix("/js/")), documents.KINDS["js"])
        except NotFound:
            self.reply(b"", status=404)

    def session(self, code: str) -> None:
        """Trade a code once."""
        stub = self.server.stub
        if code not in stub.codes:
            self.refuse(403, "This code was used, or is too old.", "Start camwarden ui again.")
            return
        stub.codes.remove(code)
        who = {"token": "token", "by": "Li Ming", "lang": stub.lang, "site": "dt0001", "name": stub.site_name}
        self.reply(who | {"may_edit": stub.may_edit})

    def camera(self, cam: Values, rest: list[str], body: Any, query: dict[str, list[str]]) -> None:
        """Answer of one camera."""
        stub = self.server.stub
        match rest:
            case []:
                self.reply(cam)
            case ["picture", path]:
                picture = picture_of(cam, int(query.get("w", ["640"])[0]))
                self.reply(picture, "image/jpeg", X_Picture=f"digest-{path}", X_Taken_At="2026-11-29T02:00:00Z")
            case ["judge"]:
                self.reply(judged(cam, body["zones"]))
            case ["draft"] if stub.changed or body["version"] != cam["version"]:
                self.refuse(409, *CHANGED)
            case ["draft"]:
                stub.cameras[cam["id"]] = drawn(cam, body)
                self.reply(stub.cameras[cam["id"]])
            case ["card"]:
                self.reply(fixture("card") | {"shapes": [body["zone"]["polygon"]]})
            case ["live"]:
                fresh = {"picture": f"digest-{body['path']}", "taken_at": "2026-11-29T02:00:00Z", "age_s": 0.4}
                self.reply(fresh | {"path": body["path"]} | judged(cam, cam["zones"]))
            case ["mark"] if cam["needs_reason"] and not body.get("why") and not body.get("unmark"):
                self.refuse(422, "A zone is not hidden.", "Say why it may stay so.")
            case ["mark"]:
                stub.marks.pop(cam["id"], None)
                stub.marks |= {} if body.get("unmark") else {cam["id"]: body}
                self.reply(cam)

    def whole(self, what: str, body: Any) -> None:
        """Answer of the whole site."""
        stub = self.server.stub
        match what:
            case "wall":
                self.reply(self.wall())
            case "look":
                self.reply(LOOK, status=202 if body else 200)
            case "review" if body is None:
                keys = ("name", "status", "words")
                rows = [{"camera": name} | {key: stub.cameras[name][key] for key in keys} for name in stub.marks]
                told = {"file": "site.toml", "version": "v1", "by": "Li Ming", "approvals": rows}
                self.reply(told | {"diff": difference(list(stub.cameras.values()))})
            case "review" if stub.changed:
                self.refuse(409, *CHANGED)
            case "review":
                stub.saved.append(body)
                for name, cam in stub.cameras.items():
                    cam |= {"draft": False, "approved": cam["approved"] or name in body["approve"]}
                stub.marks.clear()
                self.reply({"saved": True, "approved": body["approve"], "words": "Saved, and approved by Li Ming."})
            case "reload":
                self.reply({"words": "site.toml is loaded anew"})
            case "site" | "declare":
                self.reply(fixture("site"))
            case "report" | "dossier":
                self.reply(b"<p>report</p>", "text/html", Content_Disposition='attachment; filename="report.html"')

    def wall(self) -> Values:
        """Return a tile for each camera."""
        stub = self.server.stub
        keys = ("id", "name", "placement", "secret", "status", "words", "age_s", "approved")
        tiles = [
            {key: cam[key] for key in keys}
            | {"todo": todo(cam, cam["id"] in stub.marks), "picture": "main", "drafted": cam["draft"]}
            for cam in stub.cameras.values()
        ]
        site = {"id": "dt0001", "name": stub.site_name}
        return {"site": site, "look": LOOK, "cameras": tiles, "drafts": sum(one["drafted"] for one in tiles)}


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

"""The local page on a gateway: root starts it, the service's user runs it, and only zones change the site's file."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Gateway
from machine import main_pid, wait_for
from places import SITE_TOML, USER

PORT = 8099
ORIGIN = f"http://127.0.0.1:{PORT}"
DOOR = [[0.40, 0.40], [0.55, 0.40], [0.55, 0.60], [0.40, 0.60]]


class Tab:
    """What a browser sends that has the link."""

    def __init__(self, code: str) -> None:
        self.headers = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        self.headers["Authorization"] = (
            f"Bearer {json.loads(self.ask('POST', '/api/session', {'code': code}))['token']}"
        )

    def ask(self, method: str, path: str, body: object = None) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        try:
            connection.request(method, path, None if body is None else json.dumps(body).encode(), self.headers)
            answer = connection.getresponse()
            data = answer.read()
        finally:
            connection.close()
        assert answer.status in (200, 202), f"{path}: {answer.status} {data[:300]!r}"
        return data

    def get(self, path: str) -> Any:
        return json.loads(self.ask("GET", path))

    def post(self, path: str, body: object) -> Any:
        return json.loads(self.ask("POST", path, body))


@pytest.fixture
def page(service: Gateway) -> Iterator[tuple[subprocess.Popen[bytes], Tab]]:
    """Start the page as `sudo camwarden ui` does, and trade the code of its link.

    What it shows goes to a folder that is gone afterwards: nothing may be left behind by the time of the purge.
    """
    with tempfile.TemporaryDirectory() as folder:
        shown = Path(folder) / "shown"
        with shown.open("wb") as out:
            command = ["camwarden", "ui", "--by", "Li Ming", "--port", str(PORT), "--lang", "en"]
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            code = wait_for("a link", lambda: re.search(r"#k=(\S+)", shown.read_text()) or ended(process, shown))[1]
            yield process, Tab(code)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def ended(process: subprocess.Popen[bytes], shown: Path) -> None:
    assert process.poll() is None, shown.read_text()


def users_below(pid: int) -> set[str]:
    """Return the users of a process's descendants."""
    found, waiting = set(), [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
            below = [Path("/proc") / number for number in (task / "children").read_text().split()]
            found |= {one.owner() for one in below}
            waiting += [int(one.name) for one in below]
    return found


def test_the_page_looks_draws_and_saves_without_roots_rights(page: tuple[subprocess.Popen[bytes], Tab]) -> None:
    process, tab = page
    wait_for("the look's end", lambda: None if tab.get("/api/look")["running"] else True, 90)
    assert {row["age_s"] is not None for row in tab.get("/api/wall")["cameras"]} == {True}, "each was looked at"
    assert users_below(process.pid) == {USER}
    shown = {row["path"]: row for row in tab.get("/api/camera/gate")["paths"] if row["picture"]}
    assert tab.ask("GET", f"/api/camera/gate/picture/{next(iter(shown))}?w=320").startswith(b"\xff\xd8")

    before, mode = SITE_TOML.read_bytes(), SITE_TOML.stat()
    camera = tab.get("/api/camera/gate")
    zones = [*camera["zones"], {"name": "door", "effect": "any", "color": "", "preset": "", "polygon": DOOR}]
    kept = [{key: zone[key] for key in ("name", "effect", "color", "preset", "polygon")} for zone in zones]
    tab.post("/api/camera/gate/draft", {"version": camera["version"], "zones": kept, "no_private_area": False})
    assert SITE_TOML.read_bytes() == before, "nothing before the review"
    tab.post("/api/review", {"version": tab.get("/api/review")["version"], "why": "", "approve": []})
    after = SITE_TOML.stat()
    assert b'name = "door"' in SITE_TOML.read_bytes()
    assert (after.st_uid, after.st_gid, stat.S_IMODE(after.st_mode)) == (mode.st_uid, mode.st_gid, 0o640)
    SITE_TOML.write_bytes(before)


def test_the_sites_screen_checks_and_hands_out_the_report(page: tuple[subprocess.Popen[bytes], Tab]) -> None:
    _, tab = page
    wait_for("the look's end", lambda: None if tab.get("/api/look")["running"] else True, 90)
    pid = main_pid()
    tab.post("/api/site", {})
    told = wait_for("the check's end", lambda: found if (found := tab.get("/api/site"))["findings"] else None, 120)
    assert {row["check"] for row in told["findings"]} and len(told["devices"]) == 3
    assert b"<html" in tab.ask("GET", "/api/report?lang=en")
    assert main_pid() == pid and os.path.exists(f"/proc/{pid}")  # noqa: PTH110

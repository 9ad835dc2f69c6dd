"""A known weakness of a pinned release fails the audit, and so does an index that does not tell."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from audit import Accepted, Weakness, accepted, open_ones, pins

ROOT = Path(__file__).parent.parent
LOCK = (
    "foo==1.0 ; python_version < '3.12' \\\n    --hash=sha256:aa\n"
    "bar-baz==2.0.post1 \\\n    --hash=sha256:bb\n    # via foo\n"
)
KNOWN = {
    "id": "PYSEC-2026-1",
    "aliases": ["CVE-2026-0001"],
    "fixed_in": ["1.1"],
    "summary": "reads too far",
    "withdrawn": None,
}


class Index(BaseHTTPRequestHandler):
    """Answers as the index does; `answers` is by path."""

    answers: dict[str, Any]
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        body = self.answers.get(self.path)
        self.send_response(404 if body is None else 200)
        self.end_headers()
        self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def index() -> Iterator[Any]:
    handler = type("Handler", (Index,), {"answers": {}, "asked": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    handler.url = f"http://127.0.0.1:{server.server_port}/simple/"
    yield handler
    server.shutdown()
    thread.join()
    server.server_close()


def audited(index: Any, tmp_path: Path, *more: str) -> tuple[int, str]:
    lock = tmp_path / "x.lock"
    lock.write_text(LOCK)
    told = [sys.executable, ROOT / "packaging/audit.py", lock, "--index", index.url, "--on", "2026-11-27", *more]
    done = subprocess.run(told, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_a_known_weakness_fails_and_says_where_it_is_mended(index: Any, tmp_path: Path) -> None:
    index.answers |= {
        "/pypi/foo/1.0/json": {"vulnerabilities": [KNOWN]},
        "/pypi/bar-baz/2.0.post1/json": {"vulnerabilities": []},
    }
    code, said = audited(index, tmp_path)
    assert code == 1
    assert "foo 1.0: PYSEC-2026-1 CVE-2026-0001: mended in 1.1: reads too far\n" in said
    assert "2 releases asked, 1 known weaknesses, 1 of them not accepted" in said


def test_one_that_was_accepted_by_its_alias_passes_until_its_day(index: Any, tmp_path: Path) -> None:
    index.answers |= {
        "/pypi/foo/1.0/json": {"vulnerabilities": [KNOWN]},
        "/pypi/bar-baz/2.0.post1/json": {"vulnerabilities": []},
    }
    rows = tmp_path / "audit.toml"
    rows.write_text('[[accepted]]\nid = "CVE-2026-0001"\nuntil = 2026-11-27\nwhy = "not imported"\n')
    assert audited(index, tmp_path, "--accepted", str(rows))[0] == 0
    assert audited(index, tmp_path, "--accepted", str(rows), "--on", "2026-11-28")[0] == 1


@pytest.mark.parametrize("body", [None, b"<html>", b"[]", {}, {"vulnerabilities": None}, {"vulnerabilities": ["x"]}])
def test_what_the_index_does_not_tell_is_not_none(index: Any, tmp_path: Path, body: Any) -> None:
    if body is not None:
        index.answers["/pypi/foo/1.0/json"] = body
    code, said = audited(index, tmp_path)
    assert code == 69
    assert said.startswith("audit: foo 1.0: the index ") and said.count("\n") == 1
    assert index.asked == ["/pypi/foo/1.0/json"], "it does not go on asking"


def test_what_was_told_before_the_index_fell_silent_is_not_forgotten(index: Any, tmp_path: Path) -> None:
    index.answers["/pypi/foo/1.0/json"] = {"vulnerabilities": [KNOWN]}
    code, said = audited(index, tmp_path)
    assert code == 1
    assert "foo 1.0: PYSEC-2026-1" in said and "audit: bar-baz 2.0.post1: the index does not tell" in said


def test_old_libraries_inside_wheels_are_told(index: Any, tmp_path: Path) -> None:
    for path in ("/pypi/foo/1.0/json", "/pypi/bar-baz/2.0.post1/json"):
        index.answers[path] = {"vulnerabilities": [{**KNOWN, "withdrawn": "2026-01-01T00:00:00Z"}]}
    sbom = tmp_path / "x.cdx.json"
    old = {"name": "OpenSSL", "version": "1.1.1k", "description": "support has ended"}
    sbom.write_text(json.dumps({"components": [old, {"name": "libpng", "version": "1.6"}]}))
    code, said = audited(index, tmp_path, "--sbom", str(sbom))
    assert (code, said.splitlines()[0]) == (0, "note: OpenSSL 1.1.1k: support has ended")
    assert "libpng" not in said


def test_every_pin_is_read_once() -> None:
    assert pins(LOCK + LOCK) == (("foo", "1.0"), ("bar-baz", "2.0.post1"))


def test_an_acceptance_ends_on_its_day() -> None:
    found = [Weakness("foo", "1", ("A", "B"), (), ""), Weakness("foo", "1", ("C",), (), "")]
    rows = (Accepted("B", date(2026, 1, 2), "why"),)
    assert [one.names for one in open_ones(found, rows, date(2026, 1, 2))] == [("C",)]
    assert len(open_ones(found, rows, date(2026, 1, 3))) == 2


@pytest.mark.parametrize(
    "text",
    [
        '[[accepted]]\nid = "A"\n',
        '[[accepted]]\nid = "A"\nuntil = "x"\nwhy = "y"\n',
        "[[accepted]]\nid = 1",
        "=",
        'accepted = "x"',
    ],
)
def test_an_acceptance_without_reason_or_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        accepted(text)


def test_the_file_that_is_kept_can_be_read() -> None:
    assert accepted((ROOT / "packaging/audit.toml").read_text("utf-8")) == ()

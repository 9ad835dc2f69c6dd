"""A known weakness of a pinned release, or of a library inside one, fails the audit, and so does a silent index."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from advisories import held_in, order, read_table
from audit import FOUND, Accepted, Weakness, accepted, main, open_ones, pins
from library_table import LIBRARIES
from shipped_site import a_package

ROOT = Path(__file__).parents[2]
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


def script(index: Any, tmp_path: Path, *more: str) -> list[str]:
    """Return the command line of the audit of a lock that is written for it."""
    lock = tmp_path / "x.lock"
    lock.write_text(LOCK)
    return [str(ROOT / "packaging/audit.py"), str(lock), "--index", index.url, "--on", "2026-11-27", *more]


def audited(index: Any, tmp_path: Path, *more: str) -> tuple[int, str]:
    """Audit a lock in this process; return the exit code and all that is said."""
    said = io.StringIO()
    with patch("sys.argv", script(index, tmp_path, *more)), redirect_stdout(said), redirect_stderr(said):
        code = main()
    return code, said.getvalue()


def test_the_script_ends_with_the_code_and_the_words_of_the_audit(index: Any, tmp_path: Path) -> None:
    index.answers["/pypi/foo/1.0/json"] = {"vulnerabilities": [KNOWN]}
    index.answers["/pypi/bar-baz/2.0.post1/json"] = {"vulnerabilities": []}
    words = [sys.executable, *script(index, tmp_path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout + done.stderr) == audited(index, tmp_path)
    assert done.returncode == FOUND


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


LOOKED = '[[looked]]\nlibrary = "libpng"\nversions = ["1.6.58"]\non = 2026-11-20\n'
ROW = """
[[advisory]]
ids = ["CVE-2026-0002", "CVE-2026-0003"]
library = "libpng"
affected = ["{affected}"]
mended_in = ["1.6.60"]
source = "example.org/advisory"
{verdict}
"""
ACCEPTED = 'verdict = "not-reached"\nwhy = "no PNG is read"\nuntil = 2026-11-27'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with a package that holds a library, which tells its version."""
    (tmp_path / "site").mkdir()
    return a_package(tmp_path / "site", "foo", {"foo.libs/libpng16-1.so": b"\x7fELF libpng version 1.6.58 \0"})


def held_against(index: Any, tmp_path: Path, site: Path, table: str, *more: str) -> tuple[int, list[str]]:
    """Audit a package whose index knows nothing against it; return the exit code and the lines about libraries."""
    for path in ("/pypi/foo/1.0/json", "/pypi/bar-baz/2.0.post1/json"):
        index.answers[path] = {"vulnerabilities": []}
    (tmp_path / "advisories.toml").write_text(table)
    told = ("--site", str(site), "--advisories", str(tmp_path / "advisories.toml"))
    code, said = audited(index, tmp_path, *told, *more)
    return code, [line for line in said.splitlines() if "releases asked" not in line]


@pytest.mark.parametrize(
    ("verdict", "told"),
    [
        ("", "nobody has looked whether it reaches us"),
        ('verdict = "reached"\nwhy = "pictures of cameras"', "reached: pictures of cameras"),
    ],
)
def test_a_library_in_an_affected_range_fails_while_it_is_reached_or_nobody_has_looked(
    index: Any, tmp_path: Path, site: Path, verdict: str, told: str
) -> None:
    table = LOOKED + ROW.format(affected=">=1.6.58, <1.6.60", verdict=verdict)
    code, lines = held_against(index, tmp_path, site, table)
    assert code == 1
    assert lines[0].startswith("libpng 1.6.58 in foo: CVE-2026-0002 CVE-2026-0003: mended in 1.6.60: ")
    assert told in lines[0] and "example.org/advisory" in lines[0]
    assert lines[1] == "audit: 1 libraries inside wheels, 1 advisories concern them, 1 not accepted"


def test_what_is_not_reached_is_listed_with_its_reason_until_its_day(index: Any, tmp_path: Path, site: Path) -> None:
    table = LOOKED + ROW.format(affected='>=2.0", "<=1.6.58', verdict=ACCEPTED)
    code, lines = held_against(index, tmp_path, site, table)
    assert (code, lines[0][:10]) == (0, "accepted: ") and "not-reached: no PNG is read" in lines[0]
    code, lines = held_against(index, tmp_path, site, table, "--on", "2026-11-28")
    assert code == 1 and lines[0].startswith("libpng") and "until 2026-11-27 only, look again" in lines[0]


def test_a_library_in_no_affected_range_is_not_spoken_of(index: Any, tmp_path: Path, site: Path) -> None:
    beside = (">=1.6.59", "<1.6.58", ">=1.6.50, <1.6.58", '<1.6.10", ">=1.6.60')
    table = LOOKED + "".join(ROW.format(affected=one, verdict="") for one in beside)
    code, lines = held_against(index, tmp_path, site, table)
    assert (code, lines) == (0, ["audit: 1 libraries inside wheels, 0 advisories concern them, 0 not accepted"])


def test_a_version_that_no_binary_tells_is_taken_for_affected(index: Any, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    silent = a_package(tmp_path / "site", "foo", {"foo.libs/libpng16-1.so": b"\x7fELF"})
    table = LOOKED + ROW.format(affected="<1.0", verdict="")
    code, lines = held_against(index, tmp_path, silent, table)
    assert code == 1 and lines[-1].endswith("1 not accepted")
    assert any(line.startswith("libpng (version untold) in foo: CVE-2026-0002") for line in lines)


def test_what_nobody_has_looked_at_or_not_for_long_is_named(index: Any, tmp_path: Path, site: Path) -> None:
    code, lines = held_against(index, tmp_path, site, LOOKED.replace("1.6.58", "1.6.57"))
    assert (code, lines[0]) == (0, "note: libpng 1.6.58: nobody has looked for advisories of this version")
    assert not held_against(index, tmp_path, site, LOOKED, "--on", "2027-02-18")[1][0].startswith("note")
    code, lines = held_against(index, tmp_path, site, LOOKED, "--on", "2027-02-19")
    assert (code, lines[0]) == (0, "note: libpng 1.6.58: looked at 91 days ago, look again")


def test_an_sbom_is_held_against_the_table_too(index: Any, tmp_path: Path) -> None:
    for path in ("/pypi/foo/1.0/json", "/pypi/bar-baz/2.0.post1/json"):
        index.answers[path] = {"vulnerabilities": []}
    part = {"name": "libpng", "version": "1.6.58", "properties": [{"name": "camwarden:inside", "value": "foo"}]}
    (tmp_path / "x.cdx.json").write_text(json.dumps({"components": [part]}))
    (tmp_path / "a.toml").write_text(LOOKED + ROW.format(affected=">=0", verdict=""))
    code, said = audited(index, tmp_path, "--sbom", f"{tmp_path}/x.cdx.json", "--advisories", f"{tmp_path}/a.toml")
    assert code == 1 and "libpng 1.6.58 in foo" in said


GOOD = ROW.format(affected=">=1", verdict=ACCEPTED)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("=", "Invalid"),
        (GOOD.replace('library = "libpng"', 'library = "libpgn"'), "names no library 'libpgn'"),
        (GOOD.replace('ids = ["CVE-2026-0002", "CVE-2026-0003"]', ""), "[[advisory]] 1: ids"),
        (GOOD.replace('[">=1"]', "[]"), "[[advisory]] 1 (CVE-2026-0002): ids, affected"),
        (GOOD.replace(">=1", "1.6"), "'1.6' is no range"),
        (GOOD.replace(">=1", ">=1-rc1"), "'1-rc1' is no version"),
        (GOOD.replace("not-reached", "harmless"), "its verdict is one of"),
        (GOOD.replace("until = 2026-11-27", ""), "not-reached needs until, a day"),
        (GOOD.replace("until = 2026-11-27", 'until = "soon"'), "not-reached needs until, a day"),
        (GOOD.replace('why = "no PNG is read"', ""), "not-reached needs why"),
        (GOOD.replace('source = "example.org/advisory"', ""), "needs source"),
        (GOOD + "untill = 1", "has no key but"),
        (LOOKED.replace("on = 2026-11-20", ""), "[[looked]] 1: needs library, versions and on"),
        ('advisory = ["x"]', "[[advisory]] 1: has no key but"),
    ],
)
def test_a_malformed_table_is_one_clear_line(index: Any, tmp_path: Path, site: Path, table: str, told: str) -> None:
    code, lines = held_against(index, tmp_path, site, table)
    assert code == 2
    assert len(lines) == 1 and lines[0].startswith("audit: ") and told in lines[0]
    assert index.asked == [], "it ends before anybody is asked"


def test_a_folder_that_is_not_what_the_lock_pins_is_no_proof(index: Any, tmp_path: Path, site: Path) -> None:
    with pytest.raises(ValueError, match=r"holds foo 1\.0, the lock pins 1\.1"):
        held_in(site, [("foo", "1.1")])
    with pytest.raises(ValueError, match="nothing that the lock pins"):
        held_in(site, [("bar", "1.0")])


def test_versions_are_in_the_order_of_their_makers() -> None:
    told = ["0.3.15", "1.1.1", "1.1.1j", "1.1.1k", "1.1.1za", "1.2", "1.10", "4.14.0.94", "5.0.0.93", "25.9.23"]
    assert sorted(reversed(told), key=order) == told
    assert order("8.1") == order("8.1.0") < order("8.1.1")


def test_the_table_that_is_kept_can_be_read_and_leaves_out_no_library_that_decodes() -> None:
    table = read_table((ROOT / "packaging/advisories.toml").read_text("utf-8"))
    assert {row.library for row in table.rows} <= {row.name for row in LIBRARIES}
    assert "CVE-2026-8461" in {one for row in table.rows for one in row.ids}
    decoding = {"FFmpeg", "OpenCV", "libjpeg-turbo", "libxml2", "OpenSSL"}
    assert decoding <= {library for library, _ in table.looked}

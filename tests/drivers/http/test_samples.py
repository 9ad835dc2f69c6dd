"""Answers that nobody could read are kept few, small, private, and without secrets or pictures."""

from __future__ import annotations

import base64
import os
import stat
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from devices import NOW, PASSWORD, USER, device, http
from hypothesis import given
from hypothesis import strategies as st
from onvif_device import Script
from onvif_reading import CAMERAS, transport_to

from drivers.http.samples import MAX_BYTES, MAX_PER_READ, Sample, Samples, scrubbed, write
from drivers.model import Reply
from drivers.onvif.read import read

SECRET = "hunter2-Pa55"
HIDDEN = [
    "<wsse:Password Type='x#PasswordDigest'>{0}</wsse:Password>",
    "<Password>{0}",
    "<tt:PassPhrase>{0}</tt:PassPhrase>",
    "<tds:UserName>{0}</tds:UserName>",
    "<wsse:Nonce EncodingType='b'>{0}</wsse:Nonce>",
    "Authorization: Digest username={0}, response={0}",
    "Cookie: WebSession={0}",
    '{{"password": "{0}", "session": "{0}"}}',
    "{{'passwd':'{0}'}}",
    "http://admin:{0}@10.0.0.1/x",
    "rtsp://10.0.0.1/live?user={0}&pwd={0}&token={0}",
    "/user={0}&password={0}&channel=1.sdp",
    "-----BEGIN PRIVATE KEY-----\n{0}\n-----END PRIVATE KEY-----",
    'secret="{0}"',
    "password = {0}",
    "PSK:{0}",
]


@pytest.mark.parametrize("written", HIDDEN)
def test_what_looks_like_a_secret_is_blanked(written: str) -> None:
    shown = scrubbed(f"<a>before</a> {written}\n<b>after</b>".encode() if "PEM" not in written else written.encode())
    if written.startswith(("Auth", "Cookie")):
        shown = scrubbed(f"HTTP/1.1 200\n{written.format(SECRET)}\n\nafter".encode())
    else:
        shown = scrubbed(f"<a>before</a> {written.format(SECRET)}\n<b>after</b>".encode())
        assert b"before" in shown
    assert SECRET.encode() not in shown and b"[removed]" in shown and b"after" in shown


def test_the_configured_login_is_blanked_wherever_it_stands() -> None:
    awkward = 'p"a\\ss'
    shown = scrubbed(f"hello {PASSWORD} and {awkward} and {USER}".encode(), (PASSWORD, awkward, USER))
    assert shown == b"hello [removed] and [removed] and [removed]"


def test_what_explains_the_fault_is_kept() -> None:
    body = b'<tr2:GetMasksResponse><tr2:Masks token="m-1"><tr2:ConfigurationToken>vsc-1</tr2:ConfigurationToken>'
    assert scrubbed(body) == body


def test_pictures_and_encoded_data_are_not_kept() -> None:
    picture = b"\xff\xd8\xff\xe0" + os.urandom(5000)
    assert scrubbed(picture) == b"[5004 bytes of binary data]"
    inside = b"<tt:Image>" + base64.b64encode(picture) + b"</tt:Image>"
    assert scrubbed(inside) == b"<tt:Image>[removed]</tt:Image>"


@given(st.binary(max_size=2000))
def test_any_answer_is_scrubbed_without_an_error(data: bytes) -> None:
    assert len(scrubbed(data)) <= MAX_BYTES


@pytest.mark.parametrize(
    "hostile",
    [
        b"<" * 200_000,
        b"<a" * 100_000,
        b"password" * 30_000,
        b"password " * 30_000,
        b"://" * 70_000,
        b"://a" * 50_000,
        b"-----BEGIN A-----" * 12_000,
        b'user="' * 40_000,
        b"a" * 200_000,
        b"-" * 200_000,
        b"&key=" * 40_000,
        b"password" + b" " * 200_000,
        b"<" + b"a:" * 100_000,
        b"<Password " + b"a " * 100_000,
    ],
)
def test_hostile_answers_take_no_long_time(hostile: bytes) -> None:
    begun = time.thread_time()
    scrubbed(hostile)
    assert time.thread_time() - begun < 3.0


def sample(name: str = "GetMasks", body: bytes = b"<x>", box: str = "box") -> Sample:
    return Sample(box, Reply(name, "/onvif", 200, "text/xml", body), "not XML", len(body))


def test_samples_of_a_run_are_few_and_small() -> None:
    kept = Samples(device(80))
    for number in range(30):
        kept.keep(Reply(f"Get{number}", "/", 200, "t" * 5000, b"ab \n" * 200_000), "why " * 500)
        kept.keep(Reply(f"Get{number}", "/", 200, "", b"second"), "again")
    assert len(kept.kept) == MAX_PER_READ
    assert all(len(one.reply.body) <= MAX_BYTES and len(one.why) <= 256 for one in kept.kept)
    assert all(one.size_bytes == 800_000 for one in kept.kept)


def test_what_was_read_in_part_makes_room_for_what_was_not_and_is_written_once(tmp_path: Path) -> None:
    kept = Samples(device(80))
    for number in range(MAX_PER_READ):
        kept.skip(Reply(f"Get{number}", "/", 200, "text/xml", b"<x/>"), ("odd", "odd"))
    kept.skip(Reply("Get0", "/", 200, "text/xml", b"<x/>"), ())
    assert sum(one.skipped for one in kept.kept) == 2 * MAX_PER_READ
    kept.keep(Reply("Get3", "/", 200, "text/xml", b"<x"), "not XML")
    kept.keep(Reply("Other", "/", 200, "text/xml", b"<x"), "not XML")
    assert len(kept.kept) == MAX_PER_READ
    assert [one.reply.operation for one in kept.kept if not one.skipped] == ["Get3", "Other"]
    folder = tmp_path / "samples"
    first = write(folder, kept.kept, NOW)
    assert len(first) == MAX_PER_READ
    assert len(write(folder, kept.kept, NOW + timedelta(hours=1))) == 2


def test_files_are_private_bounded_and_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    (first,) = write(folder, [sample(body=b"one")], NOW)
    (second,) = write(folder, [sample(body=b"two")], NOW)
    assert first == second and b"two" in first.read_bytes() and b"not understood: not XML" in first.read_bytes()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and stat.S_IMODE(first.stat().st_mode) == 0o600
    for number in range(20):
        write(folder, [sample(f"Get{number}")], NOW + timedelta(minutes=number), max_files=5)
    names = sorted(path.name for path in folder.iterdir())
    assert names == [f"box.Get{number}.txt" for number in range(15, 20)]


def test_a_device_cannot_choose_where_a_file_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "samples"
    for name in ("../../etc/passwd", "/etc/x", "..", ".", "a\0b", "x" * 999, ""):
        (path,) = write(folder, [sample(name, box=name)], NOW)
        assert path.parent == folder and len(path.name) < 200
    assert sorted(tmp_path.iterdir()) == [folder]


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    write(tmp_path, [sample(f"Get{number}") for number in range(9)], datetime.now().astimezone(), max_files=2)
    assert (tmp_path / "notes.md").exists() and len(list(tmp_path.glob("*.txt"))) == 2


def test_a_run_keeps_what_it_could_not_read_without_the_login() -> None:
    script = Script(login="wsse")
    echoed = f"<html>bad request: {PASSWORD} {USER}".encode()
    script.answers["media2 GetMasks"] = lambda asked: http(200, echoed + asked.body)
    script.answers["device GetUsers"] = lambda asked: http(200, b"", length=100_000_000)
    script.answers["media2 GetOSDs"] = lambda asked: http(200, b"x", ("Content-Encoding", "gzip"))
    with script.device() as served, transport_to(served) as transport:
        read(CAMERAS, transport)
        kept = {one.reply.operation: one for one in transport.samples.kept}
    assert set(kept) == {"GetMasks", "GetUsers", "GetOSDs"}
    body = kept["GetMasks"].reply.body
    assert b"bad request" in body and PASSWORD.encode() not in body and USER.encode() not in body
    assert b"PasswordDigest" in body, "the kind of the login is no secret; its digest and nonce are"
    assert "larger" in kept["GetUsers"].why and "compressed" in kept["GetOSDs"].why
    assert PASSWORD not in repr(transport.samples)

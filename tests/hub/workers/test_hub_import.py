"""Batches carried to the hub as files go through the same rules; a hostile one is refused whole, in one line."""

from __future__ import annotations

import json
import os
import struct
import zipfile
import zlib
from pathlib import Path

import delivery
import pytest
from caseside import write_files
from delivery import NOW, Maker
from hubdesk import Desk, chain_of

from agent.contract.envelope import STATE_TYP, flatten, sign_payload, unflatten
from agent.contract.presence import write_state
from agent.contract.watermark import read_watermark
from agent.hub.stores import trust
from agent.hub.stores.store import Store
from agent.hub.workers.imports import Imported, take_batch
from agent.hub.workers.intake import Intake
from agent.model.errors import AgentError, ConfigurationError, UsageError
from agent.model.finding import Head
from agent.verify.archive import pack


@pytest.fixture
def maker(tmp_path: Path) -> Maker:
    return Maker(tmp_path / "site")


def take(desk: Desk, path: Path) -> Imported:
    return take_batch(
        path, desk.store, Intake(desk.store, trust.load(desk.directory), is_carried=True), desk.signer, NOW
    )


def state(maker: Maker, epoch: str = "e1", number: int = 1) -> bytes:
    payload = write_state(
        maker.presence(epoch, number),
        "ready",
        NOW,
    )
    return flatten(payload, sign_payload(payload, maker.signer, STATE_TYP))


def batch(directory: Path, maker: Maker, count: int = 3) -> Path:
    write_files(directory, chain_of(maker, count))
    (directory / "state.json").write_bytes(state(maker))
    return directory


def nothing_was_taken(desk: Desk) -> bool:
    taken = "SELECT (SELECT count(*) FROM report) + (SELECT count(*) FROM waiting) + (SELECT count(*) FROM count)"
    return bool(desk.store.all(taken) == [(0,)])


@pytest.mark.parametrize("zipped", [False, True], ids=["folder", "zip"])
def test_a_batch_is_verified_kept_and_confirmed_by_a_watermark_that_goes_back(
    desk: Desk, maker: Maker, tmp_path: Path, zipped: bool
) -> None:
    desk.vouch(maker)
    folder = batch(tmp_path / "batch", maker)
    path = folder
    if zipped:
        path = tmp_path / "batch.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in folder.iterdir():
                archive.write(file, file.name)
    done = take(desk, path)
    assert (done.site, done.files, dict(done.counts), done.faults) == ("S1", 4, {"state": 1, "verified": 3}, 0)
    assert done.ack is not None
    mark = read_watermark(*unflatten(done.ack), {desk.signer.kid: desk.signer.public}, "S1")
    assert (mark.epoch, mark.streams) == ("e1", {"event": Head(3, chain_of(maker, 3)[2].report.digest)})
    again = take(desk, path)
    assert (dict(again.counts), again.faults) == ({"state": 1, "duplicate": 3}, 0)
    assert desk.status()["protocol"] == "flattened"


def test_a_batch_of_an_unknown_key_waits_and_nothing_of_it_is_confirmed(
    desk: Desk, maker: Maker, tmp_path: Path
) -> None:
    done = take(desk, batch(tmp_path / "batch", maker))
    assert (done.ack, done.counts["untrusted"], done.faults) == (None, 4, 4)
    events = desk.vouch(maker)
    assert sorted(str(event["event"]) for event in events) == ["state", "verified", "verified", "verified"]
    assert take(desk, tmp_path / "batch").ack is not None


def test_one_report_that_is_not_believed_does_not_hold_up_the_others(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    desk.vouch(maker)
    folder = batch(tmp_path / "batch", maker)
    bad = (folder / "e1-event-2.json").read_bytes().replace(b"no answer", b"an answer")
    (folder / "e1-event-2.json").write_bytes(bad)
    done = take(desk, folder)
    assert (done.counts["verified"], done.counts["rejected"], done.faults) == (2, 1, 1)
    assert [event["reason"] for event in done.told] == ["signature"]
    assert desk.watermark("e1") == {"event": 1}


def test_file_names_say_nothing_only_what_was_signed_does(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    desk.vouch(maker)
    folder = batch(tmp_path / "batch", maker)
    (folder / "e1-event-1.json").rename(folder / "zzz.json")
    (folder / "state.json").rename(folder / "e9-health-99.json")
    assert take(desk, folder).counts["verified"] == 3


def test_two_take_the_same_batch_at_once_beside_a_running_hub_and_it_is_there_once(
    desk: Desk, maker: Maker, tmp_path: Path
) -> None:
    desk.vouch(maker)
    batch(tmp_path / "batch", maker)
    other = Store(desk.directory)  # what a command opens while the hub has the database open
    try:
        done = take_batch(
            tmp_path / "batch", other, Intake(other, trust.load(desk.directory), is_carried=True), desk.signer, NOW
        )
    finally:
        other.close()
    assert done.counts["verified"] == 3
    assert desk.send(chain_of(maker, 1)[0])["event"] == "duplicate"
    assert desk.watermark("e1") == {"event": 3}


def test_a_file_that_is_no_signed_report_refuses_the_whole_batch(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    desk.vouch(maker)
    rows = {
        "note.json": b"hello",
        "deep.json": b"[" * 100_000,
        "empty.json": b"",
        "binary.json": b"\x00\xff" * 100,
        "unsigned.json": json.dumps({"payload": "{}", "protected": "e30", "signature": ""}).encode(),
        "huge.json": b" " * (4 * 1024 * 1024 + 1),
    }
    for name, data in rows.items():
        folder = batch(tmp_path / name, maker)
        (folder / name).write_bytes(data)
        with pytest.raises(ConfigurationError) as caught:
            take(desk, folder)
        assert name in str(caught.value)
        assert "nothing of it was used" in str(caught.value)
        assert "\n" not in str(caught.value)
    assert nothing_was_taken(desk)


def test_an_empty_batch_one_of_two_sites_and_a_case_are_refused(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no signed report is in it"):
        take(desk, tmp_path / "empty")
    folder = batch(tmp_path / "two", maker)
    other = Maker(tmp_path / "S2", delivery.site("S2"))
    (folder / "other.json").write_bytes(flatten(*_parts(chain_of(other, 1)[0])))
    with pytest.raises(UsageError, match="reports of 2 sites are in it"):
        take(desk, folder)
    (tmp_path / "case.zip").write_bytes(pack({"manifest.json": b"{}"}))
    with pytest.raises(UsageError, match="a case, not a batch"):
        take(desk, tmp_path / "case.zip")
    assert nothing_was_taken(desk)


def _parts(envelope: object) -> tuple[bytes, str]:
    return envelope.report.payload, envelope.jws  # type: ignore[attr-defined]


def test_a_place_that_is_no_batch_gives_one_line(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("not a zip")
    for path, expected in ((tmp_path / "none", "No such file"), (tmp_path / "text.zip", "nor a sound ZIP")):
        with pytest.raises(ConfigurationError) as caught:
            take(desk, path)
        assert expected in str(caught.value)
        assert caught.value.exit_code == 78


def test_links_in_a_folder_are_refused(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    folder = batch(tmp_path / "batch", maker)
    (folder / "link.json").symlink_to(desk.directory / "hub-key.pem")
    with pytest.raises(ConfigurationError, match=r"link\.json: a link or device, not a file"):
        take(desk, folder)
    (folder / "link.json").unlink()
    os.mkfifo(folder / "pipe.json")
    with pytest.raises(ConfigurationError, match=r"pipe\.json: a link or device, not a file"):
        take(desk, folder)
    assert nothing_was_taken(desk)


def hostile(path: Path, kind: str, good: bytes) -> None:
    """Write a ZIP that means no good."""
    if kind == "overlap":
        path.write_bytes(_overlapping(good))
        return
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("state.json", good)
        if kind == "up":
            archive.writestr("../../evil.json", good)
        elif kind == "absolute":
            archive.writestr("/etc/evil.json", good)
        elif kind == "windows":
            archive.writestr("..\\evil.json", good)
        elif kind == "control":
            archive.writestr("a\x1b[31m.json", good)
        elif kind == "link":
            info = zipfile.ZipInfo("link.json")
            info.external_attr = 0o120777 << 16
            archive.writestr(info, "/etc/passwd")
        elif kind == "bomb":
            archive.writestr("bomb.json", b"\0" * (4 * 1024 * 1024 + 1))
        elif kind == "many":
            for number in range(30):
                archive.writestr(f"{number}.json", b"\0" * (4 * 1024 * 1024 - 1))
        elif kind == "lzma":
            archive.writestr("x.json", good, zipfile.ZIP_LZMA)
    if kind == "encrypted":
        data = bytearray(path.read_bytes())
        data[data.rindex(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(data)
    if kind == "liar":  # the directory promises less than the file unpacks to
        data = bytearray(path.read_bytes())
        data[data.rindex(b"PK\x01\x02") + 24 : data.rindex(b"PK\x01\x02") + 28] = struct.pack("<I", 10)
        path.write_bytes(data)
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    if kind == "broken":
        data = bytearray(path.read_bytes())
        data[60] ^= 0xFF
        path.write_bytes(data)


def _overlapping(data: bytes) -> bytes:
    """Return a ZIP whose two entries are one and the same file: the principle of a bomb that needs no nesting."""
    crc, size = zlib.crc32(data), len(data)
    local = struct.pack("<IHHHHHIIIHH", 0x04034B50, 20, 0, 0, 0, 33, crc, size, size, 6, 0) + b"a.json" + data
    directory = b"".join(
        struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 20, 20, 0, 0, 0, 33, crc, size, size, 6, 0, 0, 0, 0, 0, 0) + name
        for name in (b"a.json", b"b.json")
    )
    end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 2, 2, len(directory), len(local), 0)
    return local + directory + end


HOSTILE = {
    "up": "../../evil.json: its name leads out of the archive",
    "absolute": "/etc/evil.json: its name leads out of the archive",
    "windows": "its name leads out of the archive",
    "control": "its name leads out of the archive",
    "link": "link.json: a link or device, not a file",
    "bomb": "bomb.json: larger than 4194304 bytes",
    "many": "bring it in several parts",
    "lzma": "x.json: encrypted, or packed in another way",
    "encrypted": "state.json: encrypted, or packed in another way",
    "overlap": "shares bytes with another file",
    "liar": "state.json",
    "cut": "nor a sound ZIP",
    "broken": "state.json",
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_zip_is_refused_whole_in_one_line(
    desk: Desk, maker: Maker, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.vouch(maker)
    monkeypatch.setattr("agent.verify.archive.TOTAL_MAX_BYTES", 64 * 1024 * 1024)
    hostile(tmp_path / "batch.zip", kind, state(maker))
    with pytest.raises(AgentError) as caught:
        take(desk, tmp_path / "batch.zip")
    assert HOSTILE[kind] in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.exit_code == 78
    assert nothing_was_taken(desk)
    assert not (tmp_path / "evil.json").exists()


def test_a_name_that_stands_twice_is_refused(desk: Desk, maker: Maker, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "batch.zip", "w") as archive:
        archive.writestr("state.json", state(maker))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("state.json", state(maker))
    with pytest.raises(ConfigurationError, match=r"state\.json: stands in it twice"):
        take(desk, tmp_path / "batch.zip")


def test_more_files_than_any_batch_are_refused(
    desk: Desk, maker: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.verify.archive.FILES_MOST", 3)
    with pytest.raises(ConfigurationError, match="more than 3 files"):
        take(desk, batch(tmp_path / "batch", maker))
    assert nothing_was_taken(desk)

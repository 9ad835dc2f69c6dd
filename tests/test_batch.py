"""Batches carried by hand: written whole or not at all, and read from a medium that was in other hands."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from agent.batch import FILE_MAX_BYTES, read_batch, write_batch
from agent.errors import ConfigurationError, UsageError


def test_a_batch_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> object:
        yield "a.json", b"{}"
        raise UsageError("stop")

    for name in ("batch", "batch.zip"):
        with pytest.raises(UsageError):
            write_batch(tmp_path / name, broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_hostile_medium_is_read_without_following_or_unpacking_anything(tmp_path: Path) -> None:
    folder = tmp_path / "batch"
    (folder / "sub").mkdir(parents=True)
    (tmp_path / "secret.json").write_text("secret")
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "sub" / "a.json").write_bytes(b"{}")
    (folder / "large.json").write_bytes(b"0" * (FILE_MAX_BYTES + 1))
    os.mkfifo(folder / "pipe.json")
    (folder / "note.txt").write_text("not looked at")
    found = {item.name: (item.data, item.problem) for item in read_batch(folder)}
    assert found == {
        "large.json": (b"", "larger than any report"),
        "link.json": (b"", "not a file of its own"),
        "pipe.json": (b"", "not a file of its own"),
        "sub/a.json": (b"{}", ""),
    }
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../escape.json", b"{}")
        archive.writestr("bomb.json", b"\0" * (64 * 1024 * 1024))
    found = {item.name: (item.data, item.problem) for item in read_batch(tmp_path / "bomb.zip")}
    assert found == {"../../escape.json": (b"{}", ""), "bomb.json": (b"", "larger than any report")}
    assert not (tmp_path.parent.parent / "escape.json").exists()


def test_damaged_archives_are_told_and_never_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    write_batch(path, [(f"{n}.json", os.urandom(500)) for n in range(4)])
    sound = path.read_bytes()
    for at in range(0, len(sound), 7):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0x10]) + sound[at + 1 :])
        try:
            list(read_batch(path))
        except ConfigurationError as error:
            assert str(path) in str(error)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        list(read_batch(tmp_path / "none.zip"))

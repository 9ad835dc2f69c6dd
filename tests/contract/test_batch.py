"""Batches carried by hand: written whole or not at all, and what was damaged on the way is told in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from agent.contract.carried_batch import write_batch
from agent.model.errors import ConfigurationError, UsageError
from agent.verify.archive import open_container


def test_a_batch_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> object:
        yield "a.json", b"{}"
        raise UsageError("stop")

    for name in ("batch", "batch.zip"):
        with pytest.raises(UsageError):
            write_batch(tmp_path / name, broken())  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_damaged_archives_are_told_and_never_a_traceback(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    write_batch(path, [(f"{n}.json", os.urandom(500)) for n in range(4)])
    sound = path.read_bytes()
    for at in range(0, len(sound), 7):
        path.write_bytes(sound[:at] + bytes([sound[at] ^ 0x10]) + sound[at + 1 :])
        try:
            with open_container(path) as container:
                assert all(container.read(name) for name in container.names)
        except ConfigurationError as error:
            assert str(path) in str(error)
    with pytest.raises(ConfigurationError, match="check the path"), open_container(tmp_path / "none.zip"):
        pass


def test_a_name_that_is_no_text_before_its_file_is_damaged(tmp_path: Path) -> None:
    """The directory at the end of the ZIP names the file rightly, the header before its bytes does not."""
    path = tmp_path / "b.zip"
    write_batch(path, [("é.json", b"{}")])
    path.write_bytes(path.read_bytes().replace("é".encode(), b"\xff\xff", 1))
    with open_container(path) as container, pytest.raises(ConfigurationError, match="damaged"):
        container.read("é.json")

"""Walks a folder that the agent or the hub wrote, for files that no row of the table of stores names."""

from __future__ import annotations

from pathlib import Path

from agent.onsite.privacy.stores import Folder, stores_of


def unnamed(folder: Path, kind: Folder) -> list[str]:
    """Return the files, from the folder on, without a row; there must be some with one."""
    written = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    without = [name for name in written if not stores_of(kind, name)]
    assert len(without) < len(written), folder
    return without

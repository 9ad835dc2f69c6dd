"""The same package under another version number: what an upgrade and a downgrade are tried with.

It is repacked without compression and without building anything again, so it costs seconds.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path


def version_of(deb: Path) -> str:
    """Return the version of a .deb."""
    return subprocess.run(["dpkg-deb", "-f", deb, "Version"], check=True, capture_output=True, text=True).stdout.strip()


def repacked(deb: Path, version: str, out: Path) -> Path:
    """Write the .deb again with another version number, and return where it is."""
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
        control = tree / "DEBIAN" / "control"
        text, count = re.subn(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{deb}: its control file names no version")
        control.write_text(text)
        build: list[str | Path] = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, out]
        subprocess.run(build, check=True, capture_output=True)
    return out

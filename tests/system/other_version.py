"""Other versions of the package, for upgrades and downgrades: the same one under another number, and release 0.1.

The first is repacked without compression and without building anything again, so it costs seconds. The second is built
once from its own commit by its own script, a minute, and kept.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
RELEASE_0_1: Final = "9c5cd3fe1d56e09a5e56a2b77a0ad0f2bf08d0e8"
"""The commit of which gateways run a package that calls itself 0.1.0."""


def version_of(deb: Path) -> str:
    """Return the version of a .deb."""
    return subprocess.run(["dpkg-deb", "-f", deb, "Version"], check=True, capture_output=True, text=True).stdout.strip()


def as_release(version: str) -> str:
    """Return the version that a package would have if its checkout were a release: no commit, and the same system."""
    release, _, system = version.rpartition("~")
    return f"{re.split(r'[-~]', release)[0]}-1~{system}"


def repacked(deb: Path, version: str, out: Path, release: str = "") -> Path:
    """Write the .deb again with another version number, and return where it is.

    Args:
        deb: The package.
        version: The other number.
        out: Where the other package goes.
        release: What the program in it calls itself; empty: the same as before.
    """
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        tree = Path(folder) / "tree"
        subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
        control = tree / "DEBIAN" / "control"
        text, count = re.subn(r"^Version: .*$", f"Version: {version}", control.read_text(), flags=re.MULTILINE)
        if count != 1:
            raise ValueError(f"{deb}: its control file names no version")
        control.write_text(text)
        for path in tree.glob("usr/lib/*/site-packages/agent/version.py") if release else ():
            path.write_text(re.sub(r"^VERSION.*$", f'VERSION = "{release}"', path.read_text(), flags=re.MULTILINE))
        build: list[str | Path] = ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, out]
        subprocess.run(build, check=True, capture_output=True)
    return out


def release_0_1(python: str, cache: Path) -> Path:
    """Return the package of release 0.1 for one Python, built now where the cache has none.

    Raises:
        subprocess.CalledProcessError: The checkout does not have its commit, as a shallow one, or the build failed.
    """
    kept = cache / f"release-0.1-py{python}.deb"
    if kept.exists():
        return kept
    with tempfile.TemporaryDirectory(prefix="release-0.1-", dir=cache) as folder:
        source, out = Path(folder, "source"), Path(folder, "out")
        subprocess.run(["git", "clone", "--quiet", "--shared", "--no-checkout", ROOT, source], check=True)
        subprocess.run(["git", "-C", source, "checkout", "--quiet", RELEASE_0_1], check=True)
        script = [sys.executable, "-P", source / "packaging" / "build_deb.py", "--python", python]
        subprocess.run([*script, "--compression", "fast", "--out", out], check=True)
        shutil.move(next(out.glob("*.deb")), kept)
    return kept

"""The bare Debian or Ubuntu that a guest begins as: made by mmdebstrap once, kept as a tar until what goes in changes.

What goes in: the release, what our package depends on (so that `dpkg -i` needs no network), and what a gateway's
neighbours need inside the guest. Downloaded .debs are kept as well, so that another list costs no second download.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
DEBIAN = ("http://deb.debian.org/debian", "main", "debian-archive-keyring")
UBUNTU = ("http://archive.ubuntu.com/ubuntu", "main,universe", "ubuntu-keyring")
"""Where packages are, in which components, and which package of this machine brings the keys they are signed with."""

GUEST_PACKAGES = ("systemd", "systemd-sysv", "dbus", "python3", "python3-apt", "mosquitto", "sudo")
"""A booting system, pytest's Python, what Ansible asks apt with, the broker, and the command that operators type
before ours."""

RECIPE = 1
"""Raise it where the same list is to give another image."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is tested: its name here and there, its Python, and where its packages come from."""

    name: str
    suite: str
    python: str
    mirror: str
    components: str
    keyring: str


RELEASES = (
    Release("debian-12", "bookworm", "3.11", *DEBIAN),
    Release("ubuntu-24.04", "noble", "3.12", *UBUNTU),
    Release("debian-13", "trixie", "3.13", *DEBIAN),
)


def needs_of(deb: Path) -> tuple[str, ...]:
    """Return the names that a .deb depends on, of alternatives the first."""
    told = subprocess.run(["dpkg-deb", "-f", deb, "Depends"], check=True, capture_output=True, text=True).stdout
    names = {re.split(r"[ (:|]", entry.strip(), maxsplit=1)[0] for entry in told.replace("\n", " ").split(",")}
    return tuple(sorted(names - {""}))


def base_image(release: Release, needs: tuple[str, ...], cache: Path) -> Path:
    """Return the tar of a release with these packages, made now where the cache has none.

    Raises:
        subprocess.CalledProcessError: mmdebstrap failed; it has said why.
    """
    packages = sorted({*GUEST_PACKAGES, *needs})
    key = hashlib.sha256(json.dumps([RECIPE, release.suite, release.mirror, packages]).encode()).hexdigest()[:16]
    image = cache / f"{release.name}-{key}.tar"
    if image.exists():
        return image
    subprocess.run(["sh", ROOT / "packaging" / "system-packages.sh", release.keyring], check=True)
    archives = cache / f"{release.name}-archives"
    archives.mkdir(parents=True, exist_ok=True)
    making = image.with_suffix(".part.tar")
    making.unlink(missing_ok=True)
    keep = ["--skip=download/empty", "--skip=essential/unlink"]
    keep += ['--setup-hook=mkdir -p "$1"/var/cache/apt/archives/']
    keep += [f"--setup-hook=sync-in {archives} /var/cache/apt/archives/"]
    keep += [f"--customize-hook=sync-out /var/cache/apt/archives {archives}"]
    keep += ['--customize-hook=rm -rf "$1"/var/cache/apt/archives/*']
    what = ["--variant=minbase", f"--components={release.components}", f"--include={','.join(packages)}"]
    place = [release.suite, making, release.mirror]
    subprocess.run(["mmdebstrap", "--quiet", "--mode=root", *what, *keep, *place], check=True)
    for old in cache.glob(f"{release.name}-*.tar"):
        if old != making:
            old.unlink()
    return making.rename(image)


def unpack(image: Path, root: Path) -> None:
    """Write the files of an image to a new folder, owners and modes as they are in it."""
    root.mkdir(parents=True)
    subprocess.run(["tar", "--extract", "--numeric-owner", f"--file={image}", f"--directory={root}"], check=True)

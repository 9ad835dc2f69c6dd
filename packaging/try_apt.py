"""Install from a signed repository with apt on each bare system that it has a suite for, without any other source.

    try_apt.py dist/apt

Each system is a container without network that knows this folder and its key, nothing else: `apt-get update`, `apt-get
install camwarden`, and the program is asked for its version. Then the lists are signed by nobody, and apt must refuse.
Needs root, mmdebstrap and systemd-nspawn; only packages for this machine's architecture are tried.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from apt_repository import DETACHED, INLINE, PUBLIC_KEY

from measure import Release, field, image_for, installable, unpack

SOURCES: Final = f"""\
Types: deb
URIs: file:/srv/apt
Suites: {{suite}}
Components: main
Signed-By: /etc/apt/keyrings/{PUBLIC_KEY}
"""
"""As packaging/README.md has it, with a folder instead of a server."""

INSTALL: Final = """\
set -e
apt-get -qq update
apt-get -qq install --no-install-recommends -y camwarden >/tmp/said 2>&1 || { cat /tmp/said; exit 1; }
dpkg-query --show camwarden
camwarden --version
rm -rf /var/lib/apt/lists/*
"""
REFUSE: Final = "! apt-get -qq update 2>/tmp/said && grep 'is not signed' /tmp/said"


def told(root: Path, repository: Path, script: str) -> str:
    """Run a script in the container and return what it printed. Raises SystemExit with it where it fails."""
    nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--as-pid2"]
    nspawn += [
        "--resolv-conf=off",
        "--timezone=off",
        f"--machine=apt-{os.getpid()}",
        f"--bind-ro={repository}:/srv/apt",
    ]
    environ = {**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
    done = subprocess.run(
        [*nspawn, "--directory", root, "/bin/sh", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        env=environ,
    )
    if done.returncode != 0:
        raise SystemExit(f"try_apt: {root.name}: ended with {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def tried(release: Release, image: Path, repository: Path) -> str:
    """Install on one system and return what it said of the program."""
    with tempfile.TemporaryDirectory(prefix="apt-", dir=image.parent) as scratch:
        root, unsigned = Path(scratch, release.name), Path(scratch, "unsigned")
        unpack(image, root)
        shutil.rmtree(root / "etc/apt/sources.list.d", ignore_errors=True)
        (root / "etc/apt/sources.list").unlink(missing_ok=True)
        for folder in ("sources.list.d", "keyrings"):
            (root / "etc/apt" / folder).mkdir(exist_ok=True)
        shutil.copyfile(repository / PUBLIC_KEY, root / "etc/apt/keyrings" / PUBLIC_KEY)
        (root / "etc/apt/sources.list.d/camwarden.sources").write_text(SOURCES.format(suite=release.suite))
        said = told(root, repository, INSTALL)
        shutil.copytree(repository / "dists", unsigned / "dists", ignore=shutil.ignore_patterns(INLINE, DETACHED))
        told(root, unsigned, REFUSE)
    return said


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    args = parser.parse_args()
    debs = [deb for deb in sorted(args.repository.glob("pool/*/*.deb")) if installable(deb)]
    if os.geteuid() != 0 or not debs:
        sys.exit(f"try_apt: {'needs root' if debs else f'{args.repository}: no package for this machine'}")
    for deb in debs:
        release, image = image_for(deb)
        print(f"{release.name}: {' '.join(tried(release, image, args.repository.resolve()).split())}")
        print(f"{release.name}: the same lists without signature refused; {field(deb, 'Version')}")

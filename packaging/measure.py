"""Measure built packages on the bare Debian or Ubuntu that each is for, and write the table into `packaging/README.md`.

    measure.py FILE.deb ...

Each package whose Python is that of a release we test is installed there, in a container without network; what
`measured_inside.py` finds is written between the markers. Needs root, mmdebstrap and systemd-nspawn. The packages must
be for this machine's architecture; of others, only the size is told.
"""

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "packaging" / "README.md"
BEGIN, END = "<!-- measured: make measure -->\n", "<!-- end of measured -->\n"
COLUMNS = {
    "install, s": "{install_s:.1f} ({install_cpu_s:.1f})",
    "on disk, MB": "{disk_mb:.0f}",
    "`--version`, s": "{version_s:.2f} ({version_cpu_s:.2f})",
    "start to READY, s": "{ready_s:.1f} ({ready_cpu_s:.1f})",
    "RSS of the service, MB": "{rss_mb:.0f}",
    "of its picture worker, MB": "{worker_rss_mb:.0f}",
    "exposure": "{exposure:.1f}",
}
"""What `measured_inside.py` tells, and how the table has it."""

sys.path.append(str(ROOT / "tests" / "system"))

from base_image import RELEASES, Release, base_image, needs_of, unpack  # noqa: E402 - found only now

RELEASE_OF = {release.python: release for release in RELEASES}


def field(deb: Path, name: str) -> str:
    """Return one field of a package's control file."""
    return subprocess.run(["dpkg-deb", "-f", deb, name], check=True, capture_output=True, text=True).stdout.strip()


def python_of(deb: Path) -> str:
    """Return the Python that a package is for, such as 3.13."""
    found = re.search(r"python3 \(>= ([\d.]+)~\)", field(deb, "Depends"))
    if found is None:
        raise ValueError(f"{deb}: does not say which Python it is for")
    return found[1]


def installable(deb: Path) -> bool:
    """Tell whether this machine can be a system that takes the package."""
    native = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    return field(deb, "Architecture") == native and python_of(deb) in RELEASE_OF


def image_for(deb: Path) -> tuple[Release, Path]:
    """Return the release that a package is for, and its image."""
    release = RELEASE_OF[python_of(deb)]
    cache = ROOT / "build" / "system"
    cache.mkdir(parents=True, exist_ok=True)
    return release, base_image(release, needs_of(deb), cache)


def measured(deb: Path) -> dict[str, float]:
    """Install a package on its Debian and return what was measured there."""
    _, image = image_for(deb)
    with tempfile.TemporaryDirectory(prefix="measure-", dir=image.parent) as scratch:
        root = Path(scratch, "root")
        unpack(image, root)
        binds = {ROOT / "packaging": "/srv/packaging", ROOT / "tests/system/guest": "/srv/guest", deb: "/srv/this.deb"}
        nspawn = ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--as-pid2"]
        nspawn += ["--resolv-conf=off", "--timezone=off", f"--machine=measure-{os.getpid()}"]
        nspawn += [f"--bind-ro={ours.resolve()}:{theirs}" for ours, theirs in binds.items()]
        inside = ["/usr/bin/python3", "-B", "/srv/packaging/measured_inside.py"]
        done = subprocess.run(
            [*nspawn, "--directory", root, *inside],
            capture_output=True, text=True, check=False, env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{done.stdout}{done.stderr}measure: {deb.name} could not be measured")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def table(debs: list[Path]) -> str:
    """Measure all packages and return the table."""
    heads = ["Python", "architecture", "measured on", "package, MB", *COLUMNS]
    rows = [heads, ["---"] * len(heads)]
    for deb in debs:
        here = installable(deb)
        numbers = measured(deb) if here else {}
        print(f"{deb.name}: {numbers or 'its size only'}", file=sys.stderr)
        cells = [form.format(**numbers) if here else "-" for form in COLUMNS.values()]
        size = f"{deb.stat().st_size / 1e6:.1f}"
        place = RELEASE_OF[python_of(deb)].name if here else "-"
        rows.append([python_of(deb), field(deb, "Architecture"), place, size, *cells])
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    load = f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.0f}"
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return f"Measured on {today}, {load}; kernel {platform.release()}. In brackets: seconds of a core.\n\n{lines}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", type=Path, metavar="DEB")
    text = README.read_text("utf-8")
    between = re.compile(re.escape(BEGIN) + ".*?" + re.escape(END), re.DOTALL)
    if not between.search(text):
        raise SystemExit(f"measure: {README} has no place for the table: {BEGIN.strip()}")
    found = table(parser.parse_args().packages)
    README.write_text(between.sub(lambda _: f"{BEGIN}{found}{END}", text), "utf-8")

"""Check a built package before it is released: lintian, the same bytes once more, nothing left behind by a purge.

    check_deb.py FILE.deb ...

Each check tells its line; the exit code is 1 when one failed. Installing and purging needs root, and a Debian whose
Python is the package's: for others, that check says that it was not made.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from measure import ROOT, field, image_for, installable, python_of

Check = Callable[[Path], str | None]


def clean(deb: Path) -> str | None:
    """Return what lintian finds that no override explains."""
    command = ["lintian", "--allow-root", "--fail-on", "error,warning", deb]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stdout + done.stderr


def same_again(deb: Path) -> str | None:
    """Return how a second build differs, in another time zone, language and umask."""
    options = ["--python", python_of(deb), "--arch", field(deb, "Architecture")]
    if b"data.tar.zst" in subprocess.run(["ar", "t", deb], check=True, capture_output=True).stdout:
        options += ["--compression", "fast"]
    with tempfile.TemporaryDirectory() as scratch:
        build = [sys.executable, "-P", ROOT / "packaging/build_deb.py", *options, "--out", scratch]
        other = {**os.environ, "TZ": "Asia/Shanghai", "LANG": "zh_CN.UTF-8"}
        subprocess.run(build, check=True, stdout=subprocess.DEVNULL, env=other, umask=0o077)
        again = next(Path(scratch).glob("*.deb"))
        hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (deb, again)]
        return None if hashes[0] == hashes[1] else f"{deb.name} {hashes[0]}\n{again.name} {hashes[1]}"


def nothing_left(deb: Path) -> str | None:
    """Return what installing, removing and purging leaves in a bare Debian, as piuparts finds it."""
    release, image = image_for(deb)
    mirror = f"{release.mirror} {release.components.replace(',', ' ')}"
    system = ["--distribution", release.suite, "--basetgz", image, "--mirror", mirror]
    done = subprocess.run(["piuparts", *system, deb], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return None if done.returncode == 0 else done.stdout


CHECKS: dict[str, Check] = {"lintian": clean, "reproducible": same_again, "purge": nothing_left}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="+", type=Path, metavar="DEB")
    parser.add_argument("--only", choices=CHECKS, help="one of the checks")
    args = parser.parse_args()
    failed = False
    for package in args.packages:
        for name, check in CHECKS.items():
            if args.only not in (None, name):
                continue
            if check is nothing_left and not (installable(package) and os.geteuid() == 0):
                print(f"not made {name}: {package.name} (needs root and the Debian that the package is for)")
                continue
            wrong = check(package)
            failed |= wrong is not None
            print(f"{'FAILED' if wrong else 'passed'} {name}: {package.name}\n{wrong or ''}".rstrip())
    sys.exit(1 if failed else 0)

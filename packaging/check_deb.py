"""Check a built package before it is released: lintian, the same bytes once more, nothing left behind by a purge.

    check_deb.py FILE.deb ...

Each check tells its line; the exit code is 1 when one failed. Installing and purging needs root, and a system whose
Python is the package's; lintian wants a package as it is released. Where that is missing, the line says "not made".
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


def for_trying(deb: Path) -> bool:
    """Tell whether a package was built with `--compression fast`, as no release is."""
    return b"data.tar.zst" in subprocess.run(["ar", "t", deb], check=True, capture_output=True).stdout


def same_again(deb: Path) -> str | None:
    """Return how a second build differs, in another time zone, language and umask."""
    options = ["--package", field(deb, "Package"), "--python", python_of(deb), "--arch", field(deb, "Architecture")]
    if for_trying(deb):
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


def hindered(check: Check, deb: Path) -> str | None:
    """Return why a check cannot be made of a package here."""
    if check is clean and for_trying(deb):
        return "lintian does not know the compression of a try-out"
    if check is nothing_left and not (installable(deb) and os.geteuid() == 0):
        return "needs root and the system that the package is for"
    return None


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
            if reason := hindered(check, package):
                print(f"not made {name}: {package.name} ({reason})")
                continue
            wrong = check(package)
            failed |= wrong is not None
            print(f"{'FAILED' if wrong else 'passed'} {name}: {package.name}\n{wrong or ''}".rstrip())
    sys.exit(1 if failed else 0)

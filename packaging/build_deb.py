"""Build the Debian package for one Python and one architecture, the same bytes each time.

Stages what is shipped as the tables say, fills the templates of `debian/`, and lets `dpkg-buildpackage` with plain
debhelper do the rest. Nothing of the target is run, so that arm64 is built on amd64.

    build_deb.py                              the agent's for the running Debian
    build_deb.py --python 3.11 --arch arm64   for another
    build_deb.py --package camwarden-hub      the hub's
"""

import argparse
import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from email.utils import formatdate
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGING = ROOT / "packaging"
BUILD = ROOT / "build" / "deb"

sys.path.append(str(PACKAGING))

from package_table import AGENT, PACKAGES, Package  # noqa: E402 - found only now

SYSTEMS = {"3.11": "deb12", "3.12": "ubuntu24.04", "3.13": "deb13"}
"""The system that a package is for, as its version names it, by that system's Python."""

COMPRESSIONS = {
    "xz": "-Zxz",  # smallest, for releases; minutes of a core
    "fast": "-Zzstd -z1 --threads-max=1",  # for tests: seconds, and a third larger
}
"""How the package is compressed, for dpkg-deb. xz gives the same bytes on any number of cores, zstd only on one."""

SAME = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
"""The environment of what is asked and run: nothing of the builder's language and place."""


def system_python() -> str:
    """Return the version of the running Debian's own Python, such as 3.13."""
    asked = ["/usr/bin/python3", "-Ic", "import sys; print('%d.%d' % sys.version_info[:2])"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def said(*command: str) -> str:
    """Return what a command prints in the checkout, or nothing where it fails."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=SAME, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def built_at() -> int:
    """Return the second that all files carry: SOURCE_DATE_EPOCH, else the time of the last commit.

    Source: reproducible-builds.org, SOURCE_DATE_EPOCH specification 1.1.
    """
    told = os.environ.get("SOURCE_DATE_EPOCH") or said("git", "log", "-1", "--format=%ct")
    if not told:
        raise SystemExit("build_deb: no commit to take the time from: set SOURCE_DATE_EPOCH")
    return int(told)


def version(python: str) -> str:
    """Return the version of the package for the system with this Python, such as 1.2.0-1~deb13."""
    return f"{upstream_version()}-1~{SYSTEMS[python]}"


def upstream_version() -> str:
    """Return the version of the program: that of pyproject.toml, before it where the commit is not tagged so."""
    commit = said("git", "log", "-1", "--abbrev=10", "--date=format-local:%Y%m%d%H%M%S", "--format=~git%cd.%h")
    tagged = f"v{released()}" in said("git", "tag", "--points-at", "HEAD").split()
    return f"{released()}{'' if tagged else commit}"


def tools() -> Path:
    """Return the Python of the build tools, in an environment that `build-tools.lock` pins."""
    lock, home = PACKAGING / "build-tools.lock", BUILD / "tools"
    seen = home / "installed.lock"
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "tools.gate").open("w") as gate:  # two builds may begin at once
        fcntl.flock(gate, fcntl.LOCK_EX)
        if not seen.is_file() or seen.read_bytes() != lock.read_bytes():
            venv.create(home, clear=True, with_pip=True)
            pip = [home / "bin/python", "-Im", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "--require-hashes", "-r", lock], check=True)
            shutil.copyfile(lock, seen)
    return home / "bin" / "python"


def control(python: str, architecture: str, package: Package = AGENT) -> str:
    """Return `debian/control` of a package for one Python, such as 3.13, and one architecture of Debian."""
    major, minor = python.split(".")
    text = (package.templates / "control").read_text("utf-8")
    for place, value in {"ARCH": architecture, "PYTHON": python, "NEXT_PYTHON": f"{major}.{int(minor) + 1}"}.items():
        text = text.replace(f"@{place}@", value)
    return text


def templates(package: Package) -> dict[str, str]:
    """Return the files of `debian/` for a package, by name, but for what its Python decides."""
    paths = {path.name: path for folder in (PACKAGING / "debian", package.templates) for path in folder.iterdir()}
    return {name: path.read_text("utf-8").replace("@PACKAGE@", package.name) for name, path in paths.items()}


def stage(package: Package, source: Path, python: str, architecture: str, name: str, epoch: int) -> None:
    """Lay out the source package: `debian/` with its templates filled, and the tree to be shipped below it."""
    shutil.rmtree(source, ignore_errors=True)
    root = source / "debian" / f"{package.name}-root"
    root.mkdir(parents=True)
    filled = control(python, architecture, package)
    for file, text in (templates(package) | {"control": filled}).items():
        (source / "debian" / file).write_text(text, "utf-8")
    maintainer = next(line.removeprefix("Maintainer: ") for line in filled.splitlines() if "Maintainer:" in line)
    (source / "debian/changelog").write_text(
        f"{package.name} ({name}) unstable; urgency=medium\n\n"
        f"  * What changed is told in changelog.gz beside this file.\n\n"
        f" -- {maintainer}  {formatdate(epoch)}\n",
        "utf-8",
    )
    shutil.copyfile(ROOT / "CHANGELOG.md", source / "CHANGELOG.md")
    pages = manual(package)
    for file, text in pages.items():
        (source / "debian" / file).write_text(text, "utf-8")
    (source / "debian/manpages").write_text("".join(f"debian/{file}\n" for file in pages), "utf-8")
    for path, place in package.debhelper.items():
        shutil.copyfile(ROOT / path, source / "debian" / place)
    for path, place in package.shipped.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / path).is_dir() else shutil.copyfile)(ROOT / path, root / place)
    site = root / package.site_packages
    fill(site, source.parent / "wheels", python, architecture, package)
    describe(site, source.parent / "wheels", epoch, root / package.doc, package)
    leave_out(site, package.left_out)
    for path in (source, *source.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.name == "rules" or path.parent.name == "bin" else 0o644)
        os.utime(path, (epoch, epoch))  # dpkg-deb only brings forward what is newer


def leave_out(site: Path, folders: tuple[str, ...]) -> None:
    """Remove folders of the program, from its list of files too."""
    for folder in folders:
        shutil.rmtree(site / folder)
    (record,) = site.glob("camwarden-*.dist-info/RECORD")
    lines = record.read_text("utf-8").splitlines(keepends=True)
    record.write_text(
        "".join(one for one in lines if not one.startswith(tuple(f"{name}/" for name in folders))), "utf-8"
    )


def manual(package: Package) -> dict[str, str]:
    """Return the man pages of a package, by names in which debhelper reads the language."""
    made = {}
    for folder, language in (("man", ""), ("man.zh_CN", ".zh_CN")):
        for path in sorted((PACKAGING / folder).iterdir()):
            to = Path(path.name if package.manual is None else package.manual.get(path.name, ""))
            if to.suffix:
                text = re.sub(r"(?m)^(\.TH \S+) \d ", rf"\1 {to.suffix[1:]} ", path.read_text("utf-8"), count=1)
                made[f"{to.stem}{language}{to.suffix}"] = text
    return made


def fill(site: Path | None, wheels: Path, python: str, architecture: str, package: Package = AGENT) -> None:
    """Fetch the wheels for one Python and architecture, ours among them, and install them into `site` if given."""
    command = [tools(), PACKAGING / "site_packages.py", "--python", python, "--arch", architecture]
    command += ["--lock", package.lock, "--cache", BUILD / "cache", "--wheels", wheels, "--own", ROOT]
    command += [] if site is None else [site]
    subprocess.run(command, check=True)


def released() -> str:
    """Return the version in pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def told(package: Package) -> dict[str, str]:
    """Return what says what is shipped, by the script that writes it: in the package, and beside it."""
    return {"write_sbom.py": f"{package.name}.cdx.json", "write_notices.py": "THIRD-PARTY-NOTICES"}


def describe(site: Path, wheels: Path, epoch: int, to: Path, package: Package = AGENT) -> None:
    """Write what says what is shipped into the folder `to`: the SBOM and the notices."""
    to.mkdir(parents=True, exist_ok=True)
    more = {"write_sbom.py": ("--version", released(), "--wheels", wheels), "write_notices.py": ()}
    for script, name in told(package).items():
        command = [sys.executable, PACKAGING / script, site, *more[script], "--out", to / name]
        subprocess.run(command, check=True, env=SAME | {"SOURCE_DATE_EPOCH": str(epoch)})


def build(python: str, architecture: str, to: Path, compression: str, package: Package = AGENT) -> Path:
    """Build a package and return it, as `to/NAME_VERSION_ARCH.deb`."""
    epoch, name = built_at(), version(python)
    to.mkdir(parents=True, exist_ok=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
        source = Path(scratch, package.name)
        stage(package, source, python, architecture, name, epoch)
        settings = {"SOURCE_DATE_EPOCH": str(epoch), "CAMWARDEN_COMPRESSION": COMPRESSIONS[compression]}
        done = subprocess.run(
            ["dpkg-buildpackage", "--build=binary", "--no-sign", "--no-check-builddeps", f"--host-arch={architecture}"],
            cwd=source, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=SAME | settings, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{done.stdout}build_deb: dpkg-buildpackage ended with {done.returncode}")
        made = next(Path(scratch).glob("*.deb"))
        for file in told(package).values():
            place = to / f"{made.stem}.{file.removeprefix(f'{package.name}.')}"
            shutil.copyfile(source / f"debian/{package.name}-root" / package.doc / file, place)
        return Path(shutil.move(made, to / made.name))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--python", default=None, choices=SYSTEMS, help="of the target, such as 3.13; that of the running Debian"
    )
    parser.add_argument("--package", default=AGENT.name, choices=PACKAGES, help="whose: the agent's, or the hub's")
    parser.add_argument("--arch", default=None, choices=("amd64", "arm64"), help="of the target; that of this machine")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder that gets the package")
    parser.add_argument("--compression", default="xz", choices=COMPRESSIONS, help="xz; fast: for tests")
    parser.add_argument("--only-sbom", action="store_true", help="SBOM and notices, without the package")
    args = parser.parse_args()
    package = PACKAGES[args.package]
    architecture = args.arch or said("dpkg", "--print-architecture")
    if args.only_sbom:
        with tempfile.TemporaryDirectory() as scratch:
            site, wheels = Path(scratch, "site"), Path(scratch, "wheels")
            fill(site, wheels, args.python or system_python(), architecture, package)
            describe(site, wheels, built_at(), args.out, package)
    else:
        print(build(args.python or system_python(), architecture, args.out, args.compression, package))

"""Fill one private folder of libraries, for one Python and one architecture, as `runtime.lock` pins them.

Nothing is compiled and nothing of the target is run: foreign architectures need no emulation. Everything comes from
published wheels with the hash of the lock; onvif-zeep, which has none, is made into a wheel from its hashed source.
What pip leaves to chance or to the machine is taken out, so that two builds are equal byte for byte.

Run it with the Python of the build tools: `build/deb/tools/bin/python packaging/site_packages.py --help`.
"""

import argparse
import csv
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
RUNTIME_LOCK = ROOT / "packaging" / "runtime.lock"
SOURCE_ONLY = ("onvif-zeep",)
FOR_BUILDERS = (".a", ".c", ".cpp", ".f", ".f90", ".h", ".pxd", ".pxi", ".pyf", ".pyi", ".pyx")
"""Files of wheels that serve compilers and editors only."""

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
OLDEST_GLIBC = 28  # 2.28, which wheels of today ask for; Debian 12 has 2.36


def pinned(python: str, machine: str) -> dict[str, str]:
    """Return what the lock pins for one Python (such as 3.13), by name: the requirement without marker, its hashes."""
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": machine,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    chosen = {}
    for text in re.split(r"(?m)^(?=\w)", RUNTIME_LOCK.read_text("utf-8")):
        if "==" not in text:
            continue
        line, _, hashes = text.partition("\\\n")
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate(environment):
            chosen[requirement.name] = f"{requirement.name}{requirement.specifier} \\\n{hashes}"
    return chosen


def pip(*arguments: str | Path, cache: Path) -> None:
    """Run the pip of the build tools; what it downloads is kept in `cache` for the next build."""
    quiet = ("--quiet", "--disable-pip-version-check", "--no-input")
    command = [sys.executable, "-Im", "pip", arguments[0], *quiet, "--cache-dir", cache, *arguments[1:]]
    subprocess.run(list(map(str, command)), check=True, env={**os.environ, "PIP_ROOT_USER_ACTION": "ignore"})


def for_target(python: str, machine: str) -> list[str]:
    """Return the flags with which pip takes wheels for another machine and Python, and no others."""
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(OLDEST_GLIBC, 16, -1)]
    platforms.append(f"manylinux2014_{machine}")
    flags = [word for platform in platforms for word in ("--platform", platform)]
    return [*flags, "--implementation", "cp", "--python-version", python, "--only-binary", ":all:", "--require-hashes"]


def download(wheels: Path, python: str, architecture: str, cache: Path, own: Path | None = None) -> tuple[Path, ...]:
    """Fetch the wheel of each library into a folder, and that of `own`, a checkout; return those built here.

    Raises:
        subprocess.CalledProcessError: pip refused: no such wheel, another hash, no network.
    """
    machine = MACHINES[architecture]
    lines = pinned(python, machine)
    with tempfile.TemporaryDirectory() as scratch:
        source, published, built = Path(scratch, "source.txt"), Path(scratch, "published.txt"), Path(scratch, "built")
        source.write_text("".join(lines[name] for name in SOURCE_ONLY))
        published.write_text("".join(text for name, text in lines.items() if name not in SOURCE_ONLY))
        pip("download", "--no-deps", *for_target(python, machine), "--dest", wheels, "-r", published, cache=cache)
        pip("wheel", "--no-deps", "--no-build-isolation", "--require-hashes", "--no-binary", ":all:",
            "--wheel-dir", built, "-r", source, cache=cache)  # fmt: skip
        if own is not None:
            pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", built, own, cache=cache)
        return tuple(Path(shutil.move(wheel, wheels / wheel.name)) for wheel in sorted(built.iterdir()))


def fill(target: Path, python: str, architecture: str, cache: Path, wheels: Path, own: Path | None = None) -> None:
    """Make `target` the folder of all libraries for this Python and this Debian architecture, and of `own`, a checkout.

    The wheels that it is made of are left in `wheels`, where the SBOM takes their hashes from.

    Raises:
        subprocess.CalledProcessError: pip refused: no such wheel, another hash, no network.
    """
    shutil.rmtree(target, ignore_errors=True)
    wheels.mkdir(parents=True, exist_ok=True)
    built = download(wheels, python, architecture, cache, own)
    place = ["--target", target, "--no-compile", "--no-deps", "--no-index", "--find-links", wheels]
    published = [text for name, text in pinned(python, MACHINES[architecture]).items() if name not in SOURCE_ONLY]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as lock:
        lock.write("".join(published))
        lock.flush()
        pip("install", *place, *for_target(python, MACHINES[architecture]), "-r", lock.name, cache=cache)
    for wheel in built:
        unpack(wheel, target)
    make_equal(target)


def unpack(wheel: Path, target: Path) -> None:
    """Unpack a wheel of pure Python that was built here.

    onvif-zeep wants its WSDLs where the building Python has its packages (`NAME.data/data/lib/python3.11/...`); the
    program looks for them beside the package `onvif`.
    """
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            place = re.sub(r"^[^/]+\.data/data/lib/python3\.\d+/site-packages/", "", name)
            if not name.endswith("/") and ".data/" not in place:
                (target / place).parent.mkdir(parents=True, exist_ok=True)
                (target / place).write_bytes(archive.read(name))


def make_equal(target: Path) -> None:
    """Take out what differs between machines that build, and what nothing of ours runs."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    for folder in [path for path in target.glob("*/**/tests") if path.is_dir()]:
        shutil.rmtree(folder)
    for path in [path for path in target.rglob("*") if path.suffix in FOR_BUILDERS]:
        path.unlink()
    for path in target.rglob("*.py"):  # no module is run as a program, and some name a Python that Debian has not
        text = path.read_bytes()
        if text.startswith(b"#!"):
            path.write_bytes(text[text.index(b"\n") :])
    for record in target.glob("*.dist-info/RECORD"):
        lines = re.sub(r"(?m)^[^/,]+\.data/data/lib/python3\.\d+/site-packages/", "", record.read_text("utf-8"))
        kept = [line for line in lines.splitlines(keepends=True) if (target / next(csv.reader([line]))[0]).is_file()]
        record.write_text("".join(kept), "utf-8")
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="such as 3.13")
    parser.add_argument("--arch", required=True, choices=sorted(MACHINES))
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "deb" / "cache")
    parser.add_argument("--own", type=Path, help="a checkout of camwarden, to be installed too")
    parser.add_argument("--wheels", type=Path, required=True, help="folder that gets the wheels it was made of")
    parser.add_argument(
        "target", type=Path, nargs="?", help="the folder to be filled; without it only wheels are fetched"
    )
    args = parser.parse_args()
    if args.target is None:
        args.wheels.mkdir(parents=True, exist_ok=True)
        download(args.wheels, args.python, args.arch, args.cache, args.own)
    else:
        fill(args.target, args.python, args.arch, args.cache, args.wheels, args.own)

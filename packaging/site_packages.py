"""Fill one private folder of libraries, for one Python and one architecture, as a lock pins them.

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

DATA = re.compile(rb"(?m)^[^/,\n]+\.data/data/lib/python3\.\d+/site-packages/")
"""How files of a wheel begin that are to lie where the building Python has its packages."""

MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
ELF_MACHINES = {"amd64": 62, "arm64": 183}  # e_machine of the ELF header: EM_X86_64, EM_AARCH64
OLDEST_GLIBC = 28  # 2.28, which wheels of today ask for; Debian 12 has 2.36


def pinned(python: str, machine: str, lock: Path = RUNTIME_LOCK) -> dict[str, str]:
    """Return what a lock pins for one Python (such as 3.13), by name: the requirement without marker, its hashes."""
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
    for text in re.split(r"(?m)^(?=\w)", lock.read_text("utf-8")):
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


def download(
    wheels: Path, python: str, architecture: str, cache: Path, own: Path | None = None, lock: Path = RUNTIME_LOCK
) -> tuple[Path, ...]:
    """Fetch the wheel of each library of a lock into a folder, and that of `own`, a checkout; return those built here.

    Raises:
        subprocess.CalledProcessError: pip refused: no such wheel, another hash, no network.
    """
    machine = MACHINES[architecture]
    lines = pinned(python, machine, lock)
    by_us = [lines[name] for name in SOURCE_ONLY if name in lines]
    with tempfile.TemporaryDirectory() as scratch:
        source, published, built = Path(scratch, "source.txt"), Path(scratch, "published.txt"), Path(scratch, "built")
        source.write_text("".join(by_us))
        built.mkdir()
        published.write_text("".join(text for name, text in lines.items() if name not in SOURCE_ONLY))
        pip("download", "--no-deps", *for_target(python, machine), "--dest", wheels, "-r", published, cache=cache)
        if by_us:
            pip("wheel", "--no-deps", "--no-build-isolation", "--require-hashes", "--no-binary", ":all:",
                "--wheel-dir", built, "-r", source, cache=cache)  # fmt: skip
        if own is not None:
            pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", built, own, cache=cache)
        return tuple(repacked(wheel, wheels) for wheel in sorted(built.iterdir()))


def repacked(wheel: Path, to: Path) -> Path:
    """Write a wheel that was built here anew into a folder: the same bytes whoever built it, and for every Python.

    onvif-zeep wants its WSDLs where the building Python has its packages (`NAME.data/data/lib/python3.11/...`); here
    they go beside the package `onvif`, where the program looks for them. Times, modes and compression are fixed.
    """
    with zipfile.ZipFile(wheel) as built, zipfile.ZipFile(to / wheel.name, "w") as archive:
        for name in sorted(name for name in built.namelist() if not name.endswith("/")):
            content = built.read(name)
            if name.endswith(".dist-info/RECORD"):
                content = DATA.sub(b"", content)
                content = b"".join(sorted(content.splitlines(keepends=True)))
            entry = zipfile.ZipInfo(DATA.sub(b"", name.encode()).decode())
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return to / wheel.name


def fill(
    target: Path,
    python: str,
    architecture: str,
    cache: Path,
    wheels: Path,
    own: Path | None = None,
    lock: Path = RUNTIME_LOCK,
) -> None:
    """Make `target` the folder of all libraries of a lock for one Python and architecture, and of `own`, a checkout.

    The wheels that it is made of are left in `wheels`, where the SBOM takes their hashes from.

    Raises:
        subprocess.CalledProcessError: pip refused: no such wheel, another hash, no network.
    """
    shutil.rmtree(target, ignore_errors=True)
    wheels.mkdir(parents=True, exist_ok=True)
    built = download(wheels, python, architecture, cache, own, lock)
    place = ["--target", target, "--no-compile", "--no-deps", "--no-index", "--find-links", wheels]
    lines = pinned(python, MACHINES[architecture], lock)
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as published:
        published.write("".join(text for name, text in lines.items() if name not in SOURCE_ONLY))
        published.flush()
        pip("install", *place, *for_target(python, MACHINES[architecture]), "-r", published.name, cache=cache)
    for wheel in built:
        unpack(wheel, target)
    make_equal(target)
    if foreign := others(target, architecture):
        raise SystemExit(f"site_packages: not for {architecture}: {', '.join(map(str, foreign))}")


def others(target: Path, architecture: str) -> list[Path]:
    """Return the binaries in a folder that are for another architecture.

    Source: Tool Interface Standard, ELF specification 1.2, ELF header.
    """
    found = []
    for path in sorted(target.rglob("*.so*")):
        head = path.read_bytes()[:20]
        if head[:4] != b"\x7fELF" or int.from_bytes(head[18:20], "little") != ELF_MACHINES[architecture]:
            found.append(path.relative_to(target))
    return found


def unpack(wheel: Path, target: Path) -> None:
    """Unpack a wheel of pure Python that `repacked` has written."""
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            if ".data/" not in name:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes(archive.read(name))


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
        lines = record.read_text("utf-8").splitlines(keepends=True)
        kept = [line for line in lines if (target / next(csv.reader([line]))[0]).is_file()]
        record.write_text("".join(kept), "utf-8")
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", required=True, help="such as 3.13")
    parser.add_argument("--arch", required=True, choices=sorted(MACHINES))
    parser.add_argument("--cache", type=Path, default=ROOT / "build" / "deb" / "cache")
    parser.add_argument("--lock", type=Path, default=RUNTIME_LOCK, help="what is pinned (default: the agent's)")
    parser.add_argument("--own", type=Path, help="a checkout of camwarden, to be installed too")
    parser.add_argument("--wheels", type=Path, required=True, help="folder that gets the wheels it was made of")
    parser.add_argument(
        "target", type=Path, nargs="?", help="the folder to be filled; without it only wheels are fetched"
    )
    args = parser.parse_args()
    if args.target is None:
        args.wheels.mkdir(parents=True, exist_ok=True)
        download(args.wheels, args.python, args.arch, args.cache, args.own, args.lock)
    else:
        fill(args.target, args.python, args.arch, args.cache, args.wheels, args.own, args.lock)

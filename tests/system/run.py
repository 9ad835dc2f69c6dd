"""Boots each package on the Debian it is for, runs the tests of `guest/` inside, and says what became of them.

    run.py debian-12 debian-13 [--only EXPRESSION] [--keep]     builds the packages first
    run.py debian-13=DEB [--only EXPRESSION] [--keep]           takes one that is there

The guests run side by side, each in a network of its own; then, for each release, a hub and a gateway on two machines
that reach each other and nobody else. Results, journals and consoles are in `build/system/`.
Exit code 0 when all passed, 1 when not; 0 with a line `SKIPPED` where this machine can boot no guest.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import machine_room
import page_look
from base_image import RELEASES, Release, base_image, needs_of, unpack
from other_version import as_release, release_0_1, repacked, version_of
from signed_folder import signed_folder

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "system"
TEST_FILES = (
    "booted_enrollment.py",
    "booted_service.py",
    "booted_secrets.py",
    "booted_commands.py",
    "booted_page.py",
    "booted_hub.py",
    "booted_package.py",
    "booted_release_0_1.py",
    "booted_roll_out.py",
)
CITY = (("hub", "city_hub.py", "10.77.0.1"), ("gateway", "city_gateway.py", "10.77.0.2"))
"""The two machines of a city: name, tests, address."""

PROGRAMS = (
    "mmdebstrap",
    "iproute2",
    "chromium",
    "systemd-container",
    "debhelper",
    "dpkg-dev",
    "apt-utils",
    "gpg",
    "gpgv",
)
WITHIN_S = 1500.0
THIS = "/srv/this.deb"
PYTEST = ("pytest", "pluggy", "iniconfig", "packaging", "pygments")
"""The distributions that pytest is made of on Python 3.11 and later; none of them is compiled."""

UNIT = """\
[Unit]
Description=the tests of this guest
SuccessAction={action}
FailureAction={action}
[Service]
WorkingDirectory=/srv/guest
Environment=PYTHONPATH=/srv/guest:/srv/pytest PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
ExecStart=/usr/bin/python3 -m pytest {arguments}
ExecStopPost=/bin/sh -c 'journalctl --no-pager --output=short-monotonic > /srv/shared/journal.txt'
StandardOutput=append:/srv/shared/output.txt
StandardError=append:/srv/shared/output.txt
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one test on one release."""

    release: str
    name: str
    outcome: str
    took_s: float


def main() -> int:
    """Read the command line, run, and return the exit code."""
    args = _arguments()
    reason = machine_room.why_not()
    if reason is not None:
        print(f"SKIPPED: no guest was booted: {reason}")
        return 0
    started_at_mono = time.monotonic()
    BUILD.mkdir(parents=True, exist_ok=True)
    subprocess.run(["sh", ROOT / "packaging" / "system-packages.sh", *PROGRAMS], check=True)
    wanted = [(release, deb or _build(release), _build(release, "camwarden-hub")) for release, deb in args.guests]
    with ThreadPoolExecutor(len(wanted)) as side_by_side:
        runs = [side_by_side.submit(_run, release, deb, hub, args.only, args.keep) for release, deb, hub in wanted]
        results = [result for run in runs for result in run.result()]
    results += [result for release, deb, hub in wanted for result in _run_city(release, deb, hub, args.only)]
    for result in results:
        print(f"{result.outcome:7}{result.release}  {result.name}  {result.took_s:.1f} s")
    passed = sum(result.outcome == "PASSED" for result in results)
    print(f"{passed} passed, {len(results) - passed} failed in {time.monotonic() - started_at_mono:.0f} s")
    return 0 if passed == len(results) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ", ".join(release.name for release in RELEASES)
    told = f"a release ({names}), and its package where one is there"
    parser.add_argument("guests", nargs="+", type=_guest, metavar="RELEASE[=DEB]", help=told)
    parser.add_argument("--only", default="", metavar="EXPRESSION", help="tests whose names fit, as pytest -k has it")
    parser.add_argument("--keep", action="store_true", help="open a shell inside when the tests are through")
    return parser.parse_args()


def _guest(word: str) -> tuple[Release, Path | None]:
    name, _, deb = word.partition("=")
    release = next((release for release in RELEASES if release.name == name), None)
    if release is None or (deb and not Path(deb).is_file()):
        raise argparse.ArgumentTypeError(f"no release or no file: {word}")
    return release, Path(deb) if deb else None


def _build(release: Release, package: str = "camwarden") -> Path:
    """Build a package of this checkout for a release, hardly compressed, which takes seconds instead of minutes."""
    out = BUILD / "packages" / release.name / package
    shutil.rmtree(out, ignore_errors=True)
    build: list[str | Path] = [sys.executable, "-P", ROOT / "packaging" / "build_deb.py", "--python", release.python]
    subprocess.run([*build, "--package", package, "--compression", "fast", "--out", out], check=True)
    return next(out.glob("*.deb"))


def _run(release: Release, deb: Path, hub: Path, only: str, keep: bool) -> list[Result]:
    """Boot one guest with the agent's package and the hub's, let it test itself, and read what it found."""
    out = _emptied(BUILD / release.name)
    with _guest_of(release, deb, hub, out, _unit(TEST_FILES, only, keep), "gateway") as guest:
        if keep:
            _shell_after(guest, out)
        else:
            _await(guest, out)
    return _results(out)


def _run_city(release: Release, deb: Path, hub: Path, only: str) -> list[Result]:
    """Boot a hub and a gateway side by side, joined by a cable that ends nowhere else, and read what they found."""
    carried = _emptied(BUILD / f"{release.name}-carried")
    os.mkfifo(carried / "page")
    outs = [_emptied(BUILD / f"{release.name}-{name}") for name, _, _ in CITY]
    with machine_room.cable([address for _, _, address in CITY]) as networks, ExitStack() as booted:
        guests = [
            booted.enter_context(
                _guest_of(release, deb, hub, out, _unit([tests], only, keep=False), name, network, carried)
            )
            for out, network, (name, tests, _) in zip(outs, networks, CITY, strict=True)
        ]
        page_look.look(carried, networks[0], outs[0], guests[0].pid)
        for guest, out in zip(guests, outs, strict=True):
            _await(guest, out)
    return [result for out in outs for result in _results(out)]


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _await(guest: subprocess.Popen[bytes], out: Path) -> None:
    try:
        guest.wait(WITHIN_S)
    except subprocess.TimeoutExpired:
        print(f"{out.name}: not through within {WITHIN_S:g} s", file=sys.stderr)


@contextmanager
def _guest_of(
    release: Release,
    deb: Path,
    hub: Path,
    out: Path,
    unit: str,
    hostname: str,
    network: str | None = None,
    carried: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Boot a guest with the packages and the tests in it; it ends with the block.

    Args:
        release: What it is.
        deb: The agent's package.
        hub: The hub's.
        out: Where it writes what it finds.
        unit: That runs its tests.
        hostname: How it is called.
        network: Its end of a cable; None: it reaches nobody.
        carried: A folder that it shares with another guest.
    """
    image = base_image(release, needs_of(deb), BUILD)
    name = f"camwarden-{out.name}-{os.getpid()}"  # another checkout may run its own at the same time
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=BUILD) as folder:
        root, packages, pytest = (Path(folder) / part for part in ("root", "packages", "pytest"))
        unpack(image, root)
        _set_up(root, unit, hostname)
        packages.mkdir()
        (packages / "this.deb").symlink_to(THIS)
        version = version_of(deb)
        repacked(deb, f"{version}~before", packages / "before.deb")
        repacked(deb, "0.0.9-1", packages / "older.deb", release="0.0.9")
        shutil.copyfile(release_0_1(release.python, BUILD), packages / "release-0.1.deb")
        shutil.copyfile(hub, packages / "hub.deb")
        release_deb = packages / deb.name.replace(version, as_release(version))
        signed_folder(repacked(deb, as_release(version), release_deb), packages / "apt")
        _copy_pytest(pytest)
        readable = {ROOT / part: f"/srv/checkout/{part}" for part in ("agent", "drivers", "masking")}
        readable[ROOT / "packaging" / "mosquitto"] = "/srv/checkout/packaging/mosquitto"
        readable |= {ROOT / "packaging" / "ansible": "/srv/checkout/packaging/ansible", _ansible(): "/srv/ansible"}
        readable |= {HERE / "guest": "/srv/guest", pytest: "/srv/pytest", packages: "/srv/packages", deb: THIS}
        shared = {out: "/srv/shared", **({carried: "/srv/carried"} if carried else {})}
        with machine_room.control_group(name):
            guest = machine_room.boot(name, root, shared, readable, out / "console.txt", network)
            try:
                yield guest
            finally:
                machine_room.switch_off(guest)


def _ansible() -> Path:
    """Return the folder of Ansible's Python packages, installed now where it is not."""
    subprocess.run(["make", "--silent", "build/ansible/installed"], cwd=ROOT, check=True)
    return next((ROOT / "build" / "ansible").glob("lib/python3*/site-packages"))


def _unit(tests: Sequence[str], only: str, keep: bool) -> str:
    """Return the unit that runs the tests: it is started with the machine, and ends it."""
    arguments = ["--verbose", "-ra", "--tb=short", "-p no:cacheprovider", "--rootdir=/srv/guest"]
    arguments += ["--junitxml=/srv/shared/junit.xml", *([f"-k '{only}'"] if only else []), *tests]
    return UNIT.format(action="none" if keep else "exit-force", arguments=" ".join(arguments))


def _set_up(root: Path, unit: str, hostname: str) -> None:
    """Give a guest its name, and the unit with the tests."""
    (root / "etc" / "hostname").write_text(f"{hostname}\n")
    (root / "etc" / "hosts").write_text(f"127.0.0.1 localhost {hostname}\n::1 localhost\n")
    units = root / "etc" / "systemd" / "system"
    (units / "tests.service").write_text(unit)
    wants = units / "multi-user.target.wants"
    wants.mkdir(exist_ok=True)
    (wants / "tests.service").symlink_to("../tests.service")


def _copy_pytest(folder: Path) -> None:
    """Copy this environment's pytest, so that the guest needs no other Python package than its own."""
    for name in PYTEST:
        for file in metadata.files(name) or ():
            if ".." not in file.parts and file.suffix != ".pyc":
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file.locate(), target)


def _shell_after(guest: subprocess.Popen[bytes], out: Path) -> None:
    """Wait for the end of the tests, then give a shell inside; the guest ends with it."""
    while guest.poll() is None and not (out / "journal.txt").exists():
        time.sleep(0.5)
    init = machine_room.init_of(guest)
    if init is not None:
        print(f"{(out / 'output.txt').read_text()}\nThis is a shell inside the guest; it ends when you leave.")
        subprocess.run(["nsenter", f"--target={init}", "--all", "/bin/bash", "-l"], cwd="/")


def _results(out: Path) -> list[Result]:
    """Read the guest's JUnit file; without one, everything has failed as one."""
    report = out / "junit.xml"
    if not report.exists():
        print(_tail(out / "output.txt") or _tail(out / "console.txt"), file=sys.stderr)
        return [Result(out.name, f"the guest told nothing: {out}", "FAILED", 0.0)]
    results: list[Result] = []
    for case in ElementTree.parse(report).getroot().iter("testcase"):  # noqa: S314 - pytest's own file
        failed = case.find("failure") is not None or case.find("error") is not None
        outcome = "FAILED" if failed else "PASSED"
        results.append(Result(out.name, str(case.get("name")), outcome, float(case.get("time", "0"))))
    if any(result.outcome == "FAILED" for result in results):
        print(_tail(out / "output.txt", 200), file=sys.stderr)
    return results


def _tail(path: Path, lines: int = 40) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())

"""The Debian package ships what was locked and tested, for one Python, each file in its place."""

from __future__ import annotations

import re
import runpy
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCKS = runpy.run_path(str(ROOT / "packaging/write_runtime_lock.py"))
FILLING = runpy.run_path(str(ROOT / "packaging/site_packages.py"))
BUILD = runpy.run_path(str(ROOT / "packaging/build_deb.py"))

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def pins(lock: str) -> set[str]:
    return set(re.findall(r"(?m)^[a-z][\w-]*==\S+", lock))


def test_what_is_shipped_is_what_was_locked() -> None:
    kept = (ROOT / "packaging/runtime.lock").read_text("utf-8")
    assert kept == LOCKS["shipped"](LOCK, PROJECT), "make generated"
    assert pins(kept) < pins(LOCK)
    assert set(re.findall(r"sha256:\w+", kept)) < set(re.findall(r"sha256:\w+", LOCK))


def test_no_test_tool_is_shipped_and_no_need_of_a_need_is_missed() -> None:
    names = {pin.split("==")[0] for pin in pins(LOCKS["shipped"](LOCK, PROJECT))}
    assert not names & {"pytest", "hypothesis", "mypy", "ruff", "iotcore", "colorama"}
    assert {"onvif-zeep", "urllib3", "idna", "cffi", "pycparser", "python-pkcs11", "asn1crypto"} <= names


def test_everything_that_is_to_be_shipped_is_there() -> None:
    for path in (*BUILD["SHIPPED"], *BUILD["DEBHELPER"]):
        assert (ROOT / path).exists(), path


def test_the_launcher_keeps_other_peoples_folders_out() -> None:
    """-I: no variable, no user's folder, not the working directory; -S: not even Debian's own Python packages."""
    lines = (ROOT / "packaging/launcher.py").read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/python3 -IS"
    assert f'sys.path.append("/{BUILD["SITE_PACKAGES"]}")' in lines


@pytest.mark.parametrize(("python", "numpy"), [("3.11", "2.4"), ("3.12", "2.5"), ("3.13", "2.5")])
def test_each_python_gets_what_the_lock_names_for_it_and_not_for_the_one_that_builds(python: str, numpy: str) -> None:
    chosen = FILLING["pinned"](python, "aarch64")
    assert chosen["numpy"].startswith(f"numpy=={numpy}.")
    assert not any(";" in line for line in chosen.values())
    assert all("--hash=sha256:" in line for line in chosen.values())


def test_a_folder_of_libraries_is_the_same_whoever_builds_it(tmp_path: Path) -> None:
    """Two builders with different Pythons: their marks are gone, and the record names what is there."""
    for builder, minor in (("one", 11), ("two", 13)):
        wheel, target = tmp_path / f"{builder}.whl", tmp_path / builder
        data = f"box-1.data/data/lib/python3.{minor}/site-packages/wsdl/device.wsdl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr("box/__init__.py", f"#!/opt/python3.{minor}\nA = 1\n")
            archive.writestr("box/tests/test_box.py", "")
            archive.writestr("box/box.h", "")
            archive.writestr(data, "<definitions/>")
            archive.writestr(f"box-1.data/scripts/box{minor}", "")
            names = [*archive.namelist(), "box-1.dist-info/RECORD"]
            archive.writestr("box-1.dist-info/RECORD", "".join(f"{name},,\n" for name in names))
        FILLING["unpack"](wheel, target)
        (target / "bin").mkdir()
        (target / "bin" / f"box{minor}").touch()
        FILLING["make_equal"](target)
    files = {
        builder: {
            path.relative_to(tmp_path / builder).as_posix(): (path.stat().st_mode, path.read_bytes())
            for path in (tmp_path / builder).rglob("*")
            if path.is_file()
        }
        for builder in ("one", "two")
    }
    assert files["one"].keys() == {"box/__init__.py", "box-1.dist-info/RECORD", "wsdl/device.wsdl"}
    assert files["one"] == files["two"]
    record = files["one"]["box-1.dist-info/RECORD"][1].decode()
    assert [line.split(",")[0] for line in record.splitlines()] == [
        "box/__init__.py", "wsdl/device.wsdl", "box-1.dist-info/RECORD",
    ]  # fmt: skip


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_a_package_wants_exactly_its_python(python: str) -> None:
    control = BUILD["control"](python, "arm64")
    minor = int(python.split(".")[1])
    assert f"python3 (>= {python}~), python3 (<< 3.{minor + 1}~)" in control
    assert "Architecture: arm64\n" in control
    assert "@" not in re.sub(r"<[^>]+@[^>]+>", "", control)


def test_no_library_is_asked_of_the_system_that_it_may_have_in_another_version() -> None:
    depends = re.search(r"(?m)^Depends: (.*)$", BUILD["control"]("3.13", "amd64"))
    assert depends
    names = {entry.split()[0] for entry in depends[1].split(", ")}
    assert names == {"${misc:Depends}", "python3", "libc6", "libseccomp2"}


def test_an_unfinished_version_is_older_than_the_release_it_becomes() -> None:
    unreleased = BUILD["version"]("3.13")
    assert re.fullmatch(r"\d+\.\d+\.\d+(~git\d{14}\.[0-9a-f]{10,})?-1\+py3\.13", unreleased)
    for older, newer in (
        ("0.1.0~git20261127095701.81b590fc3b-1+py3.13", "0.1.0-1+py3.11"),
        ("0.1.0~git20261127095701.ffffffffff-1+py3.11", "0.1.0~git20261127095702.0000000000-1+py3.11"),
        ("0.1.0-1+py3.11", "0.1.0-1+py3.13"),  # a gateway whose Debian is upgraded gets the package for it
    ):
        subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=True)


def test_every_override_has_its_reason_before_it() -> None:
    reason = ""
    for line in (ROOT / "packaging/debian/lintian-overrides").read_text("utf-8").splitlines():
        assert line.startswith(("# ", "camwarden: "))
        assert line.startswith("#") or reason, line
        reason = line if line.startswith("#") else reason

"""The Debian package ships what was locked and tested, for one Python, each file in its place."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
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
    assert not names & {"pytest", "hypothesis", "mypy", "ruff", "iotcore", "colorama", "playwright", "greenlet"}
    assert {"onvif-zeep", "urllib3", "idna", "cffi", "pycparser", "python-pkcs11", "asn1crypto"} <= names
    assert {"starlette", "anyio", "uvicorn", "h11", "click", "segno", "typing-extensions"} <= names


def test_everything_that_is_to_be_shipped_is_there() -> None:
    for path in (*BUILD["AGENT"].shipped, *BUILD["AGENT"].debhelper):
        assert (ROOT / path).exists(), path


def test_the_launcher_keeps_other_peoples_folders_out() -> None:
    """-I: no variable, no user's folder, not the working directory; -S: not even Debian's own Python packages."""
    lines = (ROOT / "packaging/launcher.py").read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/python3 -IS"
    assert f'sys.path.append("/{BUILD["AGENT"].site_packages}")' in lines


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
            archive.writestr("box/__init__.py", "#!/opt/python3\nA = 1\n")
            archive.writestr("box/tests/test_box.py", "")
            archive.writestr("box/box.h", "")
            archive.writestr(data, "<definitions/>")
            archive.writestr(zipfile.ZipInfo("box/late.py", (2026, 1, minor, 0, 0, 0)), "B = 2\n")
            archive.writestr("box-1.data/scripts/box", "")
            names = [*archive.namelist(), "box-1.dist-info/RECORD"]
            archive.writestr("box-1.dist-info/RECORD", "".join(f"{name},,\n" for name in names))
        (tmp_path / f"repacked-{builder}").mkdir()
        wheel = FILLING["repacked"](wheel, tmp_path / f"repacked-{builder}")
        FILLING["unpack"](wheel, target)
        (target / "bin").mkdir()
        (target / "bin" / "box").touch()
        FILLING["make_equal"](target)
    files = {
        builder: {
            path.relative_to(tmp_path / builder).as_posix(): (path.stat().st_mode, path.read_bytes())
            for path in (tmp_path / builder).rglob("*")
            if path.is_file()
        }
        for builder in ("one", "two")
    }
    assert files["one"].keys() == {
        "box/__init__.py",
        "box/late.py",
        "box-1.dist-info/RECORD",
        "wsdl/device.wsdl",
    }
    assert files["one"] == files["two"]
    record = files["one"]["box-1.dist-info/RECORD"][1].decode()
    assert [line.split(",")[0] for line in record.splitlines()] == sorted(files["one"])
    assert (tmp_path / "repacked-one/one.whl").read_bytes() == (tmp_path / "repacked-two/two.whl").read_bytes()


def test_a_library_for_another_architecture_is_noticed(tmp_path: Path) -> None:
    for name, machine in (("ours.so", 183), ("theirs.abi3.so.1", 62)):
        (tmp_path / name).write_bytes(b"\x7fELF" + bytes(14) + machine.to_bytes(2, "little") + bytes(44))
    (tmp_path / "text.so").write_text("INPUT(ours.so)")
    assert FILLING["others"](tmp_path, "arm64") == [Path("text.so"), Path("theirs.abi3.so.1")]


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
    assert re.fullmatch(r"\d+\.\d+\.\d+(~git\d{14}\.[0-9a-f]{10,})?-1~deb13", unreleased)
    for older, newer in (
        ("0.2.0~git20261127095701.81b590fc3b-1~deb13", "0.2.0-1~deb12"),
        ("0.2.0~git20261127095701.ffffffffff-1~deb12", "0.2.0~git20261127095702.0000000000-1~deb12"),
        ("0.2.0-1~deb12", "0.2.0-1~deb13"),  # a gateway whose Debian is upgraded gets the package for it
        ("0.1.0~git20261127151444.9c5cd3fe1d-1+py3.13", "0.1.0~git20261128000000.0000000000-1~deb12"),
        ("0.1.0-1+py3.13", "0.2.0-1~deb12"),  # names of release 0.1
    ):
        subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=True)


def run_script(name: str, word: str, root: Path) -> str:
    """Run a maintainer script of ours as dpkg does, with its folders below `root`; return what it says."""
    text = BUILD["templates"](BUILD["AGENT"])[name]
    text = re.sub(r"/(usr/lib|etc|var/lib)/camwarden", rf"{root}/\1/camwarden", text)
    return subprocess.run(["sh", "-c", text, name, word], capture_output=True, text=True, check=True).stdout


def test_removal_takes_compiled_files_only_and_ends_well_where_somebody_deleted_the_folder(tmp_path: Path) -> None:
    cache, kept = (tmp_path / "usr/lib/camwarden/x" / name for name in ("__pycache__", "kept"))
    for folder in (cache, kept):
        folder.mkdir(parents=True)
        (folder / "a").touch()
    for _ in range(2):
        run_script("prerm", "remove", tmp_path)
        assert not cache.exists() and (kept / "a").exists()
    shutil.rmtree(tmp_path / "usr")
    assert run_script("prerm", "remove", tmp_path) == ""


def test_a_purge_takes_what_nobody_filled_and_keeps_and_names_the_rest(tmp_path: Path) -> None:
    folders = [tmp_path / "etc/camwarden", tmp_path / "var/lib/camwarden"]
    lists = tmp_path / "var/lib/camwarden-upgrade/lists"
    for folder in (*folders, lists):
        folder.mkdir(parents=True)
    secrets = folders[0] / "secrets.toml"
    secrets.touch()
    run_script("postrm", "remove", tmp_path)
    assert secrets.exists() and folders[1].exists()
    secrets.write_text("[credential.x]\n")
    (folders[1] / "report-key.pem").touch()
    for _ in range(2):
        said = run_script("postrm", "purge", tmp_path)
        assert secrets.exists() and (folders[1] / "report-key.pem").exists()
        assert all(f"rm -r {folder}" in said for folder in folders)
        assert not lists.parent.exists()
    secrets.write_text("")
    (folders[1] / "report-key.pem").unlink()
    for _ in range(2):
        assert run_script("postrm", "purge", tmp_path) == ""
        assert not any(folder.exists() for folder in folders)


def test_every_override_has_its_reason_before_it() -> None:
    reason = ""
    for line in (ROOT / "packaging/debian/lintian-overrides").read_text("utf-8").splitlines():
        assert line.startswith(("# ", "@PACKAGE@: "))
        assert line.startswith("#") or reason, line
        reason = line if line.startswith("#") else reason


@pytest.mark.timeout(300)
def test_a_built_package_has_each_file_in_its_place_and_runs_from_there(tmp_path: Path) -> None:
    """Built as a release is but for the compression, unpacked, and asked for its version by its own launcher."""
    if not all(map(shutil.which, ("dh", "dpkg-buildpackage"))):
        pytest.skip("no debhelper: apt install debhelper dpkg-dev")
    python = BUILD["system_python"]()
    if python not in ("3.11", "3.12", "3.13"):
        pytest.skip(f"the system's Python is {python}: no package is made for it")
    deb = BUILD["build"](python, run("dpkg", "--print-architecture"), tmp_path / "out", "fast")
    root = tmp_path / "root"
    run("dpkg-deb", "-x", deb, root)
    for path in PLACES:
        assert (root / path).exists(), path
    assert not list(root.rglob("*.pyc")) and not (root / "etc").exists() and not (root / "var").exists()
    assert {path.stat().st_mtime for path in root.rglob("*") if path.is_file()} == {BUILD["built_at"]()}
    owners = {line.split()[1] for line in run("dpkg-deb", "-c", deb).splitlines()}
    assert owners == {"root/root"}
    assert os.readlink(root / "usr/bin/camwarden") == "../lib/camwarden/bin/camwarden"  # noqa: PTH115
    launcher = (root / "usr/lib/camwarden/bin/camwarden").read_text()
    (tmp_path / "camwarden").write_text(launcher.replace("/usr/lib/camwarden", f"{root}/usr/lib/camwarden"))
    polluted = {"PYTHONPATH": str(ROOT), "PYTHONSTARTUP": "/nowhere", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    for words in (
        ["--version"],
        ["config", "validate", "--config", root / "usr/share/doc/camwarden/examples/site.toml"],
    ):
        done = subprocess.run(
            ["/usr/bin/python3", "-ISB", tmp_path / "camwarden", *words],
            cwd=ROOT, env=polluted, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr
        assert words != ["--version"] or done.stdout == f"camwarden {PROJECT['version']}\n"
    sbom = json.loads((root / "usr/share/doc/camwarden/camwarden.cdx.json").read_text())
    told = {(part["name"], part["version"]) for part in sbom["components"] if "version" in part}
    assert {tuple(pin.split("==")) for pin in pins_for(python)} <= told


PLACES = (
    "usr/lib/systemd/system/camwarden.service",
    "usr/lib/systemd/system/camwarden-upgrade.service",
    "usr/lib/systemd/system/camwarden-upgrade.timer",
    "usr/lib/camwarden/bin/upgrade",
    "usr/lib/sysusers.d/camwarden.conf",
    "usr/lib/tmpfiles.d/camwarden.conf",
    "usr/lib/systemd/catalog/camwarden.catalog",
    "usr/lib/camwarden/site-packages/wsdl/devicemgmt.wsdl",
    "usr/lib/camwarden/site-packages/agent/text/locale/zh_CN/LC_MESSAGES/camwarden.mo",
    "usr/share/man/man1/camwarden.1.gz",
    "usr/share/man/man5/camwarden-site.toml.5.gz",
    "usr/share/man/zh_CN/man1/camwarden.1.gz",
    "usr/share/man/zh_CN/man5/camwarden-site.toml.5.gz",
    "usr/share/bash-completion/completions/camwarden",
    "usr/share/zsh/vendor-completions/_camwarden",
    "usr/share/fish/vendor_completions.d/camwarden.fish",
    "usr/share/doc/camwarden/THIRD-PARTY-NOTICES.gz",
    "usr/share/doc/camwarden/README.Debian",
    "usr/share/doc/camwarden/examples/site.toml",
    "usr/share/doc/camwarden/examples/site.zh.toml",
    "usr/share/doc/camwarden/examples/secrets.toml",
)


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def pins_for(python: str) -> set[str]:
    chosen = FILLING["pinned"](python, "x86_64")
    return {line.split()[0] for line in chosen.values()}

"""A laptop without network gets camwarden from one ZIP, and what is in it can be proved."""

from __future__ import annotations

import base64
import csv
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from installed import normal
from patience import PATIENCE_S
from wheelhouse import checksums, flat, pack, requirements

ROOT = Path(__file__).parents[2]
TEXTS = ROOT / "packaging/wheelhouse"
WSDL = "lib/python3.9/site-packages/wsdl/devicemgmt.wsdl"


def a_wheel(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Path:
    """Write a wheel by hand, with the record that pip holds it to."""
    info = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    rows = ""
    for place, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        rows += f"{place},sha256={digest},{len(content)}\n"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for place, content in files.items():
            archive.writestr(place, content)
        archive.writestr(f"{info}/RECORD", f"{rows}{info}/RECORD,,\n")
    return path


def pip(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    told = [sys.executable, "-Im", "pip", *map(str, arguments), "--disable-pip-version-check", "--no-index"]
    return subprocess.run(told, capture_output=True, text=True, timeout=100, check=False)


def test_wsdls_land_beside_their_package_whichever_python_built_the_wheel(tmp_path: Path) -> None:
    files = {"onvif/__init__.py": b"", f"onvif_zeep-0.2.12.data/data/{WSDL}": b"<wsdl/>"}
    wheel = a_wheel(tmp_path, "onvif_zeep", "0.2.12", files)
    (tmp_path / "flat").mkdir()
    made = flat(wheel, tmp_path / "flat")
    with zipfile.ZipFile(made) as archive:
        record = list(csv.reader(archive.read("onvif_zeep-0.2.12.dist-info/RECORD").decode().splitlines()))
        assert sorted(row[0] for row in record) == sorted(archive.namelist())
        assert archive.read("wsdl/devicemgmt.wsdl") == b"<wsdl/>"
    done = pip("install", "--no-deps", "--target", tmp_path / "site", made)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "site/wsdl/devicemgmt.wsdl").read_bytes() == b"<wsdl/>"
    assert made.read_bytes() == flat(made, tmp_path).read_bytes(), "the same bytes again, and from what is flat already"


def test_the_lock_in_the_zip_holds_pip_to_the_wheels_in_the_zip(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    a_wheel(wheels, "first", "1.0", {"first.py": b""})
    second = a_wheel(wheels, "Second_One", "2.0.post1", {"second.py": b""})
    lock = tmp_path / "requirements.txt"
    lock.write_text(requirements(wheels))
    assert [line.split(" ")[0] for line in lock.read_text().splitlines()] == ["first==1.0", "second-one==2.0.post1"]
    told = ("install", "--require-hashes", "--find-links", wheels, "-r", lock, "--target")
    assert pip(*told, tmp_path / "good").returncode == 0
    assert (tmp_path / "good/second.py").is_file()
    content = bytearray(second.read_bytes())
    content[50] ^= 1
    second.write_bytes(content)
    done = pip(*told, tmp_path / "bad")
    assert done.returncode != 0 and "DO NOT MATCH" in done.stderr


def test_the_zip_is_the_same_bytes_again_and_its_checksums_hold(tmp_path: Path) -> None:
    folder = tmp_path / "camwarden-1"
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels/a.whl").write_bytes(b"a" * 1000)
    (folder / "README.txt").write_text("read")
    (folder / "SHA256SUMS").write_text(checksums(folder))
    pack(folder, tmp_path / "one.zip", 1_790_000_000)
    (folder / "README.txt").touch()
    pack(folder, tmp_path / "two.zip", 1_790_000_000)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        archive.extractall(tmp_path / "out")
    out = tmp_path / "out/camwarden-1"
    check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    assert subprocess.run(check, cwd=out, timeout=PATIENCE_S, check=False).returncode == 0
    (out / "wheels/a.whl").write_bytes(b"b" * 1000)
    assert subprocess.run(check, cwd=out, timeout=PATIENCE_S, check=False, capture_output=True).returncode == 1


@pytest.mark.parametrize("name", ["README.txt", "README.zh.txt"])
def test_both_readmes_give_the_commands_that_the_trial_runs(name: str) -> None:
    """`packaging/try_wheelhouse.sh` takes its commands from these texts, so they cannot go stale."""
    text = (TEXTS / name).read_text("utf-8")
    other = (TEXTS / "README.txt").read_text("utf-8")
    commands = re.findall(r"(?m)^ {7}(\S.*)$", text)
    assert commands == re.findall(r"(?m)^ {7}(\S.*)$", other)
    assert any("--require-hashes" in line for line in commands) and any(
        "uv tool install --offline" in line for line in commands
    )
    assert set(re.findall(r"@(\w+)@", text)) == {"PYTHON", "VERSION", "MACHINE"}


def pinned(lock: str) -> dict[str, set[str]]:
    """Return version and hashes of each package of a lock."""
    found: dict[str, set[str]] = {}
    for block in re.split(r"(?m)^(?=[\w])", lock):
        match = re.match(r"([\w.-]+)==([\w.!+-]+)", block)
        if match:
            found.setdefault(normal(match[1]), set()).update({match[2], *re.findall(r"sha256:(\w{64})", block)})
    return found


def test_all_locks_agree() -> None:
    """What is shipped has the versions and hashes that were tested; each lock pins everything by hash."""
    tested = pinned((ROOT / "requirements.lock").read_text("utf-8"))
    shipped = pinned((ROOT / "packaging/runtime.lock").read_text("utf-8"))
    assert len(shipped) > 25
    assert {name: tested.get(name) for name in shipped} == shipped
    for lock in [*ROOT.glob("*.lock"), *ROOT.glob("packaging/*.lock"), *ROOT.glob("tests/peers/*.lock")]:
        assert all(any(len(one) == 64 for one in told) for told in pinned(lock.read_text("utf-8")).values()), lock
    tools = pinned((ROOT / "packaging/build-tools.lock").read_text("utf-8"))
    both = tools.keys() & tested.keys()
    assert "hatchling" in both
    assert {name: tools[name] & tested[name] for name in both if not tools[name] & tested[name]} == {}

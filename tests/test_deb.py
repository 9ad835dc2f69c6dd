"""The Debian package ships what was locked and tested, for one Python, each file in its place."""

from __future__ import annotations

import re
import runpy
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCKS = runpy.run_path(str(ROOT / "packaging/write_runtime_lock.py"))
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

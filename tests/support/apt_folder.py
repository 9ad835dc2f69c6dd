"""Packages of ours with nothing in them, in a folder that apt installs from, signed with a key that is thrown away."""

from __future__ import annotations

import io
import os
import subprocess
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import apt_repository

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "packaging/apt_repository.py"
SAME_DAY = {"LC_ALL": "C.UTF-8", "SOURCE_DATE_EPOCH": "1790000000"}


def run(*command: str | Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a program as on a machine that builds releases."""
    env = {**os.environ, **SAME_DAY, **environ}
    return subprocess.run(
        command, capture_output=True, text=True, timeout=120, check=False, env=env, stdin=subprocess.DEVNULL
    )


def scripted(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the script in this process, as `run` does: dozens of tests need a folder that is signed."""
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with (
        patch.dict(os.environ, SAME_DAY),
        patch("sys.argv", [str(SCRIPT), *map(str, words)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            apt_repository.main()
        except SystemExit as end:
            code = end.code
    if isinstance(code, str):  # as Python itself does at its end
        err.write(f"{code}\n")
    return subprocess.CompletedProcess(words, int(code != 0), out.getvalue(), err.getvalue())


def a_key(folder: Path, name: str) -> Path:
    """Make a key that is thrown away with its folder."""
    home = folder / f"{name}.d"
    home.mkdir(mode=0o700)
    gpg = ("gpg", "--homedir", home, "--batch", "--quiet")
    made = run(*gpg, "--passphrase", "", "--quick-gen-key", f"{name} <{name}@camwarden.example>", "ed25519", "sign")
    assert made.returncode == 0, made.stderr
    key = folder / f"{name}.key"
    key.write_text(run(*gpg, "--armor", "--export-secret-keys").stdout)
    key.chmod(0o600)
    run("gpgconf", "--homedir", home, "--kill", "all")
    return key


def a_package(folder: Path, version: str, text: str = "", depends: str = "", preinst: str = "") -> Path:
    """Build a package of ours with nothing in it but what it needs and a script, if given."""
    tree = folder / f"tree-{version}"
    (tree / "DEBIAN").mkdir(parents=True, exist_ok=True)
    fields = {"Package": "camwarden", "Version": version, "Architecture": run("dpkg", "--print-architecture").stdout}
    fields |= {"Maintainer": "m <m@camwarden.example>", "Description": f"camwarden {text}"}
    fields |= {"Depends": depends} if depends else {}
    if preinst:
        (tree / "DEBIAN/preinst").write_text(f"#!/bin/sh\n{preinst}\n")
        (tree / "DEBIAN/preinst").chmod(0o755)
    control = "".join(f"{name}: {value.strip()}\n" for name, value in fields.items())
    (tree / "DEBIAN/control").write_text(control)
    made = run("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, folder)
    assert made.returncode == 0, made.stderr
    return folder / made.stdout.split("'")[-2].rpartition("/")[2]


def made(packages: Path, out: Path) -> Path:
    """Lay out the folder for apt from packages, unsigned."""
    done = scripted("make", packages, out)
    assert done.returncode == 0, done.stderr
    return out


def signed(repository: Path, key: Path) -> subprocess.CompletedProcess[str]:
    """Sign the folder; the caller looks at what came of it."""
    return scripted("sign", repository, "--key", key)

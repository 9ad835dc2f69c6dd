"""The hub's package ships what the hub's commands load and nothing more, beside the agent's and apart from it."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from package_table import AGENT, HUB

from agent.commands.hub.command import ACTIONS
from agent.version import VERSION

ROOT = Path(__file__).parents[2]
LOCKS = runpy.run_path(str(ROOT / "packaging/write_runtime_lock.py"))
BUILD = runpy.run_path(str(ROOT / "packaging/build_deb.py"))
FILLING = runpy.run_path(str(ROOT / "packaging/site_packages.py"))
HUB_LOCK = ROOT / "packaging/hub.lock"
OF_SITES = {"numpy", "opencv-python-headless", "lxml", "zeep", "onvif-zeep", "requests", "python-pkcs11", "pyseccomp"}
DEB_MAX_BYTES = 25_000_000
ON_DISK_MAX_BYTES = 90_000_000

EVERYTHING = """
import importlib, json, pkgutil, sys
sys.path += sys.argv[1:]
import agent.hub, agent.commands.hub
from agent.commands.hub.command import ACTIONS
for module, run in ACTIONS.values():
    getattr(importlib.import_module(module), run)
for package in (agent.hub, agent.commands.hub):
    for one in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not one.name.startswith(("agent.hub.stores.postgres", "agent.hub.transport.amqp")):  # in no package
            importlib.import_module(one.name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""

NEEDED = """
import json, os, sys
everything, tops = sys.argv.pop(1), json.loads(sys.argv.pop(1))
class OneLess:
    known, needed, gone = set(), [], None
    def find_spec(self, name, path=None, target=None):
        of = tops.get(name.partition(".")[0])
        if of is not None and self.gone is None and of not in self.known:
            self.known.add(of)
            if os.fork() == 0:
                self.gone = of
            elif os.waitstatus_to_exitcode(os.wait()[1]) == 3:
                self.needed.append(of)
        if of is not None and of == self.gone:
            raise ModuleNotFoundError(name)
one_less = OneLess()
sys.meta_path.insert(0, one_less)
try:
    exec(everything)
except ModuleNotFoundError:
    os._exit(3)
if one_less.gone is not None:
    os._exit(0)
print(json.dumps(one_less.needed))
"""
"""Loads everything, and where a package is first asked for, goes on in a fork that has not got it.

As if each were loaded without it from the beginning, but what needs nothing of it is loaded once."""

HELPED = """
import runpy, sys
_, launcher, *actions = sys.argv
for action in actions:
    sys.argv = [launcher, action, "--help"]
    try:
        runpy.run_path(launcher, run_name="__main__")
    except SystemExit as end:
        if end.code != 0:
            sys.exit(f"{action}: {end.code}")
"""
"""Asks the launcher for each action's help in one process: each by itself would only start Python 54 times."""


def pinned(python: str = f"{sys.version_info[0]}.{sys.version_info[1]}") -> set[str]:
    return set(FILLING["pinned"](python, "x86_64", HUB_LOCK))


def environment(folder: Path, names: set[str]) -> Path:
    """Make a folder that has these packages of this environment and no others."""
    folder.mkdir()
    for name in names:
        for file in metadata.files(name) or ():
            if ".." not in file.parts and not (folder / file.parts[0]).exists():
                (folder / file.parts[0]).symlink_to(Path(str(file.locate())).parents[len(file.parts) - 2]
                                                    if len(file.parts) > 1 else Path(str(file.locate())))  # fmt: skip
    return folder


def loaded(folder: Path) -> subprocess.CompletedProcess[str]:
    """Load every command of the hub with the standard library, the checkout and this folder alone."""
    command = [sys.executable, "-ISB", "-c", EVERYTHING, str(ROOT), str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_lock_is_the_part_of_the_whole_that_the_hub_needs() -> None:
    kept = HUB_LOCK.read_text("utf-8")
    assert kept == LOCKS["closed"]((ROOT / "requirements.lock").read_text("utf-8"), set(LOCKS["HUB_NEEDS"])), (
        "make generated"
    )
    assert not pinned() & OF_SITES


def test_every_command_of_the_hub_loads_with_the_lock_alone_and_no_library_of_pictures_or_xml(tmp_path: Path) -> None:
    done = loaded(environment(tmp_path / "all", pinned()))
    assert done.returncode == 0, done.stderr
    there = set(json.loads(done.stdout))
    assert not there & {"cv2", "numpy", "lxml", "zeep", "onvif", "requests"}
    assert {"cryptography", "openpyxl", "paho", "psutil", "rich", "tomli"} <= there


@pytest.fixture(scope="module")
def needed(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Without which of the locked packages a command of the hub does not load."""
    tops = {file.parts[0].partition(".")[0]: name for name in LOCKS["HUB_NEEDS"] for file in metadata.files(name) or ()}
    folder = environment(tmp_path_factory.mktemp("needed") / "all", pinned())
    command = [sys.executable, "-ISB", "-c", NEEDED, EVERYTHING, json.dumps(tops), str(ROOT), str(folder)]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return set(json.loads(said.splitlines()[-1]))


@pytest.mark.parametrize("name", LOCKS["HUB_NEEDS"])
def test_nothing_is_locked_that_no_command_loads(name: str, needed: set[str]) -> None:
    assert name in needed


def test_the_launcher_keeps_other_peoples_folders_out_and_runs_the_hub_alone() -> None:
    lines = (ROOT / "packaging/hub/launcher.py").read_text("utf-8").splitlines()
    assert lines[0] == "#!/usr/bin/python3 -IS"
    assert f'sys.path.append("/{HUB.site_packages}")' in lines
    assert 'sys.argv.insert(1, "hub")' in lines


def test_everything_that_is_to_be_shipped_is_there_and_has_a_place_of_its_own() -> None:
    for path in (*HUB.shipped, *HUB.debhelper):
        assert (ROOT / path).exists(), path
    assert not set(HUB.shipped.values()) & set(AGENT.shipped.values())
    assert not set(BUILD["manual"](HUB)) & set(BUILD["manual"](AGENT)), "two packages may not have one file"
    for place in HUB.shipped.values():
        assert "camwarden-hub" in place, place


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_a_package_wants_exactly_its_python_and_nothing_of_the_agents(python: str) -> None:
    control = BUILD["control"](python, "amd64", HUB)
    depends = re.search(r"(?m)^Depends: (.*)$", control)
    assert depends
    assert {entry.split()[0] for entry in depends[1].split(", ")} == {"${misc:Depends}", "python3", "libc6"}
    assert f"python3 (>= {python}~)" in depends[1]
    assert "@" not in re.sub(r"<[^>]+@[^>]+>", "", control)
    assert not re.search(r"(?m)^(Conflicts|Breaks|Replaces):", control)


def run_script(name: str, word: str, root: Path) -> str:
    """Run a maintainer script as dpkg does, with its folders below `root`; return what it says."""
    text = re.sub(r"/(usr/lib|etc|var/lib)/camwarden", rf"{root}/\1/camwarden", BUILD["templates"](HUB)[name])
    return subprocess.run(["sh", "-c", text, name, word], capture_output=True, text=True, check=True).stdout


def test_a_purge_keeps_and_names_what_was_stored_and_never_touches_the_agents(tmp_path: Path) -> None:
    states = (f"var/lib/camwarden-hub{end}" for end in ("", "-backup"))
    own = [tmp_path / place for place in ("etc/camwarden-hub", *states)]
    agents = [tmp_path / place for place in ("etc/camwarden", "var/lib/camwarden", "usr/lib/camwarden/__pycache__")]
    for folder in (*own, *agents):
        folder.mkdir(parents=True)
    (own[1] / "hub.db").touch()
    run_script("prerm", "remove", tmp_path)
    run_script("postrm", "remove", tmp_path)
    assert all(folder.is_dir() for folder in own)
    for _ in range(2):
        said = run_script("postrm", "purge", tmp_path)
        assert (own[1] / "hub.db").exists() and f"rm -r {own[1]}" in said
        assert not own[0].exists() and not own[2].exists()
    (own[1] / "hub.db").unlink()
    assert run_script("postrm", "purge", tmp_path) == "" and not own[1].exists()
    assert all(folder.is_dir() for folder in agents)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("python", ["3.11", "3.13"])
def test_a_built_package_is_small_has_each_file_in_its_place_and_runs_from_there(python: str, tmp_path: Path) -> None:
    """Built as a release is but for the compression, unpacked, and asked by its own launcher.

    Compiled whole, for its size on disk, is the one for the newer Python; the other compiles what it is asked for.
    """
    if not all(map(shutil.which, ("dh", "dpkg-buildpackage", f"python{python}"))):
        pytest.skip(f"no debhelper or no python{python}: apt install debhelper dpkg-dev python{python}")
    deb = BUILD["build"](python, "amd64", tmp_path / "out", "fast", HUB)
    assert deb.name.startswith("camwarden-hub_") and deb.stat().st_size <= DEB_MAX_BYTES
    root = tmp_path / "root"
    subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
    for place in (*HUB.shipped.values(), *PLACES):
        assert (root / place).exists() or (root / f"{place}.gz").exists(), place
    files = [path.relative_to(root) for path in root.rglob("*") if not path.is_dir()]
    assert [path for path in files if "camwarden-hub" not in str(path)] == []
    assert not {path.suffix for path in files} & {".pyc"}
    assert os.readlink(root / "usr/bin/camwarden-hub") == "../lib/camwarden-hub/bin/camwarden-hub"  # noqa: PTH115
    site = root / HUB.site_packages
    assert {path.name.partition("-")[0] for path in site.glob("*.dist-info")} == {
        *(name.replace("-", "_") for name in pinned(python)), "camwarden",
    }  # fmt: skip
    sbom = json.loads((root / HUB.doc / "camwarden-hub.cdx.json").read_text())
    assert not OF_SITES & {part["name"] for part in sbom["components"]}
    assert b"FFmpeg" not in next(deb.parent.glob("*NOTICES")).read_bytes()
    named = [f"python{python}", "-Ic", "import sys; print(sys.executable)"]  # what is in PATH may be a shell's wrapper
    program = subprocess.run(named, capture_output=True, text=True, check=True).stdout.strip()
    if python == "3.13":
        subprocess.run([program, "-Im", "compileall", "-q", site], check=True)
    size = sum(path.lstat().st_blocks * 512 for path in root.rglob("*"))
    assert size <= ON_DISK_MAX_BYTES
    launcher = (root / "usr/lib/camwarden-hub/bin/camwarden-hub").read_text().replace("/usr/lib", f"{root}/usr/lib")
    (tmp_path / "camwarden-hub").write_text(launcher)
    polluted = {"PYTHONPATH": str(ROOT), "PYTHONSTARTUP": "/nowhere", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}

    def asked(*words: str) -> subprocess.CompletedProcess[str]:
        command = [program, "-IS", *words]
        return subprocess.run(command, cwd=ROOT, env=polluted, capture_output=True, text=True, check=False)

    own = str(tmp_path / "camwarden-hub")
    assert asked(own, "--version").stdout == f"camwarden-hub {VERSION}\n"
    helped = asked("-c", HELPED, own, *ACTIONS)
    assert (helped.returncode, helped.stderr) == (0, "")
    for action in ACTIONS:
        assert f"\nusage: camwarden-hub {action} " in f"\n{helped.stdout}", action
    assert json.loads(asked(own, "jwks", "--data", str(tmp_path / "data")).stdout)["keys"]


PLACES = (
    "usr/lib/systemd/system/camwarden-hub.service",
    "usr/lib/systemd/system/camwarden-hub-enroll.service",
    "usr/lib/systemd/system/camwarden-hub-serve.service",
    "usr/lib/camwarden-hub/site-packages/agent/hub/web/templates/base.html.j2",
    "usr/lib/camwarden-hub/site-packages/agent/hub/web/api/openapi.json",
    "usr/lib/systemd/system/camwarden-hub-backup.service",
    "usr/lib/systemd/system/camwarden-hub-backup.timer",
    "usr/lib/sysusers.d/camwarden-hub.conf",
    "usr/lib/tmpfiles.d/camwarden-hub.conf",
    "usr/lib/camwarden-hub/site-packages/agent/text/locale/zh_CN/LC_MESSAGES/camwarden.mo",
    "usr/share/man/man8/camwarden-hub.8",
    "usr/share/man/zh_CN/man8/camwarden-hub.8",
    "usr/share/doc/camwarden-hub/README.Debian",
)
